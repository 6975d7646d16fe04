"""The figure of docs/lift.md: input, overlay, geometry, residual, and the expression on somebody else, a row a person.

    python -m tools.lift_sheet HEADS -o lift.png --pick 0001_smile_+00,0003_angry_-30
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from vivant.bridge.lift.body_pictures import grey_body
from vivant.bridge.lift.detectors import find_faces
from vivant.bridge.lift.face_fit import FaceFit, fit_face
from vivant.bridge.lift.face_pictures import crop_of, pictures, seen_face
from vivant.bridge.lift.face_view import FaceView, project
from vivant.bridge.lift.head_model import HeadModel
from vivant.bridge.lift.open_head import open_head
from vivant.procgen.dataset.png import write_png

from tools.measure_lift import read_case

TILE = 220


def tile(picture: np.ndarray) -> np.ndarray:
    """A square of TILE pixels, nearest pixels."""
    h, w = picture.shape[:2]
    side = min(h, w)
    rows, columns = (np.arange(TILE) * side // TILE for _ in range(2))
    return picture[rows][:, columns][..., :3]


def from_ahead(head: HeadModel, z: np.ndarray, e: np.ndarray, yaw: float = 0.0) -> np.ndarray:
    """(TILE, TILE, 3) clay of a head."""
    K = np.array([[TILE * 3.0, 0, TILE / 2], [0, TILE * 3.0, TILE / 2], [0, 0, 1.0]])
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    T = np.eye(4)
    T[:3, :3] = np.diag([1.0, -1.0, -1.0]) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    T[:3, 3] = [0.0, -0.035, 0.80]
    fit = FaceFit(head, z, e, (T,), (K,), head.shape(z, e), np.zeros(1), ((1.0, 0.0),), {}, 0)
    return grey_body(*seen_face(fit, 0, TILE, TILE))


def row(root: Path, name: str, head: HeadModel, other: np.ndarray) -> np.ndarray:
    """One person."""
    case = read_case(root, root / "pictures" / f"{name}.npz", head)
    q = project(case.K, case.X[head.face])
    found = find_faces(case.picture["rgb"], [(*q.min(0), *q.max(0))])
    if not found:
        raise SystemExit(f"{name}: no face is found; pick another")
    rgb, depth, mask = case.picture["rgb"], case.picture["depth"], case.picture["mask"]
    size = (rgb.shape[1], rgb.shape[0])
    fit = fit_face(head, [FaceView(name, size, found[0].points, case.K, np.eye(4), depth, case.picture["normal"], mask)])
    drawn = pictures(fit, rgb, found[0].box, depth, mask)
    rows, columns = crop_of(found[0].box, *size)
    tiles = [tile(rgb[rows, columns]), *(tile(drawn[k]) for k in ("overlay", "geometry", "residual"))]
    return np.concatenate([*tiles, from_ahead(head, fit.identity, fit.expression, 35.0), from_ahead(head, other, fit.expression)], 1)


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("heads", type=Path)
    p.add_argument("-o", "--out", required=True)
    p.add_argument("--pick", required=True, help="names of pictures with commas")
    args = p.parse_args()
    head = open_head()
    other = np.random.default_rng(4).normal(size=head.identity_count) * 0.9
    write_png(args.out, np.concatenate([row(args.heads, n, head, other) for n in args.pick.split(",")], 0))


if __name__ == "__main__":
    main()
