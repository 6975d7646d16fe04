"""Which motion suits a person: drawn by the pose they have, or the one that was asked for."""

from __future__ import annotations

from .. import registry
from ..errors import SpecError, unknown_name
from ..seeds import Seed
from ..spec import HumanSpec, MotionSpec, replace
from .motion_files.reading import is_motion_file
from .motions.file import file_motion

# Pose family -> motions that somebody in it may be in, and how often (by eye); all others stand or sit and breathe.
_BY_POSE: dict[str, dict[str, float]] = {
    "walk": {"walk": 1.0},
    "run": {"run": 1.0},
    "wave": {"wave": 1.0},
    "dance": {"dance": 1.0},
    "talk": {"talk": 1.0},
    "sit": {"idle": 0.5, "talk": 0.35, "sit_stand": 0.15},
    "stand": {"idle": 0.45, "talk": 0.2, "turn": 0.15, "wave": 0.1, "squat": 0.05, "jump": 0.05},
    "contrapposto": {"idle": 0.6, "talk": 0.3, "turn": 0.1},
    "hands_in_pockets": {"idle": 0.7, "talk": 0.3},
    "arms_crossed": {"idle": 0.7, "talk": 0.3},
    "phone": {"idle": 0.6, "talk": 0.4},
}


def families_for(motion: str) -> tuple[str, ...]:
    """Pose families that a motion is drawn with; empty = any."""
    if motion in ("auto", "none"):
        return ()
    return tuple(getattr(registry.motions.get(_family(motion)).spec, "families", ()))


def wants_seat(motion: str) -> bool | None:
    """Whether a motion needs a seat (True), a person on their feet (False), or neither."""
    return None if motion in ("auto", "none") else getattr(registry.motions.get(_family(motion)).spec, "seated", None)


def _family(motion: str) -> str:
    return "file" if is_motion_file(motion) else motion


def check_motion(motion: str) -> None:
    """Whether a motion can be asked for: "auto", a name that `vivant list motions` prints, or a file that can be read.

    Raises:
        SpecError, DatasetError: it cannot; the line says why.
    """
    if is_motion_file(motion):
        file_motion(motion)
    elif motion == "file":
        raise SpecError(
            "the motion 'file' names no file", fix="give the path of a .bvh, .npz or .amc instead of its name"
        )
    elif motion != "auto" and motion not in registry.motions.names():
        raise unknown_name("motion", motion, ("auto", *registry.motions.names()))


def sample_motion(seed: Seed, human: HumanSpec, motion: str = "auto") -> MotionSpec:
    """Draw a motion.

    Args:
        seed: Node of the person.
        human: The person, pose already drawn.
        motion: Name of a family, path of a motion file, or "auto" for what suits the pose.
    Raises:
        SpecError: an unknown name, answered with the nearest.
    """
    if is_motion_file(motion):
        return file_motion(motion)
    check_motion(motion)
    name = motion
    kind = str(human.pose.kind)
    if motion == "auto":
        table = _BY_POSE.get(kind, {"idle": 1.0})
        names, total = list(table), sum(table.values())
        share = [table[n] / total for n in names]
        name = names[int(seed.child("motion", "family").rng().choice(len(names), p=share))]
    elif wants_seat(motion) is True and human.seat is None:
        name = "idle"  # asked to get up from a seat, and found none
    return registry.motions.get(name).make(seed.child("motion").rng())


def moving(seed: Seed, human: HumanSpec, frames: int, motion: str = "auto") -> HumanSpec:
    """The person with a motion; a single frame moves only if a motion was asked for."""
    if motion == "auto" and frames <= 1:
        return human
    return replace(human, motion=sample_motion(seed, human, motion))
