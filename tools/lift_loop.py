"""The closed loop, with the error of each step: frames are generated, perhaps synthesised, lifted, and shown from a new view.

    python -m tools.lift_loop D --scenes 4 [--method joint] [--frames 000000,000003] [-o SHEET.png]

D is generated if it is not there (4 people, one a scene, seen by two cameras); with --method its pictures, and depth and normals where the
method makes them, come from `vivant synthesize`. The same command continues what was interrupted.

Lifted from view 0 alone (with its depth, normals, mask and camera), compared with the parameters of the frame; then the lifted,
textured body is drawn with the camera of view 1 and compared with what view 1 really shows. The sheet has, for every person:
the picture, the body over it, how far it is from the depth that was seen, the body alone and textured in the new view, and
the true new view.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from vivant.addon import cli
from vivant.bridge.lift.body_frames import errors, true_fit
from vivant.bridge.lift.body_pictures import grey_body, heat_map, seen_body, textured_body
from vivant.bridge.lift.body_problem import body_setup
from vivant.bridge.lift.parts.body import lift_body
from vivant.bridge.lift.parts.texture import lift_texture
from vivant.bridge.lift.run import LiftOptions
from vivant.bridge.lift.subject import Gathering, Subject, View, gather
from vivant.bridge.lift.texture import paint, uv_map
from vivant.bridge.skeleton import square_window
from vivant.procgen.color_names import linear_from_srgb
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.drawing import resize
from vivant.procgen.dataset.png import write_png
from vivant.procgen.dataset.store import DATASET_FILE
from vivant.procgen.errors import LiftError

TILE, MARGIN = 224, 0.12


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--scenes", type=int, default=0, help="generate so many scenes first, if there are none")
    parser.add_argument("--method", default="", help="synthesise by this method first")
    parser.add_argument("--python", default="", help="interpreter with torch, for --method")
    parser.add_argument("--synthesis", default="", help="pictures of this run of `vivant synthesize`")
    parser.add_argument("--frames", default="", help="scenes whose frames begin so, with commas")
    parser.add_argument("-o", "--out", help="sheet of pictures, .png")
    parser.add_argument("--most", type=int, default=8, help="people at most (default: 8)")
    args = parser.parse_args(argv)
    _prepare(args)
    setup = body_setup()
    dataset = Dataset(args.dataset)
    how = Gathering(synthesis=args.synthesis or args.method, frames=tuple(f for f in args.frames.split(",") if f), without=())
    rows = []
    for waiting in gather([args.dataset], how):
        subject = waiting.load()
        if len(subject.views) < 2 or len(rows) >= args.most:
            continue
        try:
            rows.append(_loop(dataset, subject, setup))
        except LiftError as e:
            print(f"{subject.name}: {e}")
    if args.out and rows:
        write_png(Path(args.out), np.concatenate([_row(r) for r in rows]))
        print(args.out)


def _prepare(args: argparse.Namespace) -> None:
    """The steps before the lift, by the commands that a user would give."""
    commands = []
    if args.scenes and not (Path(args.dataset) / DATASET_FILE).is_file():
        look = ["--views", "2", "--describe", "a person", "--size", "448x448", "--samples", "6"]
        commands.append(["generate", args.dataset, "--scenes", str(args.scenes), *look])
    if args.method:
        chosen = ["--frames", args.frames] if args.frames else []
        python = ["--python", args.python] if args.python else []
        commands.append(["synthesize", args.dataset, "--method", args.method, *chosen, *python])
    for command in commands:
        if cli.run(command) != 0:
            raise SystemExit("vivant " + " ".join(command) + " failed")


def _loop(dataset: Dataset, subject: Subject, setup) -> list[np.ndarray]:
    first, second = subject.views[:2]
    known = first.known
    assert known is not None
    print(f"{subject.name}")
    if subject.source.get("synthesis"):
        frame = dataset[first.name]
        x0, y0, x1, y1 = square_window(frame) if first.rgb.shape != frame["rgb"].shape else (0, 0, *first.size)
        away = np.abs(first.rgb.astype(float) - resize(frame["rgb"][y0:y1, x0:x1, :3], *first.size))
        print(f"  synthesised   picture differs from the render by {away.mean():.1f} of 255")
    options = LiftOptions(("body", "texture"))
    hidden = View(**{**{f: getattr(first, f) for f in first.__dataclass_fields__}, "known": None})
    alone = Subject(subject.name, (hidden,), subject.source)
    body = lift_body(alone, {}, options)
    a = body.arrays
    truth = true_fit(known, setup)
    from vivant.bridge.lift.body_fit import BodyFit

    fit = BodyFit(a["betas"], a["poses"].reshape(-1, 3), a["transl"], a["shape"])
    e = {k: 1e3 * v for k, v in errors(fit, truth, setup.model).items()}
    print(f"  lifted        landmarks {100 * body.facts['landmark_error']:.1f} % of the torso off")
    print(f"                joints {e['mpjpe']:.0f} mm, skin {e['pve']:.0f} mm off")
    texture = lift_texture(alone, {"body": body}, LiftOptions(("texture",), settings={"light": "keep", "size": 768}))
    print(f"  textured      {100 * texture.facts['seen_share']:.0f} % of the texels seen")
    uv = uv_map(setup.faces, np.asarray(setup.model.uv), np.asarray(setup.model.uv_faces, np.int64), texture.facts["size"])
    color = linear_from_srgb(texture.pictures["color"] / 255.0)
    v = np.asarray(a["vertices"], np.float64)
    assert second.K is not None and second.T_cam_from_world is not None and second.mask is not None and second.depth is not None
    raster, normals = seen_body(v, setup.faces, second.K, second.T_cam_from_world, *second.size)
    both = raster.hit & second.mask
    iou = both.sum() / max((raster.hit | second.mask).sum(), 1)
    depth = np.abs(raster.depth[both] - second.depth[both])
    known_texels = paint((texture.arrays["confidence"] > 0)[..., None].astype(float), uv, raster)[..., 0] > 0.99
    there = both & known_texels
    drawn = paint(color, uv, raster)[there]
    true = linear_from_srgb(second.rgb / 255.0)[there]
    rmse = float(np.sqrt(((drawn - true) ** 2).mean())) if there.any() else float("nan")
    print(f"  new view      silhouette IoU {iou:.2f} (clothes are not in it), depth {1e3 * np.median(depth):.0f} mm off")
    print(f"                colour {rmse:.3f} linear RMSE where it was seen")
    own, own_normals = seen_body(v, setup.faces, first.K, first.T_cam_from_world, *first.size)  # type: ignore[arg-type]
    return [
        _cut(first.rgb, first), _cut(grey_body(own, own_normals, first.rgb, 0.75), first),
        _cut(heat_map(own, first.depth, first.mask, first.rgb), first),  # type: ignore[arg-type]
        _cut(grey_body(raster, normals), second), _cut(textured_body(raster, color, uv), second), _cut(second.rgb, second),
    ]  # fmt: skip


def _cut(picture: np.ndarray, view: View) -> np.ndarray:
    """The square about a person."""
    assert view.box is not None
    x0, y0, x1, y1 = view.box
    side = max(x1 - x0, y1 - y0) * (1.0 + MARGIN)
    height, width = picture.shape[:2]
    side = min(side, height, width)
    left = int(np.clip((x0 + x1 - side) / 2, 0, width - side))
    top = int(np.clip((y0 + y1 - side) / 2, 0, height - side))
    return picture[top : top + int(side), left : left + int(side), :3]


def _row(pictures: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.asarray(resize(p, TILE, TILE), np.uint8) for p in pictures], 1)


if __name__ == "__main__":
    main()
