"""What building people costs: CPU seconds a person by part, clothes by kind, and a crowd, with peak memory.

    python -m benchmarks.people [--people 24] [--crowd 30] [--seed 1] [--cloth drape] [--trees mathutils]

Everything is built in this process; nothing is rendered. A person's parts are timed by wrapping the functions that make
them, innermost call counted once. `--trees mathutils` finds nearest points as inside Blender, which
has no scipy; `--trees numpy` as where there is neither. CPU seconds are those of the process, all
threads; on a machine that shares its cores with other work they rise by up to a half.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .pipeline import table

PLACES = ("meadow", "street", "room")


class Clock:
    """CPU seconds by name; a timed call inside another is taken off the outer one."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self._inner = [0.0]

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its CPU seconds added under `name`."""

        def call(*args: Any, **options: Any) -> Any:
            begun = time.process_time()
            self._inner.append(0.0)
            result = function(*args, **options)
            took = time.process_time() - begun
            self.seconds[name].append(took - self._inner.pop())
            self._inner[-1] += took
            return result

        return call


def watch(clock: Clock) -> None:
    """Wrap what makes the parts of a person; this process is the benchmark's own."""
    from vivant.procgen import registry
    from vivant.procgen.people import person

    for attribute, name in (
        ("pose_person", "body at rest"), ("build_outfit", "clothes: layers, what is hidden"), ("body_mesh", "skin"),
        ("skin_attributes", "skin"), ("build_eyes", "eyes"), ("build_mouth", "mouth"), ("build_face_hair", "brows, lashes, beard"),
        ("press_under", "hair"), ("build_props", "props"),
    ):  # fmt: skip
        setattr(person, attribute, clock.timed(name, getattr(person, attribute)))
    person.WornLabels.label = clock.timed("labels of clothes", person.WornLabels.label)
    for reg, prefix in ((registry.garments, "garment "), (registry.hair, "")):
        for entry in list(reg):
            wrapped = clock.timed(prefix + entry.name if prefix else "hair", entry.build)  # type: ignore[arg-type]
            reg._entries[entry.name] = replace(entry, build=wrapped)


def print_parts(clock: Clock, each: Sequence[float], trees: str) -> None:
    """The tables of single people: their parts and their clothes.

    Args:
        each: CPU seconds of every person.
        trees: What finds nearest points.
    """
    count = len(each)
    whole = sum(each)
    rows = [["part", "CPU s a person", "share"]]
    parts = {k: sum(v) for k, v in clock.seconds.items() if not k.startswith("garment ")}
    parts["garments"] = sum(sum(v) for k, v in clock.seconds.items() if k.startswith("garment "))
    rows += [[k, f"{v / count:.3f}", f"{v / whole:.0%}"] for k, v in sorted(parts.items(), key=lambda kv: -kv[1])]
    rows.append(["all: mean", f"{whole / count:.2f}", ""])
    rows.append(["all: median, slowest", f"{statistics.median(each):.2f}, {max(each):.2f}", ""])
    table(f"{count} people, nearest points by {trees}", rows)
    rows = [["garment", "worn", "mean CPU s", "slowest"]]
    for name, took in sorted(clock.seconds.items(), key=lambda kv: -sum(kv[1])):
        if name.startswith("garment "):
            rows.append([name[8:], str(len(took)), f"{sum(took) / len(took):.3f}", f"{max(took):.3f}"])
    table("Clothes, dearest in all first", rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=24, help="people of the first table, two a scene; 0 = none")
    parser.add_argument("--crowd", type=int, default=30, help="people of the crowd; 0 = none")
    parser.add_argument("--cloth", choices=("fast", "drape"), default="fast", help="of the single people")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trees", choices=("scipy", "mathutils", "numpy"), default="scipy", help="what finds nearest points")
    args = parser.parse_args(argv)
    from vivant.procgen.assemble import assemble, build_place
    from vivant.procgen.people import nearest, person
    from vivant.procgen.sample import sample_scene
    from vivant.procgen.seeds import Seed

    if args.trees != "scipy":
        nearest.scipy_tree = lambda: None
    if args.trees == "mathutils":
        import bpy  # noqa: F401 (mathutils comes with it)
    elif args.trees == "numpy":
        nearest.blender_tree = lambda: None
    clock = Clock()
    watch(clock)
    seed = Seed(args.seed)
    # What is loaded and subdivided once in a process is not a person's.
    assemble(sample_scene(seed.child("warm"), place="meadow", people=(2, 2)))
    clock.seconds.clear()
    each: list[float] = []
    for number in range(args.people // 2):
        spec = sample_scene(seed.child("people", number), place=PLACES[number % 3], people=(2, 2), width=512, height=512)
        place = build_place(spec.place)
        person._at_rest.cache_clear()
        for human in spec.people:
            begun = time.process_time()
            person.build_person(human, place, 0.0, mode=args.cloth)
            each.append(time.process_time() - begun)
    if each:
        print_parts(clock, each, args.trees)
    if args.crowd:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begun = time.process_time()
        spec = sample_scene(seed.child("crowd"), place="street", people=(args.crowd,) * 2, width=512, height=512, camera="wide")
        sampled = time.process_time()
        scene = assemble(spec)
        built = time.process_time()
        points = sum(len(getattr(o.geometry, "vertices", ())) for o in scene.objects if o.person >= 0)
        rows = [["sampling", "building", "vertices of people", "peak MB before", "peak MB"]]
        rows.append([f"{sampled - begun:.1f}", f"{built - sampled:.1f}", f"{points:,}", f"{before:.0f}",
                     f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"])  # fmt: skip
        table(f"A crowd of {args.crowd}, with its place, CPU s", rows)


if __name__ == "__main__":
    main()
