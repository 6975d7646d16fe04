"""The real worker in a process of its own, and the same jobs over the real HTTP server."""

from __future__ import annotations

import contextlib
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vivant.bridge.backends import open_backend
from vivant.bridge.backends.remote import RemoteClient
from vivant.bridge.client import Backend, WorkerClient, run_job
from vivant.bridge.protocol import Job
from vivant.bridge.server import open_server
from vivant.procgen.dataset.png import encode_png, read_png
from vivant.procgen.errors import BridgeError, SpecError, VivantError

PICTURE = np.random.default_rng(5).integers(0, 256, (9, 7, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerClient]:
    with WorkerClient(tmp_path_factory.mktemp("worker")) as client:
        yield client


@pytest.fixture(scope="module")
def served(worker: WorkerClient) -> Iterator[str]:
    """A server in front of the module's worker, with a token."""
    server = open_server(worker, token="open sesame")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    server.RequestHandlerClass.desk._stop.set()  # type: ignore[attr-defined]


def job(backend: Backend, name: str, seed: int = 0, **parameters: object) -> Job:
    ref = backend.store.put_bytes(encode_png(PICTURE), ".png")
    return Job(name, "passthrough", seed=seed, inputs={"render": ref}, parameters=parameters)


def wait(backend: Backend, name: str, kind: str, seconds: float = 20.0) -> list[dict]:
    """Events until one of a kind arrives."""
    found: list[dict] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found += backend.events(0.1)
        if any(e["type"] == kind and e.get("job") == name for e in found):
            return found
    raise AssertionError(f"no {kind} within {seconds} s: {found}")


def test_a_job_goes_out_and_its_picture_comes_back(worker: WorkerClient) -> None:
    said: list[tuple[int, int, str]] = []
    result = run_job(worker, job(worker, "one", steps=3), lambda *a: said.append(a))
    assert np.array_equal(read_png(worker.store.path(result.outputs["rgb"])), PICTURE)
    assert [s[0] for s in said if s[1]] == [0, 1, 2, 3]
    assert result.facts["seed"] == 0
    again = run_job(worker, job(worker, "two", steps=3))
    assert again.facts["cached"] is True
    assert again.outputs == result.outputs
    assert "cached" not in run_job(worker, job(worker, "three", steps=3, seed=1)).facts


def test_events_and_submit_never_wait(worker: WorkerClient) -> None:
    began = time.monotonic()
    worker.submit(job(worker, "quick", seed=2, steps=50, seconds=1.0))
    worker.events()
    assert worker.result("quick") is None
    assert time.monotonic() - began < 0.5
    wait(worker, "quick", "result")


def test_cancel_interrupts_within_a_step(worker: WorkerClient) -> None:
    worker.submit(job(worker, "long", seed=3, steps=1000, seconds=100.0))
    wait(worker, "long", "progress")
    began = time.monotonic()
    worker.cancel("long")
    wait(worker, "long", "cancelled")
    assert time.monotonic() - began < 2.0
    with pytest.raises(BridgeError, match="was cancelled"):
        worker.result("long")
    run_job(worker, job(worker, "after", seed=4))


def test_a_waiting_job_can_be_cancelled(worker: WorkerClient) -> None:
    worker.submit(job(worker, "first", seed=5, steps=10, seconds=0.5))
    worker.submit(job(worker, "second", seed=6, steps=1000, seconds=100.0))
    worker.cancel("second")
    wait(worker, "second", "cancelled")
    assert worker.result("first") is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "passthru"}, "method 'passthru'.*did you mean 'passthrough'"),
        ({"parameters": {"stepps": 3}}, "did you mean 'steps'"),
        ({"parameters": {"steps": 0}}, "passthrough.steps is out of range"),
        ({"inputs": {}}, "lacks its input"),
        ({"method": "joint"}, "lacks its input"),
        ({"method": "control", "parameters": {"controls": []}}, "needs a model"),
        ({"method": "control", "parameters": {"controls": []}, "model": "/nowhere/at/all"}, "no model at"),
    ],
)
def test_bad_jobs_fail_with_one_line_and_the_worker_lives(worker: WorkerClient, change: dict, words: str) -> None:
    bad = Job.from_dict({**job(worker, "bad").to_dict(), **change})
    with pytest.raises(VivantError, match=words) as caught:
        run_job(worker, bad)
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    run_job(worker, job(worker, "good", seed=7))


def test_a_picture_that_is_none(worker: WorkerClient) -> None:
    ref = worker.store.put_bytes(b"<html>", ".png")
    with pytest.raises(VivantError, match="PNG"):
        run_job(worker, Job("html", "passthrough", inputs={"render": ref}))


def test_a_killed_worker_is_told_and_replaced(tmp_path: Path) -> None:
    with WorkerClient(tmp_path) as client:
        client.submit(job(client, "doomed", steps=1000, seconds=100.0))
        wait(client, "doomed", "progress")
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        wait(client, "doomed", "failed")
        with pytest.raises(BridgeError, match=r"worker process ended \(status -9\).*memory"):
            client.result("doomed")
        run_job(client, job(client, "next"))


@pytest.mark.parametrize("asked", [None, "ACTIVE"])
def test_the_workers_threads_wait_asleep_unless_told_otherwise(asked: str | None, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if asked is not None:
        monkeypatch.setenv("OMP_WAIT_POLICY", asked)
    with WorkerClient(tmp_path) as client:
        run_job(client, job(client, "first"))
        given = Path(f"/proc/{client.pid}/environ").read_bytes().split(b"\0")
        assert f"OMP_WAIT_POLICY={asked or 'PASSIVE'}".encode() in given


def test_the_worker_ends_with_its_client(tmp_path: Path) -> None:
    code = (
        "import time; from vivant.bridge.client import WorkerClient; "
        f"c = WorkerClient({str(tmp_path)!r}); c._start(); print(c.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        with contextlib.suppress(OSError):  # a zombie that nobody reaps in this container has ended as well
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                break
        time.sleep(0.1)
    else:
        raise AssertionError("the worker outlived its client")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["/no/such/python"], "cannot be started.*pip install"),
        ([sys.executable, "-c", "print('hello')"], "no Vivant worker"),
        ([sys.executable, "-c", "import nothing_like_it"], "nothing_like_it.*pip install"),
        ([sys.executable, "-c", ""], "ended .status 0."),
    ],
)
def test_a_python_that_is_no_worker(tmp_path: Path, command: list[str], words: str) -> None:
    with WorkerClient(tmp_path, command=command) as client, pytest.raises(BridgeError, match=words):
        client.submit(job(client, "x"))


# -- over HTTP -----------------------------------------------------------------------------------------------------------
def remote(url: str, folder: Path, token: str = "open sesame") -> RemoteClient:
    client = open_backend(url, folder, token=token)
    assert isinstance(client, RemoteClient)
    return client


def test_the_same_job_over_http_for_two_clients(served: str, tmp_path: Path) -> None:
    clients = [remote(served, tmp_path / name) for name in "ab"]
    results: dict[int, object] = {}

    def work(i: int) -> None:
        results[i] = run_job(clients[i], job(clients[i], "same_name", seed=20 + i, steps=5, seconds=0.2))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    [t.start() for t in threads]
    [t.join(30) for t in threads]
    for i, client in enumerate(clients):
        result = results[i]
        assert result.facts["seed"] == 20 + i  # type: ignore[attr-defined]
        path = client.store.path(result.outputs["rgb"])  # type: ignore[attr-defined]
        assert np.array_equal(read_png(path), PICTURE)
    assert {"passthrough", "control", "joint"} <= {m["name"] for m in clients[0].capabilities()["methods"]}


def test_cancel_over_http(served: str, tmp_path: Path) -> None:
    client = remote(served, tmp_path)
    client.submit(job(client, "long", seed=30, steps=1000, seconds=100.0))
    wait(client, "long", "progress")
    client.cancel("long")
    wait(client, "long", "cancelled")


def test_errors_over_http_are_the_workers_own(served: str, tmp_path: Path) -> None:
    client = remote(served, tmp_path)
    with pytest.raises(SpecError, match="did you mean 'steps'"):
        run_job(client, job(client, "bad", stps=1))
    with pytest.raises(BridgeError, match="token is wrong"):
        run_job(remote(served, tmp_path, token="guess"), job(client, "x"))


def test_a_server_for_others_needs_a_token(worker: WorkerClient) -> None:
    with pytest.raises(SpecError, match="needs a token"):
        open_server(worker, "0.0.0.0", 0)


@pytest.mark.parametrize("address", ["ftp://x", "http://", "http://host:port", "comfyui://"])
def test_addresses_that_are_none(address: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"address|backend"):
        open_backend(address, tmp_path)


def test_nobody_at_the_address(tmp_path: Path) -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    client = remote(f"http://127.0.0.1:{port}", tmp_path)
    with pytest.raises(BridgeError, match="nothing answers at"):
        run_job(client, job(client, "x"))


REMOTE_FAULTS: dict[str, tuple[int, bytes, str]] = {
    "error": (500, b"oops", "500"),
    "bad request": (400, b"no", "400"),
    "a web page": (200, b"<html>hello</html>", "no JSON"),
    "noise": (-1, b"\x00\xff garbage", "cannot talk"),
    "cut off": (-1, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort", "stopped within its answer"),
    "trickling bytes": (-2, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "silent for"),
}


@pytest.mark.parametrize("case", REMOTE_FAULTS)
def test_what_a_remote_server_can_do_wrong(case: str, tmp_path: Path) -> None:
    status, body, words = REMOTE_FAULTS[case]

    class Faulty(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.close_connection = True
            if status > 0:
                self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
                return
            self.wfile.write(body)
            for _ in range(40 if status == -2 else 0):
                self.wfile.write(b" ")
                time.sleep(0.02)

        do_GET = do_PUT = do_POST = do_HEAD = answer

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        client = RemoteClient(f"http://127.0.0.1:{server.server_port}", tmp_path, timeout_s=0.3)
        with pytest.raises(VivantError, match=words) as caught:
            run_job(client, job(client, "x"), poll_s=0.02)
        assert "\n" not in str(caught.value)
    finally:
        server.shutdown()
        server.server_close()
