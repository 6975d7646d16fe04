"""The body that was rendered against the body run forward from the record: skin lies on skin."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....errors import VivantError
from ...record import PersonRecord
from ..registry import checks
from ..report import Result
from ..subject import Subject
from ..witness import NEAR, Witness

# Rendered skin is smoothed, and pressed under clothes: this far from the model's own triangles, metres.
_ON_SKIN = 0.015


def skin_objects(frame: Subject, person: PersonRecord) -> list[int]:
    """Object ids of a person's skin."""
    return [o.id for o in frame.record.objects if o.person == person.index and o.semantic == "skin"]


@checks.register("body")
def check_body(frame: Subject) -> Iterator[Result]:
    """Skin of everybody in one frame."""
    seen = on = 0
    worst, words, ran = 0.0, "", False
    for person in frame.record.people:
        try:
            seen_here, on_here = _skin_pixels(frame, person) if frame.has("depth") else (0, 0)
            furthest = _furthest(frame, person)
        except VivantError as e:
            yield frame.skip("body.skin", str(e))
            yield frame.skip("body.mesh", str(e))
            return
        seen, on, ran = seen + seen_here, on + on_here, True
        if furthest > worst:
            worst, words = furthest, f"{person.name}: a vertex {furthest:.0f} mm away"
    if not ran:
        return
    if seen >= 100:
        yield frame.measure("body.skin", on / seen)
    else:
        yield frame.skip("body.skin", "fewer than 100 pixels of bare skin")
    if frame.mesh is None:
        yield frame.skip("body.mesh", frame.no_mesh)
    else:
        yield frame.measure("body.mesh", worst, got=words)


def _skin_pixels(frame: Subject, person: PersonRecord) -> tuple[int, int]:
    """Pixels of bare skin, and how many of them lie on the body run forward."""
    pixels = np.nonzero(np.isin(frame.objects, skin_objects(frame, person)).ravel())[0]
    if not len(pixels):
        return 0, 0
    body = frame.body(person)
    witness = Witness(body.posed[: body.count], body.model.faces, frame.T_world_from_cam[:3, 3], frame.options.provider)
    hits = witness.cast(frame.directions.reshape(-1, 3)[pixels], NEAR)
    depth = frame.channel("depth").ravel()[pixels]
    hit = (hits.triangle >= 0) & np.isfinite(depth)
    near = np.zeros(len(pixels), bool)
    near[hit] = np.abs(hits.t[hit] - depth[hit]) <= _ON_SKIN
    # Beside the outline the ray misses the model by a hair: the nearest vertex decides.
    points = frame.points.reshape(-1, 3)[pixels[~near]]
    if len(points):
        away = np.asarray(frame.skin_tree(person).query(points)[0]).reshape(len(points), -1)[:, 0]
        near[~near] = away <= 2 * _ON_SKIN
    return len(pixels), int(near.sum())


def _furthest(frame: Subject, person: PersonRecord) -> float:
    """Millimetres from the body's nearest vertex to the skin vertex that is furthest from all of them."""
    if frame.mesh is None:
        return 0.0
    mine = np.isin(frame.mesh["triangle_object"], skin_objects(frame, person))
    if not mine.any():
        return 0.0
    points = frame.mesh["vertices"][np.unique(frame.mesh["triangles"][mine])]
    return float(np.asarray(frame.skin_tree(person).query(points)[0]).max()) * 1000
