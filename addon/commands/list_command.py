# SPDX-License-Identifier: GPL-3.0-or-later
"""List what is registered: places, garments, hair, poses, cameras, channels, exporters, fabrics, methods …"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..output import say_json, table

if TYPE_CHECKING:
    from ...procgen.registry import Entry, Registry

NAME = "list"
HELP = "list places, garments, hair styles, poses, cameras, channels, exporters …"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("kind", metavar="KIND", help="a kind, for example places; `kinds` lists the kinds, `words` what --describe knows")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print names and what each makes."""
    if args.kind == "kinds":
        rows = [(name, f"{len(registry.names())} {registry.kind}s") for name, registry in registries().items()]
    elif args.kind == "words":
        from ...procgen.describe.vocabulary import words_by_kind

        rows = [(kind, ", ".join(words)) for kind, words in words_by_kind().items()]
    else:
        rows = [(entry.name, documentation(entry)) for entry in find_registry(args.kind)]
    if args.json:
        say_json([{"name": name, "doc": doc} for name, doc in rows])
    else:
        table(rows)
    return 0


def registries() -> dict[str, Registry]:
    """Every registry by its plural: those of the world, and the methods of the bridge."""
    from ...bridge.methods import methods
    from ...procgen.registry import REGISTRIES

    return {**REGISTRIES, "methods": methods}


def find_registry(kind: str) -> Registry:
    """The registry called `kind`, in the plural or the singular; an unknown one is answered with the nearest."""
    from ...procgen.errors import unknown_name

    for name, registry in registries().items():
        if kind in (name, registry.kind, registry.kind.replace(" ", "_")):
            return registry
    raise unknown_name("kind", kind, [*registries(), "kinds", "words"])


def documentation(entry: Entry) -> str:
    """One sentence on what an entry makes: its own doc field (channels), its docstring, or that of its module."""
    doc = str(getattr(entry.make, "doc", "") or entry.doc)
    if doc.startswith("Draw "):  # what the sampler does says nothing about what comes out
        module = sys.modules[(entry.build or entry.make).__module__].__doc__ or doc
        doc = " ".join(module.strip().split("\n\n")[0].split())
    return doc
