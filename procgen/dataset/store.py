"""Writing a dataset: whole frames or none, one run at a time, and a rerun that finishes what is missing."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import DatasetError
from ..files import disk, replace_bytes, sync_folder, write_bytes
from .conventions import conventions
from .describe import describe_file
from .fields import Fields, dump_json, parse_json
from .lock import Lock, process_alive
from .record import RECORD_FILE, TIMINGS_FILE, FrameRecord

STORE_VERSION = 1
DATASET_FILE = "dataset.json"
CONVENTIONS_FILE = "conventions.json"
_HIDDEN = ".vivant"
_FRAME = re.compile(r"(\d{6,})_(\d{2,})(?:_(\d{4,}))?")
_TEMPORARY = re.compile(r"(?P<frame>[0-9_]+)\.(?P<pid>\d+)\.(?P<host>.*)")


def frame_id(scene: int, view: int, time: int | None = None) -> str:
    """Name of a frame folder: "000012_03", or "000012_03_0007" within a sequence."""
    name = f"{scene:06d}_{view:02d}"
    return name if time is None else f"{name}_{time:04d}"


def parse_frame_id(name: str) -> tuple[int, int, int | None] | None:
    """(scene, view, time or None) of a frame folder's name, or None for another name."""
    match = _FRAME.fullmatch(name)
    if match is None:
        return None
    scene, view, time = match.groups()
    return int(scene), int(view), None if time is None else int(time)


@dataclass(frozen=True)
class Header:
    """What `dataset.json` says of the run; a rerun must say the same.

    Attributes:
        vivant: Version of Vivant.
        seed: Root seed, None for a dataset from one spec file.
        arguments: Everything that decides what the frames hold (not workers, devices, threads).
        licences: Licence of every asset used: list of {name, licence, source}.
        growable: Names of integer arguments that a later run may raise, e.g. ("scenes",).
    """

    vivant: str
    seed: int | None
    arguments: Mapping[str, Any]
    licences: tuple[Mapping[str, str], ...] = ()
    growable: tuple[str, ...] = field(default=("scenes",))

    def to_dict(self) -> dict[str, Any]:
        return {
            "format": "vivant",
            "schema_version": STORE_VERSION,
            "vivant": self.vivant,
            "seed": self.seed,
            "arguments": {k: self.arguments[k] for k in sorted(self.arguments)},
            "growable": list(self.growable),
            "licences": [dict(v) for v in self.licences],
        }


def read_header(root: str | os.PathLike[str]) -> Header:
    """The header of an existing dataset, or one line that says why it is none."""
    path = Path(root) / DATASET_FILE
    with disk("look for a dataset at", root):
        if not os.path.isdir(root):
            raise DatasetError(f"there is no dataset at {str(root)!r}: no such folder", fix="check the path")
        if not path.is_file():
            raise DatasetError(
                f"{str(root)!r} is not a Vivant dataset: it has no {DATASET_FILE}",
                fix="give the folder that `vivant generate` wrote",
            )
    with disk("read", path):
        text = path.read_bytes()
    f = Fields(parse_json(text, str(path)), str(path))
    version = f.integer("schema_version", 1)
    if version > STORE_VERSION:
        raise DatasetError(
            f"{str(root)!r} was written by a newer Vivant",
            expected=f"schema_version <= {STORE_VERSION}",
            got=version,
            fix="upgrade Vivant",
        )
    seed = f.integer("seed") if f.optional("seed") else None
    licences = tuple(v.data for v in f.each("licences"))
    return Header(f.text("vivant"), seed, f.object("arguments"), licences, f.texts("growable"))


class Store:
    """A dataset that is being written. Use `open_or_create` in the run, `attach` in its worker processes."""

    def __init__(self, root: Path, lock: Lock | None) -> None:
        self.root = root
        self._lock = lock

    @classmethod
    def open_or_create(cls, root: str | os.PathLike[str], header: Header) -> Store:
        """Create a dataset, or go on with one that was begun with the same header.

        Takes the dataset's lock until `close`, and sweeps what dead runs left.

        Raises:
            DatasetError: a folder with other things in it, another header, another run at work, or a disk that refuses.
        """
        root = Path(root)
        with disk("create", root):
            root.mkdir(parents=True, exist_ok=True)
            foreign = [n for n in sorted(os.listdir(root)) if n != _HIDDEN]
            if foreign and DATASET_FILE not in foreign:
                raise DatasetError(
                    f"{str(root)!r} is not empty and is not a Vivant dataset (it holds {foreign[0]!r})",
                    fix="choose a new folder",
                )
            (root / _HIDDEN / "tmp").mkdir(parents=True, exist_ok=True)
        store = cls(root, Lock.take(root / _HIDDEN / "lock", f"the dataset {str(root)!r}"))
        try:
            store._begin(header)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def attach(cls, root: str | os.PathLike[str]) -> Store:
        """For worker processes: write into a dataset whose lock the parent holds."""
        read_header(root)
        return cls(Path(root), None)

    def _begin(self, header: Header) -> None:
        (self.root / _HIDDEN / "tmp").mkdir(parents=True, exist_ok=True)
        self._sweep()
        for name in ("scenes", "frames"):
            with disk("create", self.root / name):
                (self.root / name).mkdir(exist_ok=True)
        replaced = header
        if (self.root / DATASET_FILE).exists():
            replaced = _compatible(read_header(self.root), header, self.root)
        for name, data in ((CONVENTIONS_FILE, conventions()), (DATASET_FILE, replaced.to_dict())):
            text, path = dump_json(data).encode(), self.root / name
            if not path.exists() or path.read_bytes() != text:
                replace_bytes(path, text)

    def _sweep(self) -> None:
        """Remove temporary folders of processes that no longer run."""
        here, folder = platform.node(), self.root / _HIDDEN / "tmp"
        for name in sorted(os.listdir(folder)):
            match = _TEMPORARY.fullmatch(name)
            # The lock is ours, so another host's folder is stale; one of a live process here is a worker about to end.
            if match is None or match["host"] != here or not process_alive(int(match["pid"])):
                shutil.rmtree(folder / name, ignore_errors=True)

    def close(self) -> None:
        """Give the lock back; the dataset can be opened again."""
        if self._lock is None:
            return
        with contextlib.suppress(OSError):
            self._sweep()
        for folder in (self.root / _HIDDEN / "tmp", self.root / _HIDDEN):
            if folder.name == _HIDDEN:
                self._lock.release()
            with contextlib.suppress(OSError):  # a worker may still be at work in it
                folder.rmdir()
        self._lock = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def frame_path(self, name: str) -> Path:
        """Folder of a frame, there or not."""
        if parse_frame_id(name) is None:
            raise DatasetError(f"{name!r} is not the name of a frame", expected="SSSSSS_VV or SSSSSS_VV_TTTT")
        return self.root / "frames" / name

    def is_complete(self, name: str) -> bool:
        """Whether a frame is there; frames appear whole."""
        return (self.frame_path(name) / RECORD_FILE).is_file()

    def complete(self) -> tuple[str, ...]:
        """Names of all frames that are there, sorted."""
        return list_frames(self.root)

    def scene_path(self, scene: int) -> Path:
        """File of a scene's spec."""
        return self.root / "scenes" / f"{scene:06d}.json"

    def write_scene(self, scene: int, text: str) -> None:
        """Write a scene's spec, or leave it if it is there with the same text.

        Raises:
            DatasetError: it is there with another text, so its frames would not belong to one scene.
        """
        path, data = self.scene_path(scene), text.encode()
        with disk("read", path):
            old = path.read_bytes() if path.exists() else None
        if old is None:
            replace_bytes(path, data)
        elif old != data:
            raise DatasetError(
                f"{str(path)!r} describes another scene than this run would make",
                fix="choose a new folder, or remove that scene and its frames",
            )

    def frame(self, name: str) -> FrameWriter:
        """A writer for one frame; use it in a `with` block and call `finish`."""
        return FrameWriter(self, name)


def _compatible(old: Header, new: Header, root: Path) -> Header:
    """The header to keep; an error names the first thing in which the runs differ."""
    keep = dict(old.arguments)
    fix = "choose a new folder, or repeat the arguments in dataset.json"
    for name in sorted({*old.arguments, *new.arguments}):
        a, b = old.arguments.get(name), new.arguments.get(name)
        a, b = (parse_json(dump_json(v), name) for v in (a, b))  # tuples and numpy numbers as JSON sees them
        if a == b:
            continue
        if name in old.growable and type(a) is int and type(b) is int:
            keep[name] = max(a, b)
            continue
        raise DatasetError(f"{str(root)!r} was made with another {name}", expected=repr(a), got=repr(b), fix=fix)
    for name, a, b in (("seed", old.seed, new.seed), ("version of Vivant", old.vivant, new.vivant)):
        if a != b:
            raise DatasetError(f"{str(root)!r} was made with another {name}", expected=repr(a), got=repr(b), fix=fix)
    names = {v.get("name") for v in old.licences}
    licences = (*old.licences, *(v for v in new.licences if v.get("name") not in names))
    return replace(old, arguments=keep, licences=licences)


def list_frames(root: str | os.PathLike[str]) -> tuple[str, ...]:
    """Names of the whole frames of a dataset, in order of scene, view, time."""
    folder = Path(root) / "frames"
    with disk("read", folder):
        names = os.listdir(folder) if folder.is_dir() else []
    found = []
    for name in names:
        key = parse_frame_id(name)
        if key is not None and (folder / name / RECORD_FILE).is_file():
            found.append((key[0], key[1], -1 if key[2] is None else key[2], name))
    return tuple(name for *_, name in sorted(found))


class FrameWriter:
    """A frame in the making, in a temporary folder that becomes the frame's folder when it is finished.

        with store.frame("000000_00") as frame:
            write_png(frame.folder / "rgb.png", pixels)
            frame.finish(record, timings)

    Leaving the block without `finish` removes every trace. A frame that is already there is left as it is.

    Attributes:
        folder: Where to write the frame's files.
    """

    def __init__(self, store: Store, name: str) -> None:
        self.name = name
        self._final = store.frame_path(name)
        self.folder = store.root / _HIDDEN / "tmp" / f"{name}.{os.getpid()}.{platform.node()}"

    def __enter__(self) -> FrameWriter:
        with disk("create", self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if isinstance(error, OSError):
            with disk("write", self._final):
                raise error

    def finish(self, record: FrameRecord, timings: Mapping[str, float] | None = None) -> FrameRecord:
        """Hash the files, write `record.json` and `timings.json`, push all to the disk and rename.

        Args:
            record: Its `files` are filled in here from what lies in the folder.
            timings: Seconds by step; kept out of the record, which must not change from run to run.
        Returns:
            The record as written.
        """
        with disk("write", self.folder):
            names = sorted(n for n in os.listdir(self.folder) if n not in (RECORD_FILE, TIMINGS_FILE))
        record = replace(record, files={n: describe_file(self.folder / n) for n in names})
        record.check()
        for name in names:
            _sync_file(self.folder / name)
        write_bytes(self.folder / RECORD_FILE, record.to_json().encode())
        write_bytes(self.folder / TIMINGS_FILE, dump_json(dict(timings or {})).encode())
        sync_folder(self.folder)
        with disk("write", self._final):
            self._final.parent.mkdir(exist_ok=True)
            if not (self._final / RECORD_FILE).exists():
                shutil.rmtree(self._final, ignore_errors=True)  # a folder whose record somebody took away
                os.rename(self.folder, self._final)
                sync_folder(self._final.parent)
        return record


def _sync_file(path: Path) -> None:
    with disk("write", path):
        fd = os.open(path, os.O_RDWR)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
