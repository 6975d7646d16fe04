"""Body fits against bodies that are known: derivatives of every term, and what each kind of observation is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vivant.bridge.lift.body_fit import KEYPOINTS, SURFACE, BodyFit, _Fit, fit_body
from vivant.bridge.lift.body_frames import aligned, errors
from vivant.bridge.lift.body_prior import anchor_term, limit_term, pose_prior, turning
from vivant.bridge.lift.body_problem import BodySetup, body_setup
from vivant.bridge.lift.body_terms import projected
from vivant.bridge.lift.body_view import LEVEL_CAM_FROM_WORLD, BodyView, assumed_camera, normals_from_depth
from vivant.bridge.lift.least_squares import retract
from vivant.bridge.lift.rasterise import look
from vivant.procgen.errors import LiftError
from vivant.procgen.frames import R_WORLD_FROM_SMPLX, invert_rigid, look_at
from vivant.procgen.people.body_state import vertex_normals
from vivant.procgen.people.kinematics import matrices, rotvecs
from vivant.procgen.people.model import load_body
from vivant.procgen.registry import poses

SIZE = 160


@pytest.fixture(scope="module")
def setup() -> BodySetup:
    return body_setup()


@pytest.fixture(scope="module")
def truth(setup: BodySetup) -> BodyFit:
    """Somebody who talks with their hands, half turned from the camera."""
    rng = np.random.default_rng(3)
    from vivant.procgen.people.shape import sample_phenotype

    family = poses.get("talk")
    pose = np.array(family.build(family.make(rng, sample_phenotype(rng)), 0.0))  # type: ignore[misc]
    pose[25:] = setup.model.hands_mean.reshape(-1, 3)
    pose[0] = rotvecs(matrices(np.array([0.0, 0.0, 0.5])) @ R_WORLD_FROM_SMPLX @ matrices(pose[0]))
    shape = rng.normal(0.0, 0.8, setup.space.size)
    return BodyFit(setup.space.betas(shape), pose, np.array([0.1, -0.05, 0.9]), shape)


def seen(setup: BodySetup, truth: BodyFit, angle: float, dense: bool = True) -> BodyView:
    """A view of the bare body: exact joints, and the depth, normals and mask of our own raster."""
    eye = np.array([3.0 * np.sin(angle), -3.0 * np.cos(angle), 1.3])
    T = invert_rigid(look_at(eye, np.array([0.0, 0.0, 0.9])))
    K = assumed_camera(SIZE, SIZE)
    posed = truth.posed(setup.model)
    view = BodyView(K, T, SIZE, SIZE, np.zeros((55, 2)), np.ones(55), "smplx")
    xy, _, _ = projected(view, posed.joints.astype(np.float64), None)
    view = replace(view, xy=xy)
    if not dense:
        return view
    v = posed.vertices.astype(np.float64)
    raster = look(v, setup.faces, K, T, SIZE, SIZE)
    n = raster.interpolate(setup.faces, np.asarray(vertex_normals(v, setup.faces), np.float64) @ T[:3, :3].T)
    n /= np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-9)
    return replace(view, mask=raster.hit, depth=raster.depth, normals=n)


def test_every_term_has_the_derivative_it_says(setup: BodySetup, truth: BodyFit, rng: np.random.Generator) -> None:
    view = replace(seen(setup, truth, 0.4), metric=False, world=rng.normal(0.0, 0.3, (55, 3)))
    near = replace(truth, pose=truth.pose + rng.normal(0.0, 0.08, (55, 3)), trans=truth.trans + [0.02, 0.03, -0.02])
    fit = _Fit([view], setup, near, True, 0.0, 0.35, ("silhouette", "depth", "normals"))
    x = fit.layout.pack(near.pose, near.trans, near.shape, setup.cloth_mean)
    x[fit.layout.depth :] = 0.01, 0.02
    fit.x = x
    stage = replace(SURFACE[0], world_m=0.1, gate=0.3)
    pairs = fit._pairs(stage)
    turns = tuple(range(0, fit.layout.trans, 3))
    terms = fit._terms(x, stage, pairs)
    names = {t.name for t in terms}
    assert {"landmarks", "world landmarks", "surface", "outline", "start", "pose prior"} <= names
    for k in [*rng.choice(fit.layout.trans, 12, replace=False), *range(fit.layout.trans, fit.layout.size)]:
        step = np.zeros(fit.layout.size)
        step[k] = 1e-6
        plus, minus = (fit._terms(retract(x, s * step, turns), stage, pairs) for s in (1.0, -1.0))
        for t, p, m in zip(terms, plus, minus, strict=True):
            if t.name in ("joint limits", "surface", "ground"):
                continue  # limits hold the limit still, and the other two choose sides: tested below and by what they do
            numeric = (p.residual - m.residual) / 2e-6
            assert np.abs(numeric - t.jacobian[:, k]).max() < 1e-3 * max(1.0, np.abs(t.jacobian).max()), (t.name, k)
    both = [t for t in terms if t.name == "surface"]
    assert sum(len(t.residual) for t in both) > 300


def test_turning_is_the_derivative_of_a_rotation_vector(rng: np.random.Generator) -> None:
    for size in (1e-6, 0.3, 2.0, 3.0):
        r = rng.normal(0.0, 1.0, 3)
        r *= size / np.linalg.norm(r)
        J = turning(r)
        for k in range(3):
            step = np.zeros(3)
            step[k] = 1e-6
            numeric = (rotvecs(matrices(step) @ matrices(r)) - rotvecs(matrices(-step) @ matrices(r))) / 2e-6
            assert np.abs(numeric - J[:, k]).max() < 1e-5


def test_priors_are_silent_where_they_should_be(setup: BodySetup) -> None:
    prior = pose_prior()
    pose = np.zeros((55, 3))
    pose[1:22] = prior.means[3].reshape(21, 3)
    assert prior.nearest(pose) == 3
    assert np.abs(prior.term(pose, 3, 1.0, 200).residual).max() < 1e-9
    assert limit_term(np.zeros((55, 3)), np.arange(22), 0.05, 200) is None
    broken = np.zeros((55, 3))
    broken[4] = [-1.2, 0.0, 0.0]  # a knee bent forwards
    assert limit_term(broken, np.arange(22), 0.05, 200) is not None
    assert np.abs(anchor_term(pose, pose, setup.bones, np.arange(22), 0.3, 0.1, 200).residual).max() < 1e-9


def test_depth_beats_landmarks_alone_and_two_views_beat_one(setup: BodySetup, truth: BodyFit) -> None:
    one = fit_body([seen(setup, truth, 0.3, dense=False)], setup)
    two = fit_body([seen(setup, truth, a, dense=False) for a in (0.3, 1.3)], setup)
    deep = fit_body([seen(setup, truth, 0.3)], setup)
    scores = [errors(f, truth, setup.model) for f in (one, two, deep)]
    assert scores[1]["mpjpe"] < 0.012
    assert scores[2]["mpjpe"] < 0.015
    assert scores[2]["pve"] < 0.020
    assert max(scores[1]["mpjpe"], scores[2]["mpjpe"]) < scores[0]["mpjpe"]
    assert max(deep.cloth.values()) < 0.02  # nothing is worn


def test_relative_depth_finds_its_scale(setup: BodySetup, truth: BodyFit) -> None:
    view = seen(setup, truth, 0.3)
    assert view.depth is not None
    told = replace(view, depth=(view.depth - 0.4) / 1.2, metric=False)
    fit = fit_body([told, seen(setup, truth, 1.2, dense=False)], setup)
    assert np.exp(fit.depth[0, 0]) == pytest.approx(1.2, abs=0.12)
    assert errors(fit, truth, setup.model)["mpjpe"] < 0.02


def test_a_known_start_keeps_its_twist(setup: BodySetup, truth: BodyFit) -> None:
    """Landmarks do not show how a forearm is twisted: what the start says of it stays."""
    start = replace(truth, pose=truth.pose.copy())
    fit = fit_body([seen(setup, truth, 0.3, dense=False)], setup, start=start, anchor=True)
    assert errors(fit, truth, setup.model)["mpjpe"] < 0.015
    away = rotvecs(matrices(fit.pose[1:22]) @ np.swapaxes(matrices(start.pose[1:22]), 1, 2))
    assert np.linalg.norm(away, axis=1).max() < 0.12


def test_a_foreign_body_file_is_fitted_too(truth: BodyFit) -> None:
    """A file without named parts, shapes of people or packed extras, as SMPL-X files are."""
    model = replace(load_body(), phenotype={}, face_part=None, part_names=(), feature_names=(), name="theirs")
    theirs = body_setup(model)
    assert theirs.space.size == 10
    shape = np.array([0.5, -0.5, 0.3, 0.0, 0.2, 0.0, 0.0, -0.3, 0.0, 0.1])
    wanted = replace(truth, betas=theirs.space.betas(shape), shape=shape)
    fit = fit_body([seen(theirs, wanted, a, dense=False) for a in (0.3, 1.3)], theirs)
    assert errors(fit, wanted, model)["mpjpe"] < 0.015


def test_bad_input_is_said(setup: BodySetup, truth: BodyFit) -> None:
    with pytest.raises(LiftError, match="no picture"):
        fit_body([], setup)
    view = seen(setup, truth, 0.3, dense=False)
    with pytest.raises(LiftError, match="too few landmarks"):
        fit_body([replace(view, confidence=np.zeros(55))], setup)
    with pytest.raises(LiftError, match="does not fit"):
        replace(view, mask=np.zeros((3, 4), bool))
    with pytest.raises(LiftError, match="camera"):
        replace(view, K=np.full((3, 3), np.nan))
    # Inconsistent observations give a body all the same, never a crash.
    wrong = fit_body([replace(view, xy=view.xy[::-1].copy())], setup)
    assert np.isfinite(wrong.pose).all()
    assert len(KEYPOINTS) > 2
    assert np.allclose(LEVEL_CAM_FROM_WORLD[:3, :3] @ LEVEL_CAM_FROM_WORLD[:3, :3].T, np.eye(3))


def test_normals_of_depth_are_those_of_the_surface(setup: BodySetup, truth: BodyFit) -> None:
    view = seen(setup, truth, 0.3)
    assert view.depth is not None and view.mask is not None and view.normals is not None
    got = normals_from_depth(np.where(view.mask, view.depth, 0.0), view.K)
    inner = view.mask.copy()
    for _ in range(3):
        inner[1:-1, 1:-1] &= inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
    cosine = (got * view.normals).sum(-1)[inner]
    assert np.median(cosine) > 0.97


def test_alignment_undoes_a_similarity(rng: np.random.Generator) -> None:
    points = rng.normal(0.0, 1.0, (30, 3))
    moved = 1.7 * points @ matrices(np.array([0.3, -0.8, 0.5])).T + [1.0, 2.0, 3.0]
    assert np.abs(aligned(points, moved) - moved).max() < 1e-9
