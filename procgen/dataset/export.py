"""The way to the exporters: check, prepare the folder, run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import registry
from ..errors import DatasetError
from ..files import disk
from .reader import Dataset, Frame


def export(
    dataset: str | os.PathLike[str] | Dataset,
    out: str | os.PathLike[str],
    to: str,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Write a dataset in another format.

    Args:
        dataset: A Vivant dataset or its folder.
        out: A new or empty folder outside the dataset.
        to: Name of the exporter, e.g. "coco".
        options: Values for the fields of the exporter's options.
    Raises:
        SpecError: unknown exporter or option. DatasetError: unusable folders, or a dataset without frames.
    """
    entry = registry.exporters.get(to)
    chosen = entry.spec.from_dict(dict(options or {}), f"options of {to}")  # type: ignore[union-attr]
    data = dataset if isinstance(dataset, Dataset) else Dataset(dataset)
    if not len(data):
        raise DatasetError(f"{str(data.root)!r} holds no frames yet", fix="run `vivant generate` again to finish it")
    out = Path(out)
    inside = data.root.resolve() in (out.resolve(), *out.resolve().parents)
    if inside:
        raise DatasetError("the export would be written into the dataset itself", fix="choose a folder outside of it")
    with disk("create", out):
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise DatasetError(f"{str(out)!r} is not empty", fix="choose a new folder, or empty it")
    entry.make(data, out, chosen)


def picture_of(frame: Frame) -> Path:
    """The frame's `rgb.png`; a frame that was made without a picture is named."""
    if "rgb" not in frame:
        raise DatasetError(f"frame {frame.name} has no picture", fix="generate the dataset with its rgb channel")
    return frame.path("rgb")


def copy_file(source: Path, target: Path) -> None:
    """Copy one file's bytes."""
    with disk("write", target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
