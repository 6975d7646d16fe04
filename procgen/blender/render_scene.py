"""The task of a worker process: render the frames of scenes that a dataset still lacks."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import bpy

from .. import __name__ as _package
from ..assemble import assemble
from ..captions import caption, parts_seen
from ..channels.channel import Channel
from ..dataset.store import FrameWriter, Store, frame_id
from ..frame_record import FrameName, frame_record
from ..options import GenerateOptions
from ..people.looks import kept
from ..people.model import DEFAULT_BODY
from ..sample import scene_of
from ..seeds import Seed
from ..spec import SceneSpec
from .render_view import Session, Shot, chosen_channels, open_session, shoot, truth_of, view_of, with_next, write_shot

Emit = Callable[[dict[str, Any]], None]


@dataclass
class _Job:
    """One scene being rendered into a store; `recorded` is its spec as the dataset's files have it."""

    store: Store
    scene: int
    recorded: SceneSpec
    session: Session
    channels: list[Channel]
    options: GenerateOptions
    emit: Emit


def frame_names(options: GenerateOptions, scene: int) -> list[tuple[FrameName, str]]:
    """Every frame of a scene and its folder name, times outermost."""
    moving = options.frames > 1
    return [
        (FrameName(scene, view, time), frame_id(scene, view, time if moving else None))
        for time in range(options.frames)
        for view in range(options.views)
    ]


def render_task(arguments: dict[str, Any], emit: Emit) -> None:
    """Render what is missing of some scenes.

    Args:
        arguments: {"root": dataset folder, "options": GenerateOptions as JSON, "scenes": [numbers], "threads": n,
            "skip": names of frames to leave out (they crashed before)}.
        emit: Receives {"event": "begin" or "frame", "frame": name} before and after each frame.
    """
    options = GenerateOptions.from_dict(arguments["options"])
    store = Store.attach(arguments["root"])
    for scene in arguments["scenes"]:
        skip = set(arguments.get("skip", ()))
        missing = {n for _, n in frame_names(options, scene) if n not in skip and not store.is_complete(n)}
        if missing:
            _render_scene(store, scene, options, missing, int(arguments.get("threads", 0)), emit)


def _render_scene(store: Store, scene: int, options: GenerateOptions, missing: set[str], threads: int, emit: Emit) -> None:
    emit({"event": "begin", "frame": min(missing)})
    spec = scene_of(options, scene)
    recorded = kept(spec, store.root)
    store.write_scene(scene, recorded.to_json())
    seed = Seed(options.seed).child("scene", scene, "cycles").integer()
    session = open_session(spec, assemble(spec, 0), seed=seed, threads=threads)
    job = _Job(store, scene, recorded, session, chosen_channels(options.channels or None), options, emit)
    with contextlib.ExitStack() as stack:
        _render_frames(job, recorded, missing, stack)


def _render_frames(job: _Job, spec: SceneSpec, missing: set[str], stack: contextlib.ExitStack) -> None:
    pending: dict[int, tuple[FrameName, FrameWriter, Shot]] = {}
    for time in range(spec.frames):
        wanted = {}
        for name, text in frame_names(job.options, job.scene):
            if name.time == time and text in missing:
                wanted[name.view] = (name, text)
        if not wanted and not pending:
            continue
        job.session.at(time, assemble)
        for view in sorted({*wanted, *pending}):
            before = pending.pop(view, None)
            if view in wanted:
                name, text = wanted[view]
                job.emit({"event": "begin", "frame": text})
                writer = stack.enter_context(job.store.frame(text))
                shot = shoot(job.session, view, writer.folder)
                later = shot.view
            else:
                writer, shot, later = None, None, None
            if before is not None:
                _finish(job, spec, before[0], before[1], with_next(before[2], later or _truth_view(job, view)))
            if writer is not None and shot is not None:
                if spec.frames > 1:
                    pending[view] = (name, writer, shot)
                else:
                    _finish(job, spec, name, writer, shot)
    if pending:
        # One moment beyond the last, seen by the ground truth only, so that every frame of a sequence has flow.
        job.session.at(spec.frames, assemble)
        for view, (name, writer, shot) in sorted(pending.items()):
            _finish(job, spec, name, writer, with_next(shot, _truth_view(job, view)))


def _truth_view(job: _Job, view: int) -> Any:
    return view_of(job.session, view, truth_of(job.session, view))


def _finish(job: _Job, spec: SceneSpec, name: FrameName, writer: FrameWriter, shot: Shot) -> None:
    job.emit({"event": "begin", "frame": writer.name})
    write_shot(shot, writer.folder, job.channels, mesh=job.options.mesh)
    seen = [parts_seen(labels, shot.view.geometry, i) for i, labels in enumerate(shot.people)]
    text, facts = caption(spec, name.view, seen=seen)
    record = frame_record(
        spec,
        name,
        shot.view,
        shot.people,
        model_sha256=model_sha256(),
        caption=text,
        facts=facts,
        exposure=shot.exposure,
        versions={"vivant": version(), "blender": bpy.app.version_string},
    )
    writer.finish(record, shot.seconds)
    job.emit({"event": "frame", "frame": writer.name})


def version() -> str:
    """Version of this package, for records."""
    import importlib

    return str(importlib.import_module(_package.rpartition(".")[0]).__version__)


@lru_cache(maxsize=1)
def model_sha256() -> str:
    """Checksum of the body model's file, for records."""
    return hashlib.sha256(Path(DEFAULT_BODY).read_bytes()).hexdigest()
