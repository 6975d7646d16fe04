# SPDX-License-Identifier: GPL-3.0-or-later
"""Items of menus that are read from registries, kept alive for Blender."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

# Blender keeps no reference to the strings of a dynamic enum; without this they are freed under it.
_kept: dict[str, list[tuple[str, str, str]]] = {}


def title(name: str) -> str:
    """`age_years` -> "Age Years", `t_shirt` -> "T Shirt"."""
    return name.replace("_", " ").title()


def registry_items(name: str, first: tuple[str, str, str] | None = None) -> Callable[[Any, Any], list[tuple[str, str, str]]]:
    """Callback of an EnumProperty with every entry of a registry.

    Args:
        name: Key of `procgen.registry.REGISTRIES`.
        first: An item before all others, e.g. ("auto", "Any", …).
    """

    def items(self: object, context: object) -> list[tuple[str, str, str]]:
        from ..procgen.registry import REGISTRIES

        return keep(f"{name}/{first}", lambda: [*([first] if first else []), *((e.name, title(e.name), e.doc) for e in REGISTRIES[name])])

    return items


def keep(key: str, make: Callable[[], Iterable[tuple[str, str, str]]]) -> list[tuple[str, str, str]]:
    """The items under a key, made once."""
    if key not in _kept:
        _kept[key] = list(make())
    return _kept[key]


def clear() -> None:
    """Forget all items (the extension is being disabled)."""
    _kept.clear()
