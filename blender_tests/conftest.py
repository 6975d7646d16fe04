"""Fixtures of the tests that need pip bpy: an empty user folder, factory settings around each test, a clean way out."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vivant.procgen.farm.launch import use_one_blas_thread

# Before bpy is imported: the user's installed extensions would come first on sys.path.
os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="vivant-blender-user-")
use_one_blas_thread()  # as workers have it

_status = pytest.StashKey[int]()


@pytest.fixture(autouse=True)
def factory_settings() -> Iterator[None]:
    """Every test starts from an empty file with factory settings; nothing of it reaches the next one."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    yield
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one small person, a camera and things of the user's own."""
    import bpy
    import vivant
    from somebody import small

    bpy.ops.wm.read_factory_settings(use_empty=False)
    vivant.register()
    from vivant.addon import people

    human = small(3)
    people.add(bpy.context, "Anna", human, 3)
    path = tmp_path_factory.mktemp("people") / "anna.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    vivant.unregister()
    return path


@pytest.fixture
def anna(saved: Path, factory_settings: None) -> Iterator[Any]:
    import bpy
    import vivant

    vivant.register()
    bpy.ops.wm.open_mainfile(filepath=str(saved))
    yield bpy.data.collections["Anna"]
    vivant.unregister()


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository root."""
    return Path(__file__).resolve().parents[1]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember the status for the very end."""
    session.config.stash[_status] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave at once after the summary: bpy can hang or crash in its own clean-up (seen with 4.5)."""
    if "bpy" not in sys.modules or _status not in config.stash:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash[_status])
