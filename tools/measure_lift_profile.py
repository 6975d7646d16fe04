"""How near faces seen from the side come to the heads that were rendered: landmarks where the detector finds any, and depth alone.

    pip install 'vivant[lift]'
    python -m tools.lift_heads SIDE --seed 41 --count 6 --yaws=-90,-75,75,90 --expressions 1
    python -m tools.measure_lift_profile SIDE

Mean distance of corresponding vertices on the front of the face after a rigid alignment, mm, as tools/measure_lift.py has it; depth,
normals, camera and the face's box are the frame's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from vivant.bridge.lift.face_fit import FitSettings, fit_face
from vivant.bridge.lift.face_profile import fit_profile
from vivant.bridge.lift.face_view import FaceView, project
from vivant.bridge.lift.open_head import open_head

from tools.measure_lift import aligned, read_case, scores, view_of


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heads", type=Path)
    args = parser.parse_args(argv)
    head = open_head()
    rows: dict[int, list[tuple[float, float, float]]] = {}
    for path in sorted((args.heads / "pictures").glob("*.npz")):
        case = read_case(args.heads, path, head)
        flat, marks, depth = case.X[head.face], np.nan, np.nan
        mean = 1e3 * float(np.linalg.norm(aligned(head.vertices[head.face], flat) - flat, axis=1).mean())
        seen = view_of(case, "C", head, case)
        if seen is not None:
            marks = scores(fit_face(head, [seen], FitSettings()), case, head)["mm"]
        height, width = case.picture["mask"].shape
        alone = seen or FaceView(path.stem, (width, height), None, case.K, np.eye(4), case.picture["depth"], case.picture["normal"],
                                 case.picture["mask"])  # fmt: skip
        q = project(case.K, flat)
        found = fit_profile(head, replace(alone, points=None), (*q.min(0), *q.max(0)), FitSettings())
        if found is not None:
            depth = scores(found[0], case, head)["mm"]
        rows.setdefault(abs(case.yaw), []).append((mean, marks, depth))
        print(path.stem, *(f"{x:.2f}" for x in rows[abs(case.yaw)][-1]), file=sys.stderr, flush=True)
    for yaw, mine in sorted(rows.items()):
        table = np.array(mine)
        told = [f"{np.isfinite(c).sum()} of {len(c)} at {np.nanmean(c) if np.isfinite(c).any() else np.nan:.2f} mm" for c in table.T]
        median = np.nanmedian(table[:, 2])
        print(f"{yaw} degrees: mean face {told[0]}; landmarks and depth {told[1]}; depth alone {told[2]}, median {median:.2f}")


if __name__ == "__main__":
    main()
