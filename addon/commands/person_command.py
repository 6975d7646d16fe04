# SPDX-License-Identifier: GPL-3.0-or-later
"""Write one rigged, dressed person: .blend keeps node materials and hair curves, .glb, .usd and .fbx get baked textures
and hair cards. The armature has the 55 joints of the SMPL-X format, and the pose is its rest pose; the face has the 52
ARKit actions as shape keys of the same names.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..output import say, say_json
from ..parsing import whole
from ..wording import read_description

NAME = "person"
HELP = "one rigged, dressed person as .blend, .glb, .usd, .usdz or .fbx"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "out", metavar="OUT", help="file to write; the ending chooses the format: .blend .glb .usd .usdc .usdz .fbx"
    )
    parser.add_argument("--seed", type=whole(0), metavar="S", default=0, help="who it is (default: 0)")
    parser.add_argument("--pose", metavar="NAME", help="a pose, or auto (default: stand)")
    parser.add_argument("--describe", metavar="TEXT", help="who it is, in plain English; the rest is drawn")
    parser.add_argument("--spec", metavar="PERSON.json", help="this person instead of sampling one (a HumanSpec)")
    parser.add_argument(
        "--shape", metavar="FILE.npz", help="take the body from shape coefficients that Vivant wrote in the SMPL-X format"
    )
    parser.add_argument(
        "--face", metavar="LIFTED",
        help="take face, expression, skin, detail and clothes from a folder that `vivant lift` wrote (OUT/subjects/NAME)",
    )
    parser.add_argument(
        "--write-spec", metavar="FILE",
        help="also write the person's spec, with their looks beside it: for --spec and `vivant generate --cast`",
    )
    parser.add_argument(
        "--texture-size",
        type=whole(64),
        metavar="N",
        default=2048,
        help="texels of the largest texture (default: 2048)",
    )
    parser.add_argument(
        "--cloth", choices=("fast", "drape"), default="fast", help="folds: fast, or draped (slower; default: fast)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Sample or read, build, rig, write."""
    from ...procgen.errors import SpecError
    from ...procgen.one_person import assemble_person, read_person, sample_person
    from ...procgen.people.looks import Looks, looks_of, named_beside
    from ...procgen.seeds import Seed

    out = Path(args.out)
    endings = (".blend", ".glb", ".usd", ".usdc", ".usdz", ".fbx")  # known before bpy is loaded, which takes a second
    if out.suffix.lower() not in endings:
        raise SpecError(
            f"a person cannot be written to {out.name!r}", expected="a name that ends in " + ", ".join(endings)
        )
    read = None
    if args.spec is not None:
        spec = read_person(args.spec)
    else:
        read = read_description(args.describe or "", quiet=args.json)
        spec = sample_person(Seed(args.seed).child("person"), pose=args.pose, description=read)
    met = None
    if args.shape is not None:
        from ...procgen.people.model import load_body
        from ...procgen.people.shape_inverse import phenotype_like, read_shape
        from ...procgen.spec import replace

        betas = read_shape(args.shape)
        if betas is None:
            raise SpecError(f"{args.shape} has no shape", expected="an array `betas`", fix="export a person as .npz")
        phenotype, met = phenotype_like(load_body(), betas)
        spec = replace(spec, phenotype=phenotype)
    likeness, looks = None, looks_of(spec)
    if args.face is not None:
        from ...bridge.lift.animating import in_lifted_clothes, laid_over, lifted_pictures
        from ...bridge.lift.detail_split import relief_of
        from ...bridge.lift.face_person import face_of, like, somebody_like
        from ...bridge.lift.result import read_result

        face = face_of(args.face)
        # Who is described stays who they are; nobody in particular becomes whoever the face suits best.
        likeness = like(face, spec) if args.spec or args.describe else somebody_like(face, Seed(args.seed).child("person"))
        spec, named = likeness.person, bool(args.spec or args.describe)
        # Who is somebody else keeps their own clothes; nobody in particular wears what was lifted.
        looks = Looks(laid_over(lifted_pictures(args.face, face_only=named), looks.pictures), relief_of(read_result(args.face)))
        spec = spec if named else in_lifted_clothes(args.face, spec)
    if args.write_spec is not None:
        there = Path(args.write_spec)
        there.write_text(named_beside(spec, there, looks).to_json(), encoding="utf-8")
    body, parts, hidden = assemble_person(spec, args.cloth)
    from ...procgen.blender.export_person import write_person
    from ...procgen.muted import muted
    from ...procgen.progress import NoProgress, TerminalProgress

    progress = NoProgress() if args.json else TerminalProgress(sys.stderr)
    with muted(1):  # exporters print to stdout as they please; what they have to say comes as an exception too
        names = write_person(
            out, out.stem, spec, body, parts, hidden, texture=args.texture_size, relief=looks.relief, pictures=looks.pictures,
            progress=progress,
        )  # fmt: skip
    keys = len(body.model.arkit_names)
    if args.json:
        made = {"out": str(out), "objects": names, "joints": len(body.joints), "face_keys": keys}
        seen = {"detail": looks.relief is not None, "pictures": sorted(looks.pictures)}
        made |= {} if likeness is None else {"face_mm": round(likeness.mm, 2), **seen}
        made |= {} if met is None else {"shape_mm": round(met, 2)}
        say_json({**made, **({} if read is None else {"description": read.to_dict()})})
    else:
        if met is not None:
            say(f"the body lies within {met:.2f} mm of the shape in {args.shape} on average")
        if likeness is not None:
            more = ["its detail"] * (looks.relief is not None) + [f"pictures on {', '.join(sorted(looks.pictures))}"] * bool(looks.pictures)
            say(f"the face lies within {likeness.mm:.1f} mm of the lifted one on average" + "".join(f", with {m}" for m in more))
        say(f"{out}: {len(names)} objects, {len(body.joints)} joints, {keys} face keys")
    return 0
