"""Sitters on real furniture: backs on backrests, legs crossed, heads that follow a look."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from vivant.procgen.geometry import Mesh, PlaceGeometry, SceneObject, Seat
from vivant.procgen.people.gazing import turn_head
from vivant.procgen.people.leaning import find_backrest
from vivant.procgen.people.person import pose_person
from vivant.procgen.people.shape import Phenotype
from vivant.procgen.registry import poses
from vivant.procgen.spec import HumanSpec

HEADING = 0.7
MAN = Phenotype(gender=0.0, age_years=30.0, height_m=1.80, weight_kg=78.0)


def chair(tilt: float = 0.2, backrest: bool = True) -> PlaceGeometry:
    """A seat at 0.45 m whose backrest stands 0.2 m behind its middle and leans by `tilt` (run over rise)."""
    up = np.array([0.0, 0.7])
    board = np.array([[x, 0.20 + tilt * h, 0.45 + h] for h in up for x in (-0.3, 0.3)])
    c, s = np.cos(HEADING), np.sin(HEADING)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    at = np.array([1.0, -2.0, 0.0])
    mesh = Mesh((board @ turn.T + at).astype(np.float32), np.array([[0, 1, 3, 2]], np.int32), ())
    things = [SceneObject("chair_0", mesh, "furniture", 1)] if backrest else []
    area = np.array([-9.0, -9.0, 9.0, 9.0])
    seat = Seat("chair", at + [0.0, 0.0, 0.45], HEADING, 0.45, 0.42)
    return PlaceGeometry(things, [], lambda x, y: np.zeros_like(x), area, np.zeros((0, 3)), [seat], False, area)


def sitter(manner: str) -> HumanSpec:
    pose = poses.get("sit").make(np.random.default_rng(3), MAN)
    hands = "lap" if manner == "crossed" else "thighs"
    return HumanSpec(phenotype=MAN, pose=dataclasses.replace(pose, manner=manner, hands=hands), seat="chair")


def behind(body, place: PlaceGeometry) -> np.ndarray:
    """How far every point of the trunk's skin is ahead of the backrest's board, metres."""
    seat = place.seats[0]
    p = body.posed[: body.count].astype(float) - seat.position
    ahead = np.array([np.sin(HEADING), -np.cos(HEADING)])
    trunk = np.isin(body.model.weights[: body.count].argmax(1), [0, 3, 6, 9])
    up = p[trunk, 2]
    gap = p[trunk, :2] @ ahead + 0.20 + 0.2 * up
    return gap[(up > 0.05) & (up < 0.6)]


def test_the_backrest_is_found_where_it_is() -> None:
    place = chair()
    found = find_backrest(place, place.seats[0])
    assert found is not None
    assert found.at == pytest.approx(0.20, abs=1e-3)
    assert found.slope == pytest.approx(0.20, abs=1e-3)
    assert find_backrest(chair(backrest=False), place.seats[0]) is None


def test_backs_lean_on_the_backrest_and_not_through_it() -> None:
    place = chair()
    for manner in ("back", "crossed"):
        gap = behind(pose_person(sitter(manner), place, 0.0), place)
        assert -0.035 < gap.min() < 0.012, manner
    upright = behind(pose_person(sitter("upright"), place, 0.0), place)
    assert upright.min() > -0.035


def test_crossed_legs_lie_on_each_other() -> None:
    body = pose_person(sitter("crossed"), chair(), 0.0)
    over = sitter("crossed").pose.over  # type: ignore[attr-defined]
    up, low = ("right_knee", "left_knee") if over == "right" else ("left_knee", "right_knee")
    knee = {n: body.joints[body.joint(n)] for n in (up, low)}
    assert knee[up][2] > knee[low][2] + 0.04
    side = np.array([np.cos(HEADING), np.sin(HEADING), 0.0]) * (1.0 if over == "left" else -1.0)
    ankle = body.joints[body.joint(f"{over}_ankle")]
    assert (ankle - knee[low]) @ side < 0.0, "the shank hangs on the other side"


def test_heads_follow_a_look_within_what_necks_can_do() -> None:
    body = pose_person(dataclasses.replace(sitter("upright"), gaze=None), chair(), 0.0)
    head = body.joints[15]
    ahead = body.T[15][:3, :3] @ np.array([0.0, -1.0, 0.0])
    side = np.cross([0.0, 0.0, 1.0], ahead)
    for angle in (0.1, 0.6, 1.2):
        target = head + 2.0 * (np.cos(angle) * ahead + np.sin(angle) * side)
        turned = body.at_pose(turn_head(body, target), body.root)
        now = turned.T[15][:3, :3] @ np.array([0.0, -1.0, 0.0])
        left = float(np.arccos(np.clip(now @ (target - head) / 2.0, -1.0, 1.0)))
        assert left <= angle + 1e-6
        assert angle < 0.2 or left < 0.75 * angle
    assert np.array_equal(turn_head(body, head - 2.0 * ahead), body.pose), "not through the back of the head"
