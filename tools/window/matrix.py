# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidebar's tests with other versions of the bpy wheel, each in a virtual environment of its own.

Usage: python tools/window/matrix.py FOLDER VERSION … [-- pytest arguments]
FOLDER keeps the environments between runs. A wheel that cannot be installed is skipped and said so; the exit status is 1 if
tests of any other fail.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = tuple(f"blender_tests/test_{name}.py" for name in ("people_editing", "people_files", "sidebar", "users_scene", "extension"))
NEEDS = ("pytest", "pytest-timeout", "hypothesis")


def environment(folder: Path, version: str) -> Path | None:
    """Python that has this bpy and the checkout; None if the wheel cannot be had."""
    home = folder / f"bpy-{version}"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    have = subprocess.run([str(python), "-c", "import bpy, pytest"], capture_output=True, check=False, cwd=folder)
    if have.returncode and subprocess.run([*pip, f"bpy=={version}", "numpy<2", *NEEDS], check=False).returncode:
        return None
    # The environment may have served another checkout before; it is this one that is to be tested.
    of = subprocess.run(
        [str(python), "-c", "import vivant; print(vivant.__file__)"], capture_output=True, text=True, check=False, cwd=folder
    )
    if Path(of.stdout.strip()).parent != ROOT:
        subprocess.run([*pip, "--no-deps", "--editable", str(ROOT)], check=True)
    return python


def main(argv: list[str]) -> int:
    """Run the tests in every version; returns the exit status."""
    cut = argv.index("--") if "--" in argv else len(argv)
    folder, versions, extra = Path(argv[0]), argv[1:cut], argv[cut + 1 :]
    folder.mkdir(parents=True, exist_ok=True)
    failed = False
    for version in versions:
        python = environment(folder, version)
        if python is None:
            sys.stdout.write(f"bpy {version}: skipped, its wheel cannot be installed here\n")
            continue
        command = [str(python), "-m", "pytest", *TESTS, "-q", *extra]
        done = subprocess.run(command, cwd=ROOT, check=False)
        if done.returncode < 0:
            # A process that a signal ended says nothing of its tests: 4.5's undo does that now and then, on the same tree that passes.
            sys.stdout.write(f"bpy {version}: ended by signal {-done.returncode}; once more\n")
            done = subprocess.run(command, cwd=ROOT, check=False)
        sys.stdout.write(f"bpy {version}: {'passed' if done.returncode == 0 else 'FAILED'}\n")
        failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
