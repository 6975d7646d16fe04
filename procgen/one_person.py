"""One person on level ground, for the sidebar and for `vivant person`."""

from __future__ import annotations

from dataclasses import replace as with_changes
from pathlib import Path

import numpy as np

from . import registry
from .describe.description import Description, PersonWish
from .describe.fulfil import wished_body, wished_ranges
from .describe.grammar import describe
from .errors import SpecError, unknown_name
from .geometry import PlaceGeometry, SceneObject, Seat
from .layout import Placement
from .people.body_state import BodyState
from .people.looks import found
from .people.moving import check_motion, families_for, sample_motion
from .people.person import dress_person, pose_person
from .people.shape import PhenotypeRanges, sample_phenotype
from .sample_people import NO_WISH, sample_human
from .seeds import Seed
from .spec import HumanSpec, replace

# Somebody who sits sits on something, shown or not.
SEAT = "seat"


def level_ground() -> PlaceGeometry:
    """An empty place at height 0 with nothing but an unseen seat, ten metres to every side."""
    return PlaceGeometry(
        objects=[],
        lights=[],
        height=lambda x, y: np.zeros(np.broadcast(x, y).shape),
        stage=np.array([-10.0, -10.0, 10.0, 10.0]),
        obstacles=np.zeros((0, 3)),
        seats=[Seat(SEAT, np.array([0.0, 0.0, 0.45]), 0.0)],
        indoor=False,
        camera_area=np.array([-10.0, -10.0, 10.0, 10.0]),
    )


def sample_person(seed: Seed, *, pose: str | None = "auto", description: Description | str | None = None) -> HumanSpec:
    """Draw one person at the origin who faces -Y.

    Args:
        seed: Node of the seed tree; equal seeds give equal people.
        pose: Name of a pose family, or "auto"; None takes the description's, or standing.
        description: Who is wanted, as text or read by `describe`; the rest is drawn.
    """
    if pose is not None and pose != "auto" and pose not in registry.poses.names():
        raise unknown_name("pose", pose, ("auto", *registry.poses.names()))
    described = describe(description) if isinstance(description, str) else description
    wish = _only_one(described)
    phenotype = sample_phenotype(seed.child("phenotype").rng(), wished_ranges(wish, PhenotypeRanges()))
    phenotype = wished_body(seed.child("wished", "body").rng(), wish, phenotype)
    human = sample_human(seed, phenotype, Placement((0.0, 0.0), 0.0), level_ground(), 1, wish=wish)
    family = ("auto" if wish.pose is not None else "stand") if pose is None else pose
    if family != "auto":
        drawn = registry.poses.get(family).make(seed.child("pose").rng(), phenotype)
        left, right = drawn.hand_specs()
        human = replace(human, pose=drawn, left_hand=left, right_hand=right, seat=SEAT if drawn.seated else None)
    return replace(human, detail=1)


def _only_one(described: Description | None) -> PersonWish:
    if described is None:
        return NO_WISH
    if len(described.people) != 1:
        raise SpecError(
            f"the description is of {len(described.people)} people", expected="one person", fix="describe one, or use `vivant generate`"
        )
    return described.people[0]


def moving_person(seed: Seed, motion: str, *, up: str = "auto", person: HumanSpec | None = None) -> HumanSpec:
    """Somebody at the origin who moves.

    Args:
        motion: Name of a motion, or path of a motion file.
        up: World axis that points up in the file.
        person: Who moves; None draws one. Their pose is replaced where the motion starts from another.
    """
    check_motion(motion)
    human = sample_person(seed) if person is None else person
    families = families_for(motion)
    if families and human.pose.kind not in families:
        pose = registry.poses.get(families[0]).make(seed.child("pose").rng(), human.phenotype)
        left, right = pose.hand_specs()
        human = replace(human, pose=pose, left_hand=left, right_hand=right, seat=SEAT if pose.seated else None)
    human = replace(human, motion=sample_motion(seed, human, motion), position=(0.0, 0.0), heading=0.0)
    return replace(human, motion=replace(human.motion, up=up)) if human.motion.kind == "file" else human


def read_person(path: str | Path) -> HumanSpec:
    """A person from a JSON file, with a clear line for whatever is wrong with it, and with the path of their looks."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as e:
        raise SpecError(f"person file {str(path)!r} cannot be read ({e.strerror})", fix="check the path") from None
    except UnicodeDecodeError:
        raise SpecError(f"person file {str(path)!r} is not text", expected="JSON in UTF-8") from None
    return found(HumanSpec.from_json(text), Path(path).absolute().parent)


def assemble_person(spec: HumanSpec, mode: str = "fast") -> tuple[BodyState, list[SceneObject], np.ndarray]:
    """A person on level ground.

    Args:
        mode: How clothes are made: "fast" or "drape".
    Returns:
        The posed body, all visible parts, and (Q,) bool over the body's quads: left out, because clothes hide them.
    """
    body = pose_person(spec, level_ground(), 0.0)
    parts, hidden = dress_person(spec, body, mode)
    return body, [with_changes(part, instance=1, person=0) for part in parts], hidden
