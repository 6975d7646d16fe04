"""The ComfyUI backend against a server that speaks ComfyUI's protocol, with all that such a server can do wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vivant.bridge.backends import comfyui
from vivant.bridge.backends.comfyui import ComfyClient
from vivant.bridge.client import run_job
from vivant.bridge.protocol import Job
from vivant.procgen.dataset.png import encode_png, read_png
from vivant.procgen.errors import VivantError
from vivant.tests import comfy_server

MADE = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)
RENDER = encode_png(np.zeros((6, 8, 3), np.uint8))


@pytest.fixture
def comfy() -> Iterator[comfy_server.Comfy]:
    server = comfy_server.Comfy(encode_png(MADE))
    yield server
    server.close()


@pytest.fixture
def client(comfy: comfy_server.Comfy, tmp_path: Path) -> Iterator[ComfyClient]:
    found = ComfyClient(comfy.address.replace("comfyui", "http"), tmp_path, timeout_s=1.0)
    yield found
    found.close()


def job(client: ComfyClient, name: str = "a", **changes: Any) -> Job:
    ref = client.store.put_bytes(RENDER, ".png").to_dict()
    data = {**Job(name, "control", "dreamy.safetensors", "a woman", "hats", 7).to_dict(),
            "inputs": {k: ref for k in ("render", "pose", "depth", "normal", "mask")}, "parameters": {"steps": 4}}  # fmt: skip
    return Job.from_dict({**data, **changes})


def kinds(workflow: dict[str, Any]) -> list[str]:
    return sorted(n["class_type"] for n in workflow.values())


@pytest.mark.parametrize("sockets", [True, False])
def test_a_job_runs_with_progress_by_socket_or_without(
    client: ComfyClient, comfy: comfy_server.Comfy, sockets: bool
) -> None:
    comfy.sockets = sockets
    said: list[tuple[int, int, str]] = []
    result = run_job(client, job(client), lambda *a: said.append(a), poll_s=0.05)
    assert np.array_equal(read_png(client.store.path(result.outputs["rgb"])), MADE)
    if sockets:
        assert [s[:2] for s in said if s[1]] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    (workflow,) = comfy.prompts.values()
    assert kinds(workflow).count("SetUnionControlNetType") == 3
    assert kinds(workflow).count("ControlNetLoader") == 1, "one union network is loaded once"
    loader = next(n for n in workflow.values() if n["class_type"] == "CheckpointLoaderSimple")
    assert loader["inputs"]["ckpt_name"] == "folder/dreamy.safetensors", "the server's own spelling"
    sampler = next(n["inputs"] for n in workflow.values() if n["class_type"] == "KSampler")
    assert (sampler["seed"], sampler["steps"], sampler["denoise"]) == (7, 4, 1.0)
    texts = {n["inputs"]["text"] for n in workflow.values() if n["class_type"] == "CLIPTextEncode"}
    assert texts == {"a woman", "hats"}
    assert run_job(client, job(client, "again")).facts["cached"] is True
    assert len(comfy.prompts) == 1


@pytest.mark.parametrize("keep", ["background", "people"])
def test_keeping_a_part_paints_the_other(client: ComfyClient, comfy: comfy_server.Comfy, keep: str) -> None:
    run_job(client, job(client, parameters={"steps": 2, "keep": keep, "strength": 0.7, "controls": []}), poll_s=0.05)
    (workflow,) = comfy.prompts.values()
    assert ("InvertMask" in kinds(workflow)) == (keep == "people")
    assert "SetLatentNoiseMask" in kinds(workflow)
    assert "ControlNetLoader" not in kinds(workflow)


def test_cancel_interrupts_this_job_alone(client: ComfyClient, comfy: comfy_server.Comfy) -> None:
    comfy.step_s = 0.05
    client.submit(job(client, parameters={"steps": 1000}))
    deadline = time.monotonic() + 10
    while not comfy.running and time.monotonic() < deadline:
        time.sleep(0.02)
    client.cancel("a")
    began = time.monotonic()
    while not any(e["type"] == "cancelled" for e in client.events(0.05)) and time.monotonic() < deadline:
        pass
    assert time.monotonic() - began < 2
    assert comfy.interrupted == ["prompt-0"]


def test_a_users_own_workflow(client: ComfyClient, comfy: comfy_server.Comfy) -> None:
    workflow = {
        "3": {"class_type": "LoadImage", "inputs": {"image": "%pose%"}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl_base_1.0.safetensors"}},
        "5": {"class_type": "CLIPTextEncode", "inputs": {"text": "photo of %prompt%, 50% off", "clip": ["4", 1]}},
        "6": {"class_type": "VAEEncode", "inputs": {"pixels": ["3", 0], "vae": ["4", 2]}},
        "7": {"class_type": "KSampler", "inputs": {"model": ["4", 0], "seed": "%seed%", "steps": 2, "cfg": 1.0,
              "sampler_name": "dpmpp_2m", "scheduler": "karras", "positive": ["5", 0], "negative": ["5", 0],
              "latent_image": ["6", 0], "denoise": 1.0}},
    }  # fmt: skip
    given = job(client)
    ref = client.store.put_bytes(json.dumps(workflow).encode(), ".json")
    mine = Job("a", "workflow", prompt="a woman", seed=9, inputs={**given.inputs, "workflow": ref})
    run_job(client, mine, poll_s=0.05)
    (sent,) = comfy.prompts.values()
    assert sent["7"]["inputs"]["seed"] == 9
    assert sent["5"]["inputs"]["text"] == "photo of a woman, 50% off"
    assert sent["3"]["inputs"]["image"] in comfy.uploads
    bad = client.store.put_bytes(b'{"nodes": []}', ".json")
    with pytest.raises(VivantError, match=r"API format.*Export"):
        run_job(client, Job("b", "workflow", inputs={**given.inputs, "workflow": bad}))


def silent(handler: Any) -> None:
    time.sleep(1.5)


def slow(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    handler.wfile.flush()
    time.sleep(1.5)


def trickle(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(30):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def cut(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")


def noise(handler: Any) -> None:
    handler.wfile.write(b"\x00\xff\xfe garbage")


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no object_info": ({"/object_info": (500, b"oops")}, "answers 500 to /object_info.*oops"),
    "a web page": ({"/object_info": (200, b"<html>hello</html>")}, "no JSON.*another program"),
    "a list": ({"/object_info": (200, b"[1]")}, "is no ComfyUI"),
    "upload refused": ({"/upload": (413, b"too large")}, "did not take the picture.*413.*too large"),
    "upload garbage": ({"/upload": (200, b"\xff\xfe")}, "did not take the picture"),
    "prompt refused": (
        {"/prompt": (400, json.dumps({"error": {"message": "bad", "details": "x"}}).encode())},
        "400.*bad; x",
    ),
    "prompt broken": ({"/prompt": (500, b"")}, "answers 500 to /prompt.*an empty answer"),
    "prompt garbage": ({"/prompt": (200, b"ok")}, "no JSON"),
    "prompt without id": ({"/prompt": (200, b"{}")}, "did not queue"),
    "history garbage": ({"/history": (200, b"}{")}, "no JSON"),
    "picture gone": ({"/view": (404, b"")}, "does not hand out its picture.*404"),
    "picture garbage": ({"/view": (200, b"GIF89a")}, "picture that is none"),
    "silent": ({"/prompt": silent}, "silent for"),
    "slow bytes": ({"/prompt": slow}, "silent for"),
    "trickling bytes": ({"/prompt": trickle}, "silent for"),
    "cut off": ({"/object_info": cut}, "stopped within its answer"),
    "noise": ({"/object_info": noise}, "cannot talk to ComfyUI"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_a_server_can_do_wrong(
    case: str, client: ComfyClient, comfy: comfy_server.Comfy, monkeypatch: pytest.MonkeyPatch
) -> None:
    comfy.fault, words = FAULTS[case]
    client._connection.timeout_s = 0.6
    monkeypatch.setattr(comfyui, "POLL_S", 0.05)
    with pytest.raises(VivantError, match=words) as caught:
        run_job(client, job(client), poll_s=0.02)
    assert "\n" not in str(caught.value)


LACKS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a node": ({}, "ControlNetApplyAdvanced", "lacks the node 'ControlNetApplyAdvanced'"),
    "a checkpoint": ({"model": "dreamyy.safetensors"}, "", "no checkpoint 'dreamyy.safetensors'.*did you mean"),
    "a network": ({"parameters": {"control_models": ["x_union_y"]}}, "", "no control network 'x_union_y'"),
    "an adapter": ({"parameters": {"ip_adapter": "x"}, "inputs": {}}, "", "lacks its input|IP-Adapter has no node"),
    "a method": ({"method": "joint"}, "", "ComfyUI cannot run method 'joint'"),
}


@pytest.mark.parametrize("case", LACKS)
def test_what_a_server_lacks_is_named_before_pictures_are_sent(
    case: str, client: ComfyClient, comfy: comfy_server.Comfy
) -> None:
    changes, node, words = LACKS[case]
    comfy.nodes.pop(node, None)
    with pytest.raises(VivantError, match=words):
        run_job(client, job(client, **changes))
    assert comfy.uploads == {}


def test_an_error_within_the_job_and_an_interruption_by_others(client: ComfyClient, comfy: comfy_server.Comfy) -> None:
    comfy.error = "CUDA out of memory"
    with pytest.raises(VivantError, match=r"failed within the job.*CUDA out of memory.*smaller"):
        run_job(client, job(client), poll_s=0.05)
    comfy.interrupted.append("prompt-1")
    with pytest.raises(VivantError, match="somebody interrupted"):
        run_job(client, job(client, "b"), poll_s=0.05)


def test_capabilities_list_the_servers_models(client: ComfyClient) -> None:
    found = client.capabilities()
    assert found["models"] == comfy_server.CHECKPOINTS
    assert found["control_models"] == comfy_server.NETS
