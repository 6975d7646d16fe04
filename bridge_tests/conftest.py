"""Fixtures of the tests that load torch: tiny randomly initialised models of the real classes, one thread, no network."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything imports huggingface_hub: no test may fetch
torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # beside other work on few cores, threads that wait for each other cost more than they bring


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs torch."""
    for item in items:
        item.add_marker(pytest.mark.torch)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    yield
