"""Files: what lies in the folder against what the record lists, hashes, and that every file decodes as announced."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from ....errors import DatasetError
from ....files import sha256_file
from ...record import RECORD_FILE, TIMINGS_FILE
from ..registry import checks
from ..report import Result
from ..subject import Subject, decode_file, known_channel


@checks.register("files")
def check_files(frame: Subject) -> Iterator[Result]:
    """File list, hashes, sizes and types of one frame."""
    there = {n for n in os.listdir(frame.folder) if n not in (RECORD_FILE, TIMINGS_FILE)}
    listed = set(frame.record.files)
    missing, extra = sorted(listed - there), sorted(there - listed)
    words = [f"{n} is missing" for n in missing] + [f"{n} is not in the record" for n in extra]
    yield frame.measure("files.listed", len(words), expected=f"{len(listed)} files", got=", ".join(words))
    present = sorted(listed & there)
    wrong = [n for n in present if sha256_file(frame.folder / n) != frame.record.files[n].sha256]
    yield frame.measure("files.sha256", len(wrong), expected="the recorded hashes", got=", ".join(wrong))
    damaged, shapes = [], []
    for name in present:
        if name.endswith((".exr", ".png")):
            try:
                shapes += _shape_problems(frame, name)
            except DatasetError as e:
                damaged.append(f"{name}: {e}")
    for name, read in (("amodal.npz", lambda: frame.amodal), ("mesh.npz", lambda: frame.mesh)):
        if name in present:
            try:
                read()
            except (DatasetError, KeyError, ValueError) as e:
                damaged.append(f"{name}: {e}")
    yield frame.measure("files.readable", len(damaged), expected="files that decode", got="; ".join(damaged))
    yield frame.measure("files.shape", len(shapes), expected="arrays as their channels say", got="; ".join(shapes))


def _shape_problems(frame: Subject, name: str) -> list[str]:
    entry = frame.record.files[name]
    array = (
        frame.channel(entry.channel)
        if frame.record.file_of(entry.channel) == name
        else decode_file(frame.folder / name, entry.channel)
    )
    channel = known_channel(entry.channel)
    if channel is not None:
        depth, dtype = {"H,W": (), "H,W,2": (2,), "H,W,3": (3,)}.get(channel.shape), channel.dtype
    else:
        depth, dtype = (3,), "uint8" if name.endswith(".png") else "float16"
    out = []
    if depth is not None and array.shape != (frame.height, frame.width, *depth):
        out.append(f"{name} is {array.shape}, not {(frame.height, frame.width, *depth)}")
    if array.dtype != np.dtype(dtype):
        out.append(f"{name} is {array.dtype}, not {dtype}")
    if entry.dtype and (entry.dtype != str(array.dtype) or tuple(entry.shape) != array.shape):
        out.append(f"{name} is recorded as {entry.dtype} {entry.shape}, but is {array.dtype} {array.shape}")
    return out
