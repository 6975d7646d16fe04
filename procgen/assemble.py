"""Spec to geometry: the pure function from a SceneSpec and a moment to everything that is there."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from . import registry
from .geometry import PlaceGeometry, SceneGeometry
from .people.person import build_person
from .people.steps import STEPS
from .sky import sky_shader, sun_light
from .spec import PlaceSpec, SceneSpec, canonical


@lru_cache(maxsize=2)
def _place(key: str, kind: str, spec_json: str) -> PlaceGeometry:
    entry = registry.places.get(kind)
    assert entry.build is not None and entry.spec is not None
    return entry.build(entry.spec.from_json(spec_json))


def build_place(spec: PlaceSpec) -> PlaceGeometry:
    """Geometry of a place; the last two are kept, so that views and frames of one scene build it once."""
    assert spec.kind is not None
    return _place(canonical(spec), spec.kind, spec.to_json())


def assemble(spec: SceneSpec, frame: int = 0) -> SceneGeometry:
    """The scene at a frame.

    Instance ids: people 1..P in spec order, then the countable things of the place.

    Args:
        spec: The scene.
        frame: Frame number; time = frame / fps.
    """
    place = build_place(spec.place)
    time = frame / spec.fps
    objects = []
    bodies = []
    for index, human in enumerate(spec.people):
        body, parts = build_person(human, place, time, index, spec.cloth, spec.frames > 1)
        bodies.append(body)
        # What somebody holds counts as them; what they stand on does not.
        mine = {"instance": index + 1, "person": index}
        objects += [replace(p, name=f"person_{index}/{p.name}", **({} if p.name == STEPS else mine)) for p in parts]
    shift = len(spec.people)
    for item in place.objects:
        objects.append(replace(item, instance=item.instance + shift if item.instance else 0))
    return SceneGeometry(
        objects=objects,
        lights=[*place.lights, sun_light(spec.sky)],
        world=sky_shader(spec.sky),
        bodies=bodies,
        time=time,
    )
