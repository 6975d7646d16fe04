"""How everything on a person follows at once when shape, face or pose change: the quick way, for sliders that are dragged.

Clothes and hair are not made anew: each vertex keeps its place over the skin that it lies on at rest, and the skeleton
carries it. Folds, hidden skin and settled contacts stay those of the last full build, which follows when the drag ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial

import numpy as np

from ..frames import transform
from ..geometry import SceneObject, Strands
from ..spec import HumanSpec
from .body_mesh import skin_rows
from .body_state import BodyState, pose_body, root_transform
from .clearance import KNEE, clear_legs
from .expression import POSE_JOINTS, apply_poses, expression_from_arkit
from .eyes import gaze_pose
from .kinematics import forward, rotvecs
from .motion import expression_at, moment_at
from .nearest import NearestPoints
from .proxies import make_proxy
from .shape import betas_from_phenotype
from .skeleton import HEAD
from .skinning import INFLUENCES, Skinner, Skinning, strongest

# Skin vertices that carry a vertex of a garment or a strand; the softening keeps single vertices from dominating, metres.
CARRIERS, SOFTENING = 4, 0.004
ANKLE = (7, 8)
_EYES = ("left_eye_smplhf", "right_eye_smplhf")
_SHELLS = ("eye_l", "eye_r")


@dataclass(frozen=True)
class Ride:
    """How one part goes with the body.

    Attributes:
        rest: (n, 3) float32 in the body's rest frame: what the skeleton carries to where the part was built.
        skinning: Joints and weights of every vertex; None for strands, which go with the head.
        carriers: Gives vertices of the full body (m, 4) and weights (m, 4) float32 that sum to 1; m = n, or the number of
            strands. Found when they are first asked for: most people are never changed by a slider.
    """

    rest: np.ndarray
    skinning: Skinning | None
    carriers: Callable[[], tuple[np.ndarray, np.ndarray]]


class Following:
    """A built person that can be changed quickly.

    Args:
        human: Who was built.
        body: Their posed body.
        parts: Everything visible, in world space, as `dress_person` made it from them.
        hidden: (Q,) bool, the skin that clothes hide.
    """

    def __init__(self, human: HumanSpec, body: BodyState, parts: list[SceneObject], hidden: np.ndarray) -> None:
        self.human, self.body, self.hidden = human, body, hidden
        self.names = [part.name for part in parts]
        self._skinner = Skinner(body)
        self._expression, self._face = expression_from_arkit(body.model, _shown(human))
        self._used, self._subdivided = skin_rows(body.model, hidden, human.detail)
        self.rides = [self._ride(part) for part in parts]

    def at(self, human: HumanSpec, pose: np.ndarray | None = None) -> tuple[BodyState, list[np.ndarray]]:
        """The person with other shape, expression, pose, hands or gaze.

        Args:
            human: The wanted person; what else differs (hair style, outfit) waits for a full build.
            pose: (J, 3) axis-angle to keep instead of the pose family's, e.g. of an armature that was posed by hand.
        Returns:
            The body, and the rest vertices of every part, (n, 3) float32, in the order of the parts.
        """
        body = self._body(human, pose)
        step = body.rest - self.body.rest
        out = []
        for name, ride in zip(self.names, self.rides, strict=True):
            if name == "body":
                used = step[self._used]
                out.append(ride.rest + (used if self._subdivided is None else self._subdivided.smooth @ used))
                continue
            index, share = ride.carriers()
            moved = np.zeros((len(index), 3), np.float32)
            for k in range(CARRIERS):
                moved += share[:, k, None] * step[index[:, k]]
            if len(moved) != len(ride.rest):
                moved = np.repeat(moved, len(ride.rest) // len(moved), 0)
            out.append(ride.rest + moved)
        return body, out

    def _body(self, human: HumanSpec, pose: np.ndarray | None) -> BodyState:
        old, model = self.body, self.body.model
        same_shape = human.phenotype == self.human.phenotype
        betas = old.betas if same_shape else betas_from_phenotype(model, human.phenotype)
        expression, face = expression_from_arkit(model, _shown(human))
        coefficients = old.expression + (expression - self._expression)
        kept = pose is not None
        if pose is None:
            pose = self._pose(human)
        pose = apply_poses(apply_poses(pose, {j: -v for j, v in self._face.items()}), face)
        body = pose_body(model, human.phenotype, betas, coefficients, pose, old.root)
        if not (same_shape or kept) and self._legs_apart:
            # Thicker thighs stand further apart, or trousers would be drawn into them.
            pose = _legs_apart(body, pose)
            body = pose_body(model, human.phenotype, betas, coefficients, pose, old.root)
        if human.gaze != self.human.gaze:
            pose = gaze_pose(body, None if human.gaze is None else np.asarray(human.gaze))
            body = pose_body(model, human.phenotype, betas, coefficients, pose, old.root)
        # What was lowest stays on the ground.
        drop = float(old.posed[: old.count, 2].min() - body.posed[: body.count, 2].min())
        return body if abs(drop) < 1e-6 else body.moved(root_transform(0.0, np.array([0.0, 0.0, drop])) @ body.root)

    @cached_property
    def _legs_apart(self) -> bool:
        """Whether the built pose keeps the legs off each other; crossed legs do not."""
        return np.array_equal(_legs_apart(self.body, self.body.pose), self.body.pose)

    def _pose(self, human: HumanSpec) -> np.ndarray:
        """(J, 3): the settled pose while the pose family's parameters are the same, else the family's own, unsettled."""
        changed = [getattr(human, n) != getattr(self.human, n) for n in ("pose", "left_hand", "right_hand", "motion")]
        if not any(changed):
            return self.body.pose
        new, old = (_unsettled(h) for h in (human, self.human))
        # What settling and the face changed is kept where the families agree.
        same = np.abs(new - old).max(1) < 1e-9
        return np.where(same[:, None], self.body.pose, new + np.where(_is_face(len(new))[:, None], self.body.pose - old, 0.0))

    def _ride(self, part: SceneObject) -> Ride:
        shape = part.geometry
        if isinstance(shape, Strands):
            points = transform(np.linalg.inv(self.body.T[HEAD]), np.asarray(shape.points, np.float64).reshape(-1, 3))
            roots = points.reshape(shape.points.shape)[:, 0]
            return Ride(points.astype(np.float32), None, cache(partial(self._carriers, roots, False)))
        skinning = self._skin_weights() if part.name == "body" else self._skinner.skin(part)
        rest = unposed(self.body.T, transform(part.T_world_from_object, np.asarray(shape.vertices, np.float64)), skinning)
        if part.semantic == "eyes":
            return Ride(rest, skinning, cache(partial(self._eye_carriers, skinning)))
        inner = part.name in self.body.model.shell_faces  # teeth and tongue
        return Ride(rest, skinning, cache(partial(self._carriers, rest, inner)))

    def _skin_weights(self) -> Skinning:
        """The model's own weights; those of the nearest skin would mix both lips of a closed mouth."""
        used = self.body.weights[self._used]
        return strongest(np.asarray(used if self._subdivided is None else self._subdivided.linear @ used, np.float64))

    @cached_property
    def _near(self) -> NearestPoints:
        return NearestPoints(self.body.rest[: self.body.count])

    @cached_property
    def _full(self) -> NearestPoints:
        return NearestPoints(self.body.rest)

    def _carriers(self, points: np.ndarray, shells: bool) -> tuple[np.ndarray, np.ndarray]:
        near = self._full if shells else self._near
        distance, index = near.query(points, CARRIERS)
        share = 1.0 / (distance + SOFTENING) ** 2
        return index, (share / share.sum(1, keepdims=True)).astype(np.float32)

    def _eye_carriers(self, skinning: Skinning) -> tuple[np.ndarray, np.ndarray]:
        """Eyeballs are rigid: each goes with four far-apart vertices of its shell, whose mean is its centre's motion."""
        left = skinning.joints[:, 0] == self.body.joint(_EYES[0])
        corners = []
        for shell in _SHELLS:
            ids = np.unique(self.body.model.shell_faces[shell])
            p = self.body.rest[ids]
            corners.append(ids[[p[:, 0].argmin(), p[:, 0].argmax(), p[:, 2].argmin(), p[:, 2].argmax()]])
        index = np.where(left[:, None], corners[0], corners[1])
        return index, np.full(index.shape, 1.0 / CARRIERS, np.float32)


def blended(T: np.ndarray, skinning: Skinning) -> np.ndarray:
    """(n, 3, 4) blend of the joints' transforms at every vertex."""
    flat = T[:, :3].reshape(len(T), 12)
    out = np.zeros((len(skinning.joints), 12))
    for k in range(INFLUENCES):
        out += skinning.weights[:, k, None] * flat[skinning.joints[:, k]]
    return out.reshape(-1, 3, 4)


def apply_blend(blend: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n, 3): each point moved by its own (3, 4) matrix."""
    return np.einsum("nij,nj->ni", blend[:, :, :3], points) + blend[:, :, 3]


def unposed(T: np.ndarray, points: np.ndarray, skinning: Skinning) -> np.ndarray:
    """(n, 3) float32 rest vertices that linear blend skinning carries to the given world points."""
    blend = blended(T, skinning)
    return np.linalg.solve(blend[:, :, :3], (points - blend[:, :, 3])[..., None])[..., 0].astype(np.float32)


def _legs_apart(body: BodyState, pose: np.ndarray) -> np.ndarray:
    """(J, 3) the pose with legs turned off each other, as settling does, and feet as they were."""
    proxy = make_proxy(body)
    out = clear_legs(proxy, pose)
    if np.array_equal(out, pose):
        return pose
    before, after = forward(np.asarray(pose, np.float64), proxy.rest), forward(out, proxy.rest)
    for knee, ankle in zip(KNEE.values(), ANKLE, strict=True):
        out[ankle] = rotvecs(after.R[knee].T @ before.R[ankle])
    return out.astype(np.asarray(pose).dtype)


def _unsettled(human: HumanSpec) -> np.ndarray:
    return moment_at(human, 0.0).pose


def _shown(human: HumanSpec) -> dict[str, float]:
    """Actions of the face at the first moment: a motion may add a blink or a mouth that talks."""
    return expression_at(human, moment_at(human, 0.0))


def _is_face(count: int) -> np.ndarray:
    out = np.zeros(count, bool)
    out[list(POSE_JOINTS)] = True
    return out


__all__ = ["Following", "Ride", "apply_blend", "blended", "unposed"]
