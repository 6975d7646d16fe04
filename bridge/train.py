"""Training from the command line and the sidebar: options of a run that is there are taken up again; torch loads late."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..procgen.dataset import Dataset
from ..procgen.errors import MissingDependency
from .train_options import JointShape, TrainOptions


def train_joint(
    dataset: Dataset,
    out: Path,
    options: Mapping[str, Any],
    shape: Mapping[str, Any],
    device: str = "auto",
    resume: bool = False,
    say: Callable[[int, int, str], None] | None = None,
    threads: int | None = None,
) -> dict[str, Any]:
    """Train a joint model.

    Args:
        dataset: Frames to learn from.
        out: Folder of the model.
        options: Fields of `TrainOptions` that differ from the defaults; when resuming, from the run's own.
        shape: Fields of `JointShape`, likewise.
        device: "auto", "cpu", "cuda" …
        resume: Go on with the run that is there; without one, begin.
        say: Called with (step, steps, text).
        threads: CPU threads; all cores when left out.
    Returns:
        step, loss, seconds, steps_made.
    Raises:
        MissingDependency: this Python has no torch. VivantError: what cannot be trained.
    """
    before: dict[str, Any] = {}
    state = out / "training" / "state.json"
    if resume and state.is_file():
        try:
            before = json.loads(state.read_bytes())
        except ValueError:
            before = {}  # the trainer says what is wrong with it
    chosen = TrainOptions.from_dict({**before.get("options", {}), **options}, where="training")
    built = JointShape.from_dict({**before.get("shape", {}), **shape}, where="model")
    try:
        import torch

        from .training.joint_trainer import JointTrainer
    except ModuleNotFoundError as e:
        raise MissingDependency(f"training needs {e.name}", fix="pip install 'vivant[synth]'") from None
    if threads is not None:
        torch.set_num_threads(threads)
    return JointTrainer(dataset, out, chosen, built, device, resume, say).run()
