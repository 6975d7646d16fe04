"""WebDataset: tar shards with all files of a frame side by side, the same bytes for the same frames."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from ...codec import Spec, param
from ...files import disk, read_bytes
from ...registry import exporters
from ..reader import Dataset, Frame
from ..record import RECORD_FILE


@dataclass(frozen=True)
class WebDatasetOptions(Spec):
    """How shards are written."""

    shard_frames: int = param(1000, low=1, high=1000000, doc="Most frames in a shard.")
    shard_mb: float = param(1000.0, low=1.0, high=1e6, unit="MB", doc="A shard is closed once it is this large.")
    channels: tuple[str, ...] = param((), doc="Channels to take; none given = all that the frame has.")


@exporters.register("webdataset", spec=WebDatasetOptions)
def export_webdataset(dataset: Dataset, out: Path, options: WebDatasetOptions) -> None:
    """Tar shards shard-000000.tar …; a sample has the frame's name as key and fields rgb.png, depth.exr, json, txt …

    Args:
        dataset: What to export.
        out: An empty folder.
        options: See `WebDatasetOptions`.
    """
    shard, count, archive = 0, 0, None
    try:
        for frame in dataset:
            if archive is not None and (count >= options.shard_frames or archive.offset >= options.shard_mb * 1e6):
                archive.close()
                archive, shard, count = None, shard + 1, 0
            if archive is None:
                archive = _open(out / f"shard-{shard:06d}.tar")
            with disk("write", out):
                _add_frame(archive, frame, options)
            count += 1
    finally:
        if archive is not None:
            with disk("write", out):
                archive.close()


def _open(path: Path) -> tarfile.TarFile:
    with disk("write", path):
        return tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)


def _add_frame(archive: tarfile.TarFile, frame: Frame, options: WebDatasetOptions) -> None:
    names = [frame.record.file_of(c) for c in options.channels] or sorted(frame.record.files)
    for name in names:
        _add(archive, f"{frame.name}.{name}", read_bytes(frame.folder / name))
    _add(archive, f"{frame.name}.json", read_bytes(frame.folder / RECORD_FILE))
    _add(archive, f"{frame.name}.txt", frame.caption.encode())


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)  # owner, group and time stay 0
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
