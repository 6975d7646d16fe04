"""How true the textures of lifted bodies are, texel by texel in the body's UV map.

    python -m tools.measure_lift_texture D [--size 512] [--json FILE]

D as in tools/measure_lift_body.py: dressed people, two views, channels rgb, albedo, depth, normal and instance. The reference
is the albedo channel carried into the UV map by the body that the frames were made with, from both views. "placed": the same
albedo images through the lifted body; what differs is where texels lie. "photographed": the 8-bit picture through the lifted
body, developed as its record says, its light fitted and divided out with the frame's normals, depth and direction of the sun, one gain
a person (light and paint share one scale); "nothing known": the same picture as a photograph would be, its curve taken as
sRGB, normals and depth those of the lifted body, the sun looked for. "new view": the first picture's
texture, light left in, painted into the second camera and compared with the second picture there. A texel's error is the
root mean square over its three linear channels; texels count that a used view sees and the reference knows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from vivant.bridge.lift.body_fit import fit_body
from vivant.bridge.lift.body_frames import true_fit, view_of_frame
from vivant.bridge.lift.body_problem import body_setup
from vivant.bridge.lift.picture_light import flattened
from vivant.bridge.lift.rasterise import look
from vivant.bridge.lift.texture import TextureView, bake, paint, uv_map
from vivant.bridge.lift.tone import SRGB, tone_of
from vivant.procgen.dataset import Dataset, Frame
from vivant.procgen.errors import LiftError
from vivant.procgen.sky import sun_direction

GOAL = 0.06


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--most", type=int, default=10**6, help="scenes at most")
    parser.add_argument("--json")
    args = parser.parse_args(argv)
    setup = body_setup()
    uv = uv_map(setup.faces, np.asarray(setup.model.uv), np.asarray(setup.model.uv_faces, np.int64), args.size)
    dataset = Dataset(args.dataset)
    rows: dict[str, list[list[float]]] = {}
    for name in [n for n in dataset.names if n.endswith("_00")][: args.most]:
        frames = [dataset[n] for n in dataset.names if n[:6] == name[:6]]
        people = [f.people[0] for f in frames]
        whole = [p.box is not None and p.record.truncated == 0 and p.record.visible_px > 0.9 * p.record.amodal_px for p in people]
        if len(frames) < 2 or not all(whole):
            continue
        try:
            views = [view_of_frame(f, p) for f, p in zip(frames, people, strict=True)]
        except LiftError as e:
            print(e, file=sys.stderr)
            continue
        truth = true_fit(people[0], setup)
        rest = setup.vertices.shaped(truth.shape)

        def pictures(kind: str, frames=frames, views=views) -> list[TextureView]:
            made: dict[str, Callable[[Frame], np.ndarray]] = {
                "albedo": lambda f: f["albedo"].astype(np.float64), "srgb": lambda f: SRGB.linear(f["rgb"]),
                "rgb": lambda f: tone_of(f.record.render).linear(f["rgb"]),
            }  # fmt: skip
            return [
                TextureView(made[kind](f), v.K, v.T_cam_from_world, v.mask, v.depth, normal=f["normal"])
                for f, v in zip(frames, views, strict=True)
            ]

        reference = bake(truth.posed(setup.model).vertices, rest, uv, pictures("albedo"))
        for count in (1, 2):
            fit = fit_body(views[:count], setup)
            v = fit.posed(setup.model).vertices.astype(np.float64)
            placed = bake(v, rest, uv, pictures("albedo")[:count])
            seen = placed.seen & reference.seen
            _add(rows, f"placed, {count} view(s)", placed.color[seen], reference.color[seen])
            photo = bake(v, rest, uv, pictures("srgb")[:count])
            sun = sun_direction(dataset.scene_spec(frames[0].record.scene).sky)
            ways: list[tuple[str, list[TextureView], np.ndarray | None]] = [("light out", pictures("rgb")[:count], sun)]
            if count == 1:
                ways.append(("light out, nothing known", [replace(p, depth=None, normal=None) for p in pictures("srgb")[:1]], None))
            for label, known, direction in ways:
                flat = bake(v, rest, uv, flattened(known, v, setup.faces, setup.region, direction)[0]).color
                _add(rows, f"photographed, {label}, {count} view(s)", _gained(flat[seen], reference.color[seen]), reference.color[seen])
            _add(rows, f"photographed, light in, {count} view(s)", _gained(photo.color[seen], reference.color[seen]), reference.color[seen])
            if count == 1:
                T, K = views[1].T_cam_from_world, views[1].K
                raster = look(v, uv.faces, K, T, views[1].width, views[1].height)
                known = paint(photo.seen[..., None].astype(np.float64), uv, raster)[..., 0] > 0.99
                both = known & views[1].mask
                new = paint(photo.color, uv, raster)[both]
                _add(rows, "new view, from 1 view, light in", new, pictures("srgb")[1].image[both])
        print(name, {k: [round(x, 3) for x in v[-1]] for k, v in rows.items()}, file=sys.stderr, flush=True)
    print("| texture | people | linear RMSE | median | within 0.06 |")
    print("|---|---|---|---|---|")
    for label, people in rows.items():
        table = np.array(people)
        print(f"| {label} | {len(table)} | {table[:, 0].mean():.3f} | {np.median(table[:, 0]):.3f} | {100 * table[:, 1].mean():.0f} % |")
    if args.json:
        Path(args.json).write_text(json.dumps(rows), encoding="utf-8")


def _add(rows: dict[str, list[list[float]]], label: str, got: np.ndarray, want: np.ndarray) -> None:
    away = np.sqrt(((got - want) ** 2).mean(1))
    rows.setdefault(label, []).append([float(np.sqrt((away**2).mean())), float((away <= GOAL).mean())])


def _gained(got: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Colours times the one number that brings their sum to the reference's."""
    return got * (want.sum() / max(got.sum(), 1e-9))


if __name__ == "__main__":
    main()
