"""Measures of label drift against their definitions, and the gate's verdicts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from vivant.bridge.measure.detectors import square_around
from vivant.bridge.measure.distances import frechet_distance, kernel_distance
from vivant.bridge.measure.drift import labels_in
from vivant.bridge.measure.gate import judge
from vivant.bridge.measure.geometry import (
    affine_depth_error,
    aligned,
    crop_camera,
    mean_angle,
    normals_from_depth,
    silhouette_iou,
)
from vivant.bridge.measure.keypoint_scores import (
    SIGMAS,
    Detected,
    Labelled,
    average_precision,
    best_similarity,
    similarity,
)
from vivant.procgen.dataset import Dataset
from vivant.procgen.errors import SpecError
from vivant.procgen.frames import intrinsics
from vivant.tests import sample_dataset


def test_silhouettes() -> None:
    a, b = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    assert silhouette_iou(a, b) == 1.0
    a[:2], b[1:3] = True, True
    assert silhouette_iou(a, b) == pytest.approx(4 / 12)
    assert silhouette_iou(a, a) == 1.0


def test_depth_is_judged_up_to_scale_and_shift_of_its_inverse(rng: np.random.Generator) -> None:
    true = rng.uniform(1, 9, (20, 20))
    made = 1 / (3.0 / true + 0.4)
    found = affine_depth_error(made, true)
    assert found["rmse"] < 1e-9 and found["correlation"] == pytest.approx(1)
    assert affine_depth_error(np.full_like(true, 2.0), true)["rmse"] == pytest.approx(1), "a constant explains nothing"
    true[0] = np.inf
    assert affine_depth_error(made, true)["rmse"] < 1e-9
    assert math.isnan(affine_depth_error(made, np.full_like(made, np.inf))["rmse"])
    assert np.allclose(aligned(made, true)[1:], true[1:], rtol=1e-5)


@pytest.mark.parametrize("normal", [(0.0, 0.0, -1.0), (0.4, 0.2, -0.9), (-0.5, 0.3, -0.6)])
def test_normals_of_a_plane_come_back(normal: tuple[float, float, float]) -> None:
    n = np.array(normal) / np.linalg.norm(normal)
    K = intrinsics(40, 30, 50, 36, (0.05, -0.1))
    v, u = np.mgrid[:30, :40] + 0.5
    rays = np.stack([(u - K[0, 2]) / K[0, 0], (v - K[1, 2]) / K[1, 1], np.ones_like(u)], -1)
    depth = (n @ np.array([0, 0, 4.0])) / (rays @ n)
    found = normals_from_depth(depth, K)
    assert np.allclose(found[1:-1, 1:-1], n, atol=1e-5)
    assert mean_angle(found, np.broadcast_to(n, found.shape)) < 1e-2
    window = (4, 2, 24, 22)
    part = normals_from_depth(depth[2:22, 4:24], crop_camera(K, window, 20))
    assert np.allclose(part[1:-1, 1:-1], n, atol=1e-5), "a window has intrinsics of its own"


def test_angles() -> None:
    a = np.zeros((2, 2, 3))
    a[..., 2] = -1
    b = a.copy()
    b[0] = (0, -1, 0)
    assert mean_angle(a, b) == pytest.approx(45)
    assert mean_angle(a, b, np.array([[True, True], [False, False]])) == pytest.approx(90)
    assert math.isnan(mean_angle(a, np.zeros_like(a)))


def person(rng: np.random.Generator, shift: float = 0.0) -> Labelled:
    points = np.concatenate([rng.uniform(20, 80, (17, 2)) + shift, np.full((17, 1), 2.0)], 1)
    return Labelled(points, (shift + 10, shift + 10, shift + 90, shift + 90), 3000.0)


def test_perfect_keypoints_have_similarity_and_precision_of_one(rng: np.random.Generator) -> None:
    true = [person(rng), person(rng, 100)]
    found = [Detected(t.keypoints.copy(), 0.9) for t in true]
    assert best_similarity(found[::-1], true) == pytest.approx(1)
    pytest.importorskip("pycocotools")
    assert average_precision([(found, true)] * 2) == pytest.approx({"ap": 1.0, "ar": 1.0})
    assert average_precision([([], true)]) == {"ap": 0.0, "ar": 0.0}


def test_similarity_is_cocos_formula(rng: np.random.Generator) -> None:
    """pycocotools computes the same number with its own code."""
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    assert np.allclose(SIGMAS, cocoeval.Params(iouType="keypoints").kpt_oks_sigmas)
    true = person(rng)
    for spread in (1.0, 4.0, 12.0):
        moved = true.keypoints.copy()
        moved[:, :2] += rng.normal(0, spread, (17, 2))
        ours = similarity(Detected(moved, 1.0), true)
        theirs = np.exp(-((moved[:, :2] - true.keypoints[:, :2]) ** 2).sum(1)
                        / (2 * SIGMAS) ** 2 / (true.area + np.spacing(1)) / 2).mean()  # fmt: skip
        assert ours == pytest.approx(theirs)
    assert best_similarity([], [true]) == 0.0
    assert math.isnan(best_similarity([], []))


def test_average_precision_falls_as_keypoints_stray(rng: np.random.Generator) -> None:
    pytest.importorskip("pycocotools")
    true = [person(rng) for _ in range(4)]
    found = []
    for spread in (0.5, 4.0, 12.0):
        pairs = []
        for t in true:
            moved = t.keypoints.copy()
            moved[:, :2] += rng.normal(0, spread, (17, 2))
            pairs.append(([Detected(moved, 0.9)], [t]))
        found.append(average_precision(pairs)["ap"])
    assert found[0] > found[1] > found[2]


def test_distances_of_features(rng: np.random.Generator) -> None:
    x = rng.normal(size=(400, 6))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-8)
    mean, spread = np.array([1.0, -2, 0, 0, 3, 0]), np.array([1.0, 2, 0.5, 1, 1, 3])
    y = x * spread + mean  # the same sample moved: the closed form of two normals holds exactly in its own statistics
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    from scipy.linalg import sqrtm

    closed = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert frechet_distance(x, y) == pytest.approx(closed, rel=1e-6)
    halves = kernel_distance(x[:200], x[200:])
    assert abs(halves) < 0.2 < kernel_distance(x, y)
    with pytest.raises(SpecError, match="features do not match"):
        frechet_distance(x, x[:, :3])


def test_the_kernel_distance_is_unbiased(rng: np.random.Generator) -> None:
    """Of two samples of one distribution it is 0 on average, however small they are; FID's is not."""
    found = np.array([kernel_distance(*rng.normal(size=(2, 20, 5))) for _ in range(300)])
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(len(found))
    assert (found < 0).any()
    assert np.mean([frechet_distance(*rng.normal(size=(2, 20, 5))) for _ in range(20)]) > 0.3


GOOD = {"oks": 0.9, "oks_render": 0.92, "iou": 0.8, "iou_render": 0.85, "depth_rmse": 0.2, "normal_angle": 15.0}


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, "accept", ""),
        ({"oks": 0.6}, "relabel", "keypoints are found at 0.65"),
        ({"oks": 0.1}, "reject", "keypoints"),
        ({"oks": 0.1, "oks_render": 0.1}, "accept", ""),
        ({"iou": 0.5}, "relabel", "silhouettes"),
        ({"depth_rmse": 0.9}, "relabel", "depth is off by 0.90"),
        ({"depth_rmse": 1.3}, "reject", "depth"),
        ({"normal_angle": 50.0, "oks": 0.2}, "reject", "keypoints"),
        ({"normal_angle": math.nan}, "accept", ""),
    ],
)
def test_verdicts(change: dict, verdict: str, words: str) -> None:
    found = judge({**GOOD, **change})
    assert found.verdict == verdict
    assert words in "; ".join(found.reasons)
    assert bool(found.reasons) == (verdict != "accept")


def test_what_cannot_be_measured_is_not_judged() -> None:
    assert judge({}).verdict == "unjudged"


def test_labels_follow_the_picture_and_its_window(tmp_path) -> None:
    frame = Dataset(sample_dataset.make_dataset(tmp_path / "ds"))[0]
    width, height = frame.camera.width, frame.camera.height
    full = labels_in(frame, (width, height))
    assert np.array_equal(full.people, np.isin(frame["instance"], [1, 2]))
    double = labels_in(frame, (2 * width, 2 * height))
    assert np.array_equal(double.people[::2, ::2], full.people)
    assert np.allclose(double.K[:2], 2 * full.K[:2])
    window = (4, 0, 4 + height, height)
    part = labels_in(frame, (height, height), window)
    assert np.array_equal(part.people, full.people[:, 4 : 4 + height])
    for a, b in zip(full.persons, part.persons, strict=False):
        inside = b.keypoints[:, 2] > 0
        assert np.allclose(a.keypoints[inside, :2] - (4, 0), b.keypoints[inside, :2])


def test_squares_around_people_keep_their_coordinates(rng: np.random.Generator) -> None:
    rgb = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    picture, left, top, factor = square_around(rgb, (70, 5, 79, 40))
    assert picture.shape[0] == picture.shape[1] and picture.shape[0] >= 256
    assert np.array_equal(picture[(10 - top) * factor, (75 - left) * factor], rgb[10, 75])
