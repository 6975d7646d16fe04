"""The joint model: picture, inverse depth and normals of a person from a skeleton and words, in pixel space.

A small UNet of our own making behind `BranchedUNet`. Pixels are folded into channels (PixelUnshuffle), the skeleton is
concatenated to the input of every branch, words are embedded and read by cross attention. Saved as a folder with
config.json and model.safetensors; nothing is pickled.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ...procgen.errors import BridgeError, SpecError
from ...procgen.files import disk, replace_bytes
from ..attributes import MOST, Vocabulary
from ..models import JOINT_CLASS, place, read_config, read_safetensors_header
from ..train_options import CHANNELS, JointShape
from .branches import BranchedUNet
from .schedule import make_schedule

CONFIG_VERSION = 1
Scales = dict[str, tuple[float, float]]


class JointDenoiser(nn.Module):
    """Velocities of all kinds from noisy pictures, a skeleton and words.

    Args:
        shape: Architecture.
        vocabulary: Words that it knows.
        scales: Mean and spread of each kind in training; noise of spread 1 then means the same to all of them, as
            HyperHuman gives depth and normals the statistics of the picture.
    """

    def __init__(self, shape: JointShape, vocabulary: Vocabulary, scales: Scales | None = None) -> None:
        super().__init__()
        self.shape, self.vocabulary = shape, vocabulary
        self.scales: Scales = {k: (scales or {}).get(k, (0.0, 1.0)) for k in shape.kinds}
        folded = shape.fold**2
        base = UNet2DConditionModel(
            sample_size=shape.size // shape.fold,
            in_channels=6 * folded,
            out_channels=3 * folded,
            block_out_channels=shape.channels,
            layers_per_block=shape.layers,
            down_block_types=tuple("CrossAttnDownBlock2D" if a else "DownBlock2D" for a in shape.attention),
            up_block_types=tuple("CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(shape.attention)),
            mid_block_type="UNetMidBlock2DCrossAttn" if shape.attention[-1] else "UNetMidBlock2D",
            cross_attention_dim=shape.words,
            attention_head_dim=8,
            norm_num_groups=8,
        )
        counts = [CHANNELS[k] * folded for k in shape.kinds]
        self.unet = BranchedUNet(base, len(shape.kinds), [c + 3 * folded for c in counts], counts)
        self.words = nn.Embedding(len(vocabulary), shape.words)
        self.places = nn.Parameter(0.02 * torch.randn(MOST, shape.words))
        self.fold = nn.PixelUnshuffle(shape.fold)
        self.unfold = nn.PixelShuffle(shape.fold)

    def forward(self, pictures: list[Tensor], timestep: Tensor, skeleton: Tensor, words: Tensor) -> list[Tensor]:
        """Velocities.

        Args:
            pictures: For each kind (B, C, S, S), noisy.
            timestep: () or (B,).
            skeleton: (B, 3, S, S) in [0, 1]; zeros for none.
            words: (B, MOST) int64 numbers of words; zeros for none.
        Returns:
            For each kind (B, C, S, S).
        """
        folded, text = self.heard(pictures, skeleton, words)
        return [self.unfold(v) for v in self.unet(folded, timestep, text)]

    def heard(self, pictures: list[Tensor], skeleton: Tensor, words: Tensor) -> tuple[list[Tensor], Tensor]:
        """What the UNet is given of them besides the time: folded pictures beside the skeleton, and embedded words."""
        condition = self.fold(skeleton)
        return [torch.cat([self.fold(p), condition], 1) for p in pictures], self.words(words) + self.places

    def config(self) -> dict[str, Any]:
        """What `load` needs to build it again."""
        return {
            "_class_name": JOINT_CLASS,
            "version": CONFIG_VERSION,
            "shape": self.shape.to_dict(),
            "vocabulary": list(self.vocabulary.words),
            "scales": {k: list(v) for k, v in self.scales.items()},
        }


def save_joint(model: JointDenoiser, folder: Path, weights: dict[str, Tensor] | None = None, half: bool = True) -> None:
    """Write config.json and model.safetensors.

    Args:
        weights: Instead of the model's own, such as a running average.
        half: Store fp16, half the size.
    """
    with disk("create", folder):
        folder.mkdir(parents=True, exist_ok=True)
    found = weights if weights is not None else model.state_dict()
    kept = {k: (v.half() if half and v.is_floating_point() else v).contiguous().cpu() for k, v in found.items()}
    path = folder / "model.safetensors"
    temporary = path.with_name(".model.safetensors")
    with disk("write", path):
        save_file(kept, temporary)
        temporary.replace(path)
    replace_bytes(folder / "config.json", (json.dumps(model.config(), indent=1) + "\n").encode())


def load_joint(folder: str | Path, device: str = "cpu", dtype: torch.dtype = torch.float32) -> JointDenoiser:
    """A model that `save_joint` wrote, or "vivant", ready to sample.

    Raises:
        SpecError: another kind of model, or one of a newer Vivant.
        BridgeError: weights that are cut short or do not fit the configuration.
    """
    folder = place(folder)
    config = read_config(folder)
    if config.get("_class_name") != JOINT_CLASS:
        raise SpecError(
            f"{str(folder)!r} is no joint model", got=config.get("_class_name"), fix="train one: vivant train joint"
        )
    if config.get("version") != CONFIG_VERSION:
        raise SpecError(f"{str(folder)!r} is of another version", expected=CONFIG_VERSION, got=config.get("version"))
    shape = JointShape.from_dict(config.get("shape"), where="shape")
    words = config.get("vocabulary")
    if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
        raise SpecError(f"{str(folder)!r} has no vocabulary", fix="train it again")
    scales = config.get("scales", {})
    if not isinstance(scales, dict) or any(not _is_scale(v) for v in scales.values()):
        raise SpecError(f"the scales in {str(folder)!r} are no pairs of mean and spread", fix="train it again")
    model = JointDenoiser(shape, Vocabulary(words), {k: (float(v[0]), float(v[1])) for k, v in scales.items()})
    read_safetensors_header(folder / "model.safetensors")
    weights = load_file(folder / "model.safetensors")
    try:
        model.load_state_dict({k: v.float() for k, v in weights.items()})
    except RuntimeError as e:
        raise BridgeError(f"the weights in {str(folder)!r} do not fit config.json", got=str(e)[:200]) from None
    return model.eval().requires_grad_(False).to(device=device, dtype=dtype)


def take_over(model: JointDenoiser, other: JointDenoiser) -> None:
    """Give a model the weights of another; words that the other does not know keep theirs.

    Raises:
        SpecError: it is built otherwise.
    """
    if model.shape != other.shape:
        raise SpecError("the model to start from is built otherwise", expected=model.shape, got=other.shape)
    found, own = other.state_dict(), model.state_dict()
    words = own["words.weight"]
    words[:2] = found["words.weight"][:2]  # no word, an unknown word
    for word in set(model.vocabulary.words) & set(other.vocabulary.words):
        words[model.vocabulary.numbers([word])[0]] = found["words.weight"][other.vocabulary.numbers([word])[0]]
    model.load_state_dict({**found, "words.weight": words})


def _is_scale(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value) and value[1] > 0
    )


def schedule_of(model: JointDenoiser):
    """The noise schedule that a model was trained with."""
    return make_schedule(model.shape.schedule)
