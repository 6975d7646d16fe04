# SPDX-License-Identifier: GPL-3.0-or-later
"""Places in the open file: collections that know the spec they were built from, and are built anew when it changes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import bpy
from bpy.props import PointerProperty

from ..procgen import registry
from ..procgen.assemble import build_place
from ..procgen.geometry import PlaceGeometry
from ..procgen.spec import PlaceSpec
from . import spec_groups
from .spec_groups import group_of

# Custom property of a place's collection: the PlaceSpec as JSON.
SPEC = "vivant_place_spec"


class VivantPlace(bpy.types.PropertyGroup):
    """A place and its parameters."""

    place: PointerProperty(type=group_of(PlaceSpec))  # type: ignore[valid-type]


def is_place(collection: Any) -> bool:
    """True for the collection of a place."""
    return collection is not None and SPEC in collection


def in_scene(scene: Any) -> Any:
    """The collection of a scene's place, or None; the first one by name counts."""
    found = sorted((c for c in scene.collection.children_recursive if is_place(c)), key=lambda c: c.name)
    return found[0] if found else None


@lru_cache(maxsize=16)
def _parsed(text: str) -> PlaceSpec:
    return PlaceSpec.from_json(text)


def spec_of(collection: Any) -> PlaceSpec:
    """What a place was built from."""
    return _parsed(collection[SPEC])


def geometry_in(scene: Any) -> PlaceGeometry | None:
    """The ground, seats and obstacles of a scene's place, or None."""
    collection = None if scene is None else in_scene(scene)
    return None if collection is None else build_place(spec_of(collection))


def sample(kind: str, seed: int) -> PlaceSpec:
    """Draw a place of a kind."""
    from ..procgen.seeds import Seed

    return registry.places.get(kind).make(Seed(seed).child("place").rng())


def adopt(collection: Any, spec: PlaceSpec) -> None:
    """Make a collection that was just built a place of the sidebar."""
    collection[SPEC] = spec.to_json()
    spec_groups.write(collection.vivant_place.place, spec)
    collection.color_tag = "COLOR_06"


def field_changed(collection: Any) -> None:
    """A parameter was changed: take it over; the place is built when the fields rest."""
    from . import people

    old = spec_of(collection)
    group = collection.vivant_place.place
    new = sample(group.kind, 0) if group.kind != old.kind else spec_groups.read(group, old)
    if new != old:
        adopt(collection, new)
        people.build_soon(collection)


def build(collection: Any) -> None:
    """Build a place anew from its spec."""
    from ..procgen.blender.insert import insert_place

    insert_place(None, collection.name, build_place(spec_of(collection)), collection)


def register() -> None:
    """Hang the group on every collection."""
    bpy.utils.register_class(VivantPlace)
    bpy.types.Collection.vivant_place = PointerProperty(type=VivantPlace)


def unregister() -> None:
    """Take it back."""
    del bpy.types.Collection.vivant_place
    bpy.utils.unregister_class(VivantPlace)
