"""The world: from a seed to a labelled frame. `Seed`, `SceneSpec` and `sample_scene` are here, loaded when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sample import sample_scene
    from .seeds import Seed
    from .spec import SceneSpec

__all__ = ["SceneSpec", "Seed", "sample_scene"]


def __getattr__(name: str) -> Any:
    # Late: every module of the package runs this file first, and most need none of these.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    where = {"Seed": "seeds", "SceneSpec": "spec", "sample_scene": "sample"}[name]
    return getattr(import_module(f".{where}", __name__), name)
