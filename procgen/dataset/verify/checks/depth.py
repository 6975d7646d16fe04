"""Depth and distance: signs, background, one against the other, and against the ray caster."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..registry import checks
from ..report import Result
from ..subject import Subject, depth_tolerance

# Pixels of hair that are compared with the strands.
_HAIR_POINTS = 800


def wrong_values(depth: np.ndarray) -> int:
    """Pixels of (H, W) that are NaN, zero or negative."""
    return int((~(depth > 0)).sum())


def wrong_background(depth: np.ndarray, objects: np.ndarray) -> int:
    """Pixels where `depth is infinite` and `object is 0` differ."""
    return int((np.isinf(depth) != (objects == 0)).sum())


def ray_length_residual(depth: np.ndarray, distance: np.ndarray, directions: np.ndarray) -> float:
    """Largest relative difference between distance and depth times the length of the ray (directions of planar length 1)."""
    both = np.isfinite(depth) & np.isfinite(distance)
    if not both.any():
        return 0.0
    length = np.linalg.norm(directions, axis=-1)[both]
    expected = depth[both].astype(np.float64) * length
    return float(np.max(np.abs(distance[both] - expected) / np.maximum(np.abs(expected), 1e-9)))


@checks.register("depth")
def check_depth(frame: Subject) -> Iterator[Result]:
    """Depth and distance of one frame."""
    if not frame.has("depth"):
        return
    depth = frame.channel("depth")
    bad = ~(depth > 0)
    yield frame.measure("depth.positive", wrong_values(depth), got=frame.where(bad, depth))
    if frame.has("object"):
        objects = frame.channel("object")
        bad = np.isinf(depth) != (objects == 0)
        yield frame.measure("depth.background", int(bad.sum()), got=frame.where(bad, depth))
    if frame.has("distance"):
        distance = frame.channel("distance")
        residual = ray_length_residual(depth, distance, frame.directions)
        yield frame.measure("distance.ray_length", residual)
        bad = np.isinf(distance) != np.isinf(depth)
        yield frame.measure("distance.background", int(bad.sum()), got=frame.where(bad, distance))
    yield from _against_witness(frame, depth)


def _against_witness(frame: Subject, depth: np.ndarray) -> Iterator[Result]:
    if frame.mesh is None:
        yield frame.skip("depth.witness", frame.no_mesh)
        return
    clear = ~frame.near_hair
    seen = frame.hits.t.reshape(depth.shape)
    both = clear & np.isfinite(depth) & np.isfinite(seen)
    spread = frame.recession(frame.hits, np.arange(depth.size)).reshape(depth.shape)
    error = np.maximum(np.abs(depth[both] - seen[both]) - spread[both], 0.0)
    either = clear & (np.isfinite(depth) | np.isfinite(seen))
    bad = either.copy()
    bad[both] = ~(error <= depth_tolerance(depth[both]))
    bad &= ~frame.grazed
    yield frame.share("depth.witness", int(bad.sum()), int(either.sum()), got=frame.where(bad, depth, seen))
    if len(error):
        yield frame.measure("depth.median", float(np.median(error)) * 1000)
    hair = frame.hair
    if hair is not None:
        on = frame.on_hair & np.isfinite(depth)
        if on.any():
            points = frame.points[on]
            away = hair.clearance(frame.to_camera(points[:: -(-len(points) // _HAIR_POINTS)]))
            yield frame.share("depth.hair", int((away > 5e-4).sum()), len(away))
