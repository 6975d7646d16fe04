"""What one picture tells of a body: its camera, landmarks, silhouette, depth and normals, whichever there are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.frames import pixel_centres, unproject

# Without a known lens a picture is taken to be of this angle across its longer side, degrees (a phone's main camera).
ASSUMED_ANGLE_DEG = 55.0
# A camera that is told nothing else looks level: x right, y down, z ahead are the world's x, -z and y.
LEVEL_CAM_FROM_WORLD = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


@dataclass(frozen=True, eq=False)
class BodyView:
    """One picture of the body.

    Attributes:
        K: (3, 3) pixels. T_cam_from_world: (4, 4), OpenCV axes; the world has Z up.
        width, height: Pixels.
        landmarks: Name of the convention ("mediapipe", "coco17", "smplx"). xy: (L, 2) pixels. confidence: (L,) in [0, 1].
        world: (L, 3) metres from between the hips in camera axes (a detector's guess), or None.
        hands: "left"/"right" -> (21, 2) pixels.
        mask: (H, W) bool, the visible silhouette, or None.
        depth: (H, W) metres, planar; +inf or NaN where unknown; or None. metric: False = up to scale and shift.
        normals: (H, W, 3) unit, camera axes; or None.
    """

    K: np.ndarray
    T_cam_from_world: np.ndarray
    width: int
    height: int
    xy: np.ndarray
    confidence: np.ndarray
    landmarks: str = "mediapipe"
    world: np.ndarray | None = None
    hands: dict[str, np.ndarray] = field(default_factory=dict)
    mask: np.ndarray | None = None
    depth: np.ndarray | None = None
    metric: bool = True
    normals: np.ndarray | None = None

    def __post_init__(self) -> None:
        size = (self.height, self.width)
        for name in ("mask", "depth", "normals"):
            a = getattr(self, name)
            if a is not None and a.shape[:2] != size:
                raise LiftError(f"the {name} does not fit its picture", expected=f"{size[1]}x{size[0]}", got=f"{a.shape[1]}x{a.shape[0]}")
        if len(self.xy) != len(self.confidence):
            raise LiftError("landmarks and confidences do not fit", expected=len(self.xy), got=len(self.confidence))
        if not np.isfinite(self.K).all() or self.K[0, 0] <= 0 or not np.isfinite(self.T_cam_from_world).all():
            raise LiftError("the camera is not usable", expected="finite K and pose, positive focal length")


def assumed_camera(width: int, height: int) -> np.ndarray:
    """K (3, 3) of a picture whose lens nobody knows."""
    f = 0.5 * max(width, height) / np.tan(np.radians(ASSUMED_ANGLE_DEG) / 2.0)
    return np.array([[f, 0.0, width / 2.0], [0.0, f, height / 2.0], [0.0, 0.0, 1.0]])


@dataclass(frozen=True, eq=False)
class Surface:
    """Seen points of the body's surface.

    points: (M, 3) metres, world. normals: (M, 3) unit, world, towards the camera. ray: (M, 3) world metres per metre of depth;
    depth: (M,) as observed.
    """

    points: np.ndarray
    normals: np.ndarray
    ray: np.ndarray
    depth: np.ndarray

    def __len__(self) -> int:
        return len(self.points)


def surface_of(view: BodyView, most: int, edge_m: float = 0.05) -> Surface:
    """An even sample of a view's depth inside its mask, without the rims where depth jumps.

    Args:
        most: About how many points.
        edge_m: Neighbouring depths further apart than this are different surfaces, metres.
    """
    assert view.depth is not None
    z = np.where(np.isfinite(view.depth), view.depth, 0.0).astype(np.float64)
    good = z > 0
    if view.mask is not None:
        good &= view.mask
    for axis in (0, 1):
        for way in (-1, 1):
            good &= np.abs(np.roll(z, way, axis) - z) < edge_m
    good[[0, -1]] = good[:, [0, -1]] = False
    normals = view.normals if view.normals is not None else normals_from_depth(z, view.K)
    rows, cols = np.nonzero(good)
    if len(rows) > most:
        # Every k-th pixel in both directions keeps the sample even over the picture.
        step = max(int(np.sqrt(len(rows) / most)), 1)
        keep = (rows % step == step // 2) & (cols % step == step // 2)
        rows, cols = rows[keep], cols[keep]
    T = np.linalg.inv(view.T_cam_from_world)
    pixels = pixel_centres(view.width, view.height)[rows, cols]
    depth = z[rows, cols]
    ray = (unproject(view.K, T, pixels, np.ones(len(rows))) - T[:3, 3]) if len(rows) else np.zeros((0, 3))
    n = np.asarray(normals[rows, cols], np.float64) @ T[:3, :3].T
    length = np.linalg.norm(n, axis=1, keepdims=True)
    keep = length[:, 0] > 0.5
    n = n / np.maximum(length, 1e-9)
    return Surface((T[:3, 3] + ray * depth[:, None])[keep], n[keep], ray[keep], depth[keep])


def normals_from_depth(z: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(H, W, 3) unit normals in camera axes, towards the camera, from central differences of depth (H, W)."""
    p = pixel_centres(z.shape[1], z.shape[0])
    P = np.stack([(p[..., 0] - K[0, 2]) / K[0, 0] * z, (p[..., 1] - K[1, 2]) / K[1, 1] * z, z], -1)
    right = np.roll(P, -1, 1) - np.roll(P, 1, 1)
    down = np.roll(P, -1, 0) - np.roll(P, 1, 0)
    n = np.cross(down, right)
    n /= np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-12)
    return np.where((n * P).sum(-1, keepdims=True) > 0, -n, n)
