"""Eyes that are properly open: lids fitted to the iris, and lids that follow the gaze."""

from __future__ import annotations

import numpy as np

from ..frames import world_from_smplx
from ..vectors import every, lengths, middles
from .eyes import visible_iris
from .head import eye_ball, in_boxes
from .lbs import rest_shape
from .look_spec import EyeSpec
from .model import BodyModel

# What one unit of the action moves the lid's edge by, metres (measured on the open body, the same for all shapes).
_WIDE, _SQUINT, _BLINK = 0.0034, 0.0030, 0.0113
# How far the lids go along with the front of an eye that turns up or down: the upper one nearly all the way, the lower one most
# of it (Becker & Fuchs 1988). Radius of the mesh's eyeball, and the furthest that a lid is moved by it, metres.
UPPER_FOLLOWS, LOWER_FOLLOWS = 0.9, 0.7
_BALL, _REACH = 0.0158, 0.0036
_STEP = 0.0002


def lid_gap(points: np.ndarray, triangles: np.ndarray, centre: np.ndarray, radius: float) -> tuple[float, float]:
    """Heights of the upper and lower lid's edge over the eyeball's centre, seen from the front.

    Args:
        points: (V, 3) world axes, facing -Y.
        triangles: (T, 3) skin.
        centre, radius: The eyeball.
    Returns:
        upper, lower: metres, means over three columns about the middle of the eye; both 0 if the eye is shut.
    """
    middle = middles(points, triangles)
    near = every(np.abs(middle[:, [0, 2]] - centre[[0, 2]]) < 1.4 * radius) & (middle[:, 1] < centre[1])
    a, b, c = (points[triangles[near][:, k]] for k in range(3))
    ab, ac = (b - a)[:, [0, 2]], (c - a)[:, [0, 2]]
    det = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    ok = np.abs(det) > 1e-12
    a, b, c, ab, ac, det = a[ok], b[ok], c[ok], ab[ok], ac[ok], det[ok]
    z = np.arange(-0.011, 0.011, _STEP)
    columns = np.array([-0.002, 0.0, 0.002])
    grid = np.stack(np.meshgrid(columns, z, indexing="ij"), -1).reshape(-1, 2)
    spot = grid + centre[[0, 2]]
    corner = np.stack([a, b, c])[:, :, [0, 2]]
    # A nanometre more, so that rounding leaves none out.
    i, t = in_boxes(spot[:, 0], spot[:, 1], corner.min(0) - 1e-9, corner.max(0) + 1e-9)
    d = spot[i] - a[t][:, [0, 2]]
    ab, ac, det = ab[t], ac[t], det[t]
    u = (d[:, 0] * ac[:, 1] - d[:, 1] * ac[:, 0]) / det
    v = (ab[:, 0] * d[:, 1] - ab[:, 1] * d[:, 0]) / det
    at = a[t, 1] + u * (b - a)[t, 1] + v * (c - a)[t, 1]
    met = (u >= 0) & (v >= 0) & (u + v <= 1)
    y = np.full(len(grid), np.inf)
    np.minimum.at(y, i[met], at[met])
    ball = centre[1] - np.sqrt(np.maximum(radius**2 - (grid**2).sum(1), 0.0))
    covered = (y < ball).reshape(len(columns), len(z))
    upper, lower = [], []
    for row in covered:
        free = np.flatnonzero(~row)
        if len(free) == 0:
            return 0.0, 0.0
        # Grow the gap from the free place nearest to the middle of the ball.
        k = free[np.abs(free - len(z) // 2).argmin()]
        above, below = np.flatnonzero(row[k:]), np.flatnonzero(row[: k + 1])
        upper.append(z[k + above[0]] if len(above) else z[-1])
        lower.append(z[below[-1]] if len(below) else z[0])
    return float(np.mean(upper)), float(np.mean(lower))


def open_lids(model: BodyModel, betas: np.ndarray, spec: EyeSpec) -> np.ndarray:
    """Expression that opens this person's lids as `spec` asks; add it to any other expression.

    The upper lid comes to lie `spec.lid_cover` below the top of the iris, the lower lid at its bottom, whatever the
    shape coefficients did to the lids.

    Returns:
        (E,) float32; zero for bodies without the ARKit actions.
    """
    out = np.zeros(model.exprdirs.shape[2], np.float32)
    if not model.arkit_names or model.arkit_to_expression is None or "eye_l" not in model.shell_faces:
        return out
    keep = np.ones(model.vertex_count, bool)
    for name in ("eye_l", "eye_r", "tongue"):
        inside = model.shell_faces[name]
        keep[inside[inside < model.vertex_count]] = False
    tri = np.asarray(model.faces, np.int64)
    tri = tri[every(keep[tri])]
    names = ("eyeWideLeft", "eyeWideRight", "eyeSquintLeft", "eyeSquintRight")
    actions = np.stack([model.arkit_to_expression[model.arkit_names.index(n)] for n in names])
    amount = np.zeros(4)
    for _ in range(2):
        points = np.asarray(world_from_smplx(rest_shape(model, betas, out, full=True)), np.float64)
        for k, shell in enumerate(("eye_l", "eye_r")):
            centre, radius = eye_ball(points, np.unique(model.shell_faces[shell]))
            near = lengths(points - centre) < 2.5 * radius
            upper, lower = lid_gap(points, tri[every(near[tri])], centre, radius)
            iris = visible_iris(radius)
            skew = (0.5 - k) * spec.lid_asymmetry
            amount[k] += (iris - spec.lid_cover + skew - upper) / _WIDE
            amount[2 + k] += (-iris + 0.0002 - lower) / _SQUINT
        amount = np.clip(amount, -2.0, 2.0)
        out = (amount @ actions).astype(np.float32)
    return out


def follow_gaze(model: BodyModel, pose: np.ndarray) -> np.ndarray:
    """Expression by which the lids follow eyes that look up or down, so that they go on lying where they lie on the iris.

    Args:
        pose: (J, 3) with the eye joints turned (see `eyes.gaze_pose`).
    Returns:
        (E,) float32.
    """
    out = np.zeros(model.exprdirs.shape[2], np.float32)
    if not model.arkit_names or model.arkit_to_expression is None:
        return out
    for joint, side in ((23, "Left"), (24, "Right")):
        # Positive rotation about X (the person's left) turns the gaze down.
        down = _BALL * np.sin(np.clip(float(pose[joint, 0]), -0.6, 0.6))
        upper, lower = UPPER_FOLLOWS * down, np.clip(LOWER_FOLLOWS * down, -_REACH, _REACH)
        moves = {"eyeSquint": -lower / _SQUINT}
        if down > 0:
            moves["eyeBlink"] = upper / _BLINK
        else:
            moves["eyeWide"] = min(-upper, _REACH) / _WIDE
        for name, amount in moves.items():
            out += np.float32(amount) * model.arkit_to_expression[model.arkit_names.index(name + side)]
    return out
