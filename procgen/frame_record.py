"""From a labelled view to the record that is stored beside its images."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .channels.classes import NAMES, class_id
from .channels.view import View
from .dataset.record import (
    BodyRecord,
    CameraRecord,
    FrameRecord,
    KeypointsRecord,
    ObjectRecord,
    PersonRecord,
)
from .labels import PersonLabels
from .people.body_state import BodyState
from .spec import SceneSpec


@dataclass(frozen=True)
class FrameName:
    """Which frame of a dataset: scene, view and consecutive moment."""

    scene: int
    view: int
    time: int


def frame_record(
    spec: SceneSpec,
    name: FrameName,
    view: View,
    people: list[PersonLabels],
    *,
    model_sha256: str = "",
    caption: str = "",
    facts: Mapping[str, object] | None = None,
    exposure: float = 0.0,
    versions: Mapping[str, str] | None = None,
) -> FrameRecord:
    """The record of a frame, its file table still empty.

    Args:
        spec: The scene.
        view: What was rendered.
        people: Labels of each person, in spec order.
        exposure: EV that the picture was developed with.
    """
    camera = spec.cameras[name.view]
    geometry = view.geometry
    parts: dict[str, int] = {}
    for body in geometry.bodies:
        parts = {n: i for i, n in enumerate(body.model.part_names)}  # type: ignore[attr-defined]
    return FrameRecord(
        scene=name.scene,
        view=name.view,
        time=name.time,
        seconds=name.time / spec.fps,
        camera=CameraRecord(
            view.width,
            view.height,
            view.K,
            view.T_world_from_cam,
            camera.focal_mm,
            camera.sensor_mm,
            camera.shift,
            camera.pixel_aspect,
            camera.name,
        ),
        objects=tuple(
            ObjectRecord(i, o.name, o.semantic, o.instance, o.person) for i, o in enumerate(geometry.objects, 1) if o.labelled
        ),
        semantics={n: class_id(n) for n in NAMES},
        parts=parts or {"background": 0},
        people=tuple(
            _person(spec, i, body, labels, model_sha256)  # type: ignore[arg-type]
            for i, (body, labels) in enumerate(zip(geometry.bodies, people, strict=True))
        ),
        caption=caption,
        facts=dict(facts or {}),
        render={**spec.render.to_dict(), "exposure_applied": exposure},
        versions={"numpy": np.__version__, "python": platform.python_version(), **(versions or {})},
    )


def _person(spec: SceneSpec, index: int, body: BodyState, labels: PersonLabels, sha256: str) -> PersonRecord:
    return PersonRecord(
        name=f"person_{index}",
        index=index,
        instance=index + 1,
        spec=spec.people[index].to_dict(),
        body=BodyRecord(body.model.name, sha256, body.betas, body.expression, body.pose, body.root),
        joints3d_world=body.joints,
        keypoints={
            n: KeypointsRecord(
                tuple(k["names"]), k["xy"], k["xyz_world"], k["xyz_cam"], k["visibility"], k["occluder"], k["occluder_distance"]
            )
            for n, k in labels.keypoints.items()
        },
        box_visible=labels.box_visible,
        box_amodal=labels.box_amodal,
        visible_px=labels.visible_px,
        amodal_px=labels.amodal_px,
        truncated=labels.truncated,
    )
