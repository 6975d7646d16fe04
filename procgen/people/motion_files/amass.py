"""AMASS-style .npz: pose vectors of the SMPL family over time, with Z up; read and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import DatasetError
from ...npz import read_npz, write_npz
from ..kinematics import matrices
from ..reference import REFERENCE
from ..skeleton import JOINT_NAMES, PARENTS
from .clip import Clip

_RATES = ("mocap_frame_rate", "mocap_framerate", "frame_rate", "framerate", "fps")
# Columns of `poses` -> which of our 55 joints they turn: SMPL-X, SMPL-H (no face), SMPL (two hand joints), body alone.
_LAYOUTS = {
    165: list(range(55)),
    156: [*range(22), *range(25, 55)],
    72: [*range(22), -1, -1],
    66: list(range(22)),
    63: list(range(1, 22)),
}


def _fail(name: str, what: str, **more: object) -> DatasetError:
    return DatasetError(f"motion file {name!r} {what}", **more)  # type: ignore[arg-type]


def read_amass(path: str | Path) -> Clip:
    """Read poses and translations of an AMASS or SMPL-X-style npz.

    Raises:
        DatasetError: no poses, a layout that is not of the SMPL family, or no frame rate.
    """
    path = Path(path)
    data = read_npz(path, skip_objects=True)
    poses = _poses(path.name, data)
    frames = len(poses)
    trans = np.asarray(data.get("trans", data.get("transl", np.zeros((frames, 3)))), np.float64)
    if trans.shape != (frames, 3):
        raise _fail(path.name, "has a translation that does not fit its poses", expected=(frames, 3), got=trans.shape)
    if not (np.isfinite(poses).all() and np.isfinite(trans).all()):
        raise _fail(path.name, "holds numbers that are not finite")
    rate = next((float(np.asarray(data[k]).reshape(-1)[0]) for k in _RATES if k in data), 0.0)
    if not 0.1 <= rate <= 10000.0:
        raise _fail(
            path.name, "says no frame rate", expected=" or ".join(_RATES[:2]), fix="add the key, in frames a second"
        )
    rest, root = REFERENCE, trans
    if "joints" in data and np.shape(data["joints"])[:2] == (frames, len(PARENTS)):
        # Files that carry joints say how long the bones are and where the pelvis is.
        root = np.asarray(data["joints"], np.float64)[:, 0]
        rest = _rest_from(np.asarray(data["joints"], np.float64)[0])
    up = str(data["up_axis"]) if "up_axis" in data and str(data["up_axis"]) in ("y", "z") else ""
    return Clip(path.name, tuple(JOINT_NAMES), np.array(PARENTS), rest, matrices(poses), root, rate, up, smplx=True)


def _poses(name: str, data: dict[str, np.ndarray]) -> np.ndarray:
    if "poses" in data:
        flat = np.asarray(data["poses"], np.float64)
    elif "root_orient" in data and "pose_body" in data:
        flat = np.concatenate([np.asarray(data[k], np.float64) for k in ("root_orient", "pose_body")], 1)
    else:
        raise _fail(
            name, "holds no poses", expected="poses, or root_orient and pose_body", fix="check that it is a motion file"
        )
    if flat.ndim == 3:
        flat = flat.reshape(len(flat), -1)
    if flat.ndim != 2 or not len(flat) or flat.shape[1] not in _LAYOUTS:
        known = ", ".join(str(k) for k in sorted(_LAYOUTS))
        raise _fail(name, "has poses of an unknown layout", expected=f"(frames, one of {known})", got=flat.shape)
    out = np.zeros((len(flat), 55, 3))
    for k, j in enumerate(_LAYOUTS[flat.shape[1]]):
        if j >= 0:
            out[:, j] = flat[:, 3 * k : 3 * k + 3]
    return out


def _rest_from(joints: np.ndarray) -> np.ndarray:
    """(55, 3) our rest joints with the bones as long as those of a posed skeleton."""
    rest = np.zeros((len(PARENTS), 3))
    for j, p in enumerate(PARENTS):
        if p >= 0:
            bone = REFERENCE[j] - REFERENCE[p]
            rest[j] = rest[p] + bone * (np.linalg.norm(joints[j] - joints[p]) / max(np.linalg.norm(bone), 1e-9))
    return rest


def write_amass(
    path: str | Path, poses: np.ndarray, root: np.ndarray, rest: np.ndarray, joints: np.ndarray, fps: float
) -> None:
    """Write a motion in the SMPL-X layout, Z up.

    Args:
        poses: (T, 55, 3) axis-angle whose root turns into the world with Z up. root: (T, 3) pelvis joint, world, metres.
        rest: (55, 3) rest joints. joints: (T, 55, 3) world. fps: Frames a second.
    """
    flat = np.asarray(poses).reshape(len(poses), -1)
    write_npz(Path(path), {
        "poses": flat, "root_orient": flat[:, :3], "pose_body": flat[:, 3:66], "pose_jaw": flat[:, 66:69],
        "pose_eye": flat[:, 69:75], "pose_hand": flat[:, 75:], "trans": np.asarray(root) - rest[0], "joints": np.asarray(joints),
        "mocap_frame_rate": np.array(float(fps)), "gender": np.array("neutral"), "surface_model_type": np.array("smplx"),
        "up_axis": np.array("z"),
    })  # fmt: skip
