"""Who stands or sits where, which way they face, and what they look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .geometry import PlaceGeometry, Seat
from .groups.formation import Formation

# Room that a person needs around the pelvis, metres: shoulders 0.25, an arm that gestures 0.2.
FOOTPRINT = 0.42
# Distance at which people talk to each other (Hall 1966: personal to near social space), metres.
TALKING = (0.85, 1.35)


@dataclass(frozen=True)
class Placement:
    """Where one person is.

    Attributes:
        position: (x, y) world, metres.
        heading: Radians about Z; 0 faces -Y.
        seat: Name of the seat, or None.
        gaze: (x, y) looked towards, or None for straight ahead.
        watches: Index of the person who is looked at, or None.
    """

    position: tuple[float, float]
    heading: float
    seat: str | None = None
    gaze: tuple[float, float] | None = None
    watches: int | None = None


def heading_towards(origin: np.ndarray, target: np.ndarray) -> float:
    """Heading that faces `target` from `origin`, both (x, y)."""
    d = np.asarray(target, float) - np.asarray(origin, float)
    return float(np.arctan2(d[0], -d[1]))


def facing(heading: float) -> np.ndarray:
    """(2,) unit vector that a heading faces."""
    return np.array([np.sin(heading), -np.cos(heading)])


def _free(place: PlaceGeometry, point: np.ndarray, taken: list[np.ndarray], radius: float) -> bool:
    x0, y0, x1, y1 = place.stage
    if not (x0 + radius <= point[0] <= x1 - radius and y0 + radius <= point[1] <= y1 - radius):
        return False
    if len(place.obstacles):
        gap = np.linalg.norm(place.obstacles[:, :2] - point, axis=1) - place.obstacles[:, 2]
        if gap.min() < radius * 0.75:
            return False
    return all(np.linalg.norm(point - t) >= 2 * radius for t in taken)


def _seat_free(seat: Seat, taken: list[np.ndarray]) -> bool:
    front = seat.position[:2] + 0.3 * facing(seat.heading)
    return all(np.linalg.norm(front - t) >= 0.6 for t in taken)


def place_people(
    rng: np.random.Generator,
    place: PlaceGeometry,
    wants_seat: list[bool],
    tries: int = 400,
    formations: Sequence[tuple[tuple[int, ...], Formation]] = (),
) -> list[Placement]:
    """Place people without collisions: some on seats, the rest in a loose group that faces its middle or the viewer.

    Args:
        rng: Source of all randomness.
        place: Built place; only its stage, obstacles and seats are read.
        wants_seat: For each person, whether the pose is a seated one.
        tries: Draws before the group is spread over the whole stage.
        formations: Groups that stand in a shape of their own: members, and where they are to each other. A group that finds no
            room is closed up and, at worst, broken up.
    Returns:
        One placement a person. Who wanted a seat and found none has seat None: choose another pose. Fewer placements than
        people are never returned: when the stage is full, distances shrink step by step.
    """
    taken: list[np.ndarray] = []
    found: dict[int, Placement] = {}
    # A random first seat; later ones and those who stand keep close to it: people who are in one picture.
    seats = [place.seats[i] for i in rng.permutation(len(place.seats))]
    grouped = {i for members, _ in formations for i in members}
    for index in [i for i, w in enumerate(wants_seat) if w and i not in grouped]:
        near = sorted((s for s in seats if _seat_free(s, taken)), key=lambda s: _distance(s, taken))
        seat = near[0] if near else None
        if seat is None:
            continue
        seats.remove(seat)
        x, y = (float(v) for v in seat.position[:2])
        taken.append(np.array([x, y]) + 0.3 * facing(seat.heading))
        found[index] = Placement((x, y), float(seat.heading), seat.name)
    x0, y0, x1, y1 = place.stage
    middle = np.array(
        [
            rng.uniform(x0 + 0.3 * (x1 - x0), x1 - 0.3 * (x1 - x0)),
            rng.uniform(y0 + 0.3 * (y1 - y0), y1 - 0.3 * (y1 - y0)),
        ]
    )
    if taken:
        # Those who stand gather near those who sit.
        middle = np.mean(taken, 0) + 0.9 * facing(next(iter(found.values())).heading)
    for members, formation in formations:
        placed = _place_formation(rng, place, formation, middle, taken)
        for index, one in zip(members, placed, strict=True):
            watches = None if one.watches is None else members[one.watches]
            taken.append(np.array(one.position))
            found[index] = Placement(one.position, one.heading, watches=watches)
    standing = [i for i in range(len(wants_seat)) if i not in found]
    talking = len(standing) + len(found) > 1 and rng.random() < 0.6
    circle = _circle(rng, place, middle, len(standing), taken) if talking and len(standing) > 1 else None
    if circle is not None:
        middle = circle.mean(0)
    for order, index in enumerate(standing):
        point = circle[order] if circle is not None else _draw_point(rng, place, middle, taken, tries)
        taken.append(point)
        if talking:
            heading = heading_towards(point, middle) + rng.normal(0, 0.35)
        else:
            heading = rng.normal(0, 0.6)
        found[index] = Placement((float(point[0]), float(point[1])), float(heading))
    return [_with_gaze(rng, i, found, i in grouped) for i in range(len(wants_seat))]


def _place_formation(
    rng: np.random.Generator, place: PlaceGeometry, formation: Formation, middle: np.ndarray, taken: list[np.ndarray]
) -> list[Placement]:
    """Put a group where all of it has room; people of a loose group who would stand in something step aside."""
    local = np.array([s.position for s in formation.stands])
    loose = not formation.touches and len(local) > 4
    best, most = local + middle, -np.inf
    turned = 0.0
    x0, y0, x1, y1 = place.stage
    for k in range(240):
        turn = float(rng.normal(0.0, 0.4) if formation.faces_viewer and k < 160 else rng.uniform(-np.pi, np.pi))
        # Closer and closer to each other, where the stage is small and nobody touches.
        squeeze = 1.0 - 0.3 * max(0.0, k / 240 - 0.3) if not formation.touches else 1.0
        c, s = np.cos(turn), np.sin(turn)
        spread = 0.4 + 0.012 * k * min(x1 - x0, y1 - y0) / 6.0
        centre = middle + rng.normal(0.0, spread, 2)
        points = centre + squeeze * local @ np.array([[c, s], [-s, c]])
        rooms = np.array([_room(place, p, taken) for p in points])
        score = float(rooms.mean() if loose else rooms.min())
        if score > most and _apart(points, formation.closeness):
            best, most, turned = points, score, turn
        if rooms.min() >= 1.0:
            break
    if loose:
        best = _step_aside(rng, place, best, taken)
    return [
        Placement((float(p[0]), float(p[1])), float(s.heading + turned), watches=s.watches)
        for p, s in zip(best, formation.stands, strict=True)
    ]


def _apart(points: np.ndarray, closeness: float) -> bool:
    """Whether nobody is nearer to another than a group of this kind allows."""
    gap = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9.0 * np.eye(len(points))
    return bool(gap.min() >= 0.8 * closeness)


def _step_aside(
    rng: np.random.Generator, place: PlaceGeometry, points: np.ndarray, taken: list[np.ndarray]
) -> np.ndarray:
    """Points of a loose group with those that are in something, or too close, moved to the nearest free spot."""
    out: list[np.ndarray] = []
    for point in points:
        others = [*taken, *out]
        best, room = point, min(_room(place, point, others), 0.72)
        for k in range(90):
            if room >= 0.72:
                break
            tried = point + rng.normal(0.0, 0.12 + 0.035 * k, 2)
            if (space := _room(place, tried, others)) > room:
                best, room = tried, min(space, 0.72)
        out.append(best)
    return np.array(out)


def _distance(seat: Seat, taken: list[np.ndarray]) -> float:
    """From a seat to the nearest person, metres; 0 for the first."""
    return min((float(np.linalg.norm(seat.position[:2] - t)) for t in taken), default=0.0)


def _circle(
    rng: np.random.Generator, place: PlaceGeometry, middle: np.ndarray, count: int, taken: list[np.ndarray]
) -> np.ndarray | None:
    """(count, 2) points on a rough circle, as people stand who talk (an F-formation, Kendon 1990); None if none is free."""
    spacing = 2.0 * FOOTPRINT * 1.05
    for k in range(60):
        centre = middle + rng.normal(0.0, 0.25 + 0.02 * k, 2)
        # Two people stand at talking distance; more open the circle until neighbours have room.
        radius = max(rng.uniform(*TALKING) / 2.0, spacing / (2.0 * np.sin(np.pi / max(count, 2))))
        angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(count) / count
        angles += rng.normal(0.0, 0.08, count)
        points = centre + (radius + rng.normal(0.0, 0.04, count))[:, None] * np.stack(
            [np.cos(angles), np.sin(angles)], 1
        )
        apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9.0 * np.eye(count)
        if apart.min() >= 2.0 * FOOTPRINT and all(_free(place, p, taken, FOOTPRINT) for p in points):
            return points
    return None


def _draw_point(
    rng: np.random.Generator, place: PlaceGeometry, middle: np.ndarray, taken: list[np.ndarray], tries: int
) -> np.ndarray:
    """A free point near the middle, else anywhere on the stage, else the one with the most room of all that were tried."""
    x0, y0, x1, y1 = place.stage
    best, room = np.array([(x0 + x1) / 2, (y0 + y1) / 2]), -np.inf
    for k in range(tries):
        if k < tries * 3 // 4:
            angle = rng.uniform(0, 2 * np.pi)
            reach = rng.uniform(*TALKING) * (0.5 + 0.15 * len(taken)) * (1.0 + 2.0 * k / tries)
            point = middle + reach * np.array([np.cos(angle), np.sin(angle)])
        else:
            point = np.array([rng.uniform(x0, x1), rng.uniform(y0, y1)])
        if _free(place, point, taken, FOOTPRINT):
            return point
        space = _room(place, point, taken)
        if space > room:
            best, room = point, space
    return best


def _room(place: PlaceGeometry, point: np.ndarray, taken: list[np.ndarray]) -> float:
    """How far a point is from the nearest thing that it could collide with, in footprints; negative off the stage."""
    x0, y0, x1, y1 = place.stage
    inside = float(min(point[0] - x0, x1 - point[0], point[1] - y0, y1 - point[1]))
    rooms = [inside / FOOTPRINT + 0.4]
    if len(place.obstacles):
        gap = np.linalg.norm(place.obstacles[:, :2] - point, axis=1) - place.obstacles[:, 2]
        rooms.append(float(gap.min()) / FOOTPRINT)
    rooms += [float(np.linalg.norm(point - t)) / (2 * FOOTPRINT) for t in taken]
    return min(rooms)


def _with_gaze(rng: np.random.Generator, index: int, found: dict[int, Placement], grouped: bool) -> Placement:
    """The placement with somebody ahead to look at, most of the time, if there is anybody; groups say so themselves."""
    me = found[index]
    here = np.array(me.position)
    if me.watches is not None:
        return Placement(me.position, me.heading, me.seat, found[me.watches].position, me.watches)
    if grouped:
        return me
    ahead = []
    for other, p in sorted(found.items()):
        way = np.subtract(p.position, here)
        length = float(np.linalg.norm(way))
        if other != index and length > 1e-6 and float(way @ facing(me.heading)) / length > 0.5:
            ahead.append(other)
    if ahead and rng.random() < 0.7:
        watched = ahead[int(rng.integers(len(ahead)))]
        return Placement(me.position, me.heading, me.seat, found[watched].position, watched)
    return me
