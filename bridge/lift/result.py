"""What was lifted, on disk: one folder a subject, JSON and npz and pictures, there as a whole or not at all.

OUT/subjects/NAME/
  result.json     schema, source, parts: numbers and text of each, and the files with their hashes
  face.npz …      arrays of a part
  face_overlay.png …   pictures of a part
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...procgen.dataset.png import encode_png
from ...procgen.errors import DatasetError
from ...procgen.files import disk, read_bytes, sha256_file, sync_folder, write_bytes
from ...procgen.npz import encode_npz, read_npz

RESULT_VERSION = 1
RESULT_FILE = "result.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}")
_MAX_JSON, _MAX_ARRAYS = 1 << 26, 1 << 30


@dataclass(frozen=True)
class PartResult:
    """What one part of the lift (face, body, texture, detail) found.

    Attributes:
        facts: Numbers, text, lists and dicts for result.json: errors, times, notes, parameters by name.
        arrays: Name -> array, written to PART.npz.
        pictures: Name -> (H, W), (H, W, 3) or (H, W, 4) uint8 or uint16, written to PART_NAME.png.
        files: Name with its ending -> bytes, written to PART_NAME.
    """

    facts: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    pictures: Mapping[str, np.ndarray] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class LiftResult:
    """One lifted person.

    Attributes:
        name: Of the subject; also of its folder.
        source: Where they come from: input, views, person of a dataset.
        parts: Part -> what it found.
    """

    name: str
    source: Mapping[str, Any]
    parts: Mapping[str, PartResult]


def result_folder(out: str | os.PathLike[str], name: str) -> Path:
    """Folder of a subject."""
    if not _NAME.fullmatch(name):
        raise DatasetError(f"{name!r} is no name of a subject", expected="letters, digits, _ . -")
    return Path(out) / "subjects" / name


def list_results(out: str | os.PathLike[str]) -> list[str]:
    """Names of the subjects that are whole, sorted."""
    root = Path(out) / "subjects"
    names = os.listdir(root) if root.is_dir() else []
    return sorted(n for n in names if _NAME.fullmatch(n) and (root / n / RESULT_FILE).is_file())


def write_result(out: str | os.PathLike[str], result: LiftResult) -> Path:
    """Write a subject; readers see the old folder or the new one, never a mixture. Returns the folder."""
    folder = result_folder(out, result.name)
    temporary = folder.parent / f".{result.name}.{os.getpid()}"
    with disk("write", folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
    try:
        for part, found in result.parts.items():
            if found.arrays:
                write_bytes(temporary / f"{part}.npz", encode_npz(found.arrays))
            for name, picture in found.pictures.items():
                write_bytes(temporary / f"{part}_{name}.png", encode_png(np.ascontiguousarray(picture)))
            for name, data in found.files.items():
                write_bytes(temporary / f"{part}_{name}", data)
        files = {n: sha256_file(temporary / n) for n in sorted(os.listdir(temporary))}
        data = {
            "format": "vivant-lift", "schema_version": RESULT_VERSION, "name": result.name, "source": dict(result.source),
            "parts": {k: _plain(v.facts) for k, v in result.parts.items()}, "files": files,
        }  # fmt: skip
        text = json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        write_bytes(temporary / RESULT_FILE, text.encode())
        with disk("write", folder):
            old = folder.parent / f".{result.name}.{os.getpid()}.old"
            shutil.rmtree(old, ignore_errors=True)
            if folder.exists():
                os.replace(folder, old)
            os.replace(temporary, folder)
            shutil.rmtree(old, ignore_errors=True)
        sync_folder(folder.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    return folder


def read_result(folder: str | os.PathLike[str]) -> LiftResult:
    """A subject from its folder.

    Raises:
        DatasetError: no such folder, damaged, of a newer Vivant, or a file that differs from its hash.
    """
    folder = Path(folder)
    path = folder / RESULT_FILE
    if not path.is_file():
        raise DatasetError(
            f"{str(folder)!r} holds no lifted person",
            expected=RESULT_FILE,
            fix="give OUT/subjects/NAME of `vivant lift`",
        )
    try:
        data = json.loads(read_bytes(path, _MAX_JSON))
        version, parts, files = int(data["schema_version"]), data["parts"], data["files"]
        name, source = str(data["name"]), dict(data["source"])
        if data["format"] != "vivant-lift" or not isinstance(parts, dict) or not isinstance(files, dict):
            raise ValueError("not written by `vivant lift`")
    except (ValueError, KeyError, TypeError) as e:
        raise DatasetError(
            f"{str(path)!r} is damaged ({type(e).__name__}: {e})", fix="lift the picture again"
        ) from None
    if version > RESULT_VERSION:
        raise DatasetError(
            f"{str(folder)!r} was written by a newer Vivant", expected=f"schema_version <= {RESULT_VERSION}", got=version,
            fix="upgrade Vivant",
        )  # fmt: skip
    for file, digest in files.items():
        if Path(file).name != file or not (folder / file).is_file() or sha256_file(folder / file) != digest:
            raise DatasetError(
                f"{str(folder / file)!r} is missing or differs from its hash", fix="lift the picture again"
            )
    found = {}
    for part, facts in parts.items():
        file = f"{part}.npz"
        found[part] = PartResult(facts, read_npz(folder / file, max_bytes=_MAX_ARRAYS) if file in files else {})
    return LiftResult(name, source, found)


def _plain(value: Any) -> Any:
    """Numbers of numpy and paths as JSON has them."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if isinstance(value, Path) else value
