"""More machines: the same tasks through Ray. Each node runs the local farm on one task, so a crash costs one frame."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..dataset.store import Store
from ..errors import BridgeError, DatasetError, MissingDependency
from .local import OnEvent, run_tasks
from .task import Failure, FarmReport, Task


def run_tasks_on_ray(
    tasks: Iterable[Task],
    *,
    address: str | None = None,
    workers: int = 0,
    cpus: float = 1.0,
    on_event: OnEvent | None = None,
    root: str | None = None,
    stall_s: float = 3600.0,
    log_folder: str | None = None,
) -> FarmReport:
    """As `run_tasks`, on a Ray cluster whose nodes have Vivant installed and see the same folders.

    Args:
        tasks: The work.
        address: "ray://HOST:PORT", "auto", or None for a cluster on this machine.
        workers: Tasks in flight at a time; 0 = as many as the cluster takes.
        cpus: Cores that a task reserves.
        on_event: As in `run_tasks`.
        root: Dataset folder on the shared disk; with it a worker that leaves out a frame is caught.
        stall_s, log_folder: As in `run_tasks`; the folder must be on the shared disk.
    Raises:
        MissingDependency: Ray is not installed. BridgeError: the cluster does not answer.
    """
    ray = _ray()
    begun = not ray.is_initialized()
    if begun:
        try:
            ray.init(address=address, log_to_driver=False, include_dashboard=False if address is None else None)
        except (ConnectionError, OSError, RuntimeError, ValueError) as e:
            raise BridgeError(
                f"the Ray cluster at {address or 'this machine'} does not answer: {e}", fix="check `ray status` there"
            ) from None
    remote = ray.remote(num_cpus=cpus, max_retries=1, num_returns="streaming")(_run_on_node)
    report = FarmReport()
    waiting, running = deque(tasks), {}
    try:
        while waiting or running:
            while waiting and (workers == 0 or len(running) < workers):
                task = waiting.popleft()
                stream = remote.remote(dataclasses.asdict(task), root, stall_s, log_folder)
                running[stream] = task
            ready, _ = ray.wait(list(running), num_returns=1, timeout=0.5)
            for stream in ready:
                task = running[stream]
                try:
                    event = ray.get(next(stream))
                except StopIteration:
                    del running[stream]
                except ray.exceptions.RayError as e:
                    del running[stream]
                    report.failures.append(Failure(task.name, None, " ".join(str(e).split())[:500]))
                else:
                    _heard(report, task, event, on_event)
    finally:
        for stream in running:
            with contextlib.suppress(Exception):  # whatever Ray says now, the run is over
                ray.cancel(stream, force=True)
        if begun:
            ray.shutdown()
    return report


def _heard(report: FarmReport, task: Task, event: dict[str, Any], on_event: OnEvent | None) -> None:
    if event["event"] == "fatal":
        raise DatasetError(event["message"])
    if event["event"] == "report":
        report.frames += event["frames"]
        report.failures += [Failure(**f) for f in event["failures"]]
    elif on_event is not None:
        on_event({**event, "task": task.name})


def _run_on_node(
    task: dict[str, Any], root: str | None, stall_s: float, log_folder: str | None
) -> Iterator[dict[str, Any]]:
    """On a node: run one task in the local farm and yield its events as they come."""
    inbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
    is_complete: Callable[[str], bool] | None = Store.attach(root).is_complete if root is not None else None
    work = Task(task["name"], task["function"], task["arguments"], tuple(task["frames"]))

    def run() -> None:
        try:
            report = run_tasks(
                [work], on_event=inbox.put, is_complete=is_complete, stall_s=stall_s, log_folder=log_folder
            )
            failures = [dataclasses.asdict(f) for f in report.failures]
            inbox.put({"event": "report", "frames": report.frames, "failures": failures})
        except DatasetError as e:
            inbox.put({"event": "fatal", "message": str(e)})
        finally:
            inbox.put(None)

    threading.Thread(target=run, daemon=True).start()
    while (event := inbox.get()) is not None:
        yield event


def _ray() -> Any:
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise MissingDependency("Ray is not installed", fix="pip install 'vivant[farm]'") from None
