"""Datasets of others, as far as their files say enough: COCO json, AMASS-style npz, BlenderProc HDF5.

    report = verify_foreign("annotations.json")

Nothing is written beside foreign files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ....errors import DatasetError, unknown_name
from ..report import Report, Result
from .amass import check_amass
from .coco import check_coco
from .hdf5 import check_hdf5

Reader = Callable[[Path], Iterator[Result]]
READERS: dict[str, tuple[str, Reader]] = {
    "coco": (".json", check_coco),
    "amass": (".npz", check_amass),
    "blenderproc": (".hdf5", check_hdf5),
}
_SUFFIXES = {".json": "coco", ".npz": "amass", ".hdf5": "blenderproc", ".h5": "blenderproc"}


def verify_foreign(path: str | os.PathLike[str], kind: str = "auto") -> Report:
    """Check a foreign file, or every file of its kind below a folder.

    Args:
        path: A file or a folder.
        kind: "coco", "amass", "blenderproc", or "auto" (by the names of the files).
    Raises:
        DatasetError: nothing there that can be read.
        MissingDependency: HDF5 without h5py.
    """
    root = Path(path)
    if kind != "auto" and kind not in READERS:
        raise unknown_name("foreign dataset", kind, ("auto", *READERS))
    if root.is_dir():
        files = sorted(p for p in root.rglob("*") if p.suffix in _SUFFIXES and kind in ("auto", _SUFFIXES[p.suffix]))
    else:
        files = [root]
    if not files or not files[0].is_file():
        raise DatasetError(
            f"there is nothing to verify at {str(path)!r}", expected="a .json, .npz or .hdf5 file", fix="check the path"
        )
    report = Report(str(path), [p.name if root.is_file() else str(p.relative_to(root)) for p in files])
    for file, name in zip(files, report.frames, strict=True):
        found = kind if kind != "auto" else _SUFFIXES.get(file.suffix, "coco")
        for result in READERS[found][1](file):
            report.results.append(_named(result, name))
    return report


def _named(result: Result, name: str) -> Result:
    from dataclasses import replace

    return replace(result, frame=name)
