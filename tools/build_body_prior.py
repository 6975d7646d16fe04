"""Measure what body fits believe before they look, on our own people: bridge/lift/body_prior.npz.

    vivant generate D --scenes 24 --describe "a person" --size 384x384 --samples 4 --seed 701
    python -m tools.build_body_prior D [MORE DATASETS]

How people pose: one Gaussian a family of poses and motions, over 21 joints. How far MediaPipe's landmarks lie from the body's
joints, and how much they scatter. How far what is seen lies above the skin, region by region. Without datasets only the
poses are measured again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from vivant.bridge.lift.body_frames import true_fit, view_of_frame
from vivant.bridge.lift.body_landmarks import MEDIAPIPE, landmark_set
from vivant.bridge.lift.body_posing import points_at
from vivant.bridge.lift.body_prior import PRIOR_FILE
from vivant.bridge.lift.body_problem import REGIONS, BodySetup, body_setup, torso_px
from vivant.bridge.lift.body_terms import match, projected
from vivant.bridge.lift.body_view import surface_of
from vivant.procgen import registry
from vivant.procgen.dataset import Dataset
from vivant.procgen.npz import read_npz, write_npz
from vivant.procgen.one_person import moving_person
from vivant.procgen.people.kinematics import mirror_pose
from vivant.procgen.people.motion import moment_at, period
from vivant.procgen.people.shape import sample_phenotype
from vivant.procgen.seeds import Seed

POSES, MOMENTS = 48, 24
# Nobody stands exactly as a generator says: every component keeps at least this deviation, radians.
FLOOR = 0.06
# Clothes that hang free (skirts, wide legs) lie farther off than the medians of two dozen people say: by eye, metres.
LEAST_SD = {"hips": 0.02, "thighs": 0.035, "shins": 0.035, "torso": 0.008}


def main(argv: Sequence[str] | None = None) -> None:
    """Draw, measure, write."""
    paths = list(sys.argv[1:] if argv is None else argv)
    out = dict(read_npz(PRIOR_FILE)) if PRIOR_FILE.exists() else {}
    out.update(poses())
    if paths:
        # The offsets of landmarks are measured from where the body has them, so what the file says now must not count.
        out.update(observations(paths, body_setup()))
    write_npz(PRIOR_FILE, out)
    print(PRIOR_FILE.name, PRIOR_FILE.stat().st_size)


def poses() -> dict[str, np.ndarray]:
    """The mixture over poses."""
    rng = np.random.default_rng(7)
    names, means, covariances = [], [], []
    for kind, sample in (("pose", _poses), ("motion", _moments)):
        for name in getattr(registry, f"{kind}s").names():
            drawn = sample(name, rng)
            if not drawn:
                continue
            both = np.array(drawn + [mirror_pose(p) for p in drawn])[:, 1:22].reshape(-1, 63)
            covariance = np.cov(both.T)
            # Part of what joints do together is let go: a few dozen draws overstate it (shrinkage as in Ledoit & Wolf 2004).
            covariance = 0.7 * covariance + 0.3 * np.diag(np.diag(covariance)) + FLOOR**2 * np.eye(63)
            names.append(f"{kind}:{name}")
            means.append(both.mean(0))
            covariances.append(covariance[np.tril_indices(63)])
            print(f"{names[-1]:24s} {len(both):4d} draws, mean deviation {np.sqrt(np.diag(covariance)).mean():.3f} rad")
    return {"names": np.array(names), "means": np.array(means, np.float32), "covariances": np.array(covariances, np.float32)}


def _poses(name: str, rng: np.random.Generator) -> list[np.ndarray]:
    family = registry.poses.get(name)
    specs = [family.make(rng, sample_phenotype(rng)) for _ in range(POSES)]
    return [np.asarray(family.build(spec, 0.0)) for spec in specs]  # type: ignore[misc]


def _moments(name: str, rng: np.random.Generator) -> list[np.ndarray]:
    if name in ("none", "file", "sequence"):
        return []
    out = []
    for k in range(3):
        human = moving_person(Seed(k).child("prior", name), name)
        times = rng.uniform(0.0, max(period(human), 1.0), MOMENTS // 3)
        out += [np.asarray(moment_at(human, float(t)).pose) for t in times]
    return out


def observations(paths: Sequence[str], setup: BodySetup) -> dict[str, np.ndarray]:
    """Offsets and scatter of landmarks, and thickness of clothes."""
    plain = landmark_set("mediapipe", setup.model, setup.vertices, setup.joints, measured=False)
    slopes: list[list[np.ndarray]] = [[] for _ in MEDIAPIPE]
    misses: list[list[np.ndarray]] = [[] for _ in MEDIAPIPE]
    cloth: list[list[float]] = [[] for _ in REGIONS]
    for path in paths:
        for frame in Dataset(path):
            for person in frame.people:
                record = person.record
                whole = record.truncated == 0 and record.visible_px >= 0.9 * max(record.amodal_px, 1)
                if person.box is None or not whole or person.box[3] - person.box[1] < 150:
                    continue
                try:
                    view = view_of_frame(frame, person)
                except Exception as e:
                    print(e)
                    continue
                fit = true_fit(person, setup)
                chain = setup.chain(fit.pose, fit.trans, fit.shape)
                P = points_at(chain, plain.points)
                uv, _, _ = projected(view, P, None)
                unit = torso_px(view)
                if np.median(np.linalg.norm(uv - view.xy, axis=1)) > 0.3 * unit:
                    print(f"{frame.name} {person.name}: the detector looks at somebody else")
                    continue
                R, t = view.T_cam_from_world[:3, :3], view.T_cam_from_world[:3, 3]
                for k in np.flatnonzero(view.confidence > 0.5):
                    turn = R @ np.einsum("j,jab->ab", plain.points.weights[k], chain.turn)
                    x, y, z = R @ P[k] + t
                    lens = np.array([[1.0, 0.0, -x / z], [0.0, 1.0, -y / z]]) * view.K[0, 0] / z
                    slopes[k].append(lens @ turn / unit)
                    misses[k].append((view.xy[k] - uv[k]) / unit)
                v, n = setup.posed(chain)
                pairs = match(setup, surface_of(view, 3000), v, n, -R.T @ t, 0.12, 0.03, 0)
                above = ((pairs.surface.points - v[pairs.index]) * n[pairs.index]).sum(1)
                for k in range(len(REGIONS)):
                    own = setup.region[pairs.index] == k
                    if own.sum() > 15:
                        cloth[k].append(float(np.median(above[own])))
    return {**_landmarks(slopes, misses), **_cloth(cloth)}


def _landmarks(slopes: list[list[np.ndarray]], misses: list[list[np.ndarray]]) -> dict[str, np.ndarray]:
    """Offsets by robust least squares, left and right together; scatter from the median of what is left."""
    flip = np.array([-1.0, 1.0, 1.0])
    offset, sigma = np.zeros((len(MEDIAPIPE), 3)), np.full(len(MEDIAPIPE), 0.06)
    for k, name in enumerate(MEDIAPIPE):
        other = MEDIAPIPE.index(name.replace("left", "right") if "left" in name else name.replace("right", "left"))
        A = np.concatenate(slopes[k] + [a * flip for a in slopes[other]])
        b = np.concatenate(misses[k] + misses[other])
        o = np.zeros(3)
        for _ in range(15):
            left = (b - A @ o).reshape(-1, 2)
            w = np.repeat(1.0 / (1.0 + (left**2).sum(1) / 0.08**2) ** 2, 2)
            o = np.linalg.solve((A * w[:, None]).T @ A + 2e-4 * len(A) * np.eye(3), (A * w[:, None]).T @ b)
        if other == k:
            o[0] = 0.0
        left = np.linalg.norm((b - A @ o).reshape(-1, 2), axis=1)
        # The median length of a 2D normal error is 1.177 deviations.
        offset[k], sigma[k] = o, max(float(np.median(left)) / 1.177, 0.02)
        print(f"{name:18s} {len(left):4d} seen, off by {np.round(1e3 * o).astype(int)} mm, scatter {sigma[k]:.3f} torsos")
    return {"landmark_offset": offset.astype(np.float32), "landmark_sigma": sigma.astype(np.float32)}


def _cloth(cloth: list[list[float]]) -> dict[str, np.ndarray]:
    mean = np.array([np.mean(c) if c else 0.01 for c in cloth])
    sd = np.array([max(np.std(c) if len(c) > 2 else 0.01, LEAST_SD.get(r, 0.004)) for c, r in zip(cloth, REGIONS, strict=True)])
    for region, m, s, c in zip(REGIONS, mean, sd, cloth, strict=True):
        print(f"{region:12s} {len(c):4d} people, {1e3 * m:.1f} +- {1e3 * s:.1f} mm above the skin")
    return {"cloth_mean": mean.astype(np.float32), "cloth_sd": sd.astype(np.float32)}


if __name__ == "__main__":
    main()
