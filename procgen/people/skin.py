"""Skin zones of the body, and the skin material of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..materials.hair import hair_tint
from ..materials.shader import Shader
from ..materials.skin import FACE_CO, ZONE_A, ZONE_B, ZONE_C, ZONE_D, skin_material
from .hair_zones import beard_density, scalp_density
from .head import Head, head_of
from .look_spec import HairSpec, SkinSpec

if TYPE_CHECKING:
    from .body_state import BodyState

# Distance between the eyes of the head on which the zones below were placed, metres.
_PLACED_IPD = 0.0615


def _blob(p: np.ndarray, centre: tuple[float, float, float], radius: tuple[float, float, float]) -> np.ndarray:
    return np.exp(-(((p - np.array(centre)) / np.array(radius)) ** 2).sum(1))


def _pair(p: np.ndarray, centre: tuple[float, float, float], radius: tuple[float, float, float]) -> np.ndarray:
    x, y, z = centre
    return _blob(p, centre, radius) + _blob(p, (-x, y, z), radius)


def _region(body: BodyState, *names: str) -> np.ndarray:
    out = np.zeros(body.count)
    for name in names:
        if name in body.model.regions:
            mask = np.asarray(body.model.regions[name], np.float64)
            out = np.maximum(out, mask / 255.0 if mask.max() > 1.5 else mask)
    return out


def skin_attributes(body: BodyState, hair: HairSpec | None = None, head: Head | None = None) -> dict[str, np.ndarray]:
    """Per-vertex attributes of the body mesh for `skin_shader`.

    Args:
        body: The person in any pose; zones depend on the rest shape alone.
        hair: Head hair, for the scalp tint and the shaven beard; None = bald.
        head: `head_of(body)`, if at hand.
    Returns:
        name -> (V, 3) float32; "rest" holds the rest position that every pattern sticks to.
    """
    head = head or head_of(body)
    c = head.canon * (_PLACED_IPD / (2.0 * head.template_eye))
    on_head = np.clip(head.weight * 1.5, 0.0, 1.0)
    there = np.flatnonzero(on_head > 0)
    face = c[there]

    def spread(values: np.ndarray) -> np.ndarray:
        """Zones of the head, (H,), over the whole body."""
        out = np.zeros(body.count)
        out[there] = values * on_head[there]
        return out

    nose = _blob(face, (0.0, -0.040, -0.040), (0.016, 0.022, 0.013))
    cheeks = _pair(face, (0.038, -0.016, -0.037), (0.019, 0.03, 0.017))
    chin = _blob(face, (0.0, -0.03, -0.098), (0.014, 0.02, 0.010))
    ears = _region(body, "ears")
    knuckles = _region(body, "knuckles") * 0.55 + _region(body, "elbows") * 0.6 + _region(body, "knees") * 0.45
    blood = np.clip(spread(0.55 * nose + 0.62 * cheeks + 0.25 * chin + 0.5 * ears[there]) + knuckles, 0.0, 1.0)
    inner = _pair(face, (0.015, -0.012, -0.004), (0.010, 0.02, 0.010))
    sockets = _pair(face, (0.031, -0.012, -0.004), (0.020, 0.02, 0.013))
    bags = _pair(face, (0.029, -0.012, -0.0165), (0.014, 0.02, 0.006))
    socket = spread(np.clip(0.40 * sockets + 0.40 * bags + 0.25 * inner, 0.0, 1.0))
    forehead = _blob(face, (0.0, -0.02, 0.055), (0.050, 0.05, 0.022))
    lips = _region(body, "lips")
    nails = _region(body, "nails")
    palms = np.clip(_region(body, "palms") + _region(body, "soles"), 0.0, 1.0)
    freckle = np.clip(
        cheeks * 1.1 + nose + 0.25 * _pair(face, (0.03, 0.0, -0.02), (0.03, 0.03, 0.02)) + 0.3 * forehead * on_head[there], 0, 1
    )
    body_freckle = 0.18 * (1.0 - on_head)
    rows = _blob(face, (0.0, -0.02, 0.050), (0.036, 0.05, 0.020))
    fan = _pair(face, (0.050, 0.005, 0.000), (0.013, 0.03, 0.016))
    gloss = np.clip(nose * 0.9 + forehead * on_head[there] * 0.8 + 0.4 * chin + 0.3 * cheeks, 0, 1)
    scalp = np.zeros(body.count) if hair is None else scalp_density(head, hair.receding, own=hair.hairline)
    stack = {
        "rest": np.asarray(body.rest[: body.count]),
        ZONE_A: np.stack([blood, socket, spread(forehead)], 1),
        ZONE_B: np.stack([lips, nails, palms], 1),
        ZONE_C: np.stack([scalp, beard_density(head), np.clip(spread(freckle) + body_freckle, 0, 1)], 1),
        ZONE_D: np.stack([spread(rows), spread(fan), spread(gloss)], 1),
        FACE_CO: c,
    }
    return {k: np.ascontiguousarray(v, np.float32) for k, v in stack.items()}


def skin_shader(
    spec: SkinSpec,
    hair: HairSpec | None = None,
    *,
    scalp: float | None = None,
    stubble: float = 0.0,
    age: float = 30.0,
    lod: int = 0,
) -> Shader:
    """The skin material of a person.

    Args:
        spec: Skin.
        hair: Head hair; gives the colour of the scalp under it.
        scalp: How densely hair covers the scalp (0 = shaven smooth); None = as the style asks (`HairSpec.cover`).
        stubble: How much a shaven beard darkens the jaw.
        age: Years.
        lod: 0 close-up, 1 full body, 2 far away.
    """
    color = hair_tint(hair.melanin, hair.redness) if hair is not None else np.zeros(3)
    grey = hair.grey if hair is not None else 0.0
    color = color * (1 - grey) + np.array([0.30, 0.29, 0.28]) * grey
    # Roots and shadow are nearly without hue: skin as orange as a lock against the light shines at every parting.
    color = 0.3 * color + 0.7 * (color @ (0.2126, 0.7152, 0.0722))
    return skin_material(
        spec.melanin,
        spec.redness,
        freckles=spec.freckles,
        moles=spec.moles,
        roughness=spec.roughness,
        age_marks=spec.age_marks,
        youth=float(np.clip((14.0 - age) / 12.0, 0.0, 1.0)),
        variation=spec.variation,
        hair_color=tuple(float(x) for x in 0.8 * color),  # pyright: ignore[reportArgumentType]
        scalp=0.0 if hair is None else hair.cover if scalp is None else scalp,
        stubble=stubble,
        lod=lod,
    )
