"""How labels are shown to people: one colouring for every channel, on a dark page."""

from __future__ import annotations

import numpy as np

from ..channels.classes import COLORS

# The page and what is nothing: background of depth, ids, normals.
PAGE = (17, 19, 23)
NOTHING = (26, 29, 35)


def srgb_from_oklab(lab: np.ndarray) -> np.ndarray:
    """(…, 3) sRGB in [0, 1] from OKLab. Source: Björn Ottosson, "A perceptual color space for image processing"."""
    lab = np.asarray(lab, np.float64)
    lms = (
        lab
        @ np.array(
            [
                [1.0, 0.3963377774, 0.2158037573],
                [1.0, -0.1055613458, -0.0638541728],
                [1.0, -0.0894841775, -1.2914855480],
            ]
        ).T
    )
    linear = lms**3 @ np.array([[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
                                [-0.0041960863, -0.7034186147, 1.7076147010]]).T  # fmt: skip
    return srgb_from_linear(linear)


def srgb_from_linear(linear: np.ndarray) -> np.ndarray:
    """(…) sRGB in [0, 1] from linear light, clipped."""
    v = np.clip(linear, 0.0, 1.0)
    return np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.power(np.maximum(v, 1e-9), 1 / 2.4) - 0.055)


def linear_from_srgb(v: np.ndarray) -> np.ndarray:
    """(…) linear light in [0, 1] from sRGB."""
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def oklch(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    """(…, 3) sRGB from lightness, chroma and hue (turns)."""
    angle = 2 * np.pi * np.asarray(hue)
    return srgb_from_oklab(np.stack(np.broadcast_arrays(lightness, chroma * np.cos(angle), chroma * np.sin(angle)), -1))


# Anchors of the depth ramp, OKLab: evenly spaced lightness from night blue over violet and coral to pale yellow.
_RAMP = np.array([[0.20, 0.005, -0.050], [0.34, 0.050, -0.110], [0.48, 0.130, -0.085], [0.62, 0.165, 0.020],
                  [0.75, 0.120, 0.105], [0.87, 0.020, 0.130], [0.97, -0.015, 0.070]])  # fmt: skip


def ramp(t: np.ndarray) -> np.ndarray:
    """(…, 3) sRGB of t in [0, 1]: dark for 0, bright for 1, even in lightness."""
    x = np.clip(np.nan_to_num(t), 0.0, 1.0) * (len(_RAMP) - 1)
    return srgb_from_oklab(np.stack([np.interp(x, np.arange(len(_RAMP)), _RAMP[:, k]) for k in range(3)], -1))


def _on_nothing(colors: np.ndarray, something: np.ndarray) -> np.ndarray:
    return np.where(something[..., None], colors, np.array(NOTHING) / 255.0).astype(np.float32)


def depth_colors(depth: np.ndarray) -> np.ndarray:
    """(H, W, 3): near is bright. Half of the ramp follows log depth, half its rank, so that near things keep relief."""
    seen = np.isfinite(depth) & (depth > 0)
    if not seen.any():
        return _on_nothing(np.zeros((*depth.shape, 3)), seen)
    found = np.sort(np.log(depth[seen]))
    logs = np.log(np.where(seen, depth, 1.0))
    near, far = np.percentile(found, (1, 97))
    even = np.clip((logs - near) / max(far - near, 1e-6), 0.0, 1.0)
    rank = np.searchsorted(found, logs) / len(found)
    return _on_nothing(ramp(1.0 - 0.94 * (0.45 * even + 0.55 * rank)), seen)


def normal_colors(normal: np.ndarray) -> np.ndarray:
    """(H, W, 3) of camera normals: red right, green up, blue towards the viewer."""
    seen = np.abs(normal).sum(-1) > 0.5
    return _on_nothing(normal * [0.5, -0.5, -0.5] + 0.5, seen)


def world_normal_colors(normal: np.ndarray) -> np.ndarray:
    """(H, W, 3) of world normals: x, y, z as red, green, blue."""
    return _on_nothing(normal * 0.5 + 0.5, np.abs(normal).sum(-1) > 0.5)


def class_colors(semantic: np.ndarray) -> np.ndarray:
    """(H, W, 3) in the display colours of the classes."""
    table = np.array(COLORS, np.float32) / 255.0
    return _on_nothing(table[np.minimum(semantic, len(table) - 1)], semantic > 0)


def id_colors(ids: np.ndarray, lightness: float = 0.74, chroma: float = 0.135) -> np.ndarray:
    """(H, W, 3): neighbouring ids far apart in hue (golden ratio), 0 is nothing."""
    number = np.arange(int(ids.max(initial=0)) + 1)
    steps = np.array([0.0, -0.11, 0.09])[number % 3]
    return _on_nothing(
        oklch(lightness + steps, np.full(len(number), chroma), (0.13 + number * 0.61803398875) % 1.0)[ids], ids > 0
    )


def person_color(index: int) -> np.ndarray:
    """(3,) 0..255: one clear colour a person."""
    return np.rint(oklch(np.float64(0.76), np.float64(0.15), np.float64((0.14 + index * 0.381966) % 1.0)) * 255)  # pyright: ignore[reportArgumentType]


def instance_colors(instance: np.ndarray, people: int) -> np.ndarray:
    """(H, W, 3): people in their colours, things in greys, 0 is nothing."""
    table = np.zeros((int(instance.max(initial=0)) + 1, 3))
    number = np.arange(len(table))
    table[:] = (0.30 + 0.17 * ((number * 0.61803398875) % 1.0))[:, None] * [0.95, 1.0, 1.06]
    for i in range(1, min(people, len(table) - 1) + 1):
        table[i] = person_color(i - 1) / 255.0
    return _on_nothing(table[instance], instance > 0)


def part_colors(part: np.ndarray) -> np.ndarray:
    """(H, W, 3) of body parts."""
    return id_colors(part, 0.74, 0.14)


def iuv_colors(iuv: np.ndarray) -> np.ndarray:
    """(H, W, 3): u runs from teal to magenta, v from dark to light, with fine lines every twentieth of the map."""
    seen = (iuv[..., 0] > 0) | (iuv[..., 1:] > 0).any(-1)
    u, v = iuv[..., 1], iuv[..., 2]
    colors = oklch(0.42 + 0.46 * v, np.full(u.shape, 0.13), 0.45 + 0.55 * u)
    lines = np.minimum(np.abs((u * 20 + 0.5) % 1 - 0.5), np.abs((v * 20 + 0.5) % 1 - 0.5)) < 0.06
    return _on_nothing(colors * np.where(lines, 0.72, 1.0)[..., None], seen)


def flow_colors(flow: np.ndarray) -> np.ndarray:
    """(H, W, 3): hue is direction, brightness is speed up to the 99th percentile."""
    speed = np.linalg.norm(flow, axis=-1)
    t = (
        np.sqrt(np.clip(speed / max(float(np.percentile(speed, 99)), 1e-6), 0, 1))
        if speed.max(initial=0) > 1e-3
        else np.zeros_like(speed)
    )
    hue = np.arctan2(-flow[..., 1], flow[..., 0]) / (2 * np.pi) % 1.0
    return oklch(0.22 + 0.58 * t, 0.15 * t, hue).astype(np.float32)


def albedo_colors(albedo: np.ndarray) -> np.ndarray:
    """(H, W, 3) as sRGB."""
    return srgb_from_linear(albedo.astype(np.float32)).astype(np.float32)
