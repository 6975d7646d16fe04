"""A sparse non-negative joint regressor: joints as weighted means of vertices."""

from __future__ import annotations

import numpy as np
from body import mesh
from numpy.typing import NDArray
from scipy.optimize import nnls
from vivant.procgen.people.skeleton import JOINT_INDEX, JOINT_NAMES

NEAR, FAR, FAR_POOL = 420, 260, 3000
SUM_WEIGHT = 100.0
PRUNE = 2e-4


def fit_regressor(
    rng: np.random.Generator, shapes: NDArray, joints: NDArray, still: NDArray, base_ids: NDArray, mirror: NDArray
) -> tuple[NDArray, dict]:
    """(55, V) float32 rows that sum to one.

    Args:
        shapes: (n, N, 3) T-posed base meshes; joints: (n, 55, 3) of the rig.
        still: (N,) True where no expression moves the vertex, so that joints do not follow the face.
        base_ids: (V,) base vertices of the body; mirror: (N,) opposite base vertex.
    """
    train, test = slice(0, int(0.8 * len(shapes))), slice(int(0.8 * len(shapes)), None)
    mean = shapes[train].mean(axis=0)
    pool = base_ids[(base_ids < mesh.SKIN_END) & still[base_ids]]
    full = np.zeros((len(JOINT_NAMES), len(mirror)))
    for j, name in enumerate(JOINT_NAMES):
        if name.startswith("right_"):
            continue
        if "eye" in name:
            cand = np.arange(*mesh.EYES["l"])
        else:
            order = pool[np.argsort(np.linalg.norm(mean[pool] - joints[train, j].mean(axis=0), axis=1))]
            cand = np.union1d(order[:NEAR], rng.choice(order[NEAR:FAR_POOL], FAR, replace=False))
            if not name.startswith("left_"):
                cand = np.union1d(cand, mirror[cand])
        a = shapes[train][:, cand].transpose(0, 2, 1).reshape(-1, len(cand)).astype(np.float64)
        a = np.vstack([a, SUM_WEIGHT * np.ones((1, len(cand)))])
        w, _ = nnls(a, np.append(joints[train, j].ravel(), SUM_WEIGHT), maxiter=50000)
        w[w < PRUNE] = 0.0
        full[j, cand] = w / w.sum()
        if not name.startswith("left_"):
            full[j] = 0.5 * (full[j] + full[j][mirror])
    for name, j in JOINT_INDEX.items():
        if name.startswith("right_"):
            full[j] = full[JOINT_INDEX["left_" + name[len("right_") :]]][mirror]
    out = full[:, base_ids].astype(np.float32)
    out /= out.sum(axis=1, keepdims=True)
    found = np.einsum("jv,nvc->njc", out, shapes[test][:, base_ids])
    error = 1e3 * np.linalg.norm(found - joints[test], axis=2)
    worst = np.argsort(-error.mean(axis=0))[:5]
    return out, {
        "joint_mm": float(error.mean()),
        "joint_worst_mm": {JOINT_NAMES[i]: float(error[:, i].mean().round(2)) for i in worst},
        "joint_nonzeros": int((out > 0).sum()),
    }
