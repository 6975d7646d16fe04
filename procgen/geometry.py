"""What the pure core hands to Blender: finished meshes and strands, plain numpy, world axes (Z up, metres).

Everything visible is made here without Blender, so that it can be tested, exported and proved without it. Blender
receives arrays and adds nothing: no modifiers, no randomness.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .materials.shader import Shader


@dataclass
class Mesh:
    """A polygon mesh, all triangles or all quads.

    Attributes:
        vertices: (V, 3) float32, metres, object frame.
        faces: (F, 3) or (F, 4) int32, counter-clockwise seen from outside.
        materials: Shaders; `face_material` indexes them.
        face_material: (F,) int32, or None for all zero.
        uv: (F, k, 2) float32 per face corner, or None.
        point: Named per-vertex attributes for shaders, (V,) or (V, 3) float32.
        face: Named per-face attributes, (F,) float32.
        part: (F,) uint8 body-part id of each face (0 = none), for people.
        iuv: (F, k, 2) float32 body UV per corner for the IUV channel, for people.
        next_vertices: (V, 3) float32, the same vertices one frame later (flow); None = rigid and at rest.
        smooth: Shade smooth.
    """

    vertices: np.ndarray
    faces: np.ndarray
    materials: tuple[Shader, ...]
    face_material: np.ndarray | None = None
    uv: np.ndarray | None = None
    point: dict[str, np.ndarray] = field(default_factory=dict)
    face: dict[str, np.ndarray] = field(default_factory=dict)
    part: np.ndarray | None = None
    iuv: np.ndarray | None = None
    next_vertices: np.ndarray | None = None
    smooth: bool = True

    def folded(self) -> np.ndarray:
        """(F,) bool: quads that a split along 0–2 would fold by more than a right angle; they are split along 1–3.

        Source: Blender's `is_quad_flip_v3_first_third_fast`; what is rendered must be what ray casters see.
        """
        if self.faces.shape[1] == 3:
            return np.zeros(len(self.faces), bool)
        a, b, c, d = (self.vertices[self.faces[:, k]] for k in range(4))
        return np.einsum("ij,ij->i", np.cross(b - a, c - a), np.cross(c - a, d - a)) < 0

    def triangles(self) -> np.ndarray:
        """(T, 3) int32: quads split as Blender splits them (quad i gives rows 2i, 2i + 1), see `folded`."""
        if self.faces.shape[1] == 3:
            return self.faces
        out = np.stack([self.faces[:, [0, 1, 2]], self.faces[:, [0, 2, 3]]], 1)
        flip = self.folded()
        out[flip] = np.stack([self.faces[flip][:, [0, 1, 3]], self.faces[flip][:, [1, 2, 3]]], 1)
        return out.reshape(-1, 3)


@dataclass
class Strands:
    """Hair-like curves with the same number of points each.

    Attributes:
        points: (N, K, 3) float32, metres, object frame, root first.
        radius: (N, K) float32, metres.
        material: Shader.
        next_points: (N, K, 3) float32 one frame later, or None.
        attributes: Named per-strand attributes for shaders, (N,) or (N, 3) float32.
    """

    points: np.ndarray
    radius: np.ndarray
    material: Shader
    next_points: np.ndarray | None = None
    attributes: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass
class SceneObject:
    """One thing in the scene.

    Attributes:
        name: Unique within the scene, e.g. "person_0/body", "tree_03".
        geometry: Mesh or Strands. Objects may share one geometry (instances).
        semantic: Class name from `channels/classes.py`, e.g. "skin", "hair", "upper_clothes", "terrain", "vegetation".
        instance: 0 = background (terrain, walls); people 1..P in spec order; other countable things from P + 1.
        person: Index into `SceneSpec.people`, or -1.
        T_world_from_object: (4, 4) float64.
        labelled: False leaves the object out of the ground truth (cornea, window glass, light fixtures).
        shadow: False: casts no shadow.
    """

    name: str
    geometry: Mesh | Strands
    semantic: str
    instance: int = 0
    person: int = -1
    T_world_from_object: np.ndarray = field(default_factory=lambda: np.eye(4))
    labelled: bool = True
    shadow: bool = True


@dataclass
class Light:
    """A lamp. `kind` is "sun" (energy W/m²), "area" or "point" (energy W); `size` metres, for sun radians.

    Lamps shine along -Z of `T_world_from_object`, as in Blender.
    """

    kind: str
    energy: float
    color: tuple[float, float, float]
    size: float
    T_world_from_object: np.ndarray


@dataclass
class Seat:
    """A place to sit: top centre of the seat, the direction a sitter faces (radians about Z; 0 faces -Y) and its size."""

    name: str
    position: np.ndarray
    heading: float
    width: float = 0.45
    depth: float = 0.42


@dataclass(eq=False)
class PlaceGeometry:
    """What a place generator builds; compared by identity, so that what was settled on it can be remembered.

    Attributes:
        objects: Everything that stands there (instance 0 or counted from 1 within the place; assembly renumbers).
        lights: Lamps of the place (indoor lights, sun comes from the sky).
        height: Vectorised ground height (x (N,), y (N,)) -> z (N,), metres: where feet stand.
        stage: (4,) x0, y0, x1, y1 of the area where people may stand.
        obstacles: (M, 3) x, y, radius of things on the stage to keep clear of, metres.
        seats: Places to sit.
        indoor: True if walls and ceiling enclose the stage.
        camera_area: (4,) x0, y0, x1, y1 that a camera may stand in.
        ceiling: Highest z a camera may take.
    """

    objects: list[SceneObject]
    lights: list[Light]
    height: object
    stage: np.ndarray
    obstacles: np.ndarray
    seats: list[Seat]
    indoor: bool
    camera_area: np.ndarray
    ceiling: float = 1e9


@dataclass
class SceneGeometry:
    """A whole scene at one moment, ready for Blender or for a ray caster.

    Attributes:
        objects: Object id in the labels = index + 1.
        lights: All lamps.
        world: Sky shader.
        bodies: Posed body of each person, in spec order (joints, keypoints, parameters).
        time: Seconds.
    """

    objects: list[SceneObject]
    lights: list[Light]
    world: Shader
    bodies: list[object]
    time: float = 0.0
