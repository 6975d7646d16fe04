"""Whole outfits: which garments go together, in which colours, and how they are put on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ... import registry
from ...geometry import Mesh
from ...spec import FabricSpec, GarmentSpec, replace
from ..body_state import BodyState
from ..shape import Phenotype
from .coverage import hidden_quads
from .figure import figure_of
from .palette import Palette, sample_palette
from .tailoring import Folds, Mode


@dataclass(frozen=True)
class Dressed:
    """A dressed person.

    Attributes:
        parts: (name, mesh in world space, semantic class), innermost first.
        hidden_faces: (Q,) bool over the body's quads (its triangles, for bodies without quads): no one can see these.
    """

    parts: list[tuple[str, Mesh, str]]
    hidden_faces: np.ndarray


def build_outfit(
    specs: Sequence[GarmentSpec], body: BodyState, mode: Mode = "fast", reference: BodyState | None = None
) -> Dressed:
    """Put an outfit on.

    Args:
        specs: Garments, innermost first; each lies on those before it.
        body: The posed person.
        mode: "fast" (skinned) or "drape" (relaxed as cloth).
        reference: The same person at the time from which folds are carried, for frames of a motion: give the body of
            the first frame for all frames, the first one included, and draped clothes move smoothly.
    """
    if reference is None or mode == "fast":
        parts = _put_on(specs, body, mode)
    else:
        folds = Folds()
        _put_on(specs, reference, folds)
        parts = _put_on(specs, body, folds.replay())
    clothes = [mesh for _, mesh, _ in parts]
    faces = body.model.quads if body.model.quads is not None else body.model.faces
    hidden = hidden_quads(figure_of(body), clothes, faces) if clothes else np.zeros(len(faces), bool)
    for mesh in clothes:
        for name in ("fit", "border", "arm"):
            mesh.point.pop(name, None)
    return Dressed(parts, hidden)


def _put_on(specs: Sequence[GarmentSpec], body: BodyState, mode: Mode | Folds) -> list[tuple[str, Mesh, str]]:
    parts: list[tuple[str, Mesh, str]] = []
    for i, spec in enumerate(specs):
        entry = registry.garments.get(str(spec.kind))
        built = entry.build(spec, body, [mesh for _, mesh, _ in parts], mode)  # type: ignore[misc]
        for j, (mesh, semantic) in enumerate(built):
            parts.append((f"{spec.kind}_{i}" if j == 0 else f"{spec.kind}_{i}_{j}", mesh, semantic))
    return parts


def sole_thickness(spec: GarmentSpec) -> float:
    """Metres that a garment lifts the foot off the ground; 0 for all but shoes."""
    return float(getattr(spec, "sole", 0.0))


def _make(rng: np.random.Generator, kind: str, fabric: FabricSpec) -> GarmentSpec:
    return registry.garments.get(kind).make(rng, fabric)


def _fabric(rng: np.random.Generator, kind: str, color: tuple, color2: tuple, patterns: dict[str, float]) -> FabricSpec:
    names = list(patterns)
    p = np.array([patterns[n] for n in names])
    return FabricSpec(
        kind=kind,  # type: ignore[arg-type]
        color=color,
        color2=color2,
        pattern=names[int(rng.choice(len(names), p=p / p.sum()))],  # type: ignore[arg-type]
        pattern_scale=round(float(rng.uniform(0.6, 1.8)), 3),
        wear=round(float(rng.beta(2, 4)), 3),
    )


PRINTS = {"plain": 0.62, "stripe": 0.16, "dots": 0.05, "floral": 0.05, "colour_block": 0.12}
WOVEN = {"plain": 0.55, "stripe": 0.12, "plaid": 0.28, "dots": 0.05}
DRESSY = {"plain": 0.4, "floral": 0.35, "dots": 0.15, "stripe": 0.1}


def sample_outfit(rng: np.random.Generator, phenotype: Phenotype, season: str = "mild") -> tuple[GarmentSpec, ...]:
    """Draw an outfit: always a top, a bottom and shoes, in colours that go together.

    Args:
        rng: Source of randomness.
        phenotype: Age and sex steer the choice.
        season: "warm", "mild" or "cold".
    """
    p = sample_palette(rng)
    age, woman = phenotype.age_years, phenotype.gender > 0.5
    smart = float(rng.random()) < (0.30 if 18 <= age < 75 else 0.05)
    cold = season == "cold" or (season == "mild" and rng.random() < 0.35)
    out: list[GarmentSpec] = [_shoes(rng, p, age, woman, smart, cold)]
    if woman and age > 2 and rng.random() < 0.24:
        out.append(_make(rng, "dress", _fabric(rng, "woven", p.accent, p.contrast, DRESSY)))
    else:
        bottom, top = _bottom(rng, p, age, woman, smart, cold), _top(rng, p, age, woman, smart, cold)
        tucked = rng.random() < (0.75 if smart else 0.12) and top.kind == "shirt" and bottom.kind != "leggings"
        out += [replace(top, tucked=True), bottom] if tucked else [bottom, top]
        if rng.random() < (0.6 if season == "cold" else 0.28 if cold else 0.06 if season == "mild" else 0.0):
            out.append(_outer(rng, p, age, smart))
    return tuple(out)


def _outer(rng: np.random.Generator, p: Palette, age: float, smart: bool) -> GarmentSpec:
    if not smart and (age < 16 or rng.random() < 0.4):
        return _make(rng, "hoodie", _fabric(rng, "fleece", p.accent, p.contrast, {"plain": 1.0}))
    cloth = ("denim", "leather", "woven")[int(rng.choice(3, p=[0.3, 0.25, 0.45]))]
    color = {"denim": p.denim, "leather": p.leather, "woven": p.bottom}[cloth]
    return _make(rng, "jacket", _fabric(rng, cloth, color, p.contrast, {"plain": 1.0}))


def _shoes(rng: np.random.Generator, p: Palette, age: float, woman: bool, smart: bool, cold: bool) -> GarmentSpec:
    if smart:
        kind = "leather_shoe"
    else:
        kind = ("sneaker", "leather_shoe", "boot")[
            int(rng.choice(3, p=[0.66, 0.12, 0.22] if cold else [0.84, 0.13, 0.03]))
        ]
    if age < 14 and kind == "leather_shoe":
        kind = "sneaker"
    material = "leather" if kind != "sneaker" or rng.random() < 0.45 else "woven"
    return _make(
        rng, kind, _fabric(rng, material, p.shoe if kind == "sneaker" else p.leather, p.contrast, {"plain": 1.0})
    )


def _bottom(rng: np.random.Generator, p: Palette, age: float, woman: bool, smart: bool, cold: bool) -> GarmentSpec:
    kinds = {"jeans": 0.42, "trousers": 0.28, "shorts": 0.0 if cold else 0.16, "leggings": 0.0, "skirt": 0.0}
    if woman:
        kinds |= {"leggings": 0.14 if age < 60 else 0.03, "skirt": 0.16, "shorts": 0.0 if cold else 0.08}
    if smart:
        kinds = {"trousers": 0.8, "jeans": 0.1, "skirt": 0.25 if woman else 0.0}
    if age < 4:
        kinds = {"leggings": 0.35, "trousers": 0.45, "shorts": 0.2}
    names = [k for k in kinds if kinds[k] > 0]
    w = np.array([kinds[k] for k in names])
    kind = names[int(rng.choice(len(names), p=w / w.sum()))]
    if kind == "jeans":
        return _make(rng, kind, _fabric(rng, "denim", p.denim, p.contrast, {"plain": 1.0}))
    cloth = {"leggings": "jersey", "skirt": "denim" if rng.random() < 0.2 else "woven"}.get(kind, "woven")
    if kind in ("trousers", "shorts") and not smart and rng.random() < 0.3:
        cloth = "fleece"
    color = p.denim if cloth == "denim" else p.bottom
    prints = {"plain": 0.7, "floral": 0.15, "plaid": 0.15} if kind == "skirt" and cloth == "woven" else {"plain": 1.0}
    return _make(rng, kind, _fabric(rng, cloth, color, p.accent, prints))


def _top(rng: np.random.Generator, p: Palette, age: float, woman: bool, smart: bool, cold: bool) -> GarmentSpec:
    weights = {"shirt": 0.22, "tshirt": 0.5, "jumper": 0.28, "vest": 0.08}
    if smart:
        weights = {"shirt": 0.7, "tshirt": 0.08, "jumper": 0.22, "vest": 0.0}
    if cold:
        weights = {**weights, "jumper": weights["jumper"] * 2.2, "vest": 0.0}
    names = list(weights)
    w = np.array([weights[k] for k in names])
    kind = names[int(rng.choice(len(names), p=w / w.sum()))]
    if kind == "shirt":
        return _make(rng, kind, _fabric(rng, "woven", p.light if rng.random() < 0.5 else p.top, p.contrast, WOVEN))
    cloth = "knit" if kind == "jumper" and rng.random() < 0.65 else "fleece" if kind == "jumper" else "jersey"
    prints = {"plain": 0.75, "stripe": 0.2, "colour_block": 0.05} if kind == "jumper" else PRINTS
    made = _make(rng, kind, _fabric(rng, cloth, p.top, p.contrast, prints))
    # Deep necklines are cut for grown shoulders.
    return replace(made, neck="crew") if age < 13 and kind != "vest" else made
