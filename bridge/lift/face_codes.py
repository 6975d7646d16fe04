"""DECA-style codes of a face: shape, exp, pose, cam, light, tex, detail, in an .npz of arrays; reading those of DECA and EMOCA.

    shape   (1, I)   identity of the head model, standard deviations
    exp     (1, E)   expression of the head model (for the open head the 52 ARKit actions, by `exp_names`)
    pose    (1, 6)   axis-angle of the head in the camera (x right, y up, z to the viewer, as DECA has it), then of the jaw
    cam     (1, 3)   weak perspective (s, tx, ty): x = s (X + tx), y = s (Y + ty), in [-1, 1] across the face's square crop, y up
    light   (1, 9, 3) spherical harmonics, DECA's order and constants
    tex     (1, 3)   mean linear albedo; detail (1, 0) unless a detail map was lifted
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...procgen.errors import DatasetError, SpecError
from ...procgen.files import read_bytes
from ...procgen.npz import read_npz
from .face_fit import FaceFit
from .face_light import FaceLight
from .least_squares import rotation_vector

KEYS = ("shape", "exp", "pose", "cam", "light", "tex", "detail")
# Other programs' names of the same codes.
_ALIASES = {"shapecode": "shape", "expcode": "exp", "expression": "exp", "posecode": "pose", "camera": "cam", "lightcode": "light",
            "texcode": "tex", "detailcode": "detail"}  # fmt: skip
# Constants of the real harmonics in DECA's order (1, x, y, z, xy, xz, yz, x2-y2, 3z2-1) over ours (see `body_light.harmonics`).
_ORDER = (0, 1, 2, 3, 4, 7, 5, 8, 6)
_PI = np.pi
_FACTORS = np.array(
    [1 / np.sqrt(4 * _PI), *([2 * _PI / 3 * np.sqrt(3 / (4 * _PI))] * 3), *([_PI / 4 * 3 * np.sqrt(5 / (12 * _PI))] * 3),
     _PI / 4 * 1.5 * np.sqrt(5 / (12 * _PI)), _PI / 4 * 0.5 * np.sqrt(5 / (4 * _PI))]
)  # fmt: skip
# Camera axes of OpenCV to those of DECA: y up, z towards the viewer.
_UP = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class FaceCodes:
    """Codes of F faces; absent ones have no columns.

    shape (F, n), exp (F, n), pose (F, 6), cam (F, 3), light (F, 9, 3), tex (F, n), detail (F, n): float64.
    """

    shape: np.ndarray
    exp: np.ndarray
    pose: np.ndarray
    cam: np.ndarray
    light: np.ndarray
    tex: np.ndarray
    detail: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """Name -> float32 array, for an .npz."""
        return {k: np.asarray(getattr(self, k), np.float32) for k in KEYS}


def codes_of(fit: FaceFit, light: FaceLight | None, box: tuple[float, float, float, float], view: int = 0) -> FaceCodes:
    """Codes of a fitted face.

    Args:
        box: x0, y0, x1, y1 of the face in the picture; the crop is the square about it, a quarter larger.
    """
    T, K = fit.T_cam_from_head[view], fit.K[view]
    jaw = fit.expression @ fit.head.hinges[0].turn_by_expression if fit.head.hinges else np.zeros(3)
    side = max(box[2] - box[0], box[3] - box[1]) * 1.25
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    per_metre = K[0, 0] / T[2, 3]
    s = 2.0 * per_metre / side
    at = (np.array([K[0, 2], K[1, 2]]) + per_metre * T[:2, 3] - middle) * 2.0 / side
    cam = np.array([s, at[0] / s, -at[1] / s])
    nine = np.zeros((9, 3))
    tex = np.zeros(0)
    if light is not None:
        # DECA's light is in the camera's axes: the same function of turned normals, fitted again exactly at sample normals.
        nine, tex = _turned(light.light, _UP @ T[:3, :3]), light.skin
    pose = np.concatenate([rotation_vector(_UP @ T[:3, :3]), jaw])
    return FaceCodes(
        fit.identity[None], fit.expression[None], pose[None], cam[None], nine[None], tex[None], np.zeros((1, 0))
    )


def deca_basis(normals: np.ndarray) -> np.ndarray:
    """(n, 9) DECA's spherical harmonics of unit normals. Source: its `SRenderY.add_SHlight`."""
    x, y, z = normals.T
    rows = [np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1]
    return np.stack(rows, 1) * _FACTORS


def _turned(light: np.ndarray, R: np.ndarray) -> np.ndarray:
    """(9, 3) DECA's coefficients in turned axes of our light: both span the same functions, so nine normals suffice."""
    from .body_light import harmonics

    k = np.arange(64) + 0.5
    z, angle = 1 - 2 * k / 64, np.pi * (1 + 5**0.5) * k
    n = np.stack([np.sqrt(1 - z * z) * np.cos(angle), np.sqrt(1 - z * z) * np.sin(angle), z], 1)
    return np.linalg.lstsq(deca_basis(n @ R.T), harmonics(n) @ light, rcond=None)[0]


def read_codes(path: str | os.PathLike[str]) -> FaceCodes:
    """Codes from an .npz of ours, a folder of .npy files as EMOCA writes them, or a .mat as DECA's --saveMat writes it.

    Raises:
        SpecError: no such file, a pickle, or no codes in it.
        DatasetError: damaged.
    """
    path = Path(path)
    if path.is_dir():
        found = {p.stem: _npy(p) for p in sorted(path.glob("*.npy"))}
    elif not path.is_file():
        raise SpecError(f"there are no codes at {str(path)!r}", fix="check the path")
    elif path.suffix.lower() == ".npz":
        found = dict(read_npz(path, max_bytes=1 << 28, skip_objects=True))
    elif path.suffix.lower() == ".mat":
        found = _mat(path)
    else:
        raise SpecError(
            f"{path.name} is not read as codes", expected=".npz, .mat or a folder of .npy files",
            fix="pickles are never loaded: save the arrays with numpy.savez",
        )  # fmt: skip
    named = {_ALIASES.get(k.lower(), k.lower()): v for k, v in found.items()}
    if "shape" not in named and "exp" not in named:
        raise SpecError(f"{path.name} holds no face codes", expected=", ".join(KEYS), got=", ".join(sorted(found)) or "nothing")
    count = max(len(_rows(named[k])) for k in ("shape", "exp") if k in named)
    return FaceCodes(*(_checked(named, k, count, path.name) for k in KEYS))


def _rows(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, np.float64)
    return values[None] if values.ndim == 1 else values


def _checked(named: Mapping[str, np.ndarray], key: str, count: int, name: str) -> np.ndarray:
    width = {"pose": 6, "cam": 3}.get(key)
    if key not in named:
        return np.zeros((count, 9, 3)) if key == "light" else np.zeros((count, width or 0))
    try:
        values = _rows(named[key])
        values = values.reshape(-1, 9, 3) if key == "light" else values.reshape(len(values), -1)
    except (ValueError, TypeError):
        raise DatasetError(f"{name}: {key} is no array of numbers") from None
    if len(values) != count or (width and values.shape[1] != width) or not np.isfinite(values).all():
        raise DatasetError(f"{name}: {key} has the wrong shape or values", expected=f"({count}, {width or 'n'}) finite", got=values.shape)
    return values


def _npy(path: Path) -> np.ndarray:
    import io

    try:
        return np.load(io.BytesIO(read_bytes(path, 1 << 28)), allow_pickle=False)
    except (ValueError, EOFError) as e:
        raise DatasetError(f"{path.name} is not an array of numbers ({' '.join(str(e).split())[:80]})") from None


def _mat(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat

    try:
        return {k: np.asarray(v) for k, v in loadmat(str(path)).items() if not k.startswith("__")}
    except (ValueError, TypeError, NotImplementedError, OSError) as e:
        raise DatasetError(f"{path.name} is not a readable .mat file ({' '.join(str(e).split())[:80]})") from None
