"""Body shape in words and measures (the body engineer replaces this first cut; keep the field names)."""

from __future__ import annotations

from dataclasses import dataclass

from ..codec import Spec, param


@dataclass(frozen=True)
class Phenotype(Spec):
    """Body and face shape of one person."""

    gender: float = param(0.5, low=0.0, high=1.0, doc="0 male … 1 female.")
    age_years: float = param(30.0, low=0.0, high=100.0, unit="year", doc="Age.")
    height_m: float = param(1.7, low=0.4, high=2.3, unit="m", doc="Stature.")
    weight_kg: float = param(70.0, low=2.5, high=250.0, unit="kg", doc="Body mass.")
    muscle: float = param(0.5, low=0.0, high=1.0, doc="Muscularity.")
    ancestry: tuple[float, float, float] = param((0.34, 0.33, 0.33), low=0.0, high=1.0, doc="African, Asian, European.")
    proportions: float = param(0.6, low=0.0, high=1.0, doc="0 uncommon … 1 ideal proportions.")
    cup: float = param(0.5, low=0.0, high=1.0, doc="Breast size.")
    face: tuple[float, ...] = param((), low=-3.0, high=3.0, doc="Head coefficients, in standard deviations.")
