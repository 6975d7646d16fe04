# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe one registered thing: what it makes, and every parameter with its range, unit and default."""

from __future__ import annotations

import argparse
import dataclasses
import typing
from typing import Any

from ..output import say, say_json, table
from .list_command import documentation, find_registry

NAME = "describe"
HELP = "what a generator, channel or exporter makes, with every parameter"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("kind", metavar="KIND", help="a kind, for example place (see `vivant list kinds`)")
    parser.add_argument("name", metavar="NAME", help="a name that `vivant list KIND` prints")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the description."""
    registry = find_registry(args.kind)
    entry = registry.get(args.name)
    facts = description(registry.kind, entry)
    if args.json:
        say_json(facts)
        return 0
    say(f"{facts['kind']} {facts['name']}: {facts['doc']}")
    if facts["parameters"]:
        say()
        table([("parameter", "type", "range", "default", "meaning"), *(_row(p) for p in facts["parameters"])])
    for key, value in facts["properties"].items():
        say(f"  {key}: {value}")
    return 0


def description(kind: str, entry: Any) -> dict[str, Any]:
    """Everything known about a registry entry, as plain JSON values."""
    hints = {} if entry.spec is None else typing.get_type_hints(entry.spec)
    parameters = [] if entry.spec is None else [_parameter(f, hints[f.name]) for f in dataclasses.fields(entry.spec)]
    properties = {}
    if dataclasses.is_dataclass(entry.make) and not isinstance(entry.make, type):
        for f in dataclasses.fields(entry.make):
            value = getattr(entry.make, f.name)
            if f.name not in ("name", "doc") and not callable(value):
                properties[f.name] = list(value) if isinstance(value, tuple) else value
    doc = documentation(entry)
    return {"kind": kind, "name": entry.name, "doc": doc, "parameters": parameters, "properties": properties}


def _parameter(f: Any, hint: Any) -> dict[str, Any]:
    choices = list(typing.get_args(hint)) if typing.get_origin(hint) is typing.Literal else None
    if f.default is not dataclasses.MISSING:
        default = f.default
    elif f.default_factory is not dataclasses.MISSING:
        default = f.default_factory()
    else:
        default = "(required)"
    if hasattr(default, "to_dict"):
        default = default.to_dict()
    return {
        "name": f.name,
        "type": "choice" if choices else f.type if isinstance(f.type, str) else f.type.__name__,
        "choices": choices,
        "low": f.metadata.get("low"),
        "high": f.metadata.get("high"),
        "unit": f.metadata.get("unit", ""),
        "default": list(default) if isinstance(default, tuple) else default,
        "doc": f.metadata.get("doc", ""),
    }


def _row(p: dict[str, Any]) -> tuple[str, str, str, str, str]:
    low, high = p["low"], p["high"]
    span = "" if low is None and high is None else f"{'' if low is None else low}…{'' if high is None else high}"
    if p["choices"]:
        span = " ".join(map(str, p["choices"]))
    unit = f" {p['unit']}" if p["unit"] else ""
    default = "…" if isinstance(p["default"], dict) and p["default"] else str(p["default"])
    kind = p["type"] if len(p["type"]) <= 28 else p["type"][:27] + "…"
    return p["name"], kind, (span + unit).strip(), default, p["doc"]
