"""Exporters against the libraries that read their formats."""

import contextlib
import io
import json
import os
import tarfile

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.export import export
from vivant.procgen.dataset.exporters.amass import smplx_parameters
from vivant.procgen.dataset.png import read_png
from vivant.procgen.dataset.reader import Person
from vivant.procgen.dataset.rle import encode_rle
from vivant.procgen.dataset.store import Store
from vivant.procgen.errors import DatasetError, VivantError
from vivant.procgen.frames import R_WORLD_FROM_SMPLX, rigid, transform
from vivant.procgen.npz import read_npz
from vivant.procgen.people.kinematics import matrices
from vivant.tests.sample_dataset import HEIGHT, WIDTH, header, make_dataset, masks, record


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("d"))


def _bytes(root):
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("name", registry.exporters.names())
def test_every_exporter_is_deterministic_and_described(made, tmp_path, name):
    export(made, tmp_path / "a", name)
    export(Dataset(made), tmp_path / "b", name)
    a = _bytes(tmp_path / "a")
    assert a and a == _bytes(tmp_path / "b")
    entry = registry.exporters.get(name)
    assert entry.doc and entry.spec.from_dict(entry.spec().to_dict()) == entry.spec()


def test_folders_and_options_are_checked(made, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    Store.open_or_create(tmp_path / "empty", header()).close()
    for args, words in (
        ((made, tmp_path / "full", "coco"), "not empty"),
        ((made, made / "frames", "coco"), "into the dataset"),
        ((tmp_path / "none", tmp_path / "o", "coco"), "no such folder"),
        ((tmp_path / "empty", tmp_path / "o", "coco"), "no frames"),
        ((made, tmp_path / "o", "cocoo"), "'coco'"),
        ((made, tmp_path / "o", "coco", {"keypoint": "none"}), "keypoint"),
        ((made, tmp_path / "o", "imagefolder", {"conditions": ["dept"]}), "'depth'"),
    ):
        with pytest.raises(VivantError, match=words) as e:
            export(*args)
        assert "\n" not in str(e.value)
    assert not (tmp_path / "o").exists() and os.listdir(tmp_path / "full") == ["x"]


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (64, 3), (300, 200)])
@pytest.mark.parametrize("density", [0.0, 0.02, 0.5, 1.0])
def test_rle_is_what_pycocotools_writes(shape, density):
    mask_api = pytest.importorskip("pycocotools.mask")
    mask = np.random.default_rng(1).random(shape) < density
    theirs = mask_api.encode(np.asfortranarray(mask.astype(np.uint8)))
    ours = encode_rle(mask)
    assert ours["counts"] == theirs["counts"].decode() and ours["size"] == list(theirs["size"])
    assert np.array_equal(mask_api.decode(ours).astype(bool), mask)


def test_coco_through_pycocotools(made, tmp_path):
    coco_module = pytest.importorskip("pycocotools.coco")
    export(made, tmp_path / "o", "coco", {"keypoints": "coco_wholebody", "min_px": 4})
    with contextlib.redirect_stdout(io.StringIO()):
        things, people, captions = (
            coco_module.COCO(str(tmp_path / "o" / "annotations" / f"{name}.json"))
            for name in ("instances", "person_keypoints", "captions")
        )
    data = Dataset(made)
    assert [people.imgs[i]["file_name"] for i in sorted(people.imgs)] == [f"{n}.png" for n in data.names]
    _, amodal = masks()
    for number, frame in enumerate(data, 1):
        found = people.loadAnns(people.getAnnIds([number]))
        assert len(found) == 2 and len(things.getAnnIds([number])) == 3
        for i, annotation in enumerate(found):
            mask = frame["instance"] == i + 1
            assert np.array_equal(people.annToMask(annotation).astype(bool), mask) and annotation["area"] == mask.sum()
            assert things.anns[annotation["id"]]["segmentation"] == annotation["segmentation"]
            box = coco_module.maskUtils.toBbox(annotation["segmentation"]).tolist()
            assert box == annotation["bbox"]
            whole = coco_module.maskUtils.decode(annotation["amodal_segmentation"]).astype(bool)
            assert np.array_equal(whole, amodal[i])
            ours, theirs = frame.people[i].keypoints("coco_wholebody"), np.reshape(annotation["keypoints"], (17, 3))
            seen = ours[:17, 2] > 0
            assert np.allclose(theirs[seen, :2] + 0.5, ours[:17][seen, :2], atol=1e-4) and (theirs[~seen] == 0).all()
            assert annotation["num_keypoints"] == seen.sum()
            sizes = {"foot": 6, "face": 68, "lefthand": 21, "righthand": 21}
            assert {k: len(annotation[f"{k}_kpts"]) // 3 for k in sizes} == sizes
        (chair,) = things.loadAnns(things.getAnnIds([number], catIds=[120]))
        assert np.array_equal(things.annToMask(chair).astype(bool), frame["instance"] == 3)
        assert captions.loadAnns(captions.getAnnIds([number]))[0]["caption"] == frame.caption
    (person,) = people.loadCats([1])
    assert len(person["keypoints"]) == 17 and things.loadCats([120])[0]["name"] == "furniture"
    bones = {tuple(sorted((a, b))) for a, b in person["skeleton"]}
    assert all(1 <= a < b <= 17 for a, b in bones) and len(bones) == 19


@pytest.mark.parametrize(
    "kind, file", [("segm", "instances"), ("bbox", "instances"), ("keypoints", "person_keypoints")]
)
def test_coco_scores_itself_perfectly(made, tmp_path, kind, file):
    coco_module = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    export(made, tmp_path / "o", "coco")
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco_module.COCO(str(tmp_path / "o" / "annotations" / f"{file}.json"))
        found = truth.loadRes([{**a, "score": 0.9} for a in truth.dataset["annotations"]])
        run = evaluation.COCOeval(truth, found, kind)
        run.evaluate()
        run.accumulate()
        run.summarize()
    assert run.stats[0] > 0.999


def test_imagefolder(made, tmp_path):
    export(made, tmp_path / "o", "imagefolder", {"split": "validation"})
    folder = tmp_path / "o" / "validation"
    rows = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    assert [r["frame"] for r in rows] == list(Dataset(made).names)
    for row in rows:
        assert row["text"].startswith("Two people")
        for key in ("file_name", "depth_file_name", "normal_file_name", "semantic_file_name", "pose_file_name"):
            assert read_png(folder / row[key]).shape[:2] == (HEIGHT, WIDTH)
    assert np.array_equal(read_png(folder / rows[0]["file_name"]), Dataset(made)[0]["rgb"])


def test_webdataset_shards(made, tmp_path):
    export(made, tmp_path / "o", "webdataset", {"shard_frames": 3})
    assert sorted(os.listdir(tmp_path / "o")) == ["shard-000000.tar", "shard-000001.tar"]
    with tarfile.open(tmp_path / "o" / "shard-000000.tar") as t:
        assert {(m.mtime, m.uid, m.gid, m.uname) for m in t.getmembers()} == {(0, 0, 0, "")}


def test_webdataset_library_reads_them(made, tmp_path):
    library = pytest.importorskip("webdataset")
    export(made, tmp_path / "o", "webdataset", {"channels": ["rgb", "depth"], "shard_frames": 2})
    urls = [str(p) for p in sorted((tmp_path / "o").iterdir())]
    samples = list(library.WebDataset(urls, shardshuffle=False, empty_check=False))
    data = Dataset(made)
    assert [s["__key__"] for s in samples] == list(data.names)
    for sample, frame in zip(samples, data, strict=True):
        assert {k for k in sample if not k.startswith("__")} == {"rgb.png", "depth.exr", "json", "txt"}
        assert sample["depth.exr"] == frame.path("depth").read_bytes()
        assert sample["json"] == (frame.folder / "record.json").read_bytes() and sample["txt"].decode() == frame.caption


def test_shards_close_by_size(made, tmp_path):
    export(made, tmp_path / "o", "webdataset", {"shard_mb": 1.0})
    assert len(os.listdir(tmp_path / "o")) == 1
    with pytest.raises(VivantError, match="shard_mb"):
        export(made, tmp_path / "p", "webdataset", {"shard_mb": 0.0})


def test_smplx_parameters_pose_a_body_where_it_stood():
    """A point through Vivant's chain and through SMPL-X's forward, for headings that include half turns."""
    rng = np.random.default_rng(5)
    rest_pelvis, point = np.array([0.01, 0.9, 0.03]), np.array([0.2, 1.4, 0.1])
    for turn in ([0, 0, 0.0], [0, 0, np.pi], [np.pi, 0, 0], [0, 0, -2.0], [0.4, -1.1, 2.2]):
        person = record().people[0]
        T = rigid(matrices(np.array(turn, float)), rng.normal(size=3))
        to_world = T @ rigid(R_WORLD_FROM_SMPLX, np.zeros(3))
        R0 = matrices(person.body.pose[0])
        world = transform(to_world, R0 @ (point - rest_pelvis) + rest_pelvis)
        object.__setattr__(person.body, "T_world_from_body", T)
        person.joints3d_world[0] = transform(to_world, rest_pelvis)
        pose, trans = smplx_parameters(Person(person))
        assert np.allclose(matrices(pose[0]) @ (point - rest_pelvis) + rest_pelvis + trans, world, atol=1e-9)
        assert np.array_equal(pose[1:], person.body.pose[1:])


def test_amass_layout(made, tmp_path):
    export(made, tmp_path / "o", "amass")
    assert sorted(os.listdir(tmp_path / "o"))[0] == "000000_person_0.npz" and len(os.listdir(tmp_path / "o")) == 4
    arrays = read_npz(tmp_path / "o" / "000000_person_0.npz")
    assert [arrays[k].shape for k in ("poses", "trans", "pose_hand")] == [(1, 165), (1, 3), (1, 90)]
    assert np.array_equal(np.concatenate([arrays[k] for k in
        ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")], 1), arrays["poses"])  # fmt: skip


def test_a_dataset_without_pictures_is_told_so(made, tmp_path):
    import shutil

    copy = shutil.copytree(made, tmp_path / "d")
    for path in copy.rglob("record.json"):
        text = json.loads(path.read_text())
        del text["files"]["rgb.png"]
        path.write_text(json.dumps(text))
    with pytest.raises(DatasetError, match="no picture"):
        export(copy, tmp_path / "o", "coco")
