"""The commands end to end, as a shell runs them: generate, interrupt, continue, verify, sheet, export, replay."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CODE = "from vivant.addon.cli import main; main()"
SMALL = ["--size", "48x40", "--samples", "2", "--seed", "11"]


def environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "120"}


def vivant(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, *argv], capture_output=True, text=True, env=environment(), timeout=500, check=False
    )


def digests(folder: Path) -> dict[str, str]:
    """Hash of every frame file but the timings."""
    files = sorted(p for p in (folder / "frames").rglob("*") if p.is_file() and p.name != "timings.json")
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small scenes with one person each."""
    out = tmp_path_factory.mktemp("commands") / "data"
    done = vivant("generate", str(out), "--scenes", "2", "--people", "1", "--mesh", *SMALL, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] and report["made"] == 2 and report["kept"] == 0
    assert "2/2 frames" in done.stderr, "progress is shown"
    return out


def test_a_rerun_makes_nothing_and_touches_nothing(dataset: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (dataset / "frames").rglob("*")}
    done = vivant("generate", str(dataset), "--scenes", "2", "--people", "1", "--mesh", *SMALL, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kept"] == 2
    assert done.stderr == ""
    assert {p: p.stat().st_mtime_ns for p in (dataset / "frames").rglob("*")} == before


def test_other_options_do_not_mix_into_a_dataset(dataset: Path) -> None:
    done = vivant("generate", str(dataset), "--scenes", "2", "--people", "2", "--mesh", *SMALL)
    assert done.returncode in (1, 2)
    assert "people" in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_proves_it_and_notices_a_change(dataset: Path, tmp_path: Path) -> None:
    # A ray caster needs pixels to judge shares of them by; these pictures are too small for it.
    done = vivant("verify", str(dataset), "--json", "--witness", "none")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert json.loads(done.stdout)["ok"]
    broken = tmp_path / "broken"
    shutil.copytree(dataset, broken)
    picture = next((broken / "frames").rglob("depth.exr"))
    data = bytearray(picture.read_bytes())
    data[-40] ^= 1
    picture.write_bytes(bytes(data))
    done = vivant("verify", str(broken), "--witness", "none")
    assert done.returncode == 1
    assert "FAIL" in done.stdout and "NOT proven" in done.stdout


def test_a_scene_replays_without_its_seed(dataset: Path, tmp_path: Path) -> None:
    scene = dataset / "scenes" / "000001.json"
    done = vivant("generate", str(tmp_path / "again"), "--spec", str(scene), "--mesh")
    assert done.returncode == 0, done.stderr
    first = {k.rsplit("/", 1)[1]: v for k, v in digests(dataset).items() if "/000001_00/" in k}
    second = {k.rsplit("/", 1)[1]: v for k, v in digests(tmp_path / "again").items()}
    labels = [n for n in first if n not in ("rgb.png", "record.json", "albedo.exr")]
    assert len(labels) > 5
    assert {n: first[n] for n in labels} == {n: second[n] for n in labels}


def test_sheet_and_exports(dataset: Path, tmp_path: Path) -> None:
    done = vivant("sheet", str(dataset), "-o", str(tmp_path / "sheet.png"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    done = vivant("export", str(dataset), str(tmp_path / "coco"), "--to", "coco", "--set", "keypoints=coco_wholebody")
    assert done.returncode == 0, done.stderr
    people = [
        a for a in json.loads((tmp_path / "coco/annotations/person_keypoints.json").read_text())["annotations"] if a["category_id"] == 1
    ]
    assert people
    for argv, words in (
        (["--to", "cocoa"], "did you mean 'coco'"),
        (["--to", "coco", "--set", "keypionts=none"], "did you mean 'keypoints'"),
        (["--to", "coco", "--set", "things"], "NAME=VALUE"),
    ):
        done = vivant("export", str(dataset), str(tmp_path / "other"), *argv)
        assert done.returncode == 2
        assert words in done.stderr


def test_nobody_at_all(tmp_path: Path) -> None:
    done = vivant("generate", str(tmp_path / "empty"), "--people", "0", *SMALL)
    assert done.returncode == 0, done.stderr
    record = json.loads(next((tmp_path / "empty/frames").rglob("record.json")).read_text())
    assert record["people"] == []


def test_a_configuration_narrows_what_is_sampled(tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text(
        "scenes = 1\npeople = 1\nsize = [32, 32]\nsamples = 1\n"
        "[ranges.sky]\nsun_elevation = [0.1, 0.12]\n[ranges.people.phenotype]\nage_years = 71\n"
    )
    done = vivant("generate", str(tmp_path / "out"), "--config", str(tmp_path / "old.toml"), "--seed", "4")
    assert done.returncode == 0, done.stderr
    scene = json.loads((tmp_path / "out/scenes/000000.json").read_text())
    assert 0.1 <= scene["sky"]["sun_elevation"] <= 0.12
    assert [p["phenotype"]["age_years"] for p in scene["people"]] == [71.0]
    assert scene["cameras"][0]["width"] == 32


def started(folder: Path, *argv: str) -> subprocess.Popen[str]:
    """`vivant generate` in a session of its own, once its first frame is there."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, "generate", str(folder), *argv],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True,
        # A shell that runs the tests in the background lets them inherit an ignored Ctrl-C; the command must hear it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    frames = folder / "frames"
    end = time.monotonic() + 240
    while time.monotonic() < end and process.poll() is None and not (frames.exists() and list(frames.iterdir())):
        time.sleep(0.05)
    return process


@pytest.mark.slow
def test_interrupt_kill_and_a_second_writer_change_no_byte(tmp_path: Path) -> None:
    argv = ["--scenes", "3", "--people", "1", *SMALL]
    process = started(tmp_path / "a", *argv)
    second = vivant("generate", str(tmp_path / "a"), *argv)
    assert second.returncode == 1, "the dataset is being written"
    assert "Traceback" not in second.stderr and str(process.pid) in second.stderr.strip().splitlines()[-1]
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert "the same command continues" in error
    there = digests(tmp_path / "a")
    done = vivant("generate", str(tmp_path / "a"), *argv)
    assert done.returncode == 0, done.stderr
    after = digests(tmp_path / "a")
    assert there and {k: after[k] for k in there} == there

    process = started(tmp_path / "b", *argv, "--workers", "2")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    there = digests(tmp_path / "b")
    assert there and there.items() <= after.items(), "frames that are there are whole"
    done = vivant("generate", str(tmp_path / "b"), *argv, "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "b") == after, "the same with two workers, killed and continued"
