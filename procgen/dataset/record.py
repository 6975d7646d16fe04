"""The record of one frame, `record.json`: camera, objects, people, files. Everything is checked when it is read.

It holds nothing that changes when the same command runs again: timings live in `timings.json` beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DatasetError, unknown_name
from ..frames import invert_rigid, transform
from .fields import Fields, dump_json, parse_json

RECORD_VERSION = 1
RECORD_FILE = "record.json"
TIMINGS_FILE = "timings.json"

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, eq=False)
class CameraRecord:
    """A pinhole camera.

    Attributes:
        width, height: Image size, pixels.
        K: (3, 3) float64 intrinsics in pixels; the centre of pixel (0, 0) is at (0.5, 0.5).
        T_world_from_cam: (4, 4) float64, OpenCV axes (x right, y down, z forward).
        focal_mm, sensor_mm: Lens, and sensor along the longer side.
        shift: Blender's lens shift.
        pixel_aspect: Width of a pixel over its height.
        name: Sampler that placed it.
    """

    width: int
    height: int
    K: np.ndarray
    T_world_from_cam: np.ndarray
    focal_mm: float = 50.0
    sensor_mm: float = 36.0
    shift: tuple[float, float] = (0.0, 0.0)
    pixel_aspect: float = 1.0
    name: str = ""

    @property
    def T_cam_from_world(self) -> np.ndarray:
        """(4, 4) float64."""
        return invert_rigid(self.T_world_from_cam)

    def to_dict(self) -> dict[str, Any]:
        return {
            "width": int(self.width),
            "height": int(self.height),
            "K": self.K,
            "T_cam_from_world": self.T_cam_from_world,
            "T_world_from_cam": self.T_world_from_cam,
            "focal_mm": float(self.focal_mm),
            "sensor_mm": float(self.sensor_mm),
            "shift": list(self.shift),
            "pixel_aspect": float(self.pixel_aspect),
            "name": self.name,
        }

    @classmethod
    def read(cls, f: Fields) -> CameraRecord:
        T, K = f.array("T_world_from_cam", (4, 4)), f.array("K", (3, 3))
        back = f.array("T_cam_from_world", (4, 4))
        if np.abs(T[:3, :3] @ T[:3, :3].T - np.eye(3)).max() > 1e-6 or np.linalg.det(T[:3, :3]) < 0:
            raise f.wrong("T_world_from_cam", "a rotation and a translation", T.tolist())
        if np.abs(back @ T - np.eye(4)).max() > 1e-6 * max(1.0, np.abs(T).max()):
            raise f.wrong("T_cam_from_world", "the inverse of T_world_from_cam", back.tolist())
        if K[0, 0] <= 0 or K[1, 1] <= 0 or (K[2] != (0, 0, 1)).any():
            raise f.wrong("K", "positive focal lengths and a last row of 0, 0, 1", K.tolist())
        return cls(
            f.integer("width", 1, 1 << 20),
            f.integer("height", 1, 1 << 20),
            K,
            T,
            f.number("focal_mm"),
            f.number("sensor_mm"),
            tuple(f.array("shift", (2,)).tolist()),
            f.number("pixel_aspect"),
            f.text("name"),
        )


@dataclass(frozen=True)
class ObjectRecord:
    """A row of the object table.

    Attributes:
        id: Value in `object.png`, from 1.
        name: Unique name within the scene.
        semantic: Class name.
        instance: Value in `instance.png`; 0 = background.
        person: Index into `people`, or -1.
    """

    id: int
    name: str
    semantic: str
    instance: int
    person: int = -1

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": int(self.id),
            "name": self.name,
            "semantic": self.semantic,
            "instance": int(self.instance),
            "person": int(self.person),
        }

    @classmethod
    def read(cls, f: Fields) -> ObjectRecord:
        return cls(
            f.integer("id", 1, 65535),
            f.text("name"),
            f.text("semantic"),
            f.integer("instance", 0, 65535),
            f.integer("person", -1),
        )


@dataclass(frozen=True, eq=False)
class BodyRecord:
    """How the body was posed: run the body model forward with this and the vertices come out.

    Attributes:
        model: Name of the body model.
        model_sha256: SHA-256 of its file, or "".
        betas: (B,) shape coefficients. expression: (E,) expression coefficients.
        pose: (J, 3) axis-angle, parent relative, SMPL-X joint order and body frame; row 0 tilts the pelvis.
        T_world_from_body: (4, 4) float64: heading and translation of the posed body, whose own frame is Vivant's
            world axes (Z up, facing -Y).
        parameters: Further coefficients of the model, by name.
    """

    model: str
    model_sha256: str
    betas: np.ndarray
    expression: np.ndarray
    pose: np.ndarray
    T_world_from_body: np.ndarray
    parameters: Mapping[str, np.ndarray] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "model_sha256": self.model_sha256,
            "betas": self.betas,
            "expression": self.expression,
            "pose": self.pose,
            "T_world_from_body": self.T_world_from_body,
            "parameters": dict(self.parameters),
        }

    @classmethod
    def read(cls, f: Fields) -> BodyRecord:
        T = f.array("T_world_from_body", (4, 4))
        if np.abs(T[:3, :3] @ T[:3, :3].T - np.eye(3)).max() > 1e-6:
            raise f.wrong("T_world_from_body", "a rotation and a translation", T.tolist())
        extra = f.fields("parameters")
        return cls(
            f.text("model"),
            f.text("model_sha256"),
            f.array("betas", (None,)),
            f.array("expression", (None,)),
            f.array("pose", (None, 3)),
            T,
            {name: extra.array(name, (None,)) for name in extra.data},
        )


@dataclass(frozen=True, eq=False)
class KeypointsRecord:
    """One set of keypoints of one person.

    Attributes:
        names: N names.
        xy: (N, 2) float64 pixels; also for points outside the image.
        xyz_world: (N, 3) metres. xyz_cam: (N, 3) metres, OpenCV axes.
        visibility: (N,) int: 0 outside the image or behind the camera, 1 hidden, 2 seen.
        occluder: (N,) object id of what hides the point, 0 = nothing.
        occluder_distance: (N,) metres from the occluder to the point, 0 where nothing hides it.
    """

    names: tuple[str, ...]
    xy: np.ndarray
    xyz_world: np.ndarray
    xyz_cam: np.ndarray
    visibility: np.ndarray
    occluder: np.ndarray
    occluder_distance: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        return {
            "names": list(self.names),
            "xy": self.xy,
            "xyz_world": self.xyz_world,
            "xyz_cam": self.xyz_cam,
            "visibility": np.asarray(self.visibility, np.int64),
            "occluder": np.asarray(self.occluder, np.int64),
            "occluder_distance": self.occluder_distance,
        }

    @classmethod
    def read(cls, f: Fields) -> KeypointsRecord:
        names = f.texts("names")
        n = len(names)
        visibility = f.array("visibility", (n,), np.int64)
        if n and not 0 <= visibility.min() <= visibility.max() <= 2:
            raise f.wrong("visibility", "0, 1 or 2", visibility.tolist())
        return cls(
            names,
            f.array("xy", (n, 2)),
            f.array("xyz_world", (n, 3)),
            f.array("xyz_cam", (n, 3)),
            visibility,
            f.array("occluder", (n,), np.int64),
            f.array("occluder_distance", (n,)),
        )


@dataclass(frozen=True, eq=False)
class PersonRecord:
    """One person in one view.

    Attributes:
        name: Name in the scene, e.g. "person_0".
        index: Index into the scene's people.
        instance: Value in `instance.png`.
        spec: The HumanSpec as JSON.
        body: Body parameters.
        joints3d_world: (J, 3) metres, SMPL-X joint order.
        keypoints: Set name ("coco17", "coco_wholebody", "smplx") -> keypoints.
        box_visible, box_amodal: (4,) x0, y0, x1, y1 in pixels, borders of the pixels (a box over pixel (0, 0) alone is
            0, 0, 1, 1) of what is seen, and of the whole silhouette inside the image; None if there is nothing.
        visible_px, amodal_px: Sizes of the two masks.
        truncated: Share of the body that lies outside the image, 0 to 1.
    """

    name: str
    index: int
    instance: int
    spec: dict[str, Any]
    body: BodyRecord
    joints3d_world: np.ndarray
    keypoints: Mapping[str, KeypointsRecord]
    box_visible: tuple[float, ...] | None
    box_amodal: tuple[float, ...] | None
    visible_px: int
    amodal_px: int
    truncated: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "index": int(self.index),
            "instance": int(self.instance),
            "box_visible": None if self.box_visible is None else [float(v) for v in self.box_visible],
            "box_amodal": None if self.box_amodal is None else [float(v) for v in self.box_amodal],
            "visible_px": int(self.visible_px),
            "amodal_px": int(self.amodal_px),
            "truncated": float(self.truncated),
            "body": self.body.to_dict(),
            "joints3d_world": self.joints3d_world,
            "keypoints": {name: k.to_dict() for name, k in self.keypoints.items()},
            "spec": self.spec,
        }

    @classmethod
    def read(cls, f: Fields) -> PersonRecord:
        boxes = [f.array(n, (4,)) if f.optional(n) else None for n in ("box_visible", "box_amodal")]
        for box in boxes:
            if box is not None and (box[2] < box[0] or box[3] < box[1]):
                raise f.wrong("box", "x0 <= x1 and y0 <= y1", box.tolist())
        return cls(
            f.text("name"),
            f.integer("index", 0),
            f.integer("instance", 1, 65535),
            f.object("spec"),
            BodyRecord.read(f.fields("body")),
            f.array("joints3d_world", (None, 3)),
            {name: KeypointsRecord.read(k) for name, k in f.named("keypoints")},
            *(None if b is None else tuple(b.tolist()) for b in boxes),
            f.integer("visible_px", 0),  # pyright: ignore[reportCallIssue]
            f.integer("amodal_px", 0),  # pyright: ignore[reportCallIssue]
            f.number("truncated"),  # pyright: ignore[reportCallIssue]
        )


@dataclass(frozen=True)
class FileRecord:
    """A file of the frame.

    Attributes:
        channel: What `frame[channel]` reads from it.
        sha256, bytes: Contents.
        dtype, shape: Of the decoded array.
        unit: Unit in words. frame: Coordinate frame in words.
    """

    channel: str
    sha256: str
    bytes: int
    dtype: str = ""
    shape: tuple[int, ...] = ()
    unit: str = ""
    frame: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "channel": self.channel,
            "sha256": self.sha256,
            "bytes": self.bytes,
            "dtype": self.dtype,
            "shape": list(self.shape),
            "unit": self.unit,
            "frame": self.frame,
        }

    @classmethod
    def read(cls, f: Fields) -> FileRecord:
        digest = f.text("sha256")
        if not _SHA256.fullmatch(digest):
            raise f.wrong("sha256", "64 hexadecimal digits", digest)
        shape = tuple(f.array("shape", (None,), np.int64).tolist())
        return cls(
            f.text("channel"), digest, f.integer("bytes", 0), f.text("dtype"), shape, f.text("unit"), f.text("frame")
        )


@dataclass(frozen=True, eq=False)
class FrameRecord:
    """Everything about one frame that is not an image.

    Attributes:
        scene, view, time: Integers that name the frame; `time` counts consecutive frames from 0.
        seconds: Time since the scene's first frame.
        camera: The camera.
        objects: Object table, in order of id.
        semantics: Class name -> value in `semantic.png`. parts: Body part name -> value in `part.png`.
        people: People of the scene, also those out of sight.
        caption: One sentence. facts: What it was made from.
        render: Settings of the picture, with the view transform.
        versions: Tool -> version.
        files: File name -> contents.
        conventions: Version of `conventions.json`.
    """

    scene: int
    view: int
    time: int
    camera: CameraRecord
    objects: tuple[ObjectRecord, ...] = ()
    semantics: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    people: tuple[PersonRecord, ...] = ()
    caption: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    render: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, FileRecord] = field(default_factory=dict)
    seconds: float = 0.0
    conventions: int = 1
    version: int = RECORD_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Plain values and numpy arrays, in the order of the file."""
        return {
            "version": self.version,
            "conventions": self.conventions,
            "scene": int(self.scene),
            "view": int(self.view),
            "time": int(self.time),
            "seconds": float(self.seconds),
            "caption": self.caption,
            "camera": self.camera.to_dict(),
            "people": [p.to_dict() for p in self.people],
            "objects": [o.to_dict() for o in self.objects],
            "semantics": {k: int(v) for k, v in self.semantics.items()},
            "parts": {k: int(v) for k, v in self.parts.items()},
            "facts": self.facts if isinstance(self.facts, dict) else dict(self.facts),
            "render": dict(self.render),
            "versions": dict(self.versions),
            "files": {k: self.files[k].to_dict() for k in sorted(self.files)},
        }

    def to_json(self) -> str:
        """JSON text; the same record gives the same text."""
        return dump_json(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes, where: str = RECORD_FILE) -> FrameRecord:
        """Read and check; every error names the field."""
        f = Fields(parse_json(text, where), where)
        version = f.integer("version", 1)
        if version > RECORD_VERSION:
            raise DatasetError(
                f"{where} was written by a newer Vivant",
                expected=f"version <= {RECORD_VERSION}",
                got=version,
                fix="upgrade Vivant",
            )
        record = cls(
            scene=f.integer("scene", 0),
            view=f.integer("view", 0),
            time=f.integer("time", 0),
            camera=CameraRecord.read(f.fields("camera")),
            objects=tuple(ObjectRecord.read(o) for o in f.each("objects")),
            semantics=f.table("semantics"),
            parts=f.table("parts"),
            people=tuple(PersonRecord.read(p) for p in f.each("people")),
            caption=f.text("caption"),
            facts=f.object("facts"),
            render=f.object("render"),
            versions=f.object("versions"),
            files={name: FileRecord.read(entry) for name, entry in f.named("files")},
            seconds=f.number("seconds"),
            conventions=f.integer("conventions", 1),
            version=version,
        )
        record.check(where)
        return record

    def check(self, where: str = RECORD_FILE) -> None:
        """What no single field can show: ids that do not repeat, names that are in their tables, plain file names."""
        ids = [o.id for o in self.objects]
        if len(set(ids)) != len(ids):
            raise DatasetError(f"{where}.objects repeats an id", fix="write the frame again")
        if len({p.instance for p in self.people}) != len(self.people):
            raise DatasetError(f"{where}.people repeats an instance id", fix="write the frame again")
        for o in self.objects:
            if o.semantic not in self.semantics:
                raise DatasetError(f"{where}.objects[id {o.id}].semantic {o.semantic!r} is not in the table of classes")
            if o.person >= len(self.people):
                raise DatasetError(f"{where}.objects[id {o.id}].person is {o.person}", expected=f"< {len(self.people)}")
        for name in self.files:
            if not _FILE_NAME.fullmatch(name) or name in (RECORD_FILE, TIMINGS_FILE):
                raise DatasetError(f"{where}.files holds the name {name!r}", expected="a plain file name")
        for p in self.people:
            for kind, k in p.keypoints.items():
                error = np.abs(transform(self.camera.T_cam_from_world, k.xyz_world) - k.xyz_cam).max(initial=0.0)
                if error > 1e-4:
                    raise DatasetError(
                        f"{where}: {p.name}'s {kind} keypoints in camera and world axes differ by {error:.3g} m",
                        expected="one point seen from two frames",
                    )

    def file_of(self, channel: str) -> str:
        """The file that holds a channel; an unknown channel is answered with the nearest one."""
        for name, entry in self.files.items():
            if entry.channel == channel:
                return name
        near = unknown_name("channel", channel, [e.channel for e in self.files.values()])
        raise DatasetError(f"this frame has no channel {channel!r}", fix=near.fix)
