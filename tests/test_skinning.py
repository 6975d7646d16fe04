"""Skinning weights of clothes, eyes and mouth: what the rig of `vivant person` is made of."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen.geometry import Mesh, SceneObject
from vivant.procgen.people.body_state import BodyState, pose_body
from vivant.procgen.people.model import load_body
from vivant.procgen.people.shape import Phenotype, betas_from_phenotype
from vivant.procgen.people.skinning import Skinner


@pytest.fixture(scope="module")
def body() -> BodyState:
    model = load_body()
    betas = betas_from_phenotype(model, Phenotype())
    return pose_body(model, Phenotype(), betas, np.zeros(model.exprdirs.shape[2]), np.zeros((55, 3)), np.eye(4))


def part(vertices: np.ndarray, semantic: str = "upper_clothes") -> SceneObject:
    return SceneObject("part", Mesh(vertices.astype(np.float32), np.array([[0, 1, 2]], np.int32), ()), semantic)


def test_weights_on_the_skin_are_the_bodys(body: BodyState) -> None:
    skinning = Skinner(body).at(body.posed[: body.count : 97])
    exact = body.weights[: body.count : 97]
    got = np.zeros_like(exact)
    np.put_along_axis(got, skinning.joints, skinning.weights, 1)
    assert np.abs(got - exact).mean() < 0.01
    assert np.quantile(np.abs(got - exact).max(1), 0.95) < 0.2


def test_rows_sum_to_one_and_the_largest_comes_first(body: BodyState, rng: np.random.Generator) -> None:
    points = body.posed[rng.integers(0, body.count, 500)] + rng.normal(0, 0.05, (500, 3))
    skinning = Skinner(body).at(points)
    assert np.allclose(skinning.weights.sum(1), 1.0, atol=1e-6)
    assert (np.diff(skinning.weights, axis=1) <= 1e-7).all()
    assert (skinning.joints >= 0).all() and (skinning.joints < 55).all()


def test_a_sleeve_follows_its_own_arm(body: BodyState) -> None:
    elbow, wrist = body.joints[body.joint("left_elbow")], body.joints[body.joint("left_wrist")]
    ring = (elbow + wrist) / 2 + 0.06 * np.array([[0, 0, 1.0], [0, 0, -1.0], [0, 1.0, 0]])
    skinning = Skinner(body).skin(part(ring))
    names = {
        body.model.joint_names[j]
        for j, w in zip(skinning.joints.ravel(), skinning.weights.ravel(), strict=True)
        if w > 0.05
    }
    assert names <= {"left_elbow", "left_wrist", "left_shoulder"}


def test_each_eye_turns_with_its_own_joint(body: BodyState) -> None:
    eyes = [body.joint("left_eye_smplhf"), body.joint("right_eye_smplhf")]
    points = np.concatenate([body.joints[e] + 0.01 * np.eye(3) for e in eyes])
    skinning = Skinner(body).skin(part(points, "eyes"))
    assert skinning.joints[:, 0].tolist() == [eyes[0]] * 3 + [eyes[1]] * 3
    assert (skinning.weights[:, 0] == 1.0).all()


def test_lower_teeth_open_with_the_jaw(body: BodyState) -> None:
    mouth = body.joints[[body.joint("jaw")]] + [[0.0, -0.05, 0.0]]
    for name, joint in (("upper_teeth", "head"), ("lower_teeth", "jaw")):
        teeth = SceneObject(name, Mesh(np.repeat(mouth, 3, 0).astype(np.float32), np.array([[0, 1, 2]]), ()), "teeth")
        skinning = Skinner(body).skin(teeth)
        assert (skinning.joints[:, 0] == body.joint(joint)).all() and (skinning.weights[:, 0] == 1.0).all()
