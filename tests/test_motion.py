"""Motions: they loop, they move without jerks, feet that stand stay where they are, jumps obey gravity."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from vivant.procgen.errors import SpecError
from vivant.procgen.frames import smplx_from_world, transform, world_from_smplx
from vivant.procgen.geometry import PlaceGeometry, Seat
from vivant.procgen.people.contact import settle
from vivant.procgen.people.gait import GRAVITY
from vivant.procgen.people.joint_limits import clamp_poses
from vivant.procgen.people.kinematics import forward, matrices, rotvecs
from vivant.procgen.people.motion import blink, moment_at, period
from vivant.procgen.people.motions.base import Actor
from vivant.procgen.people.motions.blend import blend, blend_poses
from vivant.procgen.people.moving import sample_motion
from vivant.procgen.people.person import pose_person
from vivant.procgen.people.shape import Phenotype
from vivant.procgen.registry import motions, poses
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import HumanSpec

MAN = Phenotype(gender=0.0, age_years=30.0, height_m=1.80, weight_kg=78.0)
HEAVY = Phenotype(gender=1.0, age_years=45.0, height_m=1.63, weight_kg=88.0)
CHILD = Phenotype(gender=1.0, age_years=6.0, height_m=1.16, weight_kg=21.0)
LOOPING = [n for n in motions.names() if n not in ("none", "file")]
ON_FOOT = [n for n in LOOPING if n != "sit_stand"]


def slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A gentle, curved slope: 6 % with bumps of a few centimetres."""
    return 0.06 * x - 0.03 * y + 0.02 * np.sin(2.0 * x + y)


def place(height=lambda x, y: np.zeros(np.broadcast(x, y).shape)) -> PlaceGeometry:
    area = np.array([-9.0, -9.0, 9.0, 9.0])
    seats = [Seat("chair", np.array([0.0, 0.0, 0.45]), 0.0)]
    return PlaceGeometry([], [], height, area, np.zeros((0, 3)), seats, False, area)


def somebody(motion: str, who: Phenotype = MAN, seed: int = 4, **changes: object) -> HumanSpec:
    spec = motions.get(motion).make(np.random.default_rng(seed))
    family = (spec.families or ("contrapposto",))[0]
    pose = poses.get(family).make(np.random.default_rng(seed), who)
    return HumanSpec(
        phenotype=who,
        pose=pose,
        motion=dataclasses.replace(spec, phase=0.0, **changes),
        seat="chair" if pose.seated else None,
    )


def test_there_are_enough_motions() -> None:
    assert len(LOOPING) >= 8
    assert {"walk", "run", "idle", "talk", "wave", "turn", "sit_stand", "dance", "jump"} <= set(LOOPING)


@pytest.mark.parametrize("name", LOOPING)
def test_motions_loop_and_are_smooth(name: str) -> None:
    human = somebody(name)
    cycle = period(human)
    assert 0.4 < cycle < 30.0
    start, end = moment_at(human, 0.0), moment_at(human, cycle)
    turn = np.linalg.norm(blend_poses(np.zeros((55, 3)), start.pose, 1.0) - end.pose, axis=1)
    assert np.minimum(turn, np.abs(turn - 2 * np.pi)).max() < 1e-6
    assert np.allclose(start.step[:2], end.step[:2], atol=1e-6)
    assert dict(start.expression) == pytest.approx(dict(end.expression), abs=1e-6)
    times = np.linspace(0.0, cycle, 81)
    moments = [moment_at(human, float(t)) for t in times]
    frames = np.array([m.pose for m in moments])
    R = matrices(frames)
    speed = np.linalg.norm(rotvecs(np.swapaxes(R[:-1], -1, -2) @ R[1:]), axis=-1) / (cycle / 80)
    assert speed.max() < 20.0, "radians a second"
    assert speed.max() > 0.02, "something moves"
    steps = np.array([m.step for m in moments])
    assert (np.linalg.norm(np.diff(steps, axis=0), axis=1) / (cycle / 80)).max() < 4.5, "metres a second"
    assert clamp_poses(frames)[1].max() < 0.30, "within the joints' ranges, nearly"


class Soles:
    """The skin of both soles, posed by weights of its own: quicker than a whole body, and not the solver's points."""

    def __init__(self, human: HumanSpec, ground: PlaceGeometry) -> None:
        self.human, self.ground = human, ground
        self.body = pose_person(human, ground, 0.0)
        count = self.body.count
        self.ids = np.flatnonzero(self.body.model.regions["soles"][:count] > 0.5)
        self.left = self.body.rest[self.ids, 0] > 0

    def at(self, time: float) -> np.ndarray:
        """(n, 3) world."""
        human, moment = self.human, moment_at(self.human, time)
        left, up, ahead = moment.step
        settled = settle(self.body, human.pose, self.ground.height, pose=moment.pose, position=(float(left), float(-ahead)),  # type: ignore[arg-type]
                         contacts=moment.contacts, pelvis=float(up))  # fmt: skip
        rest = smplx_from_world(self.body.joints_rest)
        chain = forward(settled.pose, rest)
        near = np.argsort(-self.body.weights[self.ids], 1)[:, :6]
        points = chain.points(
            smplx_from_world(self.body.rest[self.ids].astype(float)),
            near,
            np.take_along_axis(self.body.weights[self.ids], near, 1),
        )
        return transform(settled.root, world_from_smplx(points))


def slide_and_depth(
    human: HumanSpec, ground: PlaceGeometry, frames: int, span: float = 1.0
) -> tuple[np.ndarray, float]:
    """How far each point of skin that touches the ground moves along it while it touches, and the deepest that a sole is in
    the ground; metres."""
    soles = Soles(human, ground)
    start = np.full((len(soles.ids), 2), np.nan)
    moved, sunk = np.zeros(len(soles.ids)), 0.0
    for k in range(frames):
        p = soles.at(span * period(human) * k / frames)
        gap = p[:, 2] - ground.height(p[:, 0], p[:, 1])  # type: ignore[operator]
        sunk = max(sunk, float(-gap.min()))
        contacts = moment_at(human, span * period(human) * k / frames).contacts
        down = (gap < 0.002) & np.where(soles.left, contacts.left_foot != "free", contacts.right_foot != "free")
        start[~down] = np.nan
        fresh = down & np.isnan(start[:, 0])
        start[fresh] = p[fresh, :2]
        moved = np.fmax(moved, np.linalg.norm(p[:, :2] - start, axis=1))
    return moved[moved > 0], sunk


@pytest.mark.parametrize(
    ("name", "who", "ground"),
    [("walk", HEAVY, "flat"), ("walk", CHILD, "slope"), ("run", MAN, "flat"), ("turn", MAN, "flat"), ("dance", CHILD, "flat"),
     ("squat", MAN, "slope")],
)  # fmt: skip
def test_standing_feet_do_not_slide(name: str, who: Phenotype, ground: str) -> None:
    human = somebody(name, who)
    slide, sunk = slide_and_depth(
        human,
        place() if ground == "flat" else place(slope),
        14 if name in ("walk", "run") else 9,
        0.12 if name == "turn" else 1.0,
    )
    assert np.median(slide) < 0.005
    # The skin below the ball rolls a little as the heel comes up.
    assert np.percentile(slide, 95) < 0.010
    assert sunk < 0.006


def test_somebody_who_gets_up_keeps_their_feet_and_leaves_the_seat() -> None:
    human = somebody("sit_stand")
    cycle = period(human)
    bodies = [pose_person(human, place(), cycle * t) for t in (0.0, 0.2, 0.26, 0.47, 0.75, 1.0)]
    ankles = np.array([b.joints[[7, 8]] for b in bodies])
    assert np.abs(ankles - ankles[0]).max() < 0.004
    height = np.array([b.joints[0, 2] for b in bodies])
    assert height[3] > height[0] + 0.25
    assert abs(height[0] - height[-1]) < 1e-4
    assert np.abs(bodies[0].posed - bodies[-1].posed).max() < 1e-3, "the loop closes"
    assert bodies[3].joints[15, 2] > 0.85 * MAN.height_m - 0.1


def test_jumps_obey_gravity() -> None:
    human = somebody("jump", height=0.3)
    first = human.motion.times()  # type: ignore[attr-defined]
    times = np.linspace(first[2] + 0.02, first[3] - 0.02, 9)
    up = np.array([moment_at(human, float(t)).step[1] for t in times])
    fall = np.polyfit(times, up, 2)[0]
    assert fall == pytest.approx(-GRAVITY / 2.0, rel=1e-3)
    assert up.max() - moment_at(human, 0.0).step[1] > 0.3


def test_blinks_are_short_and_come_back() -> None:
    for cycle in (0.9, 8.0):
        lids = np.array([blink(7, t, cycle) for t in np.arange(0.0, 60.0, 0.02)])
        assert lids.max() > 0.9
        assert 0.01 < (lids > 0.1).mean() < 0.15
        assert max(blink(7, cycle * k, cycle) for k in range(20)) < 1e-9


def test_blending_is_between_and_exact_at_the_ends() -> None:
    a, b = moment_at(somebody("idle"), 1.0), moment_at(somebody("wave"), 2.0)
    assert blend(a, b, 0.0) is a
    assert blend(a, b, 1.0) is b
    way = [np.linalg.norm(blend(a, b, s).pose - a.pose) for s in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert all(x < y for x, y in itertools.pairwise(way))


def test_sequences_are_those_that_stay_in_place() -> None:
    human = somebody("sequence")
    again = HumanSpec.from_json(human.to_json())
    assert again == human
    walk, idle = motions.get("walk").spec(), motions.get("idle").spec()
    sequence = motions.get("sequence").spec
    with pytest.raises(SpecError, match="feet leave their place"):
        sequence(parts=(idle, walk), seconds=(2.0, 2.0))
    with pytest.raises(SpecError, match="needs a duration for each"):
        sequence(parts=(idle,), seconds=(2.0, 2.0))
    parts = (idle, motions.get("wave").spec())
    human = dataclasses.replace(human, motion=sequence(parts=parts, seconds=(2.0, 3.0), overlap=0.5))
    assert np.allclose(moment_at(human, 1.0).pose, parts[0].at(Actor(human.phenotype, human.pose), 1.0).pose, atol=1e-9)
    before, at, after = (moment_at(human, t).pose for t in (1.999, 2.0, 2.001))
    assert np.abs(after - before).max() < 0.02, "no jump where one becomes the other"
    assert np.abs(at - before).max() < 0.02


def test_the_same_spec_moves_the_same_way() -> None:
    human = somebody("talk")
    again = HumanSpec.from_json(human.to_json())
    assert np.array_equal(moment_at(human, 3.3).pose, moment_at(again, 3.3).pose)
    assert moment_at(human, 3.3).expression == moment_at(again, 3.3).expression


def test_contradictions_are_named() -> None:
    sitter = somebody("sit_stand")
    with pytest.raises(SpecError, match="no seat is named"):
        pose_person(dataclasses.replace(sitter, seat=None), place(), 0.0)
    with pytest.raises(SpecError, match="on the seat 'chair' but their pose is"):
        pose_person(dataclasses.replace(somebody("idle"), seat="chair"), place(), 0.0)
    with pytest.raises(SpecError, match="starts on a seat"):
        moment_at(dataclasses.replace(somebody("idle"), motion=sitter.motion), 0.0)
    with pytest.raises(SpecError, match="did you mean 'walk'"):
        sample_motion(Seed(0), somebody("idle"), "wlak")


def test_asked_for_a_seat_that_is_not_there_people_stand() -> None:
    assert sample_motion(Seed(0), somebody("idle"), "sit_stand").kind == "idle"


def test_no_motion_is_still() -> None:
    human = HumanSpec(phenotype=MAN, pose=poses.get("stand").make(np.random.default_rng(2), MAN))
    assert np.array_equal(moment_at(human, 0.0).pose, moment_at(human, 5.0).pose)
    assert period(human) == 0.0
