# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the open body model (CC0) as files that the unmodified `smplx` package loads.

  vivant body export models --format smplx     then: smplx.create("models", "smplx", ext="npz")
  vivant body export head --format flame       then: smplx.FLAME("head")
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..output import say, say_json

NAME = "body"
HELP = "write the body model in the SMPL-X or FLAME file format"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    what = parser.add_subparsers(title="what", metavar="WHAT", dest="what", required=True)
    export = what.add_parser("export", help="write the model files", description="Write the body model's files.")
    export.add_argument("out", metavar="OUT", help="folder to write into, or for smplx a file that ends in .npz")
    export.add_argument("--format", choices=("smplx", "flame"), default="smplx", help="file format (default: smplx)")
    export.add_argument(
        "--gender",
        choices=("neutral", "female", "male"),
        default="neutral",
        help="name of the file that smplx looks for; one model holds all shapes (default: neutral)",
    )
    export.add_argument(
        "--layout",
        choices=("full", "slim"),
        default="full",
        help="smplx: 300 + 100 columns, or the 10 + 10 strongest (default: full)",
    )
    export.add_argument("--json", action="store_true", help="print the result as JSON")
    export.add_argument("--debug", action="store_true", help="show the traceback of an error")


def run(args: argparse.Namespace) -> int:
    """Export and say where it is."""
    from ...procgen.people.body_export import export_flame, export_smplx

    out = Path(args.out)
    if args.format == "flame":
        path = export_flame(out)
    else:
        file = out if out.suffix.lower() == ".npz" else out / "smplx" / f"SMPLX_{args.gender.upper()}.npz"
        path = export_smplx(file, layout=args.layout)
    if args.json:
        say_json({"out": str(path), "format": args.format})
    else:
        say(str(path))
    return 0
