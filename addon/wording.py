# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions in front ends: read once, and said back before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .output import say

if TYPE_CHECKING:
    from ..procgen.describe.description import Description


def read_description(text: str, *, quiet: bool = False) -> Description | None:
    """What a text was understood as, printed unless `quiet`; None for no text.

    Raises:
        SpecError: nothing was understood, or the text contradicts itself.
    """
    if not text:
        return None
    from ..procgen.describe.grammar import describe

    found = describe(text)
    if not quiet:
        for line in lines_of(found):
            say(line)
    return found


def lines_of(found: Description) -> list[str]:
    """What was understood and what was not, a line each."""
    out = ["understood:"]
    out += [f"  {p.text}  ->  {p.meaning}" for p in found.understood]
    if found.not_understood:
        out.append("not understood:")
        out += [f"  {p.text}" + (f"  ({p.meaning})" if p.meaning else "") for p in found.not_understood]
    return out
