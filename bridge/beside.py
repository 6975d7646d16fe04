"""What a synthesis made beside what it was made from, as one picture for people to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..procgen.dataset.conditioning import condition_picture
from ..procgen.dataset.drawing import resize
from ..procgen.dataset.png import encode_png
from ..procgen.errors import DatasetError
from ..procgen.files import replace_bytes
from .pictures import as_picture, read_output
from .synthesize import SynthesisedFrame

PAGE = "beside.png"
_PAGE_COLOR, _GAP = (17, 19, 23), 6


def write_page(root: Path, made: list[SynthesisedFrame], rows: int = 6, height: int = 256) -> Path:
    """Write beside.png of a run: a row a frame: render, skeletons, then what was made.

    Args:
        root: Folder of the run.
        made: Its frames; those that are spread most evenly are shown.
        rows: At most so many.
        height: Of a row, in pixels.
    Raises:
        DatasetError: nothing was made.
    """
    if not made:
        raise DatasetError(f"{str(root)!r} has no pictures", fix="run vivant synthesize again")
    chosen = [made[i] for i in np.unique(np.linspace(0, len(made) - 1, min(rows, len(made))).round().astype(int))]
    lines = [[_sized(p, height) for p in _pictures(item)] for item in chosen]
    width = max(sum(p.shape[1] + _GAP for p in line) for line in lines) + _GAP
    page = np.full((len(lines) * (height + _GAP) + _GAP, width, 3), _PAGE_COLOR, np.uint8)
    for r, line in enumerate(lines):
        x, y = _GAP, _GAP + r * (height + _GAP)
        for picture in line:
            page[y : y + height, x : x + picture.shape[1]] = picture
            x += picture.shape[1] + _GAP
    replace_bytes(root / PAGE, encode_png(page))
    return root / PAGE


def _pictures(item: SynthesisedFrame) -> list[np.ndarray]:
    x0, y0, x1, y1 = item.record.get("window") or (0, 0, item.source.camera.width, item.source.camera.height)
    found = [item.source["rgb"][y0:y1, x0:x1], condition_picture(item.source, "pose")[y0:y1, x0:x1]]
    for name in ("rgb", "depth", "normal"):
        path = item.path(name)
        if path is not None:
            found.append(as_picture(name, read_output(name, path))[..., :3])
    return found


def _sized(picture: np.ndarray, height: int) -> np.ndarray:
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    return np.rint(resize(picture, width, height)).clip(0, 255).astype(np.uint8).reshape(height, width, 3)
