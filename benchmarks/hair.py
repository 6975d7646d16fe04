"""What hair costs: building it, rendering it over a bald head, and how much of it runs inside the body.

    python -m benchmarks.hair [--size 512] [--samples 4] [--styles bob,long] [--no-render]

One head, the same in every row, in an even light, as large as in a portrait; every style is rendered in the same process
between bald heads, CPU seconds are those of the render call with building of its acceleration structure. What is inside is
told by the nearest of 200,000 samples of the skin, apart from what the grooming code uses.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .pipeline import cpu, table

# Deeper than this below the skin a point of a strand counts as inside, metres; roots start 0.6 mm deep.
DEEP = 0.001


def inside(body: Any, points: np.ndarray) -> float:
    """Share of strand points (N, K, 3), but the roots, that lie below the skin."""
    from vivant.procgen.people.head import head_of, scatter
    from vivant.procgen.people.nearest import NearestPoints

    head = head_of(body)
    skin = np.linalg.norm(head.points, axis=1) < 0.6
    for name in ("eye_l", "eye_r", "tongue"):
        ids = body.model.shell_faces[name]
        skin[ids[ids < body.count]] = False
    faces = np.asarray(body.model.faces, np.int64)
    samples = scatter(replace(head, triangles=faces[skin[faces].all(1)]), np.ones(body.count), 200_000, np.random.default_rng(0))
    p = head.local(points)[:, 1:].reshape(-1, 3)
    distance, i = NearestPoints(samples.position).query(p, max_distance=0.04)
    near = np.isfinite(distance)
    i = np.minimum(i, len(samples.position) - 1)
    depth = -np.einsum("ij,ij->i", p - samples.position[i], samples.normal[i])
    return float(np.mean(near & (depth > DEEP)))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--styles", default="")
    parser.add_argument("--no-render", action="store_true")
    args = parser.parse_args(argv)
    from vivant.procgen import registry
    from vivant.procgen.people.body_state import pose_body
    from vivant.procgen.people.model import load_body
    from vivant.procgen.people.shape import PhenotypeRanges, betas_from_phenotype, sample_phenotype

    model = load_body()
    person = sample_phenotype(np.random.default_rng(args.seed), PhenotypeRanges(age_years=(25.0, 45.0)))
    expression = np.zeros(model.exprdirs.shape[2])
    body = pose_body(model, person, betas_from_phenotype(model, person), expression, np.zeros((55, 3)), np.eye(4))
    names = [n for n in args.styles.split(",") if n] or list(registry.hair.names())
    rows, bald = [], []
    if not args.no_render:
        render(body, None, args)  # a first render pays for what is made once
        bald.append(render(body, None, args))
    for name in names:
        entry = registry.hair.get(name)
        assert entry.spec is not None and entry.build is not None
        spec = entry.spec(melanin=0.8, variation=5)
        start = time.process_time()
        strands = entry.build(spec, body, 1.0, ())
        seconds = time.process_time() - start
        cost = float("nan") if args.no_render else render(body, (spec, strands), args)
        rows.append([name, strands.points.shape[0], strands.points.shape[1], seconds, inside(body, strands.points), cost])
        if not args.no_render and len(rows) % 4 == 0:
            bald.append(render(body, None, args))
        print(f"{name}: {seconds:.2f} s, {cost:.1f} s", file=sys.stderr, flush=True)
    base = float(np.mean(bald)) if bald else float("nan")
    if bald:
        print(f"bald: {base:.1f} CPU s, from {min(bald):.1f} to {max(bald):.1f}\n")
    lines = [[n, str(c), str(k), f"{s:.2f}", f"{100 * i:.3f} %", f"{cost / base:.2f}"] for n, c, k, s, i, cost in rows]
    header = ["style", "strands", "points", "built, CPU s", "inside the body", "render over bald"]
    table("hair", [header, *lines])
    sys.stdout.flush()
    os._exit(0)  # bpy can hang at interpreter exit


def render(body: Any, hair: tuple[Any, Any] | None, args: argparse.Namespace) -> float:
    """CPU seconds of one picture of the head, with hair and face hair or bald."""
    import bpy
    from vivant.procgen.blender import objects, settings
    from vivant.procgen.blender.build_scene import build
    from vivant.procgen.blender.preview import grey_sky, key_light
    from vivant.procgen.geometry import SceneGeometry, SceneObject
    from vivant.procgen.people.body_mesh import body_mesh
    from vivant.procgen.people.eyes import build_eyes
    from vivant.procgen.people.head import head_of
    from vivant.procgen.people.look_spec import EyeSpec, SkinSpec
    from vivant.procgen.people.skin import skin_attributes, skin_shader
    from vivant.procgen.spec import CameraSpec, RenderSpec

    spec = hair[0] if hair else None
    skin = body_mesh(body, skin_shader(SkinSpec(), spec), skin_attributes(body, spec), level=1)
    items = [SceneObject("body", skin, "skin")]
    items += [SceneObject(n, m, s, labelled=seen, shadow=seen) for n, m, s, seen in build_eyes(EyeSpec(), body)]
    if hair:
        items.append(SceneObject("hair", hair[1], "hair"))
    settings.no_factory_surprises()
    built = build(SceneGeometry(items, [key_light()], grey_sky(), []))
    settings.picture(built.picture, RenderSpec(samples=args.samples), threads=1)
    centre = head_of(body).world(np.array([0.0, 0.0, -0.04])).astype(float)
    eye = centre + [0.45, -1.9, 0.05]
    camera = CameraSpec(
        eye=tuple(map(float, eye)), target=tuple(map(float, centre)), focal_mm=150.0, width=args.size, height=args.size
    )
    objects.aim_camera(built.picture, built.camera, camera)
    before = cpu()
    bpy.ops.render.render(scene=built.picture.name)
    return cpu() - before


if __name__ == "__main__":
    main()
