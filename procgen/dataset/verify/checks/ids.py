"""Object, instance, class and part ids: tables, and what the ray caster meets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..registry import checks
from ..report import Result
from ..subject import Subject


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two masks; 1 if both are empty."""
    union = int((a | b).sum())
    return 1.0 if union == 0 else int((a & b).sum()) / union


@checks.register("ids")
def check_ids(frame: Subject) -> Iterator[Result]:
    """Ids of one frame against their tables."""
    record = frame.record
    if frame.has("object"):
        found = np.unique(frame.channel("object"))
        strange = sorted(set(found.tolist()) - {0} - {o.id for o in record.objects})
        yield frame.measure(
            "object.table", len(strange), expected=f"ids 0..{len(record.objects)}", got=str(strange[:10])
        )
        tables = {
            "instance": {o.id: o.instance for o in record.objects},
            "semantic": {o.id: record.semantics[o.semantic] for o in record.objects},
        }
        for name, table in tables.items():
            if frame.has(name):
                stored = frame.channel(name)
                bad = frame.table(table) != stored
                yield frame.measure(f"{name}.table", int(bad.sum()), got=frame.where(bad, stored, frame.table(table)))
    if frame.has("part"):
        part = frame.channel("part")
        bad = ((part > 0) & (frame.person_of_pixel < 0)) | ~np.isin(part, list(record.parts.values()) + [0])
        yield frame.measure("part.people", int(bad.sum()), got=frame.where(bad, part))


@checks.register("ids_witness")
def check_ids_by_witness(frame: Subject) -> Iterator[Result]:
    """Ids of one frame against the triangles and strands."""
    if not frame.has("object"):
        return
    if frame.mesh is None:
        for check in ("object.witness", "instance.witness", "part.witness"):
            yield frame.skip(check, frame.no_mesh)
        return
    clear = ~frame.near_hair
    seen = frame.witness_objects
    bad = clear & (seen != frame.objects)
    yield frame.share("object.witness", int(bad.sum()), int(clear.sum()), got=frame.where(bad, frame.objects, seen))
    if frame.has("instance"):
        yield from _instances(frame, clear)
    if frame.has("part"):
        parts = frame.mesh["triangle_part"].astype(np.int64)
        triangle = frame.hits.triangle.reshape(seen.shape)
        on = clear & frame.agreed & (triangle >= 0) & (frame.person_of_pixel >= 0)
        if on.any():
            same = parts[triangle[on]] == frame.channel("part")[on]
            yield frame.share("part.witness", int((~same).sum()), len(same))
    yield from _hair(frame)


def _instances(frame: Subject, clear: np.ndarray) -> Iterator[Result]:
    size = max([o.id for o in frame.record.objects], default=0) + 1
    table = np.zeros(max(size, int(frame.witness_objects.max(initial=0)) + 1), np.int64)
    for o in frame.record.objects:
        table[o.id] = o.instance
    expected, stored = table[frame.witness_objects], frame.channel("instance")
    for person in frame.record.people:
        a, b = clear & (stored == person.instance), clear & (expected == person.instance)
        if (a | b).any():
            what = f"the mask of {person.name} differs from the ray caster's"
            yield frame.share("instance.witness", int((a != b).sum()), int((a | b).sum()), what=what)


def _hair(frame: Subject) -> Iterator[Result]:
    if frame.hair is None:
        return
    solid = frame.hits.t.reshape(frame.objects.shape)
    inside = frame.hair_inside < solid - 1e-3
    around = np.isfinite(frame.hair_around)
    wrong = (inside & ~frame.on_hair) | (frame.on_hair & ~around)
    total = int((frame.on_hair | inside).sum())
    if total:
        yield frame.measure("object.hair", max(int(wrong.sum()) - 2, 0) / total, got=frame.where(wrong, frame.objects))
