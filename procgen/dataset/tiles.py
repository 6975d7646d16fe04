"""One picture for each label of a frame: what the contact sheet and the HTML page show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import DatasetError, unknown_name
from . import palette
from .drawing import Canvas, draw_skeleton, outline, resize
from .reader import Frame, Person

Picture = np.ndarray  # (h, w, 3) float32 sRGB in [0, 1]


def _plain(channel: str, colors: Callable[[np.ndarray], np.ndarray]) -> Callable[[Frame, int, int], Picture]:
    def make(frame: Frame, width: int, height: int) -> Picture:
        return np.clip(resize(colors(frame[channel]), width, height), 0, 1)

    return make


def rgb(frame: Frame, width: int, height: int) -> Picture:
    """The picture itself."""
    return np.clip(resize(frame["rgb"][..., :3].astype(np.float32) / 255.0, width, height), 0, 1)


def _dimmed(frame: Frame, width: int, height: int, strength: float) -> Picture:
    if "rgb" not in frame:
        return np.tile(np.array(palette.NOTHING, np.float32) / 255.0, (height, width, 1))
    picture = rgb(frame, width, height)
    grey = picture @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return strength * (0.35 * picture + 0.65 * grey[..., None])


def instance(frame: Frame, width: int, height: int) -> Picture:
    """Instances: people in their colours."""
    return np.clip(resize(palette.instance_colors(frame["instance"], len(frame.people)), width, height), 0, 1)


def skeleton(frame: Frame, width: int, height: int) -> Picture:
    """Body joints over the dimmed picture."""
    canvas = Canvas(_dimmed(frame, width, height, 0.5))
    scale = width / frame.camera.width
    for person in _far_first(frame):
        for name in ("smplx", "coco17"):
            if name in person.record.keypoints:
                k = person.record.keypoints[name]
                span = 0.0 if person.box_amodal is None else (person.box_amodal[3] - person.box_amodal[1]) * scale
                draw_skeleton(canvas, k.names, k.xy, k.visibility, float(np.clip(span / 55, 1.2, 4.0)), scale)
                break
        _face(canvas, person, scale)
    return canvas.image


def _face(canvas: Canvas, person: Person, scale: float) -> None:
    """Face landmarks as fine dots, where there is room for them."""
    k = person.record.keypoints.get("coco_wholebody")
    if k is None:
        return
    face = [i for i, n in enumerate(k.names) if n.startswith("face")]
    if not face or np.ptp(k.xy[face], axis=0).max() * scale < 26:
        return
    radius = float(np.clip(np.ptp(k.xy[face], axis=0).max() * scale / 70, 0.7, 1.5))
    for i in face:
        if k.visibility[i]:
            canvas.disc(k.xy[i] * scale, radius, (255, 255, 255), 0.95 if k.visibility[i] == 2 else 0.35)


def boxes(frame: Frame, width: int, height: int) -> Picture:
    """Amodal silhouettes with their outlines, and the boxes of what is seen, over the dimmed picture."""
    canvas = Canvas(_dimmed(frame, width, height, 0.5))
    scale = width / frame.camera.width
    masks = frame["amodal"] if "amodal" in frame else None
    for person in _far_first(frame):
        color = palette.person_color(person.record.index)
        if masks is not None:
            mask = masks[person.record.index]
            cover = resize(mask.astype(np.float32), width, height)
            canvas.image[:] += 0.42 * cover * (color.astype(np.float32) / 255.0 - canvas.image)
            canvas.strokes(outline(mask) * scale, 1.3, color)
        if person.box is not None:
            canvas.frame(np.array(person.box) * scale, 1.2, (245, 246, 250), 2.0, 0.9)  # pyright: ignore[reportArgumentType]
    return canvas.image


def _far_first(frame: Frame) -> list:
    def distance(person: object) -> float:
        joints = person.joints  # type: ignore[attr-defined]
        return -float((joints @ frame.camera.T_cam_from_world[2, :3] + frame.camera.T_cam_from_world[2, 3]).mean())

    return sorted(frame.people, key=distance)


# name on the sheet: (channel it needs or None, maker, words of the caption)
TILES: dict[str, tuple[str | None, Callable[[Frame, int, int], Picture], str]] = {
    "depth": ("depth", _plain("depth", palette.depth_colors), "depth"),
    "normal": ("normal", _plain("normal", palette.normal_colors), "normals"),
    "semantic": ("semantic", _plain("semantic", palette.class_colors), "classes"),
    "part": ("part", _plain("part", palette.part_colors), "body parts"),
    "iuv": ("iuv", _plain("iuv", palette.iuv_colors), "body UV"),
    "instance": ("instance", instance, "instances"),
    "skeleton": (None, skeleton, "joints, 2D and 3D"),
    "boxes": ("amodal", boxes, "boxes, amodal masks"),
    "flow": ("flow", _plain("flow", palette.flow_colors), "optical flow"),
    "albedo": ("albedo", _plain("albedo", palette.albedo_colors), "albedo"),
    "object": ("object", _plain("object", palette.id_colors), "objects"),
    "normal_world": ("normal_world", _plain("normal_world", palette.world_normal_colors), "world normals"),
    "distance": ("distance", _plain("distance", palette.depth_colors), "distance"),
}


def available(frame: Frame) -> list[str]:
    """Names of the tiles that a frame can show, the most telling first; flow takes the place of parts in a sequence."""
    people = bool(frame.people)
    names = list(TILES)
    if "flow" in frame:
        part, flow = names.index("part"), names.index("flow")
        names[part], names[flow] = "flow", "part"
    return [
        name
        for name, channel in ((n, TILES[n][0]) for n in names)
        if (channel is None and people) or (channel is not None and channel in frame)
    ]


def tile(frame: Frame, name: str, width: int, height: int) -> Picture:
    """The picture of one label."""
    if name not in TILES:
        raise unknown_name("label", name, TILES)
    channel, make, _ = TILES[name]
    if channel is not None and channel not in frame:
        raise DatasetError(
            f"frame {frame.name} has no channel {channel!r}", fix="generate it, or leave it out of the sheet"
        )
    return make(frame, width, height)


def words(name: str) -> str:
    """What the caption of a tile says."""
    return TILES[name][2]
