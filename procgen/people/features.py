"""Named features of a face: what they are, how they go together, and what age does to them.

People's features are not independent: a long face has a long nose and chin, a wide one wide-set eyes and a wide mouth, and
full lips go with a mouth that stands forward. A few shared factors make the correlations; what is left is each feature's own.
Averages by ancestry and sex come with the body model (`macros`), so that the features are deviations that anyone may have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

# Shared factors, each a standard normal number of a person.
FACTORS: tuple[str, ...] = ("long", "wide", "robust", "full", "forward", "open")
LIMIT = 2.3
# Individual features of children are smaller: age in years -> factor (by eye).
_GROWN = np.array([(0.0, 0.40), (2.0, 0.55), (10.0, 0.8), (17.0, 1.0)])
# How far ageing is, by years, in units of `Feature.old`.
_AGED = np.array([(25.0, 0.0), (40.0, 0.16), (55.0, 0.45), (70.0, 0.85), (85.0, 1.2), (100.0, 1.45)])
# Columns that draw the lips together: in the middle, on the left, on the right; solved for, never drawn.
SEALS = ("lip_seal_middle", "lip_seal_left", "lip_seal_right")
# What differs between left and right; the axes have no names of their own.
ASYMMETRIES = tuple(f"asymmetry_{k}" for k in range(12))


@dataclass(frozen=True)
class Feature:
    """One direction of change.

    Attributes:
        doc: What more of it is.
        targets: MakeHuman changes and their shares; "more|less" when a change has an opposite.
        unit: Factor that makes one unit one standard deviation among adults of one sex and ancestry.
        loads: Shared factor -> correlation with it.
        male: Mean of men over that of women beyond what the body model has, in units.
        old: What old age adds, in units.
        base: (man, woman) what the model's own average lacks, in units: smaller eyes and mouths, men's skulls too long.
    """

    doc: str
    targets: Mapping[str, float]
    unit: float = 0.33
    loads: Mapping[str, float] = field(default_factory=dict)
    male: float = 0.0
    old: float = 0.0
    base: tuple[float, float] = (0.0, 0.0)


def _pair(stem: str, share: float = 1.0, more: str = "incr", less: str = "decr") -> dict[str, float]:
    label = stem.partition("/")[2]
    return {f"{stem}-{more}|{label}-{less}": share}


FEATURES: dict[str, Feature] = {
    "face_width": Feature("wider head", _pair("head/head-scale-horiz"), 0.14, {"wide": 0.7}, base=(0.2, 1.3)),
    "face_height": Feature("taller head", _pair("head/head-scale-vert"), 0.12, {"long": 0.7}, base=(0.4, 2.7)),
    "face_depth": Feature("deeper head", _pair("head/head-scale-depth"), 0.2, {"long": 0.3}, base=(-1.1, 0.0)),
    "occiput": Feature("fuller back of the head", _pair("head/head-back-scale-depth"), 0.12, base=(-1.1, 0.0)),
    "fullness": Feature("more fat in the face", _pair("head/head-fat"), 0.30, {"full": 0.7}),
    "roundness": Feature("rounder outline", {"head/head-round": 1.0}, 0.12, {"full": 0.4, "long": -0.4}),
    "squareness": Feature("squarer outline", {"head/head-square": 1.0}, 0.11, {"robust": 0.5}, male=0.3),
    "taper": Feature("outline that narrows to the chin", {"head/head-invertedtriangular": 1.0}, 0.14, {"wide": -0.2}),
    "oval": Feature("more oval outline", {"head/head-oval": 1.0}, 0.08, {"long": 0.2}),
    "ageing": Feature("sagging and hollows", _pair("head/head-age"), 0.12, old=4.5),
    "forehead_height": Feature("taller forehead", _pair("forehead/forehead-scale-vert"), 0.1, {"long": 0.3}),
    "forehead_slope": Feature(
        "forehead further back", _pair("forehead/forehead-trans", 1, "backward", "forward"), 0.2, {"robust": 0.5}, male=0.3
    ),
    "temples": Feature("fuller temples", _pair("forehead/forehead-temple"), 0.35, {"full": 0.3}, old=-0.9),
    "brow_ridge": Feature(
        "brow ridge further forward", _pair("eyebrows/eyebrows-trans", 1, "forward", "backward"), 0.33, {"robust": 0.7}, male=0.4
    ),
    "brow_height": Feature("higher brows", _pair("eyebrows/eyebrows-trans", 1, "up", "down"), 0.3, {"open": 0.6}, male=-0.3, old=-0.5),
    "brow_angle": Feature("outer brows higher", _pair("eyebrows/eyebrows-angle", 1, "up", "down"), 0.33, {"open": 0.3}, old=-0.4),
    "cheekbones": Feature("stronger cheekbones", _pair("cheek/cheek-bones"), 0.35, {"wide": 0.4, "robust": 0.2}),
    "cheek_volume": Feature("fuller cheeks", _pair("cheek/cheek-volume"), 0.33, {"full": 0.7}, old=-0.7),
    "cheek_inner": Feature("fuller cheeks beside the nose", _pair("cheek/cheek-inner"), 0.33, {"full": 0.4}, old=-0.5),
    "cheek_height": Feature("higher cheeks", _pair("cheek/cheek-trans", 1, "up", "down"), 0.33, {"open": 0.2}, old=-1.2),
    "jaw_width": Feature("wider angles of the jaw", _pair("chin/chin-bones"), 0.33, {"robust": 0.5, "wide": 0.3}, male=0.3),
    "jaw_drop": Feature("lower angles of the jaw", _pair("chin/chin-jaw-drop"), 0.3, {"long": 0.4}),
    "chin_height": Feature("taller chin", _pair("chin/chin-height"), 0.2, {"long": 0.5}, male=0.3),
    "chin_width": Feature("wider chin", _pair("chin/chin-width"), 0.25, {"robust": 0.5}, male=0.3),
    "chin_prominence": Feature("chin further forward", _pair("chin/chin-prominent"), 0.33, {"robust": 0.3}),
    "chin_cleft": Feature("cleft chin", {"chin/chin-cleft-incr": 1.0}, 0.22),
    "prognathism": Feature("lower face further forward", _pair("chin/chin-prognathism"), 0.28, {"forward": 0.5}),
    "nose_width": Feature("wider nose", _pair("nose/nose-scale-horiz"), 0.2, {"wide": 0.4, "forward": 0.4}, old=0.4, base=(1.6, 0.0)),
    "nose_length": Feature("longer nose", _pair("nose/nose-scale-vert"), 0.3, {"long": 0.6}, old=0.7),
    "nose_depth": Feature("nose further out", _pair("nose/nose-scale-depth"), 0.17, {"long": 0.3, "forward": -0.4}, male=0.2, old=0.3),
    "nose_hump": Feature("humped bridge", _pair("nose/nose-hump"), 0.3, {"robust": 0.3}, old=0.3),
    "nose_curve": Feature("convex bridge", _pair("nose/nose-curve", 1, "convex", "concave"), 0.33, {"robust": 0.3}),
    "nose_bridge": Feature("higher root of the nose", _pair("nose/nose-greek"), 0.3, {"forward": -0.4}),
    "nose_tip": Feature("tip turned up", _pair("nose/nose-point", 1, "up", "down"), 0.33, {"long": -0.4}, old=-1.0),
    "nose_tip_width": Feature("broader tip", _pair("nose/nose-point-width"), 0.33, {"forward": 0.3}, old=0.5),
    "nostrils": Feature("wider nostrils", _pair("nose/nose-nostrils-width"), 0.2, {"forward": 0.4}),
    "nostril_angle": Feature("nostrils drawn up", _pair("nose/nose-nostrils-angle", 1, "up", "down"), 0.33),
    "nose_flare": Feature("flared nostrils", _pair("nose/nose-flaring"), 0.3, {"forward": 0.3}),
    "nose_base": Feature("higher base of the nose", _pair("nose/nose-base", 1, "up", "down"), 0.33, {"long": -0.2}, old=-0.4),
    "bridge_width": Feature("wider bridge", {**_pair("nose/nose-width1"), **_pair("nose/nose-width2", 0.7)}, 0.3, {"robust": 0.3}),
    "nose_volume": Feature("fleshier nose", _pair("nose/nose-volume"), 0.28, {"robust": 0.3, "full": 0.2}, old=0.5),
    "eye_size": Feature("larger eye openings", _pair("eyes/eye-scale"), 0.17, {"open": 0.4}, base=(3.0, 3.2)),
    "eye_spacing": Feature("eyes further apart", _pair("eyes/eye-trans", 1, "out", "in"), 0.24, {"wide": 0.6}, base=(1.6, 2.9)),
    "eye_height": Feature("eyes higher in the face", _pair("eyes/eye-trans", 1, "up", "down"), 0.25),
    "eye_tilt": Feature(
        "outer corners higher",
        {**_pair("eyes/eye-corner2", 1, "up", "down"), **_pair("eyes/eye-corner1", 0.5, "down", "up")},
        0.25, {"open": 0.2}, old=-0.8,
    ),
    "eye_inner": Feature("rounder at the inner corner", _pair("eyes/eye-height1"), 0.25),
    "eye_outer": Feature("rounder at the outer corner", _pair("eyes/eye-height3"), 0.25, {"open": 0.2}, old=-0.5),
    "eye_depth": Feature("deeper set eyes", _pair("eyes/eye-push1", 1, "in", "out"), 0.25, {"robust": 0.4}, old=0.4),
    "lid_fold": Feature("heavier upper lid", _pair("eyes/eye-eyefold", 1, "down", "up"), 0.28, {"open": -0.5}, old=1.1),
    "lid_fullness": Feature("fuller upper lid", _pair("eyes/eye-eyefold", 1, "convex", "concave"), 0.28, {"full": 0.3}),
    "epicanthus": Feature("stronger inner fold", _pair("eyes/eye-epicanthus", 1, "in", "out"), 0.2),
    "eye_bags": Feature("bags below the eyes", _pair("eyes/eye-bag"), 0.25, {"full": 0.2}, old=1.6),
    "mouth_width": Feature("wider mouth", _pair("mouth/mouth-scale-horiz"), 0.3, {"wide": 0.4}, base=(2.2, 1.9)),
    "mouth_height": Feature("higher mouth", _pair("mouth/mouth-trans", 1, "up", "down"), 0.28, {"long": -0.3}, base=(0.6, 0.0)),
    "mouth_depth": Feature("mouth further forward", _pair("mouth/mouth-trans", 1, "forward", "backward"), 0.25, {"forward": 0.7}, old=-0.5),
    "upper_lip": Feature(
        "fuller upper lip", {**_pair("mouth/mouth-upperlip-height"), **_pair("mouth/mouth-upperlip-volume", 0.8)},
        0.28, {"forward": 0.5}, male=-0.3, old=-1.3,
    ),
    "lower_lip": Feature(
        "fuller lower lip", {**_pair("mouth/mouth-lowerlip-height"), **_pair("mouth/mouth-lowerlip-volume", 0.8)},
        0.2, {"forward": 0.5}, male=-0.1, old=-0.9, base=(-0.8, -0.4),
    ),
    "cupids_bow": Feature("stronger Cupid's bow", _pair("mouth/mouth-cupidsbow"), 0.33, old=-0.8),
    "mouth_corners": Feature("corners of the mouth higher", _pair("mouth/mouth-angles", 1, "up", "down"), 0.28, old=-0.9, base=(1.0, 1.0)),
    "philtrum": Feature("deeper philtrum", _pair("mouth/mouth-philtrum-volume"), 0.33, old=-0.5),
    "laugh_lines": Feature("deeper nasolabial folds", _pair("mouth/mouth-laugh-lines", 1, "in", "out"), 0.25, {"full": 0.2}, old=1.8),
    "ear_size": Feature("larger ears", _pair("ears/ear-scale"), 0.14, {"long": 0.2}, male=0.2, old=0.9),
    "ear_length": Feature("longer ears", _pair("ears/ear-scale-vert"), 0.13, {"long": 0.3}, old=0.6),
    "ear_lobes": Feature("larger lobes", _pair("ears/ear-lobe"), 0.2, old=0.9),
    "ear_tilt": Feature("ears turned forward", _pair("ears/ear-rot", 1, "forward", "backward"), 0.3),
    "double_chin": Feature("fuller under the chin", _pair("neck/neck-double"), 0.22, {"full": 0.6}, old=1.2),
}  # fmt: skip


def sample_features(rng: Generator, age_years: float, gender: float, amplitude: float = 1.0) -> dict[str, float]:
    """Draw a face: feature -> deviation in standard deviations, asymmetry included.

    Args:
        gender: 0 male .. 1 female.
        amplitude: 0 = the average face of the phenotype, 1 = people.
    """
    shared = dict(zip(FACTORS, rng.normal(0.0, 1.0, len(FACTORS)), strict=True))
    own = rng.normal(0.0, 1.0, len(FEATURES))
    grown = amplitude * float(np.interp(age_years, _GROWN[:, 0], _GROWN[:, 1]))
    out = {}
    for z, (name, f) in zip(own, FEATURES.items(), strict=True):
        left = max(1.0 - sum(r * r for r in f.loads.values()), 0.0)
        value = sum(r * shared[k] for k, r in f.loads.items()) + np.sqrt(left) * z + f.male * (0.5 - gender)
        out[name] = round(float(np.clip(value, -LIMIT, LIMIT)) * grown, 4)
    for name, z in zip(ASYMMETRIES, rng.normal(0.0, 1.0, len(ASYMMETRIES)), strict=True):
        out[name] = round(float(np.clip(z, -LIMIT, LIMIT)) * grown, 4)
    return out


def expected(age_years: float, gender: float) -> dict[str, float]:
    """Feature -> what age and sex add to it."""
    t = float(np.interp(age_years, _AGED[:, 0], _AGED[:, 1]))
    grown = float(np.interp(age_years, (0.0, 12.0), (0.2, 1.0)))
    return {
        name: f.old * t + grown * (f.base[0] * (1.0 - gender) + f.base[1] * gender)
        for name, f in FEATURES.items()
        if f.old or any(f.base)
    }


def feature_row(names: tuple[str, ...], features: Mapping[str, float], age_years: float, gender: float) -> NDArray[np.float64]:
    """(F,) coefficients of the feature columns called `names`: a person's own over what age and sex add."""
    mean = expected(age_years, gender)
    return np.array([features.get(n, 0.0) + mean.get(n, 0.0) for n in names])
