"""What a method is given of a frame: its render, label pictures, masks, words, each as a file in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..procgen.dataset import Frame
from ..procgen.dataset.conditioning import ENCODINGS, PICTURES, condition_picture
from ..procgen.dataset.png import encode_png
from ..procgen.errors import DatasetError, SpecError, VivantError
from .attributes import encode_words, frame_words
from .blobs import BlobStore
from .models import identify
from .protocol import FileRef
from .skeleton import skeleton_picture, square_window

# Skeletons for the joint model are drawn at this size; the model makes them as small as it needs.
SKELETON_SIZE = 256


@dataclass(frozen=True)
class UserFiles:
    """Files that no frame holds.

    Attributes:
        reference: Picture whose look is taken over.
        workflow: ComfyUI workflow in API format.
    """

    reference: Path | None = None
    workflow: Path | None = None


def family_of(model: str) -> str:
    """Family for the encoding of label pictures; "sdxl" where only loading would tell, as most models of today are."""
    try:
        found = identify(model).family
    except VivantError:
        return "sdxl"  # a name that only the backend knows, such as a checkpoint of ComfyUI
    return found if found in ENCODINGS else "sdxl"


def frame_inputs(
    frame: Frame,
    names: tuple[str, ...],
    store: BlobStore,
    family: str = "plain",
    width: int = 0,
    height: int = 0,
    files: UserFiles | None = None,
) -> Mapping[str, FileRef]:
    """Input files of a frame.

    Args:
        names: What the method's parameters ask for.
        store: Where the files go.
        family: Of the image model, which decides how label pictures are encoded.
        width, height: Size of label pictures; the frame's own when 0.
        files: The user's own.
    Raises:
        DatasetError: the frame lacks a channel. SpecError: a file of the user's is missing.
    """
    return {name: _input(frame, name, store, family, width, height, files or UserFiles()) for name in names}


def _input(
    frame: Frame, name: str, store: BlobStore, family: str, width: int, height: int, files: UserFiles
) -> FileRef:
    if name == "render":
        return store.put_file(frame.path("rgb"))
    if name in PICTURES:
        channel = PICTURES[name][0]
        if channel not in frame:
            raise DatasetError(
                f"frame {frame.name} has no channel {channel!r}, which {name!r} is drawn from",
                fix="render it (vivant generate … --channels all), or leave that control out",
            )
        return _png(store, condition_picture(frame, name, ENCODINGS[family], width, height))
    if name == "mask":
        return _png(store, people_mask(frame).astype(np.uint8) * 255)
    if name == "skeleton":
        return _png(store, skeleton_picture(frame, square_window(frame), SKELETON_SIZE))
    if name == "attributes":
        return store.put_bytes(encode_words(frame_words(frame)), ".json")
    path: Any = getattr(files, name, None)
    if path is None or not Path(path).is_file():
        raise SpecError(f"the method needs a {name}", got=path, fix=f"name a file with --{name}")
    return store.put_file(path)


def _png(store: BlobStore, pixels: np.ndarray) -> FileRef:
    return store.put_bytes(encode_png(pixels), ".png")


def people_mask(frame: Frame) -> np.ndarray:
    """(H, W) bool: people that are seen, with clothes and hair."""
    if "instance" not in frame:
        raise DatasetError(f"frame {frame.name} has no channel 'instance'", fix="vivant generate … --channels all")
    return np.isin(frame["instance"], [p.instance for p in frame.people])
