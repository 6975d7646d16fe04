# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a real Blender window from inside: a timer steps through a scenario, xdotool moves the mouse, ImageMagick looks.

A scenario is a generator `scenario(window)`. It yields a number of seconds to wait, or a function to wait for (until it
returns something true; at most a minute). Between steps Blender runs as it does for a person. `window` has what a
scenario needs; what it puts into `window.result` is written to result.json.
"""

import json
import re
import runpy
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

PATIENCE_S = 120.0
# The 3D view with the sidebar, of a window of 1600 x 1000.
CROP = "1316x872+0+28"


class Window:
    """The first window, its 3D view, and a mouse."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.result: dict = {"blender": bpy.app.version_string}
        # How much slower than an idle machine this one is now: a hand waits for what it did to be seen.
        self.pace = 1.0

    def save(self, name: str = "result.json") -> None:
        """Write what is known so far."""
        (self.out / name).write_text(json.dumps(self.result, indent=2))

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
        """Pixels by which two looks differ: an opened panel is thousands, a highlight hundreds (ImageMagick 7 counts by how much, too)."""
        told = subprocess.run(
            ["compare", "-metric", "AE", "-fuzz", "2%", str(a), str(b), "null:"], capture_output=True, text=True, check=False
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

    def under(self) -> str:
        """What is under the mouse in the sidebar, as Blender names it: a Python call, a data path, or nothing."""
        manager = bpy.context.window_manager
        manager.clipboard = ""
        with self.override("UI"):
            for copy, options in ((bpy.ops.ui.copy_python_command_button, {}), (bpy.ops.ui.copy_data_path_button, {"full_path": True})):
                if copy.poll():
                    copy(**options)
        return manager.clipboard

    def seek(self, wanted: str, top: float = 30, bottom: float = 880, columns: tuple[float, ...] = (200, 100)) -> Iterator:
        """Move over the sidebar as a searching hand does, until the button or field named so lies under the mouse.

        Args:
            wanted: Part of what `under` says, e.g. "vivant.add_person(" or ".weight_kg".
            top: Where to begin and
            bottom: where to end, pixels below the sidebar's top.
            columns: Pixels from its left.
        Returns:
            Its place on the screen.
        """
        seen = []
        for column in columns:
            down = top
            while down < min(bottom, self.region("UI").height):
                x, y = self.at(column, down)
                self.xdotool(f"xdotool mousemove {x - 2} {y}; sleep 0.02; xdotool mousemove {x} {y}")
                yield 0.15
                seen.append(self.under())
                if wanted in seen[-1]:
                    yield 0.5  # a window that lags behind still says what lay under the mouse before
                    if wanted in self.under():
                        return x, y
                down += 12
        raise AssertionError(f"no {wanted} in the sidebar; there are {', '.join(sorted(set(seen) - {''}))}")

    def press(self, wanted: str, top: float = 30, bottom: float = 880, columns: tuple[float, ...] = (200, 100)) -> Iterator:
        """Seek, and click."""
        x, y = yield from self.seek(wanted, top, bottom, columns)
        self.click(x, y)
        yield 0.8

    def toggle(self, down: float) -> Iterator:
        """Click a panel's header, so far below the sidebar's top, until the sidebar looks different and has come to rest.

        A panel's state cannot be set from Python, and a click can get lost.
        """
        self.leave()
        yield 0.8
        before = self.look("before")
        for _ in range(4):
            self.click(*self.at(40, down))
            yield 1.0
            self.leave()
            for _ in range(8):
                yield 0.5
                if self.differ(before, self.look("after")) > 1200:
                    yield 0.5
                    return
        raise AssertionError(f"nothing happens at the header {down:.0f} pixels below the top")

    def wheel(self, wanted: str, top: float, times: int = 1) -> Iterator:
        """Another entry of a drop-down: Ctrl and the wheel over it, as Blender has it."""
        self.leave()  # a field that the mouse already lies on is not awake
        yield 0.5
        yield from self.seek(wanted, top)
        self.xdotool("xdotool keydown ctrl; " + "xdotool click 5; sleep 0.3; " * times + "xdotool keyup ctrl")
        yield 0.6 + 0.35 * times

    def drag(self, wanted: str, by: int, top: float) -> Iterator:
        """Drag a slider by so many pixels."""
        x, y = yield from self.seek(wanted, top)
        steps = "; ".join(f"sleep 0.15; xdotool mousemove {x + by * k // 6} {y}" for k in range(1, 7))
        self.xdotool(f"xdotool mousedown 1; {steps}; sleep 0.2; xdotool mouseup 1")
        yield 2.0

    def from_menu(self, x: int, y: int, down: int = 2) -> Iterator:
        """Click a menu, which does not say its name, and choose an entry by keys."""
        self.click(x, y)
        yield 3.0
        self.xdotool("; sleep 0.5; ".join(["xdotool key Down"] * down + ["xdotool key Return"]))
        yield 1.5 + 0.6 * down

    def typed(self, wanted: str, text: str, top: float = 30) -> Iterator:
        """Type into a field."""
        yield from self.seek(wanted, top)
        press = f"xdotool click 1; sleep 1; xdotool key ctrl+a; sleep 0.3; xdotool type --delay 40 '{text}'"
        self.xdotool(f"{press}; sleep 0.5; xdotool key Return")
        yield 3.0 + 0.06 * len(text)

    def picture(self, name: str) -> Iterator:
        """The 3D view and the sidebar, for the guide."""
        self.leave()
        yield 0.8
        self.shot(name, CROP)

    def keys(self, *names: str, over: str = "WINDOW") -> None:
        """Press keys one after another with the mouse over a region."""
        region = self.region(over)
        x, y = region.x + (300 if over == "WINDOW" else 150), self.window.height - region.y - region.height // 2
        pressed = "; sleep 0.1; ".join(f"xdotool key {name}" for name in names)
        self.xdotool(f"xdotool mousemove {x} {y}; sleep 0.2; xdotool mousemove {x + 3} {y}; sleep 0.3; {pressed}")

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Move there, as a hand does (Blender needs two movements to see one), and click; returns at once."""
        there = f"xdotool mousemove {x - 3} {y}; sleep 0.15; xdotool mousemove {x} {y}; sleep 0.25"
        self.xdotool(f"{there}; xdotool click {button}")

    def xdotool(self, script: str) -> None:
        """Any other input, in the background: Blender must run to receive it."""
        script = re.sub(r"sleep ([\d.]+)", lambda m: f"sleep {float(m[1]) * self.pace:.2f}", script)
        subprocess.Popen(["sh", "-c", script])

    def measure(self, operators: Any, name: str) -> dict[str, float]:
        """Seconds that the next run of an operator of ours takes, in all and of the processor; empty until it ran."""
        cls = next(c for c in operators.CLASSES if getattr(c, "bl_idname", "") == f"vivant.{name}")
        execute, out = cls.execute, {}

        def measured(operator: Any, context: Any) -> set[str]:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return execute(operator, context)
            finally:
                out.update(wall_s=round(time.perf_counter() - wall, 3), cpu_s=round(time.thread_time() - cpu, 3))
                cls.execute = execute

        cls.execute = measured
        return out

    def keep_pace(self) -> None:
        """Measure how slow this window is with what it shows now."""
        self.redraw()  # the first one compiles shaders
        self.pace = min(max(self.redraw() / 0.25, 1.01), 3.0)

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
            if window.pace == 1.0:
                window.keep_pace()
            asked = next(steps)
            if isinstance(asked, Callable):
                waiting[:] = [asked, time.monotonic()]
                return 0.05
            return float(asked) * window.pace
        except StopIteration:
            window.save()
            bpy.ops.wm.quit_blender()
        except Exception:
            window.save("partial.json")
            (window.out / "result.json").unlink(missing_ok=True)
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
