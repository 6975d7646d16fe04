"""Faces in pictures as people have them, found by the real detector: good ones, and every kind of bad one.

The pictures are rendered from people of our own (`tools.lift_heads`; `vivant generate D --frames 8 --fps 8 --motion wave --seed 3`).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from vivant.addon import cli
from vivant.bridge.lift.animating import lifted_motion
from vivant.bridge.lift.result import list_results, read_result

pytest.importorskip("mediapipe", reason="pip install 'vivant[lift]'")

from vivant.bridge.lift import detectors
from vivant.bridge.lift.detectors import FaceMarks, find_faces, find_hands, find_pose, one_face
from vivant.bridge.lift.landmark_errors import mirror_order
from vivant.procgen.errors import LiftError
from vivant.procgen.people.skeleton import JOINT_NAMES

PICTURES = Path(__file__).resolve().parent / "pictures"


@pytest.fixture(scope="module")
def front() -> np.ndarray:
    return np.asarray(Image.open(PICTURES / "front.png").convert("RGB"))


@pytest.fixture(scope="module")
def turned() -> np.ndarray:
    return np.asarray(Image.open(PICTURES / "turned.png").convert("RGB"))


def save(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)
    return path


def test_landmarks_follow_the_picture(front: np.ndarray) -> None:
    alone = find_faces(front)[0]
    wide = np.full((400, 700, 3), 120, np.uint8)
    wide[150:342, 420:612] = front
    moved = find_faces(wide)[0]
    assert np.abs(moved.points - [420, 150] - alone.points).max() < 0.03 * alone.size
    mirrored = find_faces(np.ascontiguousarray(front[:, ::-1]))[0]
    assert mirrored.points[468, 0] == pytest.approx(192 - alone.points[473, 0], abs=0.04 * alone.size)
    x0, y0, x1, y1 = alone.box
    assert 60 < x1 - x0 < 130
    assert y0 < alone.points[1, 1] < y1


def test_a_face_that_is_missed_is_found_in_the_mirror(front: np.ndarray, turned: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = detectors._measured
    looked: list[float] = []

    def blind(rgb: np.ndarray, box: tuple[float, ...], margin: float) -> FaceMarks | None:
        looked.append(margin)
        return plain(rgb, box, margin) if len(looked) == 4 else None

    for picture in (front, turned):
        found = find_faces(picture)[0]
        looked.clear()
        with monkeypatch.context() as patch:
            patch.setattr(detectors, "_measured", blind)
            mirrored = find_faces(picture, [found.box])[0]
        assert looked == [1.0, 1.0, 0.6, 0.6]
        # Every point has its own name again, irises and all: left is left.
        apart = np.linalg.norm(mirrored.points - found.points, axis=1)
        assert apart[[33, 133, 362, 263, 61, 291, 1, *range(468, 478)]].max() < 0.04 * found.size
        assert np.median(apart) < 0.02 * found.size
    order = mirror_order()
    assert (order[order] == np.arange(478)).all()


def test_the_largest_of_several_faces(front: np.ndarray, turned: np.ndarray) -> None:
    both = np.full((400, 640, 3), 130, np.uint8)
    both[4:388, 0:384] = front.repeat(2, 0).repeat(2, 1)
    both[100:292, 430:622] = turned
    assert len(find_faces(both)) == 2
    face, notes = one_face(both, "two")
    assert face.box[2] < 384
    assert notes == ["2 faces: the largest is used"]
    assert find_faces(both, [(430.0, 100.0, 622.0, 292.0)])[0].box[0] > 430


def test_no_face_and_faces_that_lie(front: np.ndarray) -> None:
    grass = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    with pytest.raises(LiftError, match="no face is found"):
        one_face(grass, "grass")
    upright = one_face(front, "upright")[0]
    for k, back in (
        (1, lambda p: np.stack([192 - p[:, 1], p[:, 0]], 1)),
        (2, lambda p: 192 - p),
        (3, lambda p: np.stack([p[:, 1], 192 - p[:, 0]], 1)),
    ):
        lying, notes = one_face(np.ascontiguousarray(np.rot90(front, k)), "lying")
        assert "turned by" in notes[0]
        assert np.abs(back(lying.points) - upright.points)[:468].mean() < 0.03 * upright.size
    small = np.asarray(Image.fromarray(front).resize((14, 14)))
    tiny = np.full((300, 300, 3), 140, np.uint8)
    tiny[100:114, 100:114] = small
    with pytest.raises(LiftError, match=r"no face is found|too small"):
        one_face(tiny, "far away")
    assert find_pose(grass) is None
    assert find_hands(grass) == []


def test_good_and_bad_pictures_in_one_run(
    tmp_path: Path, front: np.ndarray, turned: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    save(folder / "front.jpg", front)
    save(folder / "grey.png", front[..., 0])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.ascontiguousarray(np.rot90(front))).save(folder / "camera.jpg", exif=exif, quality=95)
    alpha = np.full((192, 192), 255, np.uint8)
    alpha[:, :20] = 0
    save(folder / "cut.png", np.dstack([front, alpha]))
    hidden = front.copy()
    hidden[105:] = 128
    save(folder / "mask.png", hidden)
    save(folder / "black.png", np.zeros((64, 64, 3), np.uint8))
    (folder / "half.jpg").write_bytes((folder / "front.jpg").read_bytes()[:2000])
    out = tmp_path / "out"
    assert cli.run(["lift", str(folder), "-o", str(out), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert {"black", "half"} <= set(report["failed"])
    assert all("\n" not in why for why in report["failed"].values())
    assert {"front", "grey", "camera", "cut"} <= set(report["made"])
    whole, stored = report["found"]["front"]["face"], report["found"]["camera"]["face"]
    assert any("upright" in n for n in stored["notes"])
    assert stored["box"] == pytest.approx(whole["box"], abs=4)
    assert any("grey" in n for n in report["found"]["grey"]["face"]["notes"])
    # Half a face under grey: refused, or said to be doubtful, or at least not taken as a full one.
    if "mask" in report["made"]:
        covered = report["found"]["mask"]["face"]
        assert covered["notes"] or covered["landmark_error_percent"] > whole["landmark_error_percent"]
    assert list_results(out) == sorted(report["made"])
    face = read_result(out / "subjects" / "front").parts["face"]
    assert face.arrays["shape"].shape[0] == 1
    assert face.arrays["light"].shape == (1, 9, 3)
    assert face.facts["landmark_error_percent"] < 6
    assert abs(face.facts["yaw_deg"]) < 8
    overlay = np.asarray(Image.open(out / "subjects" / "front" / "face_overlay.png"))
    assert overlay.shape[0] > 300


def test_a_turned_face_is_seen_from_its_side(tmp_path: Path, turned: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "turned.png", turned)
    assert cli.run(["lift", str(tmp_path / "turned.png"), "-o", str(tmp_path / "out"), "--json", "--set", "dense=0"]) == 0
    face = json.loads(capsys.readouterr().out)["found"]["turned"]["face"]
    # Rendered from 30 degrees to the person's right.
    assert face["yaw_deg"] == pytest.approx(-30, abs=9)
    assert cli.run(["lift", str(tmp_path / "turned.png"), "-o", str(tmp_path / "two"), "--set", "depth=deep"]) == 2
    assert "metric or relative" in capsys.readouterr().err


def test_a_sequence_with_a_dropped_picture(tmp_path: Path, front: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    noise = np.random.default_rng(1).integers(0, 255, front.shape).astype(np.uint8)
    for i, pixels in enumerate((front, noise, np.roll(front, 4, 1))):
        save(folder / f"{i:03d}.png", pixels)
    assert cli.run(["lift", str(folder), "-o", str(tmp_path / "out"), "--sequence", "--fps", "25", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["found"]["clip"]["face"]
    assert (made["missing"], made["fps"]) == ([1], 25.0)
    lines = (tmp_path / "out" / "subjects" / "clip" / "face_live_link.csv").read_text().splitlines()
    assert len(lines) == 4
    save(folder / "003.png", front[:100])
    assert cli.run(["lift", str(folder), "-o", str(tmp_path / "two"), "--sequence"]) == 1
    assert "differ in size" in capsys.readouterr().err


def test_a_clip_of_a_body_and_its_face(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who waves, and a picture in which nobody is: one shape, a raised hand, a course without gaps, one motion file."""
    folder = tmp_path / "clip"
    folder.mkdir()
    waving = [np.asarray(Image.open(PICTURES / f"waving_{k}.jpg").convert("RGB")) for k in range(3)]
    noise = np.random.default_rng(1).integers(0, 255, waving[0].shape).astype(np.uint8)
    for i, pixels in enumerate((*waving[:2], noise, waving[2])):
        save(folder / f"{i}.png", pixels)
    out = tmp_path / "out"
    assert cli.run(["lift", str(folder), "-o", str(out), "--what", "face,body", "--sequence", "--fps", "8", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["found"]["clip"]
    assert (found["body"]["missing"], found["body"]["fps"]) == ([2], 8.0)
    body = read_result(out / "subjects" / "clip").parts["body"].arrays
    assert body["poses"].shape == (4, 165)
    assert body["expression"].shape[0] == len(body["trans"]) == 4
    joints = body["joints"]
    wrist, shoulder, other = (JOINT_NAMES.index(n) for n in ("right_wrist", "right_shoulder", "left_wrist"))
    assert (joints[:, wrist, 2] > joints[:, shoulder, 2]).all(), "one hand is up"
    assert (joints[:, other, 2] < joints[:, shoulder, 2]).all(), "the other is not"
    assert np.linalg.norm(np.diff(body["trans"], axis=0), axis=1).max() < 0.2
    moves = lifted_motion(out, tmp_path / "m.npz", 24.0)
    assert moves.frames == 10
    assert moves.motion is not None
