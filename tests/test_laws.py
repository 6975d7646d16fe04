"""The import laws and bans are enforced: lint passes on the tree and fails on a planted breach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINT_IMPORTS = (
    "import sys; from importlinter.cli import lint_imports_command as main; sys.argv[0] = 'lint-imports'; main()"
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped tree as a folder called `vivant`, to plant breaches in."""
    target = tmp_path_factory.mktemp("laws") / "vivant"
    target.mkdir()
    for room in ("addon", "bridge", "procgen"):
        shutil.copytree(ROOT / room, target / room, ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
    for name in ("__init__.py", "pyproject.toml"):
        shutil.copy(ROOT / name, target / name)
    return target


def lint_imports(copy: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the copy, by the contracts of pyproject.toml."""
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--config", str(copy / "pyproject.toml"), "--no-cache"],
        cwd=copy.parent,
        env={**os.environ, "PYTHONPATH": str(copy.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tree_keeps_the_laws(copy: Path) -> None:
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("procgen/seeds.py", "from ..addon import cli"),
        ("procgen/seeds.py", "from ..bridge import __name__ as bridge_name"),
        ("bridge/__init__.py", "from ..addon import cli"),
        ("procgen/geometry.py", "import bpy"),
        ("procgen/people/nearest.py", "from mathutils.kdtree import KDTree"),
        ("addon/output.py", "import torch"),
        ("procgen/blender/settings.py", "import torch"),
    ],
)
def test_a_planted_breach_is_caught(copy: Path, file: str, line: str) -> None:
    path = copy / file
    before = path.read_text(encoding="utf-8")
    path.write_text(before + f"\n\n{line}\n", encoding="utf-8")
    try:
        done = lint_imports(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    assert done.returncode != 0, done.stdout
    assert "1 broken" in done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from uuid import uuid4",
        "import time\nSTART = time.time()",
        "import numpy as np\nnp.random.seed(1)",
        "import pickle",
        "import procgen.seeds",
        "print('hello')",
    ],
)
def test_ruff_bans_what_breaks_replay(tmp_path: Path, line: str) -> None:
    folder = tmp_path / "procgen"
    folder.mkdir()
    (folder / "planted.py").write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251,NPY,T20", str(folder)],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "Found" in done.stdout
