"""Skinning weights for the T-pose bind.

MakeHuman's weights are made for its A-pose and are sharp; bound in the T-pose they crease at the shoulder, the hip and
the knee. Here the joints' weights are fitted anew: the goal is what the A-pose bind gives, smoothed by delta mush
(Mancewicz et al. 2014), over many random poses. Weights scale with the body, unlike pose correctives in metres, so
infants gain as much as adults; and the result is plain linear blend skinning.
"""

from __future__ import annotations

import numpy as np
from body import rig
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from vivant.procgen.people.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS

POSES = 70
SMOOTHING = 12
CANDIDATES = 8
STEPS = 400
# Pull towards MakeHuman's own weights, relative to the mean square lever of a joint (by eye).
PRIOR = 2e-3
# Standard deviation of the random joint angles, radians about x, y, z (T-pose frame).
SPREAD = {
    "hip": (0.9, 0.35, 0.4), "knee": (0.9, 0.0, 0.0), "shoulder": (0.4, 0.7, 0.8), "elbow": (0.3, 0.9, 0.0),
    "collar": (0.08, 0.12, 0.18), "ankle": (0.3, 0.1, 0.1), "wrist": (0.3, 0.3, 0.3), "spine1": (0.2, 0.15, 0.15),
    "spine2": (0.12, 0.15, 0.12), "spine3": (0.12, 0.15, 0.12), "neck": (0.25, 0.3, 0.2), "head": (0.15, 0.2, 0.12),
}  # fmt: skip
# One-sided joints: knees bend backwards and elbows forwards only; hips rather forwards; arms rather down.
MEAN = {"hip": (-0.5, 0.0, 0.1), "knee": (0.7, 0.0, 0.0), "shoulder": (0.0, -0.3, -0.5), "elbow": (0.0, -0.7, 0.0)}


def random_poses(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """(count, 55, 3) axis-angle within loose limits; limbs only."""
    pose = np.zeros((count, len(JOINT_NAMES), 3))
    for j, name in enumerate(JOINT_NAMES):
        side, _, part = name.rpartition("_")
        if part not in SPREAD:
            continue
        draw = np.array(MEAN.get(part, (0.0, 0.0, 0.0))) + rng.normal(0, 1, (count, 3)) * SPREAD[part]
        if part == "knee":
            draw[:, 0] = np.clip(draw[:, 0], 0.0, 2.3)
        if part == "elbow":
            draw[:, 1] = np.clip(draw[:, 1], -2.3, 0.0)
        if part == "shoulder":
            draw[:, 2] = np.clip(draw[:, 2], -1.5, 1.5)
        pose[:, j] = draw * (np.array([1.0, -1.0, -1.0]) if side == "right" else 1.0)
    return pose


def global_rotations(pose: NDArray) -> NDArray[np.float64]:
    """(n, 55, 3, 3) global rotations of axis-angle poses (n, 55, 3)."""
    n = len(pose)
    local = Rotation.from_rotvec(pose.reshape(-1, 3)).as_matrix().reshape(n, -1, 3, 3)
    out = np.empty_like(local)
    for j, p in enumerate(PARENTS):
        out[:, j] = local[:, j] if p < 0 else out[:, p] @ local[:, j]
    return out


def smoother(quads: NDArray, count: int) -> csr_matrix:
    """(count, count) one step of uniform Laplacian smoothing by a half."""
    i, j = quads.ravel(), np.roll(quads, -1, axis=1).ravel()
    a = csr_matrix((np.ones(len(i)), (i, j)), shape=(count, count))
    a = ((a + a.T) > 0).astype(float)
    degree = np.maximum(np.asarray(a.sum(axis=1)).ravel(), 1.0)
    return 0.5 * (diags(np.ones(count)) + diags(1.0 / degree) @ a)


def smooth(step: csr_matrix, x: NDArray, times: int) -> NDArray:
    """`times` steps of `step` on (count, k)."""
    for _ in range(times):
        x = step @ x
    return x


def frames(points: NDArray, quads: NDArray, towards: NDArray) -> NDArray[np.float64]:
    """(V, 3, 3) orthonormal frames (columns) from the normal and the direction to a neighbour `towards` (V,)."""
    p = points[quads]
    n = np.zeros_like(points)
    np.add.at(n, quads.ravel(), np.repeat(np.cross(p[:, 2] - p[:, 0], p[:, 3] - p[:, 1]), 4, axis=0))
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-12)
    t = points[towards] - points
    t -= (t * n).sum(axis=1, keepdims=True) * n
    t /= np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-12)
    return np.stack([n, t, np.cross(n, t)], axis=2)


def project_simplex(w: NDArray) -> NDArray:
    """Nearest points (V, k) with non-negative entries that sum to one (Duchi et al. 2008)."""
    u = -np.sort(-w, axis=1)
    c = (np.cumsum(u, axis=1) - 1.0) / np.arange(1, w.shape[1] + 1)
    rho = (u > c).sum(axis=1) - 1
    return np.maximum(w - c[np.arange(len(w)), rho][:, None], 0.0)


def refit(
    rng: np.random.Generator,
    rest: NDArray,
    joints: NDArray,
    weights: NDArray,
    quads: NDArray,
    body: NDArray,
    shells: NDArray,
    mirror: NDArray,
) -> tuple[NDArray, dict]:
    """(N, 55) float32 weights of the base mesh for the T-pose bind.

    Args:
        rest: (N, 3) A-posed base mesh of an average adult; joints: (55, 3) of the rig; weights: (N, 55) of the rig.
        quads: (Q, 4) base vertex ids of the body; body, shells: base vertex ids; mirror: (N,).
    """
    bind = rig.tpose_rotations(joints[None])
    posed, places = rig.skin(rest[None], joints[None], bind, weights)
    bind_rest, bind_joints = posed[0].astype(float), places[0].astype(float)

    index = np.full(len(rest), -1)
    index[body] = np.arange(len(body))
    q = index[quads]
    step = smoother(q, len(body))
    neighbour = np.empty(len(body), int)
    neighbour[q.ravel()] = np.roll(q, -1, axis=1).ravel()
    base = smooth(step, rest[body].astype(float), SMOOTHING)
    detail = np.einsum("vba,vb->va", frames(base, q, neighbour), rest[body] - base)
    w0 = weights[body].astype(float)
    soft = smooth(step, _mushable(weights[body]), 4)

    pose = random_poses(rng, POSES)
    turn = global_rotations(pose)
    spread = smooth(step, w0, 6)
    spread[w0 > 0] += 1e-3
    cand = np.argsort(-spread, axis=1, kind="stable")[:, :CANDIDATES]
    start = project_simplex(np.take_along_axis(w0, cand, axis=1))
    gram = np.zeros((len(body), CANDIDATES, CANDIDATES))
    rhs = np.zeros((len(body), CANDIDATES))
    before = 0.0
    goals = []
    for k in range(POSES):
        native, native_joints = rig.skin(rest[None], joints[None], turn[k : k + 1] @ bind, weights)
        x = native[0, body].astype(float) - native_joints[0, 0]
        low = smooth(step, x, SMOOTHING)
        mushed = low + np.einsum("vab,vb->va", frames(low, q, neighbour), detail)
        goal = soft * mushed + (1.0 - soft) * x
        mats = _transforms(turn[k], bind_joints)
        moved = np.einsum("jab,vb->vja", mats[:, :, :3], bind_rest[body]) + mats[:, :, 3]
        a = np.take_along_axis(moved, cand[:, :, None], axis=1) - goal[:, None]
        gram += np.einsum("vja,vka->vjk", a, a)
        before += np.linalg.norm(np.einsum("vj,vja->va", w0, moved) - goal, axis=1).mean() / POSES
        goals.append((moved, goal)) if k < 12 else None
    scale = PRIOR * np.einsum("vjj->v", gram) / CANDIDATES
    gram += scale[:, None, None] * np.eye(CANDIDATES)
    rhs = scale[:, None] * start
    # Accelerated projected gradient on every vertex at once; rows of `a` already hold the goal (weights sum to one).
    rate = 1.0 / np.maximum(np.linalg.norm(gram, axis=(1, 2)), 1e-12)[:, None]
    w, look, t = start.copy(), start.copy(), 1.0
    for _ in range(STEPS):
        new = project_simplex(look - rate * (np.einsum("vjk,vk->vj", gram, look) - rhs))
        t_new = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t * t))
        look = new + (t - 1.0) / t_new * (new - w)
        w, t = new, t_new
    fitted = np.zeros_like(w0)
    np.put_along_axis(fitted, cand, w, axis=1)
    fitted = smooth(step, fitted, 1) * soft + fitted * (1 - soft)
    fitted = soft * fitted + (1.0 - soft) * w0
    fitted[fitted < 0.004] = 0.0
    fitted /= fitted.sum(axis=1, keepdims=True)
    fitted = 0.5 * (fitted + _mirrored(fitted, index[mirror[body]]))
    after = np.mean([np.linalg.norm(np.einsum("vj,vja->va", fitted, m) - g, axis=1).mean() for m, g in goals])

    out = weights.astype(float).copy()
    change = fitted - w0
    out[body] = fitted
    far, near = cKDTree(rest[body]).query(rest[shells], k=6)
    blend = 1.0 / (far + 1e-3) ** 2
    blend /= blend.sum(axis=1, keepdims=True)
    shell = out[shells] + np.einsum("sk,skj->sj", blend, change[near])
    shell = np.where(shell < 0.004, 0.0, shell)
    out[shells] = shell / shell.sum(axis=1, keepdims=True)
    return out.astype(np.float32), {
        "skin_goal_before_mm": 1e3 * float(before),
        "skin_goal_after_mm": 1e3 * float(after),
    }


def _transforms(turn: NDArray, joints: NDArray) -> NDArray[np.float64]:
    """(55, 3, 4) of global rotations (55, 3, 3) about rest joints, root at the origin."""
    place = np.zeros((len(PARENTS), 3))
    for j, p in enumerate(PARENTS):
        if p >= 0:
            place[j] = place[p] + turn[p] @ (joints[j] - joints[p])
    shift = place - np.einsum("jab,jb->ja", turn, joints)
    return np.concatenate([turn, shift[:, :, None]], axis=2)


def _mushable(weights: NDArray) -> NDArray[np.float64]:
    """(V, 1) 1 where skin is smooth and joints are large; 0 on the head, the hands and the toes."""
    keep = [
        j for n, j in JOINT_INDEX.items() if n in ("head", "jaw") or "eye" in n or (n[-1] in "123" and "spine" not in n)
    ]
    keep += [JOINT_INDEX[f"{s}_{n}"] for s in ("left", "right") for n in ("wrist", "foot")]
    return np.clip(1.0 - 1.4 * weights[:, keep].sum(axis=1, keepdims=True), 0.0, 1.0)


def _mirrored(weights: NDArray, opposite: NDArray) -> NDArray:
    """Weights (V, 55) of the mirrored body."""
    swap = list(range(len(JOINT_NAMES)))
    for name, j in JOINT_INDEX.items():
        if name.startswith("left_"):
            k = JOINT_INDEX["right_" + name[len("left_") :]]
            swap[j], swap[k] = k, j
    return weights[opposite][:, swap]
