"""Loss curves and grids of samples as pictures."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ...procgen.dataset.drawing import Canvas

_PAGE, _INK, _GRID = (17, 19, 23), (220, 224, 230), (52, 57, 66)
_COLORS = {"rgb": (255, 158, 74), "depth": (74, 186, 255), "normal": (150, 220, 110), "noise": (230, 120, 200)}


def loss_picture(rows: list[dict[str, Any]], width: int = 900, height: int = 480) -> np.ndarray:
    """(height, width, 3) uint8: losses of each kind over the steps, both logarithmic; held-out ones dotted.

    Args:
        rows: Log lines with "step", "what" ("train" or "held_out") and "loss" (kind -> value).
    """
    canvas = Canvas.blank(width, height, _PAGE)
    series: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for row in rows:
        for kind, value in row.get("loss", {}).items():
            if value > 0 and row["step"] > 0:
                series.setdefault((row["what"], kind), []).append((row["step"], value))
    if not series:
        canvas.text((width / 2, height / 2), "no steps yet", 20, _INK, align="centre")
        return canvas.to_uint8()
    points = np.array([p for line in series.values() for p in line], np.float64)
    low, high = np.log10(points.min(0)), np.log10(points.max(0))
    low[1], high[1] = np.floor(2 * low[1]) / 2, np.ceil(2 * high[1]) / 2
    high = np.maximum(high, low + 0.1)
    x0, y0, x1, y1 = 80, 30, width - 30, height - 60

    def place(step: float, loss: float) -> tuple[float, float]:
        t = (np.log10([step, loss]) - low) / (high - low)
        return x0 + t[0] * (x1 - x0), y1 - t[1] * (y1 - y0)

    for power in np.arange(low[1], high[1] + 0.01, 0.5):
        y = place(10 ** low[0], 10**power)[1]
        canvas.line((x0, y), (x1, y), 1.0, _GRID)
        canvas.text((x0 - 10, y + 5), f"{10**power:.3g}", 14, _INK, align="right")
    for power in range(int(np.ceil(low[0])), int(np.floor(high[0])) + 1):
        x = place(10.0**power, 10 ** low[1])[0]
        canvas.line((x, y0), (x, y1), 1.0, _GRID)
        canvas.text((x, y1 + 22), f"{10**power}", 14, _INK, align="centre")
    canvas.text(((x0 + x1) / 2, height - 14), "steps", 14, _INK, align="centre")
    for (what, kind), line in series.items():
        color = _COLORS.get(kind, _INK)
        if what == "train":
            line = _smooth(line)
            for a, b in itertools.pairwise(line):
                canvas.line(place(*a), place(*b), 2.0, color)
        else:
            for p in line:
                canvas.disc(place(*p), 3.0, color)
    x = x0 + 10.0
    for kind, color in _COLORS.items():
        if any(k == kind for _, k in series):
            canvas.disc((x, y0 - 10), 5, color)
            x += 12 + canvas.text((x + 10, y0 - 5), kind, 14, _INK) + 20
    canvas.text((x1, y0 - 5), "line: training, dots: held out", 14, _INK, align="right")
    return canvas.to_uint8()


def _smooth(line: list[tuple[int, float]], most: int = 300) -> list[tuple[float, float]]:
    """Averages of at most so many runs of neighbours."""
    size = max(1, -(-len(line) // most))
    groups = [line[i : i + size] for i in range(0, len(line), size)]
    return [(float(np.mean([s for s, _ in g])), float(np.mean([v for _, v in g]))) for g in groups]


def grid(rows: list[list[np.ndarray]], scale: int = 1, gap: int = 4) -> np.ndarray:
    """(H, W, 3) uint8 of pictures (h, w, 3) uint8 of one size in rows, enlarged by whole pixels."""
    h, w = rows[0][0].shape[:2]
    columns = max(len(row) for row in rows)
    step = (h * scale + gap, w * scale + gap)
    page = np.full((len(rows) * step[0] + gap, columns * step[1] + gap, 3), _PAGE, np.uint8)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            large = picture.repeat(scale, 0).repeat(scale, 1)
            y, x = gap + r * step[0], gap + c * step[1]
            page[y : y + h * scale, x : x + w * scale] = large
    return page
