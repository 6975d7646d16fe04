"""`vivant sheet`: a contact sheet of a dataset, the picture beside its labels."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DatasetError
from ..files import read_bytes, replace_bytes
from .drawing import Canvas
from .lettering import fit, text_width
from .palette import NOTHING, PAGE
from .png import encode_png
from .reader import Dataset, Frame
from .store import Header
from .tiles import available, rgb, tile, words

INK, QUIET, FAINT = (236, 238, 242), (150, 156, 166), (92, 98, 108)
# Columns that an upright picture may have beyond those of a square one.
_MORE_COLUMNS = 2
GOOD, BAD = (126, 211, 146), (255, 122, 110)


@dataclass(frozen=True)
class SheetLayout:
    """Measures of the sheet, pixels.

    Attributes:
        tile: Width of a label; the picture takes two rows of them.
        gutter: Space between tiles. margin: Around the page. gap: Between frames.
        radius: Of the corners of the tiles.
        columns: Labels in a row.
    """

    tile: int = 208
    gutter: int = 8
    margin: int = 28
    gap: int = 30
    radius: float = 7.0
    columns: int = 4


def sheet(
    dataset_path: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    frames: int | Sequence[str] = 4,
    labels: Sequence[str] | None = None,
    layout: SheetLayout | None = None,
    command: str | None = None,
) -> Path:
    """Draw a contact sheet.

    Args:
        dataset_path: A dataset.
        out: PNG to write, or a page if the name ends in .html; default `sheet.png` in the dataset.
        frames: How many frames, spread over scenes, or their names.
        labels: Names of `tiles.TILES` in order; default: the most telling that the frames have.
        layout: Measures.
        command: Text of the head line; default: the command that made the dataset.
    Returns:
        The file written.
    Raises:
        DatasetError: no dataset, no frames, an unknown frame or label.
    """
    dataset = Dataset(dataset_path)
    chosen = choose_frames(dataset, frames)
    target = Path(out) if out is not None else Path(dataset_path) / "sheet.png"
    line = command if command is not None else command_of(dataset.header)
    layout = layout or SheetLayout()
    if target.suffix.lower() == ".html":
        from .sheet_page import write_page

        return write_page(Path(dataset_path), chosen, target, labels, line)
    if target.suffix.lower() != ".png":
        raise DatasetError(
            f"a sheet cannot be written to {target.name!r}", expected="a name that ends in .png or .html"
        )
    replace_bytes(target, encode_png(draw_sheet(Path(dataset_path), chosen, labels, layout, line), level=9))
    return target


def choose_frames(dataset: Dataset, frames: int | Sequence[str]) -> list[Frame]:
    """Frames by name, or that many: one of every scene first, then further views and times."""
    everything = [dataset[i] for i in range(len(dataset))]
    if not everything:
        raise DatasetError("the dataset holds no frames", fix="generate some first")
    if not isinstance(frames, int):
        named = {f.name: f for f in everything}
        missing = [n for n in frames if n not in named]
        if missing:
            raise DatasetError(
                f"there is no frame {missing[0]!r}",
                expected=f"one of {len(named)} frames, such as {everything[0].name}",
            )
        return [named[n] for n in frames]
    rank: dict[int, int] = {}
    order = []
    for i, frame in enumerate(everything):
        scene = int(frame.name.split("_")[0])
        rank[scene] = rank.get(scene, -1) + 1
        order.append((rank[scene], i))
    picked = [i for _, i in sorted(order)[: max(frames, 1)]]
    return [everything[i] for i in sorted(picked)]


def command_of(header: Header) -> str:
    """The command that made a dataset, in one line."""
    a = header.arguments
    words = ["vivant", "generate", "OUT"]
    if "scene" in a:  # one scene from a file, which decides everything else
        return shlex.join([*words, "--spec", "SCENE.json"])
    for name, default in (("scenes", 1), ("views", 1), ("frames", 1)):
        if a.get(name, default) != default:
            words += [f"--{name}", str(a[name])]
    people = a.get("people")
    if isinstance(people, list | tuple) and len(people) == 2:
        words += ["--people", f"{people[0]}-{people[1]}" if people[0] != people[1] else str(people[0])]
    if a.get("place", "auto") != "auto":
        words += ["--place", str(a["place"])]
    if a.get("format") == "auto":
        words += ["--size", f"auto:{round((a['width'] * a['height']) ** 0.5)}"]
    elif "width" in a and "height" in a:
        words += ["--size", f"{a['width']}x{a['height']}"]
    if header.seed is not None:
        words += ["--seed", str(header.seed)]
    return shlex.join(words)


def verdict(root: Path) -> tuple[str, tuple[int, int, int]]:
    """What `verify.json` says, in words, and the colour to say it in; empty if there is none."""
    path = root / "verify.json"
    if not path.is_file():
        return "", FAINT
    try:
        data = json.loads(read_bytes(path, 1 << 28))
        checks, breaches = len(data["checks"]), len(data["breaches"])
    except (DatasetError, ValueError, KeyError, TypeError):
        return "", FAINT
    if breaches:
        return f"{breaches} breach{'es' if breaches > 1 else ''}", BAD
    return f"✓ {checks} checks, no breach", GOOD


def draw_sheet(
    root: Path, frames: Sequence[Frame], labels: Sequence[str] | None, layout: SheetLayout, command: str
) -> np.ndarray:
    """(H, W, 3) uint8 contact sheet."""
    names = [_labels(f, labels, 2 * (layout.columns + _MORE_COLUMNS)) for f in frames]
    columns = max(1, min(layout.columns, max((len(n) + 1) // 2 for n in names)))
    room = (columns + 2) * (layout.tile + layout.gutter) - layout.gutter
    grids = [_grid(f, len(n), columns, room, layout, labels is not None) for f, n in zip(frames, names, strict=True)]
    width = 2 * layout.margin + room
    head, caption = 58, 26
    blocks = [2 * g.height + layout.gutter + caption for g in grids]
    height = layout.margin + head + sum(blocks) + layout.gap * (len(blocks) - 1) + layout.margin - 6
    canvas = Canvas.blank(width, height, PAGE)
    _head(canvas, root, layout, command, len(frames))
    y = layout.margin + head
    for frame, chosen, grid, block in zip(frames, names, grids, blocks, strict=True):
        _frame_block(canvas, frame, chosen[: 2 * grid.columns], layout, y, grid)
        y += block + layout.gap
    return canvas.to_uint8()


@dataclass(frozen=True)
class _Grid:
    """Labels of one frame: how many a row, and their size in pixels; the picture takes two rows and columns."""

    columns: int
    width: int
    height: int


def _grid(frame: Frame, count: int, columns: int, room: int, layout: SheetLayout, all_of_them: bool) -> _Grid:
    """The grid that fills a row of the page with tiles about as high as wide ones are elsewhere.

    Upright pictures get more and narrower columns, wide ones fewer, so that all frames of a page weigh the same.
    """
    aspect, g = frame.camera.width / frame.camera.height, layout.gutter
    most = max(1, min(columns + _MORE_COLUMNS, (count + 1) // 2))
    least = most if all_of_them else max(1, min(columns - 1, most))
    grids = []
    for n in range(least, most + 1):
        tile = (room + g) // (n + 2) - g
        grids.append(_Grid(n, tile, max(1, round(tile / aspect))))
    return min(grids, key=lambda x: abs(x.height - layout.tile))


def _labels(frame: Frame, labels: Sequence[str] | None, most: int) -> list[str]:
    there = available(frame)
    if labels is None:
        return there[:most]
    return list(labels)


def _head(canvas: Canvas, root: Path, layout: SheetLayout, command: str, count: int) -> None:
    m, right = layout.margin, canvas.size[0] - layout.margin
    base = m + 20
    said, color = verdict(root)
    if said:
        canvas.text((right, base), said, 13, color, align="right", weight=1.1)
    room = right - m - 22 - (text_width(said, 13) + 40 if said else 0)
    canvas.text((m, base), "$", 17, GOOD, weight=1.3)
    canvas.text((m + 20, base), fit(command, 17, room), 17, INK, weight=1.15)
    canvas.panel((m, base + 18, right, base + 19), (44, 48, 56))


def _frame_block(
    canvas: Canvas, frame: Frame, names: Sequence[str], layout: SheetLayout, y: int, grid: _Grid
) -> None:
    t, g, m, h, columns = grid.width, layout.gutter, layout.margin, grid.height, grid.columns
    hero_w, hero_h = 2 * t + g, 2 * h + g
    if "rgb" in frame:
        canvas.paste(rgb(frame, hero_w, hero_h), m, y, layout.radius)
    else:
        canvas.panel((m, y, m + hero_w, y + hero_h), NOTHING, layout.radius)
    for i, name in enumerate(names):
        row, column = divmod(i, columns) if len(names) > columns else (0, i)
        if row > 1:
            break
        x = m + hero_w + g + column * (t + g)
        top = y + row * (h + g)
        canvas.paste(tile(frame, name, t, h), x, top, layout.radius)
        _pill(canvas, x + 7, top + h - 7, words(name))
    base = y + hero_h + 19
    used = canvas.text((m + 1, base), frame.name, 12, FAINT)
    room = canvas.size[0] - 2 * m - used - 16
    canvas.text((m + used + 15, base), fit(frame.caption, 13, room), 13, QUIET)


def _pill(canvas: Canvas, x: float, bottom: float, text: str) -> None:
    width = text_width(text, 12)
    canvas.panel((x, bottom - 19, x + width + 15, bottom), (12, 14, 18), 9.5, 0.74)
    canvas.text((x + 7, bottom - 5), text, 12, INK)
