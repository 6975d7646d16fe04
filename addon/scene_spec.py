# SPDX-License-Identifier: GPL-3.0-or-later
"""The open scene as a SceneSpec: what `scene.json` holds, from the place, the people, the sky and the cameras that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..procgen.errors import SpecError
from ..procgen.people.looks import named_beside
from ..procgen.spec import RenderSpec, SceneSpec, SkySpec, replace
from . import people, places


def scene_spec(scene: Any, path: Path | None = None) -> SceneSpec:
    """The Vivant part of a scene; poses made by hand and objects that others made are not in it.

    Args:
        path: File that the spec is about to be written to: people's looks are written beside it. None: left out.
    Raises:
        SpecError: there is no place, or no camera.
    """
    from ..procgen.blender import live
    from ..procgen.blender.insert import camera_spec
    from ..procgen.blender.pictured import kept_looks

    place = places.in_scene(scene)
    if place is None:
        raise SpecError("this scene has no Vivant place", fix="add one in the Place panel, or render the frame as it is")
    cameras = sorted((ob for ob in scene.objects if ob.type == "CAMERA"), key=lambda ob: (ob != scene.camera, ob.name))
    if not cameras:
        raise SpecError("this scene has no camera", fix="add one in the Camera and Light panel")
    sky = SkySpec()
    if scene.world is not None and "vivant_sky" in scene.world:
        sky = SkySpec.from_json(scene.world["vivant_sky"])
    humans = []
    for collection in people.in_scene(scene):
        human = people.spec_of(collection)
        rig = live.rig_of(collection)
        if rig is not None and human.seat is None:
            W = live.upright(rig)
            import numpy as np

            human = replace(human, position=(float(W[0, 3]), float(W[1, 3])), heading=float(np.arctan2(W[1, 0], W[0, 0])))
        if path is not None:
            human = named_beside(human, path.with_name(f"{path.stem}_{len(humans)}.json"), kept_looks(collection))
        humans.append(human)
    asked = scene.vivant
    return SceneSpec(
        place=places.spec_of(place),
        sky=sky,
        people=tuple(humans),
        cameras=tuple(camera_spec(scene, camera) for camera in cameras),
        cloth=asked.cloth,
        frames=asked.frames,
        fps=scene.render.fps / scene.render.fps_base,
        render=RenderSpec(samples=asked.samples),
    )
