"""AMASS and SMPL-X-style motion files: shapes, finite numbers, speeds; joints run forward where the body is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ....errors import DatasetError, VivantError
from ....frames import world_from_smplx
from ....npz import read_npz
from ....people.lbs import forward, rodrigues
from ....people.model import load_body
from ..report import Result
from .results import counted, measured, skipped

# Columns of `poses`: SMPL (24 joints), SMPL+H (52), SMPL-X (55).
_WIDTHS = (72, 156, 165)


def check_amass(path: Path) -> Iterator[Result]:
    """Results for one motion file."""
    try:
        data = read_npz(path, skip_objects=True)
    except DatasetError as e:
        yield counted("amass.fields", [str(e)])
        return
    if "poses" not in data and not {"root_orient", "pose_body"} <= set(data):
        yield skipped("amass.fields", f"{path.name} holds no poses: no motion file")
        return
    poses = data["poses"] if "poses" in data else np.concatenate(
        [data[k] for k in ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand") if k in data], 1)  # fmt: skip
    yield counted("amass.fields", _problems(data, poses))
    arrays = {k: v for k, v in data.items() if v.dtype.kind == "f"}
    bad = [k for k, v in arrays.items() if not np.isfinite(v).all()]
    yield counted("amass.finite", bad)
    if bad or poses.ndim != 2 or poses.shape[1] % 3:
        return
    angle = np.linalg.norm(poses.reshape(len(poses), -1, 3), axis=-1)
    yield measured(
        "amass.angles", float(angle.max(initial=0.0)), f"joint {int(angle.max(0).argmax())}" if angle.size else ""
    )
    yield from _speeds(data, poses)
    yield from _joints(data, poses)


def _problems(data: dict[str, np.ndarray], poses: np.ndarray) -> list[str]:
    out = []
    if poses.ndim != 2 or poses.shape[1] not in _WIDTHS:
        out.append(f"poses are {poses.shape}, not (T, 72 | 156 | 165)")
    trans = data.get("trans", data.get("transl"))
    if trans is None or trans.shape != (len(poses), 3):
        out.append(f"trans is {None if trans is None else trans.shape}, not ({len(poses)}, 3)")
    if "betas" not in data or data["betas"].size == 0:
        out.append("there are no betas")
    part = data.get("pose_body")
    if part is not None and "poses" in data and poses.ndim == part.ndim == 2:
        if not np.allclose(part, poses[:, 3 : 3 + part.shape[1]]):
            out.append("pose_body is not what poses holds")
    return out


def _rate(data: dict[str, np.ndarray]) -> float:
    for key in ("mocap_frame_rate", "mocap_framerate", "fps"):
        if key in data and data[key].size == 1:
            return float(data[key])
    return 0.0


def _speeds(data: dict[str, np.ndarray], poses: np.ndarray) -> Iterator[Result]:
    rate = _rate(data)
    if len(poses) < 2 or rate <= 0:
        yield skipped("amass.turning", "one pose, or no frame rate")
        yield skipped("amass.speed", "one pose, or no frame rate")
        return
    turns = rodrigues(poses.reshape(len(poses), -1, 3))
    step = np.einsum("tjab,tjac->tjbc", turns[:-1], turns[1:])
    angle = np.arccos(np.clip((np.trace(step, axis1=-2, axis2=-1) - 1) / 2, -1, 1))
    yield measured("amass.turning", float(angle.max()) * rate, f"at pose {int(angle.max(1).argmax())}")
    trans = data.get("trans", data.get("transl"))
    if trans is not None and trans.shape == (len(poses), 3):
        speed = np.linalg.norm(np.diff(trans, axis=0), axis=1) * rate
        yield measured("amass.speed", float(speed.max()), f"at pose {int(speed.argmax())}")


def _joints(data: dict[str, np.ndarray], poses: np.ndarray) -> Iterator[Result]:
    """Recorded joints against the body model, where the file names one that is here."""
    if "joints" not in data or "body_model" not in data or poses.shape[1] != 165:
        yield skipped("amass.joints", "the file has no joints of a body model that is here")
        return
    try:
        model = load_body()
        if str(data["body_model"]) != model.name:
            yield skipped("amass.joints", f"the body model {str(data['body_model'])!r} is not here")
            return
        expression = data.get("expression")
        worst = 0.0
        for t in range(0, len(poses), max(1, len(poses) // 20)):
            face = None if expression is None else np.atleast_2d(expression)[min(t, len(np.atleast_2d(expression)) - 1)]
            run = forward(model, data["betas"], face, poses[t].reshape(-1, 3), data["trans"][t]).joints
            stored = data["joints"][t]
            # Files with Z up hold the turn of axes in the root's rotation, files with Y up do not.
            error = min(np.abs(run - stored).max(), np.abs(world_from_smplx(run) - stored).max())
            worst = max(worst, float(error) * 1000)
    except VivantError as e:
        yield skipped("amass.joints", str(e))
        return
    yield measured("amass.joints", worst)
