"""The card of a trained model: what it is, what it learnt from, how long, and what it cannot do."""

from __future__ import annotations

from typing import Any

from ...procgen.dataset import Dataset
from ..train_options import JointShape, TrainOptions

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
| learnt from | {frames} rendered frames of Vivant (seed {seed}, {scenes} scenes), mirror images {flip} |
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


def model_card(
    dataset: Dataset, options: TrainOptions, shape: JointShape, parameters: int, step: int, frames: int,
    rows: list[dict[str, Any]],
) -> str:  # fmt: skip
    """Markdown.

    Args:
        rows: The run's log.
    """
    return _CARD.format(
        vivant=dataset.header.vivant, millions=parameters / 1e6, size=shape.size, frames=frames,
        seed=dataset.header.seed, scenes=dataset.header.arguments.get("scenes"), steps=step,
        batch=options.batch * options.accumulate, trained=_mean(rows, "train", 100), judged=_mean(rows, "held_out", 1),
        flip="too" if options.flip else "not", drop=options.drop,
    )  # fmt: skip


def _mean(rows: list[dict[str, Any]], what: str, count: int) -> str:
    found = [row["loss"] for row in rows if row["what"] == what][-count:]
    if not found:
        return "none"
    return ", ".join(f"{kind} {sum(r[kind] for r in found) / len(found):.4f}" for kind in found[0])
