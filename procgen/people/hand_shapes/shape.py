"""The type of a hand shape; the other files of this package register some."""

from __future__ import annotations

from dataclasses import dataclass

from ...registry import hands

Fingers = tuple[
    tuple[float, float, float], tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]
]


@dataclass(frozen=True)
class HandShape:
    """Angles of one hand shape in degrees.

    Attributes:
        name: What users type.
        doc: One sentence.
        flexion: (4, 3) index to little finger; knuckle, middle, end joint.
        spread: (4,) away from the middle finger, positive towards the thumb.
        thumb: Palmar abduction, adduction towards the index (both at the root), flexion at the middle and the end joint,
            and opposition (rolling the pad towards the fingers).
        held: The shape is made on purpose: fingers vary less.
    """

    name: str
    doc: str
    flexion: Fingers
    spread: tuple[float, float, float, float]
    thumb: tuple[float, float, float, float, float]
    held: bool = False


def register(shape: HandShape) -> HandShape:
    """Record a shape under its name."""
    hands.register(shape.name)(shape)
    return shape
