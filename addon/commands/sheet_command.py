# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw a contact sheet: each picture beside its labels, as one PNG or as a page to look around in (HTML)."""

from __future__ import annotations

import argparse

from ..output import say, say_json
from ..parsing import whole

NAME = "sheet"
HELP = "contact sheet: pictures beside their labels (PNG or HTML)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("dataset", metavar="DATASET", help="folder that `vivant generate` wrote")
    parser.add_argument("-o", "--out", metavar="FILE", help="a .png or .html (default: DATASET/sheet.png)")
    parser.add_argument("--frames", type=whole(1, 1000), metavar="N", default=4, help="how many frames (default: 4)")
    parser.add_argument(
        "--labels", metavar="LIST", default="", help="labels to show, with commas (default: the telling ones)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Draw it and say where it is."""
    from ...procgen.dataset.sheet import sheet
    from ...procgen.options import split_names

    path = sheet(args.dataset, args.out, frames=args.frames, labels=split_names(args.labels) or None)
    if args.json:
        say_json({"sheet": str(path)})
    else:
        say(str(path))
    return 0
