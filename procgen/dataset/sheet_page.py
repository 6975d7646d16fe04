"""The contact sheet as a page: one HTML file without scripts, and its pictures in a folder beside it."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..files import disk, replace_bytes
from .png import encode_png
from .reader import Frame
from .tiles import available, tile, words

_STYLE = """
:root { color-scheme: dark; }
body { margin: 0 auto; max-width: 1500px; padding: 28px; background: #111317; color: #ecf0f4;
       font: 14px/1.45 system-ui, sans-serif; }
header { border-bottom: 1px solid #2c3038; padding-bottom: 14px; margin-bottom: 24px; }
code { font: 15px ui-monospace, monospace; } code::before { content: "$ "; color: #7ed392; }
section { margin-bottom: 34px; }
.grid { display: grid; grid-template-columns: 2fr repeat(4, 1fr); gap: 8px; }
figure { margin: 0; position: relative; }
figure.picture { grid-row: span 2; }
img { display: block; width: 100%; height: 100%; object-fit: cover; border-radius: 7px; background: #1a1d23; }
figcaption { position: absolute; left: 7px; bottom: 7px; padding: 1px 9px; border-radius: 10px;
             background: rgba(12, 14, 18, .74); font-size: 12px; }
p { color: #969ca6; margin: 8px 2px 0; } p b { color: #5c626c; font-weight: 400; margin-right: 12px; }
"""


def write_page(root: Path, frames: Sequence[Frame], target: Path, labels: Sequence[str] | None, command: str) -> Path:
    """Write the page and `NAME_files/`; pictures of the dataset itself are linked if the page lies beside them."""
    folder = target.with_name(target.stem + "_files")
    with disk("create", folder):
        folder.mkdir(parents=True, exist_ok=True)
    sections = [_section(root, f, target, folder, labels) for f in frames]
    text = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{html.escape(command)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{_STYLE}</style>\n'
        f"<header><code>{html.escape(command)}</code></header>\n" + "\n".join(sections) + "\n</html>\n"
    )
    replace_bytes(target, text.encode())
    return target


def _section(root: Path, frame: Frame, target: Path, folder: Path, labels: Sequence[str] | None) -> str:
    width, height = frame.camera.width, frame.camera.height
    cells = []
    if "rgb" in frame:
        source = _picture(root, frame, target, folder)
        cells.append(
            f'<figure class="picture"><img src="{html.escape(source)}" alt="{html.escape(frame.caption)}"></figure>'
        )
    for name in labels if labels is not None else available(frame)[:8]:
        path = folder / f"{frame.name}_{name}.png"
        replace_bytes(path, encode_png(np.rint(np.clip(tile(frame, name, width, height), 0, 1) * 255).astype(np.uint8)))
        cells.append(
            f'<figure><img src="{html.escape(f"{folder.name}/{path.name}")}" loading="lazy" alt="{html.escape(words(name))}">'
            f"<figcaption>{html.escape(words(name))}</figcaption></figure>"
        )
    return (
        f'<section><div class="grid">\n{chr(10).join(cells)}\n</div>'
        f"<p><b>{html.escape(frame.name)}</b>{html.escape(frame.caption)}</p></section>"
    )


def _picture(root: Path, frame: Frame, target: Path, folder: Path) -> str:
    here, there = target.resolve().parent, (root / "frames" / frame.name / "rgb.png").resolve()
    if there.is_relative_to(here):
        return Path(os.path.relpath(there, here)).as_posix()
    copy = folder / f"{frame.name}_rgb.png"
    replace_bytes(copy, there.read_bytes())
    return f"{folder.name}/{copy.name}"
