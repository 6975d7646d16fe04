"""What hides a point from a camera: ray casts in Blender's evaluated scene, hair by the ground-truth pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from mathutils import Vector

from ..channels.view import View
from ..frames import project
from ..geometry import Strands


def first_hits(scene: Any, depsgraph: Any, origin: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each segment from `origin` to a target meets first.

    Args:
        scene: The ground-truth scene (what it leaves out hides nothing).
        origin: (3,); targets: (N, 3), metres, world.
    Returns:
        object ids (N,) int, 0 = nothing in between; distances (N,) float64 from the origin, +inf = nothing.
    """
    ids = np.zeros(len(targets), np.int64)
    far = np.full(len(targets), np.inf)
    start = Vector(origin.tolist())
    for i, target in enumerate(targets):
        step = target - origin
        length = float(np.linalg.norm(step))
        if not np.isfinite(length) or length < 1e-9:
            continue
        ok, location, _, _, ob, _ = scene.ray_cast(depsgraph, start, Vector((step / length).tolist()), distance=length)
        if ok:
            ids[i], far[i] = ob.original.pass_index, (location - start).length
    return ids, far


def hair_in_front(view: View, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hair that the ground-truth pass shows in front of points; ray casts do not see curves.

    Returns:
        object ids (N,) int, 0 = none; distances (N,) float64.
    """
    ids = np.zeros(len(points), np.int64)
    far = np.full(len(points), np.inf)
    pixel, z = project(view.K, view.T_cam_from_world, points)
    x, y = np.floor(pixel[:, 0]), np.floor(pixel[:, 1])
    inside = (z > 0) & (x >= 0) & (y >= 0) & (x < view.width) & (y < view.height)
    strands = {i + 1 for i, o in enumerate(view.geometry.objects) if isinstance(o.geometry, Strands) and o.labelled}
    for i in np.nonzero(inside)[0]:
        row, column = int(y[i]), int(x[i])
        number = int(view.raw.object[row, column])
        if number in strands and view.raw.depth[row, column] < z[i]:
            ids[i] = number
            far[i] = view.raw.depth[row, column] * np.linalg.norm(view.directions[row, column])
    return ids, far
