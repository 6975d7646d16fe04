"""ComfyUI as a backend: upload, prompt, progress over its WebSocket (or by polling), history, view, interrupt."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from ...procgen.dataset.png import decode_png
from ...procgen.errors import BridgeError, SpecError, VivantError
from ..blobs import BlobStore, default_folder
from ..client import Event, Outcomes
from ..methods import methods
from ..pictures import encode_array
from ..protocol import FileRef, Job, Result, error_to_dict
from . import comfy_workflow
from .http import Connection, words_of
from .websocket import WebSocket

POLL_S = 0.5
# Times in a row that the server may fail to answer while it works.
PATIENCE = 6


class _Stopped(Exception):  # noqa: N818 (it is no error)
    """The job was cancelled."""


@dataclass
class _Run:
    job: Job
    prompt: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)


class ComfyClient:
    """A ComfyUI server; a thread a job, so that no call waits.

    Args:
        url: http://HOST:PORT.
        folder: Where files lie on this side.
        timeout_s: How long the server may be silent.
    """

    def __init__(self, url: str, folder: str | os.PathLike[str] | None = None, *, timeout_s: float = 30.0) -> None:
        self.store = BlobStore(folder or default_folder())
        self._connection = Connection(url, "ComfyUI", timeout_s=timeout_s)
        self._queue: queue.Queue[Event] = queue.Queue()
        self._outcomes = Outcomes()
        self._runs: dict[str, _Run] = {}

    def capabilities(self) -> dict[str, Any]:
        """Methods and models of this server."""
        info = self._object_info()
        return {
            "protocol": 0,
            "packages": {"comfyui": True},
            "devices": [{"name": "comfyui", "title": self._connection.url}],
            "methods": [{"name": e.name, "doc": e.doc} for e in methods if e.name in ("control", "workflow")],
            "models": comfy_workflow.choices(info, "CheckpointLoaderSimple", "ckpt_name"),
            "control_models": comfy_workflow.choices(info, "ControlNetLoader", "control_net_name"),
        }

    def submit(self, job: Job) -> None:
        """Send a job, in the background."""
        self._outcomes.submitted(job.id)
        self._runs[job.id] = _Run(job)
        threading.Thread(target=self._run, args=(self._runs[job.id],), name=f"job {job.id}", daemon=True).start()

    def events(self, wait_s: float = 0.0) -> list[Event]:
        """What was said since the last call; waits at most so long for the first word."""
        return self._outcomes.drained(self._queue, wait_s)

    def cancel(self, job: str) -> None:
        """Interrupt a job on the server."""
        if job in self._outcomes.open():
            self._runs[job].cancelled.set()

    def result(self, job: str) -> Result | None:
        """The result, None while the job runs; raises what it failed with."""
        return self._outcomes.result(job)

    def close(self) -> None:
        """Interrupt what runs."""
        for name in self._outcomes.open():
            self._runs[name].cancelled.set()
            self._interrupt(self._runs[name])

    # -- one job ---------------------------------------------------------------------------------------------------------
    def _run(self, run: _Run) -> None:
        name = run.job.id
        try:
            result = self._make(run)
            self._queue.put({"type": "result", "job": name, **result.to_dict()})
        except _Stopped:
            self._interrupt(run)
            self._queue.put({"type": "cancelled", "job": name})
        except Exception as e:  # a thread that ended in silence would leave its job open for ever
            self._queue.put({"type": "failed", "job": name, "error": error_to_dict(e)})

    def _make(self, run: _Run) -> Result:
        job, began = run.job, time.perf_counter()
        entry = methods.get(job.method)
        if job.method not in ("control", "workflow"):
            raise SpecError(f"ComfyUI cannot run method {job.method!r}", expected="control or workflow")
        cls: Any = entry.spec
        parameters = cls.from_dict(dict(job.parameters), where=job.method)
        key = job.key(f"{self._connection.url} {job.model}")
        known = self.store.result(key)
        if known is not None:
            return Result(known.outputs, {**known.facts, "cached": True})
        info = self._object_info()
        if job.method == "control":  # models and nodes are checked before pictures are sent
            names = {name: f"{ref.sha256}{ref.suffix}" for name, ref in job.inputs.items()}
            lacking = [n for n in parameters.inputs() if n not in names]
            if lacking:
                raise SpecError(
                    f"method 'control' lacks its input(s) {', '.join(lacking)}", fix="send them with the job"
                )
            comfy_workflow.control_workflow(job, parameters, info, names)
        images = {name: self._upload(name, ref) for name, ref in job.inputs.items() if ref.suffix == ".png"}
        if job.method == "control":
            workflow = comfy_workflow.control_workflow(job, parameters, info, images)
        else:
            workflow = comfy_workflow.user_workflow(job, self.store.read(job.inputs["workflow"]), info, images)
        outputs = self._outputs(self._wait(run, workflow))
        facts = {"method": job.method, "model": job.model, "seed": job.seed, "prompt": job.prompt,
                 "parameters": parameters.to_dict(), "seconds": round(time.perf_counter() - began, 3),
                 "backend": "comfyui"}  # fmt: skip
        result = Result(outputs, facts)
        self.store.remember(key, result)
        return result

    def _object_info(self) -> Mapping[str, Any]:
        info = self._connection.json("GET", "/object_info", timeout_s=max(60.0, self._connection.timeout_s))
        if not isinstance(info, dict) or not all(isinstance(v, dict) for v in info.values()):
            raise BridgeError(f"{self._connection.url} is no ComfyUI", fix="check the address")
        return info

    def _upload(self, name: str, ref: FileRef) -> str:
        data = self.store.read(ref)
        boundary = f"vivant{ref.sha256[:24]}"
        parts = []
        for field_name, value in (("overwrite", b"true"), ("type", b"input")):
            parts.append(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{field_name}"\r\n\r\n'.encode() + value
            )
        head = f'form-data; name="image"; filename="vivant_{ref.sha256[:16]}_{name}.png"\r\nContent-Type: image/png'
        parts.append(f"--{boundary}\r\nContent-Disposition: {head}\r\n\r\n".encode() + data)
        body = b"\r\n".join(parts) + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        status, answer = self._connection.request("POST", "/upload/image", body, headers)
        try:
            found = json.loads(answer)
            place = found["name"] if not found.get("subfolder") else f"{found['subfolder']}/{found['name']}"
        except (ValueError, KeyError, TypeError, AttributeError):
            place = ""
        if status != 200 or not place:
            said = words_of(None, answer)
            raise BridgeError(f"ComfyUI did not take the picture {name!r} (status {status})", got=said)
        return str(place)

    def _wait(self, run: _Run, workflow: comfy_workflow.Workflow) -> Mapping[str, Any]:
        """Queue the workflow and return its entry in the history once it has ended well."""
        client = f"vivant-{os.getpid()}-{id(run):x}"
        ears: WebSocket | None = None
        with contextlib.suppress(BridgeError):  # without it there is polling
            ears = WebSocket(f"{self._connection.url}/ws?{urlencode({'clientId': client})}", self._connection.timeout_s)
        try:
            answer = self._connection.json("POST", "/prompt", {"prompt": workflow, "client_id": client})
            run.prompt = str(answer.get("prompt_id", "")) if isinstance(answer, dict) else ""
            if not run.prompt:
                raise BridgeError("ComfyUI did not queue the job", got=words_of(answer, b""))
            self._say(run, 0, 0, "queued")
            return self._follow(run, ears)
        finally:
            if ears is not None:
                ears.close()

    def _follow(self, run: _Run, ears: WebSocket | None) -> Mapping[str, Any]:
        failures = 0
        while True:
            if run.cancelled.is_set():
                raise _Stopped
            try:
                found = self._connection.json("GET", f"/history/{run.prompt}")
                entry = found.get(run.prompt) if isinstance(found, dict) else None
                failures = 0
            except BridgeError:
                failures += 1
                if failures >= PATIENCE:
                    raise
                entry = None
            if isinstance(entry, dict):
                return self._ended(entry)
            ears = self._listen(run, ears)

    def _listen(self, run: _Run, ears: WebSocket | None) -> WebSocket | None:
        """Pass progress on for a moment; None once the socket is gone."""
        deadline = time.monotonic() + POLL_S
        while (left := deadline - time.monotonic()) > 0:
            if ears is None:
                run.cancelled.wait(left)
                return None
            try:
                text = ears.receive(min(left, 0.1))
            except BridgeError:
                ears.close()
                return None
            if run.cancelled.is_set():
                return ears
            data = _message(text, run.prompt)
            if data is None:
                continue
            kind, inner = data
            if kind == "progress":
                self._say(run, _count(inner.get("value")), _count(inner.get("max")), "denoising")
            elif kind in ("execution_success", "execution_error") or (
                kind == "executing" and inner.get("node") is None
            ):
                return ears  # look into the history at once
        return ears

    def _ended(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        status = entry.get("status")
        if isinstance(status, dict) and status.get("status_str") == "error":
            for message in status.get("messages") or []:
                if isinstance(message, list) and len(message) == 2 and message[0] == "execution_interrupted":
                    raise BridgeError("somebody interrupted the job on the ComfyUI server", fix="run it again")
            said = words_of(status.get("messages"), b"")
            memory = "memory" in said.lower()
            fix = "a smaller width and height, or a smaller model" if memory else "ComfyUI's own log says more"
            raise BridgeError("ComfyUI failed within the job", got=said, fix=fix)
        return entry

    def _outputs(self, entry: Mapping[str, Any]) -> dict[str, FileRef]:
        images: list[dict[str, Any]] = []
        nodes = entry.get("outputs")
        for node in nodes.values() if isinstance(nodes, dict) else []:
            images += [i for i in (node.get("images") or [] if isinstance(node, dict) else []) if isinstance(i, dict)]
        if not images:
            raise BridgeError(
                "ComfyUI ended without a picture", fix="check that the workflow saves or previews an image"
            )
        last = {k: str(images[-1].get(k, "")) for k in ("filename", "subfolder", "type")}
        status, data = self._connection.request("GET", f"/view?{urlencode(last)}")
        if status != 200:
            raise BridgeError(f"ComfyUI does not hand out its picture (status {status})", got=last["filename"])
        try:
            pixels = decode_png(data, last["filename"])
        except VivantError:
            raise BridgeError("ComfyUI sent a picture that is none", got=repr(data[:16])) from None
        return {"rgb": self.store.put_bytes(*encode_array("rgb", pixels[..., :3]))}

    def _say(self, run: _Run, step: int, steps: int, text: str) -> None:
        self._queue.put({"type": "progress", "job": run.job.id, "step": step, "steps": steps, "text": text})

    def _interrupt(self, run: _Run) -> None:
        """Take a waiting job out of the queue, or stop it at its step; other people's jobs go on."""
        if not run.prompt:
            return
        with contextlib.suppress(VivantError):
            self._connection.request(
                "POST",
                "/queue",
                json.dumps({"delete": [run.prompt]}).encode(),
                {"Content-Type": "application/json"},
                5.0,
            )
            found = self._connection.json("GET", "/queue", timeout_s=5.0)
            running = found.get("queue_running", []) if isinstance(found, dict) else []
            if any(isinstance(item, list) and run.prompt in item for item in running):
                body = json.dumps({"prompt_id": run.prompt}).encode()
                self._connection.request("POST", "/interrupt", body, {"Content-Type": "application/json"}, 5.0)


def _message(text: str | None, prompt: str) -> tuple[str, dict[str, Any]] | None:
    if text is None:
        return None
    try:
        found = json.loads(text)
        inner = found["data"]
        if inner.get("prompt_id", prompt) == prompt:
            return str(found["type"]), inner
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0
