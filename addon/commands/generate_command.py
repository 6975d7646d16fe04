# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a dataset: sample scenes, render them, write every label beside the picture.

The same seed and options give the same dataset, with any number of workers. A run that was interrupted is finished by
the same command: frames that are there stay byte for byte as they are.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..output import say_json, say_outcome
from ..parsing import image_size, people_range, whole
from ..wording import read_description

if TYPE_CHECKING:
    from ...procgen.generate import Report
    from ...procgen.options import GenerateOptions

NAME = "generate"
HELP = "sample scenes, render them, write pictures and labels"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command; those left out take the configuration's value, then the default."""
    parser.add_argument("out", metavar="OUT", help="dataset folder; created, or continued where it stopped")
    what = parser.add_argument_group("what to make")
    what.add_argument("--scenes", type=whole(1, 10**7), metavar="N", help="number of scenes (default: 1)")
    what.add_argument("--views", type=whole(1, 1000), metavar="K", help="cameras in each scene (default: 1)")
    what.add_argument(
        "--frames", type=whole(1, 100000), metavar="T", help="consecutive frames of each view (default: 1)"
    )
    what.add_argument("--fps", type=float, metavar="F", help="frames a second (default: 24)")
    what.add_argument(
        "--motion", metavar="NAME", help="a motion, a motion file, or auto for what suits each pose (default: auto)"
    )
    what.add_argument("--people", type=people_range, metavar="A-B", help="people in a scene, N or A-B (default: 1-3)")
    what.add_argument("--place", metavar="NAME", help="a place, or auto for all of them in turn (default: auto)")
    what.add_argument("--seed", type=whole(0), metavar="S", help="root of the seed tree (default: 0)")
    what.add_argument("--describe", metavar="TEXT", help="what the scenes show, in plain English; the rest is drawn")
    what.add_argument(
        "--cast", metavar="PERSON.json", action="append",
        help="this person is in every scene (`vivant person --write-spec`); may be repeated",
    )
    what.add_argument("--spec", metavar="SCENE.json", help="render this scene instead of sampling")
    what.add_argument("--config", metavar="RANGES.toml", help="option values and sampling ranges from a TOML file")
    picture = parser.add_argument_group("how the files look")
    picture.add_argument("--size", type=image_size, metavar="WxH|auto", help="image size in pixels, or auto[:SIDE]: "
                         "upright and wide formats as suits each camera, with SIDE x SIDE pixels (default: 512x512)")  # fmt: skip
    picture.add_argument("--samples", type=whole(1, 65536), metavar="N", help="most samples a pixel (default: 24)")
    picture.add_argument(
        "--cloth",
        choices=("fast", "drape"),
        help="clothes skinned to the pose, or relaxed with real folds (default: fast)",
    )
    picture.add_argument("--engine", choices=("cycles", "eevee", "workbench"), help="picture engine (default: cycles)")
    picture.add_argument(
        "--channels",
        metavar="LIST",
        help="channels to write, with commas, or all (default: see `vivant list channels`)",
    )
    picture.add_argument(
        "--mesh", action="store_true", default=None, help="also write mesh.npz: every triangle in view"
    )
    machine = parser.add_argument_group("where it runs")
    machine.add_argument("--workers", type=whole(1, 1024), metavar="N", help="processes at the same time (default: 1)")
    machine.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "optix", "hip", "metal", "oneapi"),
        help="where Cycles runs (default: auto)",
    )
    machine.add_argument("--farm", metavar="local|ray|ray://HOST:PORT", help="local processes or Ray (default: local)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Generate and sum up."""
    options = options_from(args)
    read = read_description(options.describe, quiet=args.json or args.quiet)
    from ...procgen.generate import generate
    from ...procgen.progress import TerminalProgress

    progress = None if args.quiet else TerminalProgress(sys.stderr)
    began = perf_counter()
    try:
        report = generate(options, progress)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nstopped; the same command continues {options.out} where it is now\n")
        raise
    finally:
        if progress is not None:
            progress.close()
    if args.json:
        say_json({**report.to_dict(), **({} if read is None else {"description": read.to_dict()})})
    else:
        summarise(report, perf_counter() - began)
    return 0 if report.ok else 1


def options_from(args: argparse.Namespace) -> GenerateOptions:
    """Options of the command line over those of the configuration over the defaults."""
    from ...procgen.errors import SpecError
    from ...procgen.options import GenerateOptions, read_config, split_names

    given: dict[str, Any] = read_config(args.config) if args.config is not None else {}
    for f in dataclasses.fields(GenerateOptions):
        value = getattr(args, f.name, None)
        if value is not None:
            given[f.name] = value
    if args.size is not None:
        given["width"], given["height"], given["format"] = args.size
    if args.channels is not None:
        names = split_names(args.channels)
        given["channels"] = [name for name in names if name != "rgb"]  # the picture is always written
        if names and not given["channels"]:
            raise SpecError(
                "--channels names no label", got=args.channels, fix="name one that `vivant list channels` prints"
            )
    return GenerateOptions.from_dict(given, where="options")


def summarise(report: Report, seconds: float) -> None:
    """A line on what is there now, and one for every frame that is not."""
    say_outcome(report.root, f"{report.made} frame(s) written", report.kept, report.failed, f" in {seconds:.0f} s")
