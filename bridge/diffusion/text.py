"""Prompts of any length for CLIP encoders: windows of 75 tokens, encoded one by one and laid side by side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def windows(tokenizer: Any, text: str) -> list[list[int]]:
    """Token ids in windows, each with start and end and filled up as the pipelines do it; at least one."""
    room = tokenizer.model_max_length - 2
    ids = tokenizer(text, truncation=False, add_special_tokens=False).input_ids
    start, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else end
    parts = [ids[i : i + room] for i in range(0, len(ids), room)] or [[]]
    return [[start, *part, end, *[pad] * (room - len(part))] for part in parts]


@torch.no_grad()
def _encode(tokenizer: Any, encoder: Any, text: str, count: int, hidden: bool) -> tuple[Tensor, Tensor]:
    """(1, T, D) of all windows, and (1, P) what the first one is pooled to."""
    found = windows(tokenizer, text)
    found += windows(tokenizer, "") * (count - len(found))
    device = next(encoder.parameters()).device
    states, pooled = [], None
    for ids in found:
        out = encoder(torch.tensor([ids], device=device), output_hidden_states=hidden)
        states.append(out.hidden_states[-2] if hidden else out[0])
        pooled = out[0] if pooled is None else pooled
    return torch.cat(states, 1), pooled  # type: ignore[return-value]


def prompt_embeds(pipe: Any, family: str, prompt: str, negative: str) -> dict[str, Tensor]:
    """Keyword arguments with the embedded prompts of a Stable Diffusion pipeline.

    For prompts of one window they are what the pipeline's own encoding gives.
    """
    pairs = [(pipe.tokenizer, pipe.text_encoder)]
    if family == "sdxl":
        pairs.append((pipe.tokenizer_2, pipe.text_encoder_2))
    count = max(len(windows(t, text)) for t, _ in pairs for text in (prompt, negative))
    out: dict[str, Tensor] = {}
    for name, text in (("", prompt), ("negative_", negative)):
        encoded = [_encode(t, e, text, count, family == "sdxl") for t, e in pairs]
        out[f"{name}prompt_embeds"] = torch.cat([states for states, _ in encoded], -1)
        if family == "sdxl":
            out[f"{name}pooled_prompt_embeds"] = encoded[-1][1]
            if name and not text and getattr(pipe.config, "force_zeros_for_empty_prompt", False):
                out["negative_prompt_embeds"] = torch.zeros_like(out["negative_prompt_embeds"])
                out["negative_pooled_prompt_embeds"] = torch.zeros_like(out["negative_pooled_prompt_embeds"])
    return out
