"""Training from the command line and the sidebar: options of a run that is there are taken up again; torch loads late."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..procgen.dataset import Dataset
from ..procgen.errors import MissingDependency, SpecError
from .train_options import JointShape, RefinerOptions, RefinerShape, TrainOptions


def train_joint(
    dataset: Dataset,
    out: Path,
    options: Mapping[str, Any],
    shape: Mapping[str, Any],
    device: str = "auto",
    resume: bool = False,
    say: Callable[[int, int, str], None] | None = None,
    threads: int | None = None,
    also: Sequence[Dataset] = (),
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
        also: Further datasets; nothing of them is held out.
    Returns:
        step, loss, seconds, steps_made.
    Raises:
        MissingDependency: this Python has no torch. VivantError: what cannot be trained.
    """
    before = _begun(out, resume)
    chosen = TrainOptions.from_dict({**before.get("options", {}), **options}, where="training")
    built = JointShape.from_dict({**before.get("shape", {}), **shape}, where="model")
    with _torch(threads):
        from .training.joint_trainer import JointTrainer
    return JointTrainer(dataset, out, chosen, built, device, resume, say, also).run()


def train_refiner(
    dataset: Dataset,
    out: Path,
    base: str,
    options: Mapping[str, Any],
    shape: Mapping[str, Any],
    device: str = "auto",
    resume: bool = False,
    say: Callable[[int, int, str], None] | None = None,
    threads: int | None = None,
    download: bool = False,
) -> dict[str, Any]:
    """Train a structure-guided refiner for a user's image model.

    Args:
        base: Folder, .safetensors file or hub name of the image model; when resuming, the run's own if empty.
        options: Fields of `RefinerOptions`, otherwise as for `train_joint`.
        shape: Fields of `RefinerShape`, likewise.
        download: Whether a hub model may be fetched.
    """
    before = _begun(out, resume)
    base = base or str(before.get("base", ""))
    if not base:
        raise SpecError(
            "a refiner needs the image model that it refines", fix="--model FOLDER, FILE.safetensors or hub name"
        )
    chosen = RefinerOptions.from_dict({**before.get("options", {}), **options}, where="training")
    built = RefinerShape.from_dict({**before.get("shape", {}), **shape}, where="model")
    with _torch(threads):
        from .training.refiner_trainer import RefinerTrainer
    return RefinerTrainer(dataset, out, chosen, built, base, device, resume, say, download).run()


def _begun(out: Path, resume: bool) -> dict[str, Any]:
    """What a run that is to be resumed says of itself; nothing where it cannot be read, which its trainer then tells."""
    state = out / "training" / "state.json"
    if not resume or not state.is_file():
        return {}
    try:
        found = json.loads(state.read_bytes())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextlib.contextmanager
def _torch(threads: int | None) -> Iterator[None]:
    """Around the imports of a trainer."""
    try:
        import torch

        yield
    except ModuleNotFoundError as e:
        raise MissingDependency(f"training needs {e.name}", fix="pip install 'vivant[synth]'") from None
    if threads is not None:
        torch.set_num_threads(threads)
