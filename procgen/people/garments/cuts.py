"""The cuts that garments are made from, as functions of a few measures; each is made once and kept."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..nearest import NearestPoints
from .figure import ANKLE, HIP, NECK, SHOULDER, SIDES, WRIST, Canonical
from .pattern import LEFT_LEG, TRUNK, Cutter, Pattern, leg_axis, trunk_axis

# The base of the neck is a plane that falls to the front: heights over the neck joint of the canonical body, metres.
NECK_LEVEL, NECK_FALL = -0.012, 0.5
# Shell rings nearest to the floor that still belong to trunk or shin; free cloth goes on below them.
HIP_CUT, SHIN_CUT = -0.02, 0.87
COLUMNS, LEG_COLUMNS = 104, 36


def _neckline(base: Canonical, kind: str, depth: float, width: float):
    """Field that is negative within the neck opening."""
    neck = base.joints[NECK]

    def keep(x: np.ndarray) -> np.ndarray:
        y, z = x[:, 1] - neck[1], x[:, 2] - neck[2]
        f = NECK_LEVEL + NECK_FALL * y - 0.35 * width - z
        front = y + 0.01
        pit = NECK_LEVEL - 0.055
        if kind == "v":
            # Two straight sides that meet `depth` below the pit of the neck.
            wide = (np.abs(x[:, 0]) - (z - pit + depth) * (0.085 + width) / (depth + 0.06)) * 0.7
            f = np.minimum(f, np.maximum(wide, front))
        elif kind == "scoop":
            high = depth + 0.06
            e = np.hypot(x[:, 0] / (0.088 + width), (z - pit - 0.06) / high)
            f = np.minimum(f, np.maximum((e - 1) * 0.08, front))
        return f

    return keep


def graded(value: float, step: float) -> float:
    """A drawn measure on the nearest of a tailor's sizes: crowds then share their cuts, each of which is made once."""
    return round(round(value / step) * step, 4) + 0.0  # never -0.0


def cut_top(
    base: Canonical,
    hem: float,
    sleeve: float,
    neck: str = "crew",
    depth: float = 0.06,
    width: float = 0.0,
    opening: float = 0.0,
) -> Pattern:
    """A closed top.

    Args:
        hem: Metres below the hip joints (negative = above).
        sleeve: Share of the arm that is covered; 0 = sleeveless, 1 = to the wrist.
        neck: "crew", "v", "scoop" or "high".
        depth: Metres that the opening goes below the pit of the neck ("v", "scoop"), or above it ("high").
        width: Extra half width of the opening.
        opening: Half width of an open front at the hem, metres; 0 = closed.
    """
    # A round neckline has no depth of its own.
    return _cut_top(base, hem, sleeve, neck, 0.0 if neck == "crew" else depth, width, opening)


@lru_cache(maxsize=32)
def _sleeved(base: Canonical, low: float, sleeve: float) -> Cutter:
    """The shell above a height, with sleeves: many tops differ in their necklines alone."""
    c = Cutter(base).clip(lambda x: x[:, 2] - low)
    for s in SIDES:
        arm = c.value(base.arm)[:, s]
        shoulder = base.joints[SHOULDER[s]]
        if sleeve > 0.05:
            t = base.along(c.points, SHOULDER[s], WRIST[s])
            c.clip(np.where(arm > 0.3, (sleeve - t) * 0.5, 0.2))
        else:
            # A plane just inside of the shoulder joint, nearer to the neck at the top.
            x = c.points
            out = np.abs(x[:, 0])
            own = (x[:, 0] > 0) == (s == 0)
            line = abs(shoulder[0]) - 0.018 - 0.25 * np.clip(x[:, 2] - shoulder[2] + 0.05, 0, 0.15)
            under = shoulder[2] - 0.125 - x[:, 2]
            c.clip(np.where(own, np.maximum(line - out, under), 0.2))
    return c


@lru_cache(maxsize=64)
def _cut_top(base: Canonical, hem: float, sleeve: float, neck: str, depth: float, width: float, opening: float) -> Pattern:
    hip = base.joints[list(HIP)].mean(0)
    c = _sleeved(base, max(-hem, HIP_CUT) + hip[2], sleeve).copy()
    if neck == "high":
        top = base.joints[NECK][2] + NECK_LEVEL + depth
        y0 = base.joints[NECK][1]
        c.clip(lambda x: top - x[:, 2] + 0.3 * (x[:, 1] - y0))
    else:
        c.clip(_neckline(base, neck, depth, width))
    c.tidy()
    c.extend(trunk_axis(base), TRUNK, hem + HIP_CUT if hem > -HIP_CUT else 0.0, COLUMNS)
    if opening > 0:
        top, y0 = base.joints[NECK], base.joints[NECK][1]
        long = top[2] - hip[2] + hem

        def apart(x: np.ndarray) -> np.ndarray:
            down = np.clip((top[2] - x[:, 2]) / long, 0, 1)
            return np.maximum(np.abs(x[:, 0]) - opening * (0.45 + 0.55 * down), x[:, 1] - y0 + 0.01)

        c.clip(apart).tidy()
    return c.finish()


def cut_front(base: Canonical, hem: float, sleeve: float, depth: float, opening: float) -> Pattern:
    """Outerwear whose front closes below a V of `depth` metres under the pit of the neck (0 = up to the neck).

    Args:
        hem, sleeve: As in `cut_top`.
        opening: Half width of an open front at the hem; 0 = closed below the V.
    """
    return cut_top(base, hem, sleeve, "v" if depth > 0 else "crew", depth if depth > 0 else 0.05, -0.03, opening)


@lru_cache(maxsize=64)
def cut_trousers(base: Canonical, rise: float, leg: float) -> Pattern:
    """Anything with two legs.

    Args:
        rise: Metres of the waistband above the hip joints.
        leg: Share of hip to ankle that is covered; 1.07 ends on the shoe.
    """
    hip = base.joints[list(HIP)].mean(0)
    c = Cutter(base)
    # Waistbands sit higher at the back.
    c.clip(lambda x: hip[2] + rise - x[:, 2] + 0.12 * (x[:, 1] - hip[1]))
    end = min(leg, SHIN_CUT)
    for s in SIDES:
        t = base.along(c.points, HIP[s], ANKLE[s])
        own = (c.points[:, 0] > 0) == (s == 0)
        c.clip(np.where(own, (end - t) * 0.8, 0.2))
    c.tidy()
    for s in SIDES:
        axis = leg_axis(base, s)
        c.extend(axis, LEFT_LEG + s, (leg - end) * axis.length, LEG_COLUMNS)
    return c.finish()


@lru_cache(maxsize=64)
def cut_skirt(base: Canonical, rise: float, hem: float) -> Pattern:
    """A skirt.

    Args:
        rise: Metres of the waistband above the hip joints.
        hem: Metres of the hem below them.
    """
    hip = base.joints[list(HIP)].mean(0)
    c = Cutter(base)
    c.clip(lambda x: hip[2] + rise - x[:, 2] + 0.08 * (x[:, 1] - hip[1]))
    c.clip(lambda x: x[:, 2] - hip[2] - HIP_CUT)
    c.tidy()
    c.extend(trunk_axis(base), TRUNK, hem + HIP_CUT, COLUMNS)
    return c.finish()


@lru_cache(maxsize=128)
def loop_fade(pattern: Pattern, names: tuple[str, ...], near: float, far: float) -> np.ndarray:
    """(V,) 1 within `near` canonical metres of the named borders, 0 beyond `far`."""
    out = np.zeros(pattern.fabric.count)
    for name in names:
        if name not in pattern.loops:
            continue
        d = NearestPoints(pattern.points[pattern.loops[name]]).query(pattern.points, max_distance=far)[0]
        t = np.clip((far - d) / (far - near), 0, 1)
        out = np.maximum(out, t * t * (3 - 2 * t))
    return out
