"""Label pictures against the conventions of the reference drawings: colours, order, sizes, signs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vivant.procgen.channels.classes import NAMES
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.conditioning import (
    ADE20K,
    ENCODINGS,
    condition_picture,
    depth_picture,
    normal_picture,
    semantic_picture,
)
from vivant.procgen.dataset.drawing import Canvas
from vivant.procgen.dataset.openpose import (
    COLORS,
    HAND_EDGES,
    LIMBS,
    POINTS,
    body_points,
    draw_body,
    draw_face,
    draw_hand,
    pose_picture,
    stroke,
)
from vivant.procgen.errors import SpecError
from vivant.tests import sample_dataset

# The reference renderer counts from 1: limbSeq of ControlNet's annotator, written down from its published drawing.
REFERENCE = [[2, 3], [2, 6], [3, 4], [4, 5], [6, 7], [7, 8], [2, 9], [9, 10], [10, 11], [2, 12], [12, 13], [13, 14],
             [2, 1], [1, 15], [15, 17], [1, 16], [16, 18]]  # fmt: skip


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory):
    return Dataset(sample_dataset.make_dataset(tmp_path_factory.mktemp("conditions") / "ds"))[0]


def test_depth_is_inverse_and_near_is_white() -> None:
    depth = np.array([[1.0, 2.0, 4.0, np.inf]], np.float32)
    assert depth_picture(depth).tolist() == [[255, 128, 64, 0]]
    assert depth_picture(depth[:, :3]).tolist() == [[255, 85, 0]]
    assert (depth_picture(np.full((2, 2), np.inf, np.float32)) == 0).all()


def test_signs_of_normals() -> None:
    normal = np.array([[[0, 0, -1.0], [1, 0, 0], [0, -1, 0], [0, 0, 0]]], np.float32)  # to the viewer, right, up, none
    assert normal_picture(normal).tolist() == [[[128, 128, 255], [255, 128, 128], [128, 255, 128], [128, 128, 255]]]
    bae = normal_picture(np.array([[[-1, 0, 0], [0, -1, 0], [0, 0, -1]]], np.float32), "bae")[0]
    assert [int(row.argmax()) for row in bae] == [0, 1, 2], "red is left, green is top, blue is front"
    midas = normal_picture(normal, "midas")
    assert np.array_equal(midas[..., ::-1], normal_picture(normal, "bae"))


def test_midas_normals_have_the_signs_of_its_own_formula() -> None:
    """A sphere: MiDaS's annotator takes x, y as the Sobel derivatives of inverse depth; ours must agree in sign."""
    y, x = np.mgrid[-0.9:0.9:41j, -0.9:0.9:41j]
    inside = x * x + y * y < 0.6
    z = np.sqrt(np.maximum(1 - x * x - y * y, 0))
    normal = np.where(inside[..., None], np.stack([x, y, -z], -1), 0).astype(np.float32)
    inverse = 1.0 / (4.0 - z)
    gy, gx = np.gradient(inverse)
    picture = normal_picture(normal, "midas").astype(float) - 127.5
    sure = inside & (np.abs(gx) > 1e-3) & (np.abs(gy) > 1e-3) & (x * x + y * y < 0.5)
    assert (np.sign(picture[..., 2])[sure] == np.sign(gx)[sure]).mean() > 0.99
    assert (np.sign(picture[..., 1])[sure] == np.sign(gy)[sure]).mean() > 0.99


def test_every_class_has_an_ade20k_colour() -> None:
    assert set(ADE20K) == set(NAMES)
    assert semantic_picture(np.array([[0, 1]], np.uint16)).tolist() == [[[0, 0, 0], [244, 180, 140]]]
    assert semantic_picture(np.array([[1, 17]], np.uint16), "ade20k").tolist() == [[[150, 5, 61], [4, 200, 3]]]


def test_limbs_are_in_the_reference_order_and_colours() -> None:
    assert [[a + 1, b + 1] for a, b in LIMBS] == REFERENCE
    assert len(POINTS) == len(COLORS) == 18
    assert COLORS[0] == (255, 0, 0) and COLORS[4] == (170, 255, 0) and COLORS[17] == (255, 0, 85)
    assert [e for e in HAND_EDGES if e[0] == 0] == [(0, 1), (0, 5), (0, 9), (0, 13), (0, 17)]
    assert len(HAND_EDGES) == 20


@pytest.mark.parametrize(
    ("size", "strokes", "expected"),
    [((512, 512), "classic", 4), ((1024, 512), "classic", 4), ((256, 256), "classic", 2), ((499, 400), "union", 4),
     ((500, 500), "union", 8), ((1024, 1024), "union", 12), ((2048, 512), "union", 16)],
)  # fmt: skip
def test_strokes_follow_the_size(size: tuple[int, int], strokes: str, expected: float) -> None:
    assert stroke(*size, strokes) == expected  # type: ignore[arg-type]


def test_a_limb_is_a_dark_ellipse_between_bright_points() -> None:
    canvas = Canvas.blank(200, 60, (0, 0, 0))
    known = {"right_shoulder": np.array([30.0, 30.0]), "right_elbow": np.array([170.0, 30.0])}
    draw_body(canvas, known, np.ones(2), 6.0)
    picture = canvas.to_uint8()
    color = np.array(COLORS[2])  # the third limb runs from shoulder to elbow
    assert np.abs(picture[30, 100] - 0.6 * color).max() <= 1
    assert tuple(picture[30, 30]) == COLORS[POINTS.index("right_shoulder")]
    assert tuple(picture[30, 170]) == COLORS[POINTS.index("right_elbow")]
    thick = [(picture[:, x].max(-1) > 60).sum() for x in (60, 100)]
    assert thick[1] == pytest.approx(12, abs=1), "twice the stroke in the middle"
    assert thick[0] < thick[1], "and thinner to the ends, as an ellipse is"


def test_ellipse_covers_its_area(rng: np.random.Generator) -> None:
    for _ in range(5):
        a, b = rng.uniform(30, 90, (2, 2))
        canvas = Canvas.blank(120, 120, (0, 0, 0))
        canvas.ellipse(a, b, 5.0, (255, 255, 255))
        area = np.pi * np.hypot(*(b - a)) / 2 * 5
        assert canvas.image[..., 0].sum() == pytest.approx(area, rel=0.04)


def test_hands_and_faces_are_drawn_when_seen_and_large_enough() -> None:
    t = np.linspace(0, 2 * np.pi, 21)
    hand = np.stack([50 + 30 * np.cos(t), 50 + 30 * np.sin(t), np.full(21, 2.0)], 1)

    def drawn(points: np.ndarray, what=draw_hand) -> np.ndarray:
        canvas = Canvas.blank(100, 100, (0, 0, 0))
        what(canvas, points, 2.0)
        return canvas.to_uint8()

    assert (drawn(hand)[tuple(hand[8, 1::-1].astype(int))] == (0, 0, 255)).all(), "points of hands are blue"
    assert drawn(hand)[..., 0].max() > 200, "the thumb is red"
    face = np.concatenate([hand] * 4)[:70]
    picture = drawn(face, draw_face)
    assert (picture == picture[..., :1]).all() and picture.max() == 255, "faces are white"
    hidden = hand.copy()
    hidden[:12, 2] = 1
    assert not drawn(hidden).any()
    small = hand * (0.1, 0.1, 1)
    assert not drawn(small).any()


def test_a_head_that_is_turned_away_has_no_face_points(frame) -> None:
    person = frame.people[0]
    points = person.keypoint_set("coco17")
    points.visibility[:] = 1
    points.occluder[:] = 2  # the person's own body
    known = body_points(person, {0, 2})
    assert "nose" not in known and "left_ear" not in known
    assert {"left_wrist", "right_knee", "neck"} <= set(known), "limbs behind one's own back are still found"
    assert body_points(person, {0}) == {}, "limbs behind other things are not"


@pytest.mark.parametrize("name", ["depth", "normal", "semantic", "pose"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_pictures_come_in_any_size(frame, name: str, encoding: str) -> None:
    for width, height in ((0, 0), (33, 17), (8, 40)):
        picture = condition_picture(frame, name, ENCODINGS[encoding], width, height)
        assert picture.shape[:2] == (height or frame.camera.height, width or frame.camera.width)
        assert picture.dtype == np.uint8
    if name == "semantic":
        assert set(map(tuple, picture.reshape(-1, 3))) <= {tuple(c) for c in semantic_picture(
            np.arange(len(NAMES))[None].astype(np.uint16), ENCODINGS[encoding].classes)[0]}, "no mixed colours"  # fmt: skip


def test_unknown_pictures_are_answered_with_the_nearest(frame) -> None:
    with pytest.raises(SpecError, match="did you mean 'depth'"):
        condition_picture(frame, "dept")


def test_pose_of_a_frame(frame, tmp_path: Path) -> None:
    assert pose_picture(frame).shape == (sample_dataset.HEIGHT, sample_dataset.WIDTH, 3)
