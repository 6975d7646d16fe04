"""Linear blend skinning: rotations, invariants of posing, subdivision."""

from __future__ import annotations

import time

import numpy as np
import pytest
from vivant.procgen.errors import SpecError
from vivant.procgen.people.lbs import forward, joint_positions, rest_shape, rodrigues
from vivant.procgen.people.model import load_body
from vivant.procgen.people.subdivide import body_subdivision, build_subdivision


@pytest.fixture(scope="module")
def body():
    return load_body()


def _best_of(times: int, call) -> float:
    """Seconds of processor time of the fastest call: other processes on the machine do not count."""
    best = np.inf
    for _ in range(times):
        start = time.thread_time()
        call()
        best = min(best, time.thread_time() - start)
    return best


def test_rodrigues_is_a_rotation_at_every_size():
    rng = np.random.default_rng(0)
    v = rng.normal(0, 1, (200, 3)) * np.logspace(-9, 0.9, 200)[:, None]
    r = rodrigues(v)
    assert np.abs(r @ r.transpose(0, 2, 1) - np.eye(3)).max() < 1e-12
    assert np.abs(np.einsum("nab,nb->na", r, v) - v).max() < 1e-9, "the axis stays"
    assert np.allclose(rodrigues([0, 0, np.pi / 2]) @ [1, 0, 0], [0, 1, 0])
    assert np.array_equal(rodrigues(np.zeros(3)), np.eye(3))


def test_zero_pose_is_the_rest_shape(body):
    b = np.random.default_rng(1).normal(0, 1, 20)
    for full in (False, True):
        posed = forward(body, b, full=full)
        assert np.abs(posed.vertices - rest_shape(body, b, full=full)).max() < 1e-5
    assert np.abs(forward(body, b).joints - joint_positions(body, b)).max() < 1e-6


def test_a_turned_root_turns_the_body_about_its_pelvis(body):
    pose = np.random.default_rng(2).normal(0, 0.3, (55, 3))
    pose[0] = 0
    still = forward(body, pose=pose)
    pose[0] = (0.3, 1.1, -0.4)
    turned = forward(body, pose=pose, transl=(1.0, 2.0, 3.0))
    pelvis = still.joints[0]
    expected = (still.vertices - pelvis) @ rodrigues(pose[0]).T + pelvis + (1, 2, 3)
    assert np.abs(turned.vertices - expected).max() < 1e-5
    assert np.abs(turned.joints[0] - pelvis - (1, 2, 3)).max() < 1e-6


def test_transforms_carry_rest_points(body):
    pose = np.random.default_rng(3).normal(0, 0.4, (55, 3))
    posed = forward(body, pose=pose, transl=(0.1, 0.2, 0.3))
    rest = joint_positions(body)
    moved = np.einsum("jab,jb->ja", posed.T_world_from_rest[:, :3, :3], rest) + posed.T_world_from_rest[:, :3, 3]
    assert np.abs(moved - posed.joints).max() < 1e-5
    # A vertex that hangs on one joint alone is carried by it rigidly.
    v = int(np.argmax(body.weights[:, 15]))
    assert body.weights[v, 15] > 0.999
    t = posed.T_world_from_rest[15]
    assert np.abs(t[:3, :3] @ body.v_template[v] + t[:3, 3] - posed.vertices[v]).max() < 1e-4


def test_an_arm_moves_nothing_else(body):
    pose = np.zeros((55, 3))
    pose[18, 1] = -1.0
    moved = np.abs(forward(body, pose=pose).vertices - body.v_template).max(1) > 1e-6
    assert body.v_template[moved, 0].min() > 0.15
    assert moved.sum() > 500


def test_shells_follow_without_changing_the_body(body):
    pose = np.random.default_rng(4).normal(0, 0.2, (55, 3))
    part, whole = forward(body, pose=pose), forward(body, pose=pose, full=True)
    assert np.abs(part.vertices - whole.vertices[: body.vertex_count]).max() < 1e-6
    assert len(whole.vertices) == len(body.full_template)


def test_bad_arguments(body):
    with pytest.raises(SpecError, match="shape coefficients"):
        forward(body, np.zeros(1000))
    with pytest.raises(SpecError, match="pose"):
        forward(body, pose=np.zeros((54, 3)))
    with pytest.raises(SpecError, match="NaN"):
        forward(body, [np.nan])


def test_it_is_fast(body):
    pose = np.random.default_rng(5).normal(0, 0.2, (55, 3))
    best = _best_of(20, lambda: forward(body, np.ones(body.shapedirs.shape[2]), pose=pose, full=True))
    assert best < 0.06


def test_catmull_clark_of_a_cube():
    faces = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    cube = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], float) * 2 - 1
    s = build_subdivision(faces, 8)
    v = s.smooth @ cube
    assert np.allclose(np.abs(v[:8]), 5 / 9, atol=1e-6), "corners"
    assert np.allclose(np.sort(np.abs(v[8:20]), 1), [0, 0.75, 0.75], atol=1e-6), "edges"
    assert np.allclose(np.sort(np.abs(v[20:]), 1), [0, 0, 1], atol=1e-6), "faces"
    assert s.quads.shape == (24, 4) and s.parent.tolist() == np.repeat(np.arange(6), 4).tolist()


def test_a_flat_sheet_stays_flat_and_keeps_its_corners():
    faces = np.array([[0, 1, 4, 3], [1, 2, 5, 4], [3, 4, 7, 6], [4, 5, 8, 7]])
    sheet = np.array([[x, y, 0.0] for y in range(3) for x in range(3)])
    s = build_subdivision(faces, 9, faces, 9)
    v = s.smooth @ sheet
    assert np.abs(v[:, 2]).max() == 0
    assert np.allclose(v[4], [1, 1, 0])
    assert np.allclose(s.linear @ sheet, s.uv @ sheet)


def test_subdivided_body(body):
    s = body_subdivision(body)
    v = s.smooth @ body.v_template
    assert v.shape == (13718 + 27420 + 13710, 3) and s.quads.shape == (4 * 13710, 4)
    assert np.abs(v[:13718] - body.v_template).max() < 0.01
    ones = np.ones((13718, 1), np.float32)
    assert np.allclose(s.smooth @ ones, 1, atol=1e-5) and np.allclose(s.linear @ ones, 1, atol=1e-5)
    ends = np.sort(np.stack([s.quads, np.roll(s.quads, -1, 1)], -1).reshape(-1, 2), 1)
    assert (np.unique(ends, axis=0, return_counts=True)[1] == 2).all(), "still closed"
    uv = s.uv @ body.uv
    assert uv.min() >= 0 and uv.max() <= 1 and s.uv_quads.max() < len(uv)
    assert _best_of(20, lambda: s.smooth @ body.v_template) < 0.08


def test_triangles_can_be_subdivided_too(body):
    s = build_subdivision(body.faces[:, :3], body.vertex_count)
    assert s.quads.shape == (3 * len(body.faces), 4)


def test_three_faces_on_an_edge_are_refused():
    with pytest.raises(SpecError, match="two faces"):
        build_subdivision(np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]]), 5)
