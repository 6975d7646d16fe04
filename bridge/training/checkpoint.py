"""The state of a training run on disk: weights, running average and optimiser as safetensors, the rest as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ...procgen.errors import BridgeError, SpecError
from ...procgen.files import disk, read_bytes, replace_bytes
from ..models import read_safetensors_header
from ..train_options import RunOptions

STATE, FACTS, LOG = "state.safetensors", "state.json", "log.jsonl"
_MAX = 1 << 26


def save_state(
    folder: Path, step: int, model: nn.Module, average: dict[str, Tensor], optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
) -> None:  # fmt: skip
    """Write everything that a resumed run needs; readers see the old state or the new one."""
    with disk("create", folder):
        folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{k}": torch.as_tensor(v) for k, v in state.items()}
    kept = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    path, temporary = folder / STATE, folder / f".{STATE}"
    with disk("write", path):
        save_file(kept, temporary, metadata={"step": str(step)})
        temporary.replace(path)
    replace_bytes(folder / FACTS, (json.dumps({"step": step, **facts}, indent=1) + "\n").encode())


def load_state(
    folder: Path, model: nn.Module, average: dict[str, Tensor], optimizer: torch.optim.Optimizer, options: RunOptions
) -> int:
    """Put a saved state into place; returns the step that it belongs to.

    Raises:
        SpecError: the run was begun with other options.
        BridgeError: the files are cut short or belong to another model.
    """
    facts = read_facts(folder)
    begun = {**type(options)().to_dict(), **facts.get("options", {})}
    for name, value in options.to_dict().items():
        if name not in ("steps", "every", "cooldown") and begun.get(name) != value:
            raise SpecError(
                f"the run in {str(folder)!r} was begun with another {name}", expected=begun.get(name), got=value,
                fix="repeat its options, or choose another folder",
            )  # fmt: skip
    read_safetensors_header(folder / STATE)
    tensors = load_file(folder / STATE)
    try:
        model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        for name, value in average.items():
            value.copy_(tensors[f"average.{name}"])
        template = optimizer.state_dict()
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith("adam."):
                _, index, name = key.split(".")
                state.setdefault(int(index), {})[name] = value
        optimizer.load_state_dict({"state": state, "param_groups": template["param_groups"]})
    except (RuntimeError, KeyError, ValueError) as e:
        raise BridgeError(f"the state in {str(folder)!r} belongs to another model", got=str(e)[:200]) from None
    return int(facts["step"])


def read_facts(folder: Path) -> dict[str, Any]:
    """state.json of a run."""
    path = folder / FACTS
    try:
        facts = json.loads(read_bytes(path, _MAX))
        int(facts["step"])
    except (ValueError, KeyError, TypeError):
        raise BridgeError(f"{str(path)!r} is damaged", fix="choose another folder") from None
    return facts


def append_log(folder: Path, row: dict[str, Any]) -> None:
    """One line of the log."""
    path = folder / LOG
    with disk("write", path), open(path, "a", encoding="utf-8") as f:
        f.write(json.dumps(row) + "\n")


def read_log(folder: Path, up_to: int | None = None) -> list[dict[str, Any]]:
    """Lines of the log in order of steps; of steps that were made twice the later line counts."""
    path = folder / LOG
    if not path.is_file():
        return []
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for line in read_bytes(path, 1 << 30).decode("utf-8", "replace").splitlines():
        try:
            row = json.loads(line)
            key = (int(row["step"]), str(row["what"]))
        except (ValueError, KeyError, TypeError):
            continue  # a line that a crash cut off
        if up_to is None or key[0] <= up_to:
            rows[key] = row
    return [rows[k] for k in sorted(rows)]
