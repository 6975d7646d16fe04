"""Facial expressions as ARKit activations in [0, 1], turned into coefficients and jaw and eye rotations.

Activations are the only safe thing to sample: expression coefficients drawn from a Gaussian look like no face.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..errors import SpecError, unknown_name
from .model import BodyModel
from .skeleton import JAW, LEFT_EYE, RIGHT_EYE

POSE_JOINTS = (JAW, LEFT_EYE, RIGHT_EYE)


def _both(name: str, value: float) -> dict[str, float]:
    return {f"{name}Left": value, f"{name}Right": value}


PRESETS: dict[str, dict[str, float]] = {
    "neutral": {},
    "soft_smile": {**_both("mouthSmile", 0.35), **_both("cheekSquint", 0.15)},
    "smile": {
        **_both("mouthSmile", 0.75), **_both("cheekSquint", 0.45), **_both("eyeSquint", 0.2),
        **_both("mouthUpperUp", 0.15),
    },
    "laugh": {
        **_both("mouthSmile", 0.85), **_both("cheekSquint", 0.7), **_both("eyeSquint", 0.45),
        **_both("mouthUpperUp", 0.3), "jawOpen": 0.45,
    },
    "surprise": {"browInnerUp": 0.85, **_both("browOuterUp", 0.75), **_both("eyeWide", 0.7), "jawOpen": 0.4},
    "sad": {"browInnerUp": 0.7, **_both("mouthFrown", 0.6), "mouthShrugLower": 0.35, **_both("eyeSquint", 0.15)},
    "angry": {
        **_both("browDown", 0.85), **_both("noseSneer", 0.35), **_both("mouthPress", 0.55),
        **_both("eyeSquint", 0.35),
    },
    "disgust": {
        **_both("noseSneer", 0.8), **_both("browDown", 0.45), **_both("mouthUpperUp", 0.45),
        **_both("mouthFrown", 0.25),
    },
    "fear": {"browInnerUp": 0.8, **_both("eyeWide", 0.8), **_both("mouthStretch", 0.55), "jawOpen": 0.2},
    "talk_a": {"jawOpen": 0.45, **_both("mouthLowerDown", 0.2)},
    "talk_e": {"jawOpen": 0.2, **_both("mouthStretch", 0.35), **_both("mouthLowerDown", 0.25)},
    "talk_o": {"jawOpen": 0.3, "mouthFunnel": 0.6},
    "talk_u": {"jawOpen": 0.1, "mouthPucker": 0.65},
    "blink": _both("eyeBlink", 1.0),
    "wink": {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.4, "mouthSmileLeft": 0.35},
    "pout": {"mouthPucker": 0.6, "mouthShrugLower": 0.4, "browInnerUp": 0.2},
    "concentrate": {**_both("browDown", 0.45), **_both("eyeSquint", 0.3), **_both("mouthPress", 0.3)},
    "puff": {"cheekPuff": 0.8},
}  # fmt: skip
# How often each preset is drawn: most people in photographs look neutral or smile a little (by eye).
_OFTEN = {
    "neutral": 7.0,
    "soft_smile": 5.0,
    "smile": 3.5,
    "concentrate": 1.5,
    "talk_a": 1.2,
    "talk_e": 1.2,
    "talk_o": 1.0,
}


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


def sample_expression(rng: Generator, intensity: float = 1.0) -> dict[str, float]:
    """Activations of one face: a preset at some strength, a little of another, slight asymmetry, a blink now and then.

    Args:
        intensity: Scale of everything but the blinks.
    """
    names = sorted(PRESETS)
    p = np.array([_OFTEN.get(n, 0.5) for n in names])
    first, second = rng.choice(len(names), 2, p=p / p.sum())
    out: dict[str, float] = {}
    for k, weight in ((first, rng.beta(4.0, 1.5)), (second, 0.25 * rng.beta(1.5, 3.0))):
        for action, v in PRESETS[names[k]].items():
            out[action] = out.get(action, 0.0) + v * weight * intensity
    side = rng.normal(0.0, 0.06)
    lids = max(rng.normal(0.05, 0.06), 0.0)
    for action in list(out):
        out[action] *= 1.0 + (side if action.endswith("Left") else -side if action.endswith("Right") else 0.0)
    for action in ("eyeBlinkLeft", "eyeBlinkRight"):
        out[action] = out.get(action, 0.0) + lids
    return {k: float(np.clip(v, 0.0, 1.0)) for k, v in sorted(out.items()) if v > 1e-3}
