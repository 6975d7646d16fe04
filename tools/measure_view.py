"""How Blender's view transform develops colours, as a curve between two colour mixes, which can be undone exactly.

    python -m tools.measure_view          # needs bpy and scipy; writes bridge/lift/view_transforms.npz

Colours up to ten times as bright in one channel as in another, from -9 to +4.5 EV about middle grey, are saved by Blender; then
display = out(curve(log2(in(linear)))) is fitted to them. What is printed is the error of the way back.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from vivant.bridge.lift.tone import ASSET, GREY, STOPS, Development
from vivant.procgen.dataset.png import read_png
from vivant.procgen.npz import write_npz

VIEWS = (("AgX", "AgX - Medium High Contrast"), ("AgX", "None"))



def developed(colors: np.ndarray, transform: str, look: str) -> np.ndarray:
    """(N, 3) in [0, 1] what Blender saves of linear colours (N, 3), 16 bits."""
    import bpy

    width = 256
    height = -(-len(colors) // width)
    pixels = np.ones((height * width, 4), np.float32)
    pixels[: len(colors), :3] = colors
    image = bpy.data.images.new("colors", width, height, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    image.pixels.foreach_set(pixels.ravel())
    scene = bpy.context.scene
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "PNG", "16", "RGB"
    scene.view_settings.view_transform, scene.view_settings.look, scene.view_settings.exposure = transform, look, 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "colors.png"
        image.save_render(str(path), scene=scene)
        saved = read_png(path)
    bpy.data.images.remove(image)
    return saved[::-1].reshape(-1, 3)[: len(colors)] / 65535.0


def samples() -> np.ndarray:
    """(N, 3) linear colours: natural ones, and greys."""
    ev = np.linspace(-9.0, 4.5, 28)
    grid = np.stack(np.meshgrid(ev, ev, ev, indexing="ij"), -1).reshape(-1, 3)
    grid = grid[np.ptp(grid, axis=1) < np.log2(10.0)]
    greys = np.repeat(np.linspace(-10.0, 6.5, 400)[:, None], 3, 1)
    return GREY * 2.0 ** np.concatenate([grid, greys])


def fitted(colors: np.ndarray, display: np.ndarray) -> Development:
    """The development that explains what was saved."""
    from scipy.optimize import least_squares

    def mix(p: np.ndarray) -> np.ndarray:
        return np.array([[1 - p[0] - p[1], p[0], p[1]], [p[2], 1 - p[2] - p[3], p[3]], [p[4], p[5], 1 - p[4] - p[5]]])

    def made(p: np.ndarray) -> Development:
        curve = np.cumsum(np.concatenate([[p[12]], np.abs(p[13:])]))
        return Development(mix(p[:6]), curve, mix(p[6:12]))

    start = np.concatenate([[0.2, 0.05, 0.1, 0.1, 0.05, 0.1], [-0.3, -0.1, -0.1, -0.05, -0.1, -0.2], [0.0], np.full(len(STOPS) - 1, 0.025)])
    return made(least_squares(lambda p: (made(p).develop(colors) - display).ravel(), start, max_nfev=60).x)


def main() -> None:
    """Measure and write."""
    colors = samples()
    arrays: dict[str, np.ndarray] = {}
    for transform, look in VIEWS:
        display = developed(colors, transform, look)
        # Black and white tell nothing of what they were.
        known = (display > 0.004).all(1) & (display < 0.995).all(1)
        found = fitted(colors[known], display[known])
        back = found.undo(display[known])
        off = np.abs(back - colors[known]).max(1) / colors[known].max(1)
        print(f"{transform} / {look}: {known.sum()} colours, error of the way back: median {100 * np.median(off):.1f} %, "
              f"90 % within {100 * np.percentile(off, 90):.1f} %")  # fmt: skip
        name = f"{transform}|{look}"
        arrays |= {f"{name}|in": found.mix_in, f"{name}|curve": found.curve, f"{name}|out": found.mix_out}
    write_npz(ASSET, arrays)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy can hang at interpreter exit
