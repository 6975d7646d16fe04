"""The structure-guided refiner: one control network that hears several label pictures at once.

Source: Liu et al., HyperHuman (arXiv 2310.08579), section 3.3. Each picture has an embedder of its own; what they say is
summed before the one shared copy of the encoder. While training each picture is replaced by zeros at random, so that the
network works with any of them.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from torch import Tensor, nn

from ...procgen.errors import SpecError


class SummedEmbedding(nn.Module):
    """Embeds several pictures that lie side by side in the channels, and sums.

    Args:
        embedding: A control network's own; the first picture keeps it, the others get copies whose last layer is zero.
        count: Number of pictures.
    """

    def __init__(self, embedding: nn.Module, count: int) -> None:
        super().__init__()
        if count < 1:
            raise SpecError("a refiner needs at least one picture", got=count)
        self.parts = nn.ModuleList([embedding, *(copy.deepcopy(embedding) for _ in range(count - 1))])
        for part in self.parts[1:]:
            nn.init.zeros_(part.conv_out.weight)
            nn.init.zeros_(part.conv_out.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, D, H/8, W/8) from (B, 3 * count, H, W)."""
        split = pictures.chunk(len(self.parts), 1)
        return torch.stack([part(p) for part, p in zip(self.parts, split, strict=True)]).sum(0)


def make_refiner(
    unet: UNet2DConditionModel, pictures: int, embedder: Sequence[int] = (16, 32, 96, 256)
) -> ControlNetModel:
    """A control network for a frozen UNet that hears `pictures` label pictures, concatenated by `side_by_side`.

    As made it changes nothing: its outputs pass layers that are zero.
    """
    net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=tuple(embedder))
    net.controlnet_cond_embedding = SummedEmbedding(net.controlnet_cond_embedding, pictures)
    return net


def side_by_side(pictures: Sequence[Tensor], keep: Tensor | None = None) -> Tensor:
    """(B, 3n, H, W) from n pictures (B, 3, H, W).

    Args:
        keep: (B, n) bool; pictures that are not kept become zeros.
    """
    if keep is not None:
        pictures = [p * keep[:, i, None, None, None].to(p) for i, p in enumerate(pictures)]
    return torch.cat(list(pictures), 1)


def random_keep(batch: int, pictures: int, drop: float, generator: torch.Generator) -> Tensor:
    """(batch, pictures) bool, each kept with probability 1 - drop (published: 0.5)."""
    return torch.rand(batch, pictures, generator=generator) >= drop
