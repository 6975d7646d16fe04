"""Views of one scene at one time against each other: what one sees, no other sees through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....frames import project
from ..registry import checks
from ..report import Result
from ..subject import Subject

_POINTS = 40_000
# Depth must lie this share behind a point, and this many metres, to count as seeing through it.
_SHARE, _LEAST = 0.01, 0.01


def seen_through(a: Subject, b: Subject) -> tuple[int, int]:
    """Points that view a sees: how many lie in front of everything around their pixel in view b, and of how many."""
    depth = b.channel("depth")
    points = a.points[a.hit & ~a.on_hair]
    points = points[:: max(1, len(points) // _POINTS)]
    pixel, z = project(b.K, b.T_cam_from_world, points)
    at = np.floor(pixel)
    inside = (z > 0.02) & (at >= 1).all(1) & (at[:, 0] < b.width - 1) & (at[:, 1] < b.height - 1)
    x, y = at[inside].astype(int).T
    z = z[inside]
    nearest = np.full(len(z), np.inf)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            nearest = np.minimum(nearest, depth[y + dy, x + dx])
    return int((nearest > z * (1 + _SHARE) + _LEAST).sum()), len(z)


@checks.register("views")
def check_views(frame: Subject) -> Iterator[Result]:
    """This view's points in the next view of the same scene and time (and back)."""
    other = frame.find(frame.record.scene, frame.record.view + 1, frame.record.time)
    if other is None or not frame.has("depth") or not other.has("depth"):
        return
    for a, b in ((frame, other), (other, frame)):
        through, total = seen_through(a, b)
        if total >= 200:
            yield frame.measure(
                "depth.views", through / total, got=f"{through} of {total} points of {a.name} in {b.name}"
            )
        else:
            yield frame.skip("depth.views", f"{a.name} and {b.name} show too little in common")
