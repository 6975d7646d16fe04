"""Random people in MakeHuman's parameters, from which the shape space is learnt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from body import rig
from body.source import Source
from numpy.random import Generator
from numpy.typing import NDArray
from vivant.procgen.people.growth import body_mass, stature
from vivant.procgen.people.macros import ANCHORS, macro_weights
from vivant.procgen.people.shape import DENSITY, HEIGHT_LIMITS, WEIGHT_LIMITS, age_parameter

HEAD_GROUPS = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "nose")
# Left out: shifts of the face or of one feature to one side, cartoon ears, and age, which the macros already carry.
HEAD_SKIP = ("head-trans", "head-angle", "mouth-trans-in", "mouth-trans-out", "nose-trans-in", "nose-trans-out",
             "ear-shape-pointed", "ear-wing", "ear-flap", "head-age", "nose-compression")  # fmt: skip
# Shapes of the skull that read as cartoon characters at full strength (by eye): how much of them is used.
HEAD_SHARE = {"head-square": 0.35, "head-rectangular": 0.35, "head-triangular": 0.4, "head-invertedtriangular": 0.4,
              "head-diamond": 0.5, "head-round": 0.6, "head-oval": 0.6, "head-scale": 0.55, "head-back": 0.6,
              "head-fat": 0.6, "forehead-nubian": 0.5, "ear-": 0.8, "chin-triangle": 0.6}  # fmt: skip
# How much a left feature differs from its right twin, relative to how much people differ.
ASYMMETRY = 0.1
BODY_GROUPS = ("arms", "breast", "buttocks", "feet", "hands", "hip", "legs", "neck", "pelvis", "stomach", "torso")
BODY_SKIP = ("nipple", "bulge", "pregnant", "navel", "trans-in-out", "torso-trans", "hip-trans", "neck-trans",
             "foot-trans", "hand-trans", "fingers-distance")  # fmt: skip
BATCH = 50
CALIBRATION_STEPS = 9


@dataclass(frozen=True)
class People:
    """macros: parameter -> (n,) (race (n, 3)); shapes (n, N, 3) T-posed, pelvis at the origin; joints (n, 55, 3)."""

    macros: dict
    age_years: NDArray
    shapes: NDArray
    joints: NDArray


def sample_macros(rng: Generator, n: int) -> tuple[dict, NDArray, NDArray, NDArray]:
    """Macro values, age in years, target stature (m) and mass (kg) of n people of all ages, builds and ancestries."""
    kind = rng.choice(3, n, p=(0.12, 0.26, 0.62))
    age = np.where(kind == 0, rng.uniform(0, 3, n), np.where(kind == 1, rng.uniform(3, 18, n), rng.uniform(18, 90, n)))
    gender = np.where(rng.random(n) < 0.85, rng.integers(0, 2, n), rng.random(n)).astype(float)
    values = {name: np.clip(rng.normal(0.5, 0.2, n), 0, 1) for name in ANCHORS}
    values["age"] = age_parameter(age)
    values["gender"] = gender
    values["proportions"] = rng.uniform(0.3, 1.0, n)
    values["muscle"] = np.clip(rng.normal(0.5, 0.22, n), 0, 1)
    values["race"] = rng.dirichlet((0.5, 0.5, 0.5), n)
    height = stature(age, gender, rng.normal(0, 1.15, n))
    mass = body_mass(age, gender, rng.normal(0, 1.15, n)) * (height / stature(age, gender, np.zeros(n))) ** 2
    return values, age, height, mass


def sample_local(rng: Generator, source: Source, n: int, head: bool, sigma: float, density: float) -> NDArray:
    """(n, N, 3) float32 offsets of random local changes, left and right nearly equal."""
    groups, skip = (HEAD_GROUPS, HEAD_SKIP) if head else (BODY_GROUPS, BODY_SKIP)
    labels = [k for k in source.local if k.split("/")[0] in groups and not any(s in k for s in skip)]
    shared: dict[str, NDArray] = {}
    coefs, shapes = [], []
    for label in labels:
        name = label.split("/")[1]
        stem = name[2:] if name.startswith(("l-", "r-")) else name
        if stem not in shared:
            shared[stem] = rng.normal(0, sigma, n) * (rng.random(n) < density)
        share = next((v for k, v in HEAD_SHARE.items() if stem.startswith(k)), 1.0)
        value = np.clip(share * (shared[stem] + rng.normal(0, ASYMMETRY * sigma, n) * (stem != name)), -1, 1)
        positive, negative = source.local[label]
        coefs += [np.maximum(value, 0), np.maximum(-value, 0)]
        shapes += [positive, negative]
    return np.tensordot(np.stack(coefs, 1).astype(np.float32), np.stack(shapes), 1)


def volume(shapes: NDArray, faces: NDArray) -> NDArray[np.float64]:
    """(n,) cubic metres enclosed by triangles (F, 3) of shapes (n, V, 3)."""
    out = np.empty(len(shapes))
    for i, v in enumerate(shapes):
        a, b, c = v[faces[:, 0]], v[faces[:, 1]], v[faces[:, 2]]
        out[i] = np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0
    return out


def calibrate(source: Source, values: dict, height: NDArray, mass: NDArray, skin_faces: NDArray) -> None:
    """Set values["height"] and values["weight"] in place so that stature and mass come out as asked (within limits)."""
    n = len(height)
    skin = int(skin_faces.max()) + 1
    flat = source.macro[:, :skin].reshape(len(source.macro), -1)
    template = source.template[:skin]
    for lo in range(0, n, BATCH):
        part = slice(lo, min(lo + BATCH, n))
        sub = {k: v[part] for k, v in values.items()}

        def measure(h: NDArray, w: NDArray, sub: dict = sub) -> tuple[NDArray, NDArray]:
            coef = macro_weights({**sub, "height": h, "weight": w}, source.macro_mask).astype(np.float32)
            shapes = template + (coef @ flat).reshape(len(h), skin, 3)
            return np.ptp(shapes[:, :, 1], axis=1), volume(shapes, skin_faces) * DENSITY

        h, w = np.full(part.stop - lo, 0.5), np.full(part.stop - lo, 0.5)
        s0, _ = measure(h, w)
        s1, _ = measure(h + 0.1, w)
        slope = (s1 - s0) / 0.1
        for _ in range(CALIBRATION_STEPS):
            s, m = measure(h, w)
            h = np.clip(h + (height[part] - s) / slope, *HEIGHT_LIMITS)
            # Mass also grows with stature: compare at the wanted one.
            ratio = mass[part] / (m * (height[part] / s) ** 2)
            w = np.clip(w + 1.1 * np.log(ratio), *WEIGHT_LIMITS)
        values["height"][part], values["weight"][part] = h, w


def make_people(
    rng: Generator,
    source: Source,
    weights: NDArray,
    n: int,
    skin_faces: NDArray,
    local: float = 0.25,
    head: float = 0.0,
) -> People:
    """Sample n calibrated people and bring them to the T-pose.

    Args:
        weights: (N, 55) skinning weights.
        skin_faces: (F, 3) base-mesh triangles of the closed skin.
        local, head: amplitude of local changes of the body and of the head (0: none).
    """
    values, age, height, mass = sample_macros(rng, n)
    calibrate(source, values, height, mass, skin_faces)
    coef = macro_weights(values, source.macro_mask).astype(np.float32)
    return pose_people(source, weights, values, age, coef, rng, local, head)


def pose_people(source, weights, values, age, coef, rng, local=0.0, head=0.0) -> People:
    """Shapes of given macro weights (n, K) plus random local changes, in the T-pose."""
    n = len(coef)
    shapes = np.empty((n, *source.template.shape), np.float32)
    joints = np.empty((n, len(rig.JOINT_NAMES), 3), np.float32)
    for lo in range(0, n, BATCH):
        part = slice(lo, min(lo + BATCH, n))
        count = part.stop - lo
        rest = source.template + np.tensordot(coef[part], source.macro, 1)
        if local:
            rest += sample_local(rng, source, count, False, local, 0.4)
        if head:
            rest += sample_local(rng, source, count, True, head, 0.8)
        places = rig.rig_joints(source, rest)
        posed, placed = rig.skin(rest, places, rig.tpose_rotations(places), weights)
        shapes[part] = posed - placed[:, :1]
        joints[part] = placed - placed[:, :1]
    return People(values, age, shapes, joints)
