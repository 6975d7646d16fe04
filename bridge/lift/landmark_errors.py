"""What MediaPipe's face mesh does wrong on average: a bias and a spread of every point by the turn of the head, and the ways
in which the errors of one picture go together.

Measured by `tools/lift_calibrate.py` on heads whose shape and camera are known. Lengths are in face units: the picture's
size of 90 mm at the depth of the face, about the distance between the outer corners of the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...procgen.npz import read_npz
from .open_head import ASSET, open_head

UNIT = 0.09
# Points of the irises' rims lie on no mesh; their centres do. Rims: outer and inner end of the horizontal diameter of each eye.
IRIS_CENTRES = (468, 473)
UNUSED = (469, 470, 471, 472, 474, 475, 476, 477)
IRIS_ENDS = ((469, 471), (474, 476))
# Diameter of the visible iris, metres, from about two years on (Rüfer et al. 2005), and the logarithm's standard deviation of what is
# measured of it: 4 % between people, 6.5 % by the detector on rendered heads that face it.
IRIS_M, IRIS_SD = 0.0117, 0.076
# Beyond this turn the detector draws irises as it likes, degrees; lids nearer than this share of the iris hide it.
IRIS_YAW, IRIS_OPEN = 38.0, 0.45
# Upper and lower lid above the middle of each iris.
_LIDS = ((159, 145), (386, 374))


@dataclass(frozen=True)
class LandmarkErrors:
    """Errors of 478 points.

    Attributes:
        yaws: (Y,) degrees at which they were measured; positive: the camera stands on the person's left.
        bias: (Y, 478, 2) face units, in the picture turned so that the eyes are level.
        spread: (Y, 478) face units, one standard deviation a coordinate, all of the error.
        modes: (M, 478, 2) errors that come together, in spreads, at one standard deviation.
        own: (478,) share of the spread that is each point's own.
    """

    yaws: np.ndarray
    bias: np.ndarray
    spread: np.ndarray
    modes: np.ndarray
    own: np.ndarray

    def at(self, yaw: float) -> tuple[np.ndarray, np.ndarray]:
        """Bias (478, 2) and spread (478,) at a turn of the head, degrees; beyond the last turn the errors grow."""
        k = np.clip(np.searchsorted(self.yaws, yaw) - 1, 0, len(self.yaws) - 2)
        t = float(np.clip((yaw - self.yaws[k]) / (self.yaws[k + 1] - self.yaws[k]), 0.0, 1.0))
        beyond = max(abs(yaw) - float(np.abs(self.yaws).max()), 0.0)
        bias = (1 - t) * self.bias[k] + t * self.bias[k + 1]
        return bias, ((1 - t) * self.spread[k] + t * self.spread[k + 1]) * (1.0 + beyond / 15.0)


@lru_cache(maxsize=1)
def landmark_errors() -> LandmarkErrors:
    """The errors that ship with Vivant."""
    data = read_npz(ASSET, keys=["yaws", "bias", "spread", "error_modes", "own"])
    return LandmarkErrors(
        *(np.asarray(data[k], np.float64) for k in ("yaws", "bias", "spread", "error_modes", "own"))
    )


@lru_cache(maxsize=1)
def mirror_order() -> np.ndarray:
    """(478,) which point of a face's mirror image each point is."""
    landmarks = open_head().landmarks
    assert landmarks is not None
    skin = landmarks.on(open_head().vertices)[:468]
    apart = np.linalg.norm(skin[:, None] - skin[None] * [-1.0, 1.0, 1.0], axis=2)
    # The irises: middles change places, rims run the other way round.
    return np.concatenate([apart.argmin(1), [473, 476, 475, 474, 477, 468, 471, 470, 469, 472]])


def iris_diameters(points: np.ndarray, yaw: float) -> np.ndarray:
    """(2,) pixels of both irises as a face would show them that is not turned; NaN where lids cover one or the head turns away."""
    out = np.full(2, np.nan)
    if abs(yaw) > IRIS_YAW:
        return out
    for eye, ((a, b), (up, low)) in enumerate(zip(IRIS_ENDS, _LIDS, strict=True)):
        across = float(np.linalg.norm(points[a] - points[b]))
        if np.linalg.norm(points[up] - points[low]) > IRIS_OPEN * across > 0.0:
            out[eye] = across / np.cos(np.radians(yaw))
    return out


def yaw_of(R: np.ndarray) -> float:
    """Degrees that a head is turned, from its rotation into the camera; positive: its left side is seen."""
    ahead = R @ np.array([0.0, 0.0, 1.0])
    return float(np.degrees(np.arctan2(-ahead[0], -ahead[2])))


def roll_of(R: np.ndarray) -> float:
    """Radians by which the line of the eyes is turned in the picture."""
    across = R @ np.array([1.0, 0.0, 0.0])
    # Seen from the side the line of the eyes is short; the head's upright then says more.
    up = R @ np.array([0.0, 1.0, 0.0])
    return float(np.arctan2(across[1] + up[0], across[0] - up[1]))
