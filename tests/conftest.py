"""Fixtures of the pure tests: no bpy, no torch, no user settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from vivant.procgen.farm.launch import use_one_blas_thread

# Importing pip bpy puts the user's installed extensions first on sys.path; subprocesses that do must find none.
os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="vivant-blender-user-")
use_one_blas_thread()  # as workers have it; before numpy is imported

if TYPE_CHECKING:
    import numpy as np


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed: a failing test fails again."""
    import numpy as np

    return np.random.default_rng(20240229)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository root."""
    return Path(__file__).resolve().parents[1]
