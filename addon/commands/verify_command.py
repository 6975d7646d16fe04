# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove the labels of a dataset: files against hashes, depth and normals against an independent ray caster, flow
against reprojection, keypoints and masks against the body model run again from the record.

Prints a residual a check, writes verify.json into the dataset, and exits 1 on any breach.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..output import say, say_json
from ..parsing import whole

NAME = "verify"
HELP = "prove the labels of a dataset, with a residual for each channel"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("dataset", metavar="DATASET", help="folder that `vivant generate` wrote")
    parser.add_argument("--channels", metavar="LIST", default="", help="only the checks of these channels, with commas")
    parser.add_argument(
        "--frames", metavar="LIST", default="", help="only frames whose name starts so, for example 000003"
    )
    parser.add_argument("--limit", type=whole(1), metavar="N", default=0, help="at most N frames, evenly spread")
    parser.add_argument(
        "--witness",
        metavar="NAMES",
        default="auto",
        help="who stands witness: embree (default where installed), raster, none; pyrender paints the pictures once "
        "more as a second opinion: embree,pyrender",
    )
    parser.add_argument(
        "--body",
        action="append",
        default=[],
        type=named_file,
        metavar="NAME=FILE",
        help="file of a body model that does not ship with Vivant (may be repeated)",
    )
    parser.add_argument(
        "--foreign",
        choices=("auto", "coco", "amass", "blenderproc"),
        help="DATASET is a file or folder of another tool: COCO json, AMASS-style npz or BlenderProc HDF5",
    )
    parser.add_argument("--no-write", action="store_true", help="do not write verify.json into the dataset")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def named_file(text: str) -> tuple[str, Path]:
    """`NAME=FILE`."""
    name, equals, file = text.partition("=")
    if not name or not equals or not file:
        raise argparse.ArgumentTypeError(f"expected NAME=FILE, got {text!r}")
    return name, Path(file)


def run(args: argparse.Namespace) -> int:
    """Verify and report."""
    if args.foreign:
        from ...procgen.dataset.verify.foreign import verify_foreign

        return _say(args, verify_foreign(args.dataset, args.foreign))
    return _say(args, _verify(args))


def _verify(args: argparse.Namespace) -> Any:
    from ...procgen.dataset.verify import VerifyOptions, verify
    from ...procgen.options import split_names
    from ...procgen.progress import NoProgress, TerminalProgress

    options = VerifyOptions(
        witness=args.witness,
        frames=tuple(split_names(args.frames)),
        channels=tuple(split_names(args.channels)),
        limit=args.limit,
        bodies=dict(args.body),
        write=not args.no_write,
    )
    bar: Any = NoProgress() if args.quiet or args.json else TerminalProgress(sys.stderr)

    def progress(done: int, total: int, name: str) -> None:
        if done == 0:
            bar.start(total, "frames")
        else:
            bar.step(1, name)

    try:
        return verify(args.dataset, options=options, progress=progress)
    finally:
        bar.close()


def _say(args: argparse.Namespace, report: Any) -> int:
    if args.json:
        say_json(report.to_dict())
    else:
        say(str(report))
        say()
        noun = "file(s)" if args.foreign else "frame(s)"
        skipped = f", {len(report.not_run)} check(s) not run" if report.not_run else ""
        say(f"{args.dataset}: {'proven' if report.ok else 'NOT proven'} ({len(report.frames)} {noun}{skipped})")
    return 0 if report.ok else 1
