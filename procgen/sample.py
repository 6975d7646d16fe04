"""From a seed to a SceneSpec: the only place where a whole scene is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from . import registry
from .assemble import build_place
from .cameras.formats import draw_format
from .cameras.framing import Subject
from .describe import lexicon
from .describe.description import Description
from .describe.fulfil import wished_place, wished_sky
from .describe.grammar import describe
from .errors import SpecError
from .frames import project
from .geometry import PlaceGeometry
from .one_person import read_person
from .options import GenerateOptions
from .people.body_state import BodyState
from .people.eyes import eye_centres
from .people.looks import found
from .people.person import pose_person
from .ranges import apply_ranges
from .sample_people import sample_anybody, sample_human, sample_people
from .seeds import Seed
from .spec import CameraSpec, HumanSpec, RenderSpec, SceneSpec, replace

VIEWS = {"full_body": 0.42, "wide": 0.33, "portrait": 0.25}
# With more people than this, portraits are rarer.
FEW = 4
# Heads larger than this many pixels get the subdivided skin and more strands.
CLOSE_HEAD_PX = 60.0
# Heads smaller than this: clothes keep a vertex every two centimetres, which is a pixel or two.
FAR_HEAD_PX = 26.0


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
    description: Description | str | None = None,
    cast: Sequence[HumanSpec] = (),
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
        description: What is wanted, as text or read by `describe`; what it leaves open is drawn. It overrides `people`,
            `place` and `camera` where it speaks of them.
        cast: People who are in the scene, whoever else is drawn.
    Raises:
        SpecError: a description of fewer people than are cast.
    """
    described = describe(description) if isinstance(description, str) else description
    place, people, camera = _asked(described, place, people, camera)
    names = registry.places.names()
    kind = names[int(seed.child("place", "kind").rng().integers(len(names)))] if place == "auto" else place
    place_spec = wished_place(seed.child("place").rng(), described, kind)
    geometry = build_place(place_spec)
    low, high = (max(n, len(cast)) for n in people)
    if described is not None and described.people and len(described.people) < len(cast):
        raise SpecError(
            "more people are cast than described", expected=f"at most {len(described.people)}", got=len(cast),
            fix="describe the place alone",
        )  # fmt: skip
    count = int(seed.child("people", "count").rng().integers(low, high + 1))
    humans, groups = sample_people(seed, geometry, count, frames, described, motion, cast)
    bodies = [pose_person(h, geometry, 0.0) for h in humans]
    subjects = [subject(b) for b in bodies]
    size = (width, height, format)
    cameras = tuple(_sample_camera(seed.child("camera", v), camera, subjects, geometry, size) for v in range(views))
    if described is not None and described.angle == "low":
        cameras = tuple(_from_below(c, geometry) for c in cameras)
    lens = [_wants_lens(described, i) for i in range(count)]
    humans = [
        _finish(seed.child("human", i), h, b, cameras, lens[i])
        for i, (h, b) in enumerate(zip(humans, bodies, strict=True))
    ]
    return SceneSpec(
        origin=str(seed),
        place=place_spec,
        sky=wished_sky(seed.child("sky").rng(), described, geometry.indoor),
        people=tuple(humans),
        groups=tuple(groups),
        cameras=cameras,
        cloth=cloth,
        frames=frames,
        fps=fps,
        render=RenderSpec(samples=samples),
    )


def _asked(
    described: Description | None, place: str, people: tuple[int, int], camera: str
) -> tuple[str, tuple[int, int], str]:
    """Place, numbers of people and camera, where a description speaks of them."""
    if described is None:
        return place, people, camera
    count = len(described.people)
    if described.angle == "high":
        camera = "surveillance"
    elif described.shot is not None:
        camera = lexicon.SAMPLERS[described.shot]
    elif count > 1:
        camera = "wide"  # everybody who was asked for is to be seen
    elif count == 1 and camera == "auto":
        camera = "full_body"
    return described.place or place, (count, count) if count or described.nobody else people, camera


def _from_below(camera: CameraSpec, place: PlaceGeometry) -> CameraSpec:
    """The same view from knee height."""
    x, y, _ = camera.eye
    ground = float(np.asarray(place.height(np.array([x]), np.array([y])))[0])  # type: ignore[operator]
    return replace(camera, eye=(x, y, ground + 0.45))


def _wants_lens(described: Description | None, index: int) -> bool | None:
    """Whether somebody was asked to look into the camera; None leaves it open."""
    if described is None or not described.people or described.people[index].gaze is None:
        return None
    return described.people[index].gaze == "camera"


def subject(body: BodyState) -> Subject:
    """A person as camera samplers see one."""
    points = body.posed[: body.count]
    face = eye_centres(body).mean(0)
    low, high = points.min(0).astype(float), points.max(0).astype(float)
    heading = float(np.arctan2(body.root[1, 0], body.root[0, 0]))
    feet = np.array([body.root[0, 3], body.root[1, 3], low[2]])
    return Subject(feet, np.array([face[0], face[1], high[2]]), face, heading, low, high)


def _sample_camera(
    seed: Seed, kind: str, subjects: list[Subject], place: PlaceGeometry, size: tuple[int, int, str]
) -> CameraSpec:
    if not subjects:
        kind = "wide"
    elif kind == "auto":
        names = list(VIEWS)
        # One face says little of a crowd.
        share = np.array([VIEWS[n] * (min(1.0, FEW / max(len(subjects), 1)) if n == "portrait" else 1.0) for n in names])
        kind = names[int(seed.child("kind").rng().choice(len(names), p=share / share.sum()))]
    width, height, form = size
    if form == "auto":
        width, height = draw_format(seed.child("format").rng(), kind, width * height)
    return registry.cameras.get(kind).make(seed.rng(), subjects, place, width, height)


def _finish(
    seed: Seed, human: HumanSpec, body: BodyState, cameras: tuple[CameraSpec, ...], lens: bool | None = None
) -> HumanSpec:
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
    chance = float(to_lens @ ahead) > 0.8 * length and seed.child("gaze").rng().random() < 0.6
    if length > 0.2 and (lens or (lens is None and gaze is None and chance)):
        gaze = tuple(float(v) for v in cameras[0].eye)
    return replace(human, detail=int(close), cloth_detail=int(size > FAR_HEAD_PX), hair_density=density, gaze=gaze)


def scene_of(options: GenerateOptions, scene: int) -> SceneSpec:
    """The scene of a generation run: read from a file, or drawn from the seed.

    Args:
        options: The run.
        scene: Number of the scene, from 0.
    """
    if options.spec is not None:
        read, folder = read_scene(options.spec), Path(options.spec).absolute().parent
        return replace(read, people=tuple(found(human, folder) for human in read.people))
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
        description=options.describe or None,
        cast=[read_person(path) for path in options.cast],
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


__all__ = ["read_scene", "sample_anybody", "sample_human", "sample_people", "sample_scene", "scene_of", "subject"]
