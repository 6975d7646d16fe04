# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a dataset in another format, into a new folder; the dataset itself is only read."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..output import say, say_json

NAME = "export"
HELP = "COCO, WebDataset, image folder, AMASS …"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("dataset", metavar="DATASET", help="folder that `vivant generate` wrote")
    parser.add_argument("out", metavar="OUT", help="new folder for the export")
    parser.add_argument("--to", metavar="FORMAT", required=True, help="a format that `vivant list exporters` prints")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="an option of the format (`vivant describe exporter FORMAT` lists them); may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Export and say where it is."""
    from ...procgen.dataset.export import export

    export(args.dataset, args.out, args.to, parse_options(args.set))
    if args.json:
        say_json({"out": args.out, "format": args.to})
    else:
        say(args.out)
    return 0


def parse_options(pairs: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` pairs; a value is JSON where it can be read as such (numbers, true, lists), else text."""
    from ...procgen.errors import SpecError

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise SpecError("an option cannot be read", expected="NAME=VALUE", got=pair)
        try:
            found[name] = json.loads(text)
        except json.JSONDecodeError:
            found[name] = text
    return found
