"""Plain names for colours, by the nearest of a small table in CIELAB."""

from __future__ import annotations

import numpy as np

from .errors import unknown_name

# Name -> sRGB, 0–255. Several entries of one name widen what counts as it. Basic terms after Berlin & Kay 1969, with the
# words that people use for clothes; values by eye.
_TABLE = [
    ("black", (18, 18, 20)), ("black", (32, 31, 33)), ("charcoal", (58, 60, 64)), ("grey", (125, 126, 128)),
    ("light grey", (188, 189, 190)), ("white", (250, 250, 249)), ("white", (228, 229, 228)), ("cream", (243, 234, 208)),
    ("beige", (212, 193, 160)), ("tan", (190, 150, 105)), ("brown", (118, 78, 48)), ("dark brown", (66, 43, 30)),
    ("red", (196, 32, 36)), ("red", (222, 62, 52)), ("burgundy", (108, 24, 42)), ("rust", (168, 74, 36)),
    ("orange", (235, 128, 38)), ("mustard", (204, 158, 44)), ("yellow", (246, 214, 62)), ("olive", (112, 112, 52)),
    ("khaki", (162, 150, 108)), ("green", (48, 138, 68)), ("light green", (150, 205, 140)), ("dark green", (24, 74, 46)),
    ("mint", (178, 226, 204)), ("teal", (28, 122, 122)), ("turquoise", (68, 196, 196)), ("light blue", (160, 200, 230)),
    ("blue", (44, 98, 190)), ("blue", (10, 20, 240)), ("denim blue", (76, 106, 148)), ("navy", (26, 34, 70)), ("purple", (104, 54, 140)),
    ("sage green", (110, 124, 98)), ("sage green", (140, 153, 118)), ("dusty pink", (178, 136, 142)),
    ("grey blue", (130, 150, 172)), ("plum", (92, 58, 78)), ("navy", (46, 58, 78)), ("blue", (53, 109, 163)),
    ("red", (164, 62, 58)), ("light blue", (146, 174, 202)), ("lavender", (150, 114, 163)), ("lavender", (188, 170, 220)),
    ("pink", (240, 160, 184)), ("hot pink", (222, 60, 130)), ("coral", (240, 120, 100)),
]  # fmt: skip


def srgb_from_linear(rgb: np.ndarray) -> np.ndarray:
    """Linear to sRGB, (…, 3), both 0–1 (IEC 61966-2-1)."""
    x = np.clip(np.asarray(rgb, float), 0.0, 1.0)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def linear_from_srgb(rgb: np.ndarray) -> np.ndarray:
    """Inverse of `srgb_from_linear`."""
    x = np.asarray(rgb, float)
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def lab_from_linear(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of linear sRGB, (…, 3)."""
    M = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = np.asarray(rgb, float) @ M.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(t > (6 / 29) ** 3, np.cbrt(np.maximum(t, 0.0)), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


_LAB = lab_from_linear(linear_from_srgb(np.array([c for _, c in _TABLE]) / 255.0))


def color_name(linear: tuple[float, float, float] | np.ndarray) -> str:
    """The plain name of a linear RGB colour."""
    lab = lab_from_linear(np.asarray(linear, float))
    # Hue tells two colours apart more than lightness does, most of all in muted clothes.
    d = (_LAB - lab) * np.array([0.75, 1.0, 1.0])
    return _TABLE[int((d * d).sum(-1).argmin())][0]


def _own() -> dict[str, tuple[float, float, float]]:
    """For each name the first of its entries, linear RGB; all of them are named as they are called."""
    out: dict[str, tuple[float, float, float]] = {}
    for name, code in _TABLE:
        r, g, b = (round(float(v), 4) for v in linear_from_srgb(np.array(code) / 255.0))
        if name not in out and color_name((r, g, b)) == name:
            out[name] = (r, g, b)
    return out


COLORS: dict[str, tuple[float, float, float]] = _own()


def linear_of(name: str) -> tuple[float, float, float]:
    """Linear RGB of a plain colour name; an unknown name is answered with the nearest one."""
    if name not in COLORS:
        raise unknown_name("colour", name, COLORS)
    return COLORS[name]
