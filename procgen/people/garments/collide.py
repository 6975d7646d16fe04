"""Keeping cloth outside of bodies and of other garments: half spaces at the nearest sample of the surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from ...geometry import Mesh
from ...keyed import Keyed
from ...vectors import bounds, corners_sum, every, inside, lengths, middles, used_vertices, vertex_normals
from ..nearest import NearestPoints

# Limbs are thin: cloth further than this below skin, or below another garment, belongs to their other side. Garments stand
# off the body, skirts of heavy people by more than a limb is thick.
SKIN_DEPTH, LAYER_DEPTH = 0.06, 0.16
# Room above the clearance for cloth that was taken over another, so that folds do not come through, metres.
OVER = 0.006
# How far below a border hanging cloth is taken along, metres.
HEM = 0.12
# Rounds in which normals of folded cloth are evened out for what lies over it.
SOFTENED = 5


@dataclass(frozen=True)
class Samples:
    """Points of one surface.

    Attributes:
        points, normals: (M, 3) vertices in use and face centres, with outward unit normals.
        arm: (M,) weight of the arm: positive left, negative right.
        clearance: Metres to keep.
    """

    points: np.ndarray
    normals: np.ndarray
    arm: np.ndarray
    clearance: float


def surface_samples(
    x: np.ndarray, faces: np.ndarray, clearance: float, arm: np.ndarray | None = None, fine: bool = True
) -> Samples:
    """Samples of a mesh; `arm` (V,) is the signed arm weight of its vertices, none = trunk; `fine` takes faces too."""
    n = vertex_normals(x, faces)
    used = used_vertices(faces, len(x))
    at, out = x.take(used, 0), n.take(used, 0)
    if not fine:
        return Samples(at, out, np.zeros(len(used)) if arm is None else arm[used], clearance)
    c, cn = middles(x, faces), middles(n, faces)
    cn /= np.maximum(lengths(cn), 1e-12)[:, None]
    side = np.zeros(len(x)) if arm is None else arm
    return Samples(
        np.concatenate([at, c]),
        np.concatenate([out, cn]),
        np.concatenate([side[used], middles(side, faces)]),
        clearance,
    )


def layer_samples(mesh: Mesh, clearance: float = 0.003) -> Samples:
    """Samples of a finished garment; its signed arm weight is the attribute `arm`, where it has one."""
    return replace(_layer_of(Keyed(mesh)), clearance=clearance)


@lru_cache(maxsize=6)
def _layer_of(asked: Keyed[Mesh]) -> Samples:
    """The same for every garment above."""
    mesh = asked.value
    faces = outer_faces(mesh)
    s = surface_samples(np.asarray(mesh.vertices, np.float64), faces, 0.0, mesh.point.get("arm"))
    if "fold" not in mesh.point:
        return s
    # Cloth over folds is pushed out as by what is under them: along their own normals, its two sides of a fold would cross.
    number = np.full(len(mesh.vertices), -1)
    used = used_vertices(faces, len(mesh.vertices))
    number[used] = np.arange(len(used))
    corners, count = number[faces], len(used)
    vertex, face = s.normals[:count], s.normals[count:]
    for _ in range(SOFTENED):
        vertex = corners_sum(face, corners, count)
        vertex /= np.maximum(lengths(vertex), 1e-9)[:, None]
        face = middles(vertex, corners)
    face = face / np.maximum(lengths(face), 1e-9)[:, None]
    return replace(s, normals=np.concatenate([vertex, face]))


def outer_faces(mesh: Mesh) -> np.ndarray:
    """Faces of a finished garment that other garments touch: not the turned-in hems."""
    inner = mesh.point.get("inner")
    return mesh.faces if inner is None else mesh.faces[every((inner < 0.5)[mesh.faces])]


# Skin whose arm weight lies between these belongs to arm and trunk alike: shoulders and armpits.
ARM_ONLY, TRUNK_ONLY = 0.85, 0.15


@dataclass(frozen=True)
class Collider:
    """Samples of all surfaces that a garment must stay outside of.

    Sleeves meet only arms and the rest of a garment only the trunk and legs: where an arm rests on the belly there is no
    room between the two, and cloth pushed out of one would be pushed through the other.

    Attributes:
        points, normals: (M, 3).
        clearance: (M,) metres that cloth keeps from each sample.
        arm: (M,) weight of the arm that the sample is on: positive left, negative right.
        worn: (V,) the same of the cloth's vertices.
    """

    points: np.ndarray
    normals: np.ndarray
    clearance: np.ndarray
    arm: np.ndarray
    worn: np.ndarray
    _trees: dict[int, tuple[np.ndarray, NearestPoints]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        samples: Sequence[Samples],
        near: np.ndarray,
        worn: np.ndarray | None = None,
    ) -> Collider:
        """Collider of skin and finished garments, limited to the surroundings of the points `near`."""
        points, normals = np.concatenate([s.points for s in samples]), np.concatenate([s.normals for s in samples])
        gap = np.concatenate([np.full(len(s.points), s.clearance) for s in samples])
        arm = np.concatenate([s.arm for s in samples])
        low, high = bounds(near)
        keep = np.flatnonzero(inside(points, low - 0.1, high + 0.1))
        worn = np.zeros(len(near)) if worn is None else worn
        return cls(points.take(keep, 0), normals.take(keep, 0), gap[keep], arm[keep], worn)

    def on(self, worn: np.ndarray) -> Collider:
        """The same for the vertices of another mesh of the garment."""
        return replace(self, worn=worn)

    def _tree(self, group: int) -> tuple[np.ndarray, NearestPoints]:
        if group not in self._trees:
            if group == 0:
                use = np.abs(self.arm) < ARM_ONLY
            else:
                use = self.arm * group > TRUNK_ONLY
            ids = np.flatnonzero(use) if use.any() else np.arange(len(self.points))
            self._trees[group] = ids, NearestPoints(self.points[ids])
        return self._trees[group]

    def nearest(self, x: np.ndarray) -> np.ndarray:
        """(V,) index of the nearest sample that each vertex may touch."""
        out = np.zeros(len(x), np.int64)
        for group in (0, 1, -1):
            mine = np.flatnonzero(np.abs(self.worn) < 0.5 if group == 0 else self.worn * group >= 0.5)
            if len(mine):
                ids, tree = self._tree(group)
                out[mine] = ids[np.minimum(tree.query(x.take(mine, 0))[1], len(ids) - 1)]
        return out

    def height(self, x: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(V,) metres of points over the planes of their samples."""
        return np.einsum("ij,ij->i", x - self.points.take(which, 0), self.normals.take(which, 0))

    def lack(self, x: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(V,) metres that each vertex must move along the normal of its sample; 0 where it is clear."""
        need = self.clearance[which] - self.height(x, which)
        return np.where((need > 0) & (need < SKIN_DEPTH), need, 0.0)

    def gap(self, x: np.ndarray) -> np.ndarray:
        """(V,) metres of room between each vertex and where it would touch; negative where it is too close."""
        which = self.nearest(x)
        return self.height(x, which) - self.clearance[which]

    def cover(self, x: np.ndarray, lower: float = LAYER_DEPTH) -> np.ndarray:
        """(V, 3) metres that take vertices of the trunk which lie under the surface out over it; 0 beside it and outside.

        Args:
            x: (V, 3).
            lower: Metres up to which what hangs lower than the surface's hem is taken along.
        """
        move = np.zeros_like(x)
        if len(self.points) == 0:
            return move
        low, high = bounds(self.points)
        # The trunk's only: sleeves lie close on sleeves by themselves.
        ids = np.flatnonzero(inside(x, low - HEM, high + HEM) & (np.abs(self.worn) < 0.1))
        if len(ids) == 0:
            return move
        at = x.take(ids, 0)
        which = self.on(self.worn[ids]).nearest(at)
        normals, off = self.normals.take(which, 0), at - self.points.take(which, 0)
        height = np.einsum("ij,ij->i", off, normals)
        # Below the surface the nearest sample is straight above; beyond a border it is not. What hangs a little lower than
        # a hem is taken along, or it would cut through the hem.
        beside = np.einsum("ij,ij->i", off, off) - height**2
        hangs = (off[:, 2] < 0) & (off[:, 2] ** 2 > 0.5 * beside) & (beside < HEM**2)
        # Sideways only: a hem that flares faces up, and everything below it would seem to be deep under it.
        level = normals[hangs] * [1.0, 1.0, 0.0]
        normals[hangs] = level / np.maximum(lengths(level), 0.3)[:, None]
        height = np.where(hangs, np.einsum("ij,ij->i", off, normals), height)
        need = self.clearance[which] + OVER - height
        hangs &= need < lower
        near = (beside < 0.015**2 + (0.5 * height) ** 2) | hangs
        under = (np.abs(self.arm[which]) < 0.15) & (need > OVER) & (need < LAYER_DEPTH) & near
        move[ids] = normals * np.where(under, need, 0.0)[:, None]
        return move

    def push(self, x: np.ndarray, which: np.ndarray | None = None) -> np.ndarray:
        """Move vertices that are too close out along the normals of their samples."""
        which = self.nearest(x) if which is None else which
        return x + self.normals.take(which, 0) * self.lack(x, which)[:, None]

    def clear(self, x: np.ndarray, rounds: int = 5) -> np.ndarray:
        """As `push`, again for those that came too close to another sample by it: folds at elbows and knees have two sides."""
        out, ids = x.copy(), np.arange(len(x))
        for _ in range(rounds):
            part = self.on(self.worn[ids])
            at = out.take(ids, 0)
            which = part.nearest(at)
            need = part.lack(at, which)
            close = np.flatnonzero(need)
            ids = ids[close]
            if len(ids) == 0:
                break
            out[ids] = at.take(close, 0) + self.normals.take(which[close], 0) * need[close, None]
        return out
