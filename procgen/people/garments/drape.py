"""Cloth at rest on a body: position-based dynamics on padded neighbour tables, in numpy.

Every vertex looks at its own springs (edges, and pairs across edges for bending), so an iteration needs no scatter;
weak compression lets folds form, soft pins to the skinned garment keep it on the body.
Source: Müller et al. 2007 (position based dynamics), Jacobi variant; constants measured on a prototype.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .collide import Collider
from .topology import Fabric, neighbour_table, opposite_pairs

RELAXATION = 1.2
# Metres that cloth gets from the skinned garment at most.
REACH = 0.05


@dataclass(frozen=True)
class Cloth:
    """How a fabric behaves.

    Attributes:
        bend: Stiffness of bending springs, 0–1.
        compress: Share of the stretch stiffness that resists compression; less = more folds.
        slack: Rest lengths over pattern lengths.
        gravity: m/s².
        friction: Share of the tangential motion lost in contact.
    """

    bend: float = 0.2
    compress: float = 0.35
    slack: float = 1.02
    gravity: float = 3.0
    friction: float = 0.4


@dataclass(frozen=True)
class _Springs:
    index: np.ndarray  # (D, N)
    length: np.ndarray  # (D, N)
    pull: np.ndarray  # (D, N) gain when too long
    press: np.ndarray  # (D, N) gain when too short


def _springs(fabric: Fabric, rest: np.ndarray, free: np.ndarray, cloth: Cloth) -> _Springs:
    edges, pairs = fabric.edges, opposite_pairs(fabric.tris, fabric.count)
    parts = []
    for e, pull, press in ((edges, 1.0, cloth.compress), (pairs, cloth.bend, cloth.bend)):
        directed = np.concatenate([e, e[:, ::-1]])
        index, has = neighbour_table(directed, fabric.count)
        length = np.linalg.norm(rest[index] - rest[None], axis=2) * cloth.slack
        # Each end takes its share by mobility; padded slots have none.
        share = np.where(has > 0, free[None] / np.maximum(free[None] + free[index], 1e-6), 0.0)
        parts.append((index, length, share * pull, share * press))
    index, length, pull, press = (np.concatenate(p) for p in zip(*parts, strict=True))
    # Damped Jacobi: all corrections of a vertex together may move it by little more than one of them would; near 2
    # neighbours that pull on each other begin to oscillate.
    omega = np.minimum(1.0, RELAXATION / np.maximum(pull.sum(0), 1e-6))
    return _Springs(
        index.astype(np.int32),
        length.astype(np.float32),
        (pull * omega).astype(np.float32),
        (press * omega).astype(np.float32),
    )


def _relax(x: list[np.ndarray], s: _Springs, times: int) -> list[np.ndarray]:
    """Jacobi iterations; x is three float32 arrays, one a coordinate (faster than rows)."""
    for _ in range(times):
        dx, dy, dz = (np.zeros_like(c) for c in x)
        for k in range(len(s.index)):
            i = s.index[k]
            ex, ey, ez = x[0][i] - x[0], x[1][i] - x[1], x[2][i] - x[2]
            length = np.sqrt(ex * ex + ey * ey + ez * ez)
            stretch = length - s.length[k]
            gain = np.where(stretch > 0, s.pull[k], s.press[k]) * stretch / np.maximum(length, 1e-7)
            dx += ex * gain
            dy += ey * gain
            dz += ez * gain
        x = [x[0] + dx, x[1] + dy, x[2] + dz]
    return x


def relax(
    fabric: Fabric,
    start: np.ndarray,
    rest: np.ndarray,
    target: np.ndarray,
    hold: np.ndarray,
    collider: Collider,
    cloth: Cloth,
    steps: int,
    iterations: int = 8,
    look: int = 4,
    floor: float = -np.inf,
) -> np.ndarray:
    """Let a garment settle.

    Args:
        fabric: Mesh.
        start: (V, 3) where it starts.
        rest: (V, 3) pattern: its lengths are what the cloth wants to have.
        target: (V, 3) skinned garment that `hold` pulls towards.
        hold: (V,) 0 free … 1 fixed to the target; a step moves by this share.
        collider: What it must stay outside of.
        cloth: Behaviour.
        steps, iterations: Time steps of 1/60 s and constraint iterations in each.
        look: Steps between searches for the nearest surface.
        floor: Height of the ground, metres.
    Returns:
        (V, 3) float64.
    """
    hold = np.clip(hold, 0.0, 1.0).astype(np.float32)
    free = 1.0 - np.minimum(hold, 0.98)
    springs = _springs(fabric, rest, free, cloth)
    x = start.astype(np.float32)
    velocity = np.zeros_like(x)
    goal = target.astype(np.float32)
    dt, gravity = 1.0 / 60.0, np.array([0.0, 0.0, -cloth.gravity], np.float32)
    which = None
    for step in range(steps):
        before = x
        velocity = velocity * 0.96 + gravity * dt * free[:, None]
        speed = np.linalg.norm(velocity, axis=1, keepdims=True)
        velocity *= np.minimum(1.0, 1.2 / np.maximum(speed, 1e-6))
        x = x + velocity * dt
        columns = _relax([np.ascontiguousarray(x[:, k]) for k in range(3)], springs, iterations)
        x = np.stack(columns, 1)
        # Iterations this few let what hangs from much cloth grow as rubber would: how far it gets has an end.
        off = goal - x
        far = np.sqrt(np.einsum("ij,ij->i", off, off))
        x = x + off * np.maximum(hold, 1.0 - REACH / np.maximum(far, REACH))[:, None]
        if step % look == 0 or which is None:
            which = collider.nearest(x)
        need = collider.lack(x, which)
        touch = need > 0
        n = collider.normals[which[touch]]
        moved = x[touch] + n * need[touch, None] - before[touch]
        slide = moved - n * np.einsum("ij,ij->i", moved, n)[:, None]
        x[touch] = (before[touch] + moved - slide * cloth.friction).astype(np.float32)
        x[:, 2] = np.maximum(x[:, 2], floor)
        velocity = (x - before) / dt
    return x.astype(np.float64)
