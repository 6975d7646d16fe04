"""The farm with real processes: crashes cost one frame, silence is ended, interrupts leave whole frames only."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import vivant
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.lock import process_alive
from vivant.procgen.dataset.store import Store, frame_id
from vivant.procgen.errors import DatasetError, VivantError
from vivant.procgen.farm.local import python_command, run_tasks, workers_for
from vivant.procgen.farm.task import Task, resolve
from vivant.procgen.progress import NoProgress, TerminalProgress, duration
from vivant.tests.sample_dataset import header

NAMES = tuple(frame_id(0, v) for v in range(4))
FUNCTION = "vivant.tests.farm_tasks:make_frames"
needs_signals = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


@pytest.fixture
def store(tmp_path):
    with Store.open_or_create(tmp_path / "d", header()) as store:
        yield store


def _task(store, names=NAMES, name="scene 0", **arguments):
    return Task(name, FUNCTION, {"root": str(store.root), "frames": list(names), **arguments}, tuple(names))


def _temporaries(store):
    folder = store.root / ".vivant" / "tmp"
    return list(folder.iterdir()) if folder.exists() else []


def test_two_tasks_side_by_side(store, tmp_path):
    events = []
    tasks = [_task(store, [frame_id(s, v) for v in range(2)], f"scene {s}") for s in range(3)]
    report = run_tasks(tasks, workers=2, on_event=events.append, log_folder=tmp_path / "logs")
    assert report.failures == [] and sorted(report.frames) == sorted(n for t in tasks for n in t.frames)
    assert len(Dataset(store.root)) == 6
    assert {e["task"] for e in events} == {"scene 0", "scene 1", "scene 2"}
    assert not (tmp_path / "logs").exists()


@needs_signals
@pytest.mark.parametrize("announce", [True, False])
@pytest.mark.parametrize("how", ["kill", "segv", "exit"])
def test_one_crash_is_repaired(store, tmp_path, how, announce):
    events = []
    task = _task(store, at=NAMES[1], how=how, once=True, announce=announce)
    report = run_tasks([task], on_event=events.append, log_folder=tmp_path / "logs")
    assert report.failures == [] and sorted(report.frames) == sorted(NAMES)
    (retry,) = [e for e in events if e["event"] == "retry"]
    assert retry["frame"] == NAMES[1]
    assert all(f.damaged_files() == [] for f in Dataset(store.root))


@needs_signals
@pytest.mark.parametrize("how", ["kill", "segv", "exit", "memory"])
def test_a_frame_that_always_crashes_is_the_only_loss(store, tmp_path, how):
    whole = _task(store, [frame_id(1, v) for v in range(2)], "other")
    report = run_tasks([_task(store, at=NAMES[1], how=how), whole], workers=2, log_folder=tmp_path / "logs")
    (failure,) = report.failures
    assert failure.frame == NAMES[1] and failure.task == "scene 0" and os.path.isfile(failure.log)
    words = {"kill": "SIGKILL.*fewer workers", "segv": "SIGSEGV", "exit": "code 3: the driver", "memory": "Memory"}
    assert re.search(words[how], failure.message), failure.message
    assert "noise on stdout" in Path(failure.log).read_text()
    assert {f.name for f in Dataset(store.root)} == {*NAMES, *whole.frames} - {NAMES[1]}


@pytest.mark.parametrize("how, words", [("build", "no legs.*Fix: add legs"), ("bug", "ZeroDivisionError: two lines")])
def test_errors_that_would_come_again_are_not_tried_again(store, tmp_path, how, words):
    events = []
    report = run_tasks([_task(store, at=NAMES[2], how=how)], on_event=events.append, log_folder=tmp_path / "logs")
    (failure,) = report.failures
    assert failure.frame == NAMES[2] and "\n" not in str(failure)
    assert re.search(words, failure.message), failure.message
    assert "Traceback" in Path(failure.log).read_text()
    assert not [e for e in events if e["event"] == "retry"]
    assert len(Dataset(store.root)) == 3


def test_a_task_that_fails_everywhere_is_given_up(store, tmp_path):
    names = [frame_id(0, v) for v in range(9)]
    other = _task(store, [frame_id(1, 0)], "other")
    report = run_tasks([_task(store, names, at="everywhere", how="bug"), other], log_folder=tmp_path / "logs")
    assert [f.frame for f in report.failures] == [*names[:3], None]
    assert "given up" in report.failures[-1].message and report.frames == [frame_id(1, 0)]


def test_a_full_disk_stops_everything(store, tmp_path):
    tasks = [_task(store, at=NAMES[1], how="disk"), _task(store, [frame_id(9, 0)], "never reached")]
    with pytest.raises(DatasetError, match="No space left"):
        run_tasks(tasks, log_folder=tmp_path / "logs")
    assert {f.name for f in Dataset(store.root)} == {NAMES[0]}


def test_a_silent_worker_is_ended(store, tmp_path):
    start = time.monotonic()
    task = _task(store, NAMES[:2], at=NAMES[0], how="hang")
    report = run_tasks([task], stall_s=1.5, log_folder=tmp_path / "logs")
    assert time.monotonic() - start < 60
    assert [f.frame for f in report.failures] == [NAMES[0]] and "silent" in report.failures[0].message
    assert {f.name for f in Dataset(store.root)} == {NAMES[1]}


def test_a_worker_that_leaves_a_frame_out_is_caught(store, tmp_path):
    lazy = Task("lazy", FUNCTION, {"root": str(store.root), "frames": [NAMES[0]]}, NAMES[:2])
    report = run_tasks([lazy], is_complete=store.is_complete, log_folder=tmp_path / "logs")
    assert [(f.frame, f.message) for f in report.failures] == [(NAMES[1], "the worker ended without writing it")]


@pytest.mark.parametrize("function", ["ignores_skip", "fails_before_any_frame"])
def test_hopeless_tasks_end(tmp_path, function):
    report = run_tasks([Task("x", f"vivant.tests.farm_tasks:{function}", {})], log_folder=tmp_path)
    assert report.failures and len(report.failures) <= 2 and report.frames == []


def test_a_worker_that_cannot_start(tmp_path):
    report = run_tasks([Task("x", FUNCTION, {})], command=[sys.executable, "-c", "raise SystemExit(5)"])
    assert "code 5" in report.failures[0].message
    with pytest.raises(DatasetError, match="cannot start a worker"):
        run_tasks([Task("x", FUNCTION, {})], command=[str(tmp_path / "no-blender")])


@pytest.mark.parametrize(
    "function",
    ["os:system", "vivant.procgen.errors", "vivant.procgen.files:os", "vivant.tests.farm_tasks:_private", "vivant..x:y",
     "vivant.procgen.farm.task:importlib", "vivant.no_such:thing", "vivant.tests.farm_tasks:gone", "builtins:exec"],
)  # fmt: skip
def test_only_public_functions_of_this_package_run(function):
    with pytest.raises(VivantError):
        resolve(function)


def _parent(root, ready):
    """A process that runs a farm over frames that take a while."""
    code = f"""
    import sys
    sys.path.insert(0, {str(Path(vivant.__path__[0]).parent)!r})
    from vivant.procgen.dataset.store import Store, frame_id
    from vivant.procgen.farm.local import run_tasks
    from vivant.procgen.farm.task import Task
    from vivant.tests.sample_dataset import header
    names = [frame_id(0, v) for v in range(50)]
    with Store.open_or_create({str(root)!r}, header()) as store:
        task = Task("t", {FUNCTION!r}, {{"root": {str(root)!r}, "frames": names, "pause": 0.1}}, tuple(names))
        try:
            run_tasks([task], on_event=lambda e: print(e["event"], flush=True))
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            sys.exit(130)
    """
    # A shell that runs the tests in the background lets them inherit an ignored Ctrl-C; the parent must hear it.
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    seen = 0
    for line in process.stdout:
        seen += line.strip() == "frame"
        if seen == ready:
            return process
    raise AssertionError("the farm ended too early")


def _children(pid):
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(v) for v in out.split()]


@needs_signals
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupts_leave_whole_frames_and_no_processes(tmp_path, how):
    parent = _parent(tmp_path / "d", 3)
    children = _children(parent.pid)
    assert children
    parent.send_signal(how)
    rest = parent.stdout.read()
    assert parent.wait(30) == (-9 if how == signal.SIGKILL else 130)
    assert ("interrupted" in rest) == (how != signal.SIGKILL)
    limit = time.monotonic() + 10
    while any(process_alive(c) for c in children) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(process_alive(c) for c in children)
    whole = Dataset(tmp_path / "d")
    assert len(whole) >= 3 and all(f.damaged_files() == [] for f in whole)
    before = {f.name: (f.folder / "record.json").stat().st_mtime_ns for f in whole}
    with Store.open_or_create(tmp_path / "d", header()) as store:
        assert _temporaries(store) == []
        names = [frame_id(0, v) for v in range(len(whole) + 2)]
        report = run_tasks([_task(store, names)], is_complete=store.is_complete)
    assert len(report.frames) == 2 and report.failures == []
    after = {f.name: (f.folder / "record.json").stat().st_mtime_ns for f in Dataset(tmp_path / "d")}
    assert {k: after[k] for k in before} == before


def test_worker_ignores_garbage_and_answers(tmp_path):
    process = subprocess.Popen(
        python_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(vivant.__path__[0]).parent)},
    )  # fmt: skip
    process.stdin.write(b"not json\n")
    process.stdin.flush()
    event = json.loads(process.stdout.read().decode().split(" ", 1)[1])
    assert process.wait(30) == 1 and event["event"] == "error" and "JSON" in event["message"]
    process.stdin.close()


def test_workers_for():
    assert workers_for(0, cores=8) == 4 and workers_for(0, cores=1) == 1
    assert workers_for(6, tasks=2) == 2 and workers_for(3, tasks=0) == 1
    with pytest.raises(VivantError):
        workers_for(-1)


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_tells_rate_and_time_left():
    now = [0.0]
    out = _Terminal()
    bar = TerminalProgress(out, clock=lambda: now[0])
    bar.start(10, done=2)
    for _ in range(4):
        now[0] += 3.0
        bar.step(text="000000_00")
    assert bar.line() == "6/10 frames, 3.0 s each, 12 s left  000000_00"
    bar.note("frame 3 failed")
    bar.step(4)
    bar.close()
    bar.close()
    assert "frame 3 failed\n" in out.getvalue() and out.getvalue().endswith("\n") and "took 12 s" in out.getvalue()


def test_progress_in_a_file_is_plain_lines_and_few():
    now = [0.0]
    out = io.StringIO()
    bar = TerminalProgress(out, clock=lambda: now[0])
    bar.start(100)
    for _ in range(100):
        now[0] += 1.0
        bar.step()
    bar.close()
    lines = out.getvalue().splitlines()
    assert "\r" not in out.getvalue() and 8 <= len(lines) <= 14 and lines[-1].startswith("100/100")
    quiet = NoProgress()
    quiet.start(1)
    quiet.step()
    quiet.note("x")
    quiet.close()


@pytest.mark.parametrize(
    "seconds, text",
    [(0, "0 s"), (59.4, "59 s"), (185, "3 min 05 s"), (7800, "2 h 10 min"), (360000, "4 d 4 h"), (-3, "0 s")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_workers_use_one_blas_thread_unless_told_otherwise(tmp_path, monkeypatch):
    """More of them cost CPU, and sums would depend on the machine's number of cores."""
    for wanted, expected in ((None, "1"), ("3", "3")):
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        if wanted:
            monkeypatch.setenv("OPENBLAS_NUM_THREADS", wanted)
        told = tmp_path / f"threads_{expected}"
        report = run_tasks([Task("x", "vivant.tests.farm_tasks:tells_its_threads", {"file": str(told)})], log_folder=tmp_path)
        assert not report.failures and told.read_text() == expected
