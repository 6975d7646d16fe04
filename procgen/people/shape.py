"""People described in words and measures: phenotype -> shape coefficients, and sampling of phenotypes.

MakeHuman's shapes are linear in products of hat functions (`macros`), so a linear map on the same products reproduces
them; the height and weight macros are then solved for, so that stature and body mass come out as asked. The mass is the
volume of the skin (a cubic polynomial of the coefficients, stored with the asset) times the density of the body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from ..codec import Spec, param
from ..errors import SpecError, unknown_name
from .features import ASYMMETRIES, FEATURES, SEALS, feature_row, sample_features
from .growth import body_mass, stature
from .macros import macro_weights
from .model import BodyModel

# Mean density of the living body with lungs partly filled, kg per cubic metre (Durnin & Womersley 1974: 990-1070).
DENSITY = 1010.0
# Age in years -> MakeHuman's age value (newborn -1/3, baby 0, child 1/3, young 2/3, old 1).
AGE_YEARS = np.array([0.0, 1.0, 10.0, 19.0, 28.0, 90.0])
AGE_VALUES = np.array([-1.0 / 3.0, 0.0, 1.0 / 3.0, 0.655, 2.0 / 3.0, 1.0])
# How far the height and weight macros may leave [0, 1]: beyond, bodies stop looking like people (by eye).
HEIGHT_LIMITS = (-0.4, 1.4)
WEIGHT_LIMITS = (-0.5, 3.2)
WEIGHT_STEPS, HEIGHT_STEPS = 14, 2
MASS_TOLERANCE = 2e-3
_PROBE = 0.02
BUILD_LIMIT, BUILD_SPREAD = 2.0, 0.8
BUILD_COUNT = 10
# Where MakeHuman's average adults are not built as people are, (men, women), in its own measures (1 = the whole slider): at the
# mean stature and mass of the survey of Gordon et al. 1989 its hips are 10 and 12 % too broad, men's waists and calves 5 % too
# thick, women's shoulders 5 % too broad, their arms and legs 4 % too short. Fitted to that survey; `tools/measure_people.py`
# prints what is left of it, and with `--uncalibrated` what it was.
MEASURES: dict[str, tuple[float, float]] = {
    "shoulders": (-0.77, -1.24), "hips": (-0.63, -0.74), "waist": (-0.40, 0.25), "arms": (-0.07, 0.79), "legs": (-0.03, 0.48),
    "thighs": (0.29, 0.25), "calves": (-0.37, -0.61),
}  # fmt: skip
# Lips at rest overlap a little, metres: subdivision draws their edges back. How much they may be drawn, in millimetres.
LIP_GAP, SEAL_LIMITS = -0.0003, (-3.0, 6.0)


@dataclass(frozen=True)
class Phenotype(Spec):
    """Body and face shape of one person."""

    gender: float = param(0.5, low=0.0, high=1.0, doc="0 male .. 1 female.")
    age_years: float = param(30.0, low=0.0, high=100.0, unit="years", doc="Age.")
    height_m: float = param(1.69, low=0.4, high=2.3, unit="m", doc="Stature (length below two years).")
    weight_kg: float = param(68.0, low=2.0, high=250.0, unit="kg", doc="Body mass.")
    muscle: float = param(0.5, low=0.0, high=1.0, doc="Muscularity.")
    ancestry: tuple[float, float, float] = param(
        (1.0, 1.0, 1.0), low=0.0, high=1e6, doc="Weights of African, Asian and European ancestry."
    )
    proportions: float = param(0.6, low=0.0, high=1.0, doc="0 idealised .. 1 common proportions of the limbs.")
    cup_size: float = param(0.5, low=0.0, high=1.0, doc="Breast volume (women).")
    firmness: float = param(0.5, low=0.0, high=1.0, doc="Breast firmness (women).")
    build: tuple[float, ...] = param(
        (), low=-4.0, high=4.0, doc="Individual build (limb lengths, shoulders, waist), in standard deviations."
    )
    features: dict[str, float] = param(
        factory=dict, low=-4.0, high=4.0, doc="Features of the face by name, in standard deviations; see `features.FEATURES`."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.ancestry) != 3 or sum(self.ancestry) <= 0:
            raise SpecError("ancestry is not usable", expected="three weights, not all zero", got=self.ancestry)
        for name in self.features:
            if name not in FEATURES and name not in ASYMMETRIES:
                raise unknown_name("feature", name, (*FEATURES, *ASYMMETRIES))


@dataclass(frozen=True)
class PhenotypeRanges:
    """What `sample_phenotype` may draw.

    age_years: (low, high), evenly. female_share: probability of a woman. stature_z, mass_z: limits of the standard
    scores. ancestry: weights of (African, Asian, European); people are mostly of one, some mixed. face, build:
    amplitude of the individual features.
    """

    age_years: tuple[float, float] = (18.0, 75.0)
    female_share: float = 0.5
    stature_z: tuple[float, float] = (-2.6, 2.6)
    mass_z: tuple[float, float] = (-2.3, 2.3)
    ancestry: tuple[float, float, float] = (1.0, 1.0, 1.0)
    face: float = 1.0
    build: float = 1.0


def age_parameter(age_years: ArrayLike) -> NDArray[np.float64]:
    """MakeHuman's age value of an age in years, (N,) -> (N,)."""
    return np.interp(np.asarray(age_years, float), AGE_YEARS, AGE_VALUES)


def sample_phenotype(rng: Generator, ranges: PhenotypeRanges | None = None) -> Phenotype:
    """Draw one person: age, sex, then stature, mass and features that go with them."""
    r = ranges or PhenotypeRanges()
    age = float(rng.uniform(*r.age_years))
    gender = float(rng.random() < r.female_share)
    # Within age and sex, mass follows stature squared (constant BMI); what is left is nearly independent of stature.
    z = np.clip(rng.normal(0.0, 1.0, 2), (r.stature_z[0], r.mass_z[0]), (r.stature_z[1], r.mass_z[1]))
    one = np.ones(1)
    height = float(stature(age * one, gender * one, z[:1])[0])
    mean_height = float(stature(age * one, gender * one, 0 * one)[0])
    weight = float(body_mass(age * one, gender * one, z[1:])[0] * (height / mean_height) ** 2)
    young = float(np.clip((60.0 - age) / 40.0, 0.0, 1.0))
    # Children have little muscle; the light have less than the heavy (by eye).
    grown = float(np.interp(age, (10.0, 20.0), (0.0, 1.0)))
    mean = 0.32 + grown * (0.10 + 0.12 * young - 0.06 * gender) + 0.07 * float(z[1])
    muscle = float(np.clip(rng.normal(mean, 0.09 + 0.05 * grown), 0.02, 0.98))
    weights = np.asarray(r.ancestry, float)
    mostly = rng.choice(3, p=weights / weights.sum())
    mix = rng.dirichlet(0.35 * weights / weights.sum() * 3.0 + 1e-3)
    share = rng.beta(5.0, 1.2)
    ancestry = share * np.eye(3)[mostly] + (1.0 - share) * mix
    features = sample_features(rng, age, gender, r.face)
    build = (
        _truncated(rng, BUILD_COUNT, BUILD_LIMIT)
        * BUILD_SPREAD
        * r.build
        * np.interp(age, (0.0, 12.0, 18.0), (0.3, 0.6, 1.0))
    )
    return Phenotype(
        gender=gender,
        age_years=age,
        height_m=height,
        weight_kg=max(weight, 2.0),
        muscle=muscle,
        ancestry=(float(ancestry[0]), float(ancestry[1]), float(ancestry[2])),
        proportions=float(rng.uniform(0.35, 0.95)),
        cup_size=float(np.clip(rng.normal(0.5, 0.2), 0.0, 1.0)),
        firmness=float(np.clip(rng.normal(0.35 + 0.4 * young, 0.12), 0.0, 1.0)),
        build=tuple(float(x) for x in build),
        features=features,
    )


def _truncated(rng: Generator, n: int, limit: float) -> NDArray[np.float64]:
    """(n,) standard normal draws within +-limit; a fixed number of tries, so that what is drawn next never shifts."""
    tries = rng.normal(0.0, 1.0, (8, n))
    inside = np.abs(tries) <= limit
    first = np.where(inside.any(axis=0), inside.argmax(axis=0), 0)
    return np.clip(tries[first, np.arange(n)], -limit, limit)


def betas_from_phenotype(model: BodyModel, phenotype: Phenotype) -> NDArray[np.float32]:
    """(B,) float32 shape coefficients of one person; see `betas_from_phenotypes`."""
    return betas_from_phenotypes(model, [phenotype])[0].astype(np.float32)


def betas_from_phenotypes(model: BodyModel, people: Sequence[Phenotype]) -> NDArray[np.float64]:
    """Shape coefficients with the wanted stature and body mass.

    Args:
        people: N phenotypes.
    Returns:
        (N, B) float64.
    Raises:
        SpecError: the model is not the open body (its coefficients have no names).
    """
    if "phenotype_map" not in model.phenotype:
        raise SpecError(
            f"body {model.name!r} has no map from phenotypes to its coefficients",
            expected="the open body",
            fix="give shape coefficients directly for licensed models",
        )
    table = model.phenotype["phenotype_map"]
    mask = model.phenotype["phenotype_mask"]
    fixed = {
        "age": age_parameter([p.age_years for p in people]),
        "gender": np.array([p.gender for p in people], float),
        "muscle": np.array([p.muscle for p in people], float),
        "proportions": np.array([p.proportions for p in people], float),
        "cupsize": np.array([p.cup_size for p in people], float),
        "firmness": np.array([p.firmness for p in people], float),
        "race": np.array([p.ancestry for p in people], float),
    }
    split = model.head_start
    own = np.zeros((len(people), model.shapedirs.shape[2]))
    own[:, : table.shape[1]] = table[-1]
    own[:, :split] += individual_build(model, people)
    if "phenotype_measures" in model.phenotype:
        grown = np.interp([p.age_years for p in people], (8.0, 18.0), (0.0, 1.0))[:, None]
        men, women = np.array(list(MEASURES.values())).T
        lacking = grown * (men + fixed["gender"][:, None] * (women - men))
        own[:, :split] += lacking @ model.phenotype["phenotype_measures"]
    names = model.feature_names
    if names:
        own[:, -len(names) :] = [feature_row(names, p.features, p.age_years, p.gender) for p in people]

    lines = _extremes(_Key(model))
    # Heights of crown and soles are linear in the macro weights, so the stature needs no coefficients.
    start = [own @ dirs.T + y for dirs, y in lines]
    by_macro = _heights_by_macro(_Key(model))
    height = np.array([p.height_m for p in people])
    mass = np.array([p.weight_kg for p in people])
    n = len(people)
    h = np.full(n, 0.5)

    def weigh(h: NDArray, w: NDArray) -> NDArray[np.float64]:
        return macro_weights({**fixed, "height": h, "weight": w}, mask)

    def tall(macro: NDArray) -> NDArray[np.float64]:
        return (start[0] + macro @ by_macro[0]).max(axis=1) - (start[1] + macro @ by_macro[1]).min(axis=1)

    def solve_height(w: NDArray) -> NDArray[np.float64]:
        """Betas of the wanted stature at weight macro w: stature is almost linear in the height macro."""
        nonlocal h
        for _ in range(HEIGHT_STEPS):
            now = tall(weigh(h, w))
            slope = (tall(weigh(h + _PROBE, w)) - now) / _PROBE
            h = np.clip(h + (height - now) / np.maximum(slope, 0.02), *HEIGHT_LIMITS)
        out = own.copy()
        out[:, : table.shape[1]] += weigh(h, w) @ table[:-1]
        return out

    # Mass grows with the weight macro but its slope has kinks: a bracketed secant (Illinois) cannot run away.
    low, high = np.full(n, WEIGHT_LIMITS[0]), np.full(n, WEIGHT_LIMITS[1])
    f_low = np.log(volume(model, solve_height(low)) * DENSITY / mass)
    f_high = np.log(volume(model, solve_height(high)) * DENSITY / mass)
    betas = np.zeros_like(own)
    side, done = np.zeros(n), np.zeros(n, bool)
    too_light, too_heavy = f_low >= 0, f_high <= 0
    for _ in range(WEIGHT_STEPS):
        w = np.clip(low - f_low * (high - low) / np.where(f_high > f_low, f_high - f_low, np.inf), low, high)
        w = np.where(too_light, WEIGHT_LIMITS[0], np.where(too_heavy, WEIGHT_LIMITS[1], w))
        # Who has arrived stays: nobody's shape depends on who else is in the batch.
        betas = np.where(done[:, None], betas, solve_height(w))
        f = np.log(volume(model, betas) * DENSITY / mass)
        done |= (np.abs(f) < MASS_TOLERANCE) | too_light | too_heavy
        if done.all():
            break
        below = f < 0
        f_high = np.where(below, np.where(side == -1, 0.5 * f_high, f_high), f)
        f_low = np.where(below, f, np.where(side == 1, 0.5 * f_low, f_low))
        low, high = np.where(below, w, low), np.where(below, high, w)
        side = np.where(below, -1, 1)
    return _closed_lips(model, betas)


def _closed_lips(model: BodyModel, betas: NDArray) -> NDArray[np.float64]:
    """The same people with their lips just touching, whatever their features did to them: the gap is linear in betas."""
    if not set(SEALS) <= set(model.feature_names):
        return betas
    first = betas.shape[1] - len(model.feature_names)
    columns = [first + model.feature_names.index(n) for n in SEALS]
    gap, slope = _lip_gaps(_Key(model))
    betas = betas.copy()
    betas[:, columns] = 0.0
    apart = gap + betas @ slope - LIP_GAP
    betas[:, columns] = np.clip(-np.linalg.solve(slope[columns].T, apart.T).T, *SEAL_LIMITS)
    return betas


def individual_build(model: BodyModel, people: Sequence[Phenotype]) -> NDArray[np.float64]:
    """(N, G) global coefficients that `Phenotype.build` adds."""
    axes = model.phenotype.get("phenotype_build", np.zeros((0, model.head_start)))
    build = np.zeros((len(people), len(axes)))
    for row, person in zip(build, people, strict=True):
        n = min(len(person.build), len(axes))
        row[:n] = person.build[:n]
    return build @ axes


def body_stature(model: BodyModel, betas: ArrayLike) -> NDArray[np.float64]:
    """Height of the crown above the soles in the T-pose.

    Args:
        betas: (N, n) shape coefficients, n <= B.
    Returns:
        (N,) metres.
    """
    betas = np.atleast_2d(np.asarray(betas, float))
    n = betas.shape[1]
    crown, sole = (y + betas @ dirs[:, :n].T for dirs, y in _extremes(_Key(model)))
    return crown.max(axis=1) - sole.min(axis=1)


def volume(model: BodyModel, betas: ArrayLike) -> NDArray[np.float64]:
    """Volume enclosed by the skin (without eyes and tongue), from the stored cubic polynomial of the leading
    coefficients.

    Args:
        betas: (N, n) shape coefficients; head-local ones are ignored (they change some 0.1 %).
    Returns:
        (N,) cubic metres.
    """
    betas = np.atleast_2d(np.asarray(betas, float))
    cubic = _cubic(_Key(model))
    g = len(cubic)
    x = np.zeros((len(betas), g))
    x[:, 0] = 1.0
    n = min(g - 1, betas.shape[1])
    x[:, 1 : n + 1] = betas[:, :n]
    return np.einsum("ni,nij,nj->n", x, (x @ cubic).reshape(len(x), g, g), x, optimize=True)


class _Key:
    """Lets a model be an argument of cached functions: models are compared by identity."""

    def __init__(self, model: BodyModel) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.model is self.model


@lru_cache(maxsize=2)
def _extremes(key: _Key) -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    """For the vertices that may be highest, and for those that may be lowest: how their y moves (n, B), and y (n,)."""
    y = key.model.v_template[:, 1]
    # Within 4 cm of the mean body's crown, 3 cm of its soles.
    ends = np.flatnonzero(y > y.max() - 0.04), np.flatnonzero(y < y.min() + 0.03)
    crown, sole = ((key.model.shapedirs[i, 1].astype(np.float64), y[i].astype(np.float64)) for i in ends)
    return crown, sole


@lru_cache(maxsize=2)
def _lip_gaps(key: _Key) -> tuple[NDArray, NDArray]:
    """Gaps between the lips of the mean body, (3,) metres in the order of `SEALS`, and how betas change them (B, 3)."""
    model = key.model
    face, bary = model.landmarks["landmark_face68_faces"], model.landmarks["landmark_face68_bary"].astype(np.float64)

    def height(k: int) -> tuple[float, NDArray]:
        i = model.faces[face[k]]
        return float(bary[k] @ model.v_template[i, 1]), bary[k] @ model.shapedirs[i, 1].astype(np.float64)

    # Inner line of the lips: 62 over 66 in the middle, 63 over 65 on the person's left, 61 over 67 on the right.
    pairs = [(height(a), height(b)) for a, b in ((62, 66), (63, 65), (61, 67))]
    return np.array([u[0] - v[0] for u, v in pairs]), np.stack([u[1] - v[1] for u, v in pairs], 1)


@lru_cache(maxsize=2)
def _heights_by_macro(key: _Key) -> tuple[NDArray, NDArray]:
    """(K, n) how every macro weight moves the crown and the soles."""
    table = key.model.phenotype["phenotype_map"][:-1].astype(np.float64)
    crown, sole = (table @ dirs[:, : table.shape[1]].T for dirs, _ in _extremes(key))
    return crown, sole


@lru_cache(maxsize=2)
def _cubic(key: _Key) -> NDArray[np.float64]:
    """(g, g^2) coefficients of the volume in (1, first g - 1 betas)."""
    packed = key.model.phenotype["phenotype_volume"]
    g = 1
    while g * (g + 1) * (g + 2) // 6 < len(packed):
        g += 1
    out = np.zeros((g, g, g))
    i, j, k = triples(g)
    out[i, j, k] = packed
    return out.reshape(g, g * g)


def triples(count: int) -> tuple[NDArray, NDArray, NDArray]:
    """Indices i <= j <= k below `count`, in the order of the stored volume polynomial."""
    i, j, k = np.meshgrid(*[np.arange(count)] * 3, indexing="ij")
    keep = (i <= j) & (j <= k)
    return i[keep], j[keep], k[keep]
