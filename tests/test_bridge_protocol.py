"""Messages, jobs, files by content, and what a model is from its files alone."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vivant.bridge import models
from vivant.bridge.blobs import BlobStore
from vivant.bridge.methods import methods
from vivant.bridge.pictures import encode_array, read_output, read_picture
from vivant.bridge.prompts import STYLES, compose
from vivant.bridge.protocol import (
    FileRef,
    Job,
    Result,
    error_from_dict,
    error_to_dict,
    read_message,
    write_message,
)
from vivant.bridge.worker import prepare
from vivant.procgen.errors import BridgeError, MissingDependency, SpecError, VivantError

REF = FileRef("ab" * 32, ".png", 12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_messages_come_through_whole(data: dict) -> None:
    stream = io.BytesIO()
    for _ in range(2):
        write_message(stream, {**data, "type": "x"})
    stream.seek(0)
    assert read_message(stream) == read_message(stream) == {**data, "type": "x"}
    assert read_message(stream) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Blender 5.0.1\n", "no Vivant worker"),
        (struct.pack(">I", 9) + b"{}", "ended within"),
        (b"\x00\x00", "ended within"),
        (struct.pack(">I", 4) + b"\xff\xfe{}", "no JSON"),
        (struct.pack(">I", 2) + b"[]", "no type"),
    ],
)
def test_bytes_that_are_no_message(data: bytes, words: str) -> None:
    with pytest.raises(BridgeError, match=words):
        read_message(io.BytesIO(data))


def test_jobs_round_trip_and_their_key_says_what_decides_the_result() -> None:
    job = Job("a", "control", "m", "words", "none", 7, {"pose": REF}, {"steps": 3}, "cpu", "fp32", True)
    assert Job.from_dict(json.loads(json.dumps(job.to_dict()))) == job
    key = job.key()
    for same in ({"id": "b"}, {"device": "cuda"}, {"download": False}):
        assert Job.from_dict({**job.to_dict(), **same}).key() == key
    for other in ({"seed": 8}, {"prompt": "x"}, {"model": "n"}, {"parameters": {"steps": 4}}, {"dtype": "bf16"},
                  {"inputs": {"pose": FileRef("cd" * 32, ".png", 12).to_dict()}}, {"method": "joint"}):  # fmt: skip
        assert Job.from_dict({**job.to_dict(), **other}).key() != key
    assert job.key("fingerprint") != key


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "../x"}, "job.id"),
        ({"method": 3}, "job.method"),
        ({"seed": -1}, "job.seed"),
        ({"seed": True}, "job.seed"),
        ({"device": "gpu"}, "device 'gpu'"),
        ({"inputs": {"a/b": REF.to_dict()}}, "name of a file"),
        ({"inputs": {"pose": {"sha256": "../../etc/passwd", "suffix": ".png", "bytes": 1}}}, "SHA-256"),
        ({"inputs": {"pose": {**REF.to_dict(), "suffix": "/.."}}}, "suffix"),
        ({"inputs": []}, "job.inputs"),
        ({"parameters": None}, "job.parameters"),
        ({"promt": "x"}, "unknown field 'promt'"),
    ],
)
def test_jobs_that_cannot_be_used(change: dict, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        Job.from_dict({**Job("a", "joint").to_dict(), **change})


def test_errors_cross_the_wire_as_themselves() -> None:
    for error in (
        SpecError("a", expected=3, got="x", fix="b"),
        MissingDependency("torch", fix="pip"),
        BridgeError("c"),
    ):
        again = error_from_dict(json.loads(json.dumps(error_to_dict(error))))
        assert type(again) is type(error)
        assert str(again) == str(error)
    assert "ZeroDivisionError: x" in str(error_from_dict(error_to_dict(ZeroDivisionError("x"))))
    assert isinstance(error_from_dict("garbage"), BridgeError)


def test_files_are_named_by_their_content_and_damage_is_noticed(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "cache")
    ref = store.put_bytes(b"hello", ".png")
    assert store.put_bytes(b"hello", ".png") == ref
    assert store.read(ref) == b"hello"
    store.path(ref).write_bytes(b"hallo")
    with pytest.raises(BridgeError, match="damaged"):
        store.read(ref)
    with pytest.raises(BridgeError, match="not in"):
        store.path(ref)


def test_results_are_forgotten_with_their_files_and_the_cache_stays_within_its_limit(tmp_path: Path) -> None:
    store = BlobStore(tmp_path, limit_bytes=300)
    refs = [store.put_bytes(bytes([i]) * 100, ".png") for i in range(3)]
    store.remember("k" * 64, Result({"rgb": refs[0]}, {"seed": 1}))
    assert store.result("k" * 64) == Result({"rgb": refs[0]}, {"seed": 1})
    for i, ref in enumerate(refs):
        os.utime(store.path(ref), (i, i))
    assert store.prune() >= 1
    assert not store.has(refs[0])
    assert store.has(refs[2])
    assert store.result("k" * 64) is None
    assert sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file()) <= 300


def test_outputs_come_back_as_they_went(tmp_path: Path, rng: np.random.Generator) -> None:
    for name, array in (
        ("rgb", rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)),
        ("mask", rng.integers(0, 2, (5, 7), dtype=np.uint8) * 255),
        ("depth", rng.random((5, 7)).astype(np.float32)),
        ("normal", rng.normal(size=(5, 7, 3)).astype(np.float32)),
    ):
        data, suffix = encode_array(name, array)
        (tmp_path / f"x{suffix}").write_bytes(data)
        assert np.array_equal(read_output(name, tmp_path / f"x{suffix}"), array)
    with pytest.raises(BridgeError, match="NaN"):
        encode_array("depth", np.full((2, 2), np.nan, np.float32))
    data, _ = encode_array("grey", np.full((2, 2), 65535, np.uint16))
    (tmp_path / "g.png").write_bytes(data)
    assert (read_picture(tmp_path / "g.png") == 255).all()


@pytest.mark.parametrize("entry", list(methods), ids=lambda e: e.name)
def test_methods_describe_themselves(entry) -> None:
    assert entry.doc
    parameters = entry.spec()
    assert type(parameters).from_dict(json.loads(parameters.to_json())) == parameters
    assert parameters.inputs()
    assert all(f.metadata.get("doc") for f in dataclasses.fields(entry.spec))


def test_control_parameters_are_checked() -> None:
    make = methods.get("control").spec
    assert make(controls=("pose",), keep="people", ip_adapter="x").inputs() == ("render", "pose", "mask", "reference")
    for bad, words in (
        ({"controls": ["pos"]}, "no control 'pos'"),
        ({"controls": ["pose", "pose"]}, "twice"),
        ({"scales": [1.0, 1.0]}, "scales do not match"),
        ({"control_models": ["a", "b"]}, "control_models do not match"),
        ({"control_start": 0.6, "control_end": 0.5}, "ends before"),
        ({"strength": 0.0}, "strength"),
        ({"stepss": 1}, "did you mean 'steps'"),
    ):
        with pytest.raises(SpecError, match=words):
            make.from_dict(bad)


def test_prompts_hold_the_caption_the_users_words_and_the_style() -> None:
    positive, negative = compose("A woman, walking.", "", "photo", "hats")
    assert positive.startswith("A woman, walking.")
    assert negative.startswith("hats, ")
    assert compose("A woman.", "{caption} In the rain.", "plain") == ("A woman. In the rain.", "")
    assert compose("A woman.", "A knight.", "plain") == ("A knight.", "")
    assert all("{caption}" in around for around, _ in STYLES.values())
    with pytest.raises(SpecError, match="did you mean 'photo'"):
        compose("x", style="phto")
    with pytest.raises(SpecError, match="too long"):
        compose("x" * 5000)


# -- models --------------------------------------------------------------------------------------------------------------
def safetensors(path: Path, keys: tuple[str, ...], cut: int = 0) -> None:
    """A whole (or cut) safetensors file with small tensors, by the format's own description."""
    header, end = {}, 0
    for key in keys:
        header[key] = {"dtype": "F32", "shape": [2], "data_offsets": [end, end + 8]}
        end += 8
    text = json.dumps(header).encode()
    data = struct.pack("<Q", len(text)) + text + bytes(end)
    path.write_bytes(data[: len(data) - cut])


def model_folder(path: Path, weights: str = "model.safetensors") -> Path:
    (path / "unet").mkdir(parents=True)
    index = {"_class_name": "StableDiffusionXLPipeline", "unet": ["diffusers", "UNet2DConditionModel"],
             "scheduler": ["diffusers", "DDIMScheduler"], "feature_extractor": [None, None]}  # fmt: skip
    (path / "model_index.json").write_text(json.dumps(index))
    safetensors(path / "unet" / weights, ("conv_in.weight",))
    return path


def test_a_model_is_known_by_its_files(tmp_path: Path) -> None:
    info = models.identify(str(model_folder(tmp_path / "m")))
    assert (info.family, info.role, info.where) == ("sdxl", "pipeline", "folder")
    safetensors(tmp_path / "xl.safetensors", ("conditioner.embedders.1.model.x", "model.diffusion_model.y"))
    assert models.identify(str(tmp_path / "xl.safetensors")).family == "sdxl"
    safetensors(tmp_path / "sd.safetensors", ("cond_stage_model.transformer.x",))
    assert models.identify(str(tmp_path / "sd.safetensors")).family == "sd15"
    hub = models.identify(models.DEFAULT_MODEL)
    assert "7.0 GB" in models.before_download(hub)
    assert "Open RAIL" in models.before_download(hub)
    for family, names in models.DEFAULT_CONTROLS.items():
        assert all(models.PUBLISHED[name].family == family for name in names.values())
        assert all(control in models.PUBLISHED[name].controls for control, name in names.items())


def test_a_fingerprint_follows_the_content_not_the_place(tmp_path: Path) -> None:
    a = model_folder(tmp_path / "a")
    shutil.copytree(a, tmp_path / "b", copy_function=shutil.copy2)
    assert models.fingerprint(str(a)) == models.fingerprint(str(tmp_path / "b"))
    file = a / "unet" / "model.safetensors"
    before = models.fingerprint(str(a))
    os.utime(file, (1, 1))
    assert models.fingerprint(str(a)) != before


def test_a_retrained_network_under_the_same_name_is_another_job(tmp_path: Path) -> None:
    model, net = model_folder(tmp_path / "m"), tmp_path / "net.safetensors"
    safetensors(net, ("controlnet_cond_embedding.x",))
    render = FileRef("0" * 64, ".png", 1)
    asked = Job("a", "control", str(model), inputs={"render": render, "pose": render},
                parameters={"controls": ["pose"], "control_models": [str(net)]})  # fmt: skip
    first = prepare(asked)[1]
    assert prepare(asked)[1] == first
    safetensors(net, ("controlnet_cond_embedding.x", "controlnet_cond_embedding.y"))
    assert prepare(asked)[1] != first


def _missing(root: Path) -> str:
    model_folder(root / "model")
    return str(root / "modle")


def _pickled(root: Path) -> str:
    (root / "x.ckpt").write_bytes(b"cos\nsystem\n")
    return str(root / "x.ckpt")


def _pickled_part(root: Path) -> str:
    folder = model_folder(root / "m")
    (folder / "unet" / "model.safetensors").rename(folder / "unet" / "diffusion_pytorch_model.bin")
    return str(folder)


def _cut(root: Path) -> str:
    folder = model_folder(root / "m")
    safetensors(folder / "unet" / "model.safetensors", ("conv_in.weight",), cut=3)
    return str(folder)


def _shard(root: Path) -> str:
    folder = model_folder(root / "m")
    (folder / "unet" / "d.safetensors.index.json").write_text('{"weight_map": {"a": "d-00002-of-00002.safetensors"}}')
    return str(folder)


def _part(root: Path) -> str:
    folder = model_folder(root / "m")
    shutil.rmtree(folder / "unet")
    return str(folder)


def _architecture(root: Path) -> str:
    (root / "config.json").write_text('{"_class_name": "GPT2Model"}')
    return str(root)


def _garbage(root: Path) -> str:
    (root / "x.safetensors").write_bytes(b"<html>Not Found</html>" * 9)
    return str(root / "x.safetensors")


def _words(root: Path) -> str:
    safetensors(root / "llm.safetensors", ("lm_head.weight",))
    return str(root / "llm.safetensors")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_missing, "no model at.*did you mean.*model"),
        (_pickled, "unpickled.*safetensors"),
        (_pickled_part, "unpickled.*safetensors"),
        (_cut, "cut short.*download it again"),
        (_shard, "lacks 'd-00002"),
        (_part, "lacks its part 'unet'"),
        (_architecture, "unknown architecture.*GPT2Model"),
        (lambda root: str(root), "no model_index.json"),
        (_garbage, "no safetensors file, or is cut short"),
        (_words, "unknown architecture.*lm_head"),
    ],
)
def test_models_that_cannot_be_used(tmp_path: Path, make, words: str) -> None:
    with pytest.raises(VivantError, match=words) as caught:
        models.identify(make(tmp_path))
    assert "\n" not in str(caught.value)
