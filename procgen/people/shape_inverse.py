"""From shape coefficients back to who has them: age, sex, build, ancestry and features of somebody of that shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import SpecError
from ..npz import read_npz
from .features import ASYMMETRIES, FEATURES, feature_row
from .model import BodyModel
from .shape import BUILD_COUNT, DENSITY, Phenotype, betas_from_phenotypes, body_stature, volume

# The unknowns: name, least, most, step of the difference quotients, what counts as one unit of "unusual".
_UNKNOWN = (
    ("gender", 0.0, 1.0, 0.04, 1.0),
    ("age_years", 1.0, 90.0, 1.0, 40.0),
    ("muscle", 0.0, 1.0, 0.04, 0.5),
    ("proportions", 0.0, 1.0, 0.04, 0.5),
    ("cup_size", 0.0, 1.0, 0.04, 0.5),
    ("firmness", 0.0, 1.0, 0.04, 0.5),
)
_BUILD, _BUILD_STEP = (-4.0, 4.0), 0.1
_EVERY = 16  # vertices that are compared
_SD = 0.0005  # metres; below that a shape is met
_ROUNDS, _STARTS = 25, 4
_MET = 1e-4  # metres: near enough to try no other start


def phenotype_like(model: BodyModel, betas: ArrayLike) -> tuple[Phenotype, float]:
    """Somebody who has nearly these shape coefficients: damped Gauss-Newton on vertices, from the best of many first guesses.

    Stature and mass are read off the body. Different people can look nearly the same, so age and ancestry are guesses; the
    shape is what is met.

    Args:
        model: The open body.
        betas: (B,) its coefficients.
    Returns:
        The phenotype, and the mean distance of its vertices from the wanted ones, millimetres.
    Raises:
        SpecError: coefficients of another body model, or no finite numbers.
    """
    wanted = np.asarray(betas, np.float64).ravel()
    count = model.shapedirs.shape[2]
    if len(wanted) != count:
        raise SpecError(
            "the shape belongs to another body model", expected=f"{count} coefficients", got=len(wanted),
            fix="shapes are taken from files that Vivant wrote; pose and motion from any",
        )  # fmt: skip
    if not np.isfinite(wanted).all():
        raise SpecError("the shape is no finite numbers", expected=f"{count} finite coefficients")
    seen = model.shapedirs[::_EVERY].reshape(-1, count).astype(np.float64)
    height = float(np.clip(body_stature(model, wanted[None])[0], 0.4, 2.3))
    mass = float(np.clip(volume(model, wanted[None])[0] * DENSITY, 2.0, 250.0))

    known = [n in FEATURES or n in ASYMMETRIES for n in model.feature_names]

    def made(x: NDArray) -> Phenotype:
        """Of unknowns (6 + 3 + builds)."""
        named = {name: float(v) for (name, *_), v in zip(_UNKNOWN, x, strict=False)}
        row = feature_row(model.feature_names, {}, named["age_years"], named["gender"])
        own = np.clip(wanted[count - len(row) :] - row, -4.0, 4.0) if len(row) else row
        share = np.maximum(x[6:9], 1e-3)
        return Phenotype(
            height_m=height, weight_kg=mass, ancestry=(float(share[0]), float(share[1]), float(share[2])),
            build=tuple(float(b) for b in x[9:]),
            features={n: float(v) for n, v, ours in zip(model.feature_names, own, known, strict=True) if ours},
            **named,
        )  # fmt: skip

    def off(people: list[Phenotype]) -> NDArray[np.float64]:
        """(N, 3 V) metres."""
        return (betas_from_phenotypes(model, people) - wanted) @ seen.T

    low = np.array([u[1] for u in _UNKNOWN] + [0.0] * 3 + [_BUILD[0]] * BUILD_COUNT)
    high = np.array([u[2] for u in _UNKNOWN] + [1.0] * 3 + [_BUILD[1]] * BUILD_COUNT)
    step = np.array([u[3] for u in _UNKNOWN] + [0.04] * 3 + [_BUILD_STEP] * BUILD_COUNT)
    rare = np.array([u[4] for u in _UNKNOWN] + [0.5] * 3 + [1.5] * BUILD_COUNT)
    ages = (14.0, 22.0, 40.0, 65.0) if height > 1.35 else (3.0, 7.0, 12.0, 16.0)
    starts = np.array([
        [sex, age, 0.45, 0.6, 0.5, 0.5, *(0.1 + 0.8 * np.eye(3)[k]), *np.zeros(BUILD_COUNT)]
        for sex in (0.1, 0.9) for age in ages for k in range(3)
    ])  # fmt: skip

    def descend(x: NDArray, best: NDArray) -> tuple[NDArray, NDArray]:
        damping = 1.0
        for _ in range(_ROUNDS):
            tried = np.clip(x + np.diag(step) * np.where(x + step > high, -1.0, 1.0), low, high)
            slope = (off([made(t) for t in tried]) - best) / np.diag(tried - x)[:, None]
            while damping < 1e7:
                normal = slope @ slope.T / _SD**2 + np.diag(damping / rare**2)
                moved = np.clip(x - np.linalg.solve(normal, slope @ best / _SD**2), low, high)
                now = off([made(moved)])[0]
                if (now**2).sum() < (best**2).sum():
                    break
                damping *= 10.0
            else:
                break
            settled = (now**2).sum() > 0.999 * (best**2).sum()
            x, best, damping = moved, now, max(damping * 0.1, 1e-3)
            if settled:
                break
        return x, best

    begun = off([made(x) for x in starts])
    found = []
    for i in np.argsort((begun**2).sum(1))[:_STARTS]:
        x, best = descend(starts[i], begun[i])
        found.append((float(np.linalg.norm(best.reshape(-1, 3), axis=1).mean()), x))
        if found[-1][0] < _MET:
            break
    mean, x = min(found, key=lambda f: f[0])
    return made(x), 1000 * mean


def read_shape(path: str | Path) -> NDArray[np.float64] | None:
    """(B,) shape coefficients `betas` of a file in the SMPL-X format, of several rows the first; None where it has none.

    Raises:
        DatasetError: no such file, or a damaged one.
    """
    betas = np.asarray(read_npz(path, skip_objects=True).get("betas", ()))
    if betas.size == 0 or not np.issubdtype(betas.dtype, np.number):
        return None
    return np.asarray(np.atleast_2d(betas)[0], np.float64)
