"""Specs of what people look like: skin, eyes, brows, beard and the base of all hair styles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ..codec import Spec, param


@dataclass(frozen=True)
class SkinSpec(Spec):
    """Skin colour and surface."""

    melanin: float = param(0.3, low=0.0, high=1.0, doc="Melanin; 0.1 very light, 0.95 very dark.")
    redness: float = param(0.5, low=0.0, high=1.5, doc="Haemoglobin.")
    freckles: float = param(0.0, low=0.0, high=1.0, doc="Freckles.")
    moles: float = param(0.2, low=0.0, high=1.0, doc="Moles.")
    roughness: float = param(0.5, low=0.2, high=0.9, doc="Mean roughness.")
    age_marks: float = param(0.0, low=0.0, high=1.0, doc="Age spots and fine wrinkles.")
    variation: float = param(
        0.0, low=0.0, high=1000.0, doc="Offset into the noise, so that no two people share blotches."
    )


@dataclass(frozen=True)
class EyeSpec(Spec):
    """Eyes."""

    iris: Literal["brown", "dark", "hazel", "green", "blue", "grey"] = param("brown", doc="Iris colour.")
    pupil: float = param(0.36, low=0.2, high=0.6, doc="Pupil radius over iris radius.")
    veins: float = param(0.3, low=0.0, high=1.0, doc="Redness of the sclera.")
    variation: float = param(0.0, low=0.0, high=100.0, doc="Offset into the fibres of the iris, so that no two people share them.")
    lid_cover: float = param(0.0024, low=-0.002, high=0.006, unit="m", doc="How far the upper lid covers the iris.")
    lid_asymmetry: float = param(0.0, low=-0.002, high=0.002, unit="m", doc="How much wider the left eye is open.")


@dataclass(frozen=True)
class HairSpec(Spec):
    """Head hair with brows, lashes and beard; each style adds its own parameters.

    Attributes:
        worn_by: Relative frequency by group: man, woman, boy, girl, baby, bald (men who lost the hair on top).
        hair_types: How readily African, Asian and European hair takes this style.
        cover: How densely the style covers the scalp, for the tint of the skin below.
    """

    registry: ClassVar[str | None] = "hair"
    worn_by: ClassVar[dict[str, float]] = {}
    hair_types: ClassVar[tuple[float, float, float]] = (1.0, 1.0, 1.0)
    cover: ClassVar[float] = 0.86

    melanin: float = param(0.8, low=0.0, high=1.0, doc="Hair melanin; 0.1 blond, 0.97 black.")
    redness: float = param(0.2, low=0.0, high=1.0, doc="Phaeomelanin share.")
    grey: float = param(0.0, low=0.0, high=1.0, doc="Share of white strands.")
    receding: float = param(0.0, low=0.0, high=1.0, doc="Receding hairline.")
    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of the strand placement.")
    hairline: float = param(0.0, low=-1.0, high=1.0, doc="-1 low and straight, 1 high with a widow's peak.")
    fineness: float = param(0.0, low=0.0, high=1.0, doc="How much finer and sparser than full hair (babies, old age).")
    bleach: float = param(0.2, low=0.0, high=1.0, doc="How much sun and washing have lightened the tips.")
    dye: Literal["none", "copper", "burgundy", "platinum", "blue", "pink", "green", "violet"] = param("none", doc="Dye.")
    brow_thickness: float = param(1.0, low=0.3, high=2.0, doc="Thickness of the brows.")
    beard: float = param(0.0, low=0.0, high=1.0, doc="Beard density; 0 = shaven.")
    beard_style: Literal["full", "goatee", "moustache", "chin"] = param("full", doc="Where the beard is left to grow.")
    beard_length: float = param(0.0016, low=0.0005, high=0.06, unit="m", doc="Beard length.")
