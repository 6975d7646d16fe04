"""The store: whole frames or none, reruns, locks, and disks that refuse."""

import errno
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import vivant
from vivant.procgen import files
from vivant.procgen.dataset import store as store_module
from vivant.procgen.dataset.png import write_png
from vivant.procgen.dataset.store import Store, frame_id, list_frames, parse_frame_id, read_header
from vivant.procgen.errors import DatasetError
from vivant.tests.sample_dataset import arrays, header, make_dataset, record, write_files, write_frame

IMPORTABLE = str(Path(vivant.__path__[0]).parent)


def _tree(root, skip=()):
    return {
        str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mtime_ns)
        for p in sorted(Path(root).rglob("*"))
        if p.is_file() and p.name not in skip
    }


def test_names():
    assert frame_id(3, 1) == "000003_01" and frame_id(3, 1, 12) == "000003_01_0012"
    for key in ((0, 0, None), (1234567, 100, 10000)):
        assert parse_frame_id(frame_id(*key)) == key
    for bad in ("", "000000", "../../x", "000000_00.123.host", "00000a_00"):
        assert parse_frame_id(bad) is None


def test_layout_and_finished_folder_is_clean(tmp_path):
    make_dataset(tmp_path / "d")
    assert sorted(os.listdir(tmp_path / "d")) == ["conventions.json", "dataset.json", "frames", "scenes"]
    assert list_frames(tmp_path / "d") == ("000000_00", "000000_01", "000001_00", "000001_01")
    head = json.loads((tmp_path / "d" / "dataset.json").read_text())
    assert head["seed"] == 7 and head["arguments"]["views"] == 2 and head["licences"][0]["licence"] == "CC0"
    assert json.loads((tmp_path / "d" / "conventions.json").read_text())["camera"]["axes"] == "opencv"


def test_two_runs_write_the_same_bytes(tmp_path):
    a, b = (_tree(make_dataset(tmp_path / n)) for n in "ab")
    assert {k: v[0] for k, v in a.items()} == {k: v[0] for k, v in b.items()}


def test_rerun_leaves_whole_frames_and_finishes_the_rest(tmp_path):
    root = tmp_path / "d"
    with Store.open_or_create(root, header()) as store:
        write_frame(store, 0, 0)
        assert store.is_complete("000000_00") and not store.is_complete("000000_01")
    before = _tree(root)
    with Store.open_or_create(root, header()) as store:
        assert store.complete() == ("000000_00",)
        write_frame(store, 0, 0, seed=99)  # a worker that did not look
        write_frame(store, 0, 1)
    after = _tree(root)
    assert {k: after[k] for k in before} == before
    assert any("000000_01" in k for k in after)


def test_files_are_described_and_hashed(tmp_path):
    with Store.open_or_create(tmp_path, header()) as store:
        done = write_frame(store, 0, 0)
    depth = done.files["depth.exr"]
    assert (depth.channel, depth.dtype, depth.shape) == ("depth", "float32", (12, 20))
    assert (depth.unit, depth.frame) == ("m", "camera")
    assert done.files["rgb.png"].shape == (12, 20, 3) and done.files["albedo.exr"].dtype == "float16"
    assert done.files["object.png"].dtype == "uint16"
    for name, entry in done.files.items():
        path = tmp_path / "frames" / "000000_00" / name
        assert files.sha256_file(path) == entry.sha256 and path.stat().st_size == entry.bytes


def test_timings_stay_out_of_the_record(tmp_path):
    with Store.open_or_create(tmp_path, header()) as store:
        write_frame(store, 0, 0)
    folder = tmp_path / "frames" / "000000_00"
    assert json.loads((folder / "timings.json").read_text()) == {"render": 1.5}
    assert "1.5" not in json.dumps(json.loads((folder / "record.json").read_text())["render"])
    assert "timings.json" not in json.loads((folder / "record.json").read_text())["files"]


def test_an_exception_leaves_nothing(tmp_path):
    with Store.open_or_create(tmp_path, header()) as store:
        with pytest.raises(KeyError):
            with store.frame("000000_00") as frame:
                write_files(frame.folder, arrays())
                raise KeyError("x")
        assert not store.is_complete("000000_00") and list((tmp_path / ".vivant" / "tmp").iterdir()) == []


def test_a_record_that_does_not_hold_is_not_published(tmp_path):
    bad = record()
    object.__setattr__(bad, "semantics", {"background": 0})
    with Store.open_or_create(tmp_path, header()) as store:
        with pytest.raises(DatasetError, match="not in the table"):
            with store.frame("000000_00") as frame:
                frame.finish(bad)
        assert store.complete() == ()


@pytest.mark.parametrize(
    "changes, words",
    [({"views": 3}, "another views"), ({"size": (1, 1)}, "another size"), ({"extra": 1}, "another extra")],
)
def test_other_arguments_are_refused_by_name(tmp_path, changes, words):
    make_dataset(tmp_path)
    before = _tree(tmp_path)
    with pytest.raises(DatasetError, match=words) as e:
        Store.open_or_create(tmp_path, header(**changes))
    assert "\n" not in str(e.value) and _tree(tmp_path) == before
    Store.open_or_create(tmp_path, header()).close()  # and the refusal left no lock


def test_more_scenes_may_be_asked_for_later(tmp_path):
    make_dataset(tmp_path)
    with Store.open_or_create(tmp_path, header(scenes=5)):
        assert read_header(tmp_path).arguments["scenes"] == 5
    with Store.open_or_create(tmp_path, header(scenes=1)):
        assert read_header(tmp_path).arguments["scenes"] == 5


def test_scene_specs_do_not_change(tmp_path):
    with Store.open_or_create(tmp_path, header()) as store:
        store.write_scene(0, "{}\n")
        stamp = store.scene_path(0).stat().st_mtime_ns
        store.write_scene(0, "{}\n")
        assert store.scene_path(0).stat().st_mtime_ns == stamp
        with pytest.raises(DatasetError, match="another scene"):
            store.write_scene(0, '{"a": 1}\n')


def test_foreign_folders_and_files_are_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"holiday\.jpg"):
        Store.open_or_create(tmp_path, header())
    assert os.listdir(tmp_path) == ["holiday.jpg"]
    with pytest.raises(DatasetError, match="cannot create"):
        Store.open_or_create(tmp_path / "holiday.jpg", header())
    with pytest.raises(DatasetError, match="no such folder"):
        read_header(tmp_path / "none")
    with pytest.raises(DatasetError, match=r"no dataset\.json"):
        Store.attach(tmp_path)
    with pytest.raises(DatasetError):
        Store.open_or_create("a\0b", header())


def _child(root, body):
    code = f"import sys; sys.path.insert(0, {IMPORTABLE!r})\n" + textwrap.dedent(
        f"""
        from vivant.procgen.dataset.store import Store
        from vivant.tests.sample_dataset import header, write_files, arrays
        store = Store.open_or_create({str(root)!r}, header())
        """
    )
    return subprocess.Popen(
        [sys.executable, "-c", code + textwrap.dedent(body)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_second_run_is_told_so_and_a_dead_one_is_forgotten(tmp_path):
    child = _child(
        tmp_path / "d",
        """
        frame = store.frame("000000_00").__enter__()
        write_files(frame.folder, arrays())
        print("ready", flush=True)
        sys.stdin.read()
        """,
    )
    assert child.stdout.readline() == "ready\n"
    with pytest.raises(DatasetError, match=f"another run .*process {child.pid}"):
        Store.open_or_create(tmp_path / "d", header())
    attached = Store.attach(tmp_path / "d")
    assert not attached.is_complete("000000_00")
    child.kill()  # SIGKILL in the middle of a frame
    child.wait()
    assert len(list((tmp_path / "d" / ".vivant" / "tmp").iterdir())) == 1
    with Store.open_or_create(tmp_path / "d", header()) as store:
        assert list((tmp_path / "d" / ".vivant" / "tmp").iterdir()) == []
        assert store.complete() == ()


def test_the_same_process_cannot_open_it_twice(tmp_path):
    with Store.open_or_create(tmp_path, header()):
        with pytest.raises(DatasetError, match="another run"):
            Store.open_or_create(tmp_path, header())
    Store.open_or_create(tmp_path, header()).close()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("where", ["file", "fsync", "rename"])
def test_disks_that_refuse(tmp_path, monkeypatch, code, where):
    with Store.open_or_create(tmp_path, header()) as store:
        write_frame(store, 0, 0)
        before = _tree(tmp_path / "frames")

        def refuse(*_args, **_more):
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as m:
            if where == "file":
                m.setattr(files, "open", refuse, raising=False)
            elif where == "fsync":
                m.setattr(files.os, "fsync", refuse)
            else:
                m.setattr(store_module.os, "rename", refuse)
            with pytest.raises(DatasetError) as e:
                write_frame(store, 0, 1)
        assert os.strerror(code) in str(e.value) and "Fix:" in str(e.value) and "\n" not in str(e.value)
        assert _tree(tmp_path / "frames") == before and not store.is_complete("000000_01")
        assert list((tmp_path / ".vivant" / "tmp").iterdir()) == []
        write_frame(store, 0, 1)


@pytest.mark.skipif(os.name == "nt" or not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_really_full_disk():
    with pytest.raises(DatasetError, match="No space left"):
        files.write_bytes("/dev/full", b"x" * 100000)
    assert os.path.exists("/dev/full")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path):
    (tmp_path / "d").mkdir(mode=0o500)
    with pytest.raises(DatasetError, match="Permission denied"):
        Store.open_or_create(tmp_path / "d", header())


def test_a_frame_without_its_record_is_written_again(tmp_path):
    make_dataset(tmp_path)
    (tmp_path / "frames" / "000000_00" / "record.json").unlink()
    with Store.open_or_create(tmp_path, header()) as store:
        assert not store.is_complete("000000_00")
        write_frame(store, 0, 0)
        assert store.is_complete("000000_00")


def test_failed_replace_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    files.replace_bytes(path, b"old")

    def refuse(*_args):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(DatasetError):
        files.replace_bytes(path, b"new")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a"]


def test_damaged_dataset_file(tmp_path):
    make_dataset(tmp_path)
    for text in ("", "{}", '{"schema_version": 99}', "[1]", '{"schema_version": 1, "vivant": 3}'):
        (tmp_path / "dataset.json").write_text(text)
        with pytest.raises(DatasetError) as e:
            read_header(tmp_path)
        assert "\n" not in str(e.value)


def test_images_written_by_others_in_the_folder_are_kept(tmp_path):
    with Store.open_or_create(tmp_path, header()) as store:
        with store.frame("000000_00") as frame:
            write_files(frame.folder, arrays())
            write_png(frame.folder / "extra.png", arrays()["rgb"])
            done = frame.finish(record())
    assert done.files["extra.png"].channel == "extra"
