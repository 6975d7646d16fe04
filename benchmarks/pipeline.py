"""What Vivant adds to bare Cycles: CPU time of the whole pipeline over the same picture rendered bare, in one run.

    python -m benchmarks.pipeline            (or: make bench)

Every measurement runs in a fresh process, so peak memory is its own. Bare = the same built scene, same samples, same
denoiser, only `render(write_still=True)`. Pipeline = sampling, building, ground truth, picture, labels, files on disk.
Absolute times depend on the machine, and on who else works on it: bare and pipeline take turns `--repeat` times, each
pair gives one ratio, and the median and the range of the ratios are the figures. Truth and labels are also timed within
the pipeline itself, where the noise of two long renders does not drown them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any


def cpu() -> float:
    """CPU seconds of this process so far, all threads."""
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def measure(case: dict[str, Any]) -> dict[str, float]:
    """Run one case in this process: its places one after another; CPU seconds by step, and peak memory in MB."""
    start = cpu()
    import vivant.procgen.blender.render_scene  # noqa: F401  (everything that rendering imports)

    out: dict[str, float] = {"import": cpu() - start}
    for number, place in enumerate(case["places"]):
        for name, value in _scene(case, place, number).items():
            out[name] = out.get(name, 0.0) + value
    out["total"] = cpu() - start
    out["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return out


def _scene(case: dict[str, Any], place: str, number: int) -> dict[str, float]:
    from vivant.procgen.assemble import assemble, build_place
    from vivant.procgen.blender import render_view
    from vivant.procgen.sample import sample_scene
    from vivant.procgen.seeds import Seed
    from vivant.procgen.spec import replace

    out: dict[str, float] = {"labels": 0.0}
    count = case["people"]
    mark = cpu()
    spec = sample_scene(
        Seed(case["seed"]).child("bench", number),
        place=place,
        people=(count, count),
        width=case["size"],
        height=case["size"],
        views=case["views"],
        samples=case["samples"],
        camera="wide" if count > 1 else "full_body",
    )
    # No adaptive sampling: bare and full then take the very same samples.
    spec = replace(spec, render=replace(spec.render, adaptive_threshold=0.0))
    out["sample"] = cpu() - mark
    build_place(spec.place)
    mark = cpu()
    geometry = assemble(spec)
    out["assemble"] = cpu() - mark
    mark = cpu()
    session = render_view.open_session(spec, geometry)
    out["blender"] = cpu() - mark
    with tempfile.TemporaryDirectory() as folder:
        for view in range(case["views"]):
            mark = cpu()
            if case["mode"] == "bare":
                _bare(session, spec, view)
            else:
                frame = Path(folder) / str(view)
                frame.mkdir()
                with _timed(render_view, ("truth_of", "label_people"), out):
                    shot = render_view.shoot(session, view, frame)
                begun = cpu()
                render_view.write_shot(shot, frame, render_view.chosen_channels(None))
                out["labels"] += cpu() - begun
            out[f"view{view}"] = cpu() - mark
    return out


@contextlib.contextmanager
def _timed(module: Any, names: Sequence[str], out: dict[str, float]) -> Iterator[None]:
    """Within this block the CPU seconds of some functions of a module are added to `labels`."""
    kept = {name: getattr(module, name) for name in names}

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            begun = cpu()
            result = function(*args, **options)
            out["labels"] += cpu() - begun
            return result

        return call

    for name, function in kept.items():
        setattr(module, name, timed(function))
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(module, name, function)


def _bare(session: Any, spec: Any, view: int) -> None:
    """The same picture and nothing else."""
    import bpy
    from vivant.procgen.blender import compat, objects
    from vivant.procgen.blender.render import scratch

    objects.aim_camera(session.built.picture, session.built.camera, spec.cameras[view])
    with scratch() as place:
        compat.set_multilayer_exr(session.built.picture, str(place / "bare.exr"))
        bpy.ops.render.render(write_still=True, scene=session.built.picture.name)


def run(case: dict[str, Any]) -> dict[str, float]:
    """Run one case in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pipeline", "--case", json.dumps(case)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise SystemExit(f"the case {case} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return json.loads(lines[-1][7:])


def table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Print rows as an aligned table; the first is the header."""
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    print(f"\n{title}")
    for r in rows:
        print("  " + "  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)))


# Figures of one pair, and how they are printed.
_FIGURES = (
    ("bare", "{:.1f}"),
    ("full", "{:.1f}"),
    ("ratio", "{:.3f}"),
    ("labels", "{:.1%}"),
    ("scene", "{:.1%}"),
    ("peak", "{:.0f}"),
    ("peak_ratio", "{:.2f}"),
)


def _pair(case: dict[str, Any], turn: int) -> dict[str, float]:
    """Bare and pipeline one after the other, the order changing with each turn."""
    order = ("bare", "full") if turn % 2 == 0 else ("full", "bare")
    got = {mode: run({**case, "mode": mode}) for mode in order}
    bare, full = got["bare"], got["full"]
    # Bare Cycles too must start Blender and be handed a scene; only what Vivant adds differs.
    floor = bare["view0"] + bare["import"] + bare["blender"]
    return {
        "bare": floor,
        "full": full["total"],
        "ratio": full["total"] / floor,
        "labels": full["labels"] / bare["view0"],
        "scene": (full["sample"] + full["assemble"] + full["blender"]) / bare["view0"],
        "peak": bare["peak_mb"],
        "peak_ratio": full["peak_mb"] / bare["peak_mb"],
    }


def spread(values: Sequence[float], text: str) -> str:
    """`1.12 (1.10–1.15)`: median and range."""
    middle = text.format(statistics.median(values))
    return middle if len(values) < 2 else f"{middle} ({text.format(min(values))}–{text.format(max(values))})"


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="one place, few samples")
    parser.add_argument("--repeat", type=int, default=3, help="pairs of bare and pipeline")
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    if args.case:
        result = measure(json.loads(args.case))
        print("RESULT " + json.dumps(result), flush=True)
        os._exit(0)  # bpy can hang at exit
    base = {
        "seed": args.seed,
        "size": 256 if args.quick else args.size,
        "samples": args.samples,
        "views": 1,
        "people": 2,
    }
    head = [
        "places in one process",
        "bare CPU s",
        "pipeline CPU s",
        "ratio",
        "truth + labels",
        "scene",
        "peak MB bare",
        "ratio",
    ]
    rows = [head]
    for places in (["street"],) if args.quick else (["meadow", "street", "room"],):
        pairs = [_pair({**base, "places": places}, turn) for turn in range(args.repeat)]
        rows.append([", ".join(places), *(spread([p[k] for p in pairs], f) for k, f in _FIGURES)])
    title = (
        f"Frames at {base['size']}², {args.samples} samples, denoised, 2 people, {args.repeat} pair(s): median (range)"
    )
    table(title + "; shares are of the picture's CPU time", rows)
    if args.quick:
        return
    growth = [["case", "assemble s", "into Blender s", "first view s", "next view s", "peak MB"]]
    for name, change in (
        ("1 person", {"people": 1}),
        ("4 people", {"people": 4}),
        ("16 people", {"people": 16}),
        ("256²", {"size": 256}),
        ("1024²", {"size": 1024, "samples": 4}),
        ("4 views", {"views": 4}),
    ):
        got = run({**base, "places": ["meadow"], "mode": "full", "samples": 4, **change})
        later = [got[k] for k in got if k.startswith("view") and k != "view0"]
        growth.append(
            [
                name,
                f"{got['assemble']:.2f}",
                f"{got['blender']:.2f}",
                f"{got['view0']:.1f}",
                f"{sum(later) / len(later):.1f}" if later else "",
                f"{got['peak_mb']:.0f}",
            ]
        )
    table("How cost grows (meadow, 4 samples, CPU s)", growth)


if __name__ == "__main__":
    main()
