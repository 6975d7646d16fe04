"""The cards of trained models: what they are, what they learnt from, how long, and what they cannot do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...procgen.dataset import Dataset
from ..train_options import JointShape, RefinerOptions, RefinerShape, TrainOptions

_CARD = """---
license: cc0-1.0
library_name: vivant
---
# A joint model: picture, inverse depth and normals from a skeleton and words

| | |
|---|---|
| made by | `vivant train joint`, Vivant {vivant} |
| parameters | {millions:.1f} million |
| size of the pictures | {size} x {size} pixels |
| learnt from | {frames} rendered frames of Vivant ({sources}), mirror images {flip} |
| steps | {steps} of batch {batch} |
| loss, last steps | {trained} |
| loss, held-out scenes | {judged} |
| curves | training/curves.png |

**Method.** One UNet with a branch for each kind of picture around a shared trunk (HyperHuman, arXiv 2310.08579), velocity
prediction, terminal signal-to-noise ratio of zero, one noise level for all kinds, condition dropout {drop:.0%}.

**Limits.** It learnt from renders and draws what looks like those renders; it is no model of photographs. It knows only the
poses, clothes and places that Vivant makes. Depth is inverse and relative to the picture.

    vivant synthesize DATASET --method joint --model THIS_FOLDER
"""

_REFINER = """---
license: cc0-1.0
library_name: vivant
---
# A refiner: one control network for {pictures}

| | |
|---|---|
| made by | `vivant train refiner`, Vivant {vivant} |
| base model | {base}; its own licence holds for what the two make together |
| size of the pictures | {size} x {size} pixels |
| learnt from | {frames} {what} (seed {seed}, {scenes} scenes) |
| steps | {steps} of batch {batch} |
| loss, last steps | {trained} |
| loss, held-out scenes | {judged} |
| curves | training/curves.png |

**Method.** The base model stays as it is; one copy of its encoder hears all label pictures, whose embedders are summed, and
each of which was zeroed in {silence:.0%} of the steps (HyperHuman, arXiv 2310.08579), so any of them may be left out.

**Limits.** It draws what it learnt from: with renders, what looks like renders.

    vivant synthesize DATASET --model {base} --set 'control_models=["THIS_FOLDER"]'
"""


def refiner_card(
    dataset: Dataset, options: RefinerOptions, shape: RefinerShape, base: str, step: int, frames: int,
    rows: list[dict[str, Any]],
) -> str:  # fmt: skip
    """Markdown.

    Args:
        base: The model that is refined, as the user named it.
        rows: The run's log.
    """
    return _REFINER.format(
        pictures=", ".join(shape.pictures), vivant=dataset.header.vivant, base=base, size=shape.size, frames=frames,
        what=f"pictures of the synthesis {options.learn!r}" if options.learn else "rendered frames of Vivant",
        seed=dataset.header.seed, scenes=dataset.header.arguments.get("scenes"), steps=step,
        batch=options.batch * options.accumulate, trained=_mean(rows, "train", 100), judged=_mean(rows, "held_out", 1),
        silence=options.silence,
    )  # fmt: skip


def model_card(
    datasets: Sequence[Dataset], options: TrainOptions, shape: JointShape, parameters: int, step: int, frames: int,
    rows: list[dict[str, Any]],
) -> str:  # fmt: skip
    """Markdown.

    Args:
        rows: The run's log.
    """
    headers = [d.header for d in datasets]
    return _CARD.format(
        vivant=headers[0].vivant, millions=parameters / 1e6, size=shape.size, frames=frames, steps=step,
        sources="; ".join(f"seed {h.seed}, {h.arguments.get('scenes')} scenes" for h in headers),
        batch=options.batch * options.accumulate, trained=_mean(rows, "train", 100), judged=_mean(rows, "held_out", 1),
        flip="too" if options.flip else "not", drop=options.drop,
    )  # fmt: skip


def _mean(rows: list[dict[str, Any]], what: str, count: int) -> str:
    found = [row["loss"] for row in rows if row["what"] == what][-count:]
    if not found:
        return "none"
    return ", ".join(f"{kind} {sum(r[kind] for r in found) / len(found):.4f}" for kind in found[0])
