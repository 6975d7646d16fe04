"""A whole SDXL and a ControlNet of their real sizes with random weights, as published ones lie on disk: what they cost can be measured
where no published weights can be had. Their pictures mean nothing.

    python -m tools.random_sdxl OUT --device cuda
    vivant synthesize D --method control --model OUT/base --set 'controls=["depth"]' --set 'control_models=["OUT/net"]' --set steps=20

Sizes are those of stabilityai/stable-diffusion-xl-base-1.0, but for the vocabulary, which is letters. About 9 GB.
"""

from __future__ import annotations

import argparse
import json
import string
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer


def tokenizer(folder: Path) -> CLIPTokenizer:
    """One of letters."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = string.ascii_lowercase + string.digits + ".,!-'"
    words = [*letters, *(c + "</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def text(width: int, layers: int) -> CLIPTextConfig:
    """The size of a text encoder."""
    return CLIPTextConfig(
        vocab_size=86, hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers, num_attention_heads=width // 64,
        max_position_embeddings=77, projection_dim=width, bos_token_id=84, eos_token_id=85, pad_token_id=85,
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out", type=Path)
    p.add_argument("--device", default="cpu", help="where the weights are drawn")
    args = p.parse_args(argv)
    torch.set_default_dtype(torch.float16)
    with torch.device(args.device):
        unet = UNet2DConditionModel(
            sample_size=128, block_out_channels=(320, 640, 1280), layers_per_block=2, cross_attention_dim=2048,
            attention_head_dim=[5, 10, 20], transformer_layers_per_block=[1, 2, 10], use_linear_projection=True,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816,
        )  # fmt: skip
        net = ControlNetModel.from_unet(unet)
        first, second = CLIPTextModel(text(768, 12)), CLIPTextModelWithProjection(text(1280, 32))
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, sample_size=1024, scaling_factor=0.13025,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        )  # fmt: skip
    count = sum(w.numel() for m in (unet, net, first, second, vae) for w in m.parameters())
    print(f"{count / 1e9:.2f} thousand million parameters, {2 * count / 1e9:.1f} GB in half precision", flush=True)
    schedule = EulerDiscreteScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1, timestep_spacing="leading"
    )
    StableDiffusionXLPipeline(
        vae=vae, text_encoder=first, text_encoder_2=second, tokenizer=tokenizer(args.out / "t1"),
        tokenizer_2=tokenizer(args.out / "t2"), unet=unet, scheduler=schedule,
    ).save_pretrained(args.out / "base")  # fmt: skip
    net.save_pretrained(args.out / "net")


if __name__ == "__main__":
    main()
