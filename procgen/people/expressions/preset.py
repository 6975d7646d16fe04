"""The type of a facial expression; the other files of this package register some."""

from __future__ import annotations

from dataclasses import dataclass

from ...registry import expressions


@dataclass(frozen=True)
class Preset:
    """A facial expression at full strength.

    Attributes:
        name: What users type.
        doc: One sentence.
        activations: ARKit action -> [0, 1].
        often: How often it is drawn; most people in photographs look neutral or smile a little (by eye).
        mood: True for what a face shows for a while; False for lids and sounds, which come and go in a moment.
    """

    name: str
    doc: str
    activations: dict[str, float]
    often: float = 0.0
    mood: bool = True


def register(preset: Preset) -> Preset:
    """Record an expression under its name."""
    expressions.register(preset.name)(preset)
    return preset


def both(**actions: float) -> dict[str, float]:
    """The same activation left and right."""
    return {f"{name}{side}": value for name, value in actions.items() for side in ("Left", "Right")}
