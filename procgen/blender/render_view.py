"""One view at one moment: render, decode every channel, label every person, write the files of the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as _replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import registry
from ..channels.channel import Channel
from ..channels.view import RawPasses, View
from ..dataset.encode import write_amodal, write_channel
from ..dataset.exr import write_exr
from ..geometry import SceneGeometry
from ..labels import PersonLabels, label_person
from ..scene_mesh import scene_mesh
from ..spec import SceneSpec
from . import objects, settings
from .build_scene import BlenderScene, build, move_to
from .render import render_picture, render_truth, scratch
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
    """

    spec: SceneSpec
    geometry: SceneGeometry
    built: BlenderScene
    frame: int = 0
    threads: int = 0

    def at(self, frame: int, assemble: Any) -> None:
        """Move the built scene to another frame."""
        if frame != self.frame:
            self.geometry = assemble(self.spec, frame)
            move_to(self.built, self.geometry)
            self.frame = frame


def open_session(spec: SceneSpec, geometry: SceneGeometry, *, seed: int = 0, threads: int = 0) -> Session:
    """Build a scene in an empty Blender file, ready to render its views."""
    settings.no_factory_surprises()
    built = build(geometry)
    settings.picture(built.picture, spec.render, seed=seed, threads=threads)
    settings.ground_truth(built.truth, threads=threads)
    # Several views of one scene: keep the synced scene (and its BVH) between renders.
    built.picture.render.use_persistent_data = len(spec.cameras) > 1
    return Session(spec, geometry, built, 0, threads)


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


def with_next(view: View, session: Session, index: int, geometry: SceneGeometry, raw: RawPasses) -> View:
    """The same view, with the moment that follows it (for flow)."""
    camera = session.spec.cameras[index]
    time = (session.frame + 1) / session.spec.fps
    return _replace(view, T_world_from_cam_next=camera.T_world_from_cam(time), geometry_next=geometry, raw_next=raw)


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


def write_view(
    session: Session,
    index: int,
    view: View,
    folder: Path,
    channels: Sequence[Channel],
    *,
    mesh: bool = False,
    linear: bool = False,
    picture: bool = True,
) -> tuple[dict[str, Channel | None], list[PersonLabels]]:
    """Render the picture and write every file of the frame but the record.

    Args:
        index: Which camera of the spec.
        folder: An existing folder to write into.
        mesh: Also write `mesh.npz`.
        linear: Also write `rgb.exr` (scene linear, half).
        picture: False leaves out the picture (labels only).
    Returns:
        File name -> channel (None for rgb, amodal and mesh), and the people's labels.
    """
    files: dict[str, Channel | None] = {}
    if picture:
        camera = session.spec.cameras[index]
        objects.aim_camera(session.built.picture, session.built.camera, camera, session.frame / session.spec.fps)
        with scratch() as place:
            arrays = render_picture(session.built.picture, place, folder / "rgb.png")
        files["rgb.png"] = None
        if linear:
            write_exr(folder / "rgb.exr", {c: arrays["rgb"][..., i].astype(np.float16) for i, c in enumerate("RGB")})
            files["rgb.exr"] = None
        view = _replace(view, raw=_replace(view.raw, albedo=arrays.get("albedo")))
    people = label_people(session, view)
    for channel in channels:
        array = channel.decode(view)
        if array is not None:
            files[write_channel(folder, channel, array)] = channel
    if people:
        files[write_amodal(folder, np.stack([p.amodal for p in people]))] = None
    if mesh:
        from ..npz import write_npz

        write_npz(folder / "mesh.npz", scene_mesh(view.geometry, view.geometry_next))
        files["mesh.npz"] = None
    return files, people
