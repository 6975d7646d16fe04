"""Keypoints and expressions: names, sides, and faces that move where they should."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from vivant.procgen.errors import SpecError
from vivant.procgen.people.expression import PRESETS, apply_poses, expression_from_arkit, sample_expression
from vivant.procgen.people.keypoints import SETS, keypoint_names, keypoints, keypoints_of
from vivant.procgen.people.lbs import forward, rest_shape
from vivant.procgen.people.model import load_body


@pytest.fixture(scope="module")
def body():
    return load_body()


def named(body, name, posed):
    points = keypoints_of(name, body, posed.vertices, posed.joints)
    return dict(zip(keypoint_names(name), points, strict=True))


def test_sizes_and_names():
    assert {k: len(v) for k, v in SETS.items()} == {"coco17": 17, "coco_wholebody": 133, "smplx": 144}
    for names in SETS.values():
        assert len(set(names)) == len(names)
    with pytest.raises(SpecError):
        keypoint_names("mpii")


def test_left_is_the_persons_left(body):
    for name in SETS:
        for key, p in named(body, name, forward(body)).items():
            if key.startswith(("left_", "face_left_")):
                assert p[0] > 0, key
            if key.startswith(("right_", "face_right_")):
                assert p[0] < 0, key


def test_the_two_sides_mirror(body):
    points = named(body, "coco_wholebody", forward(body))
    for key, p in points.items():
        if key.startswith("left_"):
            assert np.abs(p * (-1, 1, 1) - points["right_" + key[5:]]).max() < 2e-3, key


def test_face_landmarks_are_where_faces_have_them(body):
    p = named(body, "coco_wholebody", forward(body))
    up = {k: v[1] for k, v in p.items()}
    assert up["face_left_brow_3"] > up["face_left_eye_2"] > up["face_left_eye_5"] > up["face_nose_4"]
    assert up["face_nose_4"] > up["face_mouth_outer_4"] > up["face_mouth_outer_10"] > up["face_contour_9"]
    assert abs(p["face_contour_9"][0]) < 1e-3 and abs(p["face_nose_4"][0]) < 1e-3
    assert p["face_contour_1"][0] < 0 < p["face_contour_17"][0], "the contour runs from the person's right"
    # Inner mouth corners lie on the lips, not in the mouth cavity behind the teeth.
    assert abs(p["face_mouth_inner_1"][2] - p["face_mouth_outer_1"][2]) < 0.006
    assert np.linalg.norm(p["left_eye"] - p["right_eye"]) == pytest.approx(0.062, abs=0.005)


def test_fingertips_and_feet(body):
    p = named(body, "coco_wholebody", forward(body))
    for finger in ("index", "middle", "ring", "pinky"):
        chain = [p[f"left_{finger}_{i}"][0] for i in (1, 2, 3, "tip")]
        assert chain == sorted(chain)
    floor = body.v_template[:, 1].min()
    for side in ("left", "right"):
        assert p[f"{side}_heel"][2] < p[f"{side}_ankle"][2] < p[f"{side}_big_toe"][2]
        assert abs(p[f"{side}_big_toe"][0]) < abs(p[f"{side}_small_toe"][0])
        assert p[f"{side}_heel"][1] - floor < 0.06 and p[f"{side}_big_toe"][1] - floor < 0.04


def test_keypoints_of_a_posed_body_object(body):
    posed = forward(body, transl=(1, 2, 3))
    state = SimpleNamespace(model=body, posed=posed.vertices, joints=posed.joints)
    assert np.allclose(keypoints("coco17", state), keypoints_of("coco17", body, posed.vertices, posed.joints))
    assert np.allclose(keypoints("coco17", state)[5], posed.joints[16])


def test_actions_move_what_they_name(body):
    quiet = named(body, "coco_wholebody", forward(body))

    def act(**activations):
        e, p = expression_from_arkit(body, activations)
        return named(body, "coco_wholebody", forward(body, None, e, apply_poses(np.zeros((55, 3)), p)))

    opened = act(jawOpen=1.0)
    assert quiet["face_contour_9"][1] - opened["face_contour_9"][1] > 0.012
    assert np.abs(quiet["face_nose_4"] - opened["face_nose_4"]).max() < 0.003
    blink = act(eyeBlinkLeft=1.0)
    gap = lambda p, side: p[f"face_{side}_eye_2"][1] - p[f"face_{side}_eye_6"][1]  # noqa: E731
    assert gap(blink, "left") < 0.35 * gap(quiet, "left")
    assert gap(blink, "right") == pytest.approx(gap(quiet, "right"), abs=2e-4)
    smile = act(mouthSmileLeft=1.0, mouthSmileRight=1.0)
    assert smile["face_mouth_outer_1"][1] > quiet["face_mouth_outer_1"][1] + 0.002
    look = act(eyeLookOutLeft=1.0, eyeLookInRight=1.0)
    assert look["left_eye"][0] > quiet["left_eye"][0] + 0.002
    assert look["right_eye"][0] > quiet["right_eye"][0] + 0.002


def test_eyes_stay_round_when_they_look_around(body):
    e, p = expression_from_arkit(body, {"eyeLookUpLeft": 1.0})
    ids = body.landmarks["landmark_eyeball_left"].astype(int)
    before, after = body.v_template[ids], forward(body, None, e, apply_poses(np.zeros((55, 3)), p)).vertices[ids]
    d0 = np.linalg.norm(before[:, None] - before[None], axis=-1)
    d1 = np.linalg.norm(after[:, None] - after[None], axis=-1)
    assert np.abs(d0 - d1).max() < 1e-3


def test_presets_and_sampling(body):
    for name, activations in PRESETS.items():
        e, _ = expression_from_arkit(body, activations)
        assert np.isfinite(e).all() and len(e) == body.exprdirs.shape[2], name
    rng = np.random.default_rng(0)
    for _ in range(50):
        activations = sample_expression(rng)
        assert all(0 <= v <= 1 for v in activations.values())
        expression_from_arkit(body, activations)
    assert sample_expression(np.random.default_rng(3)) == sample_expression(np.random.default_rng(3))
    with pytest.raises(SpecError, match="did you mean"):
        expression_from_arkit(body, {"jawOpn": 1.0})


def test_expressions_leave_the_body_alone(body):
    e, _ = expression_from_arkit(body, {n: 1.0 for n in body.arkit_names})
    moved = np.abs(rest_shape(body, None, e) - body.v_template).max(1) > 1e-6
    assert body.v_template[moved][:, 1].min() > (body.J_regressor @ body.v_template)[9, 1]
