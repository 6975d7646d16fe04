"""Eyes as real geometry: eyeball with recessed iris and pupil, cornea, tear film; and where they look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..frames import smplx_from_world
from ..geometry import Mesh
from ..materials.eye import EYE_AXIS, EYE_POLAR, EYE_SHADE, cornea_material, eye_material
from ..vectors import every, lengths, middles
from .head import eye_ball, eye_ids
from .kinematics import between, rotvecs
from .look_spec import EyeSpec
from .nearest import NearestPoints
from .skeleton import HEAD, LEFT_EYE, RIGHT_EYE

if TYPE_CHECKING:
    from .body_state import BodyState

JOINTS = (LEFT_EYE, RIGHT_EYE)
FORWARD = np.array([0.0, -1.0, 0.0])
# People turn their heads rather than their eyes beyond this (comfortable range; Stahl 1999).
LIMIT = np.radians(30.0)
# Radius of the visible iris, metres: 11.7 mm diameter from about two years on (Rüfer et al. 2005). The template's
# eyeball is large (15 mm), so a share of its radius would give staring discs that the lids cannot clear.
IRIS_RADIUS = 0.00585
# How far down the upper lid's shade reaches, metres; by eye.
LID_SHADE = 0.0032
_SEGMENTS = 48


def eye_centres(body: BodyState) -> np.ndarray:
    """(2, 3) world centres of the left and right eyeball."""
    out = []
    for ids, joint in zip(eye_ids(body), JOINTS, strict=True):
        c, _ = eye_ball(body.rest, ids)
        out.append(body.T[joint][:3, :3] @ c + body.T[joint][:3, 3])
    return np.stack(out)


def gaze_pose(body: BodyState, target: np.ndarray | None, limit: float = LIMIT) -> np.ndarray:
    """The body's pose with both eyes turned to a world point.

    Args:
        body: The person, head already in place.
        target: (3,) world point, or None for straight ahead.
        limit: Largest rotation of an eye, radians.
    Returns:
        (J, 3) pose; only the rows of the eye joints differ. Pose the body with it, then call `build_eyes`.
    """
    pose = np.array(body.pose, np.float64)
    if target is None:
        pose[list(JOINTS)] = 0.0
        return pose
    R_head = body.T[HEAD][:3, :3]
    target = np.asarray(target, np.float64)
    for ids, joint in zip(eye_ids(body), JOINTS, strict=True):
        c_rest, _ = eye_ball(body.rest, ids)
        pivot_rest = np.asarray(body.joints_rest[joint], np.float64)
        pivot = body.T[HEAD][:3, :3] @ pivot_rest + body.T[HEAD][:3, 3]
        R = np.eye(3)
        # The ball's centre lies a little off the joint, so it moves as the eye turns: three steps settle it.
        for _ in range(3):
            centre = pivot + R_head @ R @ (c_rest - pivot_rest)
            R = between(FORWARD, R_head.T @ (target - centre))
        v = rotvecs(R)
        angle = np.linalg.norm(v)
        if angle > limit:
            v = v * (limit / angle)
        pose[joint] = smplx_from_world(v)
    return pose


def _lathe(profile: np.ndarray, segments: int) -> tuple[np.ndarray, np.ndarray]:
    """Surface of revolution about +Z from (n, 2) radius and height, inner end last; quads face outwards."""
    t = np.linspace(0.0, 2.0 * np.pi, segments, endpoint=False)
    r, h = profile[:, 0, None], profile[:, 1, None]
    v = np.stack([r * np.cos(t), r * np.sin(t), np.broadcast_to(h, (len(profile), segments))], 2).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(len(profile) - 1), np.arange(segments), indexing="ij")
    k = (j + 1) % segments
    a, b = i * segments, (i + 1) * segments
    # Heights rise along the profile: (angle, up) is counter-clockwise seen from outside.
    return v, np.stack([a + j, a + k, b + k, b + j], 2).reshape(-1, 4).astype(np.int32)


def _ball_profile(radius: float, iris: float, pupil: float) -> np.ndarray:
    limb = np.arcsin(iris / radius)
    angles = np.linspace(np.pi * 0.97, limb, 24)
    back = np.stack([radius * np.sin(angles), radius * np.cos(angles)], 1)
    z = radius * np.cos(limb)
    k = np.concatenate([[0.97], np.linspace(0.9, pupil + 0.03, 6), [pupil]])
    # A shallow bowl 0.5–1.1 mm behind the limbus, then the pit of the pupil.
    front = np.stack([iris * k, z - 0.0005 - 0.0006 * (1 - k**2)], 1)
    pit = np.array([[iris * pupil * 0.94, z - 0.0024], [iris * 0.02, z - 0.0026]])
    return np.concatenate([back, front, pit])


def _cornea_profile(radius: float, iris: float) -> np.ndarray:
    limb = np.arcsin(iris / radius)
    edge = limb * 1.12
    # The bulge stands 0.9 mm proud of the ball at its apex (anatomy: 1.2–1.5), so that lids made for the ball still cover it.
    a = np.linspace(edge, 0.002, 12)
    u = 1.0 - (a / edge) ** 2
    r = radius * 1.004 + 0.0009 * u**1.5
    return np.stack([r * np.sin(a), r * np.cos(a)], 1)


def _frame(axis: np.ndarray, up: np.ndarray) -> np.ndarray:
    x = np.cross(up, axis)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(axis, x), axis], 1)


def lid_shade(body: BodyState, own: np.ndarray, points: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """How much the upper lid and its lashes keep light off an eyeball.

    Args:
        body: Posed body.
        own: Vertices of this eyeball in the body's mesh, which are no lid.
        points: (N, 3) world, of the eyeball that is shown.
        centre, radius: The eyeball, world.
    Returns:
        (N,) float32, 1 at the lid's edge, 0 from some millimetres below it on.
    """
    skin = np.asarray(body.posed[: body.count], np.float64)
    near = lengths(skin - centre) < 1.45 * radius
    near[own[own < body.count]] = False
    faces = body.model.faces[every(near[body.model.faces])]
    lid = np.concatenate([skin[near], middles(skin, faces)])
    up = body.T[HEAD][:3, 2]
    lid = lid[(lid - centre) @ up > -0.1 * radius]
    if len(lid) == 0:
        return np.zeros(len(points), np.float32)
    distance, which = NearestPoints(lid).query(points)
    above = (lid[which] - points) @ up / np.maximum(distance, 1e-6)
    return (np.exp(-((distance / LID_SHADE) ** 2)) * np.clip(0.4 + 1.2 * above, 0.0, 1.0)).astype(np.float32)


def visible_iris(eyeball: float) -> float:
    """Radius of the iris in metres: nearly the same in everybody, bounded by the eyeball that the mesh offers."""
    return float(np.clip(IRIS_RADIUS, 0.36 * eyeball, 0.44 * eyeball))


def build_eyes(spec: EyeSpec, body: BodyState, *, age: float = 30.0, lod: int = 0) -> list[tuple[str, Mesh, str, bool]]:
    """Both eyes of a posed body, turned as its eye joints are (see `gaze_pose`).

    Args:
        spec: Colours and pupil.
        body: Posed body.
        age: Years; old sclera is yellower.
        lod: 0 close-up (cornea and tear film), 1 full body, 2 far away (fewer polygons).
    Returns:
        (name, mesh in world space, semantic, labelled) in this order for the left, then the right eye. Meshes that are
        not labelled are clear and must cast no shadow.
    """
    out: list[tuple[str, Mesh, str, bool]] = []
    segments = (_SEGMENTS, 32, 16)[min(lod, 2)]
    iris = visible_iris(float(np.mean([eye_ball(body.rest, i)[1] for i in eye_ids(body)])))
    shader = eye_material(spec.iris, spec.pupil, spec.veins, float(np.clip((age - 40) / 50, 0, 1)), spec.variation, lod)
    for side, ids, joint in zip("lr", eye_ids(body), JOINTS, strict=True):
        c, radius = eye_ball(body.rest, ids)
        T = body.T[joint]
        M = T[:3, :3] @ _frame(FORWARD, np.array([0.0, 0.0, 1.0]))
        centre = T[:3, :3] @ c + T[:3, 3]
        profile = _ball_profile(radius * 0.997, iris, spec.pupil)
        v, f = _lathe(profile, segments)
        turn = np.linspace(0.0, 2.0 * np.pi, segments, endpoint=False)
        polar = np.stack(
            [
                # Towards the nose on both sides.
                np.tile(np.cos(turn) * (-1.0 if side == "l" else 1.0), len(profile)),
                np.tile(np.sin(turn), len(profile)),
                np.repeat(profile[:, 0] / iris, segments),
            ],
            1,
        )
        points = centre + v @ M.T
        attributes = {EYE_POLAR: polar.astype(np.float32), EYE_AXIS: (v[:, 2] / radius).astype(np.float32)}
        if lod < 2:
            attributes[EYE_SHADE] = lid_shade(body, ids, points, centre, radius)
        ball = Mesh(points.astype(np.float32), f, (shader,), point=attributes)
        out.append((f"eye_{side}", ball, "eyes", True))
        if lod < 2:
            v, f = _lathe(_cornea_profile(radius, iris), segments)
            cornea = Mesh((centre + v @ M.T).astype(np.float32), f, (cornea_material(),))
            out.append((f"cornea_{side}", cornea, "eyes", False))
    return out
