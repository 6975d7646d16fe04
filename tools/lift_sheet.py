"""The figure of docs/lift.md, a row a person: input, overlay, geometry, with detail, distance from the depth that was seen, skin in
the UV map, the textured head in a camera that the fit has not seen, what that camera really saw, and the expression on somebody else.

    python -m tools.lift_sheet HEADS -o lift.png --pick 0001_smile_+10,0003_angry_-25
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from vivant.bridge.lift.detectors import find_faces
from vivant.bridge.lift.face_detail import FaceDetail, fit_detail
from vivant.bridge.lift.face_fit import FaceFit, fit_face
from vivant.bridge.lift.face_light import FaceLight, face_light
from vivant.bridge.lift.face_pictures import crop_of, fine_normals, on_clay, pictures, seen_face
from vivant.bridge.lift.face_skin import FaceSkin, face_skin
from vivant.bridge.lift.face_view import FaceView, project
from vivant.bridge.lift.head_model import HeadModel
from vivant.bridge.lift.open_head import open_head
from vivant.bridge.lift.texture import TextureView, bake, paint, uv_map
from vivant.procgen.color_names import linear_from_srgb, srgb_from_linear
from vivant.procgen.dataset.drawing import resize
from vivant.procgen.dataset.png import write_png
from vivant.procgen.frames import invert_rigid

from tools.measure_lift import read_case

TILE, UV_SIZE = 176, 1024
# Where the face lies in the body's UV map: first row and column, side; shares of the map.
WINDOW = (0.395, 0.765, 0.235)


def tile(picture: np.ndarray) -> np.ndarray:
    """A square of TILE pixels."""
    h, w = picture.shape[:2]
    side = min(h, w)
    top, left = (h - side) // 2, (w - side) // 2
    return np.asarray(resize(np.ascontiguousarray(picture[top : top + side, left : left + side, :3]), TILE, TILE), np.uint8)


def from_ahead(head: HeadModel, z: np.ndarray, e: np.ndarray) -> np.ndarray:
    """(TILE, TILE, 3) clay of a head."""
    K = np.array([[TILE * 3.0, 0, TILE / 2], [0, TILE * 3.0, TILE / 2], [0, 0, 1.0]])
    T = np.diag([1.0, -1.0, -1.0, 1.0])
    T[:3, 3] = [0.0, -0.035, 0.80]
    fit = FaceFit(head, z, e, (T,), (K,), head.shape(z, e), np.zeros(1), ((1.0, 0.0),), {}, 0)
    return on_clay(*seen_face(fit, 0, TILE, TILE))


def textured(
    fit: FaceFit, detail: FaceDetail, light: FaceLight, skin: FaceSkin, rgb: np.ndarray, first: FaceFit, size: tuple[int, int]
) -> np.ndarray:
    """(H, W, 3) uint8: the head with skin, detail and the light of its picture, as the camera of `fit` sees it.

    Args:
        rgb, first: The picture and the fit to it: eyes are taken from there as they are.
    """
    head = fit.head
    assert head.uv is not None and head.uv_faces is not None
    shown, _ = seen_face(fit, 0, *size)
    T = fit.T_cam_from_head[0][:3, :3]
    normals = fine_normals(fit, detail, shown) @ T
    uv = uv_map(head.triangles, head.uv, head.uv_faces, len(skin.color))
    color = paint(skin.color, uv, shown)
    share = paint(skin.blend[..., None], uv, shown)
    color = share * color + (1.0 - share) * light.skin
    lit = color * light.shading(normals.reshape(-1, 3)).reshape(normals.shape)
    inner = ~head.skin[head.triangles].all(1)
    eyes = uv_map(head.triangles[inner], head.uv, head.uv_faces[inner], len(skin.color))
    view = TextureView(linear_from_srgb(rgb / 255.0), first.K[0], first.T_cam_from_head[0])
    seen = bake(first.vertices, first.vertices, eyes, [view]).color
    own = shown.hit & inner[np.maximum(shown.face, 0)]
    lit[own] = paint(seen, uv, shown)[own]
    out = on_clay(shown, normals)
    out[shown.hit] = np.rint(255.0 * srgb_from_linear(np.clip(lit[shown.hit], 0.0, 1.0)))
    return out


def row(root: Path, name: str, head: HeadModel, other: np.ndarray) -> np.ndarray:
    """One person."""
    case = read_case(root, root / "pictures" / f"{name}.npz", head)
    second = next(p for p in sorted((root / "pictures").glob(name[: name.rindex("_")] + "_*.npz")) if p.stem != name)
    new = read_case(root, second, head)
    q = project(case.K, case.X[head.face])
    found = find_faces(case.picture["rgb"], [(*q.min(0), *q.max(0))])
    if not found:
        raise SystemExit(f"{name}: no face is found; pick another")
    rgb, depth, mask = case.picture["rgb"], case.picture["depth"], case.picture["mask"]
    size = (rgb.shape[1], rgb.shape[0])
    view = FaceView(name, size, found[0].points, case.K, np.eye(4), depth, case.picture["normal"], mask)
    fit = fit_face(head, [view])
    detail = fit_detail(fit, [view])
    light = face_light(fit, rgb, 0, mask)
    picture = TextureView(linear_from_srgb(rgb / 255.0), case.K, fit.T_cam_from_head[0], mask, depth)
    skin = face_skin(fit, [picture], light.light, light.skin, UV_SIZE)
    drawn = pictures(fit, rgb, found[0].box, depth, mask)
    rows, columns = crop_of(found[0].box, *size)
    shown, _ = seen_face(fit, 0, *size)
    fine = on_clay(shown, fine_normals(fit, detail, shown))[rows, columns]
    there = replace(fit, T_cam_from_head=(new.T @ invert_rigid(case.T) @ fit.T_cam_from_head[0],), K=(new.K,))
    box = project(new.K, new.X[head.face])
    rows2, columns2 = crop_of((*box.min(0), *box.max(0)), *size)
    made = textured(there, detail, light, skin, rgb, fit, size)[rows2, columns2]
    tiles = [
        rgb[rows, columns], drawn["overlay"], drawn["geometry"], fine, drawn["residual"], _map(skin), made,
        new.picture["rgb"][rows2, columns2], from_ahead(head, other, fit.expression),
    ]  # fmt: skip
    return np.concatenate([tile(t) for t in tiles], 1)


def _map(skin: FaceSkin) -> np.ndarray:
    """The face's part of the map on pale ground, upright."""
    top, left, side = (round(w * len(skin.color)) for w in WINDOW)
    part = (slice(top, top + side), slice(left, left + side))
    share = skin.blend[part][..., None]
    picture = share * 255.0 * srgb_from_linear(np.clip(skin.color[part], 0.0, 1.0)) + (1.0 - share) * 238.0
    return np.rot90(np.rint(picture).astype(np.uint8), -1)


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("heads", type=Path, nargs="+", help="folders of tools.lift_heads --wrinkles; names must tell them apart")
    p.add_argument("-o", "--out", required=True)
    p.add_argument("--pick", required=True, help="names of pictures with commas")
    args = p.parse_args()
    head = open_head()
    other = np.random.default_rng(4).normal(size=head.identity_count) * 0.9
    rows = []
    for name in args.pick.split(","):
        root = next((h for h in args.heads if (h / "pictures" / f"{name}.npz").is_file()), None)
        if root is None:
            raise SystemExit(f"no folder has a picture {name}")
        rows.append(row(root, name, head, other))
    write_png(args.out, np.concatenate(rows, 0))


if __name__ == "__main__":
    main()
