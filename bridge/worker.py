"""The process that loads models: jobs in on standard input, events out on standard output, one job at a time.

Libraries that print go to standard error, where the client keeps them as the log. The process ends with the client: when
its input closes, the job at work is cancelled, and what does not stop is ended. It leaves by `os._exit`, because the
clean-up of torch and bpy at interpreter exit can hang.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.metadata
import importlib.util
import os
import platform
import queue
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from typing import IO, Any

from ..procgen.errors import BridgeError, MissingDependency, SpecError, VivantError
from .blobs import BlobStore, default_folder
from .methods import methods
from .models import fingerprint_all, identify
from .pictures import encode_array
from .protocol import PROTOCOL, Job, Result, error_to_dict, read_message, write_message
from .request import Answer, Cancelled, MethodParameters, Request

# How long a job may go on after the client has gone.
GRACE_S = 5.0
_SYNTH = ("torch", "diffusers", "transformers", "accelerate", "safetensors")


class Worker:
    """Reads requests on a thread of its own, works on the main one, so that a cancel is seen while a job runs.

    Args:
        requests, events: The two streams.
        folder: Where files lie until a "hello" names another.
    """

    def __init__(self, requests: IO[bytes], events: IO[bytes], folder: str | os.PathLike[str] | None = None) -> None:
        self._requests, self._events = requests, events
        self._folder = folder
        self._store: BlobStore | None = None
        self._jobs: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._cancelled: set[str] = set()
        self._closing = threading.Event()
        self._writing = threading.Lock()
        self._session: dict[str, Any] = {}
        self._held: dict[str, int] = {}

    def run(self) -> int:
        """Work until the input ends or a "shutdown" comes; returns the exit status."""
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        while (message := self._jobs.get()) is not None:
            if self._closing.is_set():
                break
            self._work(message)
        return 0

    # -- the listening side ----------------------------------------------------------------------------------------------
    def _listen(self) -> None:
        try:
            while (message := read_message(self._requests)) is not None and message["type"] != "shutdown":
                self._answer(message)
        except (VivantError, OSError, ValueError) as e:
            sys.stderr.write(f"worker: {e}\n")
        self._closing.set()
        self._jobs.put(None)
        time.sleep(GRACE_S)
        os._exit(1)  # the job at work did not come to a step in time

    def _answer(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "hello":
            self._hello(message)
        elif kind == "capabilities":
            self._emit({"type": "capabilities", **capabilities()})  # at once, whatever job is at work
        elif kind == "submit":
            self._jobs.put(message)
        elif kind == "cancel":
            self._cancelled.add(str(message.get("job")))
        else:
            self._emit({"type": "log", "text": f"unknown request {kind!r}"})

    def _hello(self, message: Mapping[str, Any]) -> None:
        if message.get("protocol") != PROTOCOL:
            error = BridgeError(
                "client and worker speak different protocols", expected=PROTOCOL, got=message.get("protocol"),
                fix="install the same version of Vivant in the worker's Python",
            )  # fmt: skip
            self._emit({"type": "failed", "job": "", "error": error_to_dict(error)})
            return
        self._folder = message.get("files") or self._folder
        self._store = None
        self._emit({"type": "ready", "protocol": PROTOCOL, "pid": os.getpid(), "python": platform.python_version()})

    def _emit(self, event: dict[str, Any]) -> None:
        with self._writing:
            try:
                write_message(self._events, event)
            except OSError:
                self._closing.set()  # the client has gone

    # -- the working side ------------------------------------------------------------------------------------------------
    def _work(self, message: dict[str, Any]) -> None:
        name = str((message.get("job") or {}).get("id", "")) if isinstance(message.get("job"), dict) else ""
        try:
            job = Job.from_dict(message.get("job"))
            self._emit({"type": "accepted", "job": job.id})
            self._emit({"type": "result", "job": job.id, **self._make(job).to_dict()})
        except Cancelled:
            self._emit({"type": "cancelled", "job": name})
        except VivantError as e:
            self._emit({"type": "failed", "job": name, "error": error_to_dict(e)})
        except Exception as e:
            traceback.print_exc()
            self._emit({"type": "failed", "job": name, "error": error_to_dict(in_plain_words(e))})
        finally:
            self._cancelled.discard(name)
            self.tidy()

    def tidy(self) -> None:
        """Give back what a job held beyond the loaded models.

        Libraries and models are half a million objects, which Python would look through after every job; those that were
        there after the last change of models are left out until the next.
        """
        held = {name: id(value) for name, value in self._session.items()}
        fresh, self._held = held != self._held, held
        if fresh:
            gc.unfreeze()
        release_memory()
        if fresh:
            gc.freeze()

    def _make(self, job: Job) -> Result:
        if self._store is None:
            self._store = BlobStore(self._folder or default_folder())
            self._store.prune()
        store, began = self._store, time.perf_counter()
        parameters, key = prepare(job)
        known = store.result(key)
        if known is not None:
            return Result(known.outputs, {**known.facts, "cached": True})
        files = {name: store.path(ref) for name, ref in job.inputs.items()}
        request = Request(job, parameters, files, lambda i, n, text: self._say(job.id, i, n, text), self._session)
        request.step(0, 0, "starting")
        answer: Answer = methods.get(job.method).make(request)
        outputs = {name: store.put_bytes(*encode_array(name, array)) for name, array in answer.arrays.items()}
        facts = {"method": job.method, "model": job.model, "seed": job.seed, "prompt": job.prompt,
                 "parameters": parameters.to_dict(), "seconds": round(time.perf_counter() - began, 3), **answer.facts}  # fmt: skip
        result = Result(outputs, facts)
        store.remember(key, result)
        return result

    def _say(self, job: str, step: int, steps: int, text: str) -> None:
        if job in self._cancelled or self._closing.is_set():
            raise Cancelled(job)
        self._emit({"type": "progress", "job": job, "step": step, "steps": steps, "text": text})


def prepare(job: Job) -> tuple[MethodParameters, str]:
    """Check a job before any model is loaded.

    Returns:
        The method's parameters, and the key under which an equal job's result is kept.
    Raises:
        SpecError: an unknown method or parameter, a value out of range, an input or a model that is missing.
    """
    entry = methods.get(job.method)
    cls: Any = entry.spec
    parameters: MethodParameters = cls.from_dict(dict(job.parameters), where=job.method)
    missing = [name for name in parameters.inputs() if name not in job.inputs]
    if missing:
        raise SpecError(f"method {job.method!r} lacks its input(s) {', '.join(missing)}", fix="send them with the job")
    if parameters.needs_model and not job.model:
        raise SpecError(f"method {job.method!r} needs a model", fix="name a folder, a .safetensors file or a hub model")
    if job.model:
        identify(job.model)
    return parameters, job.key(fingerprint_all(job.model, parameters.parts()))


def in_plain_words(error: Exception) -> Exception:
    """What a user can do about errors that libraries raise."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in _SYNTH:
        return MissingDependency(
            f"the worker's Python lacks {error.name}", got=sys.executable, fix="pip install 'vivant[synth]' into it"
        )
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        fix = "a smaller width and height, fewer controls, another --device, or a smaller model"
        return BridgeError("the device is out of memory", got=str(error)[:200], fix=fix)
    return error


# What a worker is asked for -> packages that it takes beside numpy.
NEEDS = {"synthesis": ("torch", "diffusers", "transformers"), "lift": ("mediapipe",)}


def capabilities() -> dict[str, Any]:
    """What this worker can do: packages with their versions, devices with free memory, methods."""
    packages = {name: importlib.util.find_spec(name) is not None for names in NEEDS.values() for name in names}
    devices: list[dict[str, Any]] = [{"name": "cpu", "title": platform.processor() or platform.machine()}]
    if packages["torch"]:
        from .diffusion.devices import devices as torch_devices

        devices = torch_devices()
    return {
        "protocol": PROTOCOL,
        "python": sys.executable,
        "packages": packages,
        "versions": {name: _version(name) for name, there in packages.items() if there},
        "devices": devices,
        "methods": [{"name": e.name, "doc": e.doc} for e in methods],
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # on the path, but not installed by pip
        return "installed"


def release_memory() -> None:
    """Let go of what nobody holds, on the device too."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)  # what was freed between living blocks stays with the process otherwise
    torch = sys.modules.get("torch")
    if torch is not None:
        for name in ("cuda", "mps", "xpu"):
            device = getattr(torch, name, None)
            with contextlib.suppress(Exception):  # not there, or there without a device
                if device is not None and (name == "mps" or device.is_available()):
                    device.empty_cache()


def main(folder: str | None = None) -> None:
    """Serve standard input and output until the client goes."""
    events = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever prints must not end up between the messages
    sys.stdout = sys.stderr
    status = Worker(sys.stdin.buffer, events, folder).run()
    sys.stderr.flush()
    os._exit(status)
