"""Cloth that hangs around both legs, where skinning alone would carry it along as a stiff tube.

Around upright thighs it hangs in rings. Around thighs on a seat, what comes to be above is let down onto them and over their
edges, as a cloth over a table, and what comes to be below is between thighs and seat. On the ground it lies over the legs.
"""

from __future__ import annotations

import numpy as np

from ...geometry import Mesh
from ..body_state import BodyState
from .figure import ANKLE, HIP, KNEE, NECK, PELVIS, SIDES, Figure, smoothstep
from .height_field import LIP, legs_field
from .pattern import Pattern
from .rings import ringed, shank_lies

# Room between thigh and cloth, metres.
ROOM = 0.008
# Cosine of the thigh to the vertical from which on cloth begins to lie, and at which it all lies.
BEGINS, LIES = 0.78, 0.45


def hung(
    pattern: Pattern, x: np.ndarray, fitted: np.ndarray, weights: np.ndarray, turned: np.ndarray, fig: Figure, body: BodyState,
    below: list[Mesh],
) -> np.ndarray:
    """The skinned garment with what is below the hips hanging and lying as cloth does.

    Args:
        pattern: Cut cloth.
        x: (V, 3) skinned, world.
        fitted: (V, 3) in the A-pose.
        weights: (V, J) skinning weights.
        turned: (V, 3, 3) how skinning turned each vertex.
        fig, body: The person, in the A-pose and posed.
        below: Garments that it goes over.
    Returns:
        (V, 3).
    """
    joints = np.asarray(body.joints, float)
    thigh = joints[list(KNEE)] - joints[list(HIP)]
    size = float(np.linalg.norm(thigh, axis=1).mean())
    raised = smoothstep(-thigh[:, 2] / np.linalg.norm(thigh, axis=1), BEGINS, LIES)
    flat = float(raised.min())
    height = float(joints[list(HIP), 2].mean() - body.posed[: body.count, 2].min()) / size
    low = float(smoothstep(height, 0.75, 0.5))
    trunk = joints[NECK] - joints[PELVIS]
    erect = float(smoothstep(trunk[2] / np.linalg.norm(trunk), 0.2, 0.6))
    # Of somebody who bends down deep it stays on the seat.
    bent = 1 - float(smoothstep(min(body.T[PELVIS][2, 2], trunk[2] / np.linalg.norm(trunk) + 0.25), 0.0, 0.45))
    squats = _on_feet(joints, size)
    laps = flat * max(max(bent, float(smoothstep(height, 1.1, 0.9)) * (1 - erect)) * (1 - squats), _on_seat(joints, size))
    if laps < 1:
        sits = flat * max(low * erect, squats)
        x = x + (1 - laps) * (ringed(pattern, x, fitted, fig, body, below, sits, raised) - x)
    return _over_lap(pattern, x, fitted, weights, turned, fig, body, laps) if laps > 0 else x


def _on_seat(joints: np.ndarray, size: float) -> float:
    """0–1: whether a person sits on something, and not on the ground or their heels: hips far behind feet, and above them."""
    thigh = (joints[list(KNEE)] - joints[list(HIP)]).mean(0)
    feet = (joints[list(ANKLE)] - joints[list(HIP)]).mean(0)
    ahead = float(feet[:2] @ thigh[:2]) / max(float(np.linalg.norm(thigh[:2])), 1e-6)
    return float(smoothstep(ahead / size, 0.3, 0.6) * smoothstep(-feet[2] / size, 0.3, 0.6))


def _on_feet(joints: np.ndarray, size: float) -> float:
    """0–1: whether a person squats: shanks stand, and the hips are above the feet."""
    shank = (joints[list(ANKLE)] - joints[list(KNEE)]).mean(0)
    feet = (joints[list(ANKLE)] - joints[list(HIP)]).mean(0)
    stands = smoothstep(-shank[2] / np.linalg.norm(shank), 0.35, 0.6) * smoothstep(-feet[2] / size, 0.2, 0.45)
    return float(stands) * (1 - _on_seat(joints, size))


def _over_lap(
    pattern: Pattern, x: np.ndarray, fitted: np.ndarray, weights: np.ndarray, turned: np.ndarray, fig: Figure, body: BodyState,
    flat: float,
) -> np.ndarray:  # fmt: skip
    """The garment laid over thighs that lie, by `flat`."""
    lying = np.asarray(sum(weights[:, HIP[s]] * flat for s in SIDES))
    # Over the knees it hangs from their edge, or lies on shanks that lie.
    hanging = np.asarray(sum(weights[:, KNEE[s]] * flat for s in SIDES))
    ids = np.flatnonzero(lying + hanging > 0.01)
    if len(ids) == 0:
        return x
    shanks = min(shank_lies(np.asarray(body.joints, float), s) for s in SIDES)
    lying = lying + shanks * hanging
    field = legs_field(fig, body, (*HIP, *KNEE) if shanks > 0.5 else HIP)
    plan = x[ids, :2] @ field.frame
    # Which way the cloth faces tells what comes to lie above, however skinning has flattened it.
    radial = (fitted[ids] - fig.trunk.origin) * [1.0, 1.0, 0.0]
    radial /= np.maximum(np.linalg.norm(radial, axis=1, keepdims=True), 1e-9)
    above = smoothstep(np.einsum("vj,vj->v", turned[ids, 2], radial), -0.3, 0.3)
    top, bottom, beside = (field.at(plan, f) for f in (field.top, field.bottom, field.beside))
    over = np.maximum(beside - LIP, 0.0)
    laid = np.maximum(top + ROOM - over, bottom)
    z = above * laid + (1 - above) * (bottom - 0.5 * ROOM)
    move = np.zeros_like(x)
    move[ids, :2] = -(field.out(plan) * (over * (lying + hanging)[ids])[:, None]) @ field.frame.T
    move[ids, 2] = (z - x[ids, 2]) * lying[ids]
    return x + pattern.fabric.smooth(move, 0.5, 3)
