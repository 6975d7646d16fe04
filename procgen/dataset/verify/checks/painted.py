"""Depth and object ids against a second renderer that paints the same triangles by itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..painter import paint
from ..registry import checks
from ..report import Result
from ..strands import StrandField
from ..subject import NO_MESH, SAMPLE_SPREAD, WIDE, Subject, depth_tolerance

# OpenGL puts corners on a grid of 1/256 px before it paints a triangle: half of that is how far they move.
SNAP = 1 / 512


@checks.register("painted")
def check_painted(frame: Subject) -> Iterator[Result]:
    """Depth and ids of one frame, if a painter was asked to stand witness."""
    if not frame.options.witnesses.pictures or not frame.has("depth") or not frame.has("object"):
        return
    mesh = frame.read_mesh() if frame.mesh is None else frame.mesh
    if mesh is None:
        for check in ("depth.painted", "object.painted"):
            yield frame.skip(check, NO_MESH)
        return
    painted, owner = paint(mesh, frame.K, frame.T_cam_from_world, frame.width, frame.height)
    depth, objects = frame.channel("depth").astype(np.float64), frame.channel("object")
    # Strands are no triangles: their pixels, and those that one passes in front of, say nothing.
    hair = np.isin(objects, np.unique(mesh["strand_object"]))
    if len(mesh["strand_start"]):
        field = StrandField(mesh, frame.K, frame.T_cam_from_world, frame.width, frame.height)
        hair |= field.depths((WIDE,))[0] < painted + 1e-3
    bad = ~hair & (owner != objects)
    yield frame.share("object.painted", int(bad.sum()), int((~hair).sum()), got=frame.where(bad, objects, owner))
    either = ~hair & (np.isfinite(depth) | np.isfinite(painted))
    both = either & np.isfinite(depth) & np.isfinite(painted)
    bad = either.copy()
    allowed = depth_tolerance(depth[both]) + (SNAP + SAMPLE_SPREAD) * slope(painted)[both]
    bad[both] = ~(np.abs(depth[both] - painted[both]) <= allowed)
    yield frame.share("depth.painted", int(bad.sum()), int(either.sum()), got=frame.where(bad, depth, painted))


def slope(depth: np.ndarray) -> np.ndarray:
    """(H, W) metres that the surface under each pixel of a depth image recedes within one pixel, along x and y together.

    Of the two neighbours the one on the same surface is meant: the nearer in depth.
    """
    with np.errstate(invalid="ignore"):
        out = np.zeros(depth.shape)
        for axis in (0, 1):
            step = np.abs(np.diff(depth, axis=axis))
            step[~np.isfinite(step)] = np.inf
            wide = np.concatenate([np.take(step, [0], axis), step, np.take(step, [-1], axis)], axis)
            nearer = np.minimum(*(np.take(wide, range(s, s + depth.shape[axis]), axis) for s in (0, 1)))
            out += np.where(np.isfinite(nearer), nearer, 0.0)
    return out
