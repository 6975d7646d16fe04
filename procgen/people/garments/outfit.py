"""Whole outfits: how garments are put on, one on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ... import registry
from ...geometry import Mesh
from ...spec import GarmentSpec
from ..body_state import BodyState
from .coverage import UNDER, UNDER_SHOES, Cover, hidden_quads, without_covered
from .figure import figure_of
from .tailoring import Folds, Mode

# What builders call parts that light passes: eyes behind them are seen and labelled as if they were not there.
GLASS = "glass"
# Trouser legs that are this deep in a shoe, and bands of jumpers and hoodies in a wide shirt, are taken over it; metres.
BULK = 0.004


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
    if reference is None or mode != "drape":
        parts = _put_on(specs, body, mode)
    else:
        folds = Folds()
        _put_on(specs, reference, folds)
        parts = _put_on(specs, body, folds.replay())
    clothes = [Cover(mesh, UNDER_SHOES if semantic == "footwear" else UNDER) for _, mesh, semantic in parts]
    faces = body.model.quads if body.model.quads is not None else body.model.faces
    hidden = hidden_quads(figure_of(body), clothes, faces) if clothes else np.zeros(len(faces), bool)
    scale = figure_of(body).scale
    parts = [
        (name, without_covered(mesh, clothes[i + 1 :], scale), semantic) for i, (name, mesh, semantic) in enumerate(parts)
    ]
    for _, mesh, _ in parts:
        for name in ("fit", "border", "arm", "place", "wide"):
            mesh.point.pop(name, None)
    glass = [(name, mesh) for name, mesh, semantic in parts if semantic == GLASS]
    return Dressed([p for p in parts if len(p[1].faces) and p[2] != GLASS], glass, hidden)


def _put_on(specs: Sequence[GarmentSpec], body: BodyState, mode: Mode | Folds) -> list[tuple[str, Mesh, str]]:
    parts: list[tuple[str, Mesh, str]] = []
    for i, spec in enumerate(specs):
        entry = registry.garments.get(str(spec.kind))
        built = entry.build(spec, body, [mesh for _, mesh, _ in parts], mode)  # type: ignore[misc]
        for j, (mesh, semantic) in enumerate(built):
            if semantic in ("footwear", "upper_clothes") and "wide" not in mesh.point:
                mesh.point["wide"] = np.full(len(mesh.vertices), BULK)
            parts.append((f"{spec.kind}_{i}" if j == 0 else f"{spec.kind}_{i}_{j}", mesh, semantic))
    return parts


def sole_thickness(spec: GarmentSpec) -> float:
    """Metres that a garment lifts the foot off the ground; 0 for all but shoes."""
    return float(getattr(spec, "sole", 0.0))
