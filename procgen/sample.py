"""From a seed to a SceneSpec: the only place where a whole scene is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from . import registry
from .assemble import build_place
from .cameras.formats import draw_format
from .cameras.framing import Subject
from .errors import SpecError
from .frames import project
from .geometry import PlaceGeometry
from .layout import Placement, place_people
from .options import GenerateOptions
from .people.body_state import BodyState
from .people.expression import sample_expression
from .people.eyes import eye_centres
from .people.garments.choosing import sample_outfit
from .people.look import sample_eyes, sample_hair, sample_skin
from .people.moving import families_for, moving, wants_seat
from .people.person import pose_person
from .people.shape import Phenotype, PhenotypeRanges, sample_phenotype
from .ranges import apply_ranges
from .seeds import Seed
from .sky import sample_sky
from .spec import CameraSpec, HumanSpec, PoseSpec, RenderSpec, SceneSpec, replace

# How often each pose family is drawn for someone on their feet, and indoors or outdoors where that matters (by eye).
STANDING = {
    "contrapposto": 5.0,
    "stand": 3.0,
    "talk": 4.0,
    "walk": 4.0,
    "wave": 2.0,
    "phone": 2.5,
    "hands_in_pockets": 2.5,
    "hands_on_hips": 1.5,
    "arms_crossed": 2.0,
    "carry": 0.5,
    "reach": 1.0,
    "squat": 0.6,
    "kneel": 0.5,
    "dance": 0.8,
    "yoga": 0.5,
    "run": 0.8,
    "sit_ground": 0.5,
}
NOT_INDOORS = ("run", "yoga", "sit_ground")
SEATED = ("sit",)
# How often somebody sits, if there is a seat.
SIT_SHARE = 0.35
VIEWS = {"full_body": 0.42, "wide": 0.33, "portrait": 0.25}
# Age bands in years and how often they are drawn.
AGES = {(1.5, 4.0): 0.03, (4.0, 12.0): 0.09, (12.0, 18.0): 0.08, (18.0, 40.0): 0.40, (40.0, 65.0): 0.26, (65.0, 88.0): 0.14}
# Heads larger than this many pixels get the subdivided skin and more strands.
CLOSE_HEAD_PX = 60.0


def sample_scene(
    seed: Seed,
    *,
    place: str = "auto",
    people: tuple[int, int] = (1, 3),
    width: int = 512,
    height: int = 512,
    format: Literal["given", "auto"] = "given",
    views: int = 1,
    frames: int = 1,
    samples: int = 24,
    camera: str = "auto",
    cloth: Literal["fast", "drape"] = "fast",
    motion: str = "auto",
    fps: float = 24.0,
) -> SceneSpec:
    """Draw a scene.

    Args:
        seed: Node of the seed tree; equal seeds give equal scenes.
        place: Name of a place, or "auto" for any.
        people: Fewest and most people.
        width, height: Image size in pixels.
        format: "auto" lets each camera take a format that suits it, with as many pixels.
        views: Number of cameras.
        frames: Consecutive frames.
        samples: Samples a pixel.
        camera: Name of a camera sampler for every view, or "auto" for a mix.
        cloth: How clothes are made: skinned to the pose, or relaxed as cloth.
        motion: Name of a motion or a motion file for everybody, or "auto" for what suits each pose.
        fps: Frames a second.
    """
    names = registry.places.names()
    kind = names[int(seed.child("place", "kind").rng().integers(len(names)))] if place == "auto" else place
    place_spec = registry.places.get(kind).make(seed.child("place").rng())
    geometry = build_place(place_spec)
    low, high = people
    count = int(seed.child("people", "count").rng().integers(low, high + 1))
    humans = _sample_people(seed, geometry, count, frames, motion)
    bodies = [pose_person(h, geometry, 0.0) for h in humans]
    subjects = [subject(b) for b in bodies]
    size = (width, height, format)
    cameras = tuple(_sample_camera(seed.child("camera", v), camera, subjects, geometry, size) for v in range(views))
    humans = [_finish(seed.child("human", i), h, b, cameras) for i, (h, b) in enumerate(zip(humans, bodies, strict=True))]
    return SceneSpec(
        origin=str(seed),
        place=place_spec,
        sky=sample_sky(seed.child("sky").rng(), geometry.indoor),
        people=tuple(humans),
        cameras=cameras,
        cloth=cloth,
        frames=frames,
        fps=fps,
        render=RenderSpec(samples=samples),
    )


def subject(body: BodyState) -> Subject:
    """A person as camera samplers see one."""
    points = body.posed[: body.count]
    face = eye_centres(body).mean(0)
    low, high = points.min(0).astype(float), points.max(0).astype(float)
    heading = float(np.arctan2(body.root[1, 0], body.root[0, 0]))
    feet = np.array([body.root[0, 3], body.root[1, 3], low[2]])
    return Subject(feet, np.array([face[0], face[1], high[2]]), face, heading, low, high)


def sample_anybody(seed: Seed) -> Phenotype:
    """A phenotype of any age; mostly adults, as in a street."""
    bands = list(AGES)
    share = np.array([AGES[b] for b in bands])
    band = bands[int(seed.child("age").rng().choice(len(bands), p=share / share.sum()))]
    return sample_phenotype(seed.child("phenotype").rng(), PhenotypeRanges(age_years=band))


def _sample_people(
    seed: Seed, place: PlaceGeometry, count: int, frames: int, motion: str = "auto"
) -> list[HumanSpec]:
    phenotypes = [sample_anybody(seed.child("human", i)) for i in range(count)]
    asked = wants_seat(motion)
    share = SIT_SHARE if asked is None else float(asked)
    wants = [
        bool(place.seats) and p.age_years >= 3 and seed.child("human", i, "seated").rng().random() < share
        for i, p in enumerate(phenotypes)
    ]
    placements = place_people(seed.child("layout").rng(), place, wants)
    eyes = [_eye_height(p, where, place) for p, where in zip(phenotypes, placements, strict=True)]
    return [
        sample_human(
            seed.child("human", i), p, where, place, frames, None if where.watches is None else eyes[where.watches], motion
        )
        for i, (p, where) in enumerate(zip(phenotypes, placements, strict=True))
    ]


def _eye_height(person: Phenotype, where: Placement, place: PlaceGeometry) -> float:
    """About where a person's eyes are before the pose is known, metres above the ground; a sitter's over the seat."""
    seat = next((s for s in place.seats if s.name == where.seat), None)
    if seat is None:
        return 0.93 * person.height_m
    ground = float(np.asarray(place.height(seat.position[:1], seat.position[1:2]))[0])  # type: ignore[operator]
    return float(seat.position[2]) - ground + 0.45 * person.height_m


def sample_human(
    seed: Seed,
    phenotype: Phenotype,
    where: Placement,
    place: PlaceGeometry,
    frames: int,
    gaze_height: float | None = None,
    motion: str = "auto",
) -> HumanSpec:
    """Draw one person who stands or sits at a given spot of a place, looking at eyes `gaze_height` above the ground."""
    family = _pose_family(seed, where, place, phenotype, families_for(motion))
    pose: PoseSpec = registry.poses.get(family).make(seed.child("pose").rng(), phenotype)
    gaze = None
    if where.gaze is not None:
        z = float(np.asarray(place.height(np.array([where.gaze[0]]), np.array([where.gaze[1]])))[0])  # type: ignore[operator]
        gaze = (where.gaze[0], where.gaze[1], z + (1.5 if gaze_height is None else gaze_height))
    human = HumanSpec(
        phenotype=phenotype,
        skin=sample_skin(seed.child("skin").rng(), phenotype),
        eyes=sample_eyes(seed.child("eyes").rng(), phenotype),
        hair=sample_hair(seed.child("hair").rng(), phenotype),
        outfit=tuple(sample_outfit(seed.child("outfit").rng(), phenotype)),
        pose=pose,
        expression=sample_expression(seed.child("expression").rng()),
        gaze=gaze,
        position=where.position,
        heading=where.heading,
        seat=where.seat,
    )
    return moving(seed, _with_pose_hands(human), frames, motion)


def _with_pose_hands(human: HumanSpec) -> HumanSpec:
    """Hands that belong to the pose: a phone is gripped."""
    hands = getattr(human.pose, "hand_specs", None)
    if hands is None:
        return human
    left, right = hands()
    return replace(human, left_hand=left, right_hand=right)


def _pose_family(
    seed: Seed, where: Placement, place: PlaceGeometry, phenotype: Phenotype, wanted: tuple[str, ...] = ()
) -> str:
    rng = seed.child("pose", "family").rng()
    known = set(registry.poses.names())
    if where.seat is not None:
        return SEATED[int(rng.integers(len(SEATED)))]
    table = {k: w for k, w in STANDING.items() if k in known and not (place.indoor and k in NOT_INDOORS)}
    if phenotype.age_years < 2.0:
        table = {k: w for k, w in table.items() if k in ("stand", "sit_ground", "reach")}
    elif phenotype.age_years > 70.0:
        table = {k: w for k, w in table.items() if k not in ("run", "yoga", "dance", "squat", "kneel", "sit_ground")}
    if wanted:
        # A motion that was asked for starts from its own poses, whatever else would be likely here.
        table = {k: STANDING.get(k, 1.0) for k in wanted if k in known and k not in SEATED} or {"stand": 1.0}
    weights = np.array(list(table.values()))
    return list(table)[int(rng.choice(len(table), p=weights / weights.sum()))]


def _sample_camera(
    seed: Seed, kind: str, subjects: list[Subject], place: PlaceGeometry, size: tuple[int, int, str]
) -> CameraSpec:
    if not subjects:
        kind = "wide"
    elif kind == "auto":
        names = list(VIEWS)
        share = np.array([VIEWS[n] for n in names])
        kind = names[int(seed.child("kind").rng().choice(len(names), p=share / share.sum()))]
    width, height, form = size
    if form == "auto":
        width, height = draw_format(seed.child("format").rng(), kind, width * height)
    return registry.cameras.get(kind).make(seed.rng(), subjects, place, width, height)


def _finish(seed: Seed, human: HumanSpec, body: BodyState, cameras: tuple[CameraSpec, ...]) -> HumanSpec:
    """What depends on the cameras: detail by size in the picture, and a look into the lens now and then."""
    head = eye_centres(body).mean(0)
    size = 0.0
    for camera in cameras:
        T_world_from_cam = camera.T_world_from_cam()
        top = project(camera.K(), np.linalg.inv(T_world_from_cam), np.stack([head, head + [0.0, 0.0, 0.24]]))
        if (top[1] > 0.05).all():
            size = max(size, float(np.linalg.norm(top[0][0] - top[0][1])))
    close = size > CLOSE_HEAD_PX
    density = float(np.clip((size / 260.0) ** 1.2, 0.12, 1.0))
    gaze = human.gaze
    to_lens = np.subtract(cameras[0].eye, head) if cameras else np.zeros(3)
    length = float(np.linalg.norm(to_lens))
    ahead = body.T[body.joint("head")][:3, :3] @ np.array([0.0, -1.0, 0.0])
    if gaze is None and length > 0.2 and float(to_lens @ ahead) / length > 0.8 and seed.child("gaze").rng().random() < 0.6:
        gaze = tuple(float(v) for v in cameras[0].eye)
    return replace(human, detail=int(close), hair_density=density, gaze=gaze)


def scene_of(options: GenerateOptions, scene: int) -> SceneSpec:
    """The scene of a generation run: read from a file, or drawn from the seed.

    Args:
        options: The run.
        scene: Number of the scene, from 0.
    """
    if options.spec is not None:
        return read_scene(options.spec)
    seed = Seed(options.seed).child("scene", scene)
    names = registry.places.names()
    spec = sample_scene(
        seed,
        # In turn, so that any run of a few scenes shows every place.
        place=names[scene % len(names)] if options.place == "auto" else options.place,
        people=options.people,
        width=options.width,
        height=options.height,
        format=options.format,
        views=options.views,
        frames=options.frames,
        samples=options.samples,
        cloth=options.cloth,
        motion=options.motion,
        fps=options.fps,
    )
    spec = replace(spec, render=replace(spec.render, engine=options.engine, device=options.device))
    return apply_ranges(spec, options.ranges, seed) if options.ranges else spec


def read_scene(path: str) -> SceneSpec:
    """A scene from a JSON file, with a clear line for whatever is wrong with it."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as e:
        raise SpecError(f"scene file {path!r} cannot be read ({e.strerror})", fix="check the path") from None
    except UnicodeDecodeError:
        raise SpecError(f"scene file {path!r} is not text", expected="JSON in UTF-8") from None
    spec = SceneSpec.from_json(text)
    if not spec.cameras:
        raise SpecError(f"scene file {path!r} has no camera", fix="add one to `cameras`")
    return spec
