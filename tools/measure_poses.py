"""How believable poses and motions are, by numbers: 200 random people, posed, settled and measured on their skin.

    python -m tools.measure_poses                     # poses: contact, balance, self-penetration, joint ranges
    python -m tools.measure_poses --motions           # motions: slide of standing feet, how well loops close, speed

Self-penetration is read off the mesh and not off the solver's own tubes: a point of one limb (forearms and hands, legs,
head, trunk) counts as inside another by its depth below the nearest skin there. Pairs of points that are within 15 cm of
each other at rest (armpits, crotch, neck, fingers against palm) are left out, and so are trunk and thigh within 28 cm: the
fold of a groin that is bent, and the belly on it. Needs scipy.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from scipy.spatial import cKDTree
from vivant.procgen.frames import smplx_from_world, transform, world_from_smplx
from vivant.procgen.geometry import PlaceGeometry, Seat
from vivant.procgen.one_person import level_ground
from vivant.procgen.people.body_state import BodyState, pose_body
from vivant.procgen.people.contact import Settled, settle
from vivant.procgen.people.kinematics import forward
from vivant.procgen.people.model import load_body
from vivant.procgen.people.motion import moment_at, period
from vivant.procgen.people.person import pose_person
from vivant.procgen.people.shape import betas_from_phenotype
from vivant.procgen.registry import motions, poses
from vivant.procgen.sample import sample_anybody
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import HumanSpec, PoseSpec, replace

# Groups of joints whose skin is looked for inside the others.
_GROUPS = {
    "trunk": (0, 3, 6, 9, 12, 13, 14), "head": (15, 22), "left_arm": (18, 20, *range(25, 40)), "right_arm": (19, 21, *range(40, 55)),
    "left_leg": (1, 4, 7, 10), "right_leg": (2, 5, 8, 11),
}  # fmt: skip
NEAR_AT_REST, GROIN = 0.15, 0.28


def at_rest(seed: Seed) -> BodyState:
    """A random body in the T-pose."""
    model, person = load_body(), sample_anybody(seed)
    none = np.zeros(model.exprdirs.shape[2])
    return pose_body(model, person, betas_from_phenotype(model, person), none, np.zeros((55, 3)), np.eye(4))


def penetration(body: BodyState) -> np.ndarray:
    """(n,) depth in metres of every point of the skin in another part of the same body, 0 outside."""
    count = body.count
    v, n = body.posed[:count].astype(float), body.normals[:count].astype(float)
    rest, main = body.rest[:count].astype(float), body.model.weights[:count].argmax(1)
    depth = np.zeros(count)
    groups = {k: np.flatnonzero(np.isin(main, j)) for k, j in _GROUPS.items()}
    for name, ids in groups.items():
        tree = cKDTree(v[ids])
        for other, points in groups.items():
            if other == name:
                continue
            far, near = tree.query(v[points], distance_upper_bound=0.06)
            hit = np.isfinite(far)
            p, q = points[hit], ids[near[hit]]
            below = -((v[p] - v[q]) * n[q]).sum(1)
            # Inside: below the nearest skin, which faces the point's own skin, and not a neighbour from birth.
            fold = {name, other} in ({"trunk", "left_leg"}, {"trunk", "right_leg"})
            apart = np.linalg.norm(rest[p] - rest[q], axis=1) > (GROIN if fold else NEAR_AT_REST)
            inside = (below > 0) & ((n[p] * n[q]).sum(1) < 0.3) & apart
            inside &= far[hit] < 1.6 * np.maximum(below, 0.004)
            np.maximum.at(depth, p[inside], below[inside])
    return depth


def measure_poses(people: int, only: str) -> None:
    """Print a table of pose families, and the figures over all."""
    families = [only] if only else list(poses.names())
    seat = Seat("seat", np.array([0.0, 0.0, 0.45]), 0.0)
    rows: dict[str, list[tuple[float, ...]]] = {f: [] for f in families}
    skin: list[np.ndarray] = []
    level = level_ground().height
    for k in range(people):
        family = families[k % len(families)]
        body = at_rest(Seed(k).child("measure"))
        spec = poses.get(family).make(np.random.default_rng(k), body.phenotype)
        settled = settle(body, spec, level, seat=seat if spec.seated else None)  # type: ignore[arg-type]
        there = body.at_pose(settled.pose, settled.root)
        depth = penetration(there)
        skin.append(depth)
        worst = float(np.percentile(depth, 99.9))
        rows[family].append((foot_gap(there, spec, settled), settled.imbalance, float(np.percentile(depth, 99)), worst, settled.excess))
        sys.stderr.write(f"\r{k + 1}/{people}")
    head = ("pose", "people", "worst foot gap, mm", "off balance, mm", "99th percentile of depth, mm", "deepest thousandth, mm",
            "out of range, °")
    print("\n| " + " | ".join(head) + " |")
    print("|---|---|---|---|---|---|---|")
    for family, values in rows.items():
        v = np.array(values)
        print(f"| {family} | {len(v)} | {1e3 * v[:, 0].max():.1f} | {1e3 * v[:, 1].max():.1f} | {1e3 * v[:, 2].max():.1f} | "
              f"{1e3 * v[:, 3].max():.1f} | {np.degrees(v[:, 4].max()):.1f} |")  # fmt: skip
    every = np.concatenate([np.array(r) for r in rows.values()])
    print(f"\nfoot gap, worst of all: {1e3 * every[:, 0].max():.1f} mm; 99th percentile of depth over all skin of all people: "
          f"{1e3 * np.percentile(np.concatenate(skin), 99):.2f} mm; people whose own 99th percentile is over 5 mm: "
          f"{100 * (every[:, 2] > 0.005).mean():.1f} %; "
          f"off balance by more than 10 mm: {100 * (every[:, 1] > 0.01).mean():.1f} %")  # fmt: skip


def foot_gap(body: BodyState, spec: PoseSpec, settled: Settled) -> float:
    """Largest distance between the ground and a foot that is to be on it, metres."""
    contacts, worst = spec.contacts(), 0.0  # type: ignore[attr-defined]
    soles = body.model.regions["soles"][: body.count] > 0.5
    left = body.rest[: body.count, 0] > 0
    for side, mine in (("left", left), ("right", ~left)):
        # A sitter's feet may not reach the floor.
        if getattr(contacts, f"{side}_foot") != "free" and contacts.base == "feet" and not contacts.lift and not contacts.knees:
            # The measuring ground is level, and its origin below the pelvis: what is above it is the pose's own steps.
            p = body.posed[: body.count][soles & mine].astype(float)
            stairs = spec.steps()  # type: ignore[attr-defined]
            ground = 0.0 if stairs is None else stairs.over(p[:, 0], -p[:, 1], np.zeros(len(p)))
            worst = max(worst, abs(float((p[:, 2] - ground).min())))
    return worst


def measure_motions(people: int) -> None:
    """Print a table of motion families."""
    print("| motion | people | slide of standing skin, median, mm | 95th percentile, mm | loop closes, mm | sole below the ground, mm |")
    print("|---|---|---|---|---|---|")
    ground = level_ground()
    for name in motions.names():
        if name in ("none", "file", "sequence"):
            continue
        median, most, close, sunk = 0.0, 0.0, 0.0, 0.0
        for k in range(people):
            human = somebody(name, k)
            cycle = period(human)
            a, b = pose_person(human, ground, 0.0), pose_person(human, ground, cycle)
            gone = b.root[:3, 3] - a.root[:3, 3]
            close = max(close, float(np.abs(b.posed - gone * np.array([1.0, 1.0, 0.0]) - a.posed).max()))
            if name != "sit_stand":
                slide, below = slide_and_depth(human, ground, a)
                sunk = max(sunk, below)
                if len(slide):
                    median, most = max(median, float(np.median(slide))), max(most, float(np.percentile(slide, 95)))
        print(f"| {name} | {people} | {1e3 * median:.1f} | {1e3 * most:.1f} | {1e3 * close:.3f} | {1e3 * sunk:.1f} |", flush=True)


def somebody(motion: str, number: int) -> HumanSpec:
    """A random person in a motion, unclothed, at the origin."""
    seed = Seed(number).child("moving")
    spec = replace(motions.get(motion).make(seed.child("motion").rng()), phase=0.0)
    person = sample_anybody(seed)
    pose = poses.get((spec.families or ("contrapposto",))[0]).make(seed.child("pose").rng(), person)
    return HumanSpec(phenotype=person, pose=pose, motion=spec, seat="seat" if pose.seated else None)


def slide_and_depth(human: HumanSpec, ground: PlaceGeometry, body: BodyState, frames: int = 48) -> tuple[np.ndarray, float]:
    """How far points of the soles move along the ground while they touch it, and the deepest below it, metres."""
    ids = np.flatnonzero(body.model.regions["soles"][: body.count] > 0.5)
    left = body.rest[ids, 0] > 0
    near = np.argsort(-body.weights[ids], 1)[:, :6]
    weights = np.take_along_axis(body.weights[ids], near, 1)
    rest, skin = smplx_from_world(body.joints_rest), smplx_from_world(body.rest[ids].astype(float))
    start, moved, sunk = np.full((len(ids), 2), np.nan), np.zeros(len(ids)), 0.0
    for k in range(frames):
        moment = moment_at(human, period(human) * k / frames)
        x, up, ahead = moment.step
        settled = settle(body, human.pose, ground.height, pose=moment.pose, position=(float(x), float(-ahead)),  # type: ignore[arg-type]
                         contacts=moment.contacts, pelvis=float(up))  # fmt: skip
        p = transform(settled.root, world_from_smplx(forward(settled.pose, rest).points(skin, near, weights)))
        sunk = max(sunk, float(-p[:, 2].min()))
        stands = np.where(left, moment.contacts.left_foot != "free", moment.contacts.right_foot != "free")
        down = (p[:, 2] < 0.002) & stands
        start[~down] = np.nan
        fresh = down & np.isnan(start[:, 0])
        start[fresh] = p[fresh, :2]
        moved = np.fmax(moved, np.linalg.norm(p[:, :2] - start, axis=1))
    return moved[moved > 0], sunk


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, help="how many (default: 200 for poses, 5 a motion)")
    parser.add_argument("--pose", default="", choices=["", *poses.names()], help="one family only")
    parser.add_argument("--motions", action="store_true", help="measure motions instead")
    args = parser.parse_args()
    if args.motions:
        measure_motions(args.people or 5)
    else:
        measure_poses(args.people or 200, args.pose)


if __name__ == "__main__":
    main()
