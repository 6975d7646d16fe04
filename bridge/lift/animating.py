"""Lifted results as people and motions that can be animated."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...procgen import registry
from ...procgen.dataset.png import read_png
from ...procgen.errors import DatasetError
from ...procgen.people.model import load_body
from ...procgen.people.motion_files.amass import write_amass
from ...procgen.people.shape import Phenotype, body_stature
from ...procgen.people.skeleton import JAW, LEFT_EYE, RIGHT_EYE
from ...procgen.people.skin_relief import SkinRelief
from ...procgen.seeds import Seed
from ...procgen.spec import HumanSpec, replace
from .body_sequence import smooth
from .detail_split import relief_of
from .face_person import face_of, in_tone, somebody_like, with_face
from .live_link import ACTIONS, read_recording
from .result import LiftResult, list_results, read_result, result_folder


@dataclass(frozen=True, eq=False)
class LiftedPerson:
    """What was lifted of somebody, as a person.

    human: Who; without lifted clothes they are bare where a body was lifted, and dressed at will where only a face was.
    betas: (B,) their real shape with the lifted face's features, or None: that of `human`.
    pictures: Part -> uint8 picture in its UV map, see `lifted_pictures`. relief: Of the face, or None.
    """

    human: HumanSpec
    betas: np.ndarray | None
    pictures: dict[str, np.ndarray]
    relief: SkinRelief | None


def lifted_person(folder: str | os.PathLike[str]) -> LiftedPerson:
    """The person of one subject of `vivant lift`.

    Raises:
        DatasetError: no such result, neither body nor face in it, or a body of another model than the open one.
        LiftError: a face of another head than the open one.
    """
    result = read_result(folder)
    face = face_of(folder) if "face" in result.parts else None
    relief, pictures = relief_of(result), lifted_pictures(folder)
    if "body" not in result.parts:
        if face is None:
            raise DatasetError(f"{str(folder)!r} holds no lifted person", fix="lift again with --what face, or body,clothes")
        return LiftedPerson(somebody_like(face, Seed(0).child("person")).person, None, pictures, relief)
    betas = np.asarray(result.parts["body"].arrays["betas"], np.float64)
    model = load_body()
    if len(betas) != model.shapedirs.shape[2]:
        raise DatasetError(
            f"{str(folder)!r} is of another body model", expected=f"{model.shapedirs.shape[2]} shape coefficients", got=len(betas),
            fix="lift again without --model",
        )  # fmt: skip
    stand = registry.poses.get("stand").spec()  # type: ignore[misc]
    if "clothes" in result.parts:
        human = replace(HumanSpec.from_dict(result.parts["clothes"].facts["person"]), pose=stand, seat=None, touches=(), gaze=None)
    else:
        height = float(np.clip(body_stature(model, betas[None])[0], 0.6, 2.3))
        age = 30.0 if height > 1.35 else 8.0
        human = HumanSpec(phenotype=Phenotype(height_m=height, weight_kg=22.0 * height**2, age_years=age), pose=stand)
    if face is not None:
        betas, human = with_face(face, betas), in_tone(face, human)
    return LiftedPerson(human, betas, pictures, relief)


def in_lifted_clothes(folder: str | os.PathLike[str], person: HumanSpec) -> HumanSpec:
    """A person in the clothes of a lifted subject, if it has any."""
    result = read_result(folder)
    if "clothes" not in result.parts:
        return person
    return replace(person, outfit=HumanSpec.from_dict(result.parts["clothes"].facts["person"]).outfit)


def lifted_pictures(folder: str | os.PathLike[str], *, face_only: bool = False) -> dict[str, np.ndarray]:
    """Part -> (S, S, 3) uint8 sRGB, or (S, S, 4) with how far it replaces the part's own colour.

    Garments and bare skin of the part "clothes", else the body as it was seen; the face of the part "skin" on top.

    Args:
        face_only: The part "skin" alone: for a face on somebody else.
    """
    found = {}
    for path in [] if face_only else sorted(Path(folder).glob("clothes_*.png")):
        name = path.stem.removeprefix("clothes_")
        if not name.endswith("_confidence"):
            found[name] = read_png(path)[..., :3]
    whole = Path(folder) / "texture_color.png"
    if not found and not face_only and whole.is_file():
        found["body"] = read_png(whole)[..., :3]
    face = Path(folder) / "skin_color.png"
    return laid_over({"body": read_png(face)}, found) if face.is_file() else found


def laid_over(top: Mapping[str, np.ndarray], below: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Pictures of parts (see `lifted_pictures`) with those of `top` on them; what `top` leaves free shows what lies below."""
    return {**below, **{n: _over(p, below[n]) if n in below and p.shape[2] == 4 else p for n, p in top.items()}}


def _over(top: np.ndarray, below: np.ndarray) -> np.ndarray:
    """(S, S, C) uint8: a picture (S, S, 4) laid on another of any size, with or without alpha."""
    at = ((np.arange(len(top)) + 0.5) * len(below) / len(top)).astype(int)
    under = below[at][:, at].astype(np.float64)
    share = top[..., 3:] / 255.0
    color = share * top[..., :3] + (1.0 - share) * under[..., :3]
    if under.shape[2] == 3:
        return np.rint(color).astype(np.uint8)
    # Both let the skin's own colour through in places: what covers, covers with the colour of its share.
    alpha = share + (1.0 - share) * under[..., 3:] / 255.0
    mixed = (share * top[..., :3] + (1.0 - share) * under[..., 3:] / 255.0 * under[..., :3]) / np.maximum(alpha, 1e-6)
    return np.rint(np.concatenate([mixed, 255.0 * alpha], 2)).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class LiftedMotion:
    """What a lifted sequence does.

    motion: File of the body's motion, or None where only faces were lifted. actions: ARKit action -> (T,) activation, empty
    where no face was lifted. frames: T.
    """

    motion: Path | None
    actions: dict[str, np.ndarray]
    frames: int


def lifted_motion(out: str | os.PathLike[str], path: Path, fps: float, *, steady: bool = True) -> LiftedMotion:
    """The motion of a lifted sequence: one person at consecutive moments, missing ones bridged.

    Args:
        out: Folder of `vivant lift`: of one clip, or of many moments. Of a dataset's results, the first person of the first scene
            and view is taken; other results count in the order of their names.
        path: AMASS-style .npz to write the bodies to. fps: Moments a second.
        steady: Take the trembling of single pictures out.
    Raises:
        DatasetError: fewer than two moments.
    """
    names = list_results(out)
    clip = _clip(read_result(result_folder(out, names[0])), path, fps) if len(names) == 1 else None
    if clip is not None:
        return clip
    times = _moments(names)
    count = max(times.values(), default=-1) + 1
    poses, trans, rests, faces = {}, {}, {}, {}
    for name, time in times.items():
        parts = read_result(result_folder(out, name)).parts
        if "body" in parts:
            a = parts["body"].arrays
            poses[time] = np.array(a["poses"], np.float64).reshape(-1, 3)
            if "face" in parts:
                poses[time][[JAW, LEFT_EYE, RIGHT_EYE]] = 0.0  # the actions turn them
            trans[time] = np.asarray(a["joints"], np.float64)[0]
            rests[time] = np.asarray(a["joints"], np.float64)
        if "face" in parts:
            faces[time] = {k: float(v) for k, v in dict(parts["face"].facts.get("activations", {})).items()}
    if max(len(poses), len(faces)) < 2:
        raise DatasetError(
            f"{str(out)!r} holds no lifted sequence", expected="two or more bodies or faces of one person", got=max(len(poses), len(faces)),
            fix="lift a sequence with --what body, face or both",
        )  # fmt: skip
    actions = _actions(faces, count)
    if len(poses) < 2:
        return LiftedMotion(None, actions, count)
    there = np.array(sorted(poses))
    near = [int(there[np.abs(there - k).argmin()]) for k in range(count)]
    turns, roots = np.array([poses[k] for k in near]), np.array([trans[k] for k in near])
    if steady:
        turns, roots = smooth(turns, roots, fps, np.array([float(k in poses) for k in range(count)]))
    joints = np.array([rests[k] for k in near])
    rest = np.zeros((len(turns[0]), 3))
    write_amass(path, turns, roots, rest, joints, fps)
    return LiftedMotion(path, actions, count)


def recorded_face(path: str | os.PathLike[str], fps: float) -> LiftedMotion:
    """The motion of a Live Link Face recording (.csv), brought to a frame rate; the body has none.

    Raises:
        SpecError, DatasetError: a file that cannot be read.
    """
    recording = read_recording(path)
    length = max(len(recording.actions) - 1, 0) / recording.rate
    count = round(length * fps) + 1
    there, asked = np.arange(len(recording.actions)) / recording.rate, np.arange(count) / fps
    on = [k for k, n in enumerate(ACTIONS) if recording.actions[:, k].max(initial=0.0) > 1e-3]
    return LiftedMotion(None, {ACTIONS[k]: np.interp(asked, there, recording.actions[:, k]) for k in on}, count)


def _clip(result: LiftResult, path: Path, fps: float) -> LiftedMotion | None:
    """The motion of a clip that was lifted as one (`--sequence`), at a frame rate; None if the result is of one moment."""
    body, face = result.parts.get("body"), result.parts.get("face")
    poses = np.zeros((0, 0)) if body is None else np.asarray(body.arrays["poses"], np.float64)
    values = np.zeros((0, 0)) if face is None else np.asarray(face.arrays.get("exp", np.zeros((0, 0))), np.float64)
    length = max(len(poses), len(values))
    if length < 2:
        return None
    rate = float(result.source["fps"])
    count = round((length - 1) / rate * fps) + 1
    actions = {}
    if face is not None and len(values) == length:
        there, asked = np.arange(length) / rate, np.arange(count) / fps
        courses = {str(n): values[:, k] for k, n in enumerate(face.arrays["exp_names"])}
        actions = {n: np.interp(asked, there, v) for n, v in courses.items() if n in ACTIONS and v.max() > 1e-3}
    if body is None or len(poses) < length:
        return LiftedMotion(None, actions, count)
    turns, joints = poses.reshape(length, -1, 3).copy(), np.asarray(body.arrays["joints"], np.float64)
    if actions:
        turns[:, [JAW, LEFT_EYE, RIGHT_EYE]] = 0.0  # the actions turn them
    write_amass(path, turns, joints[:, 0], np.zeros((turns.shape[1], 3)), joints, rate)
    return LiftedMotion(path, actions, count)


def _moments(names: list[str]) -> dict[str, int]:
    """Name -> number of its moment."""
    matches = {n: re.fullmatch(r"(\d+)_(\d+)_(\d+)_p(\d+)", n) for n in names}
    if names and all(matches.values()):
        keys = {n: tuple(int(k) for k in m.groups()) for n, m in matches.items() if m is not None}
        first = min((k[0], k[1], k[3]) for k in keys.values())
        own = {n: k[2] for n, k in keys.items() if (k[0], k[1], k[3]) == first}
        begin = min(own.values())
        return {n: k - begin for n, k in own.items()}
    return {n: k for k, n in enumerate(names)}


def _actions(faces: dict[int, dict[str, float]], count: int) -> dict[str, np.ndarray]:
    """Courses of the actions that are ever on, straight across missing moments."""
    there = sorted(faces)
    names = sorted({n for face in faces.values() for n, v in face.items() if v > 1e-3})
    return {n: np.interp(np.arange(count), there, [faces[k].get(n, 0.0) for k in there]) for n in names}
