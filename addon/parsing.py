# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument parsing shared by the commands: a parser that answers typos with the nearest name, and value types."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """argparse without abbreviations (they break when an option is added) and with suggestions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but unknown options are reported by the command that they were given to."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error("unrecognized arguments: " + " ".join(rest))
        return found, rest

    def error(self, message: str) -> NoReturn:
        """One line with the nearest known name, and exit status 2."""
        hint = ""
        choice = re.match(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", message)
        unknown = re.match(r"unrecognized arguments: (--?[^\s=]+)", message)
        if choice:
            names = re.findall(r"'([^']*)'", choice[3])
            hint = _nearest(choice[2], names)
        elif unknown:
            names = [option for action in self._actions for option in action.option_strings if option.startswith("--")]
            hint = _nearest(unknown[1], names)
        sys.stderr.write(f"{self.prog}: {message}{hint}\n")
        sys.stderr.write(f"Try: {self.prog} --help\n")
        raise SystemExit(2)


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f". Did you mean {near[0]}?" if near else ""


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """Type of an option: a whole number within a range."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}") from None
        if value < low or (high is not None and value > high):
            span = f"at least {low}" if high is None else f"{low} to {high}"
            raise argparse.ArgumentTypeError(f"expected {span}, got {value}")
        return value

    return parse


def people_range(text: str) -> tuple[int, int]:
    """`2` or `1-3`."""
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"expected N or A-B, for example 1-3, got {text!r}")
    low, high = int(match[1]), int(match[2] or match[1])
    if low > high:
        raise argparse.ArgumentTypeError(f"expected A-B with A at most B, got {text!r}")
    return low, high


def image_size(text: str) -> tuple[int, int, str]:
    """`640x480`, `auto` or `auto:384`: width, height, and whether cameras choose formats with as many pixels."""
    from ..procgen.options import SIZES, read_size

    size = read_size(text)
    if size is None:
        raise argparse.ArgumentTypeError(f"expected {SIZES}; got {text!r}")
    for side in size[:2]:
        if not 8 <= side <= 16384:
            raise argparse.ArgumentTypeError(f"expected sides of 8 to 16384 pixels, got {text!r}")
    return size
