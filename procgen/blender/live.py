"""People that stay editable in an open file: built once, changed quickly while a slider moves, built anew when it rests.

A person is a collection: an armature in the body's T-pose, meshes that it deforms, hair on its head bone. What they are
is a `HumanSpec`; the caller keeps it. What was built last is remembered here, so that quick changes need no rebuild; the
memory can be lost (another file, undo) and is then made again.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..errors import BuildError
from ..frames import rigid, transform
from ..geometry import Mesh, PlaceGeometry, SceneObject, Seat, Strands
from ..materials.hair import hair_tint
from ..materials.skin import albedo
from ..one_person import level_ground
from ..people.body_state import BodyState, pose_body, root_transform
from ..people.eyelids import follow_gaze
from ..people.following import Following, apply_blend, blended, unposed
from ..people.kinematics import matrices
from ..people.looks import looks_of
from ..people.person import dress_person, pose_person
from ..people.skeleton import JAW, LEFT_EYE, RIGHT_EYE
from ..people.skinning import Skinning
from ..spec import HumanSpec, canonical, replace
from . import objects
from .build_scene import make_data
from .pictured import keep_looks, pictures_of, wear_kept, with_map
from .posable import (
    deformations,
    fit_rig,
    hang_on_bone,
    joint_transforms,
    make_rig,
    pose_of,
    rest_matrices,
    set_pose,
    transform_each,
    transforms_of,
    write_weights,
)
from .relief import RELIEF, express

# Custom property of a person's objects: which part it is. Objects without it are the user's own and are left alone.
PART = "vivant_part"
# Custom property of a person's collection: the HumanSpec as JSON. It survives without the add-on.
SPEC = "vivant_person"
# Bones that turned further than this since they were set were turned by somebody, radians (IK leaves 0.04).
_TOUCHED = 0.05
# Height of a seat that is not there over stature: 0.45 m for an adult (by eye).
SEAT_SHARE = 0.265
_FACE_JOINTS = (JAW, LEFT_EYE, RIGHT_EYE)


@dataclass
class Built:
    """What was built last of one person.

    Attributes:
        following: For quick changes.
        W: (4, 4) world from armature when it was built.
        lift: Metres that the armature's rest pose is raised by.
    """

    following: Following
    W: np.ndarray
    lift: float


# Build number (a custom property of the collection, so that undo brings the right one back) -> what was built.
BUILD, KEY, POSE = "vivant_build", "vivant_key", "vivant_pose"
_KEPT = 8
_built: dict[str, Built] = {}
_numbers = itertools.count()


def rig_of(collection: Any) -> Any:
    """The armature of a person's collection; None if somebody deleted it."""
    return next((ob for ob in collection.objects if ob.type == "ARMATURE" and PART in ob), None)


def parts_of(collection: Any) -> dict[str, Any]:
    """Part name -> object, of the parts that are still there."""
    return {ob[PART]: ob for ob in collection.objects if PART in ob and ob.type != "ARMATURE"}


def insert(scene: Any, name: str, human: HumanSpec, *, place: PlaceGeometry | None = None, ground: float = 0.0) -> Any:
    """Build a person into a scene, as a collection of its own.

    Args:
        scene: The scene of the current context.
        name: Name of the collection.
        human: Who; `position` and `heading` say where. Looks are kept in the file (see `pictured.keep_looks`).
        place: What they stand or sit on; None = level ground at height `ground`.
    Returns:
        The collection.
    """
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    if human.looks:
        keep_looks(collection, looks_of(human))
        human = replace(human, looks="")
    body, settled = _pose(human, place, ground)
    lift = -float(body.rest[: body.count, 2].min())
    rig = make_rig(collection.name, body, lift, collection)
    rig[PART] = "rig"
    rig.matrix_world = Matrix(settled.tolist())
    _dress(collection, rig, human, body, settled, lift)
    return collection


def rebuild(collection: Any, human: HumanSpec, *, place: PlaceGeometry | None = None, by_hand: bool = False) -> HumanSpec:
    """Build a person anew where their armature stands now.

    Args:
        collection: Made by `insert`.
        human: What they are to be; `position` and `heading` are read off the armature.
        place: What they stand on; None = level ground at the armature's height.
        by_hand: Keep the pose that the bones have, instead of the spec's.
    Returns:
        The spec as built, with the armature's position and heading.
    """
    rig = rig_of(collection)
    W = upright(rig)
    human = replace(human, position=(float(W[0, 3]), float(W[1, 3])), heading=float(np.arctan2(W[1, 0], W[0, 0])))
    if by_hand:
        body, settled = _as_posed(rig, human, W), W
    else:
        body, settled = _pose(human, place, float(W[2, 3]))
    lift = -float(body.rest[: body.count, 2].min())
    fit_rig(rig, body, lift)
    if place is not None and not by_hand:
        rig.matrix_world = Matrix(settled.tolist())
    _dress(collection, rig, human, body, settled, lift)
    return human


def change(collection: Any, human: HumanSpec, *, by_hand: bool = False) -> bool:
    """Show another shape, face, pose, hands or gaze at once; everything else waits for `rebuild`.

    Returns:
        False when there is nothing to change quickly from: rebuild instead.
    """
    built = _built.get(collection.get(BUILD))
    rig = rig_of(collection)
    if built is None or rig is None:
        return False
    parts = parts_of(collection)
    if any(name not in parts for name in built.following.names):
        return False
    human = replace(human, position=built.following.human.position, heading=built.following.human.heading)
    pose = None
    if by_hand:
        pose = pose_of(deformations(rig))
    body, rest = built.following.at(human, pose)
    up = np.array([0.0, 0.0, built.lift], np.float32)
    for name, points in zip(built.following.names, rest, strict=True):
        _move(parts[name].data, points + up)
    if RELIEF in collection:
        express(parts["body"], human.expression)
    _pose_bones(collection, rig, joint_transforms(body, built.W, built.lift))
    return True


def is_built(collection: Any, human: HumanSpec) -> bool:
    """True while the last full build of a person is this very spec, wherever it stands."""
    return collection.get(KEY) == _key(human)


def touched(collection: Any) -> bool:
    """True if the bones are no longer as they were set: somebody posed or animated them."""
    rig = rig_of(collection)
    if rig is None or POSE not in collection:
        return False
    was = matrices(np.array(collection[POSE], np.float64).reshape(-1, 3))
    turn = np.swapaxes(was, 1, 2) @ matrices(pose_of(deformations(rig)))
    angle = np.arccos(np.clip((np.trace(turn, axis1=1, axis2=2) - 1.0) / 2.0, -1.0, 1.0))
    angle[list(_FACE_JOINTS[1:])] = 0.0  # eyes follow their target by themselves
    return bool(angle.max() > _TOUCHED)


def body_of(collection: Any, human: HumanSpec) -> BodyState:
    """The posed body of a person as the armature holds it now, in world space."""
    return _as_posed(rig_of(collection), human, np.array(rig_of(collection).matrix_world, np.float64))


def put_pose(collection: Any, pose: np.ndarray) -> None:
    """Pose the bones by hand, as it were: the pelvis stays where it is, and what is lowest at its height.

    Args:
        pose: (J, 3) axis-angle in SMPL-X axes, parent relative.
    """
    rig = rig_of(collection)
    before = deformations(rig)
    heads = rest_matrices(rig)[:, :3, 3]
    G = transforms_of(pose, heads)
    low = transform_each(before, heads)[:, 2].min() - transform_each(G, heads)[:, 2].min()
    here = transform_each(before, heads)[0]
    G[:, :3, 3] += np.array([here[0], here[1], 0.0]) - np.array([*transform_each(G, heads)[0, :2], 0.0]) + [0.0, 0.0, low]
    set_pose(rig, G)


def add_face_keys(collection: Any, human: HumanSpec) -> int:
    """Shape keys of every face action on the meshes that it moves, on top of the expression that is built.

    Returns:
        Number of actions.
    Raises:
        BuildError: the person was not built in this session, or objects are missing.
    """
    built, parts = _built.get(collection.get(BUILD)), parts_of(collection)
    if built is None or any(n not in parts for n in built.following.names):
        raise BuildError("this person was not built in this session", fix="press Build Now, then try again")
    following = built.following
    human = following.human
    names = following.body.model.arkit_names
    meshes = [i for i, ride in enumerate(following.rides) if ride.skinning is not None]
    for action in names:
        body, rest = following.at(replace(human, expression={**human.expression, action: 1.0}), None)
        for i in meshes:
            ride = following.rides[i]
            step = rest[i] - ride.rest
            turned = np.flatnonzero(np.isin(ride.skinning.joints[:, :2], _FACE_JOINTS).any(1))
            if len(turned):
                # The jaw turns as a bone; a key holds what that does, taken back through the pose that is shown.
                some = Skinning(ride.skinning.joints[turned], ride.skinning.weights[turned])
                there = apply_blend(blended(body.T, some), rest[i][turned])
                step[turned] = unposed(following.body.T, there, some) - ride.rest[turned]
            if following.names[i] == "body" or np.abs(step).max(initial=0.0) > 1e-5:
                _shape_key(parts[following.names[i]], action, ride.rest + step + [0.0, 0.0, built.lift])
    return len(names)


def _shape_key(ob: Any, name: str, points: np.ndarray) -> None:
    if ob.data.shape_keys is None:
        ob.shape_key_add(name="Basis", from_mix=False)
    key = ob.data.shape_keys.key_blocks.get(name) or ob.shape_key_add(name=name, from_mix=False)
    key.value = 0.0  # 5.0 adds keys at 1
    key.data.foreach_set("co", np.ascontiguousarray(points, np.float32).ravel())


def forget() -> None:
    """Drop what is remembered of everybody."""
    _built.clear()


def upright(rig: Any) -> np.ndarray:
    """(4, 4) where an armature stands and which way it faces; tilt and scale are left out."""
    M = np.array(rig.matrix_world, np.float64)
    heading = float(np.arctan2(M[1, 0], M[0, 0]))
    return root_transform(heading, M[:3, 3])


def _pose(human: HumanSpec, place: PlaceGeometry | None, ground: float) -> tuple[BodyState, np.ndarray]:
    """Posed body in world space, and (4, 4) where its armature stands: on the ground below the pelvis."""
    human, where = _seated(human, place)
    if place is None:
        if human.gaze is not None:
            human = replace(human, gaze=(human.gaze[0], human.gaze[1], human.gaze[2] - ground))
        body = pose_person(human, where, 0.0)
        up = rigid(np.eye(3), np.array([0.0, 0.0, ground]))
        body, height = body.moved(up @ body.root), ground
    else:
        body = pose_person(human, place, 0.0)
        x, y = body.root[:2, 3]
        height = float(np.asarray(place.height(np.array([x]), np.array([y])))[0])  # type: ignore[operator]
    heading = float(np.arctan2(body.root[1, 0], body.root[0, 0]))
    x, y = human.position if human.seat is None else body.root[:2, 3]
    return body, root_transform(heading, np.array([x, y, height]))


def _seated(human: HumanSpec, place: PlaceGeometry | None) -> tuple[HumanSpec, PlaceGeometry]:
    """Somebody who sits gets the nearest seat of the place, or one of air on level ground; who stands needs none."""
    where = place or level_ground()
    if not getattr(human.pose, "seated", False):
        return replace(human, seat=None), where
    if any(s.name == human.seat for s in where.seats):
        return human, where
    here = np.array(human.position)
    if where.seats:
        nearest = min(where.seats, key=lambda s: float(np.linalg.norm(s.position[:2] - here)))
        return replace(human, seat=nearest.name), where
    high = SEAT_SHARE * human.phenotype.height_m
    seat = Seat("air", np.array([*here, high]), human.heading)
    return replace(human, seat=seat.name), with_changes(where, seats=[seat])


def _as_posed(rig: Any, human: HumanSpec, W: np.ndarray) -> BodyState:
    """The body in the pose of the bones, jaw and eyes included; W says where the armature stands."""
    level = root_transform(float(np.arctan2(W[1, 0], W[0, 0])), W[:3, 3])
    # Bodies stand upright by definition; an armature that was tilted is a pelvis that is turned.
    G = np.linalg.inv(level) @ np.array(rig.matrix_world, np.float64) @ deformations(rig)
    pose = pose_of(G)
    base = pose_person(*_seated(replace(human, gaze=None), None), 0.0)
    root = np.array(level)
    pelvis = transform(level @ G[0], rest_matrices(rig)[0, :3, 3])
    root[:3, 3] = pelvis - root[:3, :3] @ base.joints_rest[0]
    coefficients = base.expression + follow_gaze(base.model, pose)
    return pose_body(base.model, human.phenotype, base.betas, coefficients, pose, root)


def _dress(collection: Any, rig: Any, human: HumanSpec, body: BodyState, W: np.ndarray, lift: float) -> None:
    parts, hidden = dress_person(human, body)
    following = Following(human, body, parts, hidden)
    there = parts_of(collection)
    up = np.array([0.0, 0.0, lift], np.float32)
    pictured = pictures_of(collection)
    for name in set(there) - {p.name for p in parts}:
        objects.remove(there[name])
    for part, ride in zip(parts, following.rides, strict=True):
        data = make_data(_at_rest(with_map(part) if part.name in pictured else part, ride.rest + up))
        if isinstance(part.geometry, Mesh):
            objects.store_labels(data, part.geometry)
        _tint(data, part, human)
        ob = there.get(part.name)
        if ob is None:
            ob = bpy.data.objects.new(part.name, data)
            ob[PART] = part.name
            ob["vivant_semantic"], ob["vivant_labelled"] = part.semantic, part.labelled
            ob.visible_shadow = part.shadow
            collection.objects.link(ob)
        else:
            _swap(ob, data)
        if ride.skinning is None:
            hang_on_bone(ob, rig, "head")
            continue
        ob.parent, ob.parent_type = rig, "OBJECT"
        write_weights(ob, ride.skinning)
        if not any(m.type == "ARMATURE" for m in ob.modifiers):
            ob.modifiers.new("Armature", "ARMATURE").object = rig
    wear_kept(collection, parts_of(collection), human.expression)
    _pose_bones(collection, rig, joint_transforms(body, W, lift))
    number = f"{os.getpid()}-{next(_numbers)}"
    collection[BUILD], collection[KEY] = number, _key(human)
    _built[number] = Built(following, W, lift)
    while len(_built) > _KEPT:
        _built.pop(next(iter(_built)))


# What has several colours in one mesh, by its largest part (by eye); over the white of the eye lies the dark cap of the cornea.
_PALE = {"eye_": (0.62, 0.60, 0.57), "upper_teeth": (0.62, 0.57, 0.47), "lower_teeth": (0.62, 0.57, 0.47)}


def _tint(data: Any, part: SceneObject, human: HumanSpec) -> None:
    """Colours of the solid viewport, which shows no shaders."""
    worn = {str(g.kind) + f"_{i}": g.fabric.color for i, g in enumerate(human.outfit)}
    if part.semantic == "hair" and human.hair is not None:
        color = hair_tint(human.hair.melanin, human.hair.redness)
    elif part.name == "body":
        color = albedo(human.skin.melanin, human.skin.redness)
    elif part.name.startswith(tuple(_PALE)):
        color = next(c for start, c in _PALE.items() if part.name.startswith(start))
    else:
        color = next((c for name, c in worn.items() if part.name.startswith(name)), None)
    if color is not None:
        for material in data.materials:
            material.diffuse_color = (*(float(c) for c in color), 1.0)
            material.roughness = 0.8


def _pose_bones(collection: Any, rig: Any, G: np.ndarray) -> None:
    """Pose the bones, and remember the pose in the file, so that a hand-made one is told from it."""
    set_pose(rig, G)
    collection[POSE] = pose_of(G).ravel().tolist()


def _at_rest(part: SceneObject, rest: np.ndarray) -> SceneObject:
    shape = part.geometry
    if isinstance(shape, Strands):
        shape = with_changes(shape, points=rest.reshape(shape.points.shape))
    else:
        shape = with_changes(shape, vertices=rest)
    return with_changes(part, geometry=shape, person=0, T_world_from_object=np.eye(4))


def _move(data: Any, points: np.ndarray) -> None:
    if isinstance(data, bpy.types.Mesh):
        objects.move_vertices(data, Mesh(points, np.zeros((0, 3), np.int32), ()))
    else:
        data.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(points, np.float32).ravel())
        data.update_tag()


def _swap(ob: Any, data: Any) -> None:
    """Give an object new data of the same kind; the old goes if nobody else uses it."""
    old = ob.data
    data.name = old.name
    ob.data = data
    if old.users == 0:
        bpy.data.batch_remove([old])


def _key(human: HumanSpec) -> str:
    return hashlib.sha256(canonical(replace(human, position=(0.0, 0.0), heading=0.0)).encode()).hexdigest()[:16]
