"""Appearance from a reference picture: self-attention that also reads another network's features.

Source: Chang et al., MagicPose (arXiv 2311.12052). An appearance network sees the clean reference and writes the normed
features of every self-attention layer into a bank; the frozen network reads them beside its own, with its own key and value
projections: softmax(Q [K1, K2]ᵀ / √d) [V1, V2]. With the network itself as the appearance network this works untrained.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import Tensor, nn

from ...procgen.errors import SpecError

Bank = dict[str, Tensor]


class _Writing(AttnProcessor2_0):
    def __init__(self, name: str, bank: Bank) -> None:
        super().__init__()
        self._name, self._bank = name, bank

    def __call__(
        self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, **kinds: Any
    ) -> Tensor:
        if encoder_hidden_states is None:
            self._bank[self._name] = hidden_states.detach()
        return super().__call__(attn, hidden_states, encoder_hidden_states, **kinds)


class _Reading(AttnProcessor2_0):
    def __init__(self, name: str, bank: Bank) -> None:
        super().__init__()
        self._name, self._bank = name, bank

    def __call__(
        self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, **kinds: Any
    ) -> Tensor:
        if encoder_hidden_states is None and self._name in self._bank:
            known = self._bank[self._name].to(hidden_states)
            if known.shape[0] != hidden_states.shape[0]:  # one reference for the whole batch
                known = known[:1].expand(hidden_states.shape[0], -1, -1)
            encoder_hidden_states = torch.cat([hidden_states, known], 1)
        return super().__call__(attn, hidden_states, encoder_hidden_states, **kinds)


@contextlib.contextmanager
def _processors(unet: Any, kind: type, bank: Bank) -> Iterator[None]:
    own = dict(unet.attn_processors)
    unet.set_attn_processor({name: kind(name, bank) for name in own})
    try:
        yield
    finally:
        unet.set_attn_processor(own)


@contextlib.contextmanager
def writing(unet: nn.Module, bank: Bank) -> Iterator[None]:
    """Within this block every self-attention of `unet` (the appearance network) writes what it attends to into `bank`."""
    bank.clear()
    with _processors(unet, _Writing, bank):
        yield


@contextlib.contextmanager
def reading(unet: nn.Module, bank: Bank) -> Iterator[None]:
    """Within this block every self-attention of `unet` also attends to `bank`; an empty bank changes nothing.

    Raises:
        SpecError: the bank was written by a network of another architecture.
    """
    known = set(getattr(unet, "attn_processors", {}))
    strange = sorted(set(bank) - known)
    if strange:
        raise SpecError(
            "the reference was read by another architecture", got=strange[0], fix="use two networks of one kind"
        )
    with _processors(unet, _Reading, bank):
        yield
