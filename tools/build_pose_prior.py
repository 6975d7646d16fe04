"""Measure how our own people pose, for the prior of body fits: one Gaussian a pose family, over 21 joints.

    python -m tools.build_pose_prior            # writes bridge/lift/body_prior.npz
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from vivant.bridge.lift.body_prior import PRIOR_FILE
from vivant.procgen import registry
from vivant.procgen.npz import write_npz
from vivant.procgen.one_person import moving_person
from vivant.procgen.people.kinematics import mirror_pose
from vivant.procgen.people.motion import moment_at, period
from vivant.procgen.people.shape import sample_phenotype
from vivant.procgen.seeds import Seed

POSES, MOMENTS = 48, 24
# Nobody stands exactly as a generator says: every component keeps at least this deviation, radians.
FLOOR = 0.06


def main() -> None:
    """Draw, measure, write."""
    rng = np.random.default_rng(7)
    names, means, covariances = [], [], []
    for kind, sample in (("pose", _poses), ("motion", _moments)):
        for name in getattr(registry, f"{kind}s").names():
            drawn = sample(name, rng)
            if not drawn:
                continue
            both = np.array(drawn + [mirror_pose(p) for p in drawn])[:, 1:22].reshape(-1, 63)
            covariance = np.cov(both.T)
            # Half of what joints do together is kept: a few dozen draws overstate it (shrinkage as in Ledoit & Wolf 2004).
            covariance = 0.7 * covariance + 0.3 * np.diag(np.diag(covariance)) + FLOOR**2 * np.eye(63)
            names.append(f"{kind}:{name}")
            means.append(both.mean(0))
            covariances.append(covariance[np.tril_indices(63)])
            print(names[-1], len(both), round(float(np.sqrt(np.diag(covariance)).mean()), 3))
    path = Path(PRIOR_FILE)
    write_npz(path, {
        "names": np.array(names), "means": np.array(means, np.float32), "covariances": np.array(covariances, np.float32),
    })  # fmt: skip
    print(path, path.stat().st_size)


def _poses(name: str, rng: np.random.Generator) -> list[np.ndarray]:
    family = registry.poses.get(name)
    out = []
    for _ in range(POSES):
        spec = family.make(rng, sample_phenotype(rng))
        out.append(np.asarray(family.build(spec, 0.0)))  # type: ignore[misc]
    return out


def _moments(name: str, rng: np.random.Generator) -> list[np.ndarray]:
    if name in ("none", "file", "sequence", "blend"):
        return []
    out = []
    for k in range(3):
        human = moving_person(Seed(k).child("prior", name), name)
        length = period(human)
        out += [np.asarray(moment_at(human, float(t)).pose) for t in rng.uniform(0.0, max(length, 1.0), MOMENTS // 3)]
    return out


if __name__ == "__main__":
    main()
