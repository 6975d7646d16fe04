"""Lifted results as people and motions that can be animated."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...procgen import registry
from ...procgen.dataset.png import read_png
from ...procgen.errors import DatasetError
from ...procgen.people.model import load_body
from ...procgen.people.motion_files.amass import write_amass
from ...procgen.people.shape import Phenotype, body_stature
from ...procgen.spec import HumanSpec
from .result import list_results, read_result, result_folder


@dataclass(frozen=True, eq=False)
class LiftedPerson:
    """A lifted body as a person.

    human: Somebody of the same size, bare; betas: (B,) their real shape; skin: (S, S, 3) uint8 texture, or None.
    """

    human: HumanSpec
    betas: np.ndarray
    skin: np.ndarray | None


def lifted_person(folder: str | os.PathLike[str]) -> LiftedPerson:
    """The person of one subject of `vivant lift`.

    Raises:
        DatasetError: no such result, no body in it, or a body of another model than the open one.
    """
    result = read_result(folder)
    if "body" not in result.parts:
        raise DatasetError(f"{str(folder)!r} holds no lifted body", fix="lift again with --what body,texture")
    betas = np.asarray(result.parts["body"].arrays["betas"], np.float64)
    model = load_body()
    if len(betas) != model.shapedirs.shape[2]:
        raise DatasetError(
            f"{str(folder)!r} is of another body model", expected=f"{model.shapedirs.shape[2]} shape coefficients", got=len(betas),
            fix="lift again without --model",
        )  # fmt: skip
    picture = Path(folder) / "texture_color.png"
    skin = read_png(picture)[..., :3] if picture.is_file() else None
    height = float(np.clip(body_stature(model, betas[None])[0], 0.6, 2.3))
    age = 30.0 if height > 1.35 else 8.0
    phenotype = Phenotype(height_m=height, weight_kg=22.0 * height**2, age_years=age)
    stand = registry.poses.get("stand").spec()  # type: ignore[misc]
    return LiftedPerson(HumanSpec(phenotype=phenotype, pose=stand), betas, skin)


def lifted_sequence(out: str | os.PathLike[str], path: Path, fps: float) -> Path:
    """Write the bodies of a lifted sequence, in the order of their names, as an AMASS-style file.

    Args:
        out: Folder of `vivant lift`. path: .npz to write. fps: Frames a second.
    Raises:
        DatasetError: fewer than two bodies.
    """
    poses, roots, joints, rest = [], [], [], None
    for name in list_results(out):
        parts = read_result(result_folder(out, name)).parts
        if "body" in parts:
            a = parts["body"].arrays
            poses.append(np.asarray(a["poses"], np.float64).reshape(-1, 3))
            roots.append(np.asarray(a["joints"], np.float64)[0])
            joints.append(np.asarray(a["joints"], np.float64))
            rest = joints[-1][0] - np.asarray(a["trans"], np.float64).reshape(3)
    if len(poses) < 2 or rest is None:
        raise DatasetError(
            f"{str(out)!r} holds no lifted sequence", expected="two or more bodies", got=len(poses),
            fix="lift a sequence with --what body",
        )  # fmt: skip
    turns = np.array(poses)
    write_amass(path, turns, np.array(roots), np.broadcast_to(rest, (len(turns[0]), 3)), np.array(joints), fps)
    return path


