"""Whether lifted detail makes faces better, against heads with relief that no head of ours has.

    python -m tools.lift_heads HEADS --seed 31 --count 6 --expressions neutral,smile,angry,jaw --yaws=-20,15 --size 384 \\
        --samples 6 --wrinkles --extent 0.25
    python -m tools.measure_lift_detail HEADS --json detail.json

A face is fitted to one picture (or two) with the real detector, depth and normals; then its detail. Truth is the exact normal of
the frame, and of the other frame of that head, which the fit has not seen. Inputs: "exact" the frame's depth and normals;
"grain" with 1 mm and 4 degrees on every pixel; "waves" with bumps of 0.6 mm and 6 degrees that are 3 pixels long, as a
denoiser leaves them, different for depth and normals; "broad" 2.5 mm and 7 degrees, 14 pixels long. A case is one region of
one face with at least 60 square millimetres in sight; it is worse if its mean angle to the true normals grew by more than a
hundredth. "Another expression" takes rest and wrinkles from one expression (or from two) and puts them on the same person's
other expressions, with the smooth head fitted there: against no detail, and against all detail kept as it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from vivant.bridge.lift.detail_gate import regions, slopes
from vivant.bridge.lift.detail_grid import detail_grid, surface_of
from vivant.bridge.lift.detail_solve import sight
from vivant.bridge.lift.detail_split import Observation, split
from vivant.bridge.lift.face_detail import FaceDetail, fit_detail
from vivant.bridge.lift.face_fit import FaceFit, FitSettings, fit_face
from vivant.bridge.lift.face_view import FaceView
from vivant.bridge.lift.head_model import HeadModel
from vivant.bridge.lift.open_head import open_head
from vivant.procgen.frames import invert_rigid
from vivant.procgen.seeds import Seed

from tools.measure_lift import SPREAD, Case, interval, read_case, view_of, waves

SIZE = 2048
# Square metres of a region in sight that make a case; growth of the angle that is worse.
LEAST_AREA, WORSE = 6e-5, 1.01
INPUTS: dict[str, tuple[float, float, float]] = {
    "exact": (0.0, 0.0, 0.0), "grain": (0.001, 4.0, 0.0), "waves": (0.0006, 6.0, 3.0), "broad": (0.0025, 7.0, 14.0),
}  # fmt: skip


def spoilt(view: FaceView, case: Case, kind: str) -> FaceView:
    """A view whose depth and normals err."""
    metres, degrees, length = INPUTS[kind]
    if metres == 0.0:
        return view
    rng = Seed(7).child("detail", kind, case.number, case.name, case.yaw).rng()
    assert view.depth is not None and view.normal is not None
    shape = view.depth.shape

    def noise() -> np.ndarray:
        return waves(rng, shape, length) if length else rng.normal(size=shape)

    bent = view.normal + np.radians(degrees) * np.stack([noise() for _ in range(3)], -1) / np.sqrt(2.0)
    there = np.linalg.norm(view.normal, axis=-1, keepdims=True) > 0.5
    bent = np.where(there, bent / np.linalg.norm(bent, axis=-1, keepdims=True), 0.0)
    return replace(view, depth=(view.depth + metres * noise()).astype(np.float32), normal=bent.astype(np.float32))


def placed(fit: FaceFit, case: Case, other: Case) -> FaceFit:
    """A fitted head in another camera of the same scene."""
    T = other.T @ invert_rigid(case.T) @ fit.T_cam_from_head[0]
    return replace(fit, T_cam_from_head=(T,), K=(other.K,), relief=((1.0, 0.0),))


def angles(fit: FaceFit, truth: FaceView, heights: Sequence[np.ndarray], head: HeadModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean angle of each height field to the true normals by region, degrees (H, R); of all (H,); area in sight (R,).

    Args:
        fit: Whose first view is `truth`, with exact normals.
    """
    grid = detail_grid(head, SIZE)
    surface = surface_of(grid, head, fit.vertices)
    true = sight(fit, 0, truth, grid, surface)
    n = surface.bent(true.step)
    weight = np.where(true.step_weight > 0, np.prod(surface.steps, axis=1), 0.0)
    zones = regions(grid, head) * weight
    by, whole = [], []
    for h in heights:
        m = surface.bent(slopes(grid, surface, h) * surface.steps)
        off = np.degrees(np.arccos(np.clip((m * n).sum(1), -1.0, 1.0)))
        by.append(zones @ off / np.maximum(zones.sum(1), 1e-12))
        whole.append(float((weight * off).sum() / max(weight.sum(), 1e-12)))
    return np.array(by), np.array(whole), zones.sum(1)


def lifted(cases: Sequence[Case], kind: str, head: HeadModel) -> tuple[FaceFit, FaceDetail, float, float] | None:
    """A face and its detail from one or more views of one moment; CPU seconds of both."""
    views = []
    for case in cases:
        view = view_of(case, "C", head, cases[0])
        if view is None:
            return None
        views.append(spoilt(view, case, kind))
    begun = time.process_time()
    fit = fit_face(head, views, FitSettings(spread=SPREAD["D" if kind == "broad" else "C"]))
    between = time.process_time()
    detail = fit_detail(fit, views, SIZE)
    return fit, detail, between - begun, time.process_time() - between


def measure(root: Path, kinds: Sequence[str], every: int, both: bool) -> list[dict[str, object]]:
    """One row a face and input."""
    head = open_head()
    paths = sorted((root / "pictures").glob("*.npz"))
    cases = {p.stem: read_case(root, p, head) for p in paths}
    rows: list[dict[str, object]] = []
    for name in list(cases)[::every]:
        case = cases[name]
        others = [c for n, c in cases.items() if (c.number, c.name) == (case.number, case.name) and n != name]
        for kind in kinds:
            used = [case, *others[:1]] if both else [case]
            got = lifted(used, kind, head)
            if got is None or (both and not others):
                continue
            fit, detail, fit_s, detail_s = got
            exact = view_of(case, "C", head, case)
            assert exact is not None
            none = np.zeros_like(detail.heights)
            own = angles(replace(fit, relief=((1.0, 0.0),) * len(fit.relief)), exact, [none, detail.heights, detail.measured], head)
            row: dict[str, object] = {
                "number": case.number, "name": name, "input": kind, "views": len(used), "fit_s": fit_s, "detail_s": detail_s,
                "own": own[1].tolist(), "own_regions": own[0].tolist(), "own_area": own[2].tolist(),
            }  # fmt: skip
            if others and not both:
                new = view_of(others[0], "C", head, others[0])
                if new is not None:
                    seen = angles(placed(fit, case, others[0]), new, [none, detail.heights, detail.measured], head)
                    row |= {"new": seen[1].tolist(), "new_regions": seen[0].tolist(), "new_area": seen[2].tolist()}
            rows.append(row)
            print(name, kind, len(used), [round(x, 2) for x in own[1]], [round(x, 2) for x in row.get("new", [])],  # type: ignore[attr-defined]
                  file=sys.stderr, flush=True)  # fmt: skip
    return rows


def across(root: Path, every: int) -> list[dict[str, object]]:
    """Detail from one and from two expressions put on the others of the same person."""
    head = open_head()
    paths = sorted((root / "pictures").glob("*.npz"))
    by: dict[int, list[tuple[Case, FaceFit, FaceDetail]]] = {}
    for p in paths[::every]:
        case = read_case(root, p, head)
        if any(c.name == case.name for c, _, _ in by.get(case.number, [])):
            continue
        got = lifted([case], "exact", head)
        if got is not None:
            by.setdefault(case.number, []).append((case, got[0], got[1]))
    rows: list[dict[str, object]] = []
    for number, faces in by.items():
        for case, fit, _ in faces:
            rest = [f for f in faces if f[0].name != case.name]
            truth = view_of(case, "C", head, case)
            assert truth is not None
            for count in (1, 2, 3):
                groups = [rest[k : k + count] for k in range(len(rest) - count + 1)]
                for group in groups:
                    grid = group[0][2].grid
                    seen = [Observation(f.expression, d.heights, d.seen) for _, f, d in group]
                    relief = split(head, group[0][1].identity, grid, seen)
                    moved = relief.at({n: float(v) for n, v in zip(head.expression_names, fit.expression, strict=True)})[grid.inside]
                    still = sum(o.heights * o.seen for o in seen) / np.maximum(sum(o.seen for o in seen), 1e-3)
                    found = angles(fit, truth, [np.zeros(grid.count), still, moved], head)
                    rows.append({
                        "number": number, "to": case.name, "from": [c.name for c, _, _ in group], "count": count,
                        "all": found[1].tolist(), "regions": found[0].tolist(), "area": found[2].tolist(),
                    })  # fmt: skip
        print(number, len(rows), file=sys.stderr, flush=True)
    return rows


def never_worse(rows: Sequence[dict[str, object]], key: str, which: int = 1) -> tuple[float, int, float]:
    """Percent of regions that did not get worse, their number, and percent of whole faces."""
    fine, total, faces = 0, 0, 0
    for r in rows:
        by, area = np.array(r[f"{key}_regions" if key else "regions"]), np.array(r[f"{key}_area" if key else "area"])
        on = area > LEAST_AREA
        fine += int((by[which][on] <= WORSE * by[0][on]).sum())
        total += int(on.sum())
        whole = r[key or "all"]
        faces += int(whole[which] <= WORSE * whole[0])  # type: ignore[index]
    return 100 * fine / max(total, 1), total, 100 * faces / max(len(rows), 1)


def report(rows: Sequence[dict[str, object]], moved: Sequence[dict[str, object]]) -> list[str]:
    """Tables in Markdown."""
    out = ["| input | views | judged in | faces | angle without | with detail (95 %) | ungated | never worse: regions | faces | CPU s |",
           "|---|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for kind, views, key in [(k, v, w) for k in INPUTS for v in (1, 2) for w in ("own", "new")]:
        mine = [r for r in rows if r["input"] == kind and r["views"] == views and key in r]
        if not mine:
            continue
        table = np.array([r[key] for r in mine], float)
        mean, low, high = interval(table[:, 1], np.array([r["number"] for r in mine]))
        share, cases, faces = never_worse(mine, key)
        spent = np.mean([r["detail_s"] for r in mine])  # type: ignore[arg-type]
        out.append(
            f"| {kind} | {views} | {key} | {len(mine)} | {table[:, 0].mean():.2f} | {mean:.2f} ({low:.2f} .. {high:.2f}) | "
            f"{table[:, 2].mean():.2f} | {share:.1f} % of {cases} | {faces:.0f} % | {spent:.1f} |"
        )
    if moved:
        out += ["", "| on another expression, from | pairs | angle without | kept as it was | rest and wrinkles | never worse: as it was "
                "| rest and wrinkles |",
                "|---|---|---|---|---|---|---|"]  # fmt: skip
    for count in (1, 2, 3):
        mine = [r for r in moved if r["count"] == count]
        if mine:
            table = np.array([r["all"] for r in mine], float).mean(0)
            a, b = never_worse(mine, "", 1), never_worse(mine, "", 2)
            out.append(f"| {count} | {len(mine)} | {table[0]:.2f} | {table[1]:.2f} | {table[2]:.2f} | {a[0]:.1f} % | {b[0]:.1f} % |")
    return out


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("heads", type=Path)
    p.add_argument("--inputs", default=",".join(INPUTS))
    p.add_argument("--every", type=int, default=1, help="only every so many pictures")
    p.add_argument("--two", action="store_true", help="both pictures of a head as views")
    p.add_argument("--across", action="store_true", help="detail on other expressions")
    p.add_argument("--add", type=Path, nargs="*", default=[], help="rows of earlier runs, reported together with these")
    p.add_argument("--json", type=Path, help="write every row")
    args = p.parse_args(argv)
    rows: list[dict[str, object]] = []
    moved: list[dict[str, object]] = []
    for file in args.add:
        old = json.loads(file.read_text())
        rows += old["rows"]
        moved += old["moved"]
    if args.across:
        moved += across(args.heads, args.every)
    else:
        rows += measure(args.heads, args.inputs.split(","), args.every, args.two)
    print("\n".join(report(rows, moved)))
    if args.json:
        args.json.write_text(json.dumps({"rows": rows, "moved": moved}) + "\n")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
