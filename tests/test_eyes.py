"""Eyes: gaze, lids, eyeballs, and what lies in the mouth."""

import numpy as np
import pytest
from vivant.procgen.frames import R_WORLD_FROM_SMPLX
from vivant.procgen.people.body_state import pose_body, root_transform
from vivant.procgen.people.eyelids import follow_gaze, lid_gap, open_lids
from vivant.procgen.people.eyes import LIMIT, build_eyes, gaze_pose, visible_iris
from vivant.procgen.people.head import eye_ball, eye_ids, head_of
from vivant.procgen.people.look_spec import EyeSpec
from vivant.procgen.people.model import load_body
from vivant.procgen.people.shape import PhenotypeRanges, betas_from_phenotype, sample_phenotype
from vivant.procgen.people.skeleton import HEAD, LEFT_EYE, RIGHT_EYE
from vivant.procgen.people.teeth import build_mouth


@pytest.fixture(scope="module")
def body():
    model = load_body()
    person = sample_phenotype(np.random.default_rng(3), PhenotypeRanges(age_years=(20.0, 60.0)))
    betas = betas_from_phenotype(model, person)
    pose = np.zeros((55, 3))
    pose[HEAD] = (0.1, 0.4, 0.05)
    return pose_body(model, person, betas, open_lids(model, betas, EyeSpec()), pose, root_transform(0.7, np.array([1.0, -2.0, 0.9])))


def _iris_ray(body, side):
    """Centre of the eyeball and direction through the middle of the iris, from the built mesh alone."""
    mesh = {n: m for n, m, _, _ in build_eyes(EyeSpec(), body)}[f"eye_{'lr'[side]}"]
    v = mesh.vertices.astype(np.float64)
    polar = mesh.point["eye_polar"][:, 2]
    front = mesh.point["eye_axis"] > 0
    rim = v[front & (np.abs(polar - 1.0) < 1e-3)].mean(0)
    back = v[~front & (polar > 1.5)]
    A = np.c_[2 * back, np.ones(len(back))]
    centre = np.linalg.lstsq(A, (back**2).sum(1), rcond=None)[0][:3]
    return centre, (rim - centre) / np.linalg.norm(rim - centre)


@pytest.mark.parametrize("offset", [(0.0, -1.0, 0.0), (0.3, -1.0, 0.2), (-0.15, -0.6, -0.12), (0.05, -0.3, 0.05)])
def test_gaze_hits_its_target(body, offset):
    R = body.T[HEAD][:3, :3]
    target = body.joints[HEAD] + R @ (np.array(offset) + [0.0, -0.05, 0.06])
    looking = pose_body(body.model, body.phenotype, body.betas, body.expression, gaze_pose(body, target), body.root)
    for side in (0, 1):
        centre, axis = _iris_ray(looking, side)
        wanted = (target - centre) / np.linalg.norm(target - centre)
        assert np.degrees(np.arccos(np.clip(axis @ wanted, -1, 1))) < 1.0


def test_gaze_stops_at_its_limit_and_moves_only_the_eyes(body):
    R = body.T[HEAD][:3, :3]
    behind = body.joints[HEAD] + R @ np.array([2.0, 1.0, 0.0])
    pose = gaze_pose(body, behind)
    angle = np.linalg.norm(pose[[LEFT_EYE, RIGHT_EYE]], axis=1)
    assert np.allclose(angle, LIMIT)
    others = np.ones(55, bool)
    others[[LEFT_EYE, RIGHT_EYE]] = False
    assert np.array_equal(pose[others], body.pose[others])
    assert not gaze_pose(body, None)[[LEFT_EYE, RIGHT_EYE]].any()


def test_eyeball_agrees_with_the_body_s_own_eye_joints(body):
    target = body.joints[HEAD] + body.T[HEAD][:3, :3] @ np.array([0.2, -1.0, 0.1])
    looking = pose_body(body.model, body.phenotype, body.betas, body.expression, gaze_pose(body, target), body.root)
    for side, joint in ((0, LEFT_EYE), (1, RIGHT_EYE)):
        _, axis = _iris_ray(looking, side)
        forward = looking.T[joint][:3, :3] @ R_WORLD_FROM_SMPLX @ np.array([0.0, 0.0, 1.0])
        assert axis @ forward > np.cos(np.radians(0.2))


@pytest.mark.parametrize(("age", "seed"), [((0.5, 2.0), 1), ((6.0, 9.0), 2), ((25.0, 40.0), 3), ((70.0, 75.0), 4)])
def test_lids_touch_the_iris_as_asked(age, seed):
    model = load_body()
    person = sample_phenotype(np.random.default_rng(seed), PhenotypeRanges(age_years=age))
    betas = betas_from_phenotype(model, person)
    spec = EyeSpec(lid_cover=0.0018)
    opened = pose_body(model, person, betas, open_lids(model, betas, spec), np.zeros((55, 3)), np.eye(4))
    triangles = head_of(opened).triangles
    points = opened.rest.astype(np.float64)
    for ids in eye_ids(opened):
        centre, radius = eye_ball(points, ids)
        upper, lower = lid_gap(points, triangles, centre, radius)
        iris = visible_iris(radius)
        assert 0.001 <= iris - upper <= 0.0026
        assert abs(lower + iris) < 0.0015


@pytest.mark.parametrize("down", [-8.0, -4.0, 4.0, 8.0])
def test_lids_go_with_eyes_that_look_up_and_down(down):
    model = load_body()
    person = sample_phenotype(np.random.default_rng(3), PhenotypeRanges(age_years=(25.0, 40.0)))
    betas = betas_from_phenotype(model, person)
    pose = np.zeros((55, 3))
    ahead = open_lids(model, betas, EyeSpec())
    straight = pose_body(model, person, betas, ahead, pose, np.eye(4))
    pose[[LEFT_EYE, RIGHT_EYE], 0] = np.radians(down)
    turned = pose_body(model, person, betas, ahead + follow_gaze(model, pose), pose, np.eye(4))
    triangles = head_of(straight).triangles
    for ids in eye_ids(straight):
        centre, radius = eye_ball(straight.rest.astype(np.float64), ids)
        iris = -radius * np.sin(np.radians(down))  # how far it moves up
        (upper, lower), (upper_2, lower_2) = (lid_gap(b.rest.astype(np.float64), triangles, centre, radius) for b in (straight, turned))
        assert abs(upper_2 - upper - iris) < 0.0005 + 0.1 * abs(iris)
        assert abs(lower_2 - lower - iris) < 0.0005 + 0.35 * abs(iris)


def test_eyes_are_closed_surfaces_that_face_outwards(body):
    for name, mesh, semantic, labelled in build_eyes(EyeSpec(), body):
        assert semantic == "eyes" and labelled == name.startswith("eye_")
        t = mesh.vertices.astype(np.float64)[mesh.triangles()]
        n = np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0])
        out = t.mean(1) - mesh.vertices.mean(0)
        assert np.mean((n * out).sum(1) > -1e-12) > 0.8


def test_mouth_follows_the_body(body):
    parts = {name: mesh for name, mesh, _ in build_mouth(body)}
    assert set(parts) == {"upper_teeth", "lower_teeth", "tongue"}
    mouth = body.T[HEAD][:3, :3] @ np.array([0.0, -0.06, 0.0]) + body.joints[HEAD]
    for mesh in parts.values():
        assert np.linalg.norm(mesh.vertices.mean(0) - mouth) < 0.12
