# SPDX-License-Identifier: GPL-3.0-or-later
"""People in the open file: which one is meant, what they are, and how a changed field reaches the picture.

A field that changes is shown at once (`procgen.blender.live.change`); when nothing has changed for a moment, the person is
built anew with true folds, hair and contacts. Undo, redo and loading may bring back a person whose build lags behind; they
are found and built as well.
"""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import bpy

from ..procgen.errors import VivantError
from ..procgen.seeds import Seed
from ..procgen.spec import HumanSpec, replace
from . import jobs, places, spec_groups

# Custom property of a person's collection; `procgen.blender.live` reads the same.
SPEC = "vivant_person"

# A full build starts when no field has changed for so long, seconds.
REST_S = 0.6
_due: dict[str, float] = {}
# The last thing that went wrong while a field was dragged, for the panel: name of the collection -> one line.
problems: dict[str, str] = {}


def is_person(collection: Any) -> bool:
    """True for the collection of a person."""
    return collection is not None and SPEC in collection


def of_object(ob: Any) -> Any:
    """The person that an object belongs to, or None."""
    if ob is None:
        return None
    return next((c for c in ob.users_collection if is_person(c)), None)


def in_scene(scene: Any) -> list[Any]:
    """Collections of all people of a scene, in order of their names."""
    return sorted((c for c in scene.collection.children_recursive if is_person(c)), key=lambda c: c.name)


def active(context: Any) -> Any:
    """The person who is meant: the active object's, the active collection, or the only one there is."""
    found = of_object(context.object if hasattr(context, "object") else None)
    if found is None and is_person(getattr(context, "collection", None)):
        found = context.collection
    if found is None:
        everybody = in_scene(context.scene)
        found = everybody[0] if len(everybody) == 1 else None
    return found


@lru_cache(maxsize=64)
def _parsed(text: str) -> HumanSpec:
    return HumanSpec.from_json(text)


def spec_of(collection: Any) -> HumanSpec:
    """Who a person is."""
    return _parsed(collection[SPEC])


def show(collection: Any, human: HumanSpec) -> None:
    """Store a spec and bring every field in line with it."""
    person = collection.vivant
    human = replace(human, looks="")  # kept in the file itself
    collection[SPEC] = human.to_json()
    with spec_groups.quietly():
        spec_groups.write(person.body, human.phenotype)
        spec_groups.write(person.skin, human.skin)
        spec_groups.write(person.eyes, human.eyes)
        if human.hair is not None:
            spec_groups.write(person.hair, human.hair)
        spec_groups.write(person.pose, human.pose)
        spec_groups.write(person.left_hand, human.left_hand)
        spec_groups.write(person.right_hand, human.right_hand)
        spec_groups.write(person.motion, human.motion)
        while len(person.outfit) > len(human.outfit):
            person.outfit.remove(len(person.outfit) - 1)
        while len(person.outfit) < len(human.outfit):
            person.outfit.add()
        for item, garment in zip(person.outfit, human.outfit, strict=True):
            item.name = str(garment.kind)
            spec_groups.write(item.garment, garment)
        for action in person.face.bl_rna.properties.keys():
            if action not in ("rna_type", "name"):
                setattr(person.face, action, human.expression.get(action, 0.0))


def shown(collection: Any) -> HumanSpec:
    """The spec as the fields have it."""
    person, old = collection.vivant, spec_of(collection)
    from .person_settings import ACTIONS

    face = {a: getattr(person.face, a) for a in ACTIONS}
    kept = {a: v for a, v in old.expression.items() if abs(face.get(a, v) - v) < 1e-6}
    expression = {a: float(v) for a, v in face.items() if v > 1e-6} | kept
    outfit = tuple(
        spec_groups.read(item.garment, old.outfit[i] if i < len(old.outfit) else None) for i, item in enumerate(person.outfit)
    )
    return replace(
        old,
        phenotype=spec_groups.read(person.body, old.phenotype),
        skin=spec_groups.read(person.skin, old.skin),
        eyes=spec_groups.read(person.eyes, old.eyes),
        hair=None if old.hair is None else spec_groups.read(person.hair, old.hair),
        pose=spec_groups.read(person.pose, old.pose),
        left_hand=spec_groups.read(person.left_hand, old.left_hand),
        right_hand=spec_groups.read(person.right_hand, old.right_hand),
        motion=spec_groups.read(person.motion, old.motion),
        outfit=outfit,
        expression={a: v for a, v in sorted(expression.items()) if v > 1e-6},
    )


def sample(seed: int, text: str = "") -> HumanSpec:
    """Draw a person, described in words or anybody."""
    from ..procgen.one_person import sample_person

    return sample_person(Seed(seed).child("person"), description=text.strip() or None)


def drawn_anew(human: HumanSpec, parts: set[str], seed: int) -> HumanSpec:
    """A person of whom some parts are drawn anew, to go with the parts that stay.

    Args:
        parts: Names from `person_settings.PARTS`.
        seed: Draws; the same seed draws the same.
    """
    from ..procgen.layout import Placement
    from ..procgen.one_person import level_ground
    from ..procgen.people.shape import sample_phenotype
    from ..procgen.sample import sample_human

    node = Seed(seed).child("person")
    phenotype = sample_phenotype(node.child("phenotype").rng())
    old = human.phenotype
    if "body" not in parts:
        phenotype = replace(old, features=phenotype.features) if "face" in parts else old
    elif "face" not in parts:
        phenotype = replace(phenotype, features=old.features)
    new = sample_human(node, phenotype, Placement(human.position, human.heading), level_ground(), 1)
    changes: dict[str, Any] = {"phenotype": phenotype}
    for part, fields in _FIELDS.items():
        if part in parts:
            changes |= {f: getattr(new, f) for f in fields}
    if "pose" in parts:
        changes["seat"] = None
    return replace(human, **changes)


_FIELDS = {
    "skin": ("skin",),
    "eyes": ("eyes",),
    "hair": ("hair",),
    "outfit": ("outfit",),
    "pose": ("pose", "left_hand", "right_hand"),
    "expression": ("expression",),
}


def adopt(collection: Any, human: HumanSpec, seed: int) -> None:
    """Make a collection that was just built a person of the sidebar."""
    with spec_groups.quietly():
        collection.vivant.seed = seed
    show(collection, human)
    collection.color_tag = "COLOR_04"


def add(context: Any, name: str, human: HumanSpec, seed: int = 0) -> Any:
    """Build a person at the 3D cursor, select it, return its collection."""
    from ..procgen.blender import live

    cursor = context.scene.cursor.location
    human = replace(human, position=(float(cursor.x), float(cursor.y)), seat=None)
    collection = live.insert(context.scene, name, human, ground=float(cursor.z))
    adopt(collection, human, seed)
    make_active(context, collection)
    return collection


def write(collection: Any, path: Path) -> None:
    """Write a person as PERSON.json, with their looks beside it if they have any."""
    from ..procgen.blender.pictured import kept_looks
    from ..procgen.people.looks import named_beside

    human = named_beside(spec_of(collection), path, kept_looks(collection))
    path.write_text(human.to_json(), encoding="utf-8")


def make_active(context: Any, collection: Any) -> None:
    """Select a person's armature and nothing else."""
    from ..procgen.blender import live

    rig = live.rig_of(collection)
    for ob in context.view_layer.objects:
        ob.select_set(ob == rig)
    context.view_layer.objects.active = rig


def field_changed(group: Any, context: Any) -> None:
    """A field of a person was changed: show it at once, and build when it rests."""
    from ..procgen.blender import live

    collection = group.id_data
    if isinstance(collection, bpy.types.Collection) and places.is_place(collection):
        places.field_changed(collection)
    if not isinstance(collection, bpy.types.Collection) or not is_person(collection):
        return
    try:
        human = _with_sampled_kinds(collection, spec_of(collection), shown(collection))
        if human == spec_of(collection):
            return
        if human.pose != spec_of(collection).pose:
            collection.vivant.by_hand = False  # another pose was asked for
        elif live.touched(collection):
            with spec_groups.quietly():
                collection.vivant.by_hand = True
        collection[SPEC] = human.to_json()
        live.change(collection, human, by_hand=collection.vivant.by_hand)
        problems.pop(collection.name, None)
    except VivantError as e:
        problems[collection.name] = str(e)
        return
    build_soon(collection)


def _with_sampled_kinds(collection: Any, old: HumanSpec, new: HumanSpec) -> HumanSpec:
    """Another kind of pose or hair starts from a typical draw, not from the middle of every range."""
    from ..procgen import registry

    seed = Seed(collection.vivant.seed).child("kind")
    if new.pose.kind != old.pose.kind:
        entry = registry.poses.get(str(new.pose.kind))
        pose = entry.make(seed.child("pose", str(new.pose.kind)).rng(), new.phenotype)
        hands = getattr(pose, "hand_specs", None)
        new = replace(new, pose=pose, seat=None)
        if hands is not None:
            left, right = hands()
            new = replace(new, left_hand=left, right_hand=right)
        show(collection, new)
    if new.hair is not None and old.hair is not None and new.hair.kind != old.hair.kind:
        import dataclasses

        base = {f.name: getattr(old.hair, f.name) for f in dataclasses.fields(old.hair) if f.name in _HAIR_BASE}
        new = replace(new, hair=registry.hair.get(str(new.hair.kind)).make(seed.child("hair", str(new.hair.kind)).rng(), base))
        show(collection, new)
    return new


def sample_pose(kind: str, human: HumanSpec) -> Any:
    """A typical pose of a family for a person."""
    from ..procgen import registry

    return registry.poses.get(kind).make(Seed(0).child("pose", kind).rng(), human.phenotype)


_HAIR_BASE = (
    "melanin", "redness", "grey", "receding", "variation", "brow_thickness", "beard", "beard_style", "beard_length",
)  # fmt: skip


def build(collection: Any) -> None:
    """Build a person from their spec now."""
    from ..procgen.blender import live

    _due.pop(collection.name, None)
    person = collection.vivant
    human = live.rebuild(collection, spec_of(collection), place=place_under(collection), by_hand=person.by_hand)
    collection[SPEC] = human.to_json()
    problems.pop(collection.name, None)


def place_under(collection: Any) -> Any:
    """Geometry of the Vivant place that a person stands on, or None for level ground."""
    if not collection.vivant.on_place:
        return None
    return places.geometry_in(next((s for s in bpy.data.scenes if collection in s.collection.children_recursive), None))


def build_soon(collection: Any) -> None:
    """Build when the fields have come to rest."""
    _due[collection.name] = time.monotonic() + REST_S
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=REST_S, persistent=True)


def build_due(*, now: bool = False) -> None:
    """Build whoever is due; with `now`, whoever waits."""
    for name, when in list(_due.items()):
        if now or time.monotonic() >= when:
            _due.pop(name)
            collection = bpy.data.collections.get(name)
            if collection is not None:
                _try_build(collection)


def _try_build(collection: Any) -> None:
    if bpy.context.mode not in ("OBJECT", "POSE"):
        build_soon(collection)  # somebody edits a mesh: wait until they are done
        return
    try:
        if places.is_place(collection):
            places.build(collection)
        elif is_person(collection):
            build(collection)
    except VivantError as e:
        problems[collection.name] = str(e)


def waiting(collection: Any) -> bool:
    """True while a full build is still to come."""
    return collection.name in _due


def _tick() -> float | None:
    build_due()
    jobs.redraw_sidebars()
    return 0.1 if _due else None


@bpy.app.handlers.persistent
def after_undo(*_: object) -> None:
    """Whoever was brought back half built is built."""
    from ..procgen.blender import live

    for collection in bpy.data.collections:
        if is_person(collection) and live.rig_of(collection) is not None and not live.is_built(collection, spec_of(collection)):
            build_soon(collection)


def expressions() -> dict[str, dict[str, float]]:
    """Ready-made expressions: name -> actions."""
    from ..procgen.people import expression

    return dict(expression.PRESETS)


def set_expression(collection: Any, preset: str, strength: float) -> None:
    """Give a person a ready-made expression."""
    if not is_person(collection):
        return
    actions = {a: round(v * strength, 6) for a, v in expressions()[preset].items()}
    show(collection, replace(spec_of(collection), expression=actions))
    _refresh(collection)


def look_at(collection: Any, target: Any) -> None:
    """Let a person's eyes follow an object, or look ahead."""
    from ..procgen.blender import gaze, live

    rig = live.rig_of(collection) if is_person(collection) else None
    if rig is not None:
        gaze.follow(rig, target)


def _refresh(collection: Any) -> None:
    from ..procgen.blender import live

    live.change(collection, spec_of(collection), by_hand=collection.vivant.by_hand)
    build_soon(collection)


# The pose that was copied last in this session.
clip: list[Any] = []


def pose_now(collection: Any) -> Any:
    """(55, 3) axis-angle of the armature as it stands, in SMPL-X axes."""
    from ..procgen.blender import live, posable

    return posable.pose_of(posable.deformations(live.rig_of(collection)))


def set_by_hand(collection: Any, kept: bool) -> None:
    """Say whether the armature's pose or the fields' is built."""
    with spec_groups.quietly():
        collection.vivant.by_hand = kept


def pose_by_hand(collection: Any, pose: Any) -> None:
    """Give a person a pose that is kept from now on."""
    from ..procgen.blender import live

    live.put_pose(collection, pose)
    set_by_hand(collection, True)
    bpy.context.view_layer.update()
    build(collection)


def register() -> None:
    """Listen to fields, undo and loading."""
    spec_groups.listen(field_changed)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        handlers.append(after_undo)


def unregister() -> None:
    """Stop listening."""
    from ..procgen.blender import live

    spec_groups.listen(None)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post):
        if after_undo in handlers:
            handlers.remove(after_undo)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    _due.clear()
    problems.clear()
    live.forget()
