"""Derivatives of posed points against finite differences, and the points against the body model's own skinning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vivant.bridge.lift.body_posing import (
    BodyParameters,
    chain_of,
    joints_of,
    points_at,
    points_with_jacobian,
    vertices_of,
)
from vivant.bridge.lift.body_shape import shape_space
from vivant.procgen.people.kinematics import matrices
from vivant.procgen.people.lbs import forward
from vivant.procgen.people.model import load_body

ACTIVE = np.arange(22)


def drawn(rng: np.random.Generator, space_size: int) -> tuple[np.ndarray, BodyParameters]:
    pose = rng.normal(0.0, 0.35, (55, 3))
    return pose, BodyParameters(matrices(pose), rng.normal(0.0, 1.0, 3), rng.normal(0.0, 1.0, space_size))


def test_points_are_those_of_the_body_model(rng: np.random.Generator) -> None:
    model, space = load_body(), shape_space()
    vertices = vertices_of(model, space)
    joints = joints_of(model, vertices)
    pose, at = drawn(rng, space.size)
    chain = chain_of(model.parents, joints, at.local, at.trans, at.shape)
    posed = forward(model, space.betas(at.shape), None, pose, at.trans)
    assert np.abs(points_at(chain, vertices) - posed.vertices).max() < 2e-6
    assert np.abs(chain.at - posed.joints).max() < 2e-6
    assert np.abs(points_at(chain, joints) - posed.joints).max() < 2e-6


@pytest.mark.parametrize("correctives", [False, True])
def test_jacobian_equals_finite_differences(rng: np.random.Generator, correctives: bool) -> None:
    model, space = load_body(), shape_space()
    vertices = vertices_of(model, space)
    joints = joints_of(model, vertices)
    points = vertices.rows(rng.choice(len(vertices), 40, replace=False))
    if correctives:
        points = replace(points, correctives=rng.normal(0.0, 0.01, (40, 3, 9 * 54)))
    _, at = drawn(rng, space.size)

    def posed(p: BodyParameters) -> np.ndarray:
        return points_at(chain_of(model.parents, joints, p.local, p.trans, p.shape), points)

    got, J = points_with_jacobian(chain_of(model.parents, joints, at.local, at.trans, at.shape), points, ACTIVE)
    assert np.abs(got - posed(at)).max() < 1e-12
    size = 3 * len(ACTIVE) + 3 + space.size
    assert J.shape == (40, 3, size)
    for k in range(size):
        step = np.zeros(size)
        step[k] = 1e-5
        numeric = (posed(at.moved(step, ACTIVE)) - posed(at.moved(-step, ACTIVE))) / 2e-5
        assert np.abs(numeric - J[:, :, k]).max() < 1e-8, k


def test_shape_space_keeps_a_body_of_its_own_population(rng: np.random.Generator) -> None:
    """Sixteen coefficients carry people who were not among those that the space was made from to a few millimetres."""
    from vivant.procgen.people.shape import PhenotypeRanges, betas_from_phenotypes, sample_phenotype

    model, space = load_body(), shape_space()
    people = [sample_phenotype(rng, PhenotypeRanges()) for _ in range(4)]
    for betas in betas_from_phenotypes(model, people):
        shape = space.nearest(model, betas)
        error = np.linalg.norm(model.shapedirs[::5] @ (space.betas(shape) - betas), axis=-1)
        assert error.mean() < 0.006
        assert np.abs(shape).max() < 4.5
