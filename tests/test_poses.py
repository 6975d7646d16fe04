"""Pose families: drawn specs are valid, replay from JSON, stay within the joints' ranges, and mirror."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from vivant.procgen.people.hands import apply_hands
from vivant.procgen.people.joint_limits import LIMITS, clamp_pose, clamp_poses, excess
from vivant.procgen.people.kinematics import MIRROR, aim_limb, between, forward, matrices, mirror_pose, rot, rotvecs
from vivant.procgen.people.poses.base import Arm, Figure
from vivant.procgen.people.reference import REFERENCE
from vivant.procgen.people.shape import Phenotype
from vivant.procgen.people.skeleton import JOINT_INDEX, JOINT_NAMES
from vivant.procgen.registry import hands, poses
from vivant.procgen.spec import HandSpec, PoseSpec

FAMILIES = poses.names()
PEOPLE = [
    Phenotype(age_years=30.0),
    Phenotype(age_years=3.0, height_m=0.96, weight_kg=15.0),
    Phenotype(age_years=80.0, height_m=1.6, weight_kg=60.0, gender=1.0),
    Phenotype(age_years=45.0, weight_kg=118.0),
]


def drawn(family: str, count: int):
    entry = poses.get(family)
    for k in range(count):
        spec = entry.make(np.random.default_rng(k), PEOPLE[k % len(PEOPLE)])
        yield spec, entry.build(spec, 0.0)


def test_there_are_enough_families() -> None:
    assert len(FAMILIES) >= 15
    assert {
        "stand",
        "contrapposto",
        "walk",
        "run",
        "sit",
        "sit_ground",
        "squat",
        "kneel",
        "reach",
        "wave",
        "phone",
    } <= set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_two_hundred_draws_stay_near_the_ranges(family: str) -> None:
    """Built poses are within 15° of the anatomical ranges before the clamp, and within them after it."""
    built = np.array([pose for _, pose in drawn(family, 200)])
    assert built.shape == (200, 55, 3)
    assert np.isfinite(built).all()
    fixed, over = clamp_poses(built)
    assert clamp_poses(fixed)[1].max() < 1e-6
    k, j = np.unravel_index(over.argmax(), over.shape)
    assert over.max() < 0.27, f"draw {k}: {JOINT_NAMES[j]} {np.degrees(over.max()):.1f}°"


@pytest.mark.parametrize("family", FAMILIES)
def test_specs_replay_and_differ(family: str) -> None:
    specs = [s for s, _ in drawn(family, 6)]
    for spec in specs:
        again = PoseSpec.from_dict(spec.to_dict())
        assert again == spec
        assert np.array_equal(poses.get(family).build(again, 0.3), poses.get(family).build(spec, 0.3))
    assert len({s.to_json() for s in specs}) == len(specs)
    assert getattr(specs[0], "verb", "")


@pytest.mark.parametrize("family", FAMILIES)
def test_people_are_not_stiff(family: str) -> None:
    """Elbows are bent, hands are not flat boards, left and right differ."""
    for spec, pose in drawn(family, 8):
        assert np.linalg.norm(pose[[18, 19]], axis=1).min() > 0.03
        fingers = pose[25:55]
        assert np.abs(fingers).max() > 0.05
        assert not np.allclose(pose, mirror_pose(pose), atol=0.02), spec


def test_mirrored_pose_mirrors_every_joint(rng: np.random.Generator) -> None:
    rest = (REFERENCE + REFERENCE[MIRROR] * np.array([-1.0, 1.0, 1.0])) / 2
    pose = rng.normal(0.0, 0.5, (55, 3))
    a, b = forward(pose, rest), forward(mirror_pose(pose), rest)
    assert np.allclose(a.p[MIRROR] * np.array([-1.0, 1.0, 1.0]), b.p, atol=1e-9)
    assert np.allclose(mirror_pose(mirror_pose(pose)), pose)


def test_limits_are_mirror_images(rng: np.random.Generator) -> None:
    for _ in range(20):
        pose = rng.normal(0.0, 0.8, (55, 3))
        fixed = clamp_pose(pose)[0]
        assert np.allclose(mirror_pose(clamp_pose(mirror_pose(pose))[0]), fixed, atol=1e-6)


def test_limits_split_and_join(rng: np.random.Generator) -> None:
    for limit in LIMITS:
        if limit is None:
            continue
        R = limit.join(0.3, -0.2, 0.1)
        assert np.allclose(limit.split(R), (0.3, -0.2, 0.1), atol=1e-9)
        wild = matrices(rng.normal(0.0, 1.0, 3))
        fixed, over = limit.clamp(wild)
        assert limit.clamp(fixed)[1] < 1e-6
        assert over >= 0.0


def test_limits_in_arrays_equal_one_by_one(rng: np.random.Generator) -> None:
    pose = rng.normal(0.0, 0.8, (55, 3))
    fixed, over = clamp_poses(pose)
    for j, limit in enumerate(LIMITS):
        R, single = (matrices(pose[j]), 0.0) if limit is None else limit.clamp(matrices(pose[j]))
        assert np.allclose(matrices(fixed[j]), R, atol=1e-6)
        assert abs(single - over[j]) < 1e-6


def test_knee_does_not_bend_backwards() -> None:
    pose = np.zeros((55, 3))
    pose[JOINT_INDEX["left_knee"]] = (-0.6, 0.0, 0.0)
    fixed, report = clamp_pose(pose)
    assert report["left_knee"] > 0.3
    assert fixed[4, 0] > -0.2


def test_rotation_vectors_round_trip(rng: np.random.Generator) -> None:
    r = rng.normal(0.0, 1.0, (500, 3))
    r *= (rng.uniform(0.0, np.pi, 500) / np.linalg.norm(r, axis=1))[:, None]
    r[0], r[1] = 0.0, (1e-9, 0.0, 0.0)
    assert np.allclose(rotvecs(matrices(r)), r, atol=1e-7)
    a, b = rng.normal(size=3), rng.normal(size=3)
    assert np.allclose(between(a, b) @ a / np.linalg.norm(a), b / np.linalg.norm(b))
    assert np.allclose(between(a, -a) @ a, -a)


@pytest.mark.parametrize("limb", [(1, 4, 7), (2, 5, 8), (16, 18, 20), (17, 19, 21)])
def test_two_bone_reaches_its_target(limb: tuple[int, int, int], rng: np.random.Generator) -> None:
    pose = rng.normal(0.0, 0.2, (55, 3))
    chain = forward(pose, REFERENCE)
    length = sum(np.linalg.norm(REFERENCE[limb[i + 1]] - REFERENCE[limb[i]]) for i in (0, 1))
    for _ in range(20):
        way = rng.normal(size=3)
        target = chain.p[limb[0]] + way / np.linalg.norm(way) * length * rng.uniform(0.4, 0.95)
        frame = rot(rng.normal(size=3), 0.7)
        after = forward(aim_limb(pose, REFERENCE, chain, limb, target, frame), REFERENCE)
        assert np.allclose(after.p[limb[2]], target, atol=1e-6)
        assert np.allclose(after.R[limb[2]], frame, atol=1e-6)
        others = [j for j in range(22) if j not in limb and j not in (10, 11)]
        assert np.allclose(after.p[others], chain.p[others])


def test_hanging_arm_faces_the_thigh_and_bends_forward() -> None:
    """All zero: the hand hangs below the shoulder with its palm (rest: -Y) to the body; elbow flexion goes ahead."""
    fig = Figure()
    fig.arm("left", Arm(raised=0.0, plane=0.0, roll=0.0, elbow=0.0, pronation=0.0))
    chain = fig.chain()
    assert chain.p[20][1] < chain.p[16][1] - 0.4
    assert (chain.R[20] @ np.array([0.0, -1.0, 0.0]))[0] < -0.9
    fig.arm("left", Arm(raised=0.0, plane=0.0, roll=0.0, elbow=1.2, pronation=0.0))
    assert fig.chain().p[20][2] > chain.p[20][2] + 0.15
    fig.arm("left", Arm(raised=0.0, plane=0.0, roll=0.6, elbow=1.2, pronation=0.0))
    assert fig.chain().p[20][0] < fig.chain().p[18][0] - 0.05


@pytest.mark.parametrize("shape", hands.names())
def test_hand_shapes_mirror_and_bend_to_the_palm(shape: str) -> None:
    hand = HandSpec(shape=shape, amount=1.0)
    pose = apply_hands(np.zeros((55, 3)), hand, hand)
    assert np.allclose(mirror_pose(pose)[25:], pose[25:])
    assert excess(pose) < 1e-6
    tip = forward(pose, REFERENCE).p[JOINT_INDEX["left_middle3"]]
    assert tip[1] <= REFERENCE[JOINT_INDEX["left_middle3"]][1] + 0.005


def test_hands_vary_by_finger() -> None:
    a = apply_hands(np.zeros((55, 3)), HandSpec(), HandSpec())
    b = apply_hands(np.zeros((55, 3)), HandSpec(), HandSpec(), (0.0, 1.0, 0.0, 0.0, 0.0))
    changed = {j for j in range(55) if not np.allclose(a[j], b[j])}
    assert changed == {JOINT_INDEX[f"left_index{k}"] for k in (1, 2, 3)}
    half = HandSpec(shape="fist", amount=0.5)
    full = dataclasses.replace(half, amount=1.0)
    bend = [
        np.linalg.norm(apply_hands(np.zeros((55, 3)), h, h)[JOINT_INDEX["left_middle2"]])
        for h in (HandSpec(), half, full)
    ]
    assert bend[0] < bend[1] < bend[2]
