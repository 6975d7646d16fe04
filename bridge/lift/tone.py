"""From a developed picture back to the light of the scene: the camera's tone curve undone, where it is known.

Frames of ours record how Blender developed them; a photograph's own curve is not known, and is taken to be sRGB's.
Measured by `tools/measure_view.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ...procgen.color_names import linear_from_srgb
from ...procgen.errors import SpecError
from ...procgen.npz import read_npz

ASSET = Path(__file__).resolve().parent / "view_transforms.npz"
# Middle grey, and the stops about it at which a curve is known; display values are mixed after this power.
GREY, STOPS, POWER = 0.18, np.linspace(-12.0, 8.0, 41), 2.2
NAMES = ("srgb", "agx", "raw")


@dataclass(frozen=True)
class Development:
    """A view transform: linear colours are mixed, each channel goes through one curve, and what comes out is mixed again.

    Attributes:
        mix_in, mix_out: (3, 3), rows sum to 1. curve: (S,) rising display values at `STOPS`.
    """

    mix_in: np.ndarray
    curve: np.ndarray
    mix_out: np.ndarray

    def develop(self, linear: np.ndarray) -> np.ndarray:
        """(N, 3) display values, about [0, 1], of linear colours (N, 3)."""
        stops = np.log2(np.maximum(linear @ self.mix_in.T, 1e-9) / GREY)
        out = np.maximum(np.interp(stops, STOPS, self.curve), 0.0) ** POWER @ self.mix_out.T
        return np.sign(out) * np.abs(out) ** (1.0 / POWER)

    def undo(self, display: np.ndarray) -> np.ndarray:
        """(N, 3) linear colours of display values (N, 3); pure black and white stay at the ends of the curve."""
        curved = np.maximum(display**POWER @ np.linalg.inv(self.mix_out).T, 1e-6) ** (1.0 / POWER)
        linear = GREY * 2.0 ** np.interp(curved, self.curve, STOPS) @ np.linalg.inv(self.mix_in).T
        return np.maximum(linear, 0.0)


@dataclass(frozen=True)
class Tone:
    """How a picture was developed.

    Attributes:
        transform, look: Blender's names. exposure: EV.
    """

    transform: str = "Standard"
    look: str = "None"
    exposure: float = 0.0

    def linear(self, rgb: np.ndarray) -> np.ndarray:
        """(H, W, 3) float64 light of the scene from a picture (H, W, 3) uint8."""
        display = rgb[..., :3] / 255.0
        found = development(self.transform, self.look)
        if self.transform == "Raw":
            light = display
        elif found is None:
            light = linear_from_srgb(display)
        else:
            light = found.undo(display.reshape(-1, 3)).reshape(display.shape)
        return np.asarray(light, np.float64) / 2.0**self.exposure


SRGB = Tone()


@lru_cache(maxsize=8)
def development(transform: str, look: str) -> Development | None:
    """A measured view transform; None for those that are taken as sRGB."""
    arrays = read_npz(ASSET)
    name = f"{transform}|{look}"
    if f"{name}|curve" not in arrays:
        return None
    return Development(*(np.asarray(arrays[f"{name}|{part}"], np.float64) for part in ("in", "curve", "out")))


def tone_of(render: dict[str, Any]) -> Tone:
    """How a frame was developed, from its record."""
    return Tone(str(render.get("view_transform", "Standard")), str(render.get("look", "None")), float(render.get("exposure_applied", 0.0)))


def named_tone(name: str) -> Tone:
    """A development by the name that `--set tone=` takes.

    Raises:
        SpecError: an unknown name.
    """
    if name not in NAMES:
        raise SpecError("the setting tone is unknown", expected=", ".join(NAMES), got=name)
    return {"srgb": SRGB, "agx": Tone("AgX", "AgX - Medium High Contrast"), "raw": Tone("Raw")}[name]
