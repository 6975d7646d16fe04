"""Anti-aliased drawing on numpy images: lines, discs, rounded panels, captions, skeletons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .lettering import text_strokes, text_width

Color = tuple[float, float, float] | Sequence[float] | np.ndarray

# Bones by joint names; names that a set lacks are left out. Left is warm, right is cool, the middle is pale.
LEFT, RIGHT, MIDDLE = (255, 158, 74), (74, 186, 255), (238, 240, 245)
_LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "foot"),
          ("ankle", "big_toe"), ("ankle", "heel"), ("collar", "shoulder"), ("ankle", "small_toe"))  # fmt: skip
_TRUNK = (("pelvis", "spine1"), ("spine1", "spine2"), ("spine2", "spine3"), ("spine3", "neck"), ("neck", "head"))
_ACROSS = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"),
           ("right_shoulder", "right_hip"))  # fmt: skip
_FACE = (("nose", "left_eye"), ("nose", "right_eye"), ("left_eye", "left_ear"), ("right_eye", "right_ear"))
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")


class Canvas:
    """An sRGB picture under the pen.

    Args:
        image: (H, W, 3) float32 in [0, 1], drawn on in place.
    """

    def __init__(self, image: np.ndarray) -> None:
        self.image = image

    @classmethod
    def blank(cls, width: int, height: int, color: Color) -> Canvas:
        """A canvas of one colour (0..255)."""
        return cls(np.tile(np.asarray(color, np.float32) / 255.0, (height, width, 1)))

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        return self.image.shape[1], self.image.shape[0]

    def to_uint8(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        return np.rint(np.clip(self.image, 0, 1) * 255).astype(np.uint8)

    def _blend(self, x0: int, y0: int, cover: np.ndarray, color: Color, alpha: float) -> None:
        part = self.image[y0 : y0 + cover.shape[0], x0 : x0 + cover.shape[1]]
        ink = np.asarray(color, np.float32) / 255.0
        part += (cover * alpha)[..., None].astype(np.float32) * (ink - part)

    def _window(self, low: np.ndarray, high: np.ndarray) -> tuple[int, int, np.ndarray, np.ndarray] | None:
        """Top-left pixel and pixel-centre coordinates x, y of the part of the canvas within bounds."""
        x0, y0 = (int(max(0, np.floor(v))) for v in low)
        x1, y1 = int(min(self.size[0], np.ceil(high[0]))), int(min(self.size[1], np.ceil(high[1])))
        if x1 <= x0 or y1 <= y0:
            return None
        x, y = np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5)
        return x0, y0, x, y

    def strokes(self, pieces: np.ndarray, width: float, color: Color, alpha: float = 1.0) -> None:
        """Straight pieces (n, 2, 2) with round ends, drawn as one shape."""
        if not len(pieces) or not np.isfinite(pieces).all():
            return
        reach = width / 2 + 1
        found = self._window(pieces.min((0, 1)) - reach, pieces.max((0, 1)) + reach)
        if found is None:
            return
        x0, y0, x, y = found
        distance = np.full(x.shape, np.inf)
        for a, b in pieces:
            # Only the pixels around the piece: a line of text has hundreds of pieces.
            c0, c1 = (
                int(np.clip(v, 0, x.shape[1])) for v in (min(a[0], b[0]) - reach - x0, max(a[0], b[0]) + reach + 1 - x0)
            )
            r0, r1 = (
                int(np.clip(v, 0, x.shape[0])) for v in (min(a[1], b[1]) - reach - y0, max(a[1], b[1]) + reach + 1 - y0)
            )
            px, py = x[r0:r1, c0:c1] - a[0], y[r0:r1, c0:c1] - a[1]
            dx, dy = b - a
            t = np.clip((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
            away = np.hypot(px - t * dx, py - t * dy)
            np.minimum(distance[r0:r1, c0:c1], away, out=distance[r0:r1, c0:c1])
        self._blend(x0, y0, np.clip(width / 2 + 0.5 - distance, 0.0, min(1.0, width)), color, alpha)

    def line(self, a: Sequence[float], b: Sequence[float], width: float, color: Color, alpha: float = 1.0) -> None:
        """A line with round ends between two points, pixels."""
        self.strokes(np.array([[a, b]], np.float64), width, color, alpha)

    def disc(self, centre: Sequence[float], radius: float, color: Color, alpha: float = 1.0) -> None:
        """A filled circle."""
        c = np.asarray(centre, np.float64)
        found = self._window(c - radius - 1, c + radius + 1) if np.isfinite(c).all() else None
        if found is not None:
            x0, y0, x, y = found
            self._blend(x0, y0, np.clip(radius + 0.5 - np.hypot(x - c[0], y - c[1]), 0.0, 1.0), color, alpha)

    def ellipse(
        self, a: Sequence[float], b: Sequence[float], half_width: float, color: Color, alpha: float = 1.0
    ) -> None:
        """A filled ellipse whose long axis runs from `a` to `b`, pixels; its other half axis is `half_width`."""
        ends = np.array([a, b], np.float64)
        centre, along = ends.mean(0), (ends[1] - ends[0]) / 2
        half = float(np.hypot(*along))
        found = (
            self._window(ends.min(0) - half_width - 1, ends.max(0) + half_width + 1)
            if np.isfinite(ends).all()
            else None
        )
        if found is None:
            return
        x0, y0, x, y = found
        axis = along / half if half > 1e-9 else np.array([1.0, 0.0])
        u = ((x - centre[0]) * axis[0] + (y - centre[1]) * axis[1]) / max(half, 0.5)
        v = ((y - centre[1]) * axis[0] - (x - centre[0]) * axis[1]) / half_width
        # Distance to the border, to first order: the value of the form over the length of its gradient.
        form = np.hypot(u, v)
        slope = np.hypot(u / max(half, 0.5), v / half_width) / np.maximum(form, 1e-9)
        self._blend(x0, y0, np.clip(0.5 - (form - 1) / np.maximum(slope, 1e-9), 0.0, 1.0), color, alpha)

    def panel(self, box: Sequence[float], color: Color, radius: float = 0.0, alpha: float = 1.0) -> None:
        """A filled rounded rectangle x0, y0, x1, y1."""
        found = self._window(np.array(box[:2]) - 1, np.array(box[2:]) + 1)
        if found is not None:
            x0, y0, x, y = found
            self._blend(x0, y0, rounded(x, y, box, radius), color, alpha)

    def frame(self, box: Sequence[float], width: float, color: Color, radius: float = 0.0, alpha: float = 1.0) -> None:
        """The outline of a rounded rectangle, centred on its border."""
        h = width / 2
        found = self._window(np.array(box[:2]) - h - 1, np.array(box[2:]) + h + 1)
        if found is not None:
            x0, y0, x, y = found
            outer = rounded(x, y, (box[0] - h, box[1] - h, box[2] + h, box[3] + h), radius + h)
            inner = rounded(x, y, (box[0] + h, box[1] + h, box[2] - h, box[3] - h), max(radius - h, 0.0))
            self._blend(x0, y0, np.clip(outer - inner, 0, 1), color, alpha)

    def text(
        self, at: Sequence[float], text: str, size: float, color: Color, *, weight: float = 1.0, align: str = "left",
        alpha: float = 1.0,
    ) -> float:  # fmt: skip
        """A line of text.

        Args:
            at: x, y of the baseline.
            size: Font size, pixels. weight: Thickness, 1 = regular, 1.5 = bold.
            align: "left", "centre" or "right" of `at`.
        Returns:
            Width in pixels.
        """
        width = text_width(text, size)
        shift = {"left": 0.0, "centre": -width / 2, "right": -width}[align]
        # On whole pixels stems stay crisp.
        start = np.array([round(at[0] + shift) + 0.5, round(at[1]) - 0.5])
        self.strokes(text_strokes(text, size) + start, max(size * 0.085, 1.0) * weight, color, alpha)
        return width

    def paste(self, picture: np.ndarray, x0: int, y0: int, radius: float = 0.0) -> None:
        """Put a picture (h, w, 3) float in [0, 1] on the canvas, with rounded corners."""
        h, w = picture.shape[:2]
        part = self.image[y0 : y0 + h, x0 : x0 + w]
        x, y = np.meshgrid(np.arange(part.shape[1]) + 0.5, np.arange(part.shape[0]) + 0.5)
        cover = rounded(x, y, (0, 0, w, h), radius)[..., None].astype(np.float32) if radius else 1.0
        part += cover * (picture[: part.shape[0], : part.shape[1]].astype(np.float32) - part)


def rounded(x: np.ndarray, y: np.ndarray, box: Sequence[float], radius: float) -> np.ndarray:
    """Coverage in [0, 1] of pixels by a rounded rectangle."""
    x0, y0, x1, y1 = box
    radius = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    if radius < 0:
        return np.zeros(x.shape)
    qx = np.abs(x - (x0 + x1) / 2) - (x1 - x0) / 2 + radius
    qy = np.abs(y - (y0 + y1) / 2) - (y1 - y0) / 2 + radius
    away = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) + np.minimum(np.maximum(qx, qy), 0) - radius
    return np.clip(0.5 - away, 0.0, 1.0)


def resize(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width, C) float32: a triangle filter as wide as the step, so that nothing aliases."""
    rows, columns = _weights(picture.shape[0], height), _weights(picture.shape[1], width)
    flat = picture.reshape(picture.shape[0], picture.shape[1], -1).astype(np.float32)
    across = np.einsum("hwc,xw->hxc", flat, columns, optimize=True)
    return np.einsum("hxc,yh->yxc", across, rows, optimize=True)


def _weights(source: int, target: int) -> np.ndarray:
    step = source / target
    centre = (np.arange(target) + 0.5) * step
    reach = max(step, 1.0)
    w = np.maximum(0.0, 1.0 - np.abs(np.arange(source)[None] + 0.5 - centre[:, None]) / reach)
    return (w / np.maximum(w.sum(1, keepdims=True), 1e-12)).astype(np.float32)


def outline(mask: np.ndarray) -> np.ndarray:
    """(n, 2, 2) pieces along the pixel borders of a mask (H, W)."""
    padded = np.pad(mask.astype(bool), 1)
    out = []
    y, x = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])
    out.append(np.stack([np.stack([x, y], 1), np.stack([x + 1, y], 1)], 1))
    y, x = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])
    out.append(np.stack([np.stack([x, y], 1), np.stack([x, y + 1], 1)], 1))
    return np.concatenate(out).astype(np.float64)


def bones(names: Sequence[str]) -> list[tuple[int, int, tuple[int, int, int], float]]:
    """Pairs of points to join: first, second, colour, share of the full width."""
    index = {n: i for i, n in enumerate(names)}
    out: list[tuple[int, int, tuple[int, int, int], float]] = []

    def join(a: str, b: str, color: tuple[int, int, int], width: float) -> None:
        if a in index and b in index:
            out.append((index[a], index[b], color, width))

    trunk = all(n in index for n in ("pelvis", "neck"))
    for a, b in _TRUNK:
        join(a, b, MIDDLE, 1.0)
    for side, color in (("left", LEFT), ("right", RIGHT)):
        for a, b in _LIMBS:
            join(f"{side}_{a}", f"{side}_{b}", color, 1.0)
        if trunk:
            join("pelvis", f"{side}_hip", color, 1.0)
            join("spine3", f"{side}_collar", color, 1.0)
        for finger in _FINGERS:
            join(f"{side}_wrist", f"{side}_{finger}1", color, 0.45)
            for k in (1, 2, 3):
                join(f"{side}_{finger}{k}", f"{side}_{finger}{k + 1}", color, 0.45)
    if not trunk:
        for a, b in (*_ACROSS, *_FACE):
            join(a, b, MIDDLE, 0.8)
    return out


def draw_skeleton(
    canvas: Canvas, names: Sequence[str], xy: np.ndarray, visibility: np.ndarray, width: float, scale: float = 1.0
) -> None:
    """A skeleton: left warm, right cool, hidden bones thin and dim.

    Args:
        xy: (N, 2) pixels of the labelled image; `scale` brings them to the canvas.
        visibility: (N,) 0, 1 or 2.
        width: Width of a bone, canvas pixels.
    """
    points = np.asarray(xy, np.float64) * scale
    jobs = bones(names)
    for halo in (True, False):
        for a, b, color, share in jobs:
            if visibility[a] == 0 or visibility[b] == 0:
                continue
            hidden = visibility[a] == 1 and visibility[b] == 1
            w = max(width * share, 0.8)
            if halo:
                canvas.line(points[a], points[b], w + max(1.4, 0.5 * width), (10, 12, 16), 0.25 if hidden else 0.55)
            else:
                canvas.line(points[a], points[b], w * (0.6 if hidden else 1.0), color, 0.55 if hidden else 1.0)
    used = sorted({i for a, b, _, share in jobs if share >= 0.8 for i in (a, b)})
    for i in used:
        if visibility[i] == 2:
            canvas.disc(points[i], width * 0.85, (10, 12, 16), 0.6)
            canvas.disc(points[i], width * 0.62, (255, 255, 255))
