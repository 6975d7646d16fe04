# SPDX-License-Identifier: GPL-3.0-or-later
"""People out of pictures: a face or body that fits photographs, rendered frames or synthesised ones, ready to animate.

Inputs are picture files, folders of pictures, and datasets. A dataset's frames bring their camera, depth, normals and mask,
and several views of one moment are used together. Results lie in OUT/subjects/NAME; the same command continues a run that
was interrupted.
"""

from __future__ import annotations

import argparse
import sys

from ..output import Bar, say, say_json, say_outcome
from .export_command import parse_options

NAME = "lift"
HELP = "people out of pictures: faces and bodies that fit them, ready to animate"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "inputs", metavar="DATASET|IMAGE", nargs="+", help="picture files, folders of them, or datasets"
    )
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="folder for the results")
    parser.add_argument("--what", default="face", metavar="LIST", help="face, detail, skin, body, texture, clothes (default: face)")
    parser.add_argument("--model", default="", metavar="FILE", help="head or body file, .npz (default: the open body)")
    parser.add_argument("--together", action="store_true", help="all pictures show one person at one moment")
    parser.add_argument("--sequence", action="store_true", help="the pictures are moments of one person who moves, in order")
    parser.add_argument("--fps", type=float, default=30.0, metavar="N", help="pictures a second of a sequence (default: 30)")
    parser.add_argument("--each-view", action="store_true", help="lift every frame by itself, not all views together")
    parser.add_argument(
        "--synthesis", default="", metavar="RUN", help="take pictures from this run of `vivant synthesize`"
    )
    parser.add_argument("--frames", default="", metavar="LIST", help="only frames whose name starts so, with commas")
    parser.add_argument(
        "--without", default="", metavar="LIST", help="do not use what a frame knows: camera, depth, normal, mask, body, light"
    )
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="a setting of a part; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Lift and sum up."""
    from ...bridge.lift.run import LiftOptions, lift
    from ...bridge.lift.subject import Gathering, gather
    from ...procgen.errors import SpecError
    from ...procgen.options import split_names

    if args.sequence and not set(split_names(args.what)) <= {"face", "body"}:
        raise SpecError(
            "--sequence follows faces and bodies", expected="--what face, body or face,body", got=args.what,
            fix="leave --sequence away: everything else is lifted moment by moment",
        )  # fmt: skip
    how = Gathering(
        args.together, args.sequence, args.fps, args.each_view, args.synthesis, tuple(split_names(args.frames)),
        tuple(split_names(args.without)),
    )  # fmt: skip
    options = LiftOptions(tuple(split_names(args.what)), args.model, parse_options(args.set))
    bar = Bar("people", args.quiet or args.json)
    try:
        report = lift(
            gather(args.inputs, how), args.out, options,
            lambda done, total, name, part: bar.at(done, total, f"{name} {part}".strip()),
        )  # fmt: skip
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; the same command continues where it is now\n")
        raise
    finally:
        bar.close()
    if args.json:
        say_json(report.to_dict())
        return 0 if report.ok else 1
    for name, found in report.found.items():
        say(f"{name}: " + "; ".join(f"{part} {facts.get('summary', 'done')}" for part, facts in found.items()))
        for facts in found.values():
            for note in facts.get("notes", ()):
                say(f"  note: {note}")
    say_outcome(report.root, f"{len(report.made)} lifted", len(report.kept), report.failed)
    return 0 if report.ok else 1
