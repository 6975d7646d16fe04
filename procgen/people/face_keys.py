"""The 52 ARKit actions as displacements of everything on the face: the shape keys of an exported person.

Skin, eyes, teeth and tongue are built again for each action, so a key at 1 is what the model itself would show; brows,
lashes and beards ride on the skin under their roots.
"""

from __future__ import annotations

import numpy as np

from ..frames import transform
from ..geometry import SceneObject, Strands
from ..materials.shader import Shader
from ..spec import HumanSpec
from .body_mesh import body_mesh
from .body_state import BodyState, pose_body
from .expression import apply_poses, expression_from_arkit
from .eyelids import follow_gaze
from .eyes import build_eyes
from .nearest import NearestPoints
from .teeth import build_mouth

# Displacements below this are left out, metres: a key that moves nothing is not worth its bytes.
_LEAST = 2e-6
# Skin further than this from a root does not carry it, metres.
_REACH = 0.02


def arkit_bodies(body: BodyState) -> dict[str, BodyState]:
    """The body with each ARKit action at 1 on top of the expression that it has.

    Lids follow eyes that look up or down, as they do when a gaze is set.

    Returns:
        Action name -> posed body, in the model's order; empty for models without ARKit actions.
    """
    model = body.model
    if model.arkit_to_expression is None:
        return {}
    out: dict[str, BodyState] = {}
    rest_lids = follow_gaze(model, body.pose)
    for name in model.arkit_names:
        coefficients, joints = expression_from_arkit(model, {name: 1.0})
        pose = apply_poses(body.pose, joints)
        lids = follow_gaze(model, pose) - rest_lids
        out[name] = pose_body(model, body.phenotype, body.betas, body.expression + coefficients + lids, pose, body.root)
    return out


def face_keys(
    human: HumanSpec, body: BodyState, parts: list[SceneObject], hidden: np.ndarray | None
) -> dict[str, dict[str, np.ndarray]]:
    """What each action does to each part.

    Args:
        human: Who it is.
        body: Their posed body.
        parts: Their parts as `build_person` made them, in world space; meshes of the face keep their vertices' order.
        hidden: (Q,) bool, skin that was left out under clothes (see `dress_person`).
    Returns:
        Part name -> action -> displacements: (V, 3) float32 metres for meshes, (N, K, 3) for strands. The skin has all
        actions; other parts only those that move them.
    """
    bodies = arkit_bodies(body)
    if not bodies:
        return {}
    neutral = _built(human, body, hidden)
    riders = {p.name: _Rider(body, p.geometry) for p in parts if isinstance(p.geometry, Strands) and p.name != "hair"}
    present = {p.name for p in parts}
    out: dict[str, dict[str, np.ndarray]] = {name: {} for name in (*neutral, *riders) if name in present}
    for action, expressed in bodies.items():
        moved = _built(human, expressed, hidden)
        steps = {name: moved[name] - neutral[name] for name in neutral if name in out}
        steps |= {name: rider.step(expressed) for name, rider in riders.items()}
        for name, step in steps.items():
            if name == "body" or np.abs(step).max(initial=0.0) > _LEAST:
                out[name][action] = step.astype(np.float32)
    return {name: keys for name, keys in out.items() if keys}


def _built(human: HumanSpec, body: BodyState, hidden: np.ndarray | None) -> dict[str, np.ndarray]:
    """Vertices of all meshes of the face, by part name."""
    skin = body_mesh(body, Shader("skin"), {}, hidden=hidden, level=human.detail)
    out = {"body": skin.vertices}
    lod = 0 if human.detail else 1
    for name, mesh, _, _ in build_eyes(human.eyes, body, age=human.phenotype.age_years, lod=lod):
        out[name] = mesh.vertices
    for name, mesh, _ in build_mouth(body):
        out[name] = mesh.vertices
    return {name: np.asarray(v, np.float64) for name, v in out.items()}


class _Rider:
    """Strands that turn and move with the skin triangle under their roots."""

    def __init__(self, body: BodyState, strands: Strands) -> None:
        self.points = np.asarray(strands.points, np.float64)
        faces = np.asarray(body.model.faces, np.int64)
        centre = body.posed[: body.count].astype(np.float64)[faces].mean(1)
        near = np.linalg.norm(centre - self.points[:, 0].mean(0), axis=1) < 0.3
        faces = faces[near]
        distance, nearest = NearestPoints(centre[near]).query(self.points[:, 0], 1)
        self.triangles = faces[np.asarray(nearest).reshape(-1)]
        self.carried = np.asarray(distance).reshape(-1) < _REACH
        self.origin, self.frame = _frames(body, self.triangles)

    def step(self, expressed: BodyState) -> np.ndarray:
        """(N, K, 3) displacement of the strands when the skin moves to another expression."""
        origin, frame = _frames(expressed, self.triangles)
        local = np.einsum("nkj,nji->nki", self.points - self.origin[:, None], self.frame)
        there = np.einsum("nki,nji->nkj", local, frame) + origin[:, None]
        return np.where(self.carried[:, None, None], there - self.points, 0.0)


def _frames(body: BodyState, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres (N, 3) and orthonormal axes as columns (N, 3, 3) of triangles of the posed skin."""
    a, b, c = (body.posed[triangles[:, k]].astype(np.float64) for k in range(3))
    x = (b - a) / np.maximum(np.linalg.norm(b - a, axis=1, keepdims=True), 1e-12)
    z = np.cross(b - a, c - a)
    z /= np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    return (a + b + c) / 3.0, np.stack([x, np.cross(z, x), z], -1)


def keys_of_cards(keys: dict[str, np.ndarray], owner: np.ndarray) -> dict[str, np.ndarray]:
    """Strand displacements on the mesh of those strands (see `hair_cards.hair_cards` with as many points as they have).

    Args:
        keys: Action -> (N, K, 3).
        owner: (V,) strand of each vertex; strand by strand, root to tip, a ring at a time.
    Returns:
        Action -> (V, 3) float32.
    """
    strands = len(np.unique(owner))
    out: dict[str, np.ndarray] = {}
    for action, step in keys.items():
        points = step.shape[1]
        along = np.tile(np.repeat(np.arange(points), len(owner) // (strands * points)), strands)
        out[action] = np.ascontiguousarray(step[owner, along], np.float32)
    return out


def in_object_frame(part: SceneObject, step: np.ndarray) -> np.ndarray:
    """World displacements in the frame of a part's own vertices."""
    turn = np.linalg.inv(part.T_world_from_object)
    turn[:3, 3] = 0.0
    return transform(turn, step.reshape(-1, 3)).reshape(step.shape).astype(np.float32)
