"""Frames as a refiner learns from them: what the base model's encoders make of picture and caption, and label pictures.

They are computed once and kept in one file a frame beside the run, so that a step needs the UNet and the refiner alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...procgen.dataset import Dataset, Frame
from ...procgen.dataset.conditioning import ENCODINGS, condition_picture
from ...procgen.dataset.drawing import resize
from ...procgen.errors import DatasetError
from ...procgen.files import disk, replace_bytes
from ...procgen.npz import encode_npz, read_npz
from ..diffusion.text import prompt_embeds
from ..pictures import read_picture
from ..skeleton import square_window
from ..synthesize import read_run
from ..train_options import RefinerShape

_MAX_BYTES = 1 << 31


@dataclass(frozen=True)
class RefinerFrames:
    """Frames of a dataset, each in a file with

    latents (4, S/8, S/8) float32, scaled as the UNet knows them; pictures (n, S, S, 3) uint8; text (T, D) float16 and, for
    SDXL, pooled (P,) float16.

    Attributes:
        names: Of the frames.
        files: Of the same.
        nothing: text and pooled of an empty prompt, likewise.
    """

    names: tuple[str, ...]
    files: tuple[Path, ...]
    nothing: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.names)

    def part(self, keep: np.ndarray) -> RefinerFrames:
        """Some of the frames, by index."""
        return RefinerFrames(tuple(self.names[i] for i in keep), tuple(self.files[i] for i in keep), self.nothing)

    def read(self, index: int) -> dict[str, np.ndarray]:
        """Arrays of a frame."""
        return read_npz(self.files[index], max_bytes=_MAX_BYTES)


def refiner_frames(
    dataset: Dataset, pipe: Any, family: str, shape: RefinerShape, learn: str, folder: Path, key: str,
    say: Callable[[int, int], None],
) -> RefinerFrames:  # fmt: skip
    """Prepare the frames of a dataset that show somebody.

    Args:
        pipe: The base model's pipeline.
        learn: Name of a synthesis whose pictures are learnt; the renders when empty.
        folder: For the files; those that are there are taken.
        key: Of the base model.
        say: Called with (done, total).
    Raises:
        DatasetError: no frame to learn from, or a channel that is missing.
    """
    sources = _sources(dataset, learn)
    if not sources:
        raise DatasetError(f"{str(dataset.root)!r} has no picture to learn from", fix="vivant generate … --people 1-2")
    asked = f"{key} {shape.to_json()} {dataset.root.resolve()} {learn}"
    root = folder / f"frames_{hashlib.sha256(asked.encode()).hexdigest()[:16]}"
    with disk("create", root):
        root.mkdir(parents=True, exist_ok=True)
    files = []
    for i, (frame, picture) in enumerate(sources):
        files.append(root / f"{frame.name}.npz")
        if not files[-1].is_file():
            say(i, len(sources))
            arrays = _pixels(frame, picture, family, shape)
            seen = {"latents": _latents(pipe, arrays.pop("rgb")), **arrays, **_words(pipe, family, frame.caption)}
            replace_bytes(files[-1], encode_npz(seen, level=1))
    return RefinerFrames(tuple(f.name for f, _ in sources), tuple(files), _words(pipe, family, ""))


def _sources(dataset: Dataset, learn: str) -> list[tuple[Frame, Path]]:
    if not learn:
        found = [(frame, frame.path("rgb")) for frame in dataset]
    else:
        made = [m for m in read_run(dataset, learn) if m.record.get("gate", {}).get("verdict", "accept") == "accept"]
        if any("window" in m.record for m in made):
            raise DatasetError(
                f"the pictures of {learn!r} show parts of their frames", fix="learn those of method control"
            )
        found = [(m.source, path) for m in made if (path := m.path("rgb")) is not None]
    return [(frame, path) for frame, path in found if any(p.record.visible_px > 0 for p in frame.people)]


def _pixels(frame: Frame, picture: Path, family: str, shape: RefinerShape) -> dict[str, np.ndarray]:
    """rgb (S, S, 3) float32 in [-1, 1] and pictures (n, S, S, 3) uint8 of the largest square around the people."""
    x0, y0, x1, y1 = square_window(frame)
    width, height = frame.camera.width, frame.camera.height

    def square(pixels: np.ndarray) -> np.ndarray:
        if pixels.shape[:2] != (height, width):
            pixels = resize(pixels, width, height).reshape(height, width, -1)
        return np.asarray(resize(pixels[y0:y1, x0:x1].astype(np.float32), shape.size, shape.size))

    def label(name: str) -> np.ndarray:
        drawn = condition_picture(frame, name, ENCODINGS[family])
        drawn = np.repeat(drawn[..., None], 3, -1) if drawn.ndim == 2 else drawn
        return np.rint(square(drawn)).clip(0, 255).astype(np.uint8)

    for name in shape.pictures:
        channel = {"pose": "rgb"}.get(name, name)
        if channel not in frame:
            raise DatasetError(f"frame {frame.name} has no channel {channel!r}", fix="vivant generate … --channels all")
    return {"rgb": square(read_picture(picture)) / 127.5 - 1, "pictures": np.stack([label(n) for n in shape.pictures])}


@torch.no_grad()
def _latents(pipe: Any, rgb: np.ndarray) -> np.ndarray:
    first = next(pipe.vae.parameters())
    pixels = torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None].to(first)
    return (pipe.vae.encode(pixels).latent_dist.mode() * pipe.vae.config.scaling_factor)[0].float().cpu().numpy()


def _words(pipe: Any, family: str, text: str) -> dict[str, np.ndarray]:
    """Of one window: captions are short, and all frames of a batch need the same number of tokens."""
    found = prompt_embeds(pipe, family, text, "")
    length = pipe.tokenizer.model_max_length
    kept: dict[str, Tensor] = {"text": found["prompt_embeds"][0, :length]}
    if family == "sdxl":
        kept["pooled"] = found["pooled_prompt_embeds"][0]
    return {k: v.float().cpu().numpy().astype(np.float16) for k, v in kept.items()}
