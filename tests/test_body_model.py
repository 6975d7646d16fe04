"""The body asset and its loader: what ships is sound, and damaged or hostile files are refused in one line."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from vivant.procgen.errors import DatasetError, SpecError, VivantError
from vivant.procgen.npz import read_npz, write_npz
from vivant.procgen.people.model import DEFAULT_BODY, load_body
from vivant.procgen.people.packing import STEP_M, pack_components, unpack_components
from vivant.procgen.people.skeleton import JOINT_NAMES, PARENTS


@pytest.fixture(scope="module")
def body():
    return load_body()


def plain_smplx(vertices: int = 60, columns: int = 20, seed: int = 0) -> dict[str, np.ndarray]:
    """A tiny file in the SMPL-X layout."""
    rng = np.random.default_rng(seed)
    weights = rng.random((vertices, 55))
    regressor = rng.random((55, vertices))
    return {
        "v_template": rng.normal(0, 0.3, (vertices, 3)),
        "f": rng.integers(0, vertices, (80, 3)).astype(np.uint32),
        "shapedirs": rng.normal(0, 0.01, (vertices, 3, columns)),
        "posedirs": np.zeros((vertices, 3, 486)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], list(range(55))], np.int64),
        "weights": weights / weights.sum(1, keepdims=True),
    }


def saved(tmp_path, arrays):
    path = tmp_path / "body.npz"
    write_npz(path, arrays)
    return path


def test_default_body_is_whole(body):
    assert body.v_template.shape == (13718, 3) and body.faces.shape == (27420, 3)
    assert body.joint_names == tuple(JOINT_NAMES)
    assert body.quads.shape == (13710, 4)
    # Triangles 2q and 2q + 1 come from quad q.
    for k in (0, 1):
        assert all(
            set(t) <= set(q) for t, q in zip(body.faces[k::2][:500].tolist(), body.quads[:500].tolist(), strict=True)
        )
    ends = np.sort(np.stack([body.quads, np.roll(body.quads, -1, 1)], -1).reshape(-1, 2), 1)
    assert (np.unique(ends, axis=0, return_counts=True)[1] == 2).all(), "the mesh is closed"
    assert np.abs(body.weights.sum(1) - 1).max() < 1e-5 and (body.weights > 0).sum(1).max() <= 6
    assert np.abs(body.full_template[: body.vertex_count] - body.v_template).max() == 0
    for name in (
        "tights",
        "skirt",
        "hair",
        "upper_teeth",
        "lower_teeth",
        "tongue",
        "eyelashes_l",
        "eyelashes_r",
        "eye_l",
        "eye_r",
    ):
        assert name in body.shell_faces and body.shell_faces[name].max() < len(body.full_template)
    assert body.uv.min() >= 0 and body.uv.max() <= 1


def test_frame_of_the_rest_pose(body):
    joints = dict(zip(body.joint_names, body.J_regressor @ body.v_template, strict=True))
    assert np.abs(joints["pelvis"]).max() < 0.02
    assert joints["left_wrist"][0] > 0.5 > 0 > joints["right_wrist"][0], "+X is the person's left"
    assert joints["head"][1] > 0.5 and joints["left_ankle"][1] < -0.6, "Y is up"
    assert body.v_template[9120, 2] > joints["head"][2] + 0.05, "faces +Z"
    assert abs(joints["left_elbow"][1] - joints["left_shoulder"][1]) < 0.03, "T-pose"


def test_template_and_weights_are_symmetric(body):
    mirrored = body.v_template * (-1, 1, 1)
    cells = {tuple(np.round(v, 3)) for v in body.v_template.tolist()}
    share = np.mean([tuple(np.round(v, 3)) in cells for v in mirrored.tolist()])
    assert share > 0.6, "most vertices find their mirror image within a millimetre cell"
    left = [j for j, n in enumerate(JOINT_NAMES) if n.startswith("left_")]
    right = [JOINT_NAMES.index("right_" + JOINT_NAMES[j][5:]) for j in left]
    assert np.allclose(body.weights[:, left].sum(0), body.weights[:, right].sum(0), rtol=2e-3, atol=0.1)


def test_regions_and_parts(body):
    for name in ("lips", "nails", "nose", "cheeks", "ears", "eyelids", "eye_socket", "forehead", "beard", "scalp",
                 "knuckles", "elbows", "knees", "palms", "soles", "areola", "mouth_inside"):  # fmt: skip
        mask = body.regions[name]
        assert mask.shape == (body.vertex_count,) and 0 <= mask.min() and 0.5 < mask.max() <= 1, name
    assert body.face_part.min() > 0, "every triangle has a part"
    used = {body.part_names[i] for i in np.unique(body.face_part)}
    assert used == set(body.part_names) - {"background"}
    centre = body.v_template[body.faces].mean(1)
    assert centre[body.parts["left_hand"], 0].min() > 0 > centre[body.parts["right_hand"], 0].max()
    assert centre[body.parts["left_ear"], 0].min() > 0 > centre[body.parts["right_ear"], 0].max()


def test_head_local_columns_leave_the_body_alone(body):
    below = body.v_template[:, 1] < (body.J_regressor @ body.v_template)[9, 1]
    assert np.abs(body.shapedirs[below][:, :, body.head_start :]).max() == 0
    assert np.abs(body.exprdirs[below]).max() == 0


def test_size_on_disk():
    assert DEFAULT_BODY.stat().st_size < 5_000_000
    assert (DEFAULT_BODY.parent / "LICENSE.md").read_text().count("CC0")
    assert not any(a.dtype.hasobject for a in read_npz(DEFAULT_BODY).values())


def test_packing_is_exact_to_half_a_step():
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.normal(0, 0.002, (5, 200, 3)), axis=1)
    packed = pack_components(x)
    assert np.abs(unpack_components(packed["lo"], packed["hi"], float(packed["step"])) - x).max() <= 0.5 * STEP_M * 1.01


def test_smplx_layouts(tmp_path):
    small = load_body(saved(tmp_path, plain_smplx(columns=20)))
    assert small.shapedirs.shape[2] == 10 and small.exprdirs.shape[2] == 10 and small.posedirs is None
    wide = tmp_path / "wide.npz"
    write_npz(wide, plain_smplx(columns=400))
    big = load_body(wide)
    assert big.shapedirs.shape[2] == 300 and big.exprdirs.shape[2] == 100


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"v_template": np.zeros((60, 2))}, "v_template"),
        ({"v_template": np.full((60, 3), np.nan)}, "NaN"),
        ({"weights": np.ones((60, 55))}, "sum to 1"),
        ({"weights": np.ones((60, 54))}, "weights"),
        ({"J_regressor": np.zeros((55, 60))}, "J_regressor"),
        ({"f": np.full((80, 3), 60, np.uint32)}, "outside the mesh"),
        ({"f": np.zeros((80, 3), "U3")}, "integers"),
        ({"shapedirs": np.zeros((60, 3, 4))}, "too few columns"),
        ({"kintree_table": np.zeros((2, 55), np.int64)}, "skeleton"),
        ({"v_template": np.random.default_rng(0).normal(0, 300, (60, 3))}, "metres"),
    ],
)
def test_wrong_files_are_refused_in_one_line(tmp_path, change, words):
    with pytest.raises(SpecError) as caught:
        load_body(saved(tmp_path, plain_smplx() | change))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_missing_keys_and_other_formats(tmp_path):
    arrays = plain_smplx()
    del arrays["weights"]
    with pytest.raises(SpecError, match="weights"):
        load_body(saved(tmp_path, arrays))
    with pytest.raises(SpecError, match=r"\.npz"):
        load_body(tmp_path / "SMPLX_NEUTRAL.pkl")
    with pytest.raises(DatasetError, match=r"no such file|exist"):
        load_body(tmp_path / "absent.npz")


def test_object_arrays_are_skipped_unread(tmp_path):
    path = saved(tmp_path, plain_smplx())
    with zipfile.ZipFile(path, "a") as archive:
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.array({"a": 1}, dtype=object), allow_pickle=True)
        archive.writestr("joint2num.npy", buffer.getvalue())
    assert load_body(path).vertex_count == 60


def test_a_header_that_announces_ten_gigabytes(tmp_path):
    path = tmp_path / "bomb.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1_250_000_000,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("v_template.npy", header.getvalue() + b"\0" * 64)
    with pytest.raises(VivantError) as caught:
        load_body(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [0, 10, 1000, 100_000])
def test_truncated_files(tmp_path, keep):
    path = tmp_path / "short.npz"
    path.write_bytes(DEFAULT_BODY.read_bytes()[:keep])
    with pytest.raises(VivantError):
        load_body(path)


def test_open_format_with_malformed_blocks(tmp_path):
    arrays = read_npz(DEFAULT_BODY)
    path = tmp_path / "odd.npz"
    write_npz(path, arrays | {"global_lo": arrays["global_lo"][:, :, :-1]}, level=0)
    with pytest.raises(SpecError, match="global"):
        load_body(path)
    write_npz(tmp_path / "new.npz", arrays | {"format": np.array("vivant-body-9")}, level=0)
    with pytest.raises(SpecError, match="format"):
        load_body(tmp_path / "new.npz")


def test_a_needed_array_of_objects_is_said_to_be_one(tmp_path):
    arrays = plain_smplx() | {"v_template": np.array([{"x": 1}], dtype=object)}
    np.savez(tmp_path / "body.npz", **arrays)
    with pytest.raises(DatasetError, match="'v_template' holds pickled Python objects"):
        load_body(tmp_path / "body.npz")
