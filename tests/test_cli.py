"""The real command line, in a process of its own: exit status, one clear line for what a user can get wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from vivant.addon import cli, commands

CODE = "from vivant.addon.cli import main; main()"


def vivant(*argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `vivant ARGV…` as a shell would."""
    environment = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-c", CODE, *argv],
        capture_output=True,
        text=True,
        env=environment,
        cwd=cwd,
        timeout=300,
        check=False,
    )


BAD = {
    "no such command": (["generat", "out"], ["invalid choice: 'generat'", "Did you mean generate?"]),
    "no output": (["generate"], ["OUT"]),
    "unknown option": (["generate", "out", "--scene", "3"], ["--scene", "Did you mean --scenes?"]),
    "no scenes": (["generate", "out", "--scenes", "0"], ["--scenes", "at least 1|1 to", "got 0"]),
    "scenes in words": (["generate", "out", "--scenes", "many"], ["--scenes", "whole number", "'many'"]),
    "fraction of a view": (["generate", "out", "--views", "1.5"], ["--views", "whole number"]),
    "people the wrong way round": (["generate", "out", "--people", "3-1"], ["--people", "3-1"]),
    "people in words": (["generate", "out", "--people", "some"], ["--people", "1-3", "'some'"]),
    "negative people": (["generate", "out", "--people=-1"], ["--people"]),
    "a crowd": (["generate", "out", "--people", "100000"], ["people", "0 to 64", "100000"]),
    "size without height": (["generate", "out", "--size", "640"], ["--size", "640x480"]),
    "no size": (["generate", "out", "--size", "0x0"], ["--size", "8 to 16384"]),
    "huge size": (["generate", "out", "--size", "99999x10"], ["--size", "8 to 16384"]),
    "negative seed": (["generate", "out", "--seed=-1"], ["--seed", "at least 0"]),
    "unknown place": (["generate", "out", "--place", "meado"], ["place 'meado'", "did you mean 'meadow'"]),
    "unknown channel": (["generate", "out", "--channels", "rgb,dpeth"], ["channel", "did you mean"]),
    "unknown engine": (["generate", "out", "--engine", "cycle"], ["--engine", "Did you mean cycles?"]),
    "unknown device": (["generate", "out", "--device", "gpu"], ["--device"]),
    "unknown farm": (["generate", "out", "--farm", "slurm"], ["farm 'slurm'", "local"]),
    "missing spec": (["generate", "out", "--spec", "nowhere.json"], ["nowhere.json", "No such file"]),
    "missing configuration": (["generate", "out", "--config", "nowhere.toml"], ["nowhere.toml", "No such file"]),
    "empty folder name": (["generate", ""], ["output folder"]),
    "unknown kind": (["list", "plases"], ["kind 'plases'", "did you mean 'places'"]),
    "unknown name": (["describe", "channel", "dept"], ["channel 'dept'", "did you mean 'depth'"]),
    "unknown spec": (["schema", "SceneSpek"], ["spec 'SceneSpek'", "did you mean 'SceneSpec'"]),
    "verify without dataset": (["verify"], ["DATASET"]),
    "export to nothing": (["export", "a", "b"], ["--to"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case: str, tmp_path: Path) -> None:
    argv, words = BAD[case]
    done = vivant(*argv, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    line = done.stderr.splitlines()[0]
    assert line.startswith("vivant")
    assert [w for w in words if not any(part in line for part in w.split("|"))] == [], line
    assert list(tmp_path.iterdir()) == [], "nothing is written before the arguments are understood"


CONFIGS = {
    "not TOML": ("scenes = = 3", ["not valid TOML", "line 1"]),
    "unknown key": ("scene = 3", ["unknown key 'scene'", "did you mean 'scenes'"]),
    "wrong type": ('scenes = "three"', ["options.scenes", "wrong type", "int"]),
    "out of range": ("scenes = 0", ["options.scenes", "out of range"]),
    "size of one": ("size = [3]", ["size", "[WIDTH, HEIGHT]"]),
    "may not move the output": ('out = "elsewhere"', ["unknown key 'out'"]),
    "unknown field": ("[ranges.sky]\nsun_elevatoin = 0.2", ["sun_elevatoin", "did you mean 'sun_elevation'"]),
    "range backwards": ("[ranges.sky]\nsun_elevation = [0.4, 0.1]", ["sky.sun_elevation", "low before high"]),
    "beyond the field": ("[ranges.sky]\ncloudiness = [0, 7]", ["sky.cloudiness", "from 0.0 to 1.0"]),
    "text for a number": ('[ranges.sky]\ncloudiness = "much"', ["sky.cloudiness", "numbers"]),
    "an option in ranges": ("[ranges.render]\nsamples = 3", ["render.samples", "use the option"]),
    "binary": ("\x00\xff", ["bad.toml"]),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_bad_configurations(case: str, tmp_path: Path) -> None:
    text, words = CONFIGS[case]
    (tmp_path / "bad.toml").write_text(text, encoding="latin-1")
    done = vivant("generate", "out", "--config", "bad.toml", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert [w for w in words if w not in done.stderr] == [], done.stderr
    assert not (tmp_path / "out").exists()


SPECS = {
    "not JSON": ("{", ["not valid JSON", "line 1"]),
    "a list": ("[]", ["SceneSpec", "object"]),
    "empty": ("{}", ["SceneSpec.place is missing"]),
    "newer": ('{"schema_version": 99}', ["newer Vivant", "schema_version <= 1", "99"]),
    "not a number": ('{"fps": NaN}', ["NaN", "finite"]),
    "unknown field": ('{"place": {"kind": "meadow"}, "peple": []}', ["'peple'", "did you mean 'people'"]),
    "unknown place": ('{"place": {"kind": "medow"}}', ["medow", "did you mean 'meadow'"]),
    "no camera": ('{"place": {"kind": "meadow"}}', ["no camera"]),
}


@pytest.mark.parametrize("case", SPECS)
def test_bad_scene_files(case: str, tmp_path: Path) -> None:
    text, words = SPECS[case]
    (tmp_path / "scene.json").write_text(text, encoding="utf-8")
    done = vivant("generate", "out", "--spec", "scene.json", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert [w for w in words if w not in done.stderr] == [], done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["verify", "sheet"])
def test_a_folder_that_is_no_dataset(command: str, tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    for name in ("holiday", "nowhere"):
        done = vivant(command, name, cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert done.stderr.startswith("vivant: ")
        assert name in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, "one line, never a traceback"


def test_no_command_prints_the_help() -> None:
    done = vivant()
    assert done.returncode == 2
    assert "generate" in done.stderr


def test_version() -> None:
    done = vivant("--version")
    assert done.returncode == 0
    assert done.stdout.split()[0] == "vivant"


@pytest.mark.parametrize("name", commands.ORDER)
def test_help_of_every_command(name: str) -> None:
    done = vivant(name, "--help")
    assert done.returncode == 0
    assert f"usage: vivant {name}" in done.stdout
    parser = next(a for a in cli.build_parser()._actions if a.dest == "command").choices[name]  # type: ignore[index]
    silent = [a.dest for a in parser._actions if not a.help and not hasattr(a, "choices_help") and a.dest != "what"]
    assert silent == [], "every argument says what it is"


def test_list_answers_for_every_kind() -> None:
    kinds = json.loads(vivant("list", "kinds", "--json").stdout)
    assert {"places", "garments", "hair", "poses", "cameras", "channels", "exporters"} <= {k["name"] for k in kinds}
    places = vivant("list", "places")
    assert places.returncode == 0
    assert "meadow" in places.stdout


def test_describe_names_ranges_and_units() -> None:
    facts = json.loads(vivant("describe", "channel", "depth", "--json").stdout)
    assert facts["properties"]["unit"] == "m"
    done = vivant("describe", "place", "meadow", "--json")
    assert done.returncode == 0, done.stderr
    parameters = json.loads(done.stdout)["parameters"]
    assert parameters
    assert all(p["doc"] for p in parameters)


def test_schema_is_a_schema() -> None:
    schema = json.loads(vivant("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    names = vivant("schema", "--list").stdout.split()
    assert {"SceneSpec", "HumanSpec", "CameraSpec", "GenerateOptions"} <= set(names)


def test_doctor_reports_and_never_imports_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from vivant.addon import cli; status = cli.run(['doctor', '--json']); "
        "print('torch' in sys.modules, file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        check=False,
    )
    report = json.loads(done.stdout)
    checks = {c["name"]: c for c in report["checks"]}
    assert done.returncode == (0 if report["ok"] else 1)
    assert report["ok"] == all(c["state"] != "missing" for c in checks.values())
    assert done.stderr.strip().endswith("False")
    assert checks["python"]["state"] == "ok"
    for name in ("synth", "lift", "farm", "smplx", "pyrender"):
        check = checks[f"extra {name}"]
        assert check["state"] == "ok" or f"[{name}]" in check["fix"], "what is absent comes with its pip command"


def test_doctor_fails_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    done = vivant("doctor", str(tmp_path / "notes.txt" / "out"))
    assert done.returncode == 1
    assert "a file, not a folder" in done.stdout


def test_a_closed_pipe_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CODE, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        error = process.stderr.read()
    assert b"Traceback" not in error


def test_errors_become_exit_codes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from vivant.addon.commands import schema_command
    from vivant.procgen import errors

    cases = [
        (errors.SpecError("a", fix="b"), 2),
        (errors.BuildError("a"), 1),
        (errors.DatasetError("a"), 1),
        (errors.MissingDependency("a", fix="pip install b"), 1),
        (KeyboardInterrupt(), 130),
        (PermissionError(13, "Permission denied", "out/x"), 1),
        (ZeroDivisionError("oops"), 1),
    ]
    for error, status in cases:

        def fail(args: object, error: BaseException = error) -> int:
            raise error

        monkeypatch.setattr(schema_command, "run", fail)
        assert cli.run(["schema"]) == status
        written = capsys.readouterr()
        assert written.out == ""
        assert "Traceback" not in written.err
        assert len(written.err.strip().splitlines()) == 1
        if status == 1:
            cli.run(["schema", "--debug"])
            assert "Traceback" in capsys.readouterr().err
