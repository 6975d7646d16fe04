"""Waves that follow a field of directions over cloth: where folds run side by side, where they fork and where they end.

Every kernel is a plane wave of its own direction and length around a point of the cloth; their sum gives each vertex a
phase. Kernels first agree with their neighbours on theirs, which makes folds long; where the field turns or lengths
differ they cannot all agree, and there folds fork and end, as those of cloth do.
Source: Tricard et al. 2019 (procedural phasor noise); constants by eye.
"""

from __future__ import annotations

import numpy as np

from ..nearest import NearestPoints

# Kernels a wave length apart by this share, neighbours that each point asks, rounds in which kernels agree.
SPACING, NEAR, ROUNDS = 0.75, 10, 10
# How much the lengths of waves differ.
UNEVEN = 0.22


def waves(x: np.ndarray, across: np.ndarray, length: np.ndarray, salt: int) -> np.ndarray:
    """A wave over points of cloth.

    Args:
        x: (V, 3) metres.
        across: (V, 3) unit directions in which the wave runs: square to its folds.
        length: (V,) metres between folds.
        salt: Equal salts give equal waves.
    Returns:
        (V,) complex128: its angle is the phase, which grows along `across`; its size 0–1 falls where folds end.
    """
    if len(x) == 0:
        return np.zeros(0, complex)
    size = SPACING * float(np.mean(length))
    cell = np.floor(x / size).astype(np.int64)
    _, first = np.unique(cell @ np.array([73856093, 19349663, 83492791]), return_index=True)
    points, ways = x[first], across[first]
    phase, jitter = (_hashed(cell[first], salt + k) for k in (0, 1))
    rate = 2 * np.pi / length[first] * (1 + UNEVEN * (2 * jitter - 1))
    phase = 2 * np.pi * phase
    tree = NearestPoints(points)
    between = _Meeting(points, ways, points, ways, rate, tree, size)
    for _ in range(ROUNDS):
        phase = np.angle(between.sum(phase))
    return _Meeting(x, across, points, ways, rate, tree, size).sum(phase)


class _Meeting:
    """How the nearest kernels add up at points whose own wave runs along `across`."""

    def __init__(
        self, x: np.ndarray, across: np.ndarray, points: np.ndarray, ways: np.ndarray, rate: np.ndarray, tree: NearestPoints,
        size: float,
    ) -> None:  # fmt: skip
        near = min(NEAR, len(points))
        distance, which = (v.reshape(len(x), near) for v in tree.query(x, near))
        self.which = which
        way = ways[which]
        along = np.einsum("ijk,ijk->ij", x[:, None] - points[which], way)
        # Kernels reach farther along folds than across them. A wave that runs the other way is the same one backwards.
        same = np.einsum("ijk,ik->ij", way, across)
        self.weight = np.exp(-(0.85 * along**2 + 0.15 * distance**2) / (0.9 * size) ** 2) * (np.abs(same) + 0.05)
        self.weight /= np.maximum(self.weight.sum(1, keepdims=True), 1e-9)
        self.sign = np.where(same < 0, -1.0, 1.0)
        self.turned = rate[which] * along

    def sum(self, phase: np.ndarray) -> np.ndarray:
        """(V,) complex128: the waves of kernels with these phases (K,)."""
        angle = self.sign * (phase[self.which] + self.turned)
        return np.einsum("ij,ij->i", self.weight, np.cos(angle)) + 1j * np.einsum("ij,ij->i", self.weight, np.sin(angle))


def _hashed(cell: np.ndarray, salt: int) -> np.ndarray:
    """(K,) 0–1 of integer cells (K, 3)."""
    h = (cell @ np.array([73856093, 19349663, 83492791])).astype(np.uint64) ^ np.uint64(salt * 2654435761 & 0xFFFFFFFF)
    h *= np.uint64(0x9E3779B97F4A7C15)
    h ^= h >> np.uint64(29)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    return (h >> np.uint64(40)).astype(float) / float(1 << 24)


def leant(phase: np.ndarray) -> np.ndarray:
    """(V,) phase of folds that gravity makes steeper below than above."""
    return phase - 0.4 * np.cos(phase)


def profile(phase: np.ndarray, sharp: float) -> np.ndarray:
    """(V,) height -1 … 1 of folds: broad ridges at phase 0 between narrow valleys at π.

    Args:
        phase: (V,) radians.
        sharp: 0 = a sine … 1 = valleys that are creases.
    """
    crease = 2.2 * np.abs(np.cos(0.5 * phase)) ** 0.8 - 1.4
    return (1 - sharp) * np.cos(phase) + sharp * crease


def gradient_noise(p: np.ndarray, salt: int) -> np.ndarray:
    """(V,) Perlin noise of points (V, 3), about -0.7 … 0.7; equal salts give equal noise everywhere."""
    out = np.zeros(len(p))
    mixed = np.uint64(salt * 2654435761 & 0xFFFFFFFF)
    # For each axis, at the lower and the upper side of the cell: hash, offset and share.
    axes: list[list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = []
    for k, prime in enumerate((73856093, 19349663, 83492791)):
        x = np.ascontiguousarray(p[:, k])
        cell = np.floor(x).astype(np.int64)
        f = x - cell
        w = f * f * f * (f * (f * 6 - 15) + 10)
        axes.append([((cell + o).astype(np.uint64) * np.uint64(prime), f - o, w if o else 1 - w) for o in (0, 1)])
    for corner in range(8):
        (hx, dx, wx), (hy, dy, wy), (hz, dz, wz) = (axes[k][corner >> k & 1] for k in range(3))
        h = hx ^ hy ^ hz ^ mixed
        h *= np.uint64(0x9E3779B97F4A7C15)
        # Eight diagonal directions are enough for folds; the sign bit of each part is one bit of the hash.
        dot = _signed(dx, h, 32)
        dot += _signed(dy, h, 33)
        dot += _signed(dz, h, 34)
        dot *= wx * wy * wz
        out += dot
    return out


def _signed(x: np.ndarray, h: np.ndarray, bit: int) -> np.ndarray:
    """`x` where a bit of `h` is 1, `-x` elsewhere."""
    flip = (~h << np.uint64(63 - bit)) & np.uint64(1 << 63)
    return (x.view(np.uint64) ^ flip).view(np.float64)
