# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a motion as BVH or AMASS-style npz: one of ours by name, or somebody else's file brought onto our skeleton."""

from __future__ import annotations

import argparse

from ..output import say, say_json
from ..parsing import whole

NAME = "motion"
HELP = "write a motion (by name, or from a file) as .bvh or .npz"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "motion", metavar="MOTION", help="a name that `vivant list motions` prints, or a .bvh, .npz or .amc file"
    )
    parser.add_argument("out", metavar="OUT", help="file to write: .bvh or .npz")
    parser.add_argument("--person", metavar="PERSON.json", help="who moves (default: drawn from the seed)")
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="draws person and motion (default: 0)")
    parser.add_argument("--seconds", type=float, metavar="T", help="duration (default: one cycle, or the whole file)")
    parser.add_argument("--fps", type=float, default=30.0, metavar="F", help="frames a second (default: 30)")
    parser.add_argument(
        "--up", choices=("auto", "y", "z"), default="auto", help="up axis of a motion file (default: found out)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Pose every frame and write it."""
    from ...procgen.errors import SpecError
    from ...procgen.one_person import level_ground, moving_person, read_person
    from ...procgen.people.motion_files.baking import WRITES, bake, write_motion
    from ...procgen.seeds import Seed

    if not args.out.lower().endswith(WRITES):
        raise SpecError(
            f"{args.out!r} is no motion file", expected=" or ".join(WRITES), fix="choose one of these endings"
        )
    if not 0.1 <= args.fps <= 1000.0:
        raise SpecError("--fps is out of range", expected="0.1 to 1000", got=args.fps)
    if args.seconds is not None and not 0.0 < args.seconds <= 3600.0:
        raise SpecError("--seconds is out of range", expected="more than 0, at most 3600", got=args.seconds)
    person = read_person(args.person) if args.person else None
    human = moving_person(Seed(args.seed), args.motion, up=args.up, person=person)
    baked = bake(human, level_ground(), args.seconds, args.fps)
    write_motion(args.out, baked)
    facts = {"out": args.out, "motion": str(human.motion.kind), "frames": len(baked.poses), "fps": args.fps}
    if args.json:
        say_json(facts)
    else:
        say(f"{args.out}: {facts['frames']} frames of {facts['motion']} at {args.fps:g} a second")
    return 0
