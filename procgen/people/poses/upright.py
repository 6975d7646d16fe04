"""The standing figure below every gesture: feet and trunk of a stance, with some arms replaced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .base import SIDES, Arm, Figure
from .stand import StandSpec, plant_both


def build_upright(
    spec: StandSpec,
    arms: dict[str, Arm],
    flexion: float = 0.0,
    lean: float = 0.0,
    twist: float = 0.0,
    nod: float = 0.0,
    tilt: float = 0.0,
    shrug_side: tuple[str, float] | None = None,
) -> np.ndarray:
    """Stand as the stance says, with the given arms instead of the hanging ones.

    Args:
        arms: Side -> arm.
        flexion, lean, twist: Added to the trunk (ahead, to the left, to the left).
        nod, tilt: Added to the head.
        shrug_side: A side and how much more its shoulder is raised (negative: pulled down).
    Returns:
        (55, 3) axis-angle.
    """
    p = spec.posture
    posture = replace(p, nod=float(np.clip(p.nod + nod, -0.6, 0.7)), tilt=float(np.clip(p.tilt + tilt, -0.4, 0.4)))
    fig = Figure()
    fig.pelvis(pitch=0.01 + 0.15 * max(p.slouch - 0.15, 0.0), roll=-0.5 * spec.shift)
    plant_both(fig, spec.width, spec.shift, spec.bend, (spec.toe_left, spec.toe_right), spec.stagger)
    fig.trunk(posture, flexion, lean + 0.6 * spec.shift, twist)
    for side in SIDES:
        if shrug_side and side == shrug_side[0]:
            fig.raise_shoulder(side, shrug_side[1])
        fig.arm(side, arms.get(side, spec.left_arm if side == "left" else spec.right_arm))
    return fig.finish(spec)
