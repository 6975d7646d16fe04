"""Expert branches: several kinds of pictures denoised by one UNet that shares its trunk.

Source: Liu et al., HyperHuman (arXiv 2310.08579), section 3.2. Each kind has its own `conv_in`, first down block, last up
block, `conv_norm_out` and `conv_out`; the rest is shared. What the branches hand to the trunk is averaged, after the
features of every further branch were given the mean and spread of the first (AdaIN), so that the trunk sees what it was
trained on. Skip connections of a branch stay within the branch.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ...procgen.errors import SpecError

_EPSILON = 1e-5


class BranchedUNet(nn.Module):
    """A UNet2DConditionModel split into branches around a shared trunk.

    Args:
        base: Any UNet2DConditionModel with at least two levels; it is taken apart.
        branches: Number of kinds of pictures.
        in_channels, out_channels: Channels of each branch; the base's own when left out (then weights are copied, so
            that one branch, or equal branches with equal inputs, give what the base gave).
    """

    def __init__(
        self,
        base: UNet2DConditionModel,
        branches: int = 3,
        in_channels: Sequence[int] | None = None,
        out_channels: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        if len(base.down_blocks) < 2:
            raise SpecError("a UNet of one level has no trunk to share", fix="use at least two block_out_channels")
        self.branches = branches
        self.in_channels = tuple(in_channels or [base.config.in_channels] * branches)
        self.out_channels = tuple(out_channels or [base.config.out_channels] * branches)
        self.conv_in = nn.ModuleList(_conv(base.conv_in, c, None) for c in self.in_channels)
        self.down = nn.ModuleList(copy.deepcopy(base.down_blocks[0]) for _ in range(branches))
        self.up = nn.ModuleList(copy.deepcopy(base.up_blocks[-1]) for _ in range(branches))
        self.norm_out = nn.ModuleList(copy.deepcopy(base.conv_norm_out) for _ in range(branches))
        self.conv_out = nn.ModuleList(_conv(base.conv_out, None, c) for c in self.out_channels)
        base.conv_in = nn.Identity()
        base.down_blocks[0] = nn.Identity()
        base.up_blocks[-1] = nn.Identity()
        base.conv_norm_out = base.conv_out = nn.Identity()
        self.trunk = base

    def enable_gradient_checkpointing(self) -> None:
        """Trade time for memory while training."""
        function = functools.partial(checkpoint, use_reentrant=False)
        for module in self.modules():
            if hasattr(module, "gradient_checkpointing"):
                module.gradient_checkpointing = True
                module._gradient_checkpointing_func = function

    def forward(
        self,
        pictures: Sequence[Tensor],
        timestep: Tensor,
        text: Tensor,
        added_cond_kwargs: dict[str, Tensor] | None = None,
    ) -> list[Tensor]:
        """Predictions of all branches.

        Args:
            pictures: For each branch (B, C_in, H, W), noisy, with whatever conditions are concatenated.
            timestep: () or (B,) shared by the branches.
            text: (B, T, D) what cross attention reads.
            added_cond_kwargs: As for the base (sizes and crops of SDXL).
        Returns:
            For each branch (B, C_out, H, W).
        """
        trunk: Any = self.trunk
        embedding = trunk.time_embedding(trunk.get_time_embed(pictures[0], timestep))
        added = trunk.get_aug_embed(embedding, text, added_cond_kwargs or {})
        embedding = embedding if added is None else embedding + added
        text = trunk.process_encoder_hidden_states(
            encoder_hidden_states=text, added_cond_kwargs=added_cond_kwargs or {}
        )
        features, private = [], []
        for i, picture in enumerate(pictures):
            hidden = self.conv_in[i](picture)
            skips = (hidden,)
            hidden, more = _down(self.down[i], hidden, embedding, text)
            features.append(hidden)
            private.append((skips + more)[:-1])  # the last is what goes to the trunk
        hidden = self._trunk(fuse(features), private[0][-1].shape[2:], embedding, text)
        out = []
        for i in range(len(pictures)):
            branch = _up(self.up[i], hidden, private[i], embedding, text, None)
            out.append(self.conv_out[i](trunk.conv_act(self.norm_out[i](branch))))
        return out

    def _trunk(self, hidden: Tensor, size: torch.Size, embedding: Tensor, text: Tensor) -> Tensor:
        """The shared middle, up to the resolution of the branches' last up block."""
        trunk: Any = self.trunk
        skips = [hidden]
        for block in list(trunk.down_blocks)[1:]:
            hidden, more = _down(block, hidden, embedding, text)
            skips += more
        if trunk.mid_block is not None:
            kinds = {"encoder_hidden_states": text} if getattr(trunk.mid_block, "has_cross_attention", False) else {}
            hidden = trunk.mid_block(hidden, embedding, **kinds)
        for block in list(trunk.up_blocks)[:-1]:
            count = len(block.resnets)
            used, skips = tuple(skips[-count:]), skips[:-count]
            target = skips[-1].shape[2:] if skips else size
            hidden = _up(block, hidden, used, embedding, text, target)
        return hidden


def fuse(features: Sequence[Tensor]) -> Tensor:
    """(B, C, H, W): the average, after all but the first took over its mean and spread per channel."""
    first = features[0]
    if len(features) == 1:
        return first
    mean, spread = first.mean((2, 3), keepdim=True), first.std((2, 3), keepdim=True)
    total = first
    for other in features[1:]:
        centre, width = other.mean((2, 3), keepdim=True), other.std((2, 3), keepdim=True)
        total = total + (other - centre) / (width + _EPSILON) * spread + mean
    return total / len(features)


def _conv(conv: nn.Conv2d, inputs: int | None, outputs: int | None) -> nn.Conv2d:
    """A copy of a convolution, or a fresh one where its channels change."""
    inputs, outputs = inputs or conv.in_channels, outputs or conv.out_channels
    if (inputs, outputs) == (conv.in_channels, conv.out_channels):
        return copy.deepcopy(conv)
    return nn.Conv2d(inputs, outputs, conv.kernel_size, conv.stride, conv.padding).to(conv.weight)  # type: ignore[arg-type]


def _down(block: Any, hidden: Tensor, embedding: Tensor, text: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    if getattr(block, "has_cross_attention", False):
        return block(hidden_states=hidden, temb=embedding, encoder_hidden_states=text)
    return block(hidden_states=hidden, temb=embedding)


def _up(
    block: Any, hidden: Tensor, skips: tuple[Tensor, ...], embedding: Tensor, text: Tensor, size: torch.Size | None
) -> Tensor:
    odd = size is not None and any(s != 2 * h for s, h in zip(size, hidden.shape[2:], strict=True))
    kinds: dict[str, Any] = {"upsample_size": tuple(size)} if odd and size is not None else {}
    if getattr(block, "has_cross_attention", False):
        kinds["encoder_hidden_states"] = text
    return block(hidden_states=hidden, temb=embedding, res_hidden_states_tuple=skips, **kinds)
