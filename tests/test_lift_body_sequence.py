"""Courses of lifted bodies: what smoothing may change and what it may not."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.bridge.lift.body_fit import BodyFit
from vivant.bridge.lift.body_problem import body_setup
from vivant.bridge.lift.body_sequence import _quaternions, _vectors, fit_sequence, smooth
from vivant.bridge.lift.body_terms import projected
from vivant.bridge.lift.body_view import BodyView, assumed_camera
from vivant.procgen.errors import LiftError
from vivant.procgen.frames import R_WORLD_FROM_SMPLX, invert_rigid, look_at
from vivant.procgen.people.kinematics import matrices, rotvecs


def swinging(count: int = 40, fps: float = 20.0) -> tuple[np.ndarray, np.ndarray]:
    """Somebody who walks straight on and swings their arms and legs."""
    t = np.arange(count) / fps
    poses = np.zeros((count, 55, 3))
    for j, size, shift in ((1, 0.5, 0.0), (2, 0.5, np.pi), (16, 0.4, np.pi), (17, 0.4, 0.0), (4, 0.3, 1.0)):
        poses[:, j, 0] = size * np.sin(2 * np.pi * t + shift)
    poses[:, 0] = rotvecs(R_WORLD_FROM_SMPLX)
    return poses, np.stack([0.0 * t, -1.2 * t, 0.9 + 0.0 * t], 1)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(rotvecs(np.swapaxes(matrices(a), -1, -2) @ matrices(b)), axis=-1).mean())


def test_noise_goes_and_motion_stays(rng: np.random.Generator) -> None:
    poses, trans = swinging()
    noisy = rotvecs(matrices(rng.normal(0.0, 0.05, poses.shape)) @ matrices(poses))
    shaken = trans + rng.normal(0.0, 0.02, trans.shape)
    calm, placed = smooth(noisy, shaken, 20.0)
    assert apart(calm, poses) < 0.6 * apart(noisy, poses)
    assert np.linalg.norm(placed - trans, axis=1).mean() < 0.7 * np.linalg.norm(shaken - trans, axis=1).mean()
    clean, straight = smooth(poses, trans, 20.0)
    assert apart(clean, poses) < 0.006
    assert np.abs(straight - trans).max() < 1e-6


def test_dropped_and_wild_frames_are_bridged(rng: np.random.Generator) -> None:
    poses, trans = swinging()
    broken = poses.copy()
    broken[10:12] = rng.normal(0.0, 1.0, (2, 55, 3))
    weights = np.ones(40)
    weights[10:12] = 0.0
    mended, _ = smooth(broken, trans, 20.0, weights)
    assert apart(mended[10:12], poses[10:12]) < 0.03
    wild = poses.copy()
    wild[20, 16] = [0.0, 0.0, 2.0]  # an arm that flies up in one picture
    mended, _ = smooth(wild, trans, 20.0)
    assert apart(mended[20, 16], poses[20, 16]) < 0.25


def test_half_turns_do_not_break_the_course() -> None:
    """Axis-angles jump at half a turn; the rotations do not."""
    angles = np.linspace(np.pi - 0.4, np.pi + 0.4, 30)
    R = matrices(np.stack([0 * angles, 0 * angles, angles], 1))[:, None]
    poses = rotvecs(R)
    calm, _ = smooth(poses, np.zeros((30, 3)), 30.0)
    assert apart(calm, poses) < 1e-3
    assert np.abs(matrices(_vectors(_quaternions(poses))) - R).max() < 1e-9


def test_short_courses_are_left_alone() -> None:
    poses, trans = swinging(2)
    calm, placed = smooth(poses, trans, 20.0)
    assert np.array_equal(calm, poses)
    assert np.array_equal(placed, trans)


def test_a_sequence_has_one_shape_and_bridges_what_is_missing() -> None:
    setup = body_setup()
    poses, trans = swinging(5, 10.0)
    K, T = assumed_camera(160, 160), invert_rigid(look_at(np.array([2.6, -2.4, 1.2]), np.array([0.0, -0.3, 0.9])))
    moments: list[list[BodyView]] = []
    for pose, t in zip(poses, trans, strict=True):
        truth = BodyFit(setup.space.mean, pose, t, np.zeros(setup.space.size))
        view = BodyView(K, T, 160, 160, np.zeros((55, 2)), np.ones(55), "smplx")
        xy, _, _ = projected(view, truth.posed(setup.model).joints.astype(np.float64), None)
        moments.append([BodyView(K, T, 160, 160, xy, np.ones(55), "smplx")])
    moments[2] = []
    fits = fit_sequence(moments, setup, 10.0)
    assert len(fits) == 5
    assert all(np.array_equal(f.betas, fits[0].betas) for f in fits)
    assert np.linalg.norm(fits[2].trans - 0.5 * (fits[1].trans + fits[3].trans)) < 0.03
    with pytest.raises(LiftError, match="no moment"):
        fit_sequence([[], []], setup, 10.0)
