"""Reading a dataset: numpy and the standard library only, lazy, and nothing is ever unpickled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np

from ..errors import DatasetError, unknown_name
from ..files import read_bytes, sha256_file
from ..npz import read_npz
from ..scene_mesh import world_triangles
from ..spec import SceneSpec
from .exr import read_exr
from .fields import parse_json
from .png import read_png
from .record import RECORD_FILE, TIMINGS_FILE, BodyRecord, CameraRecord, FrameRecord, KeypointsRecord, PersonRecord
from .store import CONVENTIONS_FILE, Header, list_frames, parse_frame_id, read_header

# EXR plane names in the order of the last axis; other files keep the order of the file.
_PLANES = (("R", "G", "B"), ("R", "G", "B", "A"), ("X", "Y"), ("X", "Y", "Z"), ("I", "U", "V"))
_MAX_RECORD = 1 << 28


class Person:
    """One person in one frame; arrays as `record.json` describes them."""

    def __init__(self, record: PersonRecord) -> None:
        self.record = record

    @property
    def name(self) -> str:
        """Name in the scene."""
        return self.record.name

    @property
    def instance(self) -> int:
        """Value in `frame["instance"]`."""
        return self.record.instance

    @property
    def spec(self) -> dict[str, Any]:
        """The HumanSpec as JSON; `HumanSpec.from_dict(person.spec)` gives the object."""
        return self.record.spec

    @property
    def body(self) -> BodyRecord:
        """Parameters of the body model."""
        return self.record.body

    @property
    def betas(self) -> np.ndarray:
        """(B,) float64 shape coefficients."""
        return self.record.body.betas

    @property
    def expression(self) -> np.ndarray:
        """(E,) float64 expression coefficients."""
        return self.record.body.expression

    @property
    def pose(self) -> np.ndarray:
        """(J, 3) float64 axis-angle, SMPL-X joint order."""
        return self.record.body.pose

    @property
    def joints(self) -> np.ndarray:
        """(J, 3) float64 metres, world."""
        return self.record.joints3d_world

    @property
    def box(self) -> tuple[float, ...] | None:
        """x0, y0, x1, y1 in pixels of what is seen, or None if nothing is."""
        return self.record.box_visible

    @property
    def box_amodal(self) -> tuple[float, ...] | None:
        """x0, y0, x1, y1 in pixels of the whole silhouette inside the image, or None."""
        return self.record.box_amodal

    def keypoint_set(self, name: str) -> KeypointsRecord:
        """All that is known of one set; an unknown name is answered with the nearest one."""
        if name not in self.record.keypoints:
            near = unknown_name("keypoint set", name, self.record.keypoints)
            raise DatasetError(f"this person has no keypoints {name!r}", fix=near.fix)
        return self.record.keypoints[name]

    def keypoints(self, name: str) -> np.ndarray:
        """(N, 3) float64: x, y in pixels and visibility (0 outside, 1 hidden, 2 seen)."""
        k = self.keypoint_set(name)
        return np.concatenate([k.xy, k.visibility[:, None].astype(np.float64)], 1)

    def keypoints3d(self, name: str, frame: str = "world") -> np.ndarray:
        """(N, 3) float64 metres in the "world" or "camera" frame."""
        k = self.keypoint_set(name)
        if frame not in ("world", "camera"):
            raise DatasetError(f"unknown frame {frame!r}", expected="'world' or 'camera'")
        return k.xyz_world if frame == "world" else k.xyz_cam


class Frame:
    """One frame. `frame["depth"]` reads a channel from its file; nothing is kept, so hold on to what you use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """Name of the frame's folder."""
        return self.folder.name

    @cached_property
    def record(self) -> FrameRecord:
        """The checked record."""
        path = self.folder / RECORD_FILE
        record = FrameRecord.from_json(read_bytes(path, _MAX_RECORD), str(path))
        key = parse_frame_id(self.name)
        if key is not None and key != (record.scene, record.view, key[2] if key[2] is None else record.time):
            raise DatasetError(f"{str(path)!r} belongs to another frame than {self.name}", fix="write the frame again")
        return record

    @property
    def camera(self) -> CameraRecord:
        """The camera: `.K`, `.T_cam_from_world`, `.T_world_from_cam`, `.width`, `.height` …"""
        return self.record.camera

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """People of the scene, in order of instance id, also those out of sight."""
        return tuple(Person(p) for p in self.record.people)

    @property
    def caption(self) -> str:
        """One sentence about the picture."""
        return self.record.caption

    @property
    def scene(self) -> int:
        """Number of the scene."""
        return self.record.scene

    @property
    def view(self) -> int:
        """Number of the view."""
        return self.record.view

    @property
    def time(self) -> int:
        """Number of the moment within a sequence."""
        return self.record.time

    @property
    def channels(self) -> tuple[str, ...]:
        """Names that `frame[name]` knows."""
        names = [f.channel for f in self.record.files.values()]
        return tuple(sorted(names + ["valid"] * ("depth" in names)))

    def __contains__(self, name: object) -> bool:
        return name in self.channels

    def path(self, name: str) -> Path:
        """File of a channel."""
        return self.folder / self.record.file_of(name)

    def __getitem__(self, name: str) -> Any:
        """An array (or for "mesh" a dict of arrays) as the conventions describe it.

        "rgb" (H, W, 3) uint8; "rgb_linear", "albedo" (H, W, 3) float16; "depth", "distance" (H, W) float32;
        "valid" (H, W) bool, where depth is finite; "normal", "normal_world", "iuv" (H, W, 3) float32;
        "flow" (H, W, 2) float32, "flow_valid" (H, W) bool; "object", "instance", "semantic", "part" (H, W) uint16;
        "amodal" (P, H, W) bool; "mesh" the world triangles (`procgen.scene_mesh.world_triangles`).
        """
        if name == "valid" and name in self.channels:
            return np.isfinite(self["depth"])
        path = self.path(name)
        if name == "amodal":
            return self._amodal(path)
        if name == "mesh":
            return world_triangles(read_npz(path))
        if path.suffix == ".npz":
            return read_npz(path)
        array = self._image(path)
        entry = self.record.files[path.name]
        size = (self.camera.height, self.camera.width)
        if array.shape[:2] != size or (entry.shape and array.shape != entry.shape) or entry.dtype != array.dtype.name:
            raise DatasetError(
                f"{str(path)!r} does not hold what its record says",
                expected=f"{entry.dtype} {entry.shape or size}",
                got=f"{array.dtype} {array.shape}",
                fix="write the frame again",
            )
        if name.endswith("_valid"):
            return array > 0
        return array[..., :3] if name == "rgb" else array

    def _image(self, path: Path) -> np.ndarray:
        limit = self.camera.width * self.camera.height * 64 + (1 << 20)
        if path.suffix == ".png":
            return read_png(path, max_bytes=limit)
        if path.suffix != ".exr":
            raise DatasetError(f"{str(path)!r} is of a kind that is not read", expected=".png, .exr or .npz")
        planes = read_exr(path, max_bytes=limit)
        if len(planes) == 1:
            return next(iter(planes.values()))
        order = next((p for p in _PLANES if set(p) == set(planes)), tuple(planes))
        return np.stack([planes[n] for n in order], -1)

    def _amodal(self, path: Path) -> np.ndarray:
        masks, width = read_npz(path, keys=["masks"]).get("masks"), self.camera.width
        shape = (len(self.people), self.camera.height, -(-width // 8))
        if masks is None or masks.dtype != np.uint8 or masks.shape != shape:
            got = "no masks" if masks is None else f"{masks.dtype} {masks.shape}"
            raise DatasetError(f"{str(path)!r} does not hold what its record says", expected=f"uint8 {shape}", got=got)
        return np.unpackbits(masks, axis=-1, count=width).astype(bool)

    def timings(self) -> dict[str, float]:
        """Seconds that the steps took when the frame was made; {} if the file was taken away."""
        path = self.folder / TIMINGS_FILE
        return parse_json(read_bytes(path, _MAX_RECORD), str(path)) if path.is_file() else {}

    def damaged_files(self) -> list[str]:
        """One line for each file that is missing or differs from its hash; [] if all is well."""
        out = []
        for name, entry in self.record.files.items():
            path = self.folder / name
            if not path.is_file():
                out.append(f"{name} is missing")
            elif path.stat().st_size != entry.bytes or sha256_file(path) != entry.sha256:
                out.append(f"{name} differs from its hash")
        return out


class Dataset:
    """A dataset on disk, as a sequence of frames in order of scene, view and time.

    Args:
        root: The folder that `vivant generate` wrote.
    Raises:
        DatasetError: no such folder, or not a dataset, in one line.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.header: Header = read_header(root)
        self.names = list_frames(root)

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, key: int | str) -> Frame: ...
    @overload
    def __getitem__(self, key: slice) -> list[Frame]: ...
    def __getitem__(self, key: int | str | slice) -> Frame | list[Frame]:
        """A frame by position or by name ("000000_00"), or several by slice."""
        if isinstance(key, slice):
            return [self[n] for n in self.names[key]]
        if isinstance(key, str):
            if key not in self.names:
                near = unknown_name("frame", key, self.names)
                raise DatasetError(f"there is no frame {key!r} in {str(self.root)!r}", fix=near.fix)
            return Frame(self.root / "frames" / key)
        if not -len(self.names) <= key < len(self.names):
            raise IndexError(f"frame {key} of {len(self.names)}")  # ends for-loops that count
        return Frame(self.root / "frames" / self.names[key])

    def __iter__(self) -> Iterator[Frame]:
        return (self[n] for n in self.names)

    @cached_property
    def conventions(self) -> dict[str, Any]:
        """What `conventions.json` holds."""
        path = self.root / CONVENTIONS_FILE
        return parse_json(read_bytes(path, _MAX_RECORD), str(path))

    def scene_spec(self, scene: int) -> SceneSpec:
        """The spec that replays a scene without its seed."""
        path = self.root / "scenes" / f"{scene:06d}.json"
        return SceneSpec.from_json(read_bytes(path, _MAX_RECORD).decode("utf-8", "replace"))

    def __repr__(self) -> str:
        return f"Dataset({str(self.root)!r}, {len(self)} frames)"
