"""Garment vertices as points on the triangles of a source mesh, so that they follow every shape and weight of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .topology import Blend

# A point on one source triangle needs three; cuts that shift a vertex along an edge can mix two triangles.
CORNERS = 6


@dataclass(frozen=True)
class Binding:
    """Sparse rows over source vertices.

    Attributes:
        index: (V, 6) int32 source vertices; unused entries repeat any vertex with weight 0.
        weight: (V, 6) float32, rows sum to 1.
    """

    index: np.ndarray
    weight: np.ndarray

    @classmethod
    def identity(cls, vertices: np.ndarray) -> Binding:
        """The source vertices themselves, (V,) numbers."""
        v = np.asarray(vertices, np.int32)
        weight = np.zeros((len(v), CORNERS), np.float32)
        weight[:, 0] = 1.0
        return cls(np.repeat(v[:, None], CORNERS, 1), weight)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(V, ...) values at the bound points, from (N, ...) at the source vertices."""
        values = np.asarray(values)
        shape = (-1,) + (1,) * (values.ndim - 1)
        out = values.take(self.index[:, 0], 0) * self.weight[:, 0].reshape(shape)
        for rows, index, weight in self._further:
            part = values.take(index, 0) * weight.reshape(shape)
            if rows is None:
                out += part
            else:
                out[rows] += part
        return out

    @cached_property
    def _further(self) -> list[tuple[np.ndarray | None, np.ndarray, np.ndarray]]:
        """All but the first entry of every row: (rows that have one, None = all; source vertices; weights)."""
        out: list[tuple[np.ndarray | None, np.ndarray, np.ndarray]] = []
        for k in range(1, CORNERS):
            rows = np.flatnonzero(self.weight[:, k])
            if len(rows) > 0.7 * len(self.weight):
                out.append((None, np.ascontiguousarray(self.index[:, k]), np.ascontiguousarray(self.weight[:, k])))
            elif len(rows):
                out.append((rows, self.index[rows, k], self.weight[rows, k]))
        return out

    def blend(self, by: Blend) -> Binding:
        """Rows of new vertices that are mixes of two old ones."""
        # Most vertices of a cut are old ones; their rows stay.
        rows, weights = self.index[by.a], self.weight[by.a]
        mixed = np.flatnonzero(by.t > 0)
        t = by.t[mixed, None].astype(np.float32)
        index = np.concatenate([rows[mixed], self.index[by.b[mixed]]], 1)
        weight = np.concatenate([weights[mixed] * (1 - t), self.weight[by.b[mixed]] * t], 1)
        order = np.argsort(index, axis=1, kind="stable")
        index, weight = np.take_along_axis(index, order, 1), np.take_along_axis(weight, order, 1)
        for k in range(index.shape[1] - 1, 0, -1):
            same = index[:, k] == index[:, k - 1]
            weight[:, k - 1] += np.where(same, weight[:, k], 0)
            weight[:, k] = np.where(same, 0, weight[:, k])
        best = np.argsort(-weight, axis=1, kind="stable")[:, :CORNERS]
        index, weight = np.take_along_axis(index, best, 1), np.take_along_axis(weight, best, 1)
        rows[mixed], weights[mixed] = index, weight / weight.sum(1, keepdims=True)
        return Binding(rows, weights)

    def rows(self, keep: np.ndarray) -> Binding:
        """Some of the rows."""
        return Binding(self.index[keep], self.weight[keep])

    def join(self, other: Binding) -> Binding:
        """Rows of both, one after the other."""
        return Binding(np.concatenate([self.index, other.index]), np.concatenate([self.weight, other.weight]))
