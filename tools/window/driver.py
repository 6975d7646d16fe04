# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a real Blender window from inside: a timer steps through a scenario, xdotool moves the mouse, ImageMagick looks.

A scenario is a generator `scenario(window)`. It yields a number of seconds to wait, or a function to wait for (until it
returns something true; at most a minute). Between steps Blender runs as it does for a person. `window` has what a
scenario needs; what it puts into `window.result` is written to result.json.
"""

import json
import runpy
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

PATIENCE_S = 60.0


class Window:
    """The first window, its 3D view, and a mouse."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.result: dict = {"blender": bpy.app.version_string}

    @property
    def window(self) -> bpy.types.Window:
        return bpy.context.window_manager.windows[0]

    @property
    def area(self) -> bpy.types.Area:
        return next(a for a in self.window.screen.areas if a.type == "VIEW_3D")

    def region(self, kind: str) -> bpy.types.Region:
        return next(r for r in self.area.regions if r.type == kind)

    def sidebar(self, tab: str) -> None:
        """Open the sidebar; call again a moment later to choose the tab (a hidden region has none)."""
        self.area.spaces.active.show_region_ui = True
        region = self.region("UI")
        if getattr(region, "active_panel_category", "UNSUPPORTED") != "UNSUPPORTED":
            region.active_panel_category = tab
        self.area.tag_redraw()

    def override(self, region: str = "WINDOW") -> object:
        """Context of the 3D view, for operators."""
        return bpy.context.temp_override(window=self.window, area=self.area, region=self.region(region))

    def shot(self, name: str, crop: str = "") -> None:
        """Picture of the screen; fails when it is black, which is what a broken window looks like."""
        path = self.out / f"{name}.png"
        command = ["import", "-window", "root", *(["-crop", crop, "+repage"] if crop else []), str(path)]
        subprocess.run(command, check=True)
        mean = subprocess.run(["convert", str(path), "-format", "%[fx:mean]", "info:"], capture_output=True, text=True, check=True)
        assert float(mean.stdout) > 0.01, f"{name} is black"

    def look(self, name: str) -> Path:
        """A picture of the sidebar, for `differ`."""
        x, y = self.at(0, 0)
        region = self.region("UI")
        crop = f"{region.width}x{min(region.height, self.window.height - y)}+{x}+{y}"
        path = self.out / f".{name}.png"
        subprocess.run(["import", "-window", "root", "-crop", crop, "+repage", str(path)], check=True)
        return path

    def differ(self, a: Path, b: Path) -> float:
        """Pixels by which two looks differ: an opened panel is thousands, a highlight hundreds."""
        told = subprocess.run(
            ["compare", "-metric", "AE", "-fuzz", "5%", str(a), str(b), "null:"], capture_output=True, text=True, check=False
        )
        return float(told.stderr.split()[0])

    def leave(self) -> None:
        """Take the mouse off the sidebar, so that nothing there is highlighted."""
        x, y = self.region("WINDOW").x + 300, 600
        self.xdotool(f"xdotool mousemove {x} {y}; sleep 0.2; xdotool mousemove {x + 3} {y}")

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Screen position of a point of the sidebar: x from its left, y down from its top."""
        region = self.region("UI")
        return int(region.x + x), int(self.window.height - (region.y + region.height) + y)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Move there, as a hand does (Blender needs two movements to see one), and click; returns at once."""
        there = f"xdotool mousemove {x - 3} {y}; sleep 0.15; xdotool mousemove {x} {y}; sleep 0.25"
        subprocess.Popen(["sh", "-c", f"{there}; xdotool click {button}"])

    def xdotool(self, script: str) -> None:
        """Any other input, in the background: Blender must run to receive it."""
        subprocess.Popen(["sh", "-c", script])

    def redraw(self) -> float:
        """Seconds that one redraw of the whole window takes."""
        began = time.perf_counter()
        bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)
        return time.perf_counter() - began


def run(steps: Iterator, window: Window) -> None:
    waiting: list = [None, 0.0]

    def tick() -> float | None:
        try:
            condition, since = waiting
            if condition is not None:
                if condition():
                    waiting[0] = None
                elif time.monotonic() - since > PATIENCE_S:
                    raise TimeoutError(f"waited {PATIENCE_S:.0f} s in vain")
                else:
                    return 0.1
            asked = next(steps)
            if isinstance(asked, Callable):
                waiting[:] = [asked, time.monotonic()]
                return 0.05
            return float(asked)
        except StopIteration:
            (window.out / "result.json").write_text(json.dumps(window.result, indent=2))
            bpy.ops.wm.quit_blender()
        except Exception:
            traceback.print_exc()
            sys.stdout.flush()
            try:
                window.shot("failed")
            finally:
                bpy.ops.wm.quit_blender()
        return None

    bpy.app.timers.register(tick, first_interval=1.0, persistent=True)


if __name__ == "__main__":
    arguments = sys.argv[sys.argv.index("--") + 1 :]
    bpy.context.preferences.view.show_splash = False
    made = Window(Path(arguments[1]).resolve())
    run(runpy.run_path(arguments[0])["scenario"](made), made)
