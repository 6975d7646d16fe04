"""Joint denoising: the identities of expert branches and of the zero-terminal-SNR schedule; saving, sampling, bad models."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from vivant.bridge.attributes import MOST, Vocabulary
from vivant.bridge.diffusion.branches import BranchedUNet, fuse
from vivant.bridge.diffusion.joint import sample_joint, skeleton_tensor, to_arrays, words_tensor
from vivant.bridge.diffusion.joint_model import JointDenoiser, load_joint, save_joint
from vivant.bridge.diffusion.schedule import ancestral_step, make_schedule, noisy
from vivant.bridge.train_options import JointShape
from vivant.bridge_tests.tiny import tiny_unet
from vivant.procgen.errors import SpecError, VivantError

SHAPE = JointShape(size=32, channels=(8, 16), attention=(False, True), layers=1, words=16)


@pytest.fixture(scope="module")
def model() -> JointDenoiser:
    torch.manual_seed(1)
    return JointDenoiser(SHAPE, Vocabulary(["place:room", "gender:female"])).eval()


def inputs(batch: int = 2, size: tuple[int, int] = (16, 16), dtype: torch.dtype = torch.float32):
    x = torch.randn(batch, 4, *size, dtype=dtype)
    return x, torch.tensor(7), torch.randn(batch, 5, 32, dtype=dtype)


# -- branches ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [(16, 16), (16, 24), (13, 18)])
@pytest.mark.parametrize("batch", [1, 3])
@torch.no_grad()
def test_one_branch_is_the_base(size: tuple[int, int], batch: int) -> None:
    base = tiny_unet()
    x, t, c = inputs(batch, size)
    expected = base(x, t, c).sample
    (found,) = BranchedUNet(copy.deepcopy(base), 1).eval()([x], t, c)
    assert torch.equal(found, expected)


@torch.no_grad()
def test_equal_branches_with_equal_inputs_are_the_base() -> None:
    base = tiny_unet()
    x, t, c = inputs()
    expected = base(x, t, c).sample
    for found in BranchedUNet(copy.deepcopy(base), 3).eval()([x, x, x], t, c):
        assert (found - expected).abs().max() < 2e-5


@torch.no_grad()
def test_swapping_depth_and_normal_swaps_what_comes_out() -> None:
    branched = BranchedUNet(tiny_unet(), 3).eval()
    x, t, c = inputs()
    y, z = torch.randn_like(x), torch.randn_like(x)
    a, b = branched([x, y, z], t, c), branched([x, z, y], t, c)
    assert torch.allclose(a[1], b[2], atol=1e-5) and torch.allclose(a[2], b[1], atol=1e-5)
    assert torch.allclose(a[0], b[0], atol=1e-5)
    assert not torch.allclose(a[1], a[2], atol=1e-3)


@torch.no_grad()
def test_a_base_with_sizes_and_crops() -> None:
    """SDXL's added conditions, at the embedding size that HyperHuman uses."""
    base = tiny_unet(
        addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=64
    )
    x, t, c = inputs()
    added = {"text_embeds": torch.randn(2, 16), "time_ids": torch.rand(2, 6) * 512}
    expected = base(x, t, c, added_cond_kwargs=added).sample
    (found,) = BranchedUNet(copy.deepcopy(base), 1).eval()([x], t, c, added)
    assert torch.equal(found, expected)


@torch.no_grad()
def test_branches_work_in_bf16() -> None:
    branched = BranchedUNet(tiny_unet(), 2).eval()
    x, t, c = inputs()
    full = branched([x, x], t, c)[0]
    half = branched.to(torch.bfloat16)([x.bfloat16()] * 2, t, c.bfloat16())[0]
    assert half.dtype == torch.bfloat16
    assert (half.float() - full).abs().max() < 0.1 * full.abs().max() + 0.05


def test_checkpointing_changes_no_gradient() -> None:
    branched = BranchedUNet(tiny_unet(), 2).train()
    x, t, c = inputs()
    gradients = []
    for _ in range(2):
        branched.zero_grad()
        sum(o.square().mean() for o in branched([x, -x], t, c)).backward()
        gradients.append(branched.conv_in[0].weight.grad.clone())
        branched.enable_gradient_checkpointing()
    assert torch.allclose(*gradients, atol=1e-6)


def test_fusion_gives_the_first_branchs_statistics() -> None:
    first, other = torch.randn(2, 5, 8, 8) * 3 + 1, torch.randn(2, 5, 8, 8) * 0.1 - 4
    assert torch.equal(fuse([first]), first)
    assert torch.allclose(fuse([first, first]), first, atol=1e-4)
    assert torch.allclose(fuse([first, other]).mean((2, 3)), first.mean((2, 3)), atol=1e-4)
    assert torch.allclose(fuse([first, other]), fuse([first, 7 * other + 2]), atol=1e-3), (
        "scale and shift do not matter"
    )


def test_a_unet_of_one_level_has_no_trunk() -> None:
    base = tiny_unet(block_out_channels=(16,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    with pytest.raises(SpecError, match="at least two"):
        BranchedUNet(base)


# -- schedule ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["scaled_linear", "squaredcos_cap_v2"])
def test_the_last_step_is_pure_noise(kind: str) -> None:
    schedule = make_schedule(kind)
    assert float(schedule.alphas_cumprod[-1]) == 0.0
    x, e = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    (noised,), (velocity,) = noisy(schedule, [x], [e], torch.tensor([999, 999]))
    assert torch.equal(noised, e)
    assert torch.equal(velocity, -x)
    schedule.set_timesteps(20)
    assert int(schedule.timesteps[0]) == 999, "trailing; leading would start at 950"


@pytest.mark.parametrize("steps", [1, 20, 50])
def test_a_perfect_velocity_recovers_the_picture(steps: int) -> None:
    schedule = make_schedule()
    schedule.alphas_cumprod = schedule.alphas_cumprod.double()
    schedule.final_alpha_cumprod = schedule.final_alpha_cumprod.double()
    clean, noise = torch.randn(1, 3, 8, 8, dtype=torch.float64), torch.randn(1, 3, 8, 8, dtype=torch.float64)
    schedule.set_timesteps(steps)
    x = noise.clone()
    for t in schedule.timesteps:
        alpha = schedule.alphas_cumprod[t]
        error = (x - alpha.sqrt() * clean) / (1 - alpha).sqrt()
        x = schedule.step(alpha.sqrt() * error - (1 - alpha).sqrt() * clean, t, x).prev_sample
    assert (x - clean).abs().max() < 1e-8


@pytest.mark.parametrize("steps", [1, 3, 20, 30])
def test_ancestral_steps_keep_the_noise_level_and_end_at_the_picture(steps: int) -> None:
    schedule = make_schedule("squaredcos_cap_v2")
    schedule.set_timesteps(steps)
    generator = torch.Generator().manual_seed(1)
    clean = torch.randn(1, 3, 64, 64, dtype=torch.float64, generator=generator)
    x = torch.randn(clean.shape, dtype=torch.float64, generator=generator)
    times = [int(t) for t in schedule.timesteps] + [-1]
    for i, t in enumerate(times[:-1]):
        alpha = schedule.alphas_cumprod[t].double()
        error = (x - alpha.sqrt() * clean) / (1 - alpha).sqrt()
        assert abs(float(error.std()) - 1) < 0.03  # what the model was trained on: noise of spread one around the picture
        fresh = torch.randn(clean.shape, dtype=torch.float64, generator=generator)
        x = ancestral_step(schedule, alpha.sqrt() * error - (1 - alpha).sqrt() * clean, t, times[i + 1], x, fresh)
        assert torch.isfinite(x).all(), i
    assert (x - clean).abs().max() < 1e-6


# -- the small model -----------------------------------------------------------------------------------------------------
def sample(model: JointDenoiser, seeds: list[int], guidance: float = 1.5) -> dict[str, torch.Tensor]:
    skeleton = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(3)).expand(len(seeds), -1, -1, -1)
    words = words_tensor(["place:room", "unheard of"], model.vocabulary).expand(len(seeds), -1)
    return sample_joint(model, skeleton, words, seeds, steps=3, guidance=guidance)


def test_a_picture_is_the_same_in_any_batch(model: JointDenoiser) -> None:
    alone, together = sample(model, [5]), sample(model, [4, 5, 6])
    for kind, values in alone.items():
        assert torch.allclose(values[0], together[kind][1], atol=1e-4)
        assert torch.equal(values, sample(model, [5])[kind])
        assert not torch.allclose(together[kind][0], together[kind][1], atol=1e-2)


def test_samples_become_arrays_with_units(model: JointDenoiser) -> None:
    arrays = to_arrays(sample(model, [1]), 0)
    assert arrays["rgb"].shape == (32, 32, 3) and arrays["rgb"].dtype == np.uint8
    assert arrays["depth"].shape == (32, 32) and (arrays["depth"] >= 1 - 1e-6).all()
    length = np.linalg.norm(arrays["normal"], axis=-1)
    assert ((np.abs(length - 1) < 1e-5) | (length == 0)).all()


def test_guidance_of_one_asks_the_model_once_a_step(model: JointDenoiser) -> None:
    calls: list[int] = []
    hook = model.register_forward_hook(lambda *_: calls.append(1))
    sample(model, [1], guidance=1.0)
    once = len(calls)
    sample(model, [1], guidance=2.0)
    hook.remove()
    assert (once, len(calls) - once) == (3, 6)


def test_saved_models_come_back(model: JointDenoiser, tmp_path: Path) -> None:
    save_joint(model, tmp_path / "m", half=False)
    again = load_joint(tmp_path / "m")
    for kind, values in sample(model, [2]).items():
        assert torch.equal(values, sample(again, [2])[kind])
    save_joint(model, tmp_path / "h")
    assert (tmp_path / "h/model.safetensors").stat().st_size < 0.6 * (tmp_path / "m/model.safetensors").stat().st_size
    assert not any(p.suffix in (".bin", ".pt", ".pkl") for p in tmp_path.rglob("*"))


def test_models_that_cannot_be_used(model: JointDenoiser, tmp_path: Path) -> None:
    save_joint(model, tmp_path / "m")
    weights, config = tmp_path / "m/model.safetensors", tmp_path / "m/config.json"
    whole, text = weights.read_bytes(), json.loads(config.read_text())
    for change, words in (
        (lambda: weights.write_bytes(whole[:-10]), "cut short"),
        (lambda: weights.write_bytes(b""), "no safetensors"),
        (lambda: config.write_text(json.dumps({**text, "_class_name": "ControlNetModel"})), "no joint model"),
        (lambda: config.write_text(json.dumps({**text, "version": 9})), "another version"),
        (lambda: config.write_text(json.dumps({**text, "shape": {**text["shape"], "words": 24}})), "do not fit"),
        (lambda: config.write_text(json.dumps({**text, "scales": {"rgb": [0, 0]}})), "pairs of mean and spread"),
        (lambda: config.write_text("{"), "no JSON"),
    ):
        weights.write_bytes(whole)
        config.write_text(json.dumps(text))
        change()
        with pytest.raises(VivantError, match=words) as caught:
            load_joint(tmp_path / "m")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"size": 30}, "multiple of"), ({"channels": (10, 16)}, "multiples of 8"), ({"kinds": ("rgb", "heat")}, "no kind"),
     ({"attention": (True,)}, "do not match")],
)  # fmt: skip
def test_shapes_that_cannot_be_built(change: dict, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        JointShape.from_dict(
            {**SHAPE.to_dict(), **{k: list(v) if isinstance(v, tuple) else v for k, v in change.items()}}
        )


def test_words_have_numbers_and_strangers_share_one() -> None:
    vocabulary = Vocabulary(["a", "b", "a"])
    assert len(vocabulary) == 4
    numbers = vocabulary.numbers(["b", "a", "c"])
    assert numbers[:4] == [3, 2, Vocabulary.UNKNOWN, Vocabulary.NOTHING]
    assert len(numbers) == MOST


def test_skeletons_fit_the_model() -> None:
    picture = np.zeros((90, 90, 3), np.uint8)
    picture[30:60, 30:60] = 255
    small = skeleton_tensor(picture, 32)
    assert small.shape == (3, 32, 32)
    assert float(small.max()) == pytest.approx(1.0)
    assert float(small.mean()) == pytest.approx(1 / 9, rel=0.02)
