"""The record against itself, the scene file and the caption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....channels.classes import NAMES
from ..registry import checks
from ..report import Result
from ..subject import Subject


def object_problems(frame: Subject) -> list[str]:
    """Rows of the object table and of the class table that contradict something."""
    record = frame.record
    out = []
    if dict(record.semantics) != {n: i for i, n in enumerate(NAMES)}:
        out.append("the class table is not this version's")
    for o in record.objects:
        if o.person >= 0 and o.instance != record.people[o.person].instance:
            out.append(f"object {o.id} {o.name!r} belongs to person {o.person} but has instance {o.instance}")
        if o.person < 0 and 0 < o.instance <= len(record.people):
            out.append(f"object {o.id} {o.name!r} has the instance of a person")
    for place, p in enumerate(record.people):
        if p.index != place or p.instance != place + 1:
            out.append(f"person {place} has index {p.index} and instance {p.instance}")
    return out


def caption_problems(frame: Subject) -> list[str]:
    """Facts of the caption that the record or the scene file contradicts."""
    facts, out = frame.record.facts, []
    people, count = facts.get("people"), facts.get("count")
    if isinstance(people, list):
        out += _people_problems(frame, [p for p in people if isinstance(p, dict)])
        seen = sum(1 for p in people if isinstance(p, dict) and p.get("in_frame", True))
        if count is not None and count != seen:
            out.append(f"count is {count}, {seen} people are in frame")
    elif type(people) is int and people != len(frame.record.people):
        out.append(f"{people} people in the facts, {len(frame.record.people)} in the record")
    place = (frame.scene or {}).get("place", {}).get("kind")
    if place and facts.get("place", place) != place:
        out.append(f"place {facts.get('place')!r} in the facts, {place!r} in the scene")
    if not frame.record.caption.strip():
        out.append("there is no caption")
    return out


def _people_problems(frame: Subject, people: list[dict[str, Any]]) -> list[str]:
    record = frame.record.people
    if len(people) != len(record):
        return [f"{len(people)} people in the facts, {len(record)} in the record"]
    out = []
    for stated, p in zip(people, record, strict=True):
        if stated.get("instance", p.instance) != p.instance:
            out.append(f"{p.name} is instance {stated['instance']} in the facts")
        if stated.get("in_frame") and p.box_amodal is None:
            out.append(f"{p.name} is in frame in the facts, but not in the picture")
    return out


def scene_problems(frame: Subject) -> list[str]:
    """Differences between the record's people and camera and those of the scene file."""
    scene: Any = frame.scene or {}
    people = scene.get("people", [])
    out = [] if len(people) == len(frame.record.people) else [f"{len(people)} people in the scene file"]
    out += [f"{p.name}.spec" for p in frame.record.people if p.index < len(people) and p.spec != people[p.index]]
    cameras = scene.get("cameras", [])
    if frame.record.view < len(cameras):
        spec, c = cameras[frame.record.view], frame.record.camera
        for name in ("width", "height", "focal_mm", "sensor_mm", "pixel_aspect"):
            if name in spec and spec[name] != getattr(c, name):
                out.append(f"camera.{name}")
        if "shift" in spec and list(spec["shift"]) != list(c.shift):
            out.append("camera.shift")
    return out


@checks.register("record")
def check_record(frame: Subject) -> Iterator[Result]:
    """Record of one frame."""
    for check, found in (("record.objects", object_problems(frame)), ("record.facts", caption_problems(frame))):
        yield frame.measure(check, len(found), got="; ".join(found[:5]))
    if frame.scene is None:
        yield frame.skip("record.scene", "there is no readable scene file")
    else:
        found = scene_problems(frame)
        yield frame.measure("record.scene", len(found), expected="what the scene file says", got=", ".join(found[:5]))
