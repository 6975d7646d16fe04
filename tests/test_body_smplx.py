"""The open body in the unmodified smplx package: same vertices, joints and landmarks as our own numpy code."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen.people.body_export import export_flame, export_smplx, head_vertices, principal_expression
from vivant.procgen.people.keypoints import keypoints_of
from vivant.procgen.people.lbs import forward
from vivant.procgen.people.model import load_body

smplx = pytest.importorskip("smplx", reason="smplx is not installed: pip install 'vivant[smplx]'")
torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'vivant[smplx]'")
pytestmark = pytest.mark.torch

PEOPLE = 50
TOLERANCE_M = 1e-5


def _split(pose: np.ndarray) -> dict:
    """smplx wants the pose (n, 55, 3) in pieces."""
    pieces = {
        "global_orient": pose[:, :1], "body_pose": pose[:, 1:22], "jaw_pose": pose[:, 22:23],
        "leye_pose": pose[:, 23:24],
        "reye_pose": pose[:, 24:25], "left_hand_pose": pose[:, 25:40], "right_hand_pose": pose[:, 40:55],
    }  # fmt: skip
    return {k: torch.tensor(v.reshape(len(v), -1), dtype=torch.float32) for k, v in pieces.items()}


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    export_smplx(folder / "smplx" / "SMPLX_NEUTRAL.npz", layout="full")
    return folder


def test_fifty_people_agree_with_smplx(full):
    model = load_body()
    shape, expression = model.shapedirs.shape[2], model.exprdirs.shape[2]
    theirs = smplx.create(
        str(full), "smplx", ext="npz", use_pca=False, flat_hand_mean=True, num_betas=shape,
        num_expression_coeffs=expression, use_face_contour=True,
    )  # fmt: skip
    rng = np.random.default_rng(3)
    betas = rng.normal(0, 1, (PEOPLE, shape)).astype(np.float32)
    expr = (rng.random((PEOPLE, expression)) * (rng.random((PEOPLE, expression)) < 0.3)).astype(np.float32)
    pose = rng.normal(0, 0.35, (PEOPLE, 55, 3))
    # Face contours of smplx slide with the yaw of the head; ours belong to a face seen from the front.
    pose[:, [0, 3, 6, 9, 12, 15]] = 0.0
    pose[: PEOPLE // 2, 0] = 0.0
    transl = rng.normal(0, 1, (PEOPLE, 3)).astype(np.float32)
    with torch.no_grad():
        out = theirs(
            betas=torch.tensor(betas), expression=torch.tensor(expr), transl=torch.tensor(transl), **_split(pose)
        )
    for i in range(PEOPLE):
        ours = forward(model, betas[i], expr[i], pose[i], transl[i])
        assert np.abs(ours.vertices - out.vertices[i].numpy()).max() < TOLERANCE_M
        points = keypoints_of("smplx", model, ours.vertices, ours.joints)
        assert points.shape == out.joints[i].shape == (144, 3)
        assert np.abs(points - out.joints[i].numpy()).max() < TOLERANCE_M


def test_127_joints_without_contour_and_a_turned_root(full):
    model = load_body()
    theirs = smplx.create(
        str(full), "smplx", ext="npz", use_pca=False, flat_hand_mean=True, num_betas=model.shapedirs.shape[2]
    )
    rng = np.random.default_rng(5)
    pose = rng.normal(0, 0.5, (1, 55, 3))
    with torch.no_grad():
        out = theirs(**_split(pose))
    ours = forward(model, pose=pose[0])
    points = keypoints_of("smplx", model, ours.vertices, ours.joints)
    assert out.joints.shape == (1, 127, 3)
    assert np.abs(points[:127] - out.joints[0].numpy()).max() < TOLERANCE_M


def test_slim_layout_is_read_as_ten_and_ten(tmp_path):
    export_smplx(tmp_path / "smplx" / "SMPLX_NEUTRAL.npz", layout="slim")
    theirs = smplx.create(str(tmp_path), "smplx", ext="npz", use_pca=True, num_pca_comps=12)
    model = load_body()
    rng = np.random.default_rng(7)
    betas, expr = rng.normal(0, 1, (1, 10)), rng.normal(0, 1, (1, 10))
    with torch.no_grad():
        out = theirs(
            betas=torch.tensor(betas, dtype=torch.float32), expression=torch.tensor(expr, dtype=torch.float32),
            left_hand_pose=torch.zeros(1, 12),
        )  # fmt: skip
    columns, _ = principal_expression(model, 10)
    shaped = forward(model, betas[0]).vertices + columns @ expr[0].astype(np.float32)
    far = model.weights[:, 25:].sum(axis=1) < 1e-6  # hands rest curled there
    assert np.abs(shaped - out.vertices[0].numpy())[far].max() < 1e-4
    again = load_body(tmp_path / "smplx" / "SMPLX_NEUTRAL.npz")
    assert again.shapedirs.shape[2] == again.exprdirs.shape[2] == 10


def test_our_loader_reads_the_exported_file_back(full):
    again = load_body(full / "smplx" / "SMPLX_NEUTRAL.npz")
    model = load_body()
    assert np.array_equal(again.v_template, model.v_template)
    assert again.shapedirs.shape[2] == 300
    assert np.array_equal(again.exprdirs[:, :, : model.exprdirs.shape[2]], model.exprdirs)
    pose = np.random.default_rng(1).normal(0, 0.3, (55, 3))
    assert np.allclose(forward(again, pose=pose).vertices, forward(model, pose=pose).vertices, atol=1e-6)


def test_flame_head_loads_and_moves_like_the_body(tmp_path):
    export_flame(tmp_path)
    flame = smplx.FLAME(str(tmp_path), num_betas=20, num_expression_coeffs=10, use_face_contour=True)
    with torch.no_grad():
        out = flame(
            jaw_pose=torch.tensor([[0.3, 0.0, 0.0]]), leye_pose=torch.tensor([[0.1, 0.2, 0.0]]),
            expression=torch.eye(10)[:1] * 0.5,
        )  # fmt: skip
    model = load_body()
    used, _, _ = head_vertices(model)
    assert out.vertices.shape[1] == len(used)
    assert out.joints.shape[1] == 5 + 68
    pose = np.zeros((55, 3))
    pose[22, 0], pose[23, :2] = 0.3, (0.1, 0.2)
    expr = np.zeros(model.exprdirs.shape[2])
    expr[0] = 0.5
    ours = forward(model, expression=expr, pose=pose)
    head = (model.J_regressor @ model.v_template)[15]
    gap = np.abs(ours.vertices[used] - head - out.vertices[0].numpy()).max(axis=1)
    inner = ours.vertices[used][:, 1] - head[1] > 0.0  # the rim of the neck is drawn onto a plane
    assert gap[inner].max() < 1e-4
    face = keypoints_of("smplx", model, ours.vertices, ours.joints)[76:127] - head
    assert np.abs(out.joints[0, 5:56].numpy() - face).max() < 1e-4
