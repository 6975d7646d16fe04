"""Method "control" around its pipelines: sizes, masks, cancelling, memory, long prompts. Families: test_families.py."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel, ControlNetUnionModel, T2IAdapter
from vivant.bridge.diffusion import control
from vivant.bridge.diffusion.control import grow_mask
from vivant.bridge.diffusion.devices import fit
from vivant.bridge.diffusion.text import prompt_embeds, windows
from vivant.bridge.pictures import read_picture
from vivant.bridge.request import Cancelled
from vivant.bridge_tests.jobs import HEIGHT, WIDTH, awaken, label_files, run
from vivant.bridge_tests.tiny import tiny_sd15, tiny_sdxl
from vivant.procgen.errors import VivantError


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """sd15, sdxl and networks in diffusers' layout."""
    root = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    sd15, sdxl = tiny_sd15(root / "a"), tiny_sdxl(root / "b")
    sd15.save_pretrained(root / "sd15")
    sdxl.save_pretrained(root / "sdxl")
    net = ControlNetModel.from_unet(sd15.unet, conditioning_embedding_out_channels=(4, 8, 8, 8))
    awaken(net).save_pretrained(root / "net")
    known = inspect.signature(ControlNetUnionModel.__init__).parameters
    shared = {k: v for k, v in sdxl.unet.config.items() if k in known}
    union = ControlNetUnionModel(**shared, num_trans_channel=16, num_trans_head=2, num_proj_channel=16)
    awaken(union).save_pretrained(root / "union")
    adapter = T2IAdapter(
        in_channels=3, channels=(16, 32, 32), num_res_blocks=1, downscale_factor=8, adapter_type="full_adapter"
    )
    adapter.save_pretrained(root / "adapter")
    return root


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return label_files(tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_without_controls_a_picture_of_the_frames_own_size(models: Path, files: dict, family: str) -> None:
    answer = run(files, models / family)
    assert answer.arrays["rgb"].shape == (HEIGHT, WIDTH, 3)
    assert answer.facts["family"] == family
    assert np.array_equal(answer.arrays["rgb"], run(files, models / family).arrays["rgb"]), (
        "the same seed, the same picture"
    )
    other = run(files, models / family, job={"seed": 4}).arrays["rgb"]
    assert not np.array_equal(answer.arrays["rgb"], other)


def test_a_union_network_hears_which_picture_is_which(models: Path, files: dict) -> None:
    union = {"control_models": (str(models / "union"),), "scales": (2.0,)}
    pose = run(files, models / "sdxl", controls=("pose",), **union)
    assert pose.facts["network"] == "controlnet_union"
    same = {**files, "normal": files["pose"]}
    normal = run(same, models / "sdxl", controls=("normal",), **union)
    assert not np.array_equal(pose.arrays["rgb"], normal.arrays["rgb"]), "one picture, said to be another"


def test_strength_is_how_far_from_the_render(models: Path, files: dict) -> None:
    render = read_picture(files["render"]).astype(float)
    little = run(files, models / "sd15", strength=0.01, steps=100, guidance=1.0)
    synthesised = run(files, models / "sd15", strength=0.9, steps=10, guidance=1.0)
    assert little.facts["task"] == "image"
    assert little.arrays["rgb"].shape == render.shape
    assert not np.array_equal(little.arrays["rgb"], synthesised.arrays["rgb"])


def test_masks_grow_and_fade() -> None:
    mask = np.zeros((9, 9), bool)
    mask[4, 4] = True
    grown = grow_mask(mask, 2)
    assert grown[4, 4] == 1 and grown[4, 5] == pytest.approx(2 / 3) and grown[4, 6] == pytest.approx(1 / 3)
    assert grown[4, 7] == 0
    assert np.array_equal(grow_mask(mask, 0), mask.astype(np.float32))


def test_another_size_than_the_render(models: Path, files: dict) -> None:
    found = run(files, models / "sd15", width=40, height=64, controls=("pose",), control_models=(str(models / "net"),))
    assert found.arrays["rgb"].shape == (64, 40, 3)


def test_cancel_interrupts_between_steps(models: Path, files: dict) -> None:
    seen: list[int] = []

    def say(step: int, steps: int, text: str) -> None:
        if text == "denoising":
            seen.append(step)
            if step == 2:
                raise Cancelled("x")

    with pytest.raises(Cancelled):
        run(files, models / "sd15", say=say, steps=50)
    assert seen == [0, 1, 2]


def test_out_of_memory_is_answered_with_less_and_at_last_said(
    models: Path, files: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sizes = control._attempt, []

    def tight(request: Any, p: Any, render: Any, width: int, height: int, plan: Any, tried: Any) -> Any:
        sizes.append((plan.slicing, plan.scale))
        if plan.scale > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return real(request, p, render, width, height, plan, tried)

    monkeypatch.setattr(control, "_attempt", tight)
    limit = 0.8
    found = run(files, models / "sd15")
    assert found.arrays["rgb"].shape == (HEIGHT, WIDTH, 3), "made smaller, given back at the size of the labels"
    assert found.facts["made_at"] == [38, 28]
    assert sizes == [(False, 1.0), (True, 1.0), (True, 0.75)]
    limit = 0.0
    with pytest.raises(VivantError, match=r"out of memory.*smaller width"):
        run(files, models / "sd15")


def test_plans_follow_free_memory() -> None:
    weights = 10**9
    small, large = 2 * 10**9, 10**11
    assert fit("cpu", "fp32", weights, 512, 512, large).slicing is False
    assert fit("cpu", "fp32", weights, 512, 512, small).slicing is True
    plan, steps = fit("cpu", "bf16", weights, 512, 512, large), []
    while plan is not None:
        steps.append((plan.offload, plan.slicing, round(plan.scale, 2)))
        plan = plan.smaller()
    assert steps == [
        ("none", False, 1.0),
        ("none", True, 1.0),
        ("none", True, 0.75),
        ("none", True, 0.56),
        ("none", True, 0.42),
    ]
    with pytest.raises(VivantError, match="no device 'xpu' here"):
        fit("xpu", "auto", weights, 8, 8)


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_short_prompts_are_encoded_as_the_pipeline_does_it(tmp_path: Path, family: str) -> None:
    pipe = (tiny_sd15 if family == "sd15" else tiny_sdxl)(tmp_path)
    ours = prompt_embeds(pipe, family, "a man", "hat")
    theirs = pipe.encode_prompt(
        **{"prompt": "a man", "negative_prompt": "hat", "device": "cpu", "num_images_per_prompt": 1,
           "do_classifier_free_guidance": True}
    )  # fmt: skip
    names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
    for name, expected in zip(names, theirs, strict=False):
        assert torch.allclose(ours[name], expected, atol=1e-6), name


def test_long_prompts_are_heard_to_the_end(tmp_path: Path) -> None:
    pipe = tiny_sd15(tmp_path)
    long = "abcdefghijklmnopqrstuvwxyz" * 2
    assert len(windows(pipe.tokenizer, long)) == 3
    found = prompt_embeds(pipe, "sd15", long, "")
    assert found["prompt_embeds"].shape == found["negative_prompt_embeds"].shape == (1, 60, 16)
    other = prompt_embeds(pipe, "sd15", long[:-1] + "a", "")
    assert torch.equal(found["prompt_embeds"][:, :20], other["prompt_embeds"][:, :20])
    assert not torch.equal(found["prompt_embeds"][:, 40:], other["prompt_embeds"][:, 40:])


def test_models_that_do_not_go_together(models: Path, files: dict) -> None:
    for model, parameters, words in (
        ("net", {}, "is a controlnet, not an image model"),
        (
            "sd15",
            {"controls": ("pose",), "control_models": (str(models / "union"),)},
            "does not go with a model of family 'sd15'",
        ),
        ("sd15", {"controls": ("pose",)}, "lllyasviel/control_v11p_sd15_openpose.*GB.*OpenRAIL.*--download"),
        (
            "sd15",
            {"controls": ("pose", "depth"), "control_models": (str(models / "net"), str(models / "adapter"))},
            "mixed",
        ),
        ("sd15", {"ip_adapter": str(models / "nothing.bin")}, "one .safetensors file"),
        (
            "sd15",
            {"controls": ("pose",), "control_models": (str(models / "adapter"),), "strength": 0.5},
            "t2i_adapter with family 'sd15' cannot do 'image'",
        ),
    ):
        with pytest.raises(VivantError, match=words) as caught:
            run(files, models / model, **parameters)
        assert "\n" not in str(caught.value)
    with pytest.raises(VivantError, match=r"stable-diffusion-xl.*7.0 GB.*licence.*is not on this machine.*--download"):
        run(files, Path("stabilityai/stable-diffusion-xl-base-1.0"))


def test_pictures_of_other_sizes(models: Path, files: dict, tmp_path: Path) -> None:
    other = label_files(tmp_path, 90, 64)
    mixed = {**files, "pose": other["pose"]}
    found = run(mixed, models / "sd15", controls=("pose",), control_models=(str(models / "net"),))
    assert found.arrays["rgb"].shape == (HEIGHT, WIDTH, 3), "label pictures are made to fit"
    with pytest.raises(VivantError, match=r"mask does not fit the render.*\(37, 51\).*\(90, 64\)"):
        run({**files, "mask": other["mask"]}, models / "sd15", keep="people")


def test_models_that_break_while_they_load(models: Path, files: dict, tmp_path: Path) -> None:
    broken = tmp_path / "sd15"
    shutil.copytree(models / "sd15", broken)
    config = broken / "unet" / "config.json"
    config.write_text(config.read_text().replace('"cross_attention_dim": 16', '"cross_attention_dim": 24'))
    hub = Path("stabilityai/stable-diffusion-xl-base-1.0")
    for model, job, words in (
        (broken, {}, "cannot be loaded.*download it again"),
        (hub, {"download": True}, r"cannot fetch what.*7\.0 GB.*check the network, or copy it to .*hub"),
    ):
        with pytest.raises(VivantError, match=words) as caught:
            run(files, model, job=job)
        assert "\n" not in str(caught.value)
