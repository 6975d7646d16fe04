"""Detail told apart: what a face always has, and wrinkles that come with its actions.

A wrinkle is expected where an action compresses the skin. Heights are taken for sums  rest + sum_k activation_k wrinkle_k  of
independent Gaussian parts, rest with one spread everywhere and wrinkle_k with a spread in proportion to the compression by
action k; their most likely values given one face, or several of the same person, are a small linear problem at every texel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...procgen.people.skin_relief import SkinRelief
from ...procgen.vectors import cross, lengths
from .detail_grid import DetailGrid
from .head_model import HeadModel
from .result import LiftResult

# Spreads, metres: of relief at rest, of wrinkles where skin is pressed to nothing, and of what one face's measurement errs by: little,
# for what is no more than noise was taken out of the heights before.
REST, WRINKLE, ERROR = 0.00025, 0.0006, 0.00001
# Actions that were hardly on, and wrinkles lower than this (metres), say nothing.
LEAST_ACTION, LEAST_WRINKLE = 0.08, 0.00003


@dataclass(frozen=True, eq=False)
class Observation:
    """One face of a person: (E,) expression, (M,) heights in metres, (M,) in [0, 1] how surely they were seen."""

    expression: np.ndarray
    heights: np.ndarray
    seen: np.ndarray


def compression(head: HeadModel, identity: np.ndarray) -> np.ndarray:
    """(E, N) how far each action at 1 presses the skin together, as a share of its length across: 0 to 1."""
    e = np.zeros(head.expression_count)
    rest = head.shape(identity, e)
    before = _flat(rest[head.triangles])
    inverse = np.linalg.inv(before)
    area = 0.5 * np.abs(np.linalg.det(before))
    corners = head.triangles.ravel()
    weight = np.repeat(area, 3)
    total = np.maximum(np.bincount(corners, weight, len(rest)), 1e-12)
    out = np.zeros((head.expression_count, len(rest)))
    for k in range(head.expression_count):
        e[k] = 1.0
        after = head.shape(identity, e)[head.triangles]
        e[k] = 0.0
        least = np.linalg.svd(_flat(after) @ inverse, compute_uv=False)[:, 1]
        pressed = np.clip(1.0 - least, 0.0, 1.0)
        out[k] = np.bincount(corners, weight * np.repeat(pressed, 3), len(rest)) / total
    return out


def split(head: HeadModel, identity: np.ndarray, grid: DetailGrid, faces: Sequence[Observation]) -> SkinRelief:
    """Rest and wrinkles of a person.

    Args:
        head: Heads whose expressions are no actions keep all detail at rest.
        identity: (I,) the person.
        faces: At least one, all on `grid`.
    """
    heights = np.stack([f.heights for f in faces])
    seen = np.clip(np.stack([f.seen for f in faces]), 1e-3, 1.0)
    active = np.stack([f.expression for f in faces])
    on = np.flatnonzero((active.max(0) > LEAST_ACTION) & (head.lower >= 0.0))
    pressed = compression(head, identity)[on]
    spread = WRINKLE**2 * np.stack([grid.carry(head, p) for p in pressed]) ** 2 if len(on) else np.zeros((0, grid.count))
    known = active[:, on]
    n = len(faces)
    gram = np.full((grid.count, n, n), REST**2)
    gram += np.einsum("ik,jk,km->mij", known, known, spread, optimize=True)
    gram += np.einsum("im,ij->mij", (ERROR / seen) ** 2, np.eye(n))
    weight = np.linalg.solve(gram, heights.T[..., None])[..., 0]
    rest = REST**2 * weight.sum(1)
    made: dict[str, np.ndarray] = {}
    for row, k in enumerate(on):
        own = spread[row] * (weight @ known[:, row])
        if np.abs(own).max() > LEAST_WRINKLE:
            made[head.expression_names[k]] = grid.picture(own.astype(np.float32))
    return SkinRelief(grid.size, grid.top, grid.left, grid.picture(rest.astype(np.float32)), made)


def relief_normals(relief: np.ndarray, grid: DetailGrid, right: np.ndarray, down: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 normal map in tangent space (X right, Y up in the map, as glTF has it) of heights (h, w), metres.

    Args:
        right, down: (M, 3) metres a texel (see `Surface`). normals: (M, 3) of the surface with relief.
    """
    x = right / np.maximum(lengths(right), 1e-12)[:, None]
    z = cross(x, -down)
    z /= np.maximum(lengths(z), 1e-12)[:, None]
    y = cross(z, x)
    local = np.stack([(normals * a).sum(1) for a in (x, y, z)], 1)
    coded = np.rint(np.clip(local * 0.5 + 0.5, 0.0, 1.0) * 255.0).astype(np.uint8)
    out = np.empty((*relief.shape, 3), np.uint8)
    out[:] = (128, 128, 255)
    out[grid.inside] = coded
    return out


def _flat(triangles: np.ndarray) -> np.ndarray:
    """(F, 2, 2) triangles (F, 3, 3) in their planes: columns are their first two edges."""
    e, f = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    length = np.maximum(lengths(e), 1e-9)
    along = (e * f).sum(1) / length
    height = np.maximum(lengths(cross(e, f)) / length, 1e-9)
    out = np.zeros((len(triangles), 2, 2))
    out[:, 0, 0], out[:, 0, 1], out[:, 1, 1] = length, along, height
    return out


def relief_of(result: LiftResult) -> SkinRelief | None:
    """The relief of a lifted person, or None where none was lifted or found."""
    a = result.parts["detail"].arrays if "detail" in result.parts else {}
    return SkinRelief.from_arrays(a) if "rest" in a else None


def expression_of(head: HeadModel, activations: Mapping[str, float]) -> np.ndarray:
    """(E,) expression of activations by name; names that the head lacks are left out."""
    return np.array([float(activations.get(n, 0.0)) for n in head.expression_names])
