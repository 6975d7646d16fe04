"""People described in words: phenotype -> shape coefficients (first part; see the end of this file for sampling)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Mean density of the living body with lungs partly filled, kg per cubic metre (Durnin & Womersley 1974: 990-1070).
DENSITY = 1010.0
# Age in years -> MakeHuman's age value (newborn -1/3, baby 0, child 1/3, young 2/3, old 1).
AGE_YEARS = np.array([0.0, 1.0, 10.0, 19.0, 28.0, 90.0])
AGE_VALUES = np.array([-1.0 / 3.0, 0.0, 1.0 / 3.0, 0.655, 2.0 / 3.0, 1.0])


def age_parameter(age_years: NDArray) -> NDArray[np.float64]:
    """MakeHuman's age value of an age in years, (N,) -> (N,)."""
    return np.interp(age_years, AGE_YEARS, AGE_VALUES)


# How far the height and weight macros may leave [0, 1]: beyond, bodies stop looking like people (by eye).
HEIGHT_LIMITS = (-0.2, 1.2)
WEIGHT_LIMITS = (-0.4, 2.0)


# First cut by the lead so that spec.py imports; extend in place, keep the field names.
from dataclasses import dataclass  # noqa: E402

from ..codec import Spec, param  # noqa: E402


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
