"""A lifted face on a person that Vivant builds: named features, skin tone and expression, so that everything else goes with it.

The features are solved for so that the person's own head, with its age, sex and body, comes as near to the lifted one as
named features can; what is left over is reported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.layout import Placement
from ...procgen.materials.skin import albedo
from ...procgen.one_person import level_ground
from ...procgen.people.features import ASYMMETRIES, FEATURES
from ...procgen.people.growth import body_mass, stature
from ...procgen.people.lbs import rodrigues
from ...procgen.people.model import load_body
from ...procgen.people.shape import Phenotype, betas_from_phenotypes
from ...procgen.people.skeleton import LEFT_EYE, RIGHT_EYE
from ...procgen.registry import poses
from ...procgen.sample_people import sample_human
from ...procgen.seeds import Seed
from ...procgen.spec import HumanSpec, replace
from .least_squares import Priors, Term, minimise
from .open_head import open_head, surface
from .result import PartResult, read_result

# Actions weaker than this are noise of the fit.
LEAST_ACTION = 0.04
# How near features are drawn to the lifted surface: a vertex counts as one in eight, for neighbours say the same.
SD, SHARED = 0.001, 8.0
LIMIT = 3.5
EVERY = 3
# A face is compared with these when nobody is given.
AGES, SEXES, ANCESTRIES = (25.0, 45.0, 65.0), (0.0, 1.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Likeness:
    """A person made like a face.

    Attributes:
        person: The person.
        mm: Mean distance of their face from the lifted one at rest, after a rigid move.
        before_mm: The same of the person before.
    """

    person: HumanSpec
    mm: float
    before_mm: float


def face_of(folder: str | os.PathLike[str]) -> PartResult:
    """The face of a lifted subject.

    Raises:
        LiftError: it has none, or one of another head than ours.
    """
    result = read_result(folder)
    if "face" not in result.parts:
        raise LiftError(f"{result.name} has no lifted face", expected="a result of `vivant lift --what face`")
    face = result.parts["face"]
    if face.facts.get("head") != open_head().name:
        raise LiftError(
            f"{result.name} was lifted with head {face.facts.get('head')!r}", expected="the open head",
            fix="lift it again without --model",
        )  # fmt: skip
    return face


def like(face: PartResult, person: HumanSpec) -> Likeness:
    """A given person with the lifted face: features, skin tone, expression; everything else stays."""
    phenotype, after, before = _features([person.phenotype], _rest(face))[0]
    return Likeness(_made_like(face, replace(person, phenotype=phenotype)), after, before)


def somebody_like(face: PartResult, seed: Seed) -> Likeness:
    """A whole person about a lifted face: sex, age and ancestry that suit it best, and hair and clothes drawn to go with them."""
    known = [
        Phenotype(
            gender=sex, age_years=age, ancestry=ancestry, height_m=round(float(stature([age], [sex], [0.0])[0]), 3),
            weight_kg=round(float(body_mass([age], [sex], [0.0])[0]), 1),
        )
        for sex in SEXES for age in AGES for ancestry in ANCESTRIES
    ]  # fmt: skip
    found = _features(known, _rest(face))
    phenotype, after, before = min(found, key=lambda f: f[1])
    human = sample_human(seed, phenotype, Placement((0.0, 0.0), 0.0), level_ground(), 1)
    pose = poses.get("stand").make(seed.child("pose").rng(), phenotype)
    left, right = pose.hand_specs()
    human = replace(human, pose=pose, left_hand=left, right_hand=right, seat=None, detail=1)
    return Likeness(_made_like(face, human), after, before)


def activations_of(face: PartResult) -> dict[str, float]:
    """Actions of a lifted face that are more than noise."""
    given: Mapping[str, Any] = face.facts.get("activations", {})
    return {str(k): round(float(v), 3) for k, v in given.items() if float(v) >= LEAST_ACTION}


def in_tone(face: PartResult, person: HumanSpec) -> HumanSpec:
    """A person with the skin tone of a lifted face."""
    tone = face.facts.get("skin_linear")
    if tone is not None:
        melanin, redness = nearest_tone(np.asarray(tone, np.float64))
        person = replace(person, skin=replace(person.skin, melanin=melanin, redness=redness))
    return person


def _made_like(face: PartResult, person: HumanSpec) -> HumanSpec:
    return replace(in_tone(face, person), expression=activations_of(face))


def nearest_tone(skin: np.ndarray) -> tuple[float, float]:
    """Melanin and redness whose albedo is nearest to a linear colour (3,): brightness first, then hue."""
    grid = np.stack(np.meshgrid(np.linspace(0.05, 0.98, 60), np.linspace(0.2, 1.0, 9), indexing="ij"), -1).reshape(-1, 2)
    colors = np.array([albedo(float(m), float(r)) for m, r in grid]).reshape(len(grid), 3)
    off = np.log(np.maximum(colors, 1e-3)) - np.log(np.maximum(skin, 1e-3))
    hue = off - off.mean(1, keepdims=True)
    m, r = grid[(off.mean(1) ** 2 + 0.25 * (hue**2).sum(1)).argmin()]
    return round(float(m), 3), round(float(r), 3)


def _rest(face: PartResult) -> np.ndarray:
    head = open_head()
    z = np.asarray(face.arrays["shape"], np.float64).ravel()
    if len(z) != head.identity_count:
        raise LiftError(
            "the lifted face belongs to another version of the head", expected=head.identity_count, got=len(z), fix="lift it again"
        )
    return head.shape(z, np.zeros(head.expression_count))


@lru_cache(maxsize=1)
def _basis() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sampled vertices of the front of the face: ids within the head, (M, 3) places without betas, (B, M, 3) by betas."""
    head, model = open_head(), load_body()
    some = np.flatnonzero(head.face)[::EVERY]
    ids = np.asarray(head.decode["ids"])[some]
    eyes = [LEFT_EYE, RIGHT_EYE]
    middle = (model.J_regressor[eyes].astype(np.float64) @ model.v_template).mean(0)
    moves = np.tensordot(model.J_regressor[eyes].astype(np.float64), model.shapedirs, 1).mean(0)
    places = surface(model, model.v_template, ids) - middle
    return some, places, (surface(model, model.shapedirs, ids) - moves).transpose(2, 0, 1)


def with_face(face: PartResult, betas: np.ndarray) -> np.ndarray:
    """Shape coefficients of the open body (B,) with the features of a lifted face in place of their own."""
    columns = [c for c, _ in _feature_columns()]
    own = np.array(betas, np.float64)
    own[columns] = 0.0
    some, places, dirs = _basis()
    own[columns] = _solved(places + np.tensordot(own, dirs, 1), dirs[columns], _rest(face)[some])
    return own


def _feature_columns() -> list[tuple[int, str]]:
    """Coefficient and name of every feature of a face."""
    model = load_body()
    first = model.shapedirs.shape[2] - len(model.feature_names)
    return [(first + k, n) for k, n in enumerate(model.feature_names) if n in FEATURES or n in ASYMMETRIES]


def _features(people: Sequence[Phenotype], target: np.ndarray) -> list[tuple[Phenotype, float, float]]:
    """Each person with the features that bring them nearest to a head at rest; distances after and before, mm."""
    model = load_body()
    some, places, dirs = _basis()
    goal = target[some]
    columns, names = zip(*_feature_columns(), strict=True)
    D = dirs[list(columns)]
    plain = [Phenotype.from_dict({**p.to_dict(), "features": {}}) for p in people]
    betas = betas_from_phenotypes(model, plain)
    before = betas_from_phenotypes(model, list(people))
    out = []
    for person, own, was in zip(people, betas, before, strict=True):
        x = _solved(places + np.tensordot(own, dirs, 1), D, goal)
        features = {n: round(float(v), 4) for n, v in zip(names, x, strict=True) if abs(v) > 5e-4}
        made = Phenotype.from_dict({**person.to_dict(), "features": features})
        now = betas_from_phenotypes(model, [made])[0]
        out.append((made, _apart(places + np.tensordot(now, dirs, 1), goal), _apart(places + np.tensordot(was, dirs, 1), goal)))
    return out


def _solved(base: np.ndarray, D: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """(C,) features that bring points base (M, 3), moved by D (C, M, 3), nearest to goal after a rigid move."""
    count, w = len(D), 1.0 / (SD * np.sqrt(SHARED))

    def linearise(x: np.ndarray) -> list[Term]:
        X = base + np.tensordot(x[:count], D, 1)
        R = rodrigues(x[count : count + 3])
        turned = X @ R.T
        J = np.zeros((len(X), 3, count + 6))
        J[..., :count] = (D @ R.T).transpose(1, 2, 0)
        for axis in range(3):
            J[..., count + axis] = np.cross(np.eye(3)[axis], turned)
            J[:, axis, count + 3 + axis] = 1.0
        residual = turned + x[count + 3 :] - goal
        return [Term("surface", residual.ravel() * w, J.reshape(-1, count + 6) * w, 3)]

    precision = np.concatenate([np.ones(count), np.full(6, 1e-6)])
    bounds = np.concatenate([np.full(count, LIMIT), np.full(6, np.inf)])
    priors = Priors(np.zeros(count + 6), precision, lower=-bounds, upper=bounds, turns=(count,))
    return minimise(np.zeros(count + 6), linearise, priors, steps=6, damping=1e-6).x[:count]


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    ca, cb = a.mean(0), b.mean(0)
    u, _, vt = np.linalg.svd((a - ca).T @ (b - cb))
    R = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
    return 1e3 * float(np.linalg.norm((a - ca) @ R + cb - b, axis=1).mean())
