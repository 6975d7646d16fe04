"""What is lifted: people with one or more views each, from picture files or from the frames of a dataset.

A photograph is a view with nothing known; a rendered frame brings its camera, depth, normals and mask, and, for measuring,
the parameters that it was made from.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...procgen.dataset import Dataset, Frame
from ...procgen.dataset.drawing import resize
from ...procgen.dataset.reader import Person
from ...procgen.dataset.store import DATASET_FILE
from ...procgen.errors import DatasetError, LiftError, SpecError, VivantError
from ...procgen.sky import sun_direction
from ..measure.geometry import aligned
from ..pictures import read_output, read_picture
from ..synthesize import SynthesisedFrame, read_made
from .picture import SUFFIXES, read_photograph
from .tone import SRGB, Tone, tone_of

# What a frame may hide from the fit, to see what it is worth: names of `--without`.
KNOWN = ("camera", "depth", "normal", "mask", "body", "light")


@dataclass(frozen=True)
class View:
    """One picture of a person.

    Attributes:
        name: Of the picture or frame.
        rgb: (H, W, 3) uint8, sRGB.
        depth: (H, W) float32 metres, planar; +inf on the background. None: unknown.
        normal: (H, W, 3) float32 unit, camera frame facing the camera. None: unknown.
        mask: (H, W) bool, pixels of this person. None: unknown.
        K: (3, 3) float64 pixels. None: unknown camera.
        T_cam_from_world: (4, 4) float64. None: unknown camera.
        box: x0, y0, x1, y1 in pixels of the whole person. None: unknown.
        face_box: The same of the face.
        known: The person as the record of the frame has them. None: a photograph.
        notes: What was done to the picture.
        tone: How it was developed.
        sun: (3,) float64 world, unit vector to the sun. None: unknown.
    """

    name: str
    rgb: np.ndarray
    depth: np.ndarray | None = None
    normal: np.ndarray | None = None
    mask: np.ndarray | None = None
    K: np.ndarray | None = None
    T_cam_from_world: np.ndarray | None = None
    box: tuple[float, float, float, float] | None = None
    face_box: tuple[float, float, float, float] | None = None
    known: Person | None = None
    notes: tuple[str, ...] = ()
    tone: Tone = SRGB
    sun: np.ndarray | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]


@dataclass(frozen=True)
class Subject:
    """One person to lift.

    Attributes:
        name: Name of the result's folder.
        views: At least one; several show the same person at the same moment, unless `source` says "sequence".
        source: For result.json.
    """

    name: str
    views: Sequence[View]
    source: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """A subject that is not read yet."""

    name: str
    load: Callable[[], Subject]


@dataclass(frozen=True)
class Gathering:
    """How inputs become subjects.

    Attributes:
        together: Take all picture files as views of one person.
        sequence: Take all picture files, in order of their names, as moments of one person who moves.
        fps: Pictures a second of a sequence.
        each_view: Lift every frame of a dataset by itself instead of all views of a moment together.
        synthesis: Take pictures (and depth and normals, where the method made them) from this run of `vivant synthesize`.
        frames: Only frames whose names start so.
        without: Names of `KNOWN` that are hidden from the fit.
    """

    together: bool = False
    sequence: bool = False
    fps: float = 30.0
    each_view: bool = False
    synthesis: str = ""
    frames: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def gather(inputs: Sequence[str | os.PathLike[str]], how: Gathering | None = None) -> list[Waiting]:
    """Subjects of picture files, folders of pictures and datasets, in a fixed order.

    Raises:
        SpecError: an input that is neither, two subjects of one name, or nothing at all.
    """
    how = how or Gathering()
    unknown = sorted(set(how.without) - set(KNOWN))
    if unknown:
        raise SpecError(f"unknown name {unknown[0]!r} in --without", expected=", ".join(KNOWN))
    pictures: list[Path] = []
    out: list[Waiting] = []
    for given in inputs:
        path = Path(given)
        if (path / DATASET_FILE).is_file():
            out += _of_dataset(path, how)
        elif path.is_dir():
            found = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
            if not found:
                raise SpecError(f"{str(path)!r} is neither a dataset nor a folder of pictures", fix="check the path")
            pictures += found
        else:
            if not path.is_file():
                raise SpecError(f"there is no picture or dataset {str(path)!r}", fix="check the path")
            pictures.append(path)
    if how.sequence and pictures:
        out.append(Waiting(_clip_name(pictures), lambda: _of_moments(pictures, how.fps)))
    elif how.together and pictures:
        out.append(
            Waiting(folder_name(pictures[0].stem), lambda: _of_pictures(pictures, folder_name(pictures[0].stem)))
        )
    else:
        out += [Waiting(folder_name(p.stem), lambda p=p: _of_pictures([p], folder_name(p.stem))) for p in pictures]
    twice = [n for n, k in Counter(w.name for w in out).items() if k > 1]
    if twice:
        raise SpecError(
            f"two inputs would be written to {twice[0]!r}", fix="rename one of the files, or run twice with two -o"
        )
    if not out:
        raise SpecError("there is nobody to lift", fix="give picture files or a dataset with people in sight")
    return out


def folder_name(text: str) -> str:
    """A file's stem as the name of a folder on any system."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "_-.") else "_" for c in text).lstrip("_.-")
    return safe[:100] or "picture"


def _of_pictures(paths: Sequence[Path], name: str) -> Subject:
    views = []
    for path in paths:
        picture = read_photograph(path)
        picture.check_visible()
        mask = None if picture.alpha is None else picture.alpha > 0.5
        views.append(View(picture.name, picture.rgb, mask=mask, notes=picture.notes))
    return Subject(name, tuple(views), {"pictures": [p.name for p in paths]})


class _Moments(Sequence[View]):
    """Views that are read when they are looked at: a clip need not fit into memory."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return _Moments(self._paths[key])
        picture = read_photograph(self._paths[key])
        return View(picture.name, picture.rgb, notes=picture.notes)


def check_size(view: View, size: tuple[int, int]) -> None:
    """A picture of a clip is as large as the others.

    Raises:
        LiftError: it is not.
    """
    if view.size != size:
        raise LiftError(
            f"{view.name}: the pictures of a sequence differ in size", expected=f"{size[0]}x{size[1]}",
            got=f"{view.size[0]}x{view.size[1]}", fix="pictures of one clip",
        )  # fmt: skip


def _clip_name(pictures: Sequence[Path]) -> str:
    return folder_name(pictures[0].parent.name or pictures[0].stem)


def _of_moments(paths: Sequence[Path], fps: float) -> Subject:
    source = {"pictures": [p.name for p in paths], "sequence": True, "fps": fps}
    return Subject(_clip_name(paths), _Moments(paths), source)


def _of_dataset(root: Path, how: Gathering) -> list[Waiting]:
    dataset = Dataset(root)
    moments: dict[tuple[Any, ...], list[str]] = {}
    for name in dataset.names:
        if how.frames and not name.startswith(how.frames):
            continue
        key = tuple(int(k) for k in name.split("_"))
        # scene, view and (in a sequence) time
        moment = key if how.each_view else (key[0], *key[2:])
        moments.setdefault(moment, []).append(name)
    out = []
    for names in moments.values():
        for index in _in_sight(dataset, names):
            name = f"{names[0]}_p{index}"
            out.append(
                Waiting(name, lambda names=names, index=index, name=name: _of_frames(dataset, names, index, name, how))
            )
    return out


def _in_sight(dataset: Dataset, names: Sequence[str]) -> list[int]:
    people = [dataset[n].people for n in names]
    return [i for i in range(len(people[0])) if any(i < len(p) and p[i].box is not None for p in people)]


def _of_frames(dataset: Dataset, names: Sequence[str], index: int, name: str, how: Gathering) -> Subject:
    views = [v for v in (_of_frame(dataset, dataset[n], index, how) for n in names) if v is not None]
    if not views:
        raise LiftError(f"{name}: this person is in no picture", fix="another person or another frame")
    source = {
        "frames": [v.name for v in views],
        "person": index,
        "synthesis": how.synthesis,
        "without": list(how.without),
    }
    return Subject(name, tuple(views), source)


def _of_frame(dataset: Dataset, frame: Frame, index: int, how: Gathering) -> View | None:
    person = frame.people[index]
    if person.box is None:
        return None
    has, hidden = frame.channels, how.without
    rgb = frame["rgb"]
    depth = frame["depth"] if "depth" in has and "depth" not in hidden else None
    normal = frame["normal"] if "normal" in has and "normal" not in hidden else None
    if how.synthesis:
        rgb, depth, normal = _as_made(read_made(dataset, how.synthesis, frame), rgb, depth, normal)
    mask = frame["instance"] == person.instance if "instance" in has and "mask" not in hidden else None
    K, T = (None, None) if "camera" in hidden else (frame.camera.K, frame.camera.T_cam_from_world)
    face = person.keypoint_set("coco_wholebody").xy[23:91] if "coco_wholebody" in person.record.keypoints else None
    face_box = None if face is None or not np.isfinite(face).all() else (*face.min(0), *face.max(0))
    box = person.box_amodal or person.box
    return View(
        frame.name, np.ascontiguousarray(rgb[..., :3]), depth, normal, mask, K, T,
        (box[0], box[1], box[2], box[3]), face_box, None if "body" in hidden else person,
        tone=SRGB if "light" in hidden or how.synthesis else tone_of(frame.record.render),
        sun=None if "light" in hidden or T is None else _sun(dataset, frame),
    )  # fmt: skip


def _sun(dataset: Dataset, frame: Frame) -> np.ndarray | None:
    """Direction of the sun in a frame's scene; None where the dataset does not say."""
    try:
        return sun_direction(dataset.scene_spec(frame.record.scene).sky)
    except VivantError:
        return None


def _as_made(
    made: SynthesisedFrame, rgb: np.ndarray, depth: np.ndarray | None, normal: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Picture, depth and normals that a run made of a frame, in its pixels; what the run did not make stays the frame's.

    Depth comes up to scale and shift of its inverse, and is brought to those of the frame.
    """
    window = made.record.get("window")
    picture, near, turned = (made.path(name) for name in ("rgb", "depth", "normal"))
    if picture is None:
        raise DatasetError(f"{str(made.folder)!r} holds no picture", fix="remove the folder and synthesize again")
    shown = read_picture(picture)
    rgb = shown if window is None else _in_frame(shown, window, rgb[..., :3], smooth=True)
    if depth is not None and near is not None:
        found = read_output("depth", near)
        found = found if window is None else _in_frame(found, window, np.full(depth.shape, np.inf, np.float32))
        depth = aligned(found, depth)
    if normal is not None and turned is not None:
        found = read_output("normal", turned)
        normal = found if window is None else _in_frame(found, window, np.zeros_like(normal))
    return rgb, depth, normal


def _in_frame(made: np.ndarray, window: Sequence[int], around: np.ndarray, smooth: bool = False) -> np.ndarray:
    """What was made of a window of a frame, as large as it is there; around it lies what is given."""
    x0, y0, x1, y1 = window
    out = np.array(around)
    if smooth:
        out[y0:y1, x0:x1] = np.rint(resize(made[..., :3], x1 - x0, y1 - y0)).clip(0, 255)
    else:
        rows, columns = (np.arange(n) * made.shape[k] // n for k, n in enumerate((y1 - y0, x1 - x0)))
        out[y0:y1, x0:x1] = made[rows[:, None], columns]
    return out
