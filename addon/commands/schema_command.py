# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the JSON Schema (draft 2020-12) of SceneSpec, or of any other spec by name."""

from __future__ import annotations

import argparse

from ..output import say, say_json

NAME = "schema"
HELP = "JSON Schema of scene.json and of every other spec"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("name", metavar="NAME", nargs="?", default="SceneSpec", help="a spec (default: SceneSpec)")
    parser.add_argument("--list", action="store_true", help="list the names of all specs instead")


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    from ...procgen.codec import json_schema
    from ...procgen.errors import unknown_name

    specs = all_specs()
    if args.list:
        for name in sorted(specs):
            say(name)
        return 0
    if args.name not in specs:
        raise unknown_name("spec", args.name, specs)
    say_json(json_schema(specs[args.name]))
    return 0


def all_specs() -> dict[str, type]:
    """Every spec class by name, those of registered generators included."""
    from ...procgen import options, spec  # noqa: F401 (importing them declares the core specs)
    from ...procgen.codec import Spec
    from ...procgen.registry import REGISTRIES

    for registry in REGISTRIES.values():
        registry.scan()
    found: dict[str, type] = {}
    waiting: list[type] = list(Spec.__subclasses__())
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        # Tests and plug-ins may declare specs too; the nearest package decides which ones are ours.
        if cls.__module__.startswith(Spec.__module__.rpartition(".")[0]):
            found[cls.__name__] = cls
    return found
