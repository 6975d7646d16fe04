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


def settled(vae):
    """Make an autoencoder certain of what it sees, as trained ones are: what is drawn while encoding changes nothing."""
    import torch

    last = vae.quant_conv if vae.quant_conv is not None else vae.encoder.conv_out
    half = last.bias.shape[0] // 2
    with torch.no_grad():
        last.weight[half:] = 0
        last.bias[half:] = -30
    return vae.eval()


def tiny_vae(**changes):
    """An autoencoder that halves three times, in all but width Stable Diffusion's."""
    from diffusers import AutoencoderKL

    return settled(AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), in_channels=3, out_channels=3, latent_channels=4, norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=1, **changes,
    ))  # fmt: skip


def tiny_scheduler():
    """DDIM: nothing is drawn while it samples."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, clip_sample=False,
                         set_alpha_to_one=False, steps_offset=1)  # fmt: skip


def tiny_sd15(folder, **unet):
    """A whole Stable Diffusion 1.5 pipeline; `unet` changes what its UNet is built of."""
    from diffusers import StableDiffusionPipeline

    return StableDiffusionPipeline(
        vae=tiny_vae(), text_encoder=tiny_text_encoder(), tokenizer=tiny_tokenizer(folder / "tokenizer"),
        unet=tiny_unet(cross_attention_dim=16, **unet), scheduler=tiny_scheduler(), safety_checker=None, feature_extractor=None,
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


def tiny_image_encoder():
    """What an IP-Adapter looks with: CLIP's vision model."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=16,
                         patch_size=8, projection_dim=12)
    ).eval()  # fmt: skip


def ip_adapter_weights(unet, width: int = 12, tokens: int = 4) -> dict:
    """Tensors of an IP-Adapter file for a UNet, at random, named as in the published ones."""
    import torch

    cross = unet.config.cross_attention_dim
    found = {
        "image_proj.proj.weight": torch.randn(tokens * cross, width), "image_proj.proj.bias": torch.randn(tokens * cross),
        "image_proj.norm.weight": torch.ones(cross), "image_proj.norm.bias": torch.zeros(cross),
    }  # fmt: skip
    at = 1
    for name, module in unet.named_modules():
        if name.endswith("attn2"):
            for part in ("k", "v"):
                found[f"ip_adapter.{at}.to_{part}_ip.weight"] = torch.randn(module.inner_kv_dim, cross)
            at += 2
    return found


FLUX = {
    "patch_size": 1, "in_channels": 16, "num_layers": 1, "num_single_layers": 1, "attention_head_dim": 16,
    "num_attention_heads": 2, "joint_attention_dim": 16, "pooled_projection_dim": 16, "axes_dims_rope": (4, 4, 8),
    "guidance_embeds": True,
}  # fmt: skip


def tiny_flux(folder):
    """A whole FLUX.1 pipeline, with guidance as [dev] has it."""
    import string

    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from transformers import T5Config, T5EncoderModel, T5TokenizerFast

    pieces = ["<pad>", "</s>", "<unk>", "\u2581", *string.ascii_lowercase]
    t5 = T5Config(vocab_size=len(pieces), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=tiny_vae(shift_factor=0.1, scaling_factor=0.4, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=tiny_text_encoder(), tokenizer=tiny_tokenizer(folder / "clip"), text_encoder_2=T5EncoderModel(t5).eval(),
        tokenizer_2=T5TokenizerFast(vocab=[(p, -1.0) for p in pieces], extra_ids=0, additional_special_tokens=None),
        transformer=FluxTransformer2DModel(**FLUX).eval(),
    )  # fmt: skip


QWEN = {
    "patch_size": 2, "in_channels": 16, "out_channels": 4, "num_layers": 2, "attention_head_dim": 16,
    "num_attention_heads": 2, "joint_attention_dim": 16, "axes_dims_rope": (4, 4, 8),
}  # fmt: skip


def tiny_qwen():
    """A whole Qwen-Image pipeline."""
    from diffusers import AutoencoderKLQwenImage, FlowMatchEulerDiscreteScheduler, QwenImagePipeline
    from diffusers import QwenImageTransformer2DModel as Transformer
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

    letters = {c: i for i, c in enumerate([*sorted(ByteLevel.alphabet()), "<|endoftext|>"])}
    text = {
        "vocab_size": len(letters), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 2, "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2]},
    }  # fmt: skip
    sight = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16}
    return QwenImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=settled(AutoencoderKLQwenImage(
            base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True],
            latents_mean=[0.1, 0.0, -0.1, 0.2], latents_std=[1.1, 0.9, 1.0, 1.2],
        )),
        text_encoder=Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(text_config=text, vision_config=sight)).eval(),
        tokenizer=Qwen2Tokenizer(vocab=letters, merges=[]), transformer=Transformer(**QWEN).eval(),
    )  # fmt: skip
