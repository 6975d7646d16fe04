"""One person from spec to geometry: body, face, clothes, hair, in the pose and on the ground that is there."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .. import registry
from ..errors import SpecError
from ..geometry import Mesh, PlaceGeometry, SceneObject, Seat
from ..keyed import Keyed
from ..spec import HumanSpec, canonical, replace
from .body_mesh import body_mesh
from .body_state import BodyState, pose_body, root_transform
from .contact import settle
from .expression import apply_poses, expression_from_arkit
from .eyelids import follow_gaze, open_lids
from .eyes import build_eyes, gaze_pose
from .face_hair import build_face_hair
from .garments.headwear import press_under
from .garments.outfit import build_outfit, sole_thickness
from .gazing import turn_head
from .leaning import Backrest, find_backrest
from .model import load_body
from .motion import expression_at, moment_at, rising
from .props import build_props, build_underfoot
from .proxies import make_proxy
from .shape import Phenotype, betas_from_phenotype
from .skin import skin_attributes, skin_shader
from .teeth import build_mouth
from .touching import lay_hands
from .worn_labels import WornLabels


def pose_person(human: HumanSpec, place: PlaceGeometry, time: float) -> BodyState:
    """The body of a person: shaped, posed, at rest on the ground or seat, looking where they look.

    Args:
        time: Seconds since the first frame.
    """
    # Gaze and detail are chosen after the cameras are placed; the body at rest under them is settled once.
    plain = replace(human, gaze=None, detail=0, cloth_detail=1, hair_density=1.0)
    body, coefficients = _at_rest(Keyed(plain, canonical(plain)), place, time)
    model, root = body.model, body.root
    if human.gaze is not None:
        turned = turn_head(body, np.asarray(human.gaze))
        if not np.array_equal(turned, body.pose):
            body = pose_body(model, human.phenotype, body.betas, coefficients, turned, root)
    looking = gaze_pose(body, None if human.gaze is None else np.asarray(human.gaze))
    if not np.array_equal(looking, body.pose):
        coefficients = coefficients + follow_gaze(model, looking)
        body = pose_body(model, human.phenotype, body.betas, coefficients, looking, root)
    return body


@lru_cache(maxsize=64)
def _at_rest(asked: Keyed[HumanSpec], place: PlaceGeometry, time: float) -> tuple[BodyState, np.ndarray]:
    """The body on the ground or seat, eyes ahead, and its expression coefficients."""
    human = asked.value
    model = load_body()
    betas = _betas(canonical(human.phenotype))
    moment = moment_at(human, time)
    coefficients, face_joints = expression_from_arkit(model, expression_at(human, moment))
    lids = open_lids(model, betas, human.eyes)
    coefficients = np.asarray(coefficients, np.float32) + lids
    pose = apply_poses(moment.pose, face_joints)
    seat = _seat(human, place)
    left, _, ahead = moment.step
    here = np.add(human.position, _turned(np.array([left, -ahead, 0.0]), human.heading)[:2])
    body = pose_body(model, human.phenotype, betas, coefficients, pose, root_transform(human.heading, np.array([*here, 0.0])))
    settled = settle(
        body,
        human.pose,
        place.height,  # type: ignore[arg-type]
        pose=pose,
        position=(float(here[0]), float(here[1])),
        heading=human.heading,
        seat=seat,
        sole=_soles(human),
        contacts=moment.contacts,
        pelvis=float(moment.step[1]),
        rising=rising(human, moment),
        backrest=None if seat is None else _backrest(place, seat.name),
    )
    root = root_transform(human.heading if seat is None else seat.heading, settled.translation)
    resting = settled.pose
    if human.touches:
        resting = lay_hands(make_proxy(body), resting, root, human.touches)
    body = pose_body(model, human.phenotype, betas, coefficients, resting, root)
    return body, coefficients


@lru_cache(maxsize=64)
def _backrest(place: PlaceGeometry, name: str) -> Backrest | None:
    return find_backrest(place, next(s for s in place.seats if s.name == name))


@lru_cache(maxsize=64)
def _betas(key: str) -> np.ndarray:
    return betas_from_phenotype(load_body(), Phenotype.from_json(key))


def _soles(human: HumanSpec) -> float:
    """Thickness of what is under the feet, metres."""
    return max([sole_thickness(g) for g in human.outfit], default=0.0)


def _turned(step: np.ndarray, heading: float) -> np.ndarray:
    return root_transform(heading, np.zeros(3))[:3, :3] @ np.asarray(step, np.float64)


def _seat(human: HumanSpec, place: PlaceGeometry) -> Seat | None:
    names = ", ".join(s.name for s in place.seats) or "no seats at all"
    if human.seat is None:
        if getattr(human.pose, "seated", False):
            raise SpecError(
                f"a person's pose is {human.pose.kind!r} but no seat is named",
                expected=f"seat: one of {names}",
                fix="name a seat of the place, or choose a pose that stands or sits on the ground",
            )
        return None
    if not getattr(human.pose, "seated", False):
        raise SpecError(
            f"a person is on the seat {human.seat!r} but their pose is {human.pose.kind!r}",
            expected="a seated pose",
            fix="choose pose sit, or set seat to null",
        )
    for seat in place.seats:
        if seat.name == human.seat:
            return seat
    raise SpecError(
        f"this place has no seat {human.seat!r}", expected=names, fix="name one of its seats, or choose a pose that stands"
    )


def build_person(
    human: HumanSpec, place: PlaceGeometry, time: float, index: int = 0, mode: str = "fast", moving: bool = False
) -> tuple[BodyState, list[SceneObject]]:
    """Everything that is visible of a person, in world space.

    Args:
        index: Number of the person in the scene.
        mode: How clothes are made: "fast" or "drape".
        moving: One moment of a motion: folds are carried from the first one, so that they do not jump.
    Returns:
        The posed body (for joints and keypoints), and objects named "body", "eye_left", "tshirt", "hair" …
    """
    body = pose_person(human, place, time)
    first = pose_person(human, place, 0.0) if moving and mode == "drape" else None
    return body, dress_person(human, body, mode, first)[0]


def dress_person(
    human: HumanSpec, body: BodyState, mode: str = "fast", first: BodyState | None = None
) -> tuple[list[SceneObject], np.ndarray]:
    """Everything that is visible of a person whose body is posed, in world space.

    Args:
        body: The posed body; where it came from does not matter (a pose family, a motion, an artist's armature).
        mode: How clothes are made: "fast" or "drape".
        first: The body at the time from which folds are carried; None = this one.
    Returns:
        Objects named "body", "eye_left", "tshirt", "hair" …; and (Q,) bool over the body's quads: hidden by clothes.
    """
    lod = 0 if human.detail else 1
    years = human.phenotype.age_years
    dressed = build_outfit(human.outfit, body, mode if human.cloth_detail else "far", first)  # pyright: ignore[reportArgumentType] (checked there)
    bearded = human.hair is not None and human.hair.beard > 0
    shader = skin_shader(human.skin, human.hair, stubble=human.hair.beard * 0.5 if bearded else 0.0, age=years, lod=lod)  # type: ignore[union-attr]
    skin = body_mesh(body, shader, skin_attributes(body, human.hair), hidden=dressed.hidden_faces, level=human.detail)
    parts = [_part("body", skin, "skin")]
    for name, mesh, semantic, labelled in build_eyes(human.eyes, body, age=years, lod=lod):
        parts.append(_part(name, mesh, semantic, labelled))
    for name, mesh, semantic in build_mouth(body):
        parts.append(_part(name, mesh, semantic))
    # Somebody who walks swings their arms, whatever the pose held.
    for name, mesh, semantic in [] if getattr(human.motion, "frees_hands", False) else build_props(human.pose, body):
        parts.append(_part(name, mesh, semantic))
    if human.pose.steps() is not None and moment_at(human, 0.0).contacts.treads:  # type: ignore[attr-defined]
        for name, mesh, semantic in build_underfoot(human.pose, body, _soles(human)):
            parts.append(_part(name, mesh, semantic))
    clothes: list[Mesh] = []
    worn = WornLabels(body)
    for name, mesh, semantic in dressed.parts:
        # Bags and hats stand off the body: no skin lies right beneath, and no hair lies on them.
        loose = semantic == "accessory"
        parts.append(_part(name, mesh if loose else worn.label(mesh), semantic))
        if not loose:
            clothes.append(mesh)
    for name, mesh in dressed.glass:
        parts.append(_part(name, mesh, "accessory", labelled=False))
    if human.hair is not None:
        entry = registry.hair.get(str(human.hair.kind))
        strands = entry.build(human.hair, body, human.hair_density, clothes)  # type: ignore[misc]
        if strands is not None:
            parts.append(_part("hair", press_under(strands, human.outfit, body), "hair"))
        for name, strands in build_face_hair(human.hair, body, human.hair_density, clothes, lashes=bool(human.detail)).items():
            parts.append(_part(name, strands, "hair"))
    return parts, dressed.hidden_faces


def _part(name: str, geometry: object, semantic: str, labelled: bool = True) -> SceneObject:
    return SceneObject(name, geometry, semantic, labelled=labelled, shadow=labelled)  # type: ignore[arg-type]
