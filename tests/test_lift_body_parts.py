"""The body and texture parts of `vivant lift`, on a rendered-by-ourselves view, without Blender."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vivant.bridge.lift.body_light import fit_light, harmonics, kinds_of, without_light
from vivant.bridge.lift.body_problem import body_setup
from vivant.bridge.lift.body_view import LEVEL_CAM_FROM_WORLD, assumed_camera
from vivant.bridge.lift.detectors import PoseMarks
from vivant.bridge.lift.parts import body as body_part
from vivant.bridge.lift.parts.texture import lift_texture
from vivant.bridge.lift.rasterise import look
from vivant.bridge.lift.result import LiftResult, PartResult, read_result, write_result
from vivant.bridge.lift.run import LiftOptions, planned
from vivant.bridge.lift.subject import Subject, View
from vivant.bridge.lift.tone import Tone
from vivant.procgen.color_names import srgb_from_linear
from vivant.procgen.errors import LiftError, SpecError
from vivant.procgen.frames import R_WORLD_FROM_SMPLX
from vivant.procgen.people.kinematics import rotvecs
from vivant.procgen.people.lbs import forward
from vivant.procgen.people.model import load_body

SIZE = 192


@pytest.fixture(scope="module")
def pictured() -> tuple[View, PoseMarks, np.ndarray]:
    """A bare mean body three metres away, its depth, and the landmarks that a perfect detector would find."""
    setup = body_setup()
    pose = np.zeros((55, 3))
    pose[0] = rotvecs(R_WORLD_FROM_SMPLX)
    pose[16, 2], pose[17, 2] = -1.0, 1.0
    chain = setup.chain(pose, np.array([0.0, 3.0, 0.0]), np.zeros(setup.space.size))
    v, _ = setup.posed(chain)
    K = assumed_camera(SIZE, SIZE)
    raster = look(v, setup.faces, K, LEVEL_CAM_FROM_WORLD, SIZE, SIZE)
    rgb = np.full((SIZE, SIZE, 3), 60, np.uint8)
    rgb[raster.hit] = (200, 120, 90)
    from vivant.bridge.lift.body_posing import points_at
    from vivant.procgen.frames import project

    xy, _ = project(K, LEVEL_CAM_FROM_WORLD, points_at(chain, setup.landmarks("mediapipe").points))
    marks = PoseMarks(xy, np.ones(33), np.zeros((33, 3)), raster.hit.astype(np.float32))
    view = View("photo", rgb, raster.depth.astype(np.float32), None, raster.hit, K, LEVEL_CAM_FROM_WORLD)
    return view, marks, v


@pytest.fixture
def seeing(pictured, monkeypatch: pytest.MonkeyPatch) -> View:
    """The detector is not what is tested here: it needs MediaPipe, and its errors are measured elsewhere."""
    view, marks, _ = pictured
    monkeypatch.setattr(body_part, "marks_of", lambda rgb, box, mask: marks)
    monkeypatch.setattr(body_part, "hands_of", lambda rgb, xy, confidence: {})
    # Landmarks in space are a guess of the network; without one the fit tries every way to face.
    plain = body_part.BodyView

    def no_guess(*args, **kwargs):
        args = list(args)
        args[7] = None
        return plain(*args, **kwargs)

    monkeypatch.setattr(body_part, "BodyView", no_guess)
    return view


def test_body_and_texture_of_a_known_picture(seeing: View, pictured, tmp_path: Path) -> None:
    options = LiftOptions(("body", "texture"), settings={"size": "128"})
    subject = Subject("somebody", (seeing,))
    body = body_part.lift_body(subject, {}, options)
    assert np.linalg.norm(body.arrays["vertices"] - pictured[2], axis=1).mean() < 0.02
    assert body.facts["surface_median_mm"] == pytest.approx(0.0, abs=8.0)
    assert body.facts["landmark_error"] < 0.05
    assert set(body.pictures) == {"overlay", "residual"}
    assert body.arrays["poses"].shape == (1, 165)
    folder = write_result(tmp_path, LiftResult("somebody", {}, {"body": body}))
    assert np.allclose(read_result(folder).parts["body"].arrays["betas"], body.arrays["betas"])
    assert (folder / "body_overlay.png").is_file()
    texture = lift_texture(subject, {"body": body}, options)
    color = texture.pictures["color"]
    assert color.shape == (128, 128, 3)
    assert 0.08 < texture.facts["seen_share"] < 0.7
    # One colour was photographed: every texel has it, whatever the light was taken to be.
    assert np.abs(color.astype(int) - [200, 120, 90]).max() < 12
    # As it was developed, to the last step; and with its tone curve undone, where a frame says which.
    toned = replace(subject.views[0], tone=Tone("AgX", "AgX - Medium High Contrast", 1.0))
    kept, undone = (
        lift_texture(Subject("a", (toned,)), {"body": body}, LiftOptions(settings={"size": 64, **how})).pictures["color"]
        for how in ({"light": "keep"}, {})
    )
    assert np.abs(kept.astype(int) - [200, 120, 90]).max() <= 1
    wanted = srgb_from_linear(toned.tone.linear(np.array([[[200, 120, 90]]], np.uint8))[0, 0])
    assert np.median(np.abs(undone / 255.0 - wanted)) < 0.05 < np.abs(wanted - np.array([200, 120, 90]) / 255.0).max()


def test_the_body_has_the_expression_of_the_face(seeing: View) -> None:
    model = load_body()
    names = np.array(model.arkit_names)
    actions = np.zeros((1, len(names)))
    actions[0, list(names).index("jawOpen")], actions[0, list(names).index("mouthSmileLeft")] = 0.6, 0.8
    face = PartResult({}, {"exp": actions, "exp_names": names})
    subject, options = Subject("somebody", (seeing,)), LiftOptions(("face", "body"))
    still, smiling = (body_part.lift_body(subject, found, options).arrays for found in ({}, {"face": face}))
    assert not still["expression"].any()
    assert smiling["expression"] == pytest.approx(actions[0] @ model.arkit_to_expression, abs=1e-5)
    assert np.linalg.norm(smiling["jaw_pose"]) > 0.05 > np.linalg.norm(still["jaw_pose"])
    # What is written says what is shown, in the format's own words.
    pose = smiling["poses"].reshape(55, 3)
    again = forward(model, smiling["betas"], smiling["expression"], pose, smiling["transl"])
    assert np.abs(again.vertices[: model.vertex_count] - smiling["vertices"][: model.vertex_count]).max() < 1e-5
    moved = np.linalg.norm(smiling["vertices"] - still["vertices"], axis=1)
    assert moved[: model.vertex_count][model.regions["face"] > 0.5].max() > 0.01
    assert moved[: model.vertex_count][model.weights[:, [12, 15, 22, 23, 24]].sum(1) < 1e-6].max() < 1e-6
    clip = PartResult({}, {"exp": np.repeat(actions, 2, 0), "exp_names": names})
    assert not body_part.expression_of(clip, model)[0].any()


def test_what_cannot_be_lifted_is_said(seeing: View, monkeypatch: pytest.MonkeyPatch) -> None:
    options = LiftOptions(("body",), settings={"ground": "low"})
    with pytest.raises(SpecError, match="ground"):
        body_part.lift_body(Subject("a", (seeing,)), {}, options)
    monkeypatch.setattr(body_part, "marks_of", lambda rgb, box, mask: None)
    with pytest.raises(LiftError, match="nobody is found"):
        body_part.lift_body(Subject("a", (seeing,)), {}, LiftOptions())
    assert planned(["texture"]) == ["body", "texture"]


def test_several_photographs_without_cameras_use_one(seeing: View) -> None:
    bare = replace(seeing, K=None, T_cam_from_world=None, depth=None, mask=None)
    found = body_part.lift_body(Subject("a", (bare, bare)), {}, LiftOptions())
    assert found.facts["views"] == ["photo"]
    assert any("cameras" in n for n in found.facts["notes"])
    assert any("lens" in n for n in found.facts["notes"])


def test_light_is_told_from_paint(rng: np.random.Generator) -> None:
    n = rng.normal(0.0, 1.0, (4000, 3))
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    paint = np.array([[0.7, 0.5, 0.4], [0.1, 0.2, 0.5]])
    kind = rng.integers(0, 2, 4000)
    light = np.zeros((9, 3))
    light[0], light[3], light[1] = 1.0, 0.45, 0.2
    shade = harmonics(n) @ light
    seen = paint[kind] * shade
    found = fit_light(seen, n, np.ones(4000), kinds_of(seen, np.ones(4000), np.zeros(4000, np.int64)))
    flat = without_light(seen, n, found)
    wanted = paint[kind] * (flat.sum() / paint[kind].sum())
    assert np.sqrt(((flat - wanted) ** 2).mean()) < 0.25 * np.sqrt(((seen - paint[kind]) ** 2).mean())
    even = fit_light(paint[kind], n, np.ones(4000), kind)
    assert np.abs(harmonics(n) @ even - 1.0).max() < 0.05
