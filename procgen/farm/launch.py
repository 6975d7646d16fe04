"""How to start another process that runs this very package: under pip Python, and inside Blender.

Inside Blender `sys.executable` is a Python without bpy, and the package is called `bl_ext.user_default.vivant`, which
exists only once Blender has enabled its extensions. So a child there is Blender itself, with factory settings, and it
imports the same folder as a package of its own name. Everything inside is imported relatively, so both names work.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PACKAGE = __name__.partition(".procgen")[0]
ROOT = Path(__file__).resolve().parents[2]
# Our matrices are small: a second thread of numpy's BLAS spins more than it works (people cost 1.7 times as much CPU), and
# sums must not depend on how many cores a machine has. It counts only where numpy is not imported yet.
ONE_BLAS_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


def use_one_blas_thread() -> None:
    """For this process and its children, unless the user's environment says otherwise; before numpy is imported."""
    for name, value in ONE_BLAS_THREAD.items():
        os.environ.setdefault(name, value)


def child_package() -> tuple[str, list[str]]:
    """Name that the package has in a child process, and what must come first on its `sys.path`.

    Our own `sys.path` is not handed on: once bpy is imported it names Blender's script folders, whose inner `bpy` package
    would hide the module in a fresh process.
    """
    return (ROOT.name, [str(ROOT.parent)]) if "." in PACKAGE else (PACKAGE, [])


def blender_binary() -> str:
    """Path of the Blender that runs us; empty under pip bpy and plain Python. Never imports bpy."""
    bpy = sys.modules.get("bpy")
    return str(bpy.app.binary_path or "") if bpy is not None else ""


def command(module: str, function: str, *arguments: object) -> list[str]:
    """Command line of a process that calls `function(*arguments)` of a module of this package.

    Args:
        module: Relative to the package, e.g. "addon.cli".
        function: Name of the function; what it does to exit is its own affair.
        arguments: Anything whose `repr` is Python (texts, numbers, lists of them).
    """
    binary = blender_binary()
    if binary:
        code = _code(module, function, arguments)
        return [binary, "--background", "--factory-startup", "--python-exit-code", "1", "--python-expr", code]
    return command_of(sys.executable, module, function, *arguments)


def command_of(python: str, module: str, function: str, *arguments: object) -> list[str]:
    """The same by another Python, which needs numpy and whatever the function imports, but not Blender."""
    return [python, "-c", _code(module, function, arguments)]


def _code(module: str, function: str, arguments: tuple[object, ...]) -> str:
    name, paths = child_package()
    code = f"import sys; sys.path[:0] = [p for p in {paths!r} if p not in sys.path]; "
    return code + f"from {name}.{module} import {function} as run; run({', '.join(map(repr, arguments))})"
