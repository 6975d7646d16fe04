"""One view at one moment: render, decode every channel, label every person, write the files of the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as _replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from .. import registry
from ..channels.channel import Channel
from ..channels.view import RawPasses, View
from ..dataset.encode import write_amodal, write_channel
from ..dataset.exr import write_exr
from ..geometry import SceneGeometry
from ..labels import PersonLabels, label_person
from ..metering import exposure
from ..npz import write_npz
from ..people.looks import looks_of
from ..people.motion import expression_at, moment_at
from ..scene_mesh import pack_scene
from ..spec import SceneSpec
from . import objects, settings
from .build_scene import BlenderScene, build, move_to
from .pictured import wear_looks, with_map
from .relief import express
from .render import develop, render_picture, render_truth, scratch
from .visibility import first_hits, hair_in_front


@dataclass
class Session:
    """A scene that is built in Blender, at one frame.

    Attributes:
        spec: The scene's spec.
        geometry: The scene at `frame`.
        built: Handles into Blender.
        frame: Current frame number.
        threads: Render threads, 0 = all.
        exposures: View -> metered EV, for sequences.
    """

    spec: SceneSpec
    geometry: SceneGeometry
    built: BlenderScene
    frame: int = 0
    threads: int = 0
    exposures: dict[int, float] = field(default_factory=dict)

    def at(self, frame: int, assemble: Any) -> None:
        """Move the built scene to another frame."""
        if frame != self.frame:
            self.geometry = assemble(self.spec, frame)
            move_to(self.built, self.geometry)
            self.frame = frame
            for index, human in enumerate(self.spec.people):
                if human.looks:
                    express(self.part(index, "body"), expression_at(human, moment_at(human, frame / self.spec.fps)))

    def part(self, person: int, name: str) -> Any:
        """Blender object of a person's part."""
        wanted = f"person_{person}/{name}"
        return next(ob for ob, o in zip(self.built.objects, self.geometry.objects, strict=True) if o.name == wanted)


def open_session(spec: SceneSpec, geometry: SceneGeometry, *, seed: int = 0, threads: int = 0) -> Session:
    """Build a scene in an empty Blender file, ready to render its views."""
    settings.no_factory_surprises()
    seen = [looks_of(human) for human in spec.people]
    shown = [with_map(o) if o.person >= 0 and seen[o.person].pictures else o for o in geometry.objects]
    built = build(_replace(geometry, objects=shown))
    for index, (human, looks) in enumerate(zip(spec.people, seen, strict=True)):
        own = {
            o.name.partition("/")[2]: ob for o, ob in zip(geometry.objects, built.objects, strict=True) if o.person == index
        }  # fmt: skip
        wear_looks(own, looks, f"person_{index}", human.expression)
    settings.picture(built.picture, spec.render, seed=seed, threads=threads)
    settings.ground_truth(built.truth, threads=threads)
    # Several views of one scene: keep the synced scene (and its BVH) between renders.
    built.picture.render.use_persistent_data = len(spec.cameras) > 1
    session = Session(spec, geometry, built, 0, threads)
    if spec.frames > 1 and spec.render.metering and spec.render.engine == "cycles":
        _meter_sequence(session)
    return session


def truth_of(session: Session, view: int) -> RawPasses:
    """Ground-truth passes of a view at the session's frame."""
    camera = session.spec.cameras[view]
    objects.aim_camera(session.built.truth, session.built.camera, camera, session.frame / session.spec.fps)
    with scratch() as folder:
        return render_truth(session.built.truth, folder)


def view_of(session: Session, view: int, raw: RawPasses) -> View:
    """The `View` that channels decode from."""
    camera = session.spec.cameras[view]
    time = session.frame / session.spec.fps
    return View(camera.width, camera.height, camera.K(), camera.T_world_from_cam(time), session.geometry, raw)


def with_next(shot: Shot, later: View) -> Shot:
    """The same shot, with the moment that follows it (for flow)."""
    view = _replace(
        shot.view, T_world_from_cam_next=later.T_world_from_cam, geometry_next=later.geometry, raw_next=later.raw
    )
    return _replace(shot, view=view)


def label_people(session: Session, view: View) -> list[PersonLabels]:
    """Labels of every person, with sight lines cast in the evaluated ground-truth scene."""
    layer = session.built.truth.view_layers[0]
    layer.update()
    depsgraph = layer.depsgraph
    eye = view.T_world_from_cam[:3, 3]

    def sight(targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids, near = first_hits(session.built.truth, depsgraph, eye, targets)
        hair, hair_near = hair_in_front(view, targets)
        nearer = (hair > 0) & (hair_near < near)
        return np.where(nearer, hair, ids), np.where(nearer, hair_near, near)

    return [label_person(view, i, body, sight) for i, body in enumerate(view.geometry.bodies)]  # type: ignore[arg-type]


def chosen_channels(names: Sequence[str] | None) -> list[Channel]:
    """Channels by name; None = the default ones, "all" = every one."""
    if names is None:
        return [e.make for e in registry.channels if e.make.default]
    if list(names) == ["all"]:
        return [e.make for e in registry.channels]
    return [registry.channels.get(n).make for n in names]


@dataclass
class Shot:
    """A rendered view that waits for its channels (flow needs the moment after it).

    Attributes:
        view: What channels decode from.
        people: Labels of every person.
        seconds: Wall time by step, for `timings.json`.
        exposure: EV that the picture was developed with.
    """

    view: View
    people: list[PersonLabels]
    seconds: dict[str, float]
    exposure: float = 0.0


def _meter(session: Session, index: int, arrays: dict[str, np.ndarray], raw: RawPasses) -> float:
    """Metered exposure of a view; a sequence keeps that of its first frame, so that it does not flicker."""
    if not session.spec.render.metering or "albedo" not in arrays:
        return 0.0
    if session.spec.frames == 1:
        person = np.array([False] + [o.person >= 0 for o in session.geometry.objects])
        return exposure(arrays["rgb"], arrays["albedo"], person[raw.object])
    return session.exposures[index]


def _meter_sequence(session: Session) -> None:
    """Exposure of every view of a sequence, from small pictures of its first frame."""
    scene = session.built.picture
    samples, denoise = scene.cycles.samples, scene.cycles.use_denoising
    scene.cycles.samples, scene.cycles.use_denoising = 4, False
    for index, camera in enumerate(session.spec.cameras):
        objects.aim_camera(scene, session.built.camera, camera)
        scene.render.resolution_percentage = max(1, min(100, 6400 // max(camera.width, camera.height)))
        with scratch() as place:
            arrays = render_picture(scene, place)
        session.exposures[index] = exposure(arrays["rgb"], arrays["albedo"])
    scene.cycles.samples, scene.cycles.use_denoising = samples, denoise


def shoot(session: Session, index: int, folder: Path, *, linear: bool = False, picture: bool = True) -> Shot:
    """Render ground truth and picture of a view at the session's frame, and label its people.

    Args:
        index: Which camera of the spec.
        folder: An existing folder; receives `rgb.png` (and `rgb.exr` with `linear`).
        picture: False leaves out the picture (labels only).
    """
    clock, ev = [perf_counter()], 0.0
    raw = truth_of(session, index)
    clock.append(perf_counter())
    if picture:
        camera = session.spec.cameras[index]
        objects.aim_camera(session.built.picture, session.built.camera, camera, session.frame / session.spec.fps)
        with scratch() as place:
            arrays = render_picture(session.built.picture, place)
        ev = session.spec.render.exposure + _meter(session, index, arrays, raw)
        develop(session.built.picture, folder / "rgb.png", ev)
        if linear:
            write_exr(folder / "rgb.exr", {c: arrays["rgb"][..., i].astype(np.float16) for i, c in enumerate("RGB")})
        raw = _replace(raw, albedo=arrays.get("albedo"))
    clock.append(perf_counter())
    view = view_of(session, index, raw)
    people = label_people(session, view)
    clock.append(perf_counter())
    names = ("truth", "picture", "people")
    return Shot(view, people, {n: b - a for n, a, b in zip(names, clock[:-1], clock[1:], strict=True)}, ev)


def write_shot(shot: Shot, folder: Path, channels: Sequence[Channel], *, mesh: bool = False) -> None:
    """Decode every channel of a shot and write its files."""
    start = perf_counter()
    for channel in channels:
        array = channel.decode(shot.view)
        if array is not None:
            write_channel(folder, channel, array)
    if shot.people:
        write_amodal(folder, np.stack([p.amodal for p in shot.people]))
    if mesh:
        write_npz(folder / "mesh.npz", pack_scene(shot.view.geometry, shot.view.geometry_next))
    shot.seconds["channels"] = perf_counter() - start
