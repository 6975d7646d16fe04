"""Motions on persons and lifted bodies: what reaches the file, without Blender."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vivant.addon.cli import run
from vivant.bridge.lift.animating import lifted_motion, lifted_person, recorded_face
from vivant.bridge.lift.live_link import ACTIONS, Recording, write_recording
from vivant.bridge.lift.result import LiftResult, PartResult, read_result, result_folder, write_result
from vivant.procgen.errors import DatasetError, SpecError
from vivant.procgen.frames import R_WORLD_FROM_SMPLX
from vivant.procgen.one_person import level_ground, moving_person, sample_person
from vivant.procgen.people.kinematics import matrices, rotvecs
from vivant.procgen.people.lbs import forward
from vivant.procgen.people.model import load_body
from vivant.procgen.people.motion_files.reading import read_motion
from vivant.procgen.people.performance import perform, rest_person
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import replace


@pytest.fixture(scope="module")
def lifted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three moments of one small person who raises a knee, as `vivant lift` leaves them."""
    out = tmp_path_factory.mktemp("lifted")
    model = load_body()
    betas = np.zeros(model.shapedirs.shape[2])
    betas[0] = -1.0
    for k in range(3):
        pose = np.zeros((55, 3))
        pose[0] = rotvecs(R_WORLD_FROM_SMPLX)
        pose[1] = [-0.3 * k, 0.0, 0.0]
        trans = np.array([0.0, -0.05 * k, 0.9])
        posed = forward(model, betas, None, pose, trans)
        arrays = {"betas": betas, "poses": pose.reshape(1, -1), "trans": trans[None], "joints": posed.joints, "vertices": posed.vertices}
        skin = np.full((64, 64, 3), 40 * k, np.uint8)
        parts = {"body": PartResult({}, arrays), "texture": PartResult({}, {}, {"color": skin})}
        write_result(out, LiftResult(f"moment_{k}", {}, parts))
    return out


def test_lifted_bodies_become_a_motion(lifted: Path, tmp_path: Path) -> None:
    moves = lifted_motion(lifted, tmp_path / "walk.npz", 10.0, steady=False)
    assert moves.motion is not None
    clip = read_motion(moves.motion)
    assert clip.frames == moves.frames == 3
    assert clip.fps == 10.0
    assert np.abs(clip.local[2, 1] - matrices(np.array([-0.6, 0.0, 0.0]))).max() < 1e-6
    assert clip.root[2, 1] - clip.root[0, 1] == pytest.approx(-0.1, abs=1e-6)


def test_faces_alone_move_a_face(tmp_path: Path) -> None:
    """A dropped moment is bridged; what was lifted is what the face does, on a body that stands."""
    for time, smile in ((0, 0.0), (1, 0.2), (3, 0.6)):
        face = PartResult({"activations": {"mouthSmileLeft": smile, "notAnAction": 1.0}})
        write_result(tmp_path, LiftResult(f"000002_00_{time:04d}_p0", {}, {"face": face}))
    moves = lifted_motion(tmp_path, tmp_path / "x.npz", 10.0)
    assert moves.motion is None
    assert moves.frames == 4
    assert np.allclose(moves.actions["mouthSmileLeft"], [0.0, 0.2, 0.4, 0.6])
    performance = perform(moving_person(Seed(1), "idle"), level_ground(), 0.5, 10.0).with_actions(moves.actions)
    assert list(performance.actions) == ["mouthSmileLeft"]
    assert np.allclose(performance.actions["mouthSmileLeft"], [0.0, 0.2, 0.4, 0.6, 0.6, 0.6])


def test_a_clip_that_was_lifted_as_one_moves_somebody(lifted: Path, tmp_path: Path) -> None:
    """`vivant lift clip/ --sequence` leaves one result of many pictures, whose own rate becomes that of the animation."""
    one = read_result(result_folder(lifted, "moment_0")).parts["body"].arrays
    poses, joints = np.zeros((5, 165)), np.repeat(np.asarray(one["joints"])[None], 5, 0)
    poses[:, 3] = np.linspace(0.0, -0.4, 5)  # a thigh
    poses[:, 66] = 0.3  # the jaw, which the actions turn as well
    joints[:, :, 1] += np.linspace(0.0, 1.0, 5)[:, None]
    exp = np.zeros((5, 2))
    exp[:, 0] = np.linspace(0.0, 0.8, 5)
    face = PartResult({}, {"exp": exp, "exp_names": np.array(["jawOpen", "notAnAction"])})
    source = {"sequence": True, "fps": 10.0}
    write_result(tmp_path / "f", LiftResult("clip", source, {"face": face}))
    alone = lifted_motion(tmp_path / "f", tmp_path / "x.npz", 20.0)
    assert alone.motion is None
    assert alone.frames == 9
    assert np.allclose(alone.actions["jawOpen"], np.linspace(0.0, 0.8, 9))
    assert set(alone.actions) == {"jawOpen"}
    body = PartResult({}, {"poses": poses, "joints": joints})
    write_result(tmp_path / "b", LiftResult("clip", source, {"face": face, "body": body}))
    both = lifted_motion(tmp_path / "b", tmp_path / "y.npz", 20.0)
    assert both.motion is not None
    clip = read_motion(both.motion)
    assert (clip.frames, clip.fps, both.frames) == (5, 10.0, 9)
    assert np.abs(clip.local[4, 1] - matrices(np.array([-0.4, 0.0, 0.0]))).max() < 1e-6
    assert np.abs(clip.local[2, 22] - np.eye(3)).max() < 1e-9, "the jaw is turned once"
    assert clip.root[4, 1] - clip.root[0, 1] == pytest.approx(1.0, abs=1e-6)


def test_recordings_of_faces_keep_their_time(tmp_path: Path) -> None:
    actions = np.zeros((21, len(ACTIONS)))
    actions[:, ACTIONS.index("jawOpen")] = np.linspace(0.0, 1.0, 21)
    # Longer than a second: the format says its rate only by where its seconds wrap.
    write_recording(tmp_path / "face.csv", Recording(10.0, actions, np.zeros((21, 9))))
    moves = recorded_face(tmp_path / "face.csv", 20.0)
    assert moves.frames == 41
    assert list(moves.actions) == ["jawOpen"]
    assert np.allclose(moves.actions["jawOpen"], np.linspace(0.0, 1.0, 41), atol=1e-6)


def test_lifted_person_keeps_shape_and_texture(lifted: Path) -> None:
    person = lifted_person(lifted / "subjects" / "moment_1")
    assert person.betas[0] == -1.0
    assert (person.pictures["body"] == 40).all()
    assert person.relief is None
    human = moving_person(Seed(0), "wave", person=person.human)
    performance = perform(human, level_ground(), 0.2, 10.0, person.betas)
    assert np.abs(performance.rest.betas - person.betas).max() < 1e-6
    # The skeleton is the lifted one, at every frame, and stands on the ground.
    bones = performance.rest.joints[18] - performance.rest.joints[16]
    for frame in performance.joints():
        assert np.linalg.norm(frame[18] - frame[16]) == pytest.approx(np.linalg.norm(bones), abs=1e-6)
    assert abs(float(performance.rest.posed[: performance.rest.count, 2].min())) < 0.02


def test_rest_pose_has_nothing_in_its_hands_or_face() -> None:
    human = replace(sample_person(Seed(4), pose="phone"), expression={"mouthSmileLeft": 0.6})
    still = rest_person(human)
    assert still.expression == {}
    assert str(still.pose.kind) == "stand"
    assert still.outfit == human.outfit


def test_errors_are_said(lifted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DatasetError, match="no lifted"):
        lifted_person(tmp_path)
    with pytest.raises(DatasetError, match="no lifted sequence"):
        lifted_motion(tmp_path, tmp_path / "x.npz", 10.0)
    with pytest.raises(SpecError, match="does not move"):
        perform(sample_person(Seed(4)), level_ground())
    with pytest.raises(SpecError, match="too long"):
        perform(moving_person(Seed(4), "walk"), level_ground(), 3000.0, 30.0)
    assert run(["animate", "3", "walk", "-o", str(tmp_path / "x.obj")]) == 2
    assert run(["animate", "3", "walc", "-o", str(tmp_path / "x.npz")]) == 2
    assert run(["animate", str(tmp_path / "none.json"), "walk", "-o", str(tmp_path / "x.npz")]) == 2
    assert "did you mean 'walk'" in capsys.readouterr().err


def test_motion_files_come_out_too(lifted: Path, tmp_path: Path) -> None:
    for name in ("out.bvh", "out.npz"):
        assert run(["animate", "3", str(lifted), "-o", str(tmp_path / name), "--fps", "10", "--json"]) == 0
        assert read_motion(tmp_path / name).frames == 3
