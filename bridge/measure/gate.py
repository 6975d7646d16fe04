"""Whether a made picture may stand for its labels: accept, relabel or reject, with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...procgen.codec import Spec, param

Verdict = Literal["accept", "relabel", "reject", "unjudged"]


@dataclass(frozen=True)
class GateLimits(Spec):
    """Limits of the gate; each measure that is there must pass."""

    keypoints: float = param(
        0.85,
        low=0.0,
        high=1.0,
        doc="Least keypoint similarity, as a share of what the same detector reaches on the render.",
    )
    silhouette: float = param(
        0.75, low=0.0, high=1.0, doc="Least intersection over union of people, as a share likewise."
    )
    depth: float = param(
        0.6, low=0.0, high=10.0, doc="Largest error of aligned inverse depth, in spreads of the true one."
    )
    normal: float = param(35.0, low=0.0, high=180.0, unit="deg", doc="Largest mean angle of normals on people.")
    far: float = param(
        0.5, low=0.0, high=1.0, doc="Below this share of a limit (or beyond its inverse) a picture is rejected."
    )


@dataclass(frozen=True)
class Judgement:
    """Verdict and its reasons.

    Attributes:
        verdict: "accept"; "relabel": the picture shows somebody, but not quite where the labels are; "reject"; "unjudged":
            nothing could be measured.
        reasons: One sentence for each measure that does not pass.
    """

    verdict: Verdict
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "reasons": list(self.reasons)}


def judge(measured: Mapping[str, float], limits: GateLimits | None = None) -> Judgement:
    """Judge one picture.

    Args:
        measured: "oks" and "oks_render", "iou" and "iou_render", "depth_rmse", "normal_angle"; what is missing or NaN is
            passed over. A detector that fails on the render itself says nothing about the picture.
    """
    limits = limits or GateLimits()
    reasons, worst, judged = [], "accept", 0
    for name, least, words in (
        ("oks", limits.keypoints, "keypoints are found at {0:.2f} of what is found on the render"),
        ("iou", limits.silhouette, "silhouettes overlap at {0:.2f} of what they do on the render"),
    ):
        value, base = measured.get(name, math.nan), measured.get(f"{name}_render", math.nan)
        if math.isnan(value) or math.isnan(base) or base < 0.3:
            continue
        judged += 1
        share = value / base
        if share < least:
            reasons.append(f"{words.format(share)}, {least:.2f} is asked")
            worst = "reject" if share < least * limits.far or worst == "reject" else "relabel"
    for name, most, words in (
        ("depth_rmse", limits.depth, "depth is off by {0:.2f} spreads"),
        ("normal_angle", limits.normal, "normals are off by {0:.0f} degrees"),
    ):
        value = measured.get(name, math.nan)
        if math.isnan(value):
            continue
        judged += 1
        if value > most:
            reasons.append(f"{words.format(value)}, at most {most:g} is asked")
            worst = "reject" if value > most / max(limits.far, 1e-9) or worst == "reject" else "relabel"
    if not judged:
        return Judgement("unjudged", ("nothing could be measured: no detector, no depth, no normals",))
    return Judgement(worst, tuple(reasons))  # type: ignore[arg-type]
