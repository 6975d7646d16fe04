"""Folds follow the directions that they are given, take up what a pose makes too long, and straps reach the hand."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.people.body_state import BodyState, pose_body
from vivant.procgen.people.garments.figure import figure_of
from vivant.procgen.people.garments.folds import strain
from vivant.procgen.people.garments.topology import Fabric
from vivant.procgen.people.garments.waves import profile, waves
from vivant.procgen.people.model import load_body
from vivant.procgen.people.props import build_props
from vivant.procgen.people.shape import Phenotype, betas_from_phenotype
from vivant.procgen.registry import poses
from vivant.procgen.spec import FabricSpec, replace

WHO = Phenotype(gender=0.2, age_years=35, height_m=1.76, weight_kg=76)
SIDE = 70


def _sheet() -> tuple[np.ndarray, Fabric]:
    """Half a metre of flat cloth in a regular grid."""
    u = np.linspace(0.0, 0.5, SIDE)
    x = np.stack([*(v.ravel() for v in np.meshgrid(u, u, indexing="ij")), np.zeros(SIDE * SIDE)], 1)
    n = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a, b, c, d = n[:-1, :-1].ravel(), n[1:, :-1].ravel(), n[1:, 1:].ravel(), n[:-1, 1:].ravel()
    return x, Fabric(np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32), len(x))


def _body(pose: np.ndarray) -> BodyState:
    model = load_body()
    return pose_body(model, WHO, betas_from_phenotype(model, WHO), np.zeros(model.exprdirs.shape[2]), pose, np.eye(4))


def _crossings(values: np.ndarray) -> float:
    return float((np.diff(np.sign(values), axis=0) != 0).sum(0).mean())


def test_folds_run_along_their_field_and_are_as_far_apart_as_asked() -> None:
    x, _ = _sheet()
    way = np.radians(30.0)
    across = np.tile([np.cos(way), np.sin(way), 0.0], (len(x), 1))
    wave = np.cos(np.angle(waves(x, across, np.full(len(x), 0.05), 7))).reshape(SIDE, SIDE)
    along_x, along_y = _crossings(wave), _crossings(wave.T)
    # Two crossings a fold; a straight line meets folds as often as its direction is across them.
    assert abs(along_x / (2 * 0.5 / 0.05 * np.cos(way)) - 1) < 0.25
    assert abs(along_y / (2 * 0.5 / 0.05 * np.sin(way)) - 1) < 0.35


def test_valleys_are_narrower_than_ridges() -> None:
    height = profile(np.linspace(-np.pi, np.pi, 2001), 0.8)
    middle = 0.5 * (height.max() + height.min())
    assert (height > middle).mean() > 0.6


def test_strain_is_measured_along_the_direction_asked_for() -> None:
    x, fabric = _sheet()
    for k, expected in ((0, -0.1), (1, 0.0)):
        across = np.zeros_like(x)
        across[:, k] = 1.0
        assert abs(float(np.median(strain(fabric, x, x * [0.9, 1.0, 1.0], across))) - expected) < 0.02


def test_a_bent_elbow_folds_its_own_sleeve_on_the_inside() -> None:
    model = load_body()
    names = list(model.joint_names)
    straight = np.zeros((len(names), 3))
    for side, sign in (("left", -1), ("right", 1)):
        straight[names.index(f"{side}_shoulder"), 2] = sign * np.radians(70)
    bent = straight.copy()
    bent[names.index("left_elbow"), 1] = -np.radians(100)
    made = registry.garments.get("jacket").make(np.random.default_rng(0), FabricSpec(kind="denim"))
    inside = []
    for pose in (straight, bent):
        body = _body(pose)
        mesh = registry.garments.get("jacket").build(replace(made, opening=0.0), body, [], "fast")[0][0]
        size = np.linalg.norm(mesh.point["fold"], axis=1)
        for side, sign in (("left", 1.0), ("right", -1.0)):
            shoulder, elbow, wrist = (body.joints[names.index(f"{side}_{part}")] for part in ("shoulder", "elbow", "wrist"))
            ahead = body.T[names.index(f"{side}_shoulder")][:3, :3] @ np.array([0.0, -1.0, 0.0])
            off = mesh.vertices - elbow
            on = (sign * mesh.point["arm"] > 0.9) & (np.linalg.norm(off, axis=1) < 0.11) & (off @ ahead > 0.01)
            assert on.sum() > 30 and np.linalg.norm(wrist - shoulder) > 0.1
            inside.append(float(size[on].mean()))
    left_straight, right_straight, left_bent, right_bent = inside
    assert left_bent > 1.3 * left_straight
    assert abs(right_bent / right_straight - 1) < 0.05


@pytest.mark.parametrize(
    "kind, fabric, most",
    [("tshirt", "jersey", 0.07), ("hoodie", "fleece", 0.055), ("raincoat", "nylon", 0.045), ("jacket", "leather", 0.05)],
)
def test_folds_take_no_more_cloth_than_there_is(kind: str, fabric: str, most: float) -> None:
    """Over the chest of somebody who just stands, folded cloth is longer than smooth cloth by what sags, and less if it is stiff."""
    made = registry.garments.get(kind).make(np.random.default_rng(0), FabricSpec(kind=fabric))
    person = figure_of(_body(np.zeros((len(load_body().joint_names), 3)))).body
    mesh = registry.garments.get(kind).build(replace(made, looseness=0.9), person, [], "fast")[0][0]
    cut, height = mesh.point["fit"], mesh.point["rest"][:, 2]
    chest = (np.abs(mesh.point["arm"]) < 0.2) & (height < -0.1) & (height > -0.3) & (mesh.point["inner"] < 0.5) & np.isfinite(cut[:, 0])
    tris = mesh.triangles()
    a, b, c = tris[chest[tris].all(1)].T
    folded, smooth = (np.linalg.norm(np.cross(x[b] - x[a], x[c] - x[a]), axis=1).sum() for x in (mesh.vertices, cut))
    assert 0.01 < folded / smooth - 1 < most


def test_both_straps_of_a_bag_go_through_the_hand() -> None:
    spec = replace(poses.get("carry").make(np.random.default_rng(1), WHO), load="bag_right")
    body = _body(np.asarray(poses.get("carry").build(spec), float))
    ((_, bag, _),) = build_props(spec, body)
    fist = body.joints[[body.joint(f"right_{f}1") for f in ("index", "middle", "ring", "pinky")]].mean(0)
    top = bag.vertices[bag.vertices[:, 2] > bag.vertices[:, 2].max() - 0.01]
    assert np.linalg.norm(top - fist, axis=1).min() < 0.05
    # Nothing of the bag stands above the hand that carries it.
    assert bag.vertices[:, 2].max() - fist[2] < 0.04
