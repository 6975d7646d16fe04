"""Reference attention, two experts, and the refiner: their identities on tiny networks of the real classes."""

from __future__ import annotations

import pytest
import torch
from vivant.bridge.diffusion.reference import reading, writing
from vivant.bridge.diffusion.refiner import make_refiner, random_keep, side_by_side
from vivant.bridge.diffusion.saliency_fusion import fuse, saliency, subject_mask
from vivant.bridge_tests.tiny import tiny_unet
from vivant.procgen.errors import SpecError


# -- reference -----------------------------------------------------------------------------------------------------------
@torch.no_grad()
def test_an_empty_bank_and_a_bank_of_ones_own_features_are_the_base() -> None:
    unet = tiny_unet()
    x, t, c = torch.randn(2, 4, 16, 16), torch.tensor(7), torch.randn(2, 5, 32)
    base = unet(x, t, c).sample
    own = dict(unet.attn_processors)
    bank: dict = {}
    with reading(unet, bank):
        assert (unet(x, t, c).sample - base).abs().max() < 1e-5
    with writing(unet, bank):
        unet(x, t, c)
    assert len(bank) == sum(n.endswith("attn1.processor") for n in own)
    with reading(unet, bank):
        assert (unet(x, t, c).sample - base).abs().max() < 1e-5, "every key twice is every key once"
    assert unet.attn_processors == own, "the network is left as it was"


@torch.no_grad()
def test_another_reference_changes_the_picture_and_one_serves_a_batch() -> None:
    unet = tiny_unet()
    x, t, c = torch.randn(2, 4, 16, 16), torch.tensor(7), torch.randn(2, 5, 32)
    base, bank = unet(x, t, c).sample, {}
    with writing(unet, bank):
        unet(torch.randn(1, 4, 16, 16), torch.tensor(0), c[:1])
    with reading(unet, bank):
        both = unet(x, t, c).sample
        alone = unet(x[1:], t, c[1:]).sample
    assert not torch.allclose(both, base, atol=1e-4)
    assert torch.allclose(both[1:], alone, atol=1e-5)
    with pytest.raises(SpecError, match="another architecture"), reading(unet, {"strange": x}):
        pass


# -- two experts ---------------------------------------------------------------------------------------------------------
def pairs(size: tuple[int, int] = (13, 18)) -> tuple:
    a, b, c, d = (torch.randn(2, 4, *size) for _ in range(4))
    return (a, b), (c, d)


def test_the_larger_probability_wins_and_ties_go_to_the_scene() -> None:
    a, b = torch.rand(2, 1, 9, 7), torch.rand(2, 1, 9, 7)
    soft = [s.flatten(1).softmax(1).view_as(s) for s in (a, b)]
    assert torch.equal(subject_mask(a, b), torch.stack(soft).argmax(0).bool())
    assert torch.equal(subject_mask(a, b), subject_mask(a + 3, b - 2)), "a constant changes nothing"
    assert not subject_mask(a, a).any()


@pytest.mark.parametrize("size", [(16, 16), (13, 18), (3, 2)])
def test_every_pixel_is_one_models_whole(size: tuple[int, int]) -> None:
    scene, subject = pairs(size)
    found = fuse(20, 50, scene, subject)
    whole = [m[0] + 5 * (m[1] - m[0]) for m in (scene, subject)]
    same = [(found == w).all(1) for w in whole]
    assert (same[0] | same[1]).all()
    assert saliency(scene[1] - scene[0], 5.0).shape == (2, 1, *size)


def test_the_schedule_of_the_experts() -> None:
    scene, subject = pairs()
    whole = [m[0] + 5 * (m[1] - m[0]) for m in (scene, subject)]
    assert torch.equal(fuse(0, 50, scene, subject), whole[0])
    assert torch.equal(fuse(14, 50, scene, subject), whole[0])
    assert torch.equal(fuse(30, 50, scene, subject), whole[1])
    assert torch.equal(fuse(49, 50, scene, subject), whole[1])


# -- refiner -------------------------------------------------------------------------------------------------------------
@torch.no_grad()
def test_a_fresh_refiner_changes_nothing_and_further_pictures_are_silent() -> None:
    unet = tiny_unet()
    x, t, c = torch.randn(2, 4, 8, 8), torch.tensor(7), torch.randn(2, 5, 32)
    pose, depth, normal = (torch.rand(2, 3, 64, 64) for _ in range(3))
    net = make_refiner(unet, 3, (4, 8, 8, 8)).eval()
    three = side_by_side([pose, depth, normal])
    down, middle = net(x, t, c, controlnet_cond=three, return_dict=False)
    assert max(float(r.abs().max()) for r in [*down, middle]) == 0
    base = unet(x, t, c).sample
    steered = unet(x, t, c, down_block_additional_residuals=down, mid_block_additional_residual=middle).sample
    assert torch.equal(base, steered)
    embed = net.controlnet_cond_embedding
    assert torch.allclose(embed(three), embed.parts[0](pose))
    torch.nn.init.normal_(embed.parts[2].conv_out.weight)
    expected = embed.parts[0](pose) + embed.parts[2](normal)
    assert torch.allclose(embed(three), expected, atol=1e-6), "embedders are summed"


def test_pictures_that_are_not_kept_are_zero() -> None:
    pictures = [torch.rand(4, 3, 8, 8) + 0.1 for _ in range(3)]
    keep = torch.tensor([[True, False, True]] * 4)
    found = side_by_side(pictures, keep)
    assert torch.equal(found[:, :3], pictures[0])
    assert not found[:, 3:6].any()
    shares = random_keep(4000, 3, 0.5, torch.Generator().manual_seed(0)).float().mean(0)
    assert ((shares - 0.5).abs() < 0.04).all()
    with pytest.raises(SpecError, match="at least one"):
        make_refiner(tiny_unet(), 0, (4, 8, 8, 8))
