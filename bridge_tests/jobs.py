"""Jobs of method "control" for tests: label pictures of an odd size, and a session that keeps the last model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from vivant.bridge.diffusion.control import synthesize
from vivant.bridge.methods import methods
from vivant.bridge.protocol import Job
from vivant.bridge.request import Answer, Request
from vivant.procgen.dataset.png import write_png

HEIGHT, WIDTH = 37, 51  # odd on purpose
SESSION: dict[str, Any] = {}


def label_files(folder: Path, height: int = HEIGHT, width: int = WIDTH) -> dict[str, Path]:
    """A render, label pictures, a reference (all of noise) and a mask."""
    rng = np.random.default_rng(2)
    for name in ("render", "pose", "depth", "normal", "semantic", "reference"):
        write_png(folder / f"{name}.png", rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    mask = np.zeros((height, width), np.uint8)
    mask[8:30, 12:30] = 255
    write_png(folder / "mask.png", mask)
    return {p.stem: p for p in folder.iterdir()}


def run(
    files: dict[str, Path],
    model: Path,
    say: Callable[[int, int, str], None] | None = None,
    job: dict[str, Any] | None = None,
    **parameters: Any,
) -> Answer:
    """A job through the method."""
    p = methods.get("control").spec(**{"steps": 2, "controls": (), "guidance": 3.0, **parameters})
    asked = {"prompt": "a woman", "negative_prompt": "hats", "seed": 3, "dtype": "fp32", "device": "cpu", **(job or {})}
    request = Request(Job("x", "control", str(model), **asked), p, files, say or (lambda *a: None), SESSION)
    return synthesize(request)


def awaken(net: Any) -> Any:
    """Give zero-initialised layers something to say."""
    with torch.no_grad():
        for parameter in net.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.3)
    return net
