"""Hugging Face image folder: pictures, conditioning pictures and metadata.jsonl with the captions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ...codec import Spec, param
from ...errors import unknown_name
from ...files import disk, write_bytes
from ...registry import exporters
from ..conditioning import ENCODINGS, PICTURES, condition_picture
from ..export import copy_file, picture_of
from ..png import write_png
from ..reader import Dataset


@dataclass(frozen=True)
class ImageFolderOptions(Spec):
    """How an image folder is written."""

    conditions: tuple[str, ...] = param(
        ("depth", "normal", "semantic", "pose"), doc="Conditioning pictures; without their channel they are left out."
    )
    split: str = param("train", doc="Name of the split's folder.")
    encoding: str = param("plain", doc="Checkpoints that the pictures are for: plain, sd15, sdxl, flux, qwenimage.")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.conditions:
            if name not in PICTURES:
                raise unknown_name("conditioning picture", name, PICTURES)
        if self.encoding not in ENCODINGS:
            raise unknown_name("encoding", self.encoding, ENCODINGS)


@exporters.register("imagefolder", spec=ImageFolderOptions)
def export_imagefolder(dataset: Dataset, out: Path, options: ImageFolderOptions) -> None:
    """A folder that `datasets.load_dataset("imagefolder", …)` reads: image, text, and a column for each condition.

    Args:
        dataset: What to export.
        out: An empty folder.
        options: See `ImageFolderOptions`.
    """
    folder = out / options.split
    rows = []
    for frame in dataset:
        file = f"{frame.name}.png"
        copy_file(picture_of(frame), folder / file)
        row: dict[str, object] = {"file_name": file, "text": frame.caption}
        for name in options.conditions:
            if PICTURES[name][0] not in frame:
                continue
            path = f"{name}/{file}"
            with disk("write", folder / path):
                (folder / name).mkdir(exist_ok=True)
            write_png(folder / path, condition_picture(frame, name, ENCODINGS[options.encoding]))
            row[f"{name}_file_name"] = path  # columns that end so are loaded as images
        row["frame"] = frame.name
        row["people"] = len([p for p in frame.people if p.record.visible_px > 0])
        rows.append(json.dumps(row, allow_nan=False))
    write_bytes(folder / "metadata.jsonl", ("\n".join(rows) + "\n").encode())
