"""Tiny randomly initialised models of the real classes."""

from __future__ import annotations


def tiny_unet(in_channels: int = 4, out_channels: int = 4, size: int = 16, **changes):
    """A UNet2DConditionModel with three levels, like Stable Diffusion's in all but width."""
    from diffusers import UNet2DConditionModel

    config = {
        "sample_size": size, "in_channels": in_channels, "out_channels": out_channels, "block_out_channels": (16, 32, 32),
        "layers_per_block": 2, "cross_attention_dim": 32, "attention_head_dim": 8, "norm_num_groups": 8,
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    }  # fmt: skip
    return UNet2DConditionModel(**{**config, **changes}).eval()
