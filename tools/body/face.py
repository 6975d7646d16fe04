"""What makes a head itself: the columns after the global ones.

Detail: what the global components miss of a head of some ancestry, sex, age and weight; driven by the macro weights, so
that an old face has its folds and an infant its own proportions. Features: named changes that an artist sculpted (wider
nose, heavier lids), left and right together, at one standard deviation each. Asymmetry: the principal axes of the same
artist's one-sided changes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from body import population, space
from body.source import Source, read_target
from numpy.random import Generator
from numpy.typing import NDArray
from vivant.procgen.people.features import FEATURES
from vivant.procgen.people.macros import macro_weights

DETAIL_PEOPLE, DETAIL_COUNT = 700, 24
ASYMMETRY_COUNT = 12
# Mean length, over the skin of the face, of one standard deviation of all asymmetry together, metres: faces differ from
# their mirror image by 1 to 2 mm (Ferrario et al. 2001).
ASYMMETRY_M = 0.0007
_ASYMMETRIES = ("brown", "cheek", "ear", "eye", "jaw", "mouth", "nose", "temple")


def target_of(root: Path, name: str, count: int) -> NDArray[np.float64]:
    """(count, 3) one MakeHuman change, metres; "eyes/eye-scale-incr" stands for both eyes."""
    folder = root / "mpfb2" / "targets"
    group, _, label = name.partition("/")
    plain = folder / group / f"{label}.target.gz"
    files = [plain] if plain.exists() else [folder / group / f"{side}-{label}.target.gz" for side in "lr"]
    return np.sum([read_target(f, count) for f in files], axis=0)


def features(source: Source) -> NDArray[np.float32]:
    """(F, N, 3) metres, named by `FEATURES`, at one standard deviation."""
    n = len(source.template)
    out = []
    for feature in FEATURES.values():
        total = np.zeros((n, 3))
        for name, share in feature.targets.items():
            more, _, less = name.partition("|")
            change = target_of(source.root, more, n)
            if less:
                group = more.partition("/")[0]
                change = 0.5 * (change - target_of(source.root, f"{group}/{less}", n))
            total += share * change
        out.append(total * feature.unit)
    return np.asarray(out, np.float32)


def asymmetries(source: Source, face: NDArray) -> NDArray[np.float32]:
    """(12, N, 3) metres: principal axes of one-sided changes.

    Args:
        face: (N,) bool, where they are measured.
    """
    folder = source.root / "mpfb2" / "targets" / "asym"
    n = len(source.template)
    names = sorted(p.name[: -len("-l.target.gz")] for p in folder.glob("asym-*-l.target.gz"))
    names = [k for k in names if k.split("-")[1] in _ASYMMETRIES]
    rows = np.stack([read_target(folder / f"{k}-l.target.gz", n) - read_target(folder / f"{k}-r.target.gz", n) for k in names])
    # Each change counts alike, however large the artist made it.
    rows /= np.linalg.norm(rows[:, face], axis=(1, 2))[:, None, None]
    flat = rows[:, face].reshape(len(rows), -1)
    _, _, vt = np.linalg.svd(flat, full_matrices=False)
    mixing = np.linalg.lstsq(flat.T, vt[:ASYMMETRY_COUNT].T, rcond=None)[0].T
    mixing *= np.sign(vt[np.arange(ASYMMETRY_COUNT), np.abs(vt[:ASYMMETRY_COUNT]).argmax(1)])[:, None]
    axes = np.tensordot(mixing, rows, 1)
    axes *= np.linalg.svd(flat, compute_uv=False)[:ASYMMETRY_COUNT][:, None, None]
    whole = np.sqrt((axes[:, face] ** 2).sum(axis=(0, 2))).mean()
    return np.asarray(axes * (ASYMMETRY_M / whole), np.float32)


def seals(mean: NDArray, inner: NDArray, mobile: NDArray) -> NDArray[np.float32]:
    """(3, M, 3) metres: the lips drawn together by a millimetre in the middle, on the left and on the right.

    Args:
        mean: (M, 3); inner: (8, 3) the inner line of the lips, face landmarks 60 to 67; mobile: (M,) 1 where it may act.
    """
    line = np.concatenate([inner[:1], 0.5 * (inner[[1, 2, 3]] + inner[[7, 6, 5]]), inner[4:5]])
    order = np.argsort(line[:, 0])
    x, y = mean[:, 0], mean[:, 1]
    height = np.interp(x, line[order, 0], line[order, 1])
    half = 0.5 * abs(line[0, 0] - line[-1, 0])
    off = y - height
    near = np.exp(-((off / 0.006) ** 2)) * np.clip((mean[:, 2] - line[order, 2].min() + 0.012) / 0.006, 0.0, 1.0) * mobile
    middle = np.clip(1.0 - np.abs(x) / (0.6 * half), 0.0, 1.0)
    sides = [np.clip(1.0 - np.abs(s * x - 0.6 * half) / (0.6 * half), 0.0, 1.0) for s in (1.0, -1.0)]
    out = np.zeros((3, len(mean), 3), np.float32)
    for k, w in enumerate((middle, *sides)):
        out[k, :, 1] = -0.0005 * np.sign(off) * near * w * w * (3.0 - 2.0 * w)
    return out


def detail(
    rng: Generator, source: Source, weights: NDArray, order: NDArray, mean: NDArray, components: NDArray, table: NDArray
) -> tuple[NDArray[np.float32], NDArray[np.float64], dict]:
    """What the global components miss on the head of a phenotype.

    Args:
        order: (M,) base-mesh vertices that mean (M, 3) and components (G, M, 3) are given for.
        table: (K + 1, G) macro weights and a 1 -> global coefficients.
    Returns:
        (24, M, 3) metres, (K + 1, 24) macro weights and a 1 -> their coefficients, and measured errors.
    """
    values, age, _, _ = population.sample_macros(rng, DETAIL_PEOPLE)
    for name, limits in (("height", (-0.1, 1.1)), ("weight", (-0.3, 1.6)), ("muscle", (0, 1))):
        values[name] = rng.uniform(*limits, DETAIL_PEOPLE)
    # Mixed ancestry is a blend of the pure ones; age is where shapes bend.
    values["race"] = rng.dirichlet((0.25, 0.25, 0.25), DETAIL_PEOPLE)
    macro = macro_weights(values, source.macro_mask)
    mask = space.head_mask(source, weights)[order]
    head = np.flatnonzero(mask > 0)
    left = np.empty((DETAIL_PEOPLE, len(head), 3), np.float32)
    flat = components[:, head].reshape(len(components), -1)
    for lo in range(0, DETAIL_PEOPLE, 100):
        part = slice(lo, min(lo + 100, DETAIL_PEOPLE))
        shapes = population.pose_people(source, weights, values, age, macro[part].astype(np.float32), rng).shapes[:, order[head]]
        ours = mean[head] + ((macro[part] @ table[:-1] + table[-1]) @ flat).reshape(len(shapes), -1, 3)
        left[part] = shapes - ours
    # A whole-head shift is the neck's business: keep the change of shape only.
    left -= left[:, mask[head] > 0.5].mean(axis=1, keepdims=True)
    left *= mask[head][:, None]
    rows = left.reshape(DETAIL_PEOPLE, -1)
    mixing, sigma = space.principal(rows, DETAIL_COUNT)
    axes = mixing.T.astype(np.float32) @ rows
    coefficients = rows @ axes.T
    design = np.concatenate([macro, np.ones((DETAIL_PEOPLE, 1))], axis=1)
    train = np.arange(DETAIL_PEOPLE) < int(0.85 * DETAIL_PEOPLE)
    ridge = 1e-3 * np.eye(design.shape[1])
    fitted = np.linalg.solve(design[train].T @ design[train] + ridge, design[train].T @ (coefficients / sigma)[train])
    ours = (design @ fitted * sigma) @ axes

    def error(x: NDArray) -> float:
        return float(1e3 * np.linalg.norm(x.reshape(len(x), -1, 3)[:, mask[head] > 0.5], axis=2).mean())

    report = {"head_missed_mm": error(rows[~train]), "head_left_mm": error((rows - ours)[~train])}
    out = np.zeros((DETAIL_COUNT, len(order), 3), np.float32)
    out[:, head] = (axes * sigma[:, None]).reshape(DETAIL_COUNT, -1, 3)
    return out, fitted, report
