"""Frames of a dataset as training arrays: cropped square, made small, kept in one file beside the model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...procgen.dataset import Dataset, Frame
from ...procgen.dataset.drawing import resize
from ...procgen.errors import DatasetError
from ...procgen.npz import read_npz, write_npz
from ..attributes import frame_words
from ..skeleton import skeleton_picture, square_window

ARRAYS_VERSION = 1


@dataclass(frozen=True, eq=False)
class TrainingFrames:
    """All frames of a dataset at one size.

    Attributes:
        names: F names of frames.
        rgb: (F, S, S, 3) uint8.
        depth: (F, S, S) uint8, inverse depth: 255 nearest, 0 farthest and background.
        normal: (F, S, S, 3) int8 of camera normals times 127; zero on the background.
        people: (F, S, S) uint8, share of people in a pixel.
        skeleton, mirrored: (F, S, S, 3) uint8, of the picture and of its mirror image.
        words: Words of each frame.
    """

    names: tuple[str, ...]
    rgb: np.ndarray
    depth: np.ndarray
    normal: np.ndarray
    people: np.ndarray
    skeleton: np.ndarray
    mirrored: np.ndarray
    words: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.names)

    def part(self, keep: np.ndarray) -> TrainingFrames:
        """Some of the frames, by index."""
        return TrainingFrames(
            tuple(self.names[i] for i in keep), self.rgb[keep], self.depth[keep], self.normal[keep], self.people[keep],
            self.skeleton[keep], self.mirrored[keep], tuple(self.words[i] for i in keep),
        )  # fmt: skip


def joined(parts: Sequence[TrainingFrames]) -> TrainingFrames:
    """All frames of several datasets, in order."""
    arrays = (np.concatenate([getattr(p, name) for p in parts]) for name in _FIELDS)
    return TrainingFrames(tuple(n for p in parts for n in p.names), *arrays, tuple(w for p in parts for w in p.words))


def read_frames(
    dataset: Dataset, size: int, cache: Path | None = None, say: Callable[[int, int], None] | None = None
) -> TrainingFrames:
    """Frames with somebody in sight, at one size.

    Args:
        dataset: With channels rgb, depth, normal and instance.
        size: Width and height.
        cache: Folder for the finished arrays; a rerun reads them from there while the frames are the same.
        say: Called with (done, total).
    Raises:
        DatasetError: nobody is in sight anywhere, or a channel is missing.
    """
    digest = hashlib.sha256(f"{ARRAYS_VERSION} {size} {dataset.root.resolve()} {dataset.names}".encode()).hexdigest()[
        :16
    ]
    path = None if cache is None else cache / f"frames_{digest}.npz"
    if path is not None and path.is_file():
        return _unpack(read_npz(path))
    rows = []
    for i, frame in enumerate(dataset):
        if say is not None:
            say(i, len(dataset))
        if any(p.record.visible_px > 0 for p in frame.people):
            rows.append((frame.name, *frame_arrays(frame, size), tuple(frame_words(frame))))
    if not rows:
        raise DatasetError(f"no frame of {str(dataset.root)!r} shows a person", fix="vivant generate … --people 1-2")
    names, *arrays, words = zip(*rows, strict=True)
    found = TrainingFrames(names, *(np.stack(a) for a in arrays), words)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, _pack(found), level=1)
    return found


def frame_arrays(frame: Frame, size: int) -> tuple[np.ndarray, ...]:
    """rgb, depth, normal, people, skeleton, mirrored of one frame, as `TrainingFrames` holds them."""
    for name in ("depth", "normal", "instance"):
        if name not in frame:
            raise DatasetError(f"frame {frame.name} has no channel {name!r}", fix="vivant generate … --channels all")
    window = square_window(frame)
    rows, columns = slice(window[1], window[3]), slice(window[0], window[2])

    def small(array: np.ndarray) -> np.ndarray:
        return resize(np.asarray(array, np.float32)[rows, columns], size, size)

    depth = frame["depth"]
    seen = np.isfinite(depth) & (depth > 0)
    inverse = np.where(seen, 1.0 / np.where(seen, depth, 1.0), 0.0)[rows, columns]
    inverse = inverse / max(float(inverse.max()), 1e-9)
    people = np.isin(frame["instance"], [p.instance for p in frame.people])
    normal = small(frame["normal"])
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = np.where(length > 0.5, normal / np.maximum(length, 1e-6), 0.0)
    return (
        np.rint(small(frame["rgb"])).clip(0, 255).astype(np.uint8),
        np.rint(255 * resize(inverse.astype(np.float32), size, size)).reshape(size, size).clip(0, 255).astype(np.uint8),
        np.rint(127 * normal).astype(np.int8),
        np.rint(255 * small(people)).reshape(size, size).astype(np.uint8),
        skeleton_picture(frame, window, size),
        skeleton_picture(frame, window, size, mirrored=True),
    )


def mirror(rgb: np.ndarray, depth: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mirror image of (…, S, S, C) pictures, depths (…, S, S) and normals, whose x changes its sign."""
    turned = normal[..., ::-1, :].copy()
    turned[..., 0] = -turned[..., 0]
    return rgb[..., ::-1, :], depth[..., ::-1], turned


_FIELDS = ("rgb", "depth", "normal", "people", "skeleton", "mirrored")


def _pack(frames: TrainingFrames) -> dict[str, np.ndarray]:
    text = "\n".join("\t".join((name, *words)) for name, words in zip(frames.names, frames.words, strict=True))
    arrays = {name: getattr(frames, name) for name in _FIELDS}
    return {**arrays, "text": np.frombuffer(text.encode(), np.uint8)}


def _unpack(arrays: dict[str, np.ndarray]) -> TrainingFrames:
    lines = [line.split("\t") for line in arrays["text"].tobytes().decode().split("\n")]
    return TrainingFrames(
        tuple(line[0] for line in lines), *(arrays[name] for name in _FIELDS), tuple(tuple(line[1:]) for line in lines)
    )
