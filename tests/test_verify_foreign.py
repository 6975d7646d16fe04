"""Foreign readers: good files pass, and each damage is caught by its check."""

import json

import numpy as np
import pytest
from vivant.procgen.dataset.rle import encode_rle
from vivant.procgen.dataset.verify.foreign import verify_foreign
from vivant.procgen.dataset.verify.foreign.coco import decode_segmentation, unpack_counts
from vivant.procgen.dataset.verify.foreign.hdf5 import check_arrays
from vivant.procgen.errors import DatasetError, MissingDependency, SpecError
from vivant.procgen.npz import write_npz
from vivant.procgen.people.lbs import forward
from vivant.procgen.people.model import load_body


def failed(path):
    return {r.check for r in verify_foreign(path).breaches}


def coco():
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:35] = True
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 60, "height": 40}],
        "categories": [{"id": 1, "name": "person", "keypoints": ["nose", "left_eye"]}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 10, 15, 20], "area": 300, "segmentation": encode_rle(mask),
             "keypoints": [25, 12, 2, 0, 0, 0], "num_keypoints": 1},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [2, 3, 10, 8], "area": 80,
             "segmentation": [[2, 3, 12, 3, 12, 11, 2, 11]]},
        ],
    }  # fmt: skip


def test_coco_good(tmp_path):
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(coco()))
    report = verify_foreign(path)
    assert report.ok, str(report)
    assert not report.not_run
    assert verify_foreign(tmp_path).frames == ["annotations.json"]


@pytest.mark.parametrize(
    ("edit", "check"),
    [
        (lambda d: d["annotations"][0]["bbox"].__setitem__(0, 23), "coco.masks"),
        (lambda d: d["annotations"][1]["bbox"].__setitem__(2, 80), "coco.boxes"),
        (lambda d: d["annotations"][0].update(area=150), "coco.areas"),
        (lambda d: d["annotations"][0].update(image_id=9), "coco.fields"),
        (lambda d: d["annotations"][0].update(num_keypoints=2), "coco.keypoints"),
        (lambda d: d["annotations"][0]["keypoints"].__setitem__(0, 99), "coco.keypoints"),
        (lambda d: d["annotations"][0]["keypoints"].__setitem__(2, 3), "coco.keypoints"),
        (lambda d: d["annotations"][0]["segmentation"].update(counts="Zzz"), "coco.boxes"),
        (lambda d: d.pop("categories"), "coco.fields"),
    ],
)
def test_coco_damaged(tmp_path, edit, check):
    data = coco()
    edit(data)
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(data))
    assert check in failed(path)


def test_run_lengths_round_trip(rng):
    for shape in ((7, 5), (64, 48), (1, 1)):
        mask = rng.random(shape) < 0.4
        found = encode_rle(mask)
        assert unpack_counts(found["counts"]).sum() == mask.size
        assert np.array_equal(decode_segmentation(found, shape[::-1]), mask)


def test_a_polygon_with_a_hole():
    outer, inner = [0, 0, 10, 0, 10, 10, 0, 10], [3, 3, 7, 3, 7, 7, 3, 7]
    assert decode_segmentation([outer, inner], (10, 10)).sum() == 100 - 16


def amass(poses=30):
    model = load_body()
    rng = np.random.default_rng(3)
    path = np.cumsum(rng.normal(0, 0.01, (poses, 165)), 0)
    betas, trans = np.zeros(10), np.cumsum(rng.normal(0, 0.01, (poses, 3)), 0)
    joints = np.stack(
        [forward(model, betas, None, p.reshape(-1, 3), t).joints for p, t in zip(path, trans, strict=True)]
    )
    return {"poses": path, "trans": trans, "betas": betas, "mocap_frame_rate": np.array(60.0), "joints": joints,
            "body_model": np.array(model.name), "gender": np.array("neutral")}  # fmt: skip


def test_amass_good(tmp_path):
    write_npz(tmp_path / "walk.npz", amass())
    report = verify_foreign(tmp_path / "walk.npz")
    assert report.ok, str(report)
    assert not report.not_run


@pytest.mark.parametrize(
    ("edit", "check"),
    [
        (lambda d: d.update(poses=d["poses"][:, :100]), "amass.fields"),
        (lambda d: d["trans"].__setitem__((3, 1), np.nan), "amass.finite"),
        (lambda d: d["poses"].__setitem__((4, 7), 9.0), "amass.angles"),
        (lambda d: d["trans"].__setitem__((slice(9, None), 0), 4.0), "amass.speed"),
        (lambda d: d["poses"].__setitem__((slice(9, None), 10), 3.0), "amass.turning"),
        (lambda d: d["betas"].__setitem__(0, 1.0), "amass.joints"),
        (lambda d: d.update(joints=d["joints"] * [-1, 1, 1]), "amass.joints"),
    ],
)
def test_amass_damaged(tmp_path, edit, check):
    data = amass()
    edit(data)
    write_npz(tmp_path / "walk.npz", data)
    assert check in failed(tmp_path / "walk.npz")


def blenderproc():
    depth = np.full((8, 9), 3.0, np.float32)
    depth[0] = 1e10
    normal = np.tile(np.array([0.5, 0.5, 1.0], np.float32), (8, 9, 1))
    table = json.dumps([{"idx": 1, "name": "ball"}]).encode()
    return {"colors": np.zeros((8, 9, 3), np.uint8), "depth": depth, "normals": normal,
            "instance_segmaps": np.ones((8, 9), np.int64), "instance_attribute_maps": np.frombuffer(table, np.uint8)}  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "check"),
    [
        (lambda d: None, None),
        (lambda d: d["depth"].__setitem__((2, 2), 0), "hdf5.depth"),
        (lambda d: d.update(normals=d["normals"] * 0.9), "hdf5.normals"),
        (lambda d: d["instance_segmaps"].__setitem__((2, 2), 5), "hdf5.instances"),
        (lambda d: d.update(colors=d["colors"][:4]), "hdf5.fields"),
    ],
)
def test_blenderproc_arrays(edit, check):
    data = blenderproc()
    edit(data)
    assert {r.check for r in check_arrays(data) if r.ok is False} == ({check} - {None})


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(DatasetError, match="nothing to verify"):
        verify_foreign(tmp_path)
    with pytest.raises(SpecError, match="coco"):
        verify_foreign(tmp_path, "cocoa")
    (tmp_path / "bad.npz").write_bytes(b"PK")
    assert failed(tmp_path / "bad.npz") == {"amass.fields"}


def test_hdf5_without_its_package(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (tmp_path / "0.hdf5").write_bytes(b"")
    with pytest.raises(MissingDependency, match="pip install h5py"):
        verify_foreign(tmp_path / "0.hdf5")
