"""The worker process: one task from stdin, events to stdout, everything else to the log, and a hard exit.

    python -m vivant.procgen.farm.worker
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from ..errors import DatasetError, VivantError
from .task import EVENT_PREFIX, resolve

ORPHANED = 75


def main() -> None:
    """Run the task and end the process; never returns."""
    # Blender and its libraries print to stdout as they please: keep the pipe, and send them to the log.
    sys.stdout.flush()
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    faulthandler.enable(sys.stderr, all_threads=True)
    with contextlib.suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    stdin = sys.stdin.buffer
    line = stdin.readline()
    threading.Thread(target=_end_with_parent, args=(stdin,), daemon=True).start()
    emit = _emitter(pipe)
    code = 0
    try:
        task = json.loads(line)
        resolve(task["function"])(task["arguments"], emit)
        emit({"event": "done"})
    except BaseException as e:
        code = 1
        traceback.print_exc()
        message = str(e) if isinstance(e, VivantError) else f"{type(e).__name__}: {e}"
        emit(
            {
                "event": "error",
                "message": " ".join(message.split())[:2000],
                "final": not isinstance(e, MemoryError),  # the same input would give the same error again
                "fatal": isinstance(e, DatasetError),  # a full or forbidden disk stops every other worker too
            }
        )
    _flush()
    # Not a plain return: bpy 4.5 can hang while the interpreter shuts down.
    os._exit(code)


def _emitter(pipe: BinaryIO) -> Callable[[dict[str, Any]], None]:
    lock = threading.Lock()

    def emit(event: dict[str, Any]) -> None:
        data = (EVENT_PREFIX + json.dumps(event) + "\n").encode()
        with lock, contextlib.suppress(BrokenPipeError):  # the parent is gone; `_end_with_parent` ends us
            pipe.write(data)

    return emit


def _end_with_parent(stdin: BinaryIO) -> None:
    """The parent holds our stdin open as long as it lives, however it ends."""
    with contextlib.suppress(OSError, ValueError):
        while stdin.read(4096):
            pass
    os._exit(ORPHANED)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


if __name__ == "__main__":
    main()
