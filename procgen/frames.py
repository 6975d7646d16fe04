"""The only place where coordinate conventions are converted.

World and object frames are Blender's (right-handed, Z up). Cameras are OpenCV's (x right, y down, z forward); pixel
(0, 0) has its centre at (0.5, 0.5). The rest frame of a body file is SMPL-X's (Y up, facing +Z).
"""

from __future__ import annotations

import numpy as np

# SMPL-X rest frame (Y up, facing +Z, +X = person's left) to Vivant's world (Z up, facing -Y, +X = person's left).
R_WORLD_FROM_SMPLX = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])

# Blender cameras look along -Z with Y up; OpenCV cameras look along +Z with Y down.
R_BLENDERCAM_FROM_OPENCV = np.diag([1.0, -1.0, -1.0])


def world_from_smplx(points: np.ndarray) -> np.ndarray:
    """(…, 3) points or vectors from the SMPL-X rest frame to world axes (a rotation by +90° about X)."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def smplx_from_world(points: np.ndarray) -> np.ndarray:
    """Inverse of `world_from_smplx`."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


def rigid(R: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(4, 4) float64 transform from a rotation (3, 3) and a translation (3,)."""
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, t
    return T


def invert_rigid(T: np.ndarray) -> np.ndarray:
    """Exact inverse of a rotation + translation."""
    R = T[:3, :3].T
    return rigid(R, -R @ T[:3, 3])


def transform(T: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Apply a (4, 4) transform to (…, 3) points."""
    return points @ T[:3, :3].T + T[:3, 3]


def look_at(eye: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """T_world_from_cam (OpenCV axes) of a camera at `eye` that looks at `target`, upright up to `roll` radians."""
    z = np.asarray(target, float) - np.asarray(eye, float)
    z /= np.linalg.norm(z)
    up = np.array([0.0, 0.0, 1.0]) if abs(z[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    x = np.cross(z, up)
    x /= np.linalg.norm(x)
    y = np.cross(z, x)
    c, s = np.cos(roll), np.sin(roll)
    return rigid(np.stack([c * x + s * y, c * y - s * x, z], 1), np.asarray(eye, float))


def blender_matrix_from_cam(T_world_from_cam: np.ndarray) -> np.ndarray:
    """Blender's camera `matrix_world` from T_world_from_cam in OpenCV axes (and back: it is its own inverse)."""
    T = T_world_from_cam.copy()
    T[:3, :3] = T[:3, :3] @ R_BLENDERCAM_FROM_OPENCV
    return T


def intrinsics(
    width: int, height: int, focal_mm: float, sensor_mm: float, shift: tuple[float, float] = (0.0, 0.0), aspect: float = 1.0
) -> np.ndarray:
    """K (3, 3) in pixels of a Blender camera with sensor fit AUTO.

    Args:
        width, height: Image size in pixels.
        focal_mm, sensor_mm: Lens and sensor width; Blender applies the sensor width to the longer side (AUTO).
        shift: Blender's lens shift (x to the right, y up), in units of the longer side.
        aspect: Pixel aspect, width of a pixel over its height (Blender's aspect_x / aspect_y).
    """
    ax, ay = (1.0, 1.0 / aspect) if aspect >= 1.0 else (aspect, 1.0)
    # Blender works in "aspect units": a pixel is ax wide and ay high; AUTO fits the sensor to the longer extent.
    long_side = max(width * ax, height * ay)
    f = focal_mm / sensor_mm * long_side
    return np.array(
        [
            [f / ax, 0.0, width / 2 - shift[0] * long_side / ax],
            [0.0, f / ay, height / 2 + shift[1] * long_side / ay],
            [0.0, 0.0, 1.0],
        ]
    )


def project(K: np.ndarray, T_cam_from_world: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (…, 2) and planar depth (…,) of world points (…, 3)."""
    cam = transform(T_cam_from_world, np.asarray(points, np.float64))
    z = cam[..., 2]
    safe = np.where(np.abs(z) < 1e-12, 1e-12, z)
    return np.stack([K[0, 0] * cam[..., 0] / safe + K[0, 2], K[1, 1] * cam[..., 1] / safe + K[1, 2]], -1), z


def unproject(K: np.ndarray, T_world_from_cam: np.ndarray, pixels: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """World points (…, 3) of pixels (…, 2) at planar depth (…,)."""
    x = (pixels[..., 0] - K[0, 2]) / K[0, 0] * depth
    y = (pixels[..., 1] - K[1, 2]) / K[1, 1] * depth
    return transform(T_world_from_cam, np.stack([x, y, depth], -1))


def pixel_centres(width: int, height: int) -> np.ndarray:
    """(H, W, 2) float64 pixel coordinates of the pixel centres."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return np.stack([x, y], -1)


def rays(K: np.ndarray, T_world_from_cam: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Camera origin (3,) and directions (H, W, 3) through the pixel centres, scaled so that planar depth = parameter."""
    p = pixel_centres(width, height)
    d = np.stack([(p[..., 0] - K[0, 2]) / K[0, 0], (p[..., 1] - K[1, 2]) / K[1, 1], np.ones(p.shape[:2])], -1)
    return T_world_from_cam[:3, 3], d @ T_world_from_cam[:3, :3].T
