"""The evaluated scene as triangles and lines with label colours, for drawing and for labels of scenes that others made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..channels.classes import class_id
from ..dataset.palette import class_colors, instance_colors, part_colors
from . import live
from .objects import BODY_PART

# Class of what says nothing about itself.
UNKNOWN = "prop"


@dataclass(frozen=True)
class Piece:
    """Something to draw: corners of triangles or ends of lines.

    positions, normals, colors: (n, 3) float32, world axes; colours sRGB in [0, 1].
    """

    name: str
    lines: bool
    positions: np.ndarray
    normals: np.ndarray
    colors: np.ndarray


def pieces(graph: Any, mode: str) -> Iterator[Piece]:
    """Everything visible that has labels.

    Args:
        graph: Evaluated dependency graph of a view layer.
        mode: "INSTANCE", "SEMANTIC" or "PART"; other modes are coloured as instances.
    """
    numbers = instance_numbers(graph)
    people = sum(1 for key in numbers if key.startswith("person:"))
    for item in graph.object_instances:
        ob = item.object
        if ob.type not in ("MESH", "CURVES") or not item.show_self or not ob.original.get("vivant_labelled", True):
            continue
        key = instance_key(item)
        number = numbers.get(key, 0)
        name = f"{ob.name}/{item.random_id if item.is_instance else 0}"
        matrix = np.array(item.matrix_world, np.float64)
        if ob.type == "CURVES":
            made = _strands(ob, matrix)
        else:
            made = _triangles(ob, matrix)
        if made is None:
            continue
        positions, normals, part = made
        if mode == "PART":
            colors = part_colors(part[None])[0]
        elif mode == "SEMANTIC":
            colors = _class_color(ob.original)
        else:
            colors = instance_colors(np.array([[number]], np.int64), people)[0, 0]
        colors = np.broadcast_to(np.asarray(colors, np.float32), positions.shape)
        yield Piece(name, ob.type == "CURVES", positions, normals, np.ascontiguousarray(colors))


def instance_key(item: Any) -> str:
    """What an evaluated object counts as: a person, or a thing by itself; empty for the background."""
    ob = item.object.original
    if live.PART in ob:
        owner = next((c for c in ob.users_collection if c.get(live.KEY)), None)
        return f"person:{owner.name if owner else ob.name}"
    if ob.get("vivant_instance", 1) == 0 or ob.get("vivant_semantic") in ("terrain", "road", "wall", "floor", "ceiling", "building"):
        return ""
    return f"thing:{ob.name}/{item.random_id if item.is_instance else 0}"


def instance_numbers(graph: Any) -> dict[str, int]:
    """Key -> instance id: people first, in order of their names, then things; the background is 0."""
    keys = {instance_key(i) for i in graph.object_instances if i.object.type in ("MESH", "CURVES") and i.show_self}
    ordered = sorted((k for k in keys if k), key=lambda k: (not k.startswith("person:"), k))
    return {key: number for number, key in enumerate(ordered, 1)}


def semantic_of(ob: Any) -> str:
    """Semantic class of an original object."""
    return str(ob.get("vivant_semantic", UNKNOWN))


def _class_color(ob: Any) -> np.ndarray:
    return class_colors(np.array([[class_id(semantic_of(ob))]], np.int64))[0, 0]


def _triangles(ob: Any, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    mesh = ob.data
    count = len(mesh.loop_triangles)
    if count == 0:
        return None
    corners, faces = np.empty(3 * count, np.int32), np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("vertices", corners)
    mesh.loop_triangles.foreach_get("polygon_index", faces)
    n = len(mesh.vertices)
    points, normals = np.empty(3 * n, np.float32), np.empty(3 * n, np.float32)
    mesh.attributes["position"].data.foreach_get("vector", points)
    mesh.vertex_normals.foreach_get("vector", normals)
    points = points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    normals = normals.reshape(-1, 3) @ np.linalg.inv(matrix[:3, :3])
    attribute = mesh.attributes.get(BODY_PART)
    part = np.zeros(len(mesh.polygons), np.int32)
    if attribute is not None:
        attribute.data.foreach_get("value", part)
    return points[corners].astype(np.float32), normals[corners].astype(np.float32), np.repeat(part[faces], 3)


def _strands(ob: Any, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    curves = ob.data
    if len(curves.curves) == 0:
        return None
    points = np.empty(3 * len(curves.points), np.float32)
    curves.attributes["position"].data.foreach_get("vector", points)
    points = (points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)
    first = np.empty(len(curves.curves) + 1, np.int32)
    curves.curve_offset_data.foreach_get("value", first)
    inner = np.ones(len(points), bool)
    inner[first[1:] - 1] = False
    starts = np.flatnonzero(inner)
    ends = np.stack([starts, starts + 1], 1).ravel()
    along = np.repeat(points[starts + 1] - points[starts], 2, 0)
    # A strand has no normal; one that faces up across it shades evenly.
    normals = np.cross(along, np.cross([0.0, 0.0, 1.0], along))
    return points[ends], normals.astype(np.float32), np.zeros(len(ends), np.int32)
