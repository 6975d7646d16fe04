"""Files by their content: what jobs send and get, and results that need not be made twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from ..procgen.errors import BridgeError, VivantError
from ..procgen.files import disk, read_bytes
from .protocol import FileRef, Result, canonical_json

LIMIT_BYTES = 4 << 30
_MAX_FILE = 1 << 30


def default_folder() -> Path:
    """Where files lie when nobody says otherwise: the user's cache folder."""
    return Path.home() / ".cache" / "vivant" / "bridge"


class BlobStore:
    """A folder of files named by their SHA-256, and of results named by the key of their job.

    Any number of processes may use one folder: files appear by renaming, and equal names mean equal bytes.

    Args:
        root: The folder; created when needed.
        limit_bytes: `prune` removes the files that were used longest ago until so much is left.
    """

    def __init__(self, root: str | os.PathLike[str], limit_bytes: int = LIMIT_BYTES) -> None:
        self.root = Path(root)
        self.limit_bytes = limit_bytes
        for name in ("files", "results"):
            with disk("create", self.root / name):
                (self.root / name).mkdir(parents=True, exist_ok=True)

    def put_bytes(self, data: bytes, suffix: str) -> FileRef:
        """Keep bytes; the reference is all that a job needs."""
        ref = FileRef(hashlib.sha256(data).hexdigest(), suffix, len(data))
        path = self._path(ref)
        if not path.is_file():
            self._write(path, data)
        return ref

    def put_file(self, path: str | os.PathLike[str]) -> FileRef:
        """Keep a copy of a file."""
        return self.put_bytes(read_bytes(path, _MAX_FILE), Path(path).suffix.lower() or ".bin")

    def has(self, ref: FileRef) -> bool:
        """Whether the bytes are here."""
        with contextlib.suppress(OSError):
            return self._path(ref).stat().st_size == ref.bytes
        return False

    def path(self, ref: FileRef) -> Path:
        """The file itself, to be read and never written.

        Raises:
            BridgeError: it is not here, or was cut short.
        """
        path = self._path(ref)
        if not self.has(ref):
            raise BridgeError(f"the file {path.name} is not in {str(self.root)!r}", fix="submit the job again")
        with contextlib.suppress(OSError):
            os.utime(path)  # `prune` takes what was used longest ago
        return path

    def read(self, ref: FileRef) -> bytes:
        """The bytes, checked against their hash."""
        data = read_bytes(self.path(ref), _MAX_FILE)
        if hashlib.sha256(data).hexdigest() != ref.sha256:
            with contextlib.suppress(OSError):
                self._path(ref).unlink()
            raise BridgeError(f"{str(self._path(ref))!r} was damaged and is removed", fix="submit the job again")
        return data

    def remember(self, key: str, result: Result) -> None:
        """Keep a result under the key of its job."""
        self._write(self.root / "results" / f"{key}.json", canonical_json(result.to_dict()))

    def result(self, key: str) -> Result | None:
        """The result of an equal job, if all of its files are still here."""
        path = self.root / "results" / f"{key}.json"
        try:
            found = Result.from_dict(json.loads(path.read_bytes()))
        except (OSError, ValueError, VivantError):
            return None
        return found if all(self.has(ref) for ref in found.outputs.values()) else None

    def prune(self) -> int:
        """Remove what was used longest ago beyond the limit; returns the number of files removed."""
        found = []
        for folder in ("files", "results"):
            for entry in os.scandir(self.root / folder):
                with contextlib.suppress(OSError):
                    stat = entry.stat()
                    found.append((stat.st_mtime, stat.st_size, entry.path))
        total, removed = sum(size for _, size, _ in found), 0
        for _, size, path in sorted(found):
            if total <= self.limit_bytes:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
                total, removed = total - size, removed + 1
        return removed

    def _path(self, ref: FileRef) -> Path:
        return self.root / "files" / f"{ref.sha256}{ref.suffix}"

    def _write(self, path: Path, data: bytes) -> None:
        with disk("write", path):
            descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as f:
                    f.write(data)
                os.replace(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
