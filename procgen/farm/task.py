"""What a farm runs and what it reports: plain data, the same for local processes and for a cluster."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import VivantError

ROOT_PACKAGE = __name__.rsplit(".", 3)[0]  # "vivant", or "bl_ext.user_default.vivant" within Blender

# Every worker line that is an event starts so; whatever Blender prints does not.
EVENT_PREFIX = "\x1evivant "

_FUNCTION = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+):(?P<name>[A-Za-z]\w*)")


@dataclass(frozen=True)
class Task:
    """Work for one fresh process: a group of scenes.

    Attributes:
        name: For messages and log files, e.g. "scenes_000000-000003".
        function: "vivant.procgen.…:function", called as `function(arguments, emit)`.
        arguments: JSON-able. A retry adds `skip`: the names of frames that must be left out.
        frames: Names of the frames that it is to write, in order; () if that is not known. They tell where it crashed.
    """

    name: str
    function: str
    arguments: Mapping[str, Any]
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """Something that did not get done.

    Attributes:
        task: Name of the task.
        frame: Name of the frame, or None for the whole task.
        message: One line.
        log: Path of the worker's log, or "".
    """

    task: str
    frame: str | None
    message: str
    log: str = ""

    def __str__(self) -> str:
        where = f"frame {self.frame}" if self.frame else f"task {self.task}"
        return f"{where} failed: {self.message}" + (f" (log: {self.log})" if self.log else "")


@dataclass
class FarmReport:
    """What a run did.

    Attributes:
        frames: Names of frames written, in order of completion.
        failures: What failed twice, or could not work at all.
    """

    frames: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def resolve(function: str) -> Callable[[dict[str, Any], Callable[[dict[str, Any]], None]], Any]:
    """The function that a task names; only public functions of this package are ever called.

    Args:
        function: "vivant.procgen.blender.render_scene:render_task"; "vivant" stands for this package wherever it is
            installed.
    """
    match = _FUNCTION.fullmatch(function)
    if match is None:
        raise VivantError(f"{function!r} is not the name of a task", expected="vivant.module:function")
    module = match["module"]
    if module.startswith("vivant."):
        module = f"{ROOT_PACKAGE}.{module.removeprefix('vivant.')}"
    if not module.startswith(f"{ROOT_PACKAGE}."):
        raise VivantError(f"tasks outside Vivant are not run: {function!r}", expected="vivant.module:function")
    try:
        found = getattr(importlib.import_module(module), match["name"])
    except (ImportError, AttributeError) as e:
        raise VivantError(f"cannot load the task {function!r}: {e}") from e
    if not callable(found) or getattr(found, "__module__", None) != module:
        raise VivantError(f"{function!r} is not a function of that module")
    return found
