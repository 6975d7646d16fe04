"""Facial expressions as ARKit activations in [0, 1], turned into coefficients and jaw and eye rotations.

Activations are the only safe thing to sample: expression coefficients drawn from a Gaussian look like no face.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .. import registry
from ..errors import SpecError, unknown_name
from .model import BodyModel
from .skeleton import JAW, LEFT_EYE, RIGHT_EYE

POSE_JOINTS = (JAW, LEFT_EYE, RIGHT_EYE)


# Name -> activations at full strength: what the `expressions` registry holds.
PRESETS: dict[str, dict[str, float]] = {e.name: dict(e.make.activations) for e in registry.expressions}
# Actions that bare the teeth or drop the jaw; two sounds at once would open it twice.
_SPEECH = ("jawOpen", "mouthFunnel", "mouthPucker")


def expression_from_arkit(
    model: BodyModel, activations: Mapping[str, float]
) -> tuple[NDArray[np.float32], dict[int, NDArray[np.float64]]]:
    """Coefficients and joint rotations of a set of activations.

    Args:
        activations: ARKit action name -> [0, 1]; absent means 0. Values are clipped.
    Returns:
        (E,) float32 expression coefficients, and joint index -> (3,) axis-angle for the jaw and the eyes.
    Raises:
        SpecError: unknown action, or a model without ARKit actions (licensed files).
    """
    poses = {j: np.zeros(3) for j in POSE_JOINTS}
    if model.arkit_to_expression is None or model.arkit_to_pose is None:
        if not any(activations.values()):
            return np.zeros(model.exprdirs.shape[2], np.float32), poses
        raise SpecError(
            f"body {model.name!r} has no ARKit actions",
            expected="the open body",
            fix="give expression coefficients directly for licensed models",
        )
    value = np.zeros(len(model.arkit_names))
    for name, v in activations.items():
        if name not in model.arkit_names:
            raise unknown_name("ARKit action", name, model.arkit_names)
        value[model.arkit_names.index(name)] = np.clip(float(v), 0.0, 1.0)
    turn = np.einsum("a,ajc->jc", value, model.arkit_to_pose.astype(np.float64))
    for row, joint in zip(turn, POSE_JOINTS, strict=True):
        poses[joint] = row
    return (value @ model.arkit_to_expression).astype(np.float32), poses


def apply_poses(pose: NDArray, poses: Mapping[int, NDArray]) -> NDArray[np.float64]:
    """(J, 3) pose with the jaw and eye rotations added (rotation vectors this small add up)."""
    out = np.array(pose, np.float64)
    for joint, turn in poses.items():
        out[joint] += turn
    return out


def preset(name: str, intensity: float = 1.0, asymmetry: float = 0.0) -> dict[str, float]:
    """Activations of a registered expression.

    Args:
        intensity: 0 = neutral, 1 = full strength.
        asymmetry: How much stronger the left side is than the right, as a share (negative: the right one).
    Raises:
        SpecError: an unknown name, answered with the nearest.
    """
    activations = registry.expressions.get(name).make.activations
    return _sided({k: v * intensity for k, v in activations.items()}, asymmetry)


def _sided(activations: Mapping[str, float], asymmetry: float) -> dict[str, float]:
    sign = {"Left": 1.0, "Right": -1.0}
    out = {k: v * (1.0 + asymmetry * sign.get(_side(k), 0.0)) for k, v in activations.items()}
    return {k: float(np.clip(v, 0.0, 1.0)) for k, v in sorted(out.items()) if v > 1e-3}


def _side(action: str) -> str:
    return "Left" if action.endswith("Left") else "Right" if action.endswith("Right") else ""


def sample_expression(rng: Generator, intensity: float = 1.0) -> dict[str, float]:
    """Activations of one face: mostly mild, a little of a second expression, uneven sides, a blink now and then.

    Args:
        intensity: Scale of everything but the blinks.
    """
    entries = [e.make for e in registry.expressions]
    p = np.array([e.often for e in entries])
    first = entries[int(rng.choice(len(entries), p=p / p.sum()))]
    moods = [e for e in entries if e.mood and e.often > 0]
    p = np.array([e.often for e in moods])
    second = moods[int(rng.choice(len(moods), p=p / p.sum()))]
    # Everyday faces are mild; a tenth of them is in full swing.
    strength = rng.beta(5.0, 1.3) if rng.random() < 0.12 or not first.mood else rng.beta(2.6, 2.2)
    out = {k: v * strength * intensity for k, v in first.activations.items()}
    weight = 0.22 * rng.beta(1.5, 3.0) * intensity
    for action, v in second.activations.items():
        if action not in _SPEECH or action not in out:
            out[action] = out.get(action, 0.0) + v * weight
    # No face is a mirror image: the whole side, and each muscle a little by itself (Ekman 1980: up to a tenth).
    side = rng.normal(0.0, 0.07)
    own = {k: rng.normal(0.0, 0.05) for k in sorted(out) if _side(k)}
    out = {k: v * (1.0 + own.get(k, 0.0)) for k, v in out.items()}
    lids = max(rng.normal(0.01, 0.05), 0.0)
    for action in ("eyeBlinkLeft", "eyeBlinkRight"):
        out[action] = out.get(action, 0.0) + lids
    return _sided(out, side)
