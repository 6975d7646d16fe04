"""The structure-guided refiner: one control network that hears several label pictures at once.

Source: Liu et al., HyperHuman (arXiv 2310.08579), section 3.3. Each picture has an embedder of its own; what they say is
summed before the one shared copy of the encoder. While training each picture is replaced by zeros at random, so that the
network works with any of them. A folder of config.json and model.safetensors; nothing is pickled.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ...procgen.errors import BridgeError, SpecError
from ...procgen.files import disk, replace_bytes
from ..models import REFINER_CLASS, read_config, read_safetensors_header

CONFIG_VERSION = 1


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


def heard(net: Any, pictures: Mapping[str, Tensor]) -> Tensor:
    """(B, 3n, H, W): pictures by name in the refiner's own order, zeros where one is missing.

    Raises:
        SpecError: the refiner does not hear one of them.
    """
    strange = [name for name in pictures if name not in net.pictures]
    if strange:
        raise SpecError(
            f"the refiner hears no {strange[0]!r}", expected=", ".join(net.pictures), fix="leave that control out"
        )
    like = next(iter(pictures.values()))
    return side_by_side([pictures.get(name, torch.zeros_like(like)) for name in net.pictures])


def random_keep(batch: int, pictures: int, drop: float, generator: torch.Generator) -> Tensor:
    """(batch, pictures) bool, each kept with probability 1 - drop (published: 0.5)."""
    return torch.rand(batch, pictures, generator=generator) >= drop


# -- on disk -------------------------------------------------------------------------------------------------------------
def save_refiner(
    net: ControlNetModel,
    folder: Path,
    family: str,
    pictures: Sequence[str],
    weights: Mapping[str, Tensor] | None = None,
) -> None:
    """Write config.json and model.safetensors (fp16).

    Args:
        family: Of the base model, "sd15" or "sdxl".
        pictures: Names of the label pictures, in order.
        weights: Instead of the network's own, such as a running average.
    """
    with disk("create", folder):
        folder.mkdir(parents=True, exist_ok=True)
    found = net.state_dict() if weights is None else weights
    kept = {k: (v.half() if v.is_floating_point() else v).contiguous().cpu() for k, v in found.items()}
    path = folder / "model.safetensors"
    temporary = path.with_name(".model.safetensors")
    with disk("write", path):
        save_file(kept, temporary)
        temporary.replace(path)
    network = {k: v for k, v in net.config.items() if not k.startswith("_")}
    config = {"_class_name": REFINER_CLASS, "version": CONFIG_VERSION, "family": family, "pictures": list(pictures),
              "network": network}  # fmt: skip
    replace_bytes(folder / "config.json", (json.dumps(config, indent=1) + "\n").encode())


def load_refiner(folder: str | Path, dtype: torch.dtype = torch.float32) -> ControlNetModel:
    """A refiner that `save_refiner` wrote; its attribute "pictures" says what it hears, in order.

    Raises:
        SpecError: another kind of model, or one of a newer Vivant.
        BridgeError: weights that are cut short or do not fit the configuration.
    """
    folder = Path(folder).expanduser()
    config = read_config(folder)
    pictures, network = config.get("pictures"), config.get("network")
    if config.get("_class_name") != REFINER_CLASS or config.get("version") != CONFIG_VERSION:
        raise SpecError(f"{str(folder)!r} is no refiner of this version", fix="train one: vivant train refiner")
    if not isinstance(network, dict) or not isinstance(pictures, list) or not all(isinstance(p, str) for p in pictures):
        raise SpecError(f"{str(folder)!r} does not say what its network is", fix="train it again")
    read_safetensors_header(folder / "model.safetensors")
    weights = load_file(folder / "model.safetensors")
    try:
        net: Any = ControlNetModel(**network)
        net.controlnet_cond_embedding = SummedEmbedding(net.controlnet_cond_embedding, len(pictures))
        net.load_state_dict({k: v.to(dtype) if v.is_floating_point() else v for k, v in weights.items()})
    except (RuntimeError, TypeError, ValueError) as e:
        raise BridgeError(f"the weights in {str(folder)!r} do not fit config.json", got=str(e)[:200]) from None
    net.pictures = tuple(pictures)
    return net.eval().requires_grad_(False).to(dtype)
