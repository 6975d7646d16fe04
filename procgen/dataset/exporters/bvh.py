"""Biovision hierarchies: one .bvh a person and scene, the skeleton of the body model, Y up, centimetres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...codec import Spec, param
from ...files import disk
from ...frames import R_WORLD_FROM_SMPLX, smplx_from_world
from ...people.kinematics import matrices, rotvecs
from ...people.lbs import joint_positions
from ...people.model import load_body
from ...people.motion_files.bvh import write_bvh
from ...registry import exporters
from ..reader import Dataset, Frame
from .amass import smplx_parameters


@dataclass(frozen=True)
class BvhOptions(Spec):
    """How BVH files are written."""

    view: int = param(0, low=0, doc="View whose frames are taken; people are the same in all of them.")


@exporters.register("bvh", spec=BvhOptions)
def export_bvh(dataset: Dataset, out: Path, options: BvhOptions) -> None:
    """SSSSSS_person_P.bvh with the 55 joints by their SMPL-X names, in centimetres with Y up.

    Args:
        dataset: What to export.
        out: An empty folder.
        options: See `BvhOptions`.
    """
    scenes: dict[int, list[Frame]] = {}
    for frame in dataset:
        if frame.view == options.view:
            scenes.setdefault(frame.scene, []).append(frame)
    model = load_body()
    for scene, frames in sorted(scenes.items()):
        frames.sort(key=lambda f: f.time)
        step = frames[1].record.seconds - frames[0].record.seconds if len(frames) > 1 else 1.0
        for index, person in enumerate(frames[0].people):
            people = [f.people[index] for f in frames]
            poses = np.stack([smplx_parameters(p)[0] for p in people])
            poses[:, 0] = rotvecs(R_WORLD_FROM_SMPLX.T @ matrices(poses[:, 0]))
            root = smplx_from_world(np.stack([p.joints[0] for p in people]))
            rest = np.asarray(joint_positions(model, person.betas, person.expression), np.float64)
            with disk("write", out):
                write_bvh(out / f"{scene:06d}_{person.name}.bvh", poses, root, rest, 1.0 / step if step > 0 else 1.0)
