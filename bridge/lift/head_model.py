"""A head as the fit sees it: linear identity and expression, a jaw and two eyes that turn, and named landmarks.

Frame: metres, axes of the SMPL-X rest pose (X to the person's left, Y up, Z out of the face), origin between the eyes.
Both the open head and FLAME- or SMPL-X-format files become one of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...procgen.people.lbs import rodrigues

# Step of the numerical derivative of a rotation matrix by its vector, radians; the error is of its square.
_STEP = 1e-4


@dataclass(frozen=True)
class Hinge:
    """A part of the head that turns: the jaw or an eye.

    Attributes:
        weights: (N,) in [0, 1], how much each vertex goes with it.
        centre: (3,) joint of the mean head, metres.
        centre_by_identity: (I, 3) how identity moves it.
        turn_by_expression: (E, 3) rotation vector of each expression unknown at 1, radians.
        correctives: (N, 3, 9) what (rotation - identity), row by row, adds to the rest shape; None: nothing.
    """

    weights: np.ndarray
    centre: np.ndarray
    centre_by_identity: np.ndarray
    turn_by_expression: np.ndarray
    correctives: np.ndarray | None = None


@dataclass(frozen=True)
class Points:
    """Fixed places on the surface.

    Attributes:
        corners: (P, 3) int vertices of the triangle that holds each.
        bary: (P, 3) rows sum to 1.
    """

    corners: np.ndarray
    bary: np.ndarray

    def on(self, vertices: np.ndarray) -> np.ndarray:
        """(..., P, 3) places of vertices (..., N, 3)."""
        return np.einsum("pk,...pkc->...pc", self.bary, vertices[..., self.corners, :])


@dataclass(frozen=True, eq=False)
class HeadModel:
    """N vertices, F triangles, I identity and E expression unknowns.

    Attributes:
        name: For messages and results.
        vertices: (N, 3) mean head.
        triangles: (F, 3) int, skin and eyes.
        identity: (I, N, 3) displacement of one standard deviation; unknowns are standard normal.
        expression: (E, N, 3) displacement at 1.
        expression_names: (E,) names; ARKit's where the model has them.
        lower, upper: (E,) bounds of the expression.
        expression_sd: (E,) typical size of each.
        rivals: Pairs of expression unknowns that do nearly the same, so that only one should be on.
        hinges: Jaw and eyes.
        face: (N,) bool, the front of the face: what errors are measured on.
        skin: (N,) bool, smooth outer skin that depth and normals may be compared on.
        landmarks: The 478 points of MediaPipe's mesh, or None.
        known: (478,) bool, which of the landmarks mean something; None: all.
        decode: Arrays that turn the unknowns into the coefficients of the file that the model came from.
        uv: (T, 2) UV coordinates, v up, and uv_faces: (F, 3) rows of them for `triangles`; None where the model has no UV map.
    """

    name: str
    vertices: np.ndarray
    triangles: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    expression_names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    expression_sd: np.ndarray
    rivals: tuple[tuple[int, int], ...]
    hinges: tuple[Hinge, ...]
    face: np.ndarray
    skin: np.ndarray
    landmarks: Points | None = None
    known: np.ndarray | None = None
    decode: Mapping[str, np.ndarray] = field(default_factory=dict)
    uv: np.ndarray | None = None
    uv_faces: np.ndarray | None = None

    @property
    def identity_count(self) -> int:
        """I."""
        return len(self.identity)

    @property
    def expression_count(self) -> int:
        """E."""
        return len(self.expression)

    def shape(self, z: np.ndarray, e: np.ndarray) -> np.ndarray:
        """(N, 3) vertices of a head.

        Args:
            z: (I,) identity. e: (E,) expression.
        """
        return self._evaluate(z, e, False)[0]

    def linearised(self, z: np.ndarray, e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (N, 3) and their derivative (N, 3, I + E)."""
        x, jacobian = self._evaluate(z, e, True)
        return x, jacobian  # type: ignore[return-value]

    def restrict(self, vertices: np.ndarray) -> HeadModel:
        """The same head with only some of its vertices (ids), without triangles that lack a corner."""
        place = np.full(len(self.vertices), -1)
        place[vertices] = np.arange(len(vertices))
        keep = (place[self.triangles] >= 0).all(1)
        hinges = tuple(
            Hinge(
                h.weights[vertices], h.centre, h.centre_by_identity, h.turn_by_expression,
                None if h.correctives is None else h.correctives[vertices],
            )
            for h in self.hinges
        )  # fmt: skip

        def points(p: Points | None) -> Points | None:
            if p is None or (place[p.corners] < 0).any():
                return None
            return Points(place[p.corners], p.bary)

        return HeadModel(
            self.name, self.vertices[vertices], place[self.triangles[keep]], np.ascontiguousarray(self.identity[:, vertices]),
            np.ascontiguousarray(self.expression[:, vertices]), self.expression_names, self.lower, self.upper,
            self.expression_sd, self.rivals, hinges, self.face[vertices], self.skin[vertices], points(self.landmarks),
            self.known, self.decode,
        )  # fmt: skip

    def _evaluate(self, z: np.ndarray, e: np.ndarray, derive: bool) -> tuple[np.ndarray, np.ndarray | None]:
        n, count, own = len(self.vertices), len(z), len(z) + len(e)
        rest = self.vertices + (z @ self.identity.reshape(count, -1)).reshape(n, 3)
        rest = rest + (e @ self.expression.reshape(len(e), -1)).reshape(n, 3)
        J = None
        if derive:
            J = np.empty((n, 3, own))
            J[..., :count] = self.identity.transpose(1, 2, 0)
            J[..., count:] = self.expression.transpose(1, 2, 0)
        x = rest.copy()
        for hinge in self.hinges:
            on = np.flatnonzero(hinge.weights > 1e-5)
            turn = e @ hinge.turn_by_expression
            R = rodrigues(turn)
            w = hinge.weights[on, None]
            arm = rest[on] - (hinge.centre + z @ hinge.centre_by_identity)
            x[on] += w * (arm @ (R - np.eye(3)).T)
            if hinge.correctives is not None:
                x += hinge.correctives @ (R - np.eye(3)).ravel()
            if J is None:
                continue
            spin = np.einsum("ab,nbk->nak", R - np.eye(3), J[on])
            spin[..., :count] -= ((R - np.eye(3)) @ hinge.centre_by_identity.T)[None]
            used = np.flatnonzero(np.abs(hinge.turn_by_expression).max(1) > 1e-9)
            for axis in range(3):
                step = np.zeros(3)
                step[axis] = _STEP
                dR = (rodrigues(turn + step) - rodrigues(turn - step)) / (2 * _STEP)
                moved = arm @ dR.T
                spin[..., count + used] += moved[..., None] * hinge.turn_by_expression[used, axis]
                if hinge.correctives is not None:
                    bent = hinge.correctives @ dR.ravel()
                    J[..., count + used] += bent[..., None] * hinge.turn_by_expression[used, axis]
            J[on] += w[..., None] * spin
        return x, J
