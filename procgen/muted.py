"""Streams of other programs' libraries silenced: what they print goes around Python's own streams."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Generator


@contextlib.contextmanager
def muted(descriptor: int) -> Generator[None]:
    """Nothing is written to a file descriptor, 1 standard output or 2 standard error, inside of the block."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    kept, nowhere = os.dup(descriptor), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
