"""Every family of image models on tiny pipelines of the real classes: identities, odd sizes, batches, repainting, bf16."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    ControlNetModel,
    ControlNetUnionModel,
    FluxControlNetModel,
    QwenImageControlNetModel,
    T2IAdapter,
)
from PIL import Image
from safetensors.torch import load_file, save_file
from vivant.bridge.diffusion.call_arguments import start_noise
from vivant.bridge.diffusion.control import grow_mask
from vivant.bridge.pictures import read_mask, read_picture
from vivant.bridge_tests.jobs import HEIGHT, SESSION, WIDTH, awaken, label_files, run
from vivant.bridge_tests.tiny import (
    FLUX,
    QWEN,
    ip_adapter_weights,
    tiny_flux,
    tiny_image_encoder,
    tiny_qwen,
    tiny_sd15,
    tiny_sdxl,
)
from vivant.procgen.errors import VivantError

FAMILIES = ("sd15", "sdxl", "flux", "qwenimage")
# Family and network; on disk "_zero" ones are as before any training, "_net" ones say something.
STACKS = (
    ("sd15", "sd15"),
    ("sdxl", "sdxl"),
    ("sdxl", "sdxl_union"),
    ("flux", "flux"),
    ("flux", "flux_union"),
    ("qwenimage", "qwenimage"),
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    pipes = {
        "sd15": tiny_sd15(root / "a"),
        "sdxl": tiny_sdxl(root / "b"),
        "flux": tiny_flux(root / "c"),
        "qwenimage": tiny_qwen(),
    }
    for name, pipe in pipes.items():
        pipe.save_pretrained(root / name)
    known = inspect.signature(ControlNetUnionModel.__init__).parameters
    shared = {k: v for k, v in pipes["sdxl"].unet.config.items() if k in known}
    nets = {
        "sd15": ControlNetModel.from_unet(pipes["sd15"].unet, conditioning_embedding_out_channels=(4, 8, 8, 8)),
        "sdxl": ControlNetModel.from_unet(pipes["sdxl"].unet, conditioning_embedding_out_channels=(4, 8, 8, 8)),
        "sdxl_union": ControlNetUnionModel(**shared, num_trans_channel=16, num_trans_head=2, num_proj_channel=16),
        "flux": FluxControlNetModel(**FLUX),
        "flux_union": FluxControlNetModel(**FLUX, num_mode=5),
        "qwenimage": QwenImageControlNetModel(**QWEN),
    }  # fmt: skip
    for name, net in nets.items():
        silence(net).save_pretrained(root / f"{name}_zero")
        awaken(net).save_pretrained(root / f"{name}_net")
    for name in ("t2i_a", "t2i_b"):
        T2IAdapter(
            in_channels=3, channels=(16, 32, 32), num_res_blocks=1, downscale_factor=8, adapter_type="full_adapter"
        ).save_pretrained(root / name)
    for family in ("sd15", "sdxl"):
        (root / f"{family}_ip").mkdir()
        save_file(ip_adapter_weights(pipes[family].unet), root / f"{family}_ip" / "ip.safetensors")
        tiny_image_encoder().save_pretrained(root / f"{family}_ip" / "image_encoder")
    return root


def silence(net: Any) -> Any:
    """What the published nets are before training; the constructors leave FLUX's and Qwen's outputs at random."""
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.startswith(("controlnet_blocks", "controlnet_single_blocks", "controlnet_down", "controlnet_mid")):
                parameter.zero_()
    return net


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return label_files(tmp_path_factory.mktemp("files"))


def rgb(*args: Any, **kinds: Any) -> np.ndarray:
    return run(*args, **kinds).arrays["rgb"]


def stack(models: Path, network: str, kind: str = "net", controls: tuple[str, ...] = ("pose",)) -> dict[str, Any]:
    return {"controls": controls, "control_models": (str(models / f"{network}_{kind}"),)}


@pytest.mark.parametrize(("family", "network"), STACKS)
def test_silent_controls_are_the_base_and_loud_ones_are_not(
    models: Path, files: dict, family: str, network: str
) -> None:
    model = models / family
    base = rgb(files, model)
    assert base.shape == (HEIGHT, WIDTH, 3)
    assert not np.array_equal(base, rgb(files, model, job={"seed": 4}))
    assert np.array_equal(base, rgb(files, model, **stack(models, network, "zero"))), "an untrained network"
    one = stack(models, network)
    loud = rgb(files, model, **one, scales=(1.0,))
    assert not np.array_equal(base, loud)
    assert np.array_equal(loud, rgb(files, model, **one, scales=(1.0,))), "the same seed, the same picture"
    assert np.array_equal(base, rgb(files, model, **one, scales=(0.0,))), "scale 0"
    assert np.array_equal(base, rgb(files, model, **one, control_start=0.9)), "sets in after the last step"
    assert not np.array_equal(loud, rgb({**files, "pose": files["depth"]}, model, **one, scales=(1.0,)))


@pytest.mark.parametrize(("family", "network"), [s for s in STACKS if s[1] != "sdxl_union"])  # it weighs pictures
def test_one_of_two_controls_at_scale_zero_is_the_other_alone(
    models: Path, files: dict, family: str, network: str
) -> None:
    alone = rgb(files, models / family, **stack(models, network, controls=("depth",)), scales=(0.7,))
    both = stack(models, network, controls=("pose", "depth"))
    silenced = rgb(files, models / family, **both, scales=(0.0, 0.7)).astype(int)
    assert np.abs(silenced - alone).max() <= 1, "FLUX draws a little for each picture that it encodes"
    assert np.abs(rgb(files, models / family, **both, scales=(0.5, 0.7)).astype(int) - alone).max() > 1


@pytest.mark.parametrize(("family", "network"), STACKS)
def test_a_batch_of_diffusers_own_from_pictures_is_what_single_jobs_give(
    models: Path, tmp_path: Path, family: str, network: str
) -> None:
    """An independent witness of the ranges, names and noise that we hand over: the pipeline called as its page shows it."""
    files = label_files(tmp_path, 32, 48)
    asked = {**stack(models, network), "scales": (1.0,)}
    single = [rgb(files, models / family, job={"seed": seed}, **asked) for seed in (3, 4)]
    pipe = SESSION["control pipeline"][1]
    latents = torch.cat([start_noise(pipe, family, (48, 32), seed, torch.float32) for seed in (3, 4)])
    shown = "image" if network in ("sd15", "sdxl") else "control_image"
    modes = {"sdxl_union": {"control_mode": 0}, "flux_union": {"control_mode": 4}}
    made = pipe(
        prompt="a woman", negative_prompt="hats", width=48, height=32, num_inference_steps=2, latents=latents,
        num_images_per_prompt=2, controlnet_conditioning_scale=1.0, output_type="np",
        **{shown: Image.open(files["pose"]), "true_cfg_scale" if family == "qwenimage" else "guidance_scale": 3.0},
        **modes.get(network, {}),
    ).images  # fmt: skip
    for ours, theirs in zip(single, made, strict=True):
        assert np.abs(ours - 255 * theirs).max() < 1.0


@pytest.mark.parametrize("family", FAMILIES)
def test_bf16_is_close_to_fp32(models: Path, files: dict, family: str) -> None:
    asked = stack(models, family)
    full, half = (run(files, models / family, job={"dtype": d}, **asked) for d in ("fp32", "bf16"))
    assert half.facts["dtype"] == "bf16"
    assert np.abs(full.arrays["rgb"].astype(float) - half.arrays["rgb"]).mean() < 12


REPAINTS = (
    ("sd15", ""), ("sd15", "sd15_net"), ("sdxl", ""), ("sdxl", "sdxl_net"), ("sdxl", "sdxl_union_net"),
    ("flux", ""), ("flux", "flux_net"), ("flux", "flux_union_net"), ("qwenimage", ""),
)  # fmt: skip


@pytest.mark.parametrize(("family", "network"), REPAINTS)
def test_repainting_and_image_to_image(models: Path, files: dict, family: str, network: str) -> None:
    model, render, people = models / family, read_picture(files["render"]), read_mask(files["mask"])
    controls = {"controls": ("pose", "depth"), "control_models": (str(models / network),)} if network else {}
    kept = run(files, model, keep="background", grow=3, **controls)
    assert kept.facts["task"] == "inpaint"
    untouched = grow_mask(people, 3) == 0
    assert np.array_equal(kept.arrays["rgb"][untouched], render[untouched]), (
        "what is kept is the render to the last bit"
    )
    assert (kept.arrays["rgb"][people] != render[people]).any()
    near, far = (run(files, model, strength=s, steps=4, **controls) for s in (0.25, 0.75))
    assert near.facts["task"] == "image" and near.arrays["rgb"].shape == render.shape
    assert not np.array_equal(near.arrays["rgb"], far.arrays["rgb"])
    if network:
        silent = [
            rgb(files, model, **k, **controls, control_start=0.95) for k in ({"keep": "people"}, {"strength": 0.75})
        ]
        base = [rgb(files, model, **k) for k in ({"keep": "people"}, {"strength": 0.75})]
        if family != "flux":  # FLUX's draw from the same generator for the control picture first
            assert all(np.array_equal(a, b) for a, b in zip(silent, base, strict=True)), "never set in"
        assert not np.array_equal(silent[1], rgb(files, model, strength=0.75, **controls, scales=(2.0,)))


# -- T2I-Adapters --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_t2i_adapters(models: Path, files: dict, family: str) -> None:
    model, a, b = models / family, str(models / "t2i_a"), str(models / "t2i_b")
    size = {"width": 64, "height": 32}  # what adapters want multiples of, so that the base draws the same noise
    base = rgb(files, model, **size)
    one = {"controls": ("pose",), "control_models": (a,), **size}
    loud = rgb(files, model, **one, scales=(1.0,))
    assert np.array_equal(base, rgb(files, model, **one, scales=(0.0,)))
    assert not np.array_equal(base, loud)
    two = {"controls": ("depth", "pose"), "control_models": (b, a), **size}
    assert np.array_equal(loud, rgb(files, model, **two, scales=(0.0, 1.0)))
    with pytest.raises(VivantError, match=r"T2I-Adapters of family .* heed"):
        run(files, model, **one, control_start=0.5)


# -- IP-Adapter ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_ip_adapters(models: Path, files: dict, tmp_path: Path, family: str) -> None:
    model, file = models / family, models / f"{family}_ip" / "ip.safetensors"
    look = {"ip_adapter": str(file)}
    base = rgb(files, model)
    loud = rgb(files, model, **look, ip_adapter_scale=1.0)
    assert not np.array_equal(base, loud)
    assert np.array_equal(base, rgb(files, model, **look, ip_adapter_scale=0.0)), "scale 0"
    assert np.array_equal(loud, rgb(files, model, **look, ip_adapter_scale=1.0)), "the same seed, the same picture"
    other = {**files, "reference": files["depth"]}
    assert not np.array_equal(loud, rgb(other, model, **look, ip_adapter_scale=1.0)), "another look"
    controlled = stack(models, family)
    with_both = rgb(files, model, **look, **controlled)
    assert not np.array_equal(with_both, rgb(files, model, **controlled))
    assert np.array_equal(
        rgb(files, model, **controlled), rgb(files, model, **look, **controlled, ip_adapter_scale=0.0)
    )
    half = run(files, model, **look, job={"dtype": "bf16"}, keep="background")
    assert half.facts["task"] == "inpaint" and half.arrays["rgb"].shape == (HEIGHT, WIDTH, 3)
    silent = {k: torch.zeros_like(v) if "to_v_ip" in k else v for k, v in load_file(file).items()}
    (tmp_path / "image_encoder").symlink_to(file.parent / "image_encoder")
    save_file(silent, tmp_path / "silent.safetensors")
    assert np.array_equal(base, rgb(files, model, ip_adapter=str(tmp_path / "silent.safetensors"))), "nothing to say"


def test_ip_adapters_that_do_not_fit(models: Path, files: dict, tmp_path: Path) -> None:
    good = models / "sd15_ip" / "ip.safetensors"
    lonely = tmp_path / "deep" / "a"
    lonely.mkdir(parents=True)
    save_file(load_file(good), lonely / "ip.safetensors")
    pickled = tmp_path / "pickled"
    (pickled / "image_encoder").mkdir(parents=True)
    save_file(load_file(good), pickled / "ip.safetensors")
    (pickled / "image_encoder" / "config.json").write_text("{}")
    (pickled / "image_encoder" / "pytorch_model.bin").write_bytes(b"\x80\x02}.")
    wide = tmp_path / "wide"
    wide.mkdir()
    weights = load_file(good)
    save_file({**weights, "image_proj.proj.weight": torch.zeros(64, 20)}, wide / "ip.safetensors")
    (wide / "image_encoder").symlink_to(good.parent / "image_encoder")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(good.read_bytes()[:-8])
    for model, file, words in (
        ("sdxl", good, "belongs to another family"),
        ("flux", good, "FluxPipeline takes no IP-Adapter"),
        ("sd15", models / "sd15_net" / "diffusion_pytorch_model.safetensors", "is no IP-Adapter"),
        ("sd15", lonely / "ip.safetensors", "no image encoder beside"),
        ("sd15", pickled / "ip.safetensors", "would have to be unpickled"),
        ("sd15", wide / "ip.safetensors", "made for another image encoder"),
        ("sd15", cut, "cut short"),
    ):
        with pytest.raises(VivantError, match=words) as caught:
            run(files, models / model, ip_adapter=str(file))
        assert "\n" not in str(caught.value)


def test_stacks_that_a_family_cannot_do(models: Path, files: dict) -> None:
    with pytest.raises(VivantError, match="one union network for all controls"):
        run(
            files, models / "qwenimage", controls=("pose", "depth"),
            control_models=(str(models / "qwenimage_net"), str(models / "qwenimage_zero")),
        )  # fmt: skip
    with pytest.raises(VivantError, match="FLUX's union networks take no 'normal'"):
        run(files, models / "flux", **stack(models, "flux_union", controls=("normal",)))
    with pytest.raises(VivantError, match="StableDiffusionAdapterPipeline takes no IP-Adapter"):
        look = {"ip_adapter": str(models / "sd15_ip" / "ip.safetensors")}
        run(files, models / "sd15", controls=("pose",), control_models=(str(models / "t2i_a"),), **look)
    with pytest.raises(VivantError, match="strength leaves no step"):
        run(files, models / "sd15", strength=0.2, steps=4)
    with pytest.raises(VivantError, match="family 'qwenimage' cannot do 'inpaint'"):
        run(files, models / "qwenimage", keep="people", **stack(models, "qwenimage"))


@pytest.mark.parametrize(("family", "own"), [("sd15", 6.0), ("flux", 3.5), ("qwenimage", 4.0)])
def test_left_alone_the_guidance_is_what_the_family_is_known_to_want(
    models: Path, files: dict[str, Path], family: str, own: float
) -> None:
    left, said, other = (run(files, models / family, guidance=g).arrays["rgb"] for g in (0.0, own, 9.0))
    assert np.array_equal(left, said)
    assert not np.array_equal(left, other)
