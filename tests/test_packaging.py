"""The wheel holds the shipped packages and their data, and nothing else that lies about in a checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("addon", "bridge", "procgen")
NOT_COPIED = (".git", ".venv", "__pycache__", "build", "dist", "demo", "bench", "*.egg-info", ".*_cache", ".hypothesis")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with the kind of files that people leave in one."""
    target = tmp_path_factory.mktemp("packaging") / "checkout"
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for junk in ("out/frames/000000_00/rgb.png", "procgen/notes.txt", "procgen/assets/scratch.npz", "scratch.blend"):
        (target / junk).parent.mkdir(parents=True, exist_ok=True)
        (target / junk).write_bytes(b"junk")
    return target


def expected_files() -> set[str]:
    """Modules and data of the shipped rooms as they lie in the tree; data is every other file."""
    found = {"__init__.py"}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.add(path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.slow
def test_wheel_contents(checkout: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(checkout)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (wheel,) = tmp_path.glob("vivant-*.whl")
    with zipfile.ZipFile(wheel) as z:
        names = set(z.namelist())
        metadata = z.read(next(n for n in names if n.endswith(".dist-info/METADATA"))).decode()
        entry_points = z.read(next(n for n in names if n.endswith("entry_points.txt"))).decode()
    shipped = {n.removeprefix("vivant/") for n in names if n.startswith("vivant/")}
    assert shipped == expected_files()
    rest = {n for n in names if not n.startswith("vivant/")}
    assert all(".dist-info/" in n for n in rest), sorted(rest)
    assert any(n.endswith("licenses/LICENSE") for n in rest)
    assert "vivant = vivant.addon.cli:main" in entry_points
    assert "License-Expression: GPL-3.0-or-later" in metadata
    assert "Requires-Python: ==3.11.*" in metadata


def test_constraints_pin_every_dependency() -> None:
    """Each requirement of pyproject.toml has one pinned version that satisfies it."""
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pins = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            assert version, f"{line!r} is not a pin"
            pins[canonicalize_name(name)] = version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    for text in wanted:
        requirement = Requirement(text)
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"constraints.txt lacks {requirement.name}"
        assert requirement.specifier.contains(pin), f"{requirement} does not admit {pin}"
