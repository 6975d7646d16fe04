# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a person move: one of our motions, somebody's motion file, or what was lifted from pictures, as .blend, .glb, .usd or
.fbx with bones and shape keys keyed at every frame, or as .bvh or AMASS-style .npz.

PERSON is a seed (a whole number), a person's spec (.json), or a subject of `vivant lift` (OUT/subjects/NAME). MOTION is a
name that `vivant list motions` prints, a .bvh, .npz or .amc file, a Live Link Face recording (.csv), or the folder of a lifted
sequence (OUT).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..output import say, say_json
from ..parsing import whole

NAME = "animate"
HELP = "a person with a motion as .blend, .glb, .usd or .fbx"
SCENES = (".blend", ".glb", ".usd", ".usdc", ".usdz", ".fbx")
MOTIONS = (".bvh", ".npz")


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("person", metavar="PERSON", help="a seed, a PERSON.json, or OUT/subjects/NAME of `vivant lift`")
    parser.add_argument("--face", metavar="LIFTED", help="with the face, skin, expression and detail of this lifted subject")
    parser.add_argument("motion", metavar="MOTION", help="a motion's name, a .bvh, .npz, .amc or .csv file, or a lifted sequence")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="file to write: " + " ".join((*SCENES, *MOTIONS)))
    parser.add_argument("--seconds", type=float, metavar="T", help="duration (default: one cycle, or the whole file)")
    parser.add_argument("--fps", type=float, default=30.0, metavar="F", help="frames a second (default: 30)")
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="draws what the motion leaves open (default: 0)")
    parser.add_argument("--up", choices=("auto", "y", "z"), default="auto", help="up axis of a motion file (default: found out)")
    parser.add_argument("--raw", action="store_true", help="keep the trembling of a lifted sequence")
    parser.add_argument("--texture-size", type=whole(64), metavar="N", default=1024, help="texels of the largest texture (default: 1024)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Build, key, write."""
    from ...procgen.errors import SpecError

    out = Path(args.out)
    ending = out.suffix.lower()
    if ending not in (*SCENES, *MOTIONS):
        raise SpecError(f"a person cannot be written to {out.name!r}", expected="a name that ends in " + ", ".join((*SCENES, *MOTIONS)))
    if not 0.1 <= args.fps <= 1000.0:
        raise SpecError("--fps is out of range", expected="0.1 to 1000", got=args.fps)
    if args.seconds is not None and not 0.0 < args.seconds <= 3600.0:
        raise SpecError("--seconds is out of range", expected="more than 0, at most 3600", got=args.seconds)
    with tempfile.TemporaryDirectory(prefix="vivant-motion-") as scratch:
        facts = _animate(args, out, ending, Path(scratch))
    if args.json:
        say_json(facts)
    else:
        say(f"{out}: {facts['frames']} frames of {facts['motion']} at {args.fps:g} a second")
    return 0


def _animate(args: argparse.Namespace, out: Path, ending: str, scratch: Path) -> dict[str, Any]:
    from ...bridge.lift.animating import laid_over, lifted_motion, lifted_person, lifted_pictures, recorded_face
    from ...procgen.one_person import level_ground, moving_person, read_person, sample_person
    from ...procgen.people.looks import looks_of
    from ...procgen.people.motion_files.baking import bake, write_motion
    from ...procgen.people.performance import perform, rest_person
    from ...procgen.people.person import dress_person
    from ...procgen.seeds import Seed

    betas, pictures, relief = None, {}, None
    if args.person.isdigit():
        person = sample_person(Seed(int(args.person)).child("person"))
    elif Path(args.person).is_dir():
        lifted = lifted_person(args.person)
        person, betas, pictures, relief = lifted.human, lifted.betas, lifted.pictures, lifted.relief
    else:
        person = read_person(args.person)
        looks = looks_of(person)
        pictures, relief = dict(looks.pictures), looks.relief
    if args.face is not None:
        from ...bridge.lift.detail_split import relief_of
        from ...bridge.lift.face_person import face_of, like, with_face
        from ...bridge.lift.result import read_result

        face = face_of(args.face)
        person, relief = like(face, person).person, relief_of(read_result(args.face))
        pictures = laid_over(lifted_pictures(args.face, face_only=True), pictures)
        betas = None if betas is None else with_face(face, betas)
    motion, seconds, actions = args.motion, args.seconds, {}
    moves = None
    if motion.lower().endswith(".csv"):
        moves = recorded_face(motion, args.fps)
    elif Path(motion).is_dir():
        moves = lifted_motion(motion, scratch / "lifted.npz", args.fps, steady=not args.raw)
    if moves is not None:
        # Who was only seen by the face stands and breathes.
        motion = "idle" if moves.motion is None else str(moves.motion)
        actions = moves.actions
        seconds = (moves.frames - 1) / args.fps if seconds is None else seconds
    human = moving_person(Seed(args.seed), motion, up=args.up, person=person)
    facts = {"out": str(out), "motion": str(human.motion.kind)}
    if ending in MOTIONS:
        baked = bake(human, level_ground(), seconds, args.fps)
        write_motion(out, baked)
        return {**facts, "frames": len(baked.poses), "fps": args.fps}
    performance = perform(human, level_ground(), seconds, args.fps, betas)
    if actions:
        performance = performance.with_actions(actions)
    still = rest_person(human)
    parts, hidden = dress_person(still, performance.rest)
    from ...procgen.blender.export_animation import write_animation
    from ...procgen.muted import muted
    from ...procgen.progress import NoProgress, TerminalProgress

    progress = NoProgress() if args.json else TerminalProgress(sys.stderr)
    with muted(1):
        names = write_animation(
            out, out.stem, still, performance, parts, hidden, texture=args.texture_size, relief=relief, pictures=pictures,
            progress=progress,
        )  # fmt: skip
    return {
        **facts, "frames": performance.frames, "fps": args.fps, "objects": names, "actions": sorted(performance.actions),
    }  # fmt: skip
