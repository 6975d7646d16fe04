"""Whole outfits: how garments are put on, one on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ... import registry
from ...geometry import Mesh
from ...keyed import Keyed
from ...spec import GarmentSpec, canonical
from ...vectors import every, vertex_normals
from ..body_state import BodyState
from ..nearest import NearestPoints
from .collide import outer_faces
from .coverage import UNDER, UNDER_SHOES, Cover, hidden_quads, without_covered
from .figure import figure_of
from .tailoring import Folds, Mode

# What builders call parts that light passes: eyes behind them are seen and labelled as if they were not there.
GLASS = "glass"
# Trouser legs that are this deep in a shoe, and bands of jumpers and hoodies in a wide shirt, are taken over it; metres.
BULK = 0.004
# Material of laces; how far they stand over a shoe at most, and how far under cloth they are kept, metres.
LACE, STANDS, BELOW = 2, 0.012, 0.002
# A skirt may be wider at its hem than the coat over it by this much, metres.
LINING = 0.01


@dataclass(frozen=True)
class Dressed:
    """A dressed person.

    Attributes:
        parts: (name, mesh in world space, semantic class), innermost first.
        glass: (name, mesh) of clear lenses, which no label sees.
        hidden_faces: (Q,) bool over the body's quads (its triangles, for bodies without quads): no one can see these.
    """

    parts: list[tuple[str, Mesh, str]]
    glass: list[tuple[str, Mesh]]
    hidden_faces: np.ndarray


def build_outfit(
    specs: Sequence[GarmentSpec], body: BodyState, mode: Mode = "fast", reference: BodyState | None = None
) -> Dressed:
    """Put an outfit on.

    Args:
        specs: Garments, innermost first; each lies on those before it.
        body: The posed person.
        mode: "fast" (skinned), "drape" (relaxed as cloth), or "far" (skinned and coarse).
        reference: The same person at the time from which folds are carried, for frames of a motion: give the body of
            the first frame for all frames, the first one included, and draped clothes move smoothly.
    """
    specs = _pressed(specs)
    if reference is None or mode != "drape":
        parts = _put_on(specs, body, mode)
    else:
        parts = _put_on(specs, body, _draped_once(specs, reference).replay())
    clothes = [
        Cover(mesh, UNDER_SHOES if semantic == "footwear" else UNDER, float(mesh.point.get("wide", [0.0])[0]) > BULK)
        for _, mesh, semantic in parts
    ]
    faces = body.model.quads if body.model.quads is not None else body.model.faces
    hidden = hidden_quads(figure_of(body), clothes, faces) if clothes else np.zeros(len(faces), bool)
    scale = figure_of(body).scale
    parts = [
        (name, without_covered(mesh, clothes[i + 1 :], scale, clothes[i].hangs), semantic)
        for i, (name, mesh, semantic) in enumerate(parts)
    ]
    for _, mesh, _ in parts:
        for name in ("fit", "border", "arm", "place", "wide"):
            mesh.point.pop(name, None)
    glass = [(name, mesh) for name, mesh, semantic in parts if semantic == GLASS]
    return Dressed([p for p in parts if len(p[1].faces) and p[2] != GLASS], glass, hidden)


def _draped_once(specs: list[GarmentSpec], body: BodyState) -> Folds:
    """Folds of an outfit on a body, draped for the first frame that asks and kept for the others."""
    shape = (id(body.model), *(np.asarray(a).tobytes() for a in (body.betas, body.expression, body.pose, body.root)))
    return _recorded(Keyed((specs, body), (*map(canonical, specs), *shape)))


@lru_cache(maxsize=16)
def _recorded(asked: Keyed[tuple[list[GarmentSpec], BodyState]]) -> Folds:
    specs, body = asked.value
    folds = Folds()
    _put_on(specs, body, folds)
    return folds


def _pressed(specs: Sequence[GarmentSpec]) -> list[GarmentSpec]:
    """Garments as they hang under what is worn over them: a coat presses a wide skirt to its own width."""
    out = list(specs)
    for i, spec in enumerate(specs):
        for over in specs[i + 1 :]:
            if hasattr(spec, "flare") and getattr(over, "flare", None) is not None and over.length > 0:  # type: ignore[attr-defined]
                width = over.flare * max(spec.length / over.length, 1.0) + LINING  # type: ignore[attr-defined]
                out[i] = replace(out[i], flare=min(out[i].flare, width))  # type: ignore[attr-defined]
    return out


def _put_on(specs: Sequence[GarmentSpec], body: BodyState, mode: Mode | Folds) -> list[tuple[str, Mesh, str]]:
    parts: list[tuple[str, Mesh, str]] = []
    for i, spec in enumerate(specs):
        entry = registry.garments.get(str(spec.kind))
        built = entry.build(spec, body, [mesh for _, mesh, _ in parts], mode)  # type: ignore[misc]
        for j, (mesh, semantic) in enumerate(built):
            if semantic in ("footwear", "upper_clothes") and "wide" not in mesh.point:
                mesh.point["wide"] = np.full(len(mesh.vertices), BULK)
            parts.append((f"{spec.kind}_{i}" if j == 0 else f"{spec.kind}_{i}_{j}", mesh, semantic))
    legs = [mesh for _, mesh, semantic in parts if semantic == "lower_clothes"]
    return [(name, _under_hems(mesh, legs) if semantic == "footwear" else mesh, semantic) for name, mesh, semantic in parts]


def _under_hems(shoes: Mesh, legs: list[Mesh]) -> Mesh:
    """Shoes whose laces stay under the hems that lie on them: cloth rests on the tongue, and laces stand higher than that."""
    laces = np.zeros(len(shoes.vertices), bool)
    if shoes.face_material is not None:
        laces[shoes.faces[shoes.face_material == LACE]] = True
    for cloth in legs:
        low, high = cloth.vertices.min(0) - STANDS, cloth.vertices.max(0) + STANDS
        ids = np.flatnonzero(laces & every((shoes.vertices > low) & (shoes.vertices < high)))
        if len(ids) == 0:
            continue
        x = shoes.vertices[ids]
        there = every((cloth.vertices > x.min(0) - STANDS) & (cloth.vertices < x.max(0) + STANDS))
        near = np.flatnonzero((cloth.point["inner"] < 0.5) & there)
        if len(near) == 0:
            continue
        normals = vertex_normals(np.asarray(cloth.vertices), outer_faces(cloth))[near]
        which = NearestPoints(cloth.vertices[near].astype(float)).query(x.astype(float))[1]
        off = x - cloth.vertices[near][which]
        height = np.einsum("ij,ij->i", off, normals[which])
        through = (height > -BELOW) & (height < STANDS) & (np.einsum("ij,ij->i", off, off) - height**2 < 0.012**2)
        through &= cloth.point["border"][near][which] > 0.003
        moved = shoes.vertices.copy()
        moved[ids[through]] -= normals[which[through]] * (height[through] + BELOW)[:, None]
        shoes = replace(shoes, vertices=moved)
    return shoes


def sole_thickness(spec: GarmentSpec) -> float:
    """Metres that a garment lifts the foot off the ground; 0 for all but shoes."""
    return float(getattr(spec, "sole", 0.0))
