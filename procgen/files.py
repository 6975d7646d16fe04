"""Writing files that are whole or absent, and turning what the disk says into one clear line."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Generator
from pathlib import Path

from .errors import DatasetError

_FIXES = {
    errno.ENOSPC: "free space on that disk, then run the same command again: whole frames are kept",
    errno.EDQUOT: "free some of your quota, then run the same command again: whole frames are kept",
    errno.EROFS: "the disk is mounted read-only; choose another folder",
    errno.EACCES: "change the permissions of the folder, or choose another one",
    errno.EPERM: "change the permissions of the folder, or choose another one",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.EISDIR: "the path is a folder; give the path of a file",
    errno.ENOTEMPTY: "something else has that name; choose another folder",
    errno.EEXIST: "something else has that name; choose another folder",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.EMFILE: "raise the limit of open files (ulimit -n), or use fewer workers",
    errno.EIO: "the disk reports damage; choose another disk",
}


def disk_error(error: OSError, doing: str, path: str | os.PathLike[str]) -> DatasetError:
    """A `DatasetError` that says what was tried, what the system answered and what to do."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    fix = _FIXES.get(error.errno or 0, "check the disk and the path")
    return DatasetError(f"cannot {doing} {str(path)!r}: {reason}", fix=fix)


@contextlib.contextmanager
def disk(doing: str, path: str | os.PathLike[str]) -> Generator[None]:
    """Within this block an `OSError` becomes a `DatasetError`; `doing` is a verb such as "write"."""
    try:
        yield
    except OSError as e:
        raise disk_error(e, doing, path) from e
    except ValueError as e:
        # Python's answer to a path that holds a NUL character.
        if "null" in str(e):
            raise DatasetError(f"cannot {doing} {str(path)!r}: {e}", fix="check the path") from None
        raise


def read_bytes(path: str | os.PathLike[str], limit: int = 1 << 32) -> bytes:
    """The bytes of a file of at most `limit` bytes."""
    with disk("read", path), open(path, "rb") as f:
        size = os.fstat(f.fileno()).st_size
        if size > limit:
            raise DatasetError(
                f"{str(path)!r} is too large", expected=f"at most {limit} bytes", got=size, fix="raise max_bytes"
            )
        return f.read()


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file and push it to the disk; a failed write leaves no file behind."""
    with disk("write", path):
        try:
            with open(path, "wb") as f:
                f.write(data)
                f.flush()
                os.fsync(f.fileno())
        except OSError:
            if os.path.isfile(path):  # never a device such as /dev/full
                with contextlib.suppress(OSError):
                    os.unlink(path)
            raise


def replace_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that readers see the old bytes or the new ones and never a mixture."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    write_bytes(temporary, data)
    with disk("write", path):
        os.replace(temporary, path)
    sync_folder(path.parent)


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Push the entries of a folder to the disk, where the system can."""
    if os.name == "nt":  # Windows cannot open a folder
        return
    with disk("write", path):
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        except OSError as e:
            if e.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems without it (some network mounts)
                raise
        finally:
            os.close(fd)


def sha256_file(path: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with disk("read", path), open(path, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
