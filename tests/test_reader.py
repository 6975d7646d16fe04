"""Dataset: what was written is what is read, lazily, and damage is answered in one line."""

import json
import shutil

import numpy as np
import pytest
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.png import write_png
from vivant.procgen.errors import DatasetError
from vivant.procgen.geometry import Mesh, SceneGeometry, SceneObject
from vivant.procgen.materials.shader import Shader
from vivant.procgen.npz import write_npz
from vivant.procgen.scene_mesh import pack_scene, world_triangles
from vivant.tests.sample_dataset import HEIGHT, SETS, WIDTH, arrays, camera, make_dataset, record


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("d"))


@pytest.fixture
def copied(made, tmp_path):
    return shutil.copytree(made, tmp_path / "d")


def test_sequence(made):
    data = Dataset(made)
    assert len(data) == 4 and [f.name for f in data] == list(data.names)
    assert data[-1].name == "000001_01" == data["000001_01"].name and data[-1].scene == 1 and data[-1].view == 1
    assert [f.name for f in data[1:3]] == ["000000_01", "000001_00"]
    with pytest.raises(IndexError):
        data[4]
    with pytest.raises(DatasetError, match="000001_01"):
        data["000001_02"]
    assert data.conventions["intrinsics"]["pixel_centre"] == [0.5, 0.5]


def test_every_channel_comes_back(made):
    frame = Dataset(made)[0]
    expected = arrays(0)
    assert set(frame.channels) == {*expected, "valid"}
    for name, value in expected.items():
        got = frame[name]
        assert got.dtype == value.dtype and got.shape == value.shape and np.array_equal(got, value), name
    assert np.array_equal(frame["valid"], np.isfinite(expected["depth"]))
    assert "depth" in frame and "distance" not in frame


def test_camera_and_people(made):
    frame, cam = Dataset(made)[0], camera()
    assert np.array_equal(frame.camera.K, cam.K) and frame.camera.width == WIDTH and frame.camera.height == HEIGHT
    assert np.allclose(frame.camera.T_cam_from_world @ frame.camera.T_world_from_cam, np.eye(4))
    person, truth = frame.people[1], record().people[1]
    for name, n in SETS.items():
        k = person.keypoints(name)
        assert k.shape == (n, 3) and np.array_equal(k[:, :2], truth.keypoints[name].xy)
        assert np.array_equal(k[:, 2], truth.keypoints[name].visibility)
        assert np.array_equal(person.keypoints3d(name), truth.keypoints[name].xyz_world)
        assert np.array_equal(person.keypoints3d(name, "camera"), truth.keypoints[name].xyz_cam)
    assert np.array_equal(person.betas, truth.body.betas) and person.pose.shape == (55, 3)
    assert person.box == truth.box_visible and person.spec == {"heading": 0.5} and person.instance == 2
    assert frame.caption == "Two people stand in a meadow."
    with pytest.raises(DatasetError, match="coco_wholebody"):
        person.keypoints("coco_wholebdy")
    with pytest.raises(DatasetError, match="camera"):
        person.keypoints3d("coco17", "lens")


def test_nothing_is_read_before_it_is_asked_for(copied):
    for path in copied.rglob("*.exr"):
        path.write_bytes(b"")
    frame = Dataset(copied)[0]
    assert frame.people[0].name == "person_0" and frame["rgb"].shape == (HEIGHT, WIDTH, 3)
    with pytest.raises(DatasetError, match=r"depth\.exr"):
        frame["depth"]


def test_unknown_channel_names_the_nearest(made):
    with pytest.raises(DatasetError, match="'depth'"):
        Dataset(made)[0]["dept"]


def test_mesh_is_a_dict(copied):
    path = copied / "frames" / "000000_00"
    grey, shift = Shader("grey"), np.eye(4)
    shift[0, 3] = 5.0
    mesh = Mesh(np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32), (grey,))
    objects = [SceneObject("a", mesh, "prop", 1), SceneObject("b", mesh, "prop", 2, T_world_from_object=shift)]
    packed = pack_scene(SceneGeometry(objects, [], grey, []))
    assert packed["vertices"].shape == (3, 3)  # once, however many objects show it
    write_npz(path / "mesh.npz", packed)
    text = json.loads((path / "record.json").read_text())
    text["files"]["mesh.npz"] = {**text["files"]["amodal.npz"], "channel": "mesh"}
    (path / "record.json").write_text(json.dumps(text))
    found = Dataset(copied)[0]["mesh"]
    assert (found["vertices"] == np.concatenate([np.eye(3), np.eye(3) + [5.0, 0, 0]])).all()
    assert found["triangles"].tolist() == [[0, 1, 2], [3, 4, 5]] and found["triangle_object"].tolist() == [1, 2]


@pytest.mark.parametrize(("name", "value", "said"), [
    ("layout", np.array(1), "layout 2"),
    ("vertices", np.zeros((3, 2), np.float32), "wrong shape"),
    ("triangles", np.array([[0, 1, 9]]), "triangles without vertices"),
    ("triangle_start", np.array([0, 7]), "does not cut up"),
    ("object_vertices", np.array([4]), "objects without a shape"),
    ("object_id", np.array([1, 2]), "one row an object"),
    ("strand_count", np.array([1 << 30]), "strands"),
])  # fmt: skip
def test_a_mesh_that_contradicts_itself_is_refused(name, value, said):
    grey = Shader("grey")
    mesh = Mesh(np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32), (grey,))
    packed = pack_scene(SceneGeometry([SceneObject("a", mesh, "prop", 1)], [], grey, []))
    assert len(world_triangles(packed)["triangles"]) == 1
    with pytest.raises(DatasetError, match=said):
        world_triangles(packed | {name: value})


def test_hashes(copied):
    frame = Dataset(copied)[0]
    assert frame.damaged_files() == [] and frame.timings() == {"render": 1.5}
    (frame.folder / "depth.exr").unlink()
    data = bytearray((frame.folder / "rgb.png").read_bytes())
    data[-20] ^= 1
    (frame.folder / "rgb.png").write_bytes(data)
    (frame.folder / "timings.json").unlink()
    again = Dataset(copied)[0]
    assert again.damaged_files() == ["depth.exr is missing", "rgb.png differs from its hash"] and again.timings() == {}


def test_a_file_that_is_not_what_the_record_says(copied):
    folder = copied / "frames" / "000000_00"
    write_png(folder / "object.png", np.zeros((HEIGHT, WIDTH + 1), np.uint16))
    write_png(folder / "instance.png", np.zeros((HEIGHT, WIDTH), np.uint8))
    write_npz(folder / "amodal.npz", {"masks": np.zeros((3, HEIGHT, 3), np.uint8)})
    frame = Dataset(copied)[0]
    for name in ("object", "instance", "amodal"):
        with pytest.raises(DatasetError, match="record says") as e:
            frame[name]
        assert "\n" not in str(e.value)


def test_hostile_files_stay_within_the_image_size(copied):
    folder = copied / "frames" / "000000_00"
    write_png(folder / "object.png", np.zeros((9000, 9000), np.uint16))
    with pytest.raises(DatasetError, match="announces"):
        Dataset(copied)[0]["object"]


def test_a_record_of_another_frame(copied):
    shutil.copy(copied / "frames" / "000000_00" / "record.json", copied / "frames" / "000001_01" / "record.json")
    with pytest.raises(DatasetError, match="another frame"):
        Dataset(copied)[3].record  # noqa: B018


def test_not_a_dataset(tmp_path):
    for path, words in ((tmp_path / "none", "no such folder"), (tmp_path, "not a Vivant dataset")):
        with pytest.raises(DatasetError, match=words) as e:
            Dataset(path)
        assert "\n" not in str(e.value)


def test_stray_things_are_not_frames(copied):
    (copied / "frames" / "notes").mkdir()
    (copied / "frames" / "000009_00").mkdir()
    (copied / "frames" / "readme.txt").write_text("x")
    assert len(Dataset(copied)) == 4
