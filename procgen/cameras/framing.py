"""What camera samplers share: subjects, clear sight, and the distance at which a subject fills part of the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..frames import intrinsics, invert_rigid, look_at, project
from ..geometry import PlaceGeometry
from ..spec import CameraSpec

# Score of an eye where no camera can be; more than all other faults of a view together.
BARRED = 5.0
# Weight of a subject that reaches out of the picture, against the other faults.
CUT = 5.0


@dataclass(frozen=True)
class Subject:
    """A person as a camera sees one: metres, world.

    Attributes:
        feet, head: (3,) points on the ground below the body and at the top of the head.
        face: (3,) point between the eyes.
        heading: Where the body faces, radians about Z; 0 = -Y.
        low, high: (3,) corners of the bounding box.
    """

    feet: np.ndarray
    head: np.ndarray
    face: np.ndarray
    heading: float
    low: np.ndarray
    high: np.ndarray

    @property
    def height(self) -> float:
        """Height of the box, metres (a sitter's is smaller than the stature)."""
        return float(self.high[2] - self.low[2])


def facing(heading: float) -> np.ndarray:
    """(3,) horizontal unit vector."""
    return np.array([np.sin(heading), -np.cos(heading), 0.0])


def view_angle(focal_mm: float, width: int, height: int, sensor_mm: float = 36.0) -> tuple[float, float]:
    """Half angles (horizontal, vertical) of a lens in radians."""
    long_side = max(width, height)
    return float(np.arctan(sensor_mm / 2 / focal_mm * width / long_side)), float(
        np.arctan(sensor_mm / 2 / focal_mm * height / long_side)
    )


def fit_distance(extent_x: float, extent_z: float, focal_mm: float, width: int, height: int, fill: float) -> float:
    """Distance at which a box of a size takes the share `fill` of the picture, in the tighter direction."""
    ax, az = view_angle(focal_mm, width, height)
    return max(extent_x / 2 / np.tan(ax), extent_z / 2 / np.tan(az)) / fill


def allowed(place: PlaceGeometry, eye: np.ndarray, subjects: list[Subject], clearance: float = 0.25) -> bool:
    """The camera stands inside its area, under the ceiling, over the ground, clear of people and things."""
    x0, y0, x1, y1 = place.camera_area
    if not (x0 + clearance <= eye[0] <= x1 - clearance and y0 + clearance <= eye[1] <= y1 - clearance):
        return False
    ground = float(np.asarray(place.height(eye[:1], eye[1:2]))[0])  # type: ignore[operator]
    if not ground + 0.25 <= eye[2] <= place.ceiling - 0.1:
        return False
    if len(place.obstacles):
        gap = np.linalg.norm(place.obstacles[:, :2] - eye[:2], axis=1) - place.obstacles[:, 2]
        if gap.min() < clearance:
            return False
    for s in subjects:
        outside = np.maximum(np.maximum(s.low - eye, eye - s.high), 0.0)
        if np.linalg.norm(outside) < clearance:
            return False
    return True


def blocked(place: PlaceGeometry, eye: np.ndarray, target: np.ndarray) -> float:
    """How deep (metres) the sight line cuts into tall obstacles between eye and target, seen from above; 0 = clear."""
    if not len(place.obstacles):
        return 0.0
    d = target[:2] - eye[:2]
    length = max(float(np.linalg.norm(d)), 1e-6)
    to = place.obstacles[:, :2] - eye[:2]
    along = np.clip(to @ d / length, 0.0, length)
    gap = np.linalg.norm(to - along[:, None] * d / length, axis=1)
    inside = (along > 0.1) & (along < length - 0.45)
    return float(np.max(np.where(inside, place.obstacles[:, 2] - gap, 0.0), initial=0.0))


def outside(eye: np.ndarray, target: np.ndarray, frame: Frame, box_low: np.ndarray, box_high: np.ndarray) -> float:
    """How far a box reaches out of the picture, in units of its longer side; 0 = all inside."""
    pick = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, 8).T
    corners = np.where(pick == 0, box_low, box_high)
    K = intrinsics(frame.width, frame.height, frame.focal_mm, 36.0)
    pixel, z = project(K, invert_rigid(look_at(eye, target)), corners)
    if (z < 0.1).any():
        return 2.0
    size = np.array([frame.width, frame.height])
    over = np.maximum(np.maximum(-pixel, pixel - size), 0.0)
    return float(over.max() / max(frame.width, frame.height))


@dataclass(frozen=True)
class Frame:
    """Format and lens of a picture."""

    width: int
    height: int
    focal_mm: float


def choose(
    place: PlaceGeometry,
    subjects: list[Subject],
    target: np.ndarray,
    draw: Callable[[], np.ndarray],
    frame: Frame,
    keep: list[Subject],
    tries: int = 120,
) -> np.ndarray:
    """The first eye among draws without a fault, else the best one; see `choose_scored`."""
    return choose_scored(place, subjects, target, draw, frame, keep, tries=tries)[0]


def choose_scored(
    place: PlaceGeometry,
    subjects: list[Subject],
    target: np.ndarray,
    draw: Callable[[], np.ndarray],
    frame: Frame,
    keep: list[Subject],
    face: Subject | None = None,
    tries: int = 120,
) -> tuple[np.ndarray, float]:
    """The first eye among draws that is allowed, sees the target and holds the subjects to keep; else the best one.

    Args:
        subjects: Everybody, for clearance and sight.
        target: (3,) middle of the picture.
        draw: () -> (3,) eye position.
        keep: Who must be inside the picture from head to foot.
        face: Whose face must be seen from the front half.
    Returns:
        The eye (3,) and how much is wrong with it, 0 = nothing.
    """

    def score_of(eye: np.ndarray) -> float:
        score = blocked(place, eye, target)
        score += sum(_crosses(eye, target, s) for s in subjects if np.linalg.norm(s.face - target) > 0.3)
        score += sum(
            _crowds(eye, target, frame, s) for s in subjects if s is not face and all(s is not k for k in keep)
        )
        score += sum(CUT * outside(eye, target, frame, s.low, s.high) + blocked(place, eye, s.face) for s in keep)
        return score + (_turned_away(eye, face) if face is not None else 0.0)

    best, best_score = None, np.inf
    for k in range(tries):
        eye = np.asarray(draw(), float)
        # Step by step towards the target if the place is too small for the wished distance.
        eye = target + (eye - target) * (1.0 - 0.5 * max(0.0, k / tries - 0.4))
        score = score_of(eye) + (0.0 if allowed(place, eye, subjects) else BARRED)
        if score <= 1e-6:
            return eye, 0.0
        if score < best_score:
            best, best_score = eye, score
    if best is not None and best_score < BARRED:
        return best, best_score
    # No draw was allowed: the best of a grid over the camera area, at the wished height where the ground lets it.
    z = float(draw()[2])
    x0, y0, x1, y1 = place.camera_area
    for x in np.linspace(x0 + 0.3, x1 - 0.3, 9):
        for y in np.linspace(y0 + 0.3, y1 - 0.3, 9):
            ground = float(np.asarray(place.height(np.array([x]), np.array([y])))[0])  # type: ignore[operator]
            eye = np.array([x, y, float(np.clip(z, ground + 0.4, place.ceiling - 0.15))])
            if allowed(place, eye, subjects) and score_of(eye) < best_score:
                best, best_score = eye, score_of(eye)
    return (best, best_score) if best is not None else (np.asarray(draw(), float), 2 * BARRED)


def _turned_away(eye: np.ndarray, who: Subject) -> float:
    """0 while the eye is within 60° of where somebody faces, 2 from right behind."""
    d = (eye - who.face) * np.array([1.0, 1.0, 0.0])
    cos = float(d @ facing(who.heading)) / max(float(np.linalg.norm(d)), 1e-6)
    return max(0.0, 0.5 - cos) / 0.75


def _crowds(eye: np.ndarray, target: np.ndarray, frame: Frame, other: Subject) -> float:
    """How badly somebody who is not the subject spoils the picture: cut off at the head, or large in the foreground."""
    body = np.array([other.face, other.head, (other.low + other.high) / 2, other.feet])
    K = intrinsics(frame.width, frame.height, frame.focal_mm, 36.0)
    pixel, z = project(K, invert_rigid(look_at(eye, target)), body)
    if (z < 0.1).any():
        # Beside or behind the camera: only what may reach into the picture counts.
        return 0.0 if (z < 0.1).all() else 0.3
    inside = (pixel > 0).all(1) & (pixel < [frame.width, frame.height]).all(1)
    # Shoulders are a quarter of the body's height wide on either side: a body just outside still shows.
    wide = 0.16 * float(np.ptp(pixel[:, 1]))
    across = (
        (pixel[:, 0] > -wide) & (pixel[:, 0] < frame.width + wide) & (pixel[:, 1] > 0) & (pixel[:, 1] < frame.height)
    )
    score = 0.0
    if across.any() and not inside[:2].all():
        score += 0.4
    depth = float(np.linalg.norm(target - eye))
    if across.any() and z.min() < 0.6 * depth:
        score += 0.5 * (1.0 - float(z.min()) / (0.6 * depth))
    return score


def _crosses(eye: np.ndarray, target: np.ndarray, other: Subject) -> float:
    d = target - eye
    length = max(float(np.linalg.norm(d)), 1e-6)
    middle = (other.low + other.high) / 2
    along = float(np.clip((middle - eye) @ d / length, 0.0, length))
    gap = float(np.linalg.norm((eye + d / length * along - middle)[:2]))
    return max(0.0, 0.3 - gap) if 0.1 < along < length - 0.3 else 0.0


def camera(
    name: str, eye: np.ndarray, target: np.ndarray, focal_mm: float, width: int, height: int, roll: float = 0.0
) -> CameraSpec:
    """A CameraSpec from arrays."""
    return CameraSpec(
        eye=(float(eye[0]), float(eye[1]), float(eye[2])),
        target=(float(target[0]), float(target[1]), float(target[2])),
        roll=float(roll),
        focal_mm=float(focal_mm),
        width=width,
        height=height,
        name=name,
    )
