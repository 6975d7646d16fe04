"""Triangle meshes as pure topology: edges, loops, subdivision, clipping along scalar fields, zips between loops.

Every operation that makes vertices reports them as blends of two old ones, so that positions, weights and any other
vertex data can follow through `binding.Binding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...vectors import every, some, used_vertices


@dataclass(frozen=True)
class Blend:
    """New vertices as mixes of two old ones: x_new = (1 - t) x[a] + t x[b].

    Attributes:
        a, b: (V,) int32 old vertices.
        t: (V,) float32 in [0, 1].
    """

    a: np.ndarray
    b: np.ndarray
    t: np.ndarray

    @classmethod
    def none(cls, count: int) -> Blend:
        """The old vertices as they are."""
        return cls(np.arange(count), np.arange(count), np.zeros(count, np.float32))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Values of the new vertices, (V, ...), from those of the old, (N, ...)."""
        v = np.asarray(values)
        t = self.t.reshape((-1,) + (1,) * (v.ndim - 1)).astype(v.dtype if v.dtype.kind == "f" else np.float64)
        return v.take(self.a, 0) * (1 - t) + v.take(self.b, 0) * t


def half_edges(tris: np.ndarray) -> np.ndarray:
    """(3T, 2) directed edges: all first edges, then all second, then all third."""
    return np.concatenate([tris[:, [0, 1]], tris[:, [1, 2]], tris[:, [2, 0]]])


def edge_keys(edges: np.ndarray, count: int) -> np.ndarray:
    """One int64 for each undirected edge."""
    a, b = edges[:, 0], edges[:, 1]
    return np.minimum(a, b).astype(np.int64) * count + np.maximum(a, b)


def _grouped(edges: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Undirected edges brought together: (H,) stable order by key, (H,) keys in that order, (H,) bool first of its kind."""
    keys = edge_keys(edges, count)
    if count < 1 << 16:
        # Two counting sorts of 16 bits, the greater end first, beat one sort of 64.
        a, b = edges[:, 0], edges[:, 1]
        order = np.argsort(np.maximum(a, b).astype(np.uint16), kind="stable")
        order = order[np.argsort(np.minimum(a, b).astype(np.uint16)[order], kind="stable")]
    else:
        order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    return order, keys, first


def unique_edges(tris: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(E, 2) undirected edges in ascending order, and (3T,) the edge of every half edge."""
    order, keys, first = _grouped(half_edges(tris), count)
    inverse = np.empty(len(keys), np.int64)
    inverse[order] = np.cumsum(first) - 1
    keys = keys[first]
    return np.stack([keys // count, keys % count], 1).astype(np.int32), inverse


def subdivide(tris: np.ndarray, count: int) -> tuple[Blend, np.ndarray]:
    """Split every triangle into four at its edge midpoints; old vertices keep their numbers."""
    edges, inverse = unique_edges(tris, count)
    m = len(tris)
    ab, bc, ca = count + inverse[:m], count + inverse[m : 2 * m], count + inverse[2 * m :]
    a, b, c = tris.T
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    same = np.arange(count)
    blend = Blend(
        np.concatenate([same, edges[:, 0]]),
        np.concatenate([same, edges[:, 1]]),
        np.concatenate([np.zeros(count), np.full(len(edges), 0.5)]).astype(np.float32),
    )
    return blend, np.concatenate([np.stack(p, 1) for p in parts]).astype(np.int32)


def compact(tris: np.ndarray, blend: Blend) -> tuple[Blend, np.ndarray]:
    """Drop vertices that no triangle uses; order is kept."""
    used = used_vertices(tris, len(blend.a))
    number = np.zeros(len(blend.a), np.int32)
    number[used] = np.arange(len(used))
    return Blend(blend.a[used], blend.b[used], blend.t[used]), number[tris]


def _snap(tris: np.ndarray, field: np.ndarray, limit: float) -> tuple[Blend, np.ndarray]:
    """Move vertices that lie close to the cut onto it, along the edge that they cross, so that no slivers appear."""
    n = len(field)
    outside = field <= 0
    out = outside[tris]
    # Triangles that the line crosses have all edges that it crosses; those around their corners have all that meet there.
    edges, _ = unique_edges(tris[some(out) & ~every(out)], n)
    fa, fb = field[edges[:, 0]], field[edges[:, 1]]
    crossing = np.flatnonzero((fa > 0) != (fb > 0))
    a, b, t = np.arange(n), np.arange(n), np.zeros(n)
    if len(crossing) == 0 or limit <= 0:
        return Blend(a, b, t.astype(np.float32)), field
    e, f0, f1 = edges[crossing], fa[crossing], fb[crossing]
    border, met = np.zeros(n, bool), np.zeros(n, bool)
    met[e.ravel()] = True
    rim = boundary_edges(tris[some(met[tris])], n)
    rim = rim[some(met[rim])]
    border[rim.ravel()] = True
    along = np.isin(edge_keys(e, n), edge_keys(rim, n)) if len(rim) else np.zeros(len(e), bool)
    s = f0 / (f0 - f1)
    start = np.concatenate([e[:, 0], e[:, 1]])
    end = np.concatenate([e[:, 1], e[:, 0]])
    part = np.concatenate([s, 1 - s])
    # Border vertices move along the border only, or the outline would change.
    near = (part < limit) & (~border[start] | np.concatenate([along, along]))
    start, end, part = start[near], end[near], part[near]
    # The nearest crossing of each vertex wins; ties by number keep the result deterministic.
    order = np.lexsort((end, part, start))
    start, end, part = start[order], end[order], part[order]
    first = np.ones(len(start), bool)
    first[1:] = start[1:] != start[:-1]
    b[start[first]], t[start[first]] = end[first], part[first]
    field = field.copy()
    field[start[first]] = 0.0
    return Blend(a, b, t.astype(np.float32)), field


def clip(tris: np.ndarray, field: np.ndarray, snap: float = 0.25) -> tuple[Blend, np.ndarray]:
    """Keep the part of the mesh where a linear field is positive; triangles are cut exactly along its zero line.

    Args:
        tris: (T, 3) triangles.
        field: (N,) value at every vertex.
        snap: Vertices within this share of an edge from the line are moved onto it first (0 = never).
    Returns:
        The blend that makes the vertices, and (T', 3) int32 triangles.
    """
    n = len(field)
    moved, f = _snap(tris, np.asarray(field, np.float64), snap)
    inside = f > 0
    # A triangle with no vertex inside is gone even if an edge lies on the line.
    met, whole = some(inside[tris]), every((f >= 0)[tris])
    keep, cut = tris[met & whole], tris[met & ~whole]
    if len(cut) == 0:
        return compact(keep, moved)
    # Turn every cut triangle so that its patterns are few: first vertex the only one inside, or the only one outside.
    lone = np.where(inside[cut].sum(1) == 1, inside[cut].argmax(1), -1)
    rest = f[cut] < 0
    lone = np.where((lone < 0) | (rest.sum(1) == 1), np.where(rest.sum(1) == 1, rest.argmax(1), lone), lone)
    turn = (lone[:, None] + np.arange(3)) % 3
    cut = np.take_along_axis(cut, turn, 1)
    fa, fb, fc = f[cut].T
    keys: list[np.ndarray] = []

    def cross(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        keys.append(np.stack([i, j], 1))
        return np.stack([i, j], 1)

    out: list[np.ndarray] = []
    a, b, c = cut.T
    groups = [
        (fa > 0, "tip"),  # a inside, b and c outside
        ((fa < 0) & (fb > 0) & (fc > 0), "base"),  # a outside
        ((fa < 0) & (fb > 0) & (fc == 0), "left"),  # a outside, c on the line
        ((fa < 0) & (fb == 0) & (fc > 0), "right"),  # a outside, b on the line
    ]
    pending: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]] = []
    for mask, name in groups:
        pending.append((name, a[mask], b[mask], c[mask]))
        if name in ("tip", "base", "left"):
            cross(a[mask], b[mask])
        if name in ("tip", "base", "right"):
            cross(a[mask], c[mask])
    pairs = np.concatenate(keys)
    unique, inverse = np.unique(edge_keys(pairs, n), return_inverse=True)
    fresh = np.split(n + inverse.ravel(), np.cumsum([len(k) for k in keys])[:-1])
    for name, p, q, r in pending:
        if name == "tip":
            pq, pr = fresh.pop(0), fresh.pop(0)
            # b may lie on the line itself when the tip's opposite side touches it.
            out.append(np.stack([p, pq, pr], 1))
        elif name == "base":
            pq, pr = fresh.pop(0), fresh.pop(0)
            out += [np.stack([pq, q, r], 1), np.stack([pq, r, pr], 1)]
        elif name == "left":
            out.append(np.stack([fresh.pop(0), q, r], 1))
        else:
            out.append(np.stack([q, r, fresh.pop(0)], 1))
    i, j = (unique // n).astype(np.int64), (unique % n).astype(np.int64)
    t = f[i] / (f[i] - f[j])
    # Crossings are met only on edges with both ends off the line, which snapping never moves.
    blend = Blend(
        np.concatenate([moved.a, i]), np.concatenate([moved.b, j]), np.concatenate([moved.t, t]).astype(np.float32)
    )
    return compact(np.concatenate([keep, *out]).astype(np.int32), blend)


def components(tris: np.ndarray, count: int) -> np.ndarray:
    """(N,) int64 label of the connected part of every vertex: the smallest vertex number in it."""
    label = np.arange(count)
    e, _ = unique_edges(tris, count)
    while True:
        low = np.minimum(label[e[:, 0]], label[e[:, 1]])
        new = label.copy()
        np.minimum.at(new, e[:, 0], low)
        np.minimum.at(new, e[:, 1], low)
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new


def largest_parts(tris: np.ndarray, blend: Blend, share: float = 0.3) -> tuple[Blend, np.ndarray]:
    """Keep the parts that have at least `share` of the vertices of the largest."""
    label = components(tris, len(blend.a))
    size = np.bincount(label[used_vertices(tris, len(blend.a))], minlength=len(blend.a))
    return compact(tris[size[label[tris[:, 0]]] >= share * size.max()], blend)


def boundary_edges(tris: np.ndarray, count: int) -> np.ndarray:
    """(B, 2) directed edges that only one triangle has."""
    h = half_edges(tris)
    order, _, first = _grouped(h, count)
    alone = np.empty(len(h), bool)
    alone[order] = first & np.append(first[1:], True)
    return h[alone]


def boundary_loops(tris: np.ndarray, count: int) -> list[np.ndarray]:
    """The borders as closed vertex sequences, mesh on the left; each starts at its smallest vertex."""
    after = {int(a): int(b) for a, b in boundary_edges(tris, count)}
    loops = []
    while after:
        start = min(after)
        loop, v = [start], after.pop(start)
        while v != start and v in after:
            loop.append(v)
            v = after.pop(v)
        loops.append(np.array(loop, np.int32))
    return loops


def opposite_pairs(tris: np.ndarray, count: int) -> np.ndarray:
    """(P, 2) the two vertices opposite every inner edge."""
    opposite = np.concatenate([tris[:, 2], tris[:, 0], tris[:, 1]])
    order, _, first = _grouped(half_edges(tris), count)
    o, same = opposite[order], ~first[1:]
    return np.stack([o[:-1][same], o[1:][same]], 1).astype(np.int32)


def zip_loops(first: np.ndarray, u_first: np.ndarray, second: np.ndarray, u_second: np.ndarray) -> np.ndarray:
    """Triangles between two closed loops that run in the same direction.

    Args:
        first, second: (A,), (B,) vertex numbers.
        u_first, u_second: Their places around, ascending within [0, 1).
    Returns:
        (A + B, 3) int32; along `first` they run in its direction, so `first` should be a border taken backwards.
    """
    # Walk both loops together; whichever has the next place advances and makes one triangle.
    na, nb = len(first), len(second)
    steps = np.concatenate([u_first, u_second])
    who = np.concatenate([np.zeros(na, int), np.ones(nb, int)])
    order = np.lexsort((who, steps))
    who = who[order]
    i = np.cumsum(who == 0) - 1
    j = np.cumsum(who == 1) - 1
    on_first = who == 0
    a0, b0 = first[np.where(on_first, i - 1, i) % na], second[np.where(on_first, j, j - 1) % nb]
    last = np.where(on_first, first[i % na], second[j % nb])
    return np.stack([a0, last, b0], 1).astype(np.int32)


@dataclass(frozen=True)
class Fabric:
    """What smoothing and cloth need to know of a mesh; tables are padded, one column a neighbour slot.

    Attributes:
        tris: (T, 3) int32.
        count: Number of vertices.
    """

    tris: np.ndarray
    count: int

    @cached_property
    def edges(self) -> np.ndarray:
        """(E, 2) int32."""
        return unique_edges(self.tris, self.count)[0]

    @cached_property
    def border(self) -> np.ndarray:
        """(B, 2) directed border edges."""
        return boundary_edges(self.tris, self.count)

    @cached_property
    def on_border(self) -> np.ndarray:
        """(N,) bool."""
        out = np.zeros(self.count, bool)
        out[self.border.ravel()] = True
        return out

    @cached_property
    def loops(self) -> list[np.ndarray]:
        """Closed borders."""
        return boundary_loops(self.tris, self.count)

    def ring(self) -> tuple[np.ndarray, np.ndarray]:
        """(D, N) neighbours (border vertices: only along the border) and (D, N) float32 weights that sum to 1."""
        inner = np.concatenate([self.edges, self.edges[:, ::-1]])
        inner = inner[~self.on_border[inner[:, 0]]]
        rim = np.concatenate([self.border, self.border[:, ::-1]])
        return neighbour_table(np.concatenate([inner, rim]), self.count)

    def smooth(self, x: np.ndarray, amount: float, times: int, hold: np.ndarray | None = None) -> np.ndarray:
        """Laplacian smoothing, borders along themselves; `hold` (N,) 0–1 keeps vertices where they are."""
        x = np.asarray(x)
        # Column by column: rows of three are multiplied a tenth as fast.
        y = np.ascontiguousarray(x.reshape(len(x), -1).T)
        gain = amount if hold is None else (amount * (1 - hold)).astype(y.dtype)
        slots = [(rows, target, w.astype(y.dtype)) for rows, target, w in self._slots]
        for _ in range(times):
            mean = np.zeros_like(y)
            for rows, target, w in slots:
                part = y.take(target, 1)
                part *= w
                if rows is None:
                    mean += part
                else:
                    mean[:, rows] += part
            mean -= y
            mean *= gain
            mean += y
            y = mean
        return np.ascontiguousarray(y.T).reshape(x.shape)

    @cached_property
    def _slots(self) -> list[tuple[np.ndarray | None, np.ndarray, np.ndarray]]:
        """The columns of `ring`: (rows that use the slot, None = all; their neighbours; their weights)."""
        out: list[tuple[np.ndarray | None, np.ndarray, np.ndarray]] = []
        for target, weight in zip(*self.ring(), strict=True):
            rows = np.flatnonzero(weight)
            few = len(rows) < 0.7 * self.count
            out.append((rows, target[rows], weight[rows]) if few else (None, target, weight))
        return out


def neighbour_table(directed: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Padded neighbour lists: (D, N) int32 targets (self where padded) and (D, N) float32 weights, 1 / degree or 0."""
    order = np.argsort(directed[:, 0], kind="stable")
    start, end = directed[order, 0], directed[order, 1]
    degree = np.bincount(start, minlength=count)
    slot = np.arange(len(start)) - np.repeat(np.cumsum(degree) - degree, degree)
    depth = int(degree.max()) if len(start) else 1
    index = np.tile(np.arange(count, dtype=np.int32), (depth, 1))
    weight = np.zeros((depth, count), np.float32)
    index[slot, start] = end
    weight[slot, start] = 1.0 / degree[start]
    return index, weight
