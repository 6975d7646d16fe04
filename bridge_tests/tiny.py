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


def tiny_tokenizer(folder):
    """A CLIP tokenizer over single letters, built from files as the real one is."""
    import json
    import string

    from transformers import CLIPTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    letters = string.ascii_lowercase + string.digits + ".,!-'"
    words = [*letters, *(c + "</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=20)


def tiny_text_encoder(projection: bool = False):
    """A CLIP text encoder of two layers; with a projection it is SDXL's second one."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=86, hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=20, projection_dim=16, bos_token_id=84, eos_token_id=85, pad_token_id=85,
    )  # fmt: skip
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config).eval()


def tiny_vae():
    """An autoencoder that halves twice... in all but width Stable Diffusion's."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), in_channels=3, out_channels=3, latent_channels=4, norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=1,
    ).eval()  # fmt: skip


def tiny_scheduler():
    """DDIM: nothing is drawn while it samples."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, clip_sample=False,
                         set_alpha_to_one=False, steps_offset=1)  # fmt: skip


def tiny_sd15(folder):
    """A whole Stable Diffusion 1.5 pipeline."""
    from diffusers import StableDiffusionPipeline

    return StableDiffusionPipeline(
        vae=tiny_vae(), text_encoder=tiny_text_encoder(), tokenizer=tiny_tokenizer(folder / "tokenizer"),
        unet=tiny_unet(cross_attention_dim=16), scheduler=tiny_scheduler(), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip


def tiny_sdxl(folder):
    """A whole SDXL pipeline."""
    from diffusers import StableDiffusionXLPipeline

    unet = tiny_unet(
        cross_attention_dim=32, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 16, transformer_layers_per_block=1, use_linear_projection=True,
    )  # fmt: skip
    return StableDiffusionXLPipeline(
        vae=tiny_vae(), text_encoder=tiny_text_encoder(), text_encoder_2=tiny_text_encoder(projection=True),
        tokenizer=tiny_tokenizer(folder / "t1"), tokenizer_2=tiny_tokenizer(folder / "t2"), unet=unet,
        scheduler=tiny_scheduler(),
    )  # fmt: skip
