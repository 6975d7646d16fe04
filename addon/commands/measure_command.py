# SPDX-License-Identifier: GPL-3.0-or-later
"""Label drift of synthesised pictures: what a detector finds in them against the labels, beside what it finds in the
render; silhouettes; depth and normals that were made with them. Each picture is accepted, to be relabelled, or rejected,
and its record says why.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..output import say, say_json, table
from .export_command import parse_options

NAME = "measure"
HELP = "how far synthesised pictures drift from their labels"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("dataset", metavar="DATASET", help="folder that `vivant synthesize` wrote into")
    parser.add_argument(
        "--name", default="", metavar="RUN", help="folder within DATASET/synthesis (default: the only one)"
    )
    parser.add_argument(
        "--detector", default="auto", metavar="NAME", help="mediapipe, none, or auto: mediapipe where it is installed"
    )
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[],
        help="a limit of the gate: keypoints, silhouette, depth, normal, far; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--inception", type=Path, metavar="FILE", help="torch-fidelity's Inception weights: FID and KID (extra: fid)"
    )
    parser.add_argument("--clip", type=Path, metavar="DIR", help="a CLIP model in transformers' layout: CLIP score")
    parser.add_argument(
        "--against", type=Path, metavar="DIR", help="real pictures for FID and KID (default: the renders of the frames)"
    )
    parser.add_argument("--no-write", action="store_true", help="leave the pictures' records as they are")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Measure, judge, report; exits 0 even where pictures are rejected: that is a finding, not a failure."""
    from ...bridge.measure.drift import measure_run
    from ...bridge.measure.gate import GateLimits
    from ...bridge.measure.networks import Networks
    from ...bridge.synthesize import runs
    from ...procgen.dataset import Dataset
    from ...procgen.errors import DatasetError
    from ...procgen.progress import NoProgress, TerminalProgress

    dataset = Dataset(args.dataset)
    limits = GateLimits.from_dict(parse_options(args.set), where="gate")
    known = runs(dataset)
    if not args.name and len(known) != 1:
        raise DatasetError(
            f"{args.dataset!r} has {len(known) or 'no'} syntheses",
            fix=f"--name one of: {', '.join(known)}" if known else "make one: vivant synthesize DATASET",
        )
    bar: Any = NoProgress() if args.quiet or args.json else TerminalProgress(sys.stderr)

    def progress(done: int, total: int, name: str) -> None:
        bar.start(total, "pictures") if done == 0 else bar.step(1, name)

    try:
        report = measure_run(
            dataset, args.name or known[0], _detector(args.detector), limits, progress, not args.no_write,
            Networks(args.inception, args.clip, args.against),
        )  # fmt: skip
    finally:
        bar.close()
    found = report.to_dict()
    if args.json:
        say_json(found)
        return 0
    measures = sorted(found["overall"])
    if measures:
        rows = [(k, "–" if found["overall"][k] is None else f"{found['overall'][k]:.3f}") for k in measures]
        table([("measure", "mean"), *rows])
    for name, why in found["skipped"].items():
        say(f"{name} skipped: {why}")
    for name, frame in found["frames"].items():
        if frame["reasons"]:
            say(f"{name}: {frame['verdict']}: {'; '.join(frame['reasons'])}")
    say(f"{args.dataset}: " + ", ".join(f"{count} {verdict}" for verdict, count in found["verdicts"].items() if count))
    return 0


def _detector(name: str) -> Any:
    from ...bridge.measure.detectors import open_detector
    from ...procgen.errors import MissingDependency

    if name == "none":
        return None
    try:
        return open_detector("mediapipe" if name == "auto" else name)
    except MissingDependency:
        if name == "auto":
            return None
        raise
