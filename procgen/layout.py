"""Who stands or sits where, which way they face, and what they look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .geometry import PlaceGeometry, Seat

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
    rng: np.random.Generator, place: PlaceGeometry, wants_seat: list[bool], tries: int = 400
) -> list[Placement]:
    """Place people without collisions: some on seats, the rest in a loose group that faces its middle or the viewer.

    Args:
        rng: Source of all randomness.
        place: Built place; only its stage, obstacles and seats are read.
        wants_seat: For each person, whether the pose is a seated one.
        tries: Draws before the group is spread over the whole stage.
    Returns:
        One placement a person. Who wanted a seat and found none has seat None: choose another pose. Fewer placements than
        people are never returned: when the stage is full, distances shrink step by step.
    """
    taken: list[np.ndarray] = []
    found: dict[int, Placement] = {}
    # A random first seat; later ones and those who stand keep close to it: people who are in one picture.
    seats = [place.seats[i] for i in rng.permutation(len(place.seats))]
    for index in [i for i, w in enumerate(wants_seat) if w]:
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
    return [_with_gaze(rng, i, found) for i in range(len(wants_seat))]


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


def _with_gaze(rng: np.random.Generator, index: int, found: dict[int, Placement]) -> Placement:
    """The placement with somebody ahead to look at, most of the time, if there is anybody."""
    me = found[index]
    here = np.array(me.position)
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
