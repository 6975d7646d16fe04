"""Settled bodies: soles and seats touch, nobody tips over, no limb is inside another part, walking feet stay put."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree
from vivant.procgen.geometry import Seat
from vivant.procgen.people.balance import centre_of_mass, hull, outside
from vivant.procgen.people.body_state import BodyState, pose_body
from vivant.procgen.people.contact import Settled, ground, settle
from vivant.procgen.people.kinematics import forward
from vivant.procgen.people.model import load_body
from vivant.procgen.people.poses.sit import SitSpec
from vivant.procgen.people.proxies import Proxy, make_proxy
from vivant.procgen.people.shape import Phenotype, betas_from_phenotype
from vivant.procgen.registry import poses
from vivant.procgen.sample import sample_anybody
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import replace

PEOPLE = {
    "man": Phenotype(gender=0.0, age_years=30.0, height_m=1.80, weight_kg=78.0),
    "heavy": Phenotype(gender=0.0, age_years=50.0, height_m=1.74, weight_kg=115.0),
    "child": Phenotype(gender=1.0, age_years=6.0, height_m=1.16, weight_kg=21.0),
    "old": Phenotype(gender=1.0, age_years=78.0, height_m=1.57, weight_kg=62.0),
}
STANDING = [n for n in poses.names() if n not in ("walk", "run", "sit", "sit_ground", "kneel", "lie")]


def flat(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.zeros_like(x)


def slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A gentle, curved slope: 6 % with bumps of a few centimetres."""
    return 0.06 * x - 0.03 * y + 0.02 * np.sin(2.0 * x + y)


@pytest.fixture(scope="module")
def bodies() -> dict[str, BodyState]:
    model = load_body()
    none = np.zeros(model.exprdirs.shape[2])
    return {
        n: pose_body(model, p, betas_from_phenotype(model, p), none, np.zeros((55, 3)), np.eye(4))
        for n, p in PEOPLE.items()
    }


def posed(body: BodyState, result: Settled) -> BodyState:
    return body.at_pose(result.pose, result.root)


def soles(body: BodyState, side: str) -> np.ndarray:
    """World positions of one foot's sole, found by painted region and side: independent of the solver's own points."""
    region = body.model.regions["soles"] > 0.5
    left = body.rest[: body.count, 0] > 0
    return body.posed[: body.count][region & (left if side == "left" else ~left)].astype(float)


def below(spec, points: np.ndarray, position: tuple[float, float], heading: float) -> np.ndarray:
    """Height of the slope under points, with the pose's own steps on it."""
    ground, steps = slope(points[:, 0], points[:, 1]), spec.steps()
    if steps is None:
        return ground
    c, s = np.cos(heading), np.sin(heading)
    left, back = np.array([[c, s], [-s, c]]) @ (points[:, :2] - position).T
    base = float(slope(*np.array(position)))
    return base + steps.over(left, -back, ground - base)


@pytest.mark.parametrize("family", STANDING)
@pytest.mark.parametrize("who", list(PEOPLE))
def test_feet_touch_and_bodies_balance(family: str, who: str, bodies: dict[str, BodyState]) -> None:
    body = bodies[who]
    spec = poses.get(family).make(np.random.default_rng(len(family) + len(who)), body.phenotype)
    result = settle(body, spec, slope, position=(0.4, -0.3), heading=0.8)
    there = posed(body, result)
    contacts = spec.contacts()
    for side in ("left", "right"):
        if getattr(contacts, f"{side}_foot") == "free":
            continue
        points = soles(there, side)
        gap = (points[:, 2] - below(spec, points, (0.4, -0.3), 0.8)).min()
        assert -0.004 < gap < 0.005, f"{side} foot {gap * 1e3:.1f} mm"
    assert result.imbalance < 0.03
    assert there.posed[: there.count, 2].min() > slope(*there.posed[: there.count, :2].T.astype(float)).min() - 0.03


def test_flat_feet_lie_on_the_slope(bodies: dict[str, BodyState]) -> None:
    """Heel and ball of both feet are within 5 mm of a steep plane, not only the lowest point."""

    def plane(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 0.12 * x + 0.10 * y

    spec = poses.get("stand").make(np.random.default_rng(4), PEOPLE["man"])
    there = posed(bodies["man"], settle(bodies["man"], spec, plane, heading=0.5))
    for side in ("left", "right"):
        p = soles(there, side)
        gap = (p[:, 2] - plane(p[:, 0], p[:, 1])) / np.sqrt(1 + 0.12**2 + 0.10**2)
        ahead = p[:, :2] @ np.array([np.sin(0.5), -np.cos(0.5)])
        middle = (ahead.min() + ahead.max()) / 2
        assert gap[ahead < middle].min() < 0.005
        assert gap[ahead > middle].min() < 0.005


@pytest.mark.parametrize("who", list(PEOPLE))
@pytest.mark.parametrize("height", [0.30, 0.45, 0.62])
def test_sitters_sit_on_the_seat(who: str, height: float, bodies: dict[str, BodyState]) -> None:
    body = bodies[who]
    seat = Seat("s", np.array([1.0, 2.0, height]), 0.7)
    spec = poses.get("sit").make(np.random.default_rng(3), body.phenotype)
    result = settle(body, spec, flat, seat=seat)
    there = posed(body, result)
    c, s = np.cos(0.7), np.sin(0.7)
    local = (there.posed[: there.count, :2].astype(float) - seat.position[:2]) @ np.array([[c, -s], [s, c]])
    z = there.posed[: there.count, 2].astype(float)
    on = (np.abs(local) < 0.20).all(1)
    main = body.model.weights.argmax(1)
    assert -0.05 < z[on & np.isin(main, [0, 1, 2, 3])].min() - height < 0.004, "buttocks on the seat"
    shanks = np.isin(main, [4, 5, 7, 8, 10, 11])
    assert not (on & shanks & (z < height - 0.06)).any(), "legs are not inside the seat"
    assert z.min() > -0.006, "nothing below the floor"
    if height < 0.5 and who in ("man", "heavy"):
        assert max(soles(there, side)[:, 2].min() for side in ("left", "right")) < 0.006


@pytest.mark.parametrize("family", ["sit_ground", "kneel", "lie", "squat"])
def test_low_poses_rest_on_the_ground(family: str, bodies: dict[str, BodyState]) -> None:
    for seed in range(4):
        for who in ("man", "child"):
            spec = poses.get(family).make(np.random.default_rng(seed), PEOPLE[who])
            there = posed(bodies[who], settle(bodies[who], spec, slope, heading=0.3))
            p = there.posed[: there.count].astype(float)
            gap = p[:, 2] - slope(p[:, 0], p[:, 1])
            hand = np.isin(there.model.weights.argmax(1), [20, 21, *range(25, 55)])
            assert gap[~hand].min() < 0.003, "floats"
            assert gap[~hand].min() > -0.075, "sinks in"


@pytest.mark.parametrize(
    "family", ["stand", "contrapposto", "talk", "carry", "wave", "reach", "hands_on_hips", "hands_in_pockets"]
)
@pytest.mark.parametrize("who", list(PEOPLE))
def test_arms_are_not_inside_the_body(family: str, who: str, bodies: dict[str, BodyState]) -> None:
    for seed in range(3):
        spec = poses.get(family).make(np.random.default_rng(seed), PEOPLE[who])
        assert settle(bodies[who], spec, flat).penetration < 0.012


@pytest.mark.parametrize("manner", ["crossed", "upright"])
@pytest.mark.parametrize("who", ["man", "child", "old"])
def test_hands_in_the_lap_lie_on_each_other(who: str, manner: str, bodies: dict[str, BodyState]) -> None:
    """By the skin itself: no finger's end comes out on the far side of the other hand."""
    body = bodies[who]
    seat = Seat("seat", np.array([0.0, 0.0, 0.45]), 0.0)
    there = posed(body, settle(body, SitSpec(manner=manner, over="left", hands="lap"), flat, seat=seat))  # pyright: ignore
    v, n = there.posed[: body.count].astype(float), there.normals[: body.count].astype(float)
    main = body.model.weights[: body.count].argmax(1)
    left, right = (np.flatnonzero(np.isin(main, [wrist, *range(first, first + 15)])) for wrist, first in ((20, 25), (21, 40)))
    apart = np.linalg.norm(v[left][:, None] - v[right], axis=2)
    near = right[apart.argmin(1)]
    below = ((v[near] - v[left]) * n[near]).sum(1)
    # The hand of a child is 18 mm thick.
    assert below[apart.min(1) < 0.03].max(initial=0.0) < 0.011


def test_hands_lie_in_the_lap_before_a_belly_and_do_not_hover() -> None:
    model, none = load_body(), np.zeros(load_body().exprdirs.shape[2])
    person = Phenotype(gender=0.0, age_years=48.0, height_m=1.72, weight_kg=131.0)
    body = pose_body(model, person, betas_from_phenotype(model, person), none, np.zeros((55, 3)), np.eye(4))
    seat = Seat("seat", np.array([0.0, 0.0, 0.45]), 0.0)
    there = posed(body, settle(body, SitSpec(hands="lap"), flat, seat=seat))  # pyright: ignore
    skin, main = there.posed[: body.count].astype(float), model.main_joint[: body.count]
    for hand in (np.isin(main, [21, *range(40, 55)]), np.isin(main, [20, 21, *range(25, 55)])):  # the right one lies below
        assert cKDTree(skin[np.isin(main, [1, 2, 4, 5])]).query(skin[hand])[0].min() < 0.03


def test_clearing_arms_is_needed_for_heavy_people(bodies: dict[str, BodyState]) -> None:
    """The proxies see an arm that is inside the belly, and the settled arm is further out."""
    from vivant.procgen.people.clearance import worst_arm

    spec = poses.get("stand").make(np.random.default_rng(0), PEOPLE["man"])
    proxy = make_proxy(bodies["heavy"])
    before = forward(poses.get("stand").build(spec, 0.0), proxy.rest)
    assert worst_arm(proxy, before, "left") > 0.02
    assert settle(bodies["heavy"], spec, flat).penetration < 0.005


def test_proxy_depth_agrees_with_the_mesh(bodies: dict[str, BodyState]) -> None:
    """Points pushed out of the trunk along its normals are outside, points pulled in are inside."""
    from vivant.procgen.people.proxies import torso_depth

    body = bodies["man"]
    proxy = make_proxy(body)
    v = body.rest[: body.count].astype(float)
    n = body.rest_normals[: body.count].astype(float)
    main = body.model.weights.argmax(1)
    pick = np.isin(main, [3, 6]) & (np.abs(v[:, 0]) < 0.2)
    to_smplx = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]).T
    rest = forward(np.zeros((55, 3)), proxy.rest)
    inside = torso_depth(proxy, rest, (v - 0.03 * n)[pick] @ to_smplx)[0]
    out = torso_depth(proxy, rest, (v + 0.03 * n)[pick] @ to_smplx)[0]
    assert (inside > 0).mean() > 0.97
    assert (out < 0).mean() > 0.9


def test_centre_of_mass_is_over_the_feet_and_in_the_pelvis(bodies: dict[str, BodyState]) -> None:
    proxy: Proxy = make_proxy(bodies["man"])
    com = centre_of_mass(proxy, forward(np.zeros((55, 3)), proxy.rest, np.zeros(3)))
    # Anatomical position: about 56 % of stature above the floor; the T-pose raises the arms a little.
    height = (com[1] + proxy.ankle - proxy.rest[7, 1] + proxy.rest[0, 1]) / 1.80
    assert 0.53 < height < 0.62
    assert abs(com[0]) < 1e-3


def test_hull_and_distance() -> None:
    square = hull(np.array([(0.0, 0.0), (1, 0), (1, 1), (0, 1), (0.5, 0.5), (0.2, 0.9)]))
    assert len(square) == 4
    assert np.allclose(outside(square, np.array([0.5, 0.2])), 0.0)
    assert np.allclose(outside(square, np.array([1.5, 0.5])), (-0.5, 0.0))


def test_ground_drops_the_lowest_vertex(bodies: dict[str, BodyState]) -> None:
    there = bodies["man"].at_pose(np.zeros((55, 3)), np.eye(4))
    t = ground(there, slope)
    v = there.posed[: there.count].astype(float) + t
    assert abs((v[:, 2] - slope(v[:, 0], v[:, 1])).min()) < 0.003


@pytest.mark.parametrize("number", [8, 13, 31, 36])
def test_fingers_lie_on_the_shins_that_they_hold(number: int) -> None:
    """Fingertips' skin is inside neither leg: depth below the nearest skin there, whatever the solver takes legs for."""
    model, person = load_body(), sample_anybody(Seed(number).child("measure"))
    none = np.zeros(model.exprdirs.shape[2])
    body = pose_body(model, person, betas_from_phenotype(model, person), none, np.zeros((55, 3)), np.eye(4))
    spec = replace(poses.get("sit_ground").make(np.random.default_rng(number), person), legs="knees_up")
    there = posed(body, settle(body, spec, flat))
    main, skin = model.main_joint[: body.count], there.posed[: body.count].astype(float)
    legs = np.flatnonzero(np.isin(main, [1, 2, 4, 5]))
    fingers = skin[main >= 25]
    far, near = cKDTree(skin[legs]).query(fingers, distance_upper_bound=0.05)
    close = np.isfinite(far)
    assert close.sum() > 200  # the hands do hold the shins
    nearest = legs[near[close]]
    depth = -((fingers[close] - skin[nearest]) * there.normals[nearest]).sum(1)
    assert np.quantile(depth, 0.98) < 0.009
    assert depth.max() < 0.02
