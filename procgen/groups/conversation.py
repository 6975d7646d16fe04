"""People who talk: a rough circle in which everybody sees everybody (an F-formation, Kendon 1990)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..people.shape import Phenotype
from ..registry import groups
from .formation import IDLE, Formation, Kind, Stand, Touch, breadth, facing_point


@dataclass(frozen=True, kw_only=True)
class ConversationSpec(Kind):
    """A conversation."""

    kind: ClassVar[str | None] = "conversation"
    nouns: ClassVar[tuple[str, ...]] = ("conversation", "discussion")
    phrases: ClassVar[dict[str, str | None]] = {
        "in conversation": None, "talking to each other": None, "in a circle": None, "having a conversation": None,
        "chatting with each other": None, "standing in a circle": None, "talking together": None,
        "in conversation, one with a hand on the other's shoulder": "hand_on_shoulder",
        "one with a hand on the other's shoulder": "hand_on_shoulder",
        "with a hand on the other's shoulder": "hand_on_shoulder", "with a hand on her shoulder": "hand_on_shoulder",
        "with a hand on his shoulder": "hand_on_shoulder", "hand on shoulder": "hand_on_shoulder",
    }  # fmt: skip
    usual: ClassVar[int] = 3
    formed: ClassVar[bool] = True
    sizes: ClassVar[tuple[int, int]] = (2, 6)

    contact: Literal["none", "hand_on_shoulder"] = param("none", doc="Between the first two.")
    distance: float = param(1.0, low=0.55, high=1.8, unit="m", doc="Across the circle, for two; neighbours keep room.")
    turn: float = param(0.0, low=-3.15, high=3.15, unit="rad", doc="Where the first stands.")
    open: float = param(0.3, low=0.0, high=1.0, doc="0 face to face, 1 nearly side by side (for two).")
    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of the unevenness.")


def form_conversation(spec: ConversationSpec, people: Sequence[Phenotype]) -> Formation:
    """On a circle, facing its middle; the speaker gestures and is looked at."""
    rng = np.random.default_rng(spec.variation)
    count = len(people)
    wide = max(breadth(p) for p in people) + 0.14
    radius = max(spec.distance / 2.0, wide / (2.0 * np.sin(np.pi / max(count, 2))) * (1.15 if count > 2 else 1.0))
    if spec.contact == "hand_on_shoulder":
        radius = min(radius, 0.30)
    angles = spec.turn + 2 * np.pi * np.arange(count) / count + rng.uniform(-0.08, 0.08, count)
    points = [(float(radius * np.cos(a)), float(radius * np.sin(a))) for a in angles]
    speaker = int(rng.integers(count))
    stands = []
    for k, p in enumerate(points):
        aside = (0.6 * spec.open if count == 2 else 0.0) * (1.0 if k % 2 else -1.0)
        heading = facing_point(p, (0.0, 0.0)) + aside + float(rng.uniform(-0.1, 0.1))
        watches = speaker if k != speaker else (speaker + int(rng.integers(1, count))) % count
        stands.append(
            Stand(p, heading, watches, ("talk",) if k == speaker and not spec.contact.startswith("hand") else IDLE)
        )
    touches: tuple[Touch, ...] = ()
    if spec.contact == "hand_on_shoulder" and count >= 2:
        stands[0] = Stand(stands[0].position, stands[0].heading, 1, ("stand", "contrapposto"))
        stands[1] = Stand(stands[1].position, stands[1].heading, 0, ("stand", "contrapposto", "hands_in_pockets"))
        touches = (Touch(0, "right", 1, "left_shoulder"),)
    return Formation(tuple(stands), touches, faces_viewer=False, closeness=0.4)


@groups.register("conversation", spec=ConversationSpec, build=form_conversation)
def sample_conversation(rng: np.random.Generator, count: int = 3) -> ConversationSpec:
    """Draw a conversation."""
    touching = count == 2 and rng.random() < 0.2
    return ConversationSpec(
        contact="hand_on_shoulder" if touching else "none",
        distance=float(rng.uniform(0.8, 1.3)),
        turn=float(rng.uniform(-np.pi, np.pi)),
        open=float(rng.uniform(0.0, 0.9)),
        variation=int(rng.integers(2**31)),
    )
