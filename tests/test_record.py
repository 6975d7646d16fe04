"""The record: exact round trip, deterministic text, and every kind of damage answered with the field's name."""

import copy
import json

import numpy as np
import pytest
from vivant.procgen.dataset.fields import dump_json, parse_json
from vivant.procgen.dataset.record import FileRecord, FrameRecord
from vivant.procgen.errors import DatasetError
from vivant.tests.sample_dataset import record


@pytest.fixture(scope="module")
def plain():
    return json.loads(record().to_json())


def test_round_trip_is_exact():
    a = record()
    b = FrameRecord.from_json(a.to_json())
    assert b.to_json() == a.to_json()
    assert np.array_equal(a.camera.K, b.camera.K) and a.objects == b.objects
    for p, q in zip(a.people, b.people, strict=True):
        assert np.array_equal(p.body.pose, q.body.pose) and p.box_visible == q.box_visible
        for name in p.keypoints:
            for key in ("xy", "xyz_world", "xyz_cam", "visibility", "occluder", "occluder_distance"):
                assert np.array_equal(getattr(p.keypoints[name], key), getattr(q.keypoints[name], key))
        assert q.keypoints["smplx"].names == p.keypoints["smplx"].names


def test_camera_inverse_is_written_for_readers_without_code(plain):
    cam = plain["camera"]
    assert np.allclose(np.array(cam["T_cam_from_world"]) @ np.array(cam["T_world_from_cam"]), np.eye(4), atol=1e-12)


def _change(plain, path, value):
    data = copy.deepcopy(plain)
    at = data
    for key in path[:-1]:
        at = at[key]
    if value is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    "path, value, words",
    [
        (("version",), 99, "newer Vivant"),
        (("version",), "1", "version"),
        (("camera",), [], "camera"),
        (("camera", "width"), 0, "camera.width"),
        (("camera", "width"), True, "camera.width"),
        (("camera", "K"), [[1, 0], [0, 1]], "camera.K"),
        (("camera", "K"), [[-1, 0, 5], [0, 1, 5], [0, 0, 1]], "camera.K"),
        (("camera", "T_world_from_cam"), (2 * np.eye(4)).tolist(), "rotation"),
        (("camera", "T_cam_from_world"), np.eye(4).tolist(), "inverse"),
        (("camera", "focal_mm"), 10**400, "focal_mm"),
        (("people",), {}, "people"),
        (("people", 0, "instance"), 2, "repeats"),
        (("people", 1, "body", "pose"), [[1, 2]], r"people\[1\].body.pose"),
        (("people", 1, "body", "pose"), [["a", "b", "c"]], "pose"),
        (("people", 0, "keypoints", "coco17", "names"), ["nose"], "coco17"),
        (("people", 0, "keypoints", "coco17", "visibility"), [3] * 17, "visibility"),
        (("people", 0, "keypoints", "coco17", "visibility"), [1.5] * 17, "visibility"),
        (("people", 0, "keypoints", "coco17", "xyz_cam"), [[0, 0, 1]] * 17, "differ by"),
        (("people", 0, "box_visible"), [5, 5, 1, 9], "box"),
        (("people", 0, "spec"), KeyError, "spec is missing"),
        (("objects", 0, "id"), 0, "objects"),
        (("objects", 0, "id"), 2, "repeats an id"),
        (("objects", 0, "semantic"), "terain", "not in the table"),
        (("objects", 3, "person"), 5, "person"),
        (("semantics",), {"a": 1, "b": 1}, "semantics"),
        (("semantics",), {"a": 70000}, "semantics"),
        (("files",), {"../../etc/passwd": {}}, "files"),
        (("caption",), None, "caption"),
    ],
)
def test_damage_is_named(plain, path, value, words):
    with pytest.raises(DatasetError, match=words) as e:
        FrameRecord.from_json(_change(plain, path, value))
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("name", ["../x.png", "a/b.png", "/etc/passwd", ".hidden", "record.json", "", "a" * 200, "x\0"])
def test_file_names_cannot_leave_the_frame(plain, name):
    entry = FileRecord("x", "0" * 64, 1).to_dict()
    with pytest.raises(DatasetError, match="file name"):
        FrameRecord.from_json(_change(plain, ("files",), {name: entry}))


@pytest.mark.parametrize("text", ["", "{", "[]", "nan", '{"version": NaN}', "[" * 100000, b"\xff\xfe\x00", "1" * 5000])
def test_what_is_not_json(text):
    with pytest.raises(DatasetError) as e:
        FrameRecord.from_json(text)
    assert "\n" not in str(e.value)


def test_random_damage_raises_nothing_else():
    text = record().to_json().encode()
    rng = np.random.default_rng(0)
    for _ in range(60):
        hurt = bytearray(text)
        for at in rng.integers(0, len(text), 3):
            hurt[at] = rng.integers(32, 127)
        try:
            FrameRecord.from_json(bytes(hurt))
        except DatasetError:
            pass


def test_dump_json_is_json_and_keeps_numbers_exact():
    value = {"a": np.float64(0.1), "b": [[1.5, 2], [3, 4]], "c": {}, "d": [{"x": np.int64(3)}, []], "é": [np.float32(1)]}
    back = parse_json(dump_json(value), "x")
    assert back["a"] == 0.1 and back["b"] == [[1.5, 2], [3, 4]] and back["d"] == [{"x": 3}, []] and back["c"] == {}
    for bad in ({"a": np.nan}, {"a": [1, {"b": np.inf}]}, {"a": object()}):
        with pytest.raises(DatasetError):
            dump_json(bad)
