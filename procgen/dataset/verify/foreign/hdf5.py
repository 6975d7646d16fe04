"""BlenderProc's HDF5 containers: depth, normals, segmentation maps against their tables."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import DatasetError, MissingDependency
from ..report import Result
from .results import counted, measured, skipped


def check_hdf5(path: Path) -> Iterator[Result]:
    """Results for one container."""
    if importlib.util.find_spec("h5py") is None:
        raise MissingDependency("BlenderProc's HDF5 files need the package h5py", fix="pip install h5py")
    import h5py

    try:
        with h5py.File(path, "r") as file:
            data: dict[str, Any] = {k: np.asarray(v) for k, v in file.items() if isinstance(v, h5py.Dataset)}
    except OSError as e:
        raise DatasetError(f"{path.name} is not a readable HDF5 file ({e})") from None
    yield from check_arrays(data)


def check_arrays(data: dict[str, Any]) -> Iterator[Result]:
    """Results for the arrays of a container, by BlenderProc's names."""
    images = {
        k: v for k, v in data.items() if k in ("colors", "depth", "normals", "instance_segmaps", "category_id_segmaps")
    }
    sizes = {v.shape[:2] for v in images.values()}
    yield counted(
        "hdf5.fields",
        [] if len(sizes) == 1 else [f"{k} is {v.shape}" for k, v in images.items()] or ["there are no images"],
    )
    if "depth" in data:
        depth = data["depth"]
        yield measured("hdf5.depth", int((~(depth > 0)).sum()))
    else:
        yield skipped("hdf5.depth", "there is no depth")
    if "normals" in data:
        # Stored as (n + 1) / 2; the background is anything.
        normal = data["normals"][..., :3].astype(np.float64) * 2 - 1
        seen = np.abs(normal).sum(-1) > 1e-3
        if "depth" in data:
            seen &= data["depth"] < 1e9
        length = np.abs(np.linalg.norm(normal[seen], axis=-1) - 1)
        yield measured("hdf5.normals", float(np.percentile(length, 99)) if len(length) else 0.0)
    else:
        yield skipped("hdf5.normals", "there are no normals")
    if "instance_segmaps" in data and "instance_attribute_maps" in data:
        table = json.loads(bytes(np.asarray(data["instance_attribute_maps"]).tobytes()).decode("utf-8"))
        known = {row.get("idx") for row in table if isinstance(row, dict)}
        strange = sorted(set(np.unique(data["instance_segmaps"]).tolist()) - known)
        yield counted("hdf5.instances", [f"instance {i} is not in the table" for i in strange])
    else:
        yield skipped("hdf5.instances", "there are no instances with their table")
