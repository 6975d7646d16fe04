"""Tasks for the farm's tests: they run in real worker processes and die in every way that a renderer can."""

import os
import signal
import sys
import time
from pathlib import Path

from vivant.procgen.dataset.store import Store
from vivant.procgen.errors import BuildError, DatasetError
from vivant.tests.sample_dataset import arrays, record, write_files


def _trouble(how):
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "exit":
        sys.stderr.write("the driver went away\n")
        sys.stderr.flush()
        os._exit(3)
    if how == "hang":
        time.sleep(600)
    if how == "build":
        raise BuildError("the chair has no legs", fix="add legs")
    if how == "bug":
        raise ZeroDivisionError("two\nlines")
    if how == "disk":
        raise DatasetError("cannot write: No space left on device", fix="free space")
    if how == "memory":
        raise MemoryError


def make_frames(arguments, emit):
    """Write the missing frames of `arguments["frames"]`; in the middle of `at`, get into trouble (once, or always)."""
    sys.stdout.write("Blender 5.0.1 (noise on stdout)\n")
    os.write(1, b"more noise from C\n")
    store = Store.attach(arguments["root"])
    marker = Path(arguments["root"]).with_suffix(".marker")
    for name in arguments["frames"]:
        if name in arguments.get("skip", ()) or store.is_complete(name):
            continue
        if arguments.get("announce", True):
            emit({"event": "begin", "frame": name})
        with store.frame(name) as frame:
            write_files(frame.folder, arrays())
            if arguments.get("at") in (name, "everywhere") and not (arguments.get("once") and marker.exists()):
                marker.touch()
                _trouble(arguments["how"])
            scene, view = (int(v) for v in name.split("_"))
            frame.finish(record(scene, view))
        emit({"event": "frame", "frame": name})
        time.sleep(arguments.get("pause", 0.0))


def ignores_skip(arguments, emit):
    """Crashes at one frame for ever."""
    emit({"event": "begin", "frame": "a"})
    os._exit(9)


def fails_before_any_frame(arguments, emit):
    """Crashes while setting up."""
    os._exit(4)


def _private(arguments, emit):
    """Not to be called from outside."""


def tells_its_threads(arguments, emit):
    """Writes down how many threads numpy's BLAS may use here."""
    Path(arguments["file"]).write_text(os.environ.get("OPENBLAS_NUM_THREADS", "all"))
