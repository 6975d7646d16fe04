"""How near lifted faces come to the heads that were rendered: vertex errors by true correspondence, never by closest points.

    pip install 'vivant[lift]'
    python -m tools.lift_heads HEADS --seed 11 --count 50 --yaws=-60,-30,0,30,60 --expressions 2
    python -m tools.measure_lift HEADS --tiers A,B,C --json lift.json

Tiers. A: our own head, landmarks with errors as the detector makes them, exact depth and normals. B: the same with bumps of
1 mm that no head of ours has, and noise of 1 mm and 4 degrees. C: rendered pictures, the real detector, the frame's depth and
normals. D: as C, with depth known up to scale and shift, and waves of 2.5 mm and 7 degrees as a denoiser leaves them. E: as C, for
HEADS made by `tools.lift_heads --foreign --wrinkles`: bent as no head of ours is, with relief, and with glasses, hats and scarves.
Errors are over the front of the face after a rigid alignment (scale kept), in mm; "retarget" is how far the fitted expression
moves the mean head from where the true one does, in percent of the expression's own size. Intervals: 95 %, by
resampling identities 2000 times.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from vivant.bridge.lift.detectors import find_faces
from vivant.bridge.lift.face_fit import FaceFit, FitSettings, fit_face
from vivant.bridge.lift.face_view import GUESSED, DenseSpread, FaceView, project
from vivant.bridge.lift.head_model import HeadModel
from vivant.bridge.lift.landmark_errors import UNIT, landmark_errors, roll_of, yaw_of
from vivant.bridge.lift.open_head import head_ids, open_head, surface
from vivant.bridge.lift.rasterise import look
from vivant.procgen.frames import R_WORLD_FROM_SMPLX, invert_rigid, transform
from vivant.procgen.npz import read_npz
from vivant.procgen.people.model import load_body
from vivant.procgen.seeds import Seed
from vivant.procgen.vectors import vertex_normals

BUMP, BUMP_LENGTH = 0.001, 0.012
# Waves of tier D, pixels.
LENGTH = 14.0
SPREAD = {"A": DenseSpread(), "B": DenseSpread(), "C": DenseSpread(), "D": GUESSED, "E": DenseSpread()}


@dataclass(frozen=True)
class Case:
    """One picture of one head: truth in the camera's frame, and what is known of it."""

    number: int
    name: str
    yaw: int
    X: np.ndarray
    R: np.ndarray
    T: np.ndarray
    K: np.ndarray
    activations: np.ndarray
    picture: dict[str, np.ndarray]


def read_case(root: Path, path: Path, head: HeadModel) -> Case:
    """A picture with its head."""
    model = load_body()
    number, name, yaw = path.stem.split("_")
    picture, known = read_npz(path), read_npz(root / "heads" / f"{number}_{name}.npz")
    T = picture["T_cam_from_world"]
    R = T[:3, :3] @ known["T_head"][:3, :3] @ R_WORLD_FROM_SMPLX
    activations = np.zeros(head.expression_count)
    for action, value in zip(known["names"], known["values"], strict=True):
        activations[head.expression_names.index(str(action))] = value
    X = transform(T, surface(model, known["posed"])[head_ids(model)])
    return Case(int(number), name, int(yaw), X, R, T, picture["K"], activations, picture)


def bumped(case: Case, head: HeadModel) -> Case:
    """The same head with smooth bumps that no shape of ours explains."""
    rng = Seed(5).child("bumps", case.number, case.name).rng()
    rest = head.vertices
    waves = rng.normal(size=(60, 3)) / BUMP_LENGTH / np.sqrt(3.0)
    field = np.sqrt(2.0 / 60) * np.cos(rest @ waves.T + rng.uniform(0, 2 * np.pi, 60)).sum(1)
    return replace(case, X=case.X + BUMP * (field * head.skin)[:, None] * vertex_normals(case.X, head.triangles))


def invented_points(case: Case, head: HeadModel) -> np.ndarray:
    """(478, 2) landmarks with errors drawn from those of the detector."""
    assert head.landmarks is not None
    rng = Seed(6).child("points", case.number, case.name, case.yaw).rng()
    errors = landmark_errors()
    P = head.landmarks.on(case.X)
    bias, spread = errors.at(yaw_of(case.R))
    spread = np.minimum(spread, 0.2)[:, None]
    common = np.einsum("m,mpc->pc", rng.normal(size=len(errors.modes)), errors.modes)
    off = bias + spread * (common + errors.own[:, None] * rng.normal(size=(len(bias), 2)))
    c, s = np.cos(roll_of(case.R)), np.sin(roll_of(case.R))
    unit = case.K[0, 0] * UNIT / P[:, 2].mean()
    return project(case.K, P) + unit * off @ np.array([[c, s], [-s, c]])


def rastered(case: Case, head: HeadModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth, normals and mask of the head alone."""
    height, width = case.picture["mask"].shape
    shown = look(case.X, head.triangles, case.K, np.eye(4), width, height)
    normal = shown.interpolate(head.triangles, vertex_normals(case.X, head.triangles))
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    mask = shown.hit & head.skin[head.triangles].all(1)[np.maximum(shown.face, 0)]
    return np.where(mask, shown.depth, np.inf).astype(np.float32), normal.astype(np.float32), mask


def waves(rng: np.random.Generator, shape: tuple[int, int], length: float, count: int = 40) -> np.ndarray:
    """(H, W) smooth noise of standard deviation 1; `length` in pixels."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    out = np.zeros(shape)
    for _ in range(count):
        k = rng.normal(size=2) / length
        out += np.cos(k[0] * x + k[1] * y + rng.uniform(0, 2 * np.pi))
    return out * np.sqrt(2.0 / count)


def disturbed(
    depth: np.ndarray, normal: np.ndarray, case: Case, metres: float, degrees: float, length: float
) -> tuple[np.ndarray, np.ndarray]:
    """Depth and normals with noise; `length` in pixels, 0 = every pixel by itself."""
    rng = Seed(7).child("noise", case.number, case.name, case.yaw).rng()

    def noise() -> np.ndarray:
        return waves(rng, depth.shape, length) if length else rng.normal(size=depth.shape)

    bent = normal + np.radians(degrees) * np.stack([noise() for _ in range(3)], -1) / np.sqrt(2.0)
    bent = np.where(np.abs(normal).sum(-1, keepdims=True) > 0, bent / np.linalg.norm(bent, axis=-1, keepdims=True), 0.0)
    return (depth + metres * noise()).astype(np.float32), bent.astype(np.float32)


def view_of(case: Case, tier: str, head: HeadModel, first: Case, length: float = LENGTH) -> FaceView | None:
    """What the fit is given; None if the detector finds no face. `length` is that of tier D's waves, pixels."""
    height, width = case.picture["mask"].shape
    common = case.T @ invert_rigid(first.T)
    depth, normal, mask = case.picture["depth"], case.picture["normal"], case.picture["mask"]
    metric = True
    if tier in "AB":
        points = invented_points(case, head)
        depth, normal, mask = rastered(case, head)
    else:
        q = project(case.K, case.X[head.face])
        found = find_faces(case.picture["rgb"], [(*q.min(0), *q.max(0))])
        if not found:
            return None
        points = found[0].points
    if tier == "B":
        depth, normal = disturbed(depth, normal, case, 0.001, 4.0, 0.0)
    if tier == "D":
        depth, normal = disturbed(depth, normal, case, 0.0025, 7.0, length)
        depth, metric = (depth - 0.3) / 1.4, False
    return FaceView(f"{case.number}", (width, height), points, case.K, common, depth, normal, mask, True, metric)


def aligned(a: np.ndarray, b: np.ndarray, scale: bool = False) -> np.ndarray:
    """Points a moved onto b rigidly, or with scale. Source: Umeyama 1991."""
    ca, cb = a.mean(0), b.mean(0)
    u, s, vt = np.linalg.svd((a - ca).T @ (b - cb))
    d = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    k = (s * d).sum() / ((a - ca) ** 2).sum() if scale else 1.0
    return k * (a - ca) @ (u * d) @ vt + cb


def scores(fit: FaceFit, case: Case, head: HeadModel) -> dict[str, float]:
    """Errors of one fit."""
    f = head.face
    truth, got = case.X[f], fit.vertices[f]
    out = {"mm": 1e3 * float(np.linalg.norm(aligned(got, truth) - truth, axis=1).mean())}
    out["scaled_mm"] = 1e3 * float(np.linalg.norm(aligned(got, truth, True) - truth, axis=1).mean())
    none = np.zeros(head.identity_count)
    want, have = head.shape(none, case.activations)[f], head.shape(none, fit.expression)[f]
    rest = head.shape(none, np.zeros(head.expression_count))[f]
    size = float(np.linalg.norm(want - rest, axis=1).mean())
    out["expression_mm"] = 1e3 * float(np.linalg.norm(have - want, axis=1).mean())
    if size > 5e-4:
        out["retarget_percent"] = 100 * 1e-3 * out["expression_mm"] / size
    return out


def interval(values: np.ndarray, who: np.ndarray) -> tuple[float, float, float]:
    """Mean and its 95 % interval by resampling identities."""
    rng = np.random.default_rng(0)
    people = np.unique(who)
    sums = np.array([values[who == p].sum() for p in people])
    counts = np.array([(who == p).sum() for p in people])
    pick = rng.integers(0, len(people), (2000, len(people)))
    means = sums[pick].sum(1) / counts[pick].sum(1)
    return float(values.mean()), float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


METHODS = {"landmarks": (1, False), "1 view": (1, True), "2 views": (2, True)}


def measure(
    cases: Sequence[Case], tier: str, methods: Sequence[str], head: HeadModel, more: Sequence[Case] = (), length: float = LENGTH,
) -> list[dict[str, object]]:
    """One row a case and method; the mean face among them. `more` holds further pictures of the same heads, for second views."""
    rows: list[dict[str, object]] = []
    by_head: dict[tuple[int, str], list[Case]] = {}
    if tier == "B":
        cases, more = [bumped(c, head) for c in cases], [bumped(c, head) for c in more]
    for case in more or cases:
        by_head.setdefault((case.number, case.name), []).append(case)
    for case in cases:
        f = head.face
        own: dict[str, object] = {"number": case.number, "name": case.name, "yaw": case.yaw, "tier": tier}
        view = view_of(case, tier, head, case, length)
        if view is None:
            rows.append({**own, "method": "not found"})
            continue
        flat = case.X[f]
        error = np.linalg.norm(aligned(head.vertices[f], flat) - flat, axis=1).mean()
        scaled = np.linalg.norm(aligned(head.vertices[f], flat, True) - flat, axis=1).mean()
        rows.append({**own, "method": "mean face", "mm": 1e3 * float(error), "scaled_mm": 1e3 * float(scaled)})
        for method in methods:
            count, dense = METHODS[method]
            views = [view]
            if count == 2:
                # The other picture of the same head that is turned furthest without leaving its face.
                others = [c for c in by_head[case.number, case.name] if c.yaw != case.yaw]
                others.sort(key=lambda c: abs(abs(c.yaw - case.yaw) - 45))
                second = view_of(others[0], tier, head, case, length) if others else None
                if second is None:
                    continue
                views.append(second)
            begun = time.process_time()
            fit = fit_face(head, views, FitSettings(dense=dense, spread=SPREAD[tier]))
            rows.append({**own, "method": method, "cpu_s": time.process_time() - begun, **scores(fit, case, head)})
    return rows


def report(rows: Sequence[dict[str, object]]) -> list[str]:
    """Lines of the table."""
    out = ["tier method          n   vertex error mm (95 %)   scaled   by |yaw|                  retarget % (95 %)  CPU s"]
    for tier in sorted({str(r["tier"]) for r in rows}):
        lost = sum(r["method"] == "not found" for r in rows if r["tier"] == tier)
        for method in ("mean face", *METHODS):
            mine = [r for r in rows if r["tier"] == tier and r["method"] == method]
            if not mine:
                continue
            mm = np.array([r["mm"] for r in mine], float)
            who = np.array([r["number"] for r in mine])
            mean, low, high = interval(mm, who)
            scaled = np.mean([r["scaled_mm"] for r in mine])
            turns = {abs(int(r["yaw"])) for r in mine}  # type: ignore[call-overload]
            by = "  ".join(f"{t}: {np.mean([r['mm'] for r in mine if abs(r['yaw']) == t]):.2f}" for t in sorted(turns))  # type: ignore[arg-type, misc]
            told = [r for r in mine if "retarget_percent" in r]
            percent = np.array([r["retarget_percent"] for r in told], float)
            ratio = "-"
            if told:
                part, least, most = interval(percent, np.array([r["number"] for r in told]))
                ratio = f"{part:.0f} ({least:.0f} .. {most:.0f})"
            spent = [r["cpu_s"] for r in mine if "cpu_s" in r]
            cpu = f"{np.mean(spent):.1f}" if spent else "-"  # type: ignore[arg-type]
            middle = f"{mean:5.2f} ({low:.2f} .. {high:.2f})     {scaled:5.2f}   {by:26}"
            out.append(f"{tier:4} {method:14} {len(mine):3}   {middle} {ratio:>14}  {cpu:>6}")
            names = sorted({str(r["name"]) for r in mine if "expression_mm" in r})
            for n in names:
                own = [r for r in mine if r["name"] == n]
                shares = [r["retarget_percent"] for r in own if "retarget_percent" in r]
                share = f" ({np.mean(shares):.0f} %)" if shares else ""  # type: ignore[arg-type]
                out.append(f"     {n:10} {len(own):3}   expression {np.mean([r['expression_mm'] for r in own]):.2f} mm{share}")  # type: ignore[arg-type]
        if lost:
            out.append(f"{tier:4} no face found in {lost} pictures")
    return out


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("heads", type=Path)
    p.add_argument("--tiers", default="A,B,C")
    p.add_argument("--methods", default=",".join(METHODS))
    p.add_argument("--every", type=int, default=1, help="only every so many pictures")
    p.add_argument("--limit", type=int, default=10**9)
    p.add_argument("--first", type=int, default=0, help="pass over so many pictures")
    p.add_argument("--add", type=Path, nargs="*", default=[], help="rows of earlier runs, reported together with these")
    p.add_argument("--length", type=float, default=LENGTH, help="of the waves of tier D, pixels (14)")
    p.add_argument("--json", type=Path, help="write every row")
    args = p.parse_args(argv)
    head = open_head()
    paths = sorted((args.heads / "pictures").glob("*.npz"))
    every = [read_case(args.heads, q, head) for q in paths[args.first :: args.every][: args.limit]]
    names = {f"{c.number:04d}_{c.name}_" for c in every} if "2 views" in args.methods else set()
    more = [read_case(args.heads, q, head) for q in paths if q.stem[: q.stem.rindex("_") + 1] in names]
    rows: list[dict[str, object]] = [row for file in args.add for row in json.loads(file.read_text())]
    for tier in args.tiers.split(","):
        rows += measure(every, tier, args.methods.split(","), head, more, args.length)
    print(f"{len({r['number'] for r in rows})} identities, {len({(r['number'], r['name']) for r in rows})} heads, "
          f"{len({(r['number'], r['name'], r['yaw']) for r in rows})} pictures")
    print("\n".join(report(rows)))
    if args.json:
        args.json.write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
