"""Simple motions: a walk whose feet lock, an idle stance that breathes and sways, a wave. All of them loop."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from .. import registry
from ..spec import HumanSpec
from .gait import Walker, legs_at, walker
from .kinematics import LEFT_LEG, RIGHT_LEG, aim_limb, forward, matrices, rotvecs, rx, ry, rz
from .lbs import rest_shape
from .model import load_body
from .poses.base import Contacts, Figure
from .poses.gesture import WaveSpec, waving_arm
from .poses.locomotion import RunSpec, WalkSpec, walk_upper
from .shape import Phenotype, betas_from_phenotype

# One breath at rest, seconds (15 a minute); poses that move by themselves are written in whole fractions of it.
BREATH = 4.0


@lru_cache(maxsize=32)
def skeleton(person: Phenotype) -> Walker:
    """Rest joints and foot measures of a person on the open body."""
    model = load_body()
    vertices = rest_shape(model, betas_from_phenotype(model, person))
    joints = np.asarray(model.J_regressor @ vertices, np.float64)
    foot = vertices[model.weights[:, 7] + model.weights[:, 10] > 0.9]
    return walker(joints, float(joints[7, 1] - foot[:, 1].min()), foot)


def _walk_spec(human: HumanSpec) -> WalkSpec:
    if isinstance(human.pose, WalkSpec):
        return replace(human.pose, speed=float(np.clip(human.pose.speed * human.motion.speed, 0.2, 2.2)))
    posture = getattr(human.pose, "posture", None)
    spec = WalkSpec(speed=float(np.clip(human.motion.speed, 0.2, 2.2)))
    return replace(spec, posture=posture) if posture is not None else spec


def _walk_phase(human: HumanSpec, spec: WalkSpec, time: float) -> float:
    body = skeleton(human.phenotype)
    return (spec.phase + human.motion.phase + time / spec.gait().period(body.leg)) % 1.0


def period(human: HumanSpec) -> float:
    """Seconds after which the motion repeats; 0 for none. A walk repeats in pose and goes on in place."""
    kind = human.motion.kind
    if kind == "none" or human.motion.speed <= 0:
        return 0.0
    if kind == "walk":
        return _walk_spec(human).gait().period(skeleton(human.phenotype).leg)
    return BREATH / human.motion.speed


def pose_at(human: HumanSpec, time: float) -> tuple[np.ndarray, np.ndarray]:
    """A person's pose at a moment.

    Args:
        human: The person; `motion` says how the pose moves.
        time: Seconds since the first frame.
    Returns:
        Pose (55, 3) axis-angle in the SMPL-X body frame, before it is settled on the ground; and the pelvis' way (3,) in
        metres, world axes of a person with heading 0 (ahead is -Y), to be turned by the heading.
    """
    kind = human.motion.kind
    entry = registry.poses.get(str(human.pose.kind))
    if kind == "none" or human.motion.speed <= 0:
        return entry.build(human.pose, 0.0), np.zeros(3)  # type: ignore[misc]
    if kind == "walk":
        return _walk(human, time)
    # A walker or runner who does not walk is frozen in the stride.
    still = isinstance(human.pose, WalkSpec | RunSpec)
    beat = (time * human.motion.speed + human.motion.phase * BREATH) % BREATH
    if kind == "wave" and not isinstance(human.pose, WaveSpec):
        pose = entry.build(human.pose, 0.0 if still else beat)  # type: ignore[misc]
        pose = _wave_over(pose, WaveSpec(tempo=1.5), beat)
    else:
        spec = human.pose
        if isinstance(spec, WaveSpec):
            # Whole swings in a breath, so that the loop closes.
            spec = replace(spec, tempo=max(round(spec.tempo * BREATH), 1) / BREATH)
        pose = entry.build(spec, 0.0 if still else beat)  # type: ignore[misc]
    return _breathe(human, pose, 2.0 * np.pi * beat / BREATH)


def contacts_at(human: HumanSpec, time: float) -> Contacts:
    """What touches what at a moment: a walk changes feet."""
    spec = human.pose
    if human.motion.kind == "walk" and human.motion.speed > 0:
        walk = _walk_spec(human)
        return replace(walk, phase=_walk_phase(human, walk, time)).contacts()
    contacts = getattr(spec, "contacts", Contacts)
    return contacts()


def _walk(human: HumanSpec, time: float) -> tuple[np.ndarray, np.ndarray]:
    spec = _walk_spec(human)
    body = skeleton(human.phenotype)
    phase = _walk_phase(human, spec, time)
    legs, offset = legs_at(spec.gait(), body, phase, np.zeros((55, 3)))
    return walk_upper(spec, phase, legs), np.array([offset[0], -spec.speed * time, 0.0])


def _wave_over(pose: np.ndarray, spec: WaveSpec, time: float) -> np.ndarray:
    fig = Figure()
    fig.pose = np.array(pose)
    fig.arm(spec.side, waving_arm(spec, time))
    return fig.pose


def _breathe(human: HumanSpec, pose: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Chest and shoulders rise with the breath, the head drifts, the pelvis sways over feet that stay."""
    out = np.array(pose)
    breath, slow = np.sin(angle), np.sin(angle + 1.1)
    for joint, R in (
        (9, rx(-0.010 * breath)),
        (6, rx(-0.005 * breath)),
        (13, rz(0.012 * breath)),
        (14, rz(-0.012 * breath)),
        (12, rx(0.010 * breath) @ ry(0.020 * slow)),
        (15, ry(0.025 * np.sin(angle - 0.7)) @ rx(0.008 * np.sin(2 * angle))),
        (18, ry(-0.010 * breath)),
        (19, ry(0.010 * breath)),
    ):
        out[joint] = rotvecs(matrices(out[joint]) @ R)
    contacts = getattr(human.pose, "contacts", Contacts)()
    if contacts.base != "feet" or contacts.knees or contacts.lift:
        return out, np.zeros(3)
    body = skeleton(human.phenotype)
    before = forward(out, body.rest, np.zeros(3))
    size = body.leg / 0.84
    step = size * np.array([0.006 * np.sin(angle), -0.0012 * (1.0 - np.cos(angle)), 0.004 * np.sin(2 * angle + 0.5)])
    for limb in (LEFT_LEG, RIGHT_LEG):
        chain = forward(out, body.rest, step)
        out = aim_limb(out, body.rest, chain, limb, before.p[limb[2]], before.R[limb[2]])
    return out, np.array([step[0], -step[2], 0.0])
