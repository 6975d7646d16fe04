"""One run a dataset: a lock that the system drops when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
from pathlib import Path

from ..errors import DatasetError
from ..files import disk

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


class Lock:
    """An exclusive lock on a file.

    Build it with `take`. The file holds the owner's process id and host, for the message that others get.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd

    @classmethod
    def take(cls, path: Path, what: str) -> Lock:
        """Lock or refuse at once.

        Args:
            path: The lock file; created if need be.
            what: What is locked, for the message.
        Raises:
            DatasetError: another process holds it.
        """
        while True:
            with disk("lock", path):
                path.parent.mkdir(parents=True, exist_ok=True)
                fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                _lock(fd)
            except OSError as e:
                owner = os.pread(fd, 200, 0).decode("utf-8", "replace").strip() if hasattr(os, "pread") else ""
                os.close(fd)
                if e.errno in _BUSY:
                    raise DatasetError(
                        f"another run is writing {what} ({owner or 'unknown process'})",
                        fix="wait until it ends, stop it, or choose another folder",
                    ) from None
                with disk("lock", path):
                    raise
            if _same_file(fd, path):
                break
            os.close(fd)  # its owner removed it while we waited: what we locked is no longer the lock
        os.ftruncate(fd, 0)
        os.write(fd, f"process {os.getpid()} on {platform.node()}".encode())
        return cls(path, fd)

    def release(self) -> None:
        """Unlock and remove the file."""
        with contextlib.suppress(OSError):  # Windows refuses to remove an open file; an empty lock file does no harm
            os.unlink(self.path)
        os.close(self._fd)


def _lock(fd: int) -> None:
    if os.name == "nt":
        import msvcrt

        os.lseek(fd, 1 << 20, os.SEEK_SET)  # beyond the text, which others must be able to read
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        os.lseek(fd, 0, os.SEEK_SET)
        return
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        if e.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):  # a network mount without locks
            raise


def _same_file(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except OSError:
        return False


def process_alive(pid: int) -> bool:
    """Whether a process of this machine runs."""
    if os.name == "nt":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)  # type: ignore[attr-defined]
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)  # type: ignore[attr-defined]
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it runs as another user
        return True
    return True
