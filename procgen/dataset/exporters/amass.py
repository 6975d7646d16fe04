"""AMASS and SMPL-X style .npz: one file a person and scene, poses over time, world axes with Z up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...codec import Spec, param
from ...files import disk
from ...frames import R_WORLD_FROM_SMPLX
from ...npz import write_npz
from ...people.kinematics import matrices, rotvecs
from ...registry import exporters
from ..reader import Dataset, Frame, Person


@dataclass(frozen=True)
class AmassOptions(Spec):
    """How motion files are written."""

    view: int = param(0, low=0, doc="View whose frames are taken; people are the same in all of them.")


@exporters.register("amass", spec=AmassOptions)
def export_amass(dataset: Dataset, out: Path, options: AmassOptions) -> None:
    """SSSSSS_person_P.npz with poses (T, 165), root_orient, pose_body, pose_hand, trans, betas, joints, frame rate.

    The coefficients belong to the body model named in `body_model`; poses and joints are in the SMPL-X layout.

    Args:
        dataset: What to export.
        out: An empty folder.
        options: See `AmassOptions`.
    """
    scenes: dict[int, list[Frame]] = {}
    for frame in dataset:
        if frame.view == options.view:
            scenes.setdefault(frame.scene, []).append(frame)
    for scene, frames in sorted(scenes.items()):
        frames.sort(key=lambda f: f.time)
        for index, person in enumerate(frames[0].people):
            arrays = _motion(frames, [f.people[index] for f in frames])
            with disk("write", out):
                write_npz(out / f"{scene:06d}_{person.name}.npz", arrays)


def _motion(frames: list[Frame], people: list[Person]) -> dict[str, np.ndarray]:
    poses, trans = zip(*(smplx_parameters(p) for p in people), strict=True)
    pose = np.stack(poses).reshape(len(people), -1)
    step = frames[1].record.seconds - frames[0].record.seconds if len(frames) > 1 else 0.0
    return {
        "poses": pose,
        "root_orient": pose[:, :3],
        "pose_body": pose[:, 3:66],
        "pose_jaw": pose[:, 66:69],
        "pose_eye": pose[:, 69:75],
        "pose_hand": pose[:, 75:],
        "trans": np.stack(trans),
        "betas": people[0].betas,
        "expression": np.stack([p.expression for p in people]),
        "joints": np.stack([p.joints for p in people]),
        "mocap_frame_rate": np.array(1.0 / step if step > 0 else 0.0),
        "gender": np.array("neutral"),
        "surface_model_type": np.array("smplx"),
        "body_model": np.array(people[0].body.model),
        "up_axis": np.array("z"),
    }


def smplx_parameters(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """(J, 3) pose with the heading in its root, and (3,) translation, such that SMPL-X's forward gives world points.

    SMPL-X rotates about the pelvis J0: x = R (v - J0) + J0 + trans. Here x = T W (R0 (v - J0) + J0), with W from SMPL-X
    axes to Z up and T = T_world_from_body. So R = T W R0, and trans = pelvis in the world - J0.
    """
    T = person.body.T_world_from_body
    turn = T[:3, :3] @ R_WORLD_FROM_SMPLX
    pose = person.pose.copy()
    pose[0] = rotvecs(turn @ matrices(pose[0]))
    pelvis = person.joints[0]
    return pose, pelvis - turn.T @ (pelvis - T[:3, 3])
