"""Fits a head to one or several views: where it is, then who it is, then what it does, from landmarks to every pixel.

Unknowns are solved for together by damped Gauss-Newton with analytic derivatives; each stage starts where the last one
ended and adds what it may trust by then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.frames import rigid
from ...procgen.people.lbs import rodrigues
from .face_view import DenseSpread, FaceView, Layout, dense_terms, iris_term, landmark_term, scaled
from .head_model import HeadModel
from .landmark_errors import LandmarkErrors, landmark_errors, yaw_of
from .least_squares import Priors, Solution, Term, minimise, rotation_vector

# A face that looks into the camera: X stays, Y and Z turn from the head's axes to the camera's.
FACING_CAMERA = np.diag([1.0, -1.0, -1.0])
# Lens of a photograph of which nothing is known: most portraits are taken at 35 to 100 mm on a 36 mm sensor.
GUESSED_FOCAL, LENS_SD = 1.6, 0.30
# Scale (logarithm) and shift of depth that is only relative: any.
RELIEF_SD = (2.0, 5.0)
# How much more both of two rival actions cost than one; left against right of an action.
EXCLUSION, SIDES_SD = 0.6, 0.12
# Actions that differ by this much from side to side are one-sided.
ONE_SIDED = 0.25
# Pull of an action towards zero; how much of it is left once an action is clearly on, which it is beyond so many of its spreads; and
# how much stronger it is then for those that are off. Chosen on heads of another seed than those that are measured.
SPARSITY, CERTAIN, OFF = 1.5, 0.7, 3.0
# How often what is on is told again from what is off.
ROUNDS = 2
DENSE_TRIANGLES = (500, 1600)
# Beside depth and normals landmarks count for less: their errors follow the expression, which no mean bias tells.
LANDMARK_TRUST = 0.4
# Shapes beyond this many standard deviations are no faces.
IDENTITY_LIMIT = 4.5


@dataclass(frozen=True)
class FitSettings:
    """Choices of a fit.

    Attributes:
        expression: False holds a neutral face.
        dense: False uses landmarks alone.
        spread: How far depth and normals are believed.
        identity: (I,) of somebody who is known: held; None: fitted.
        iris: Take irises to be 11.7 mm wide.
        lens: Logarithm of a known factor on the focal length of pictures without a camera: held; None: fitted.
        start: (4, 4) where the head is in the common frame, for views without landmarks.
        steps: Most steps with few triangles and with many.
    """

    expression: bool = True
    dense: bool = True
    spread: DenseSpread = field(default_factory=DenseSpread)
    identity: np.ndarray | None = None
    lens: float | None = None
    iris: bool = True
    start: np.ndarray | None = None
    steps: tuple[int, int] = (8, 7)


@dataclass(frozen=True)
class FaceFit:
    """A fitted head.

    Attributes:
        head: The model.
        identity: (I,) standard deviations. expression: (E,).
        T_cam_from_head: For each view, (4, 4).
        K: For each view, (3, 3).
        vertices: (N, 3) in the head's frame.
        uncertainty: (I + E,) standard deviation of each unknown.
        relief: For each view, scale and shift of its depth.
        costs: Of each kind of residual, at the end.
        steps: Gauss-Newton steps taken.
    """

    head: HeadModel
    identity: np.ndarray
    expression: np.ndarray
    T_cam_from_head: tuple[np.ndarray, ...]
    K: tuple[np.ndarray, ...]
    vertices: np.ndarray
    uncertainty: np.ndarray
    relief: tuple[tuple[float, float], ...]
    costs: dict[str, float]
    steps: int

    def yaw(self, view: int = 0) -> float:
        """Degrees that the head is turned from the camera; positive: its left side is seen."""
        return yaw_of(self.T_cam_from_head[view][:3, :3])

    def activations(self, least: float = 0.01) -> dict[str, float]:
        """Actions that are on, by name."""
        pairs = zip(self.head.expression_names, self.expression, strict=True)
        return {n: round(float(v), 4) for n, v in pairs if abs(v) >= least}


def guess_camera(width: int, height: int) -> np.ndarray:
    """(3, 3) K of a photograph of which nothing is known."""
    f = GUESSED_FOCAL * max(width, height)
    return np.array([[f, 0.0, width / 2], [0.0, f, height / 2], [0.0, 0.0, 1.0]])


def fit_face(head: HeadModel, views: Sequence[FaceView], settings: FitSettings | None = None) -> FaceFit:
    """Fit a head.

    Args:
        head: With landmarks.
        views: At least one with landmarks; all show the same face with the same expression.
    Raises:
        LiftError: no view has landmarks.
    """
    return _Fit(head, views, settings or FitSettings()).run()


# x, which unknowns are free, most steps.
Solve = Callable[[np.ndarray, np.ndarray, int], Solution]


class _Fit:
    def __init__(self, head: HeadModel, views: Sequence[FaceView], settings: FitSettings) -> None:
        if head.landmarks is None:
            raise LiftError(f"head {head.name!r} has no landmarks", fix="a head file with landmarks, see docs/lift.md")
        if settings.start is None and not any(v.points is not None for v in views):
            raise LiftError("no view has landmarks", fix="a picture in which the face is found")
        self.head, self.views, self.settings = head, views, settings
        self.errors: LandmarkErrors = landmark_errors()
        used = np.unique(head.landmarks.corners)
        self.marked = head.restrict(used)
        skin = np.flatnonzero(head.skin)
        self.skin = head.restrict(skin)
        self.layout = self._lay_out()
        self.dense: np.ndarray | None = None
        self.reach, self.trust = 0.03, 1.0

    def _lay_out(self) -> Layout:
        faces, V = self.head.identity_count, len(self.views)
        at = faces + self.head.expression_count
        shared = all(v.lens_known for v in self.views) and V > 1
        pose = [at] * V if shared else [at + 6 * i for i in range(V)]
        at += 6 if shared else 6 * V
        lens = None
        if not all(v.lens_known for v in self.views):
            lens, at = at, at + 1
        relief: list[int | None] = []
        for view in self.views:
            needs = view.depth is not None and not view.depth_metric
            relief.append(at if needs else None)
            at += 2 if needs else 0
        slips = []
        for view in self.views:
            count = len(self.errors.modes) if view.points is not None else 0
            slips.append(slice(at, at + count))
            at += count
        return Layout(slice(0, faces), slice(faces, faces + self.head.expression_count), tuple(pose), lens, tuple(relief), tuple(slips), at,
            (0.0,) * V)  # fmt: skip

    def _priors(self, x: np.ndarray | None = None) -> Priors:
        """What is believed beforehand; x: (K,) solution so far, which tells one-sided actions."""
        head, layout = self.head, self.layout
        n = layout.count
        precision = np.zeros(n)
        precision[layout.identity] = 1.0
        precision[layout.expression] = 1.0 / head.expression_sd**2
        for s in layout.slips:
            precision[s] = 1.0
        if layout.lens is not None:
            precision[layout.lens] = 1.0 / LENS_SD**2
        for k in layout.relief:
            if k is not None:
                precision[k], precision[k + 1] = 1.0 / RELIEF_SD[0] ** 2, 1.0 / RELIEF_SD[1] ** 2
        # Where nothing is seen of the pose it stays where it is.
        for k in layout.pose:
            precision[k : k + 6] = 1e-6
        matrix = np.zeros((n, n))
        first = layout.expression.start
        for a, b in head.rivals:
            c = EXCLUSION / (head.expression_sd[a] * head.expression_sd[b])
            matrix[first + a, first + b] += c
            matrix[first + b, first + a] += c
        for a, b in _sides(head.expression_names):
            # Who winks clearly winks with one eye: what already differs is hardly tied any more (Geman-McClure).
            apart = 0.0 if x is None else float(x[first + a] - x[first + b])
            w = 1.0 / (SIDES_SD**2 * (1.0 + (apart / ONE_SIDED) ** 2) ** 2)
            for i, j, sign in ((a, a, 1), (b, b, 1), (a, b, -1), (b, a, -1)):
                matrix[first + i, first + j] += sign * w
        slope = np.zeros(n)
        slope[layout.expression] = np.where(head.lower >= 0.0, SPARSITY, 0.0)
        if x is not None:
            # An expression is a few actions that are on, and many that are not: what is clearly on is hardly drawn to zero any more
            # (Candès, Wakin and Boyd 2008).
            off = 1.0 / (1.0 + (x[layout.expression] / (CERTAIN * head.expression_sd)) ** 2)
            precision[layout.expression] *= np.where(head.lower >= 0.0, off, 1.0)
            slope[layout.expression] *= OFF * off
        lower, upper = np.full(n, -np.inf), np.full(n, np.inf)
        lower[layout.identity], upper[layout.identity] = -IDENTITY_LIMIT, IDENTITY_LIMIT
        lower[layout.expression], upper[layout.expression] = head.lower, head.upper
        mean = np.zeros(n)
        turns = tuple(dict.fromkeys(layout.pose))
        return Priors(mean, precision, matrix, slope, lower, upper, turns)

    def run(self) -> FaceFit:
        x = self._start()
        held = np.zeros(self.layout.count, bool)
        if self.settings.identity is not None:
            x[self.layout.identity] = self.settings.identity
            held[self.layout.identity] = True
        if self.settings.lens is not None and self.layout.lens is not None:
            x[self.layout.lens] = self.settings.lens
            held[self.layout.lens] = True
        layout, n = self.layout, self.layout.count
        start = x.copy()

        def believed(x: np.ndarray | None) -> Priors:
            out = self._priors(x)
            for k in set(layout.pose):
                out.mean[k : k + 6] = start[k : k + 6]
            return out

        priors = believed(None)
        limits = np.full(n, np.inf)
        for k in set(layout.pose):
            limits[k : k + 3], limits[k + 3 : k + 6] = 0.4, 0.15
        limits[layout.expression] = 0.5
        steps = 0

        def solve(x: np.ndarray, free: np.ndarray, count: int) -> Solution:
            nonlocal steps
            found = minimise(x, self._terms, priors, free=free & ~held, steps=count, limits=limits, tolerance=1e-3)
            steps += found.steps
            return found

        free = np.zeros(n, bool)
        for k in layout.pose:
            free[k : k + 6] = True
        marked = any(v.points is not None for v in self.views)
        found = self._onto_landmarks(x, free, solve) if marked else self._onto_depth(x, free, solve)
        free[:] = True
        free[layout.expression] = self.settings.expression
        if self.settings.dense and any(v.depth is not None or v.normal is not None for v in self.views):
            x = self._start_depth(found.x) if marked else found.x
            self.trust = LANDMARK_TRUST
            few, many = self.settings.steps
            for count, reach, most in ((DENSE_TRIANGLES[0], 0.03, few), (DENSE_TRIANGLES[1], 0.012, many)):
                self.dense, self.reach = self._pick(count), reach
                priors = believed(x)
                found = solve(x, free, most)
                x = found.x
            for _ in range(ROUNDS if many else 0):
                priors = believed(x)
                found = solve(x, free, 4)
                x = found.x
        return self._finish(found, steps, free & ~held)

    def _pick(self, count: int) -> np.ndarray:
        """Triangles of the skin, evenly spread over the mesh."""
        triangles = self.skin.triangles
        rest = self.skin.vertices[triangles].mean(1)
        # The face counts; the skull is hair more often than not.
        front = np.flatnonzero(self.skin.face[triangles].all(1) | (rest[:, 2] > -0.03))
        step = max(1, len(front) // count)
        return triangles[front[::step]]

    def _pose(self, x: np.ndarray, view: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Rotation and translation of the head in the common frame, and of the common frame in the camera."""
        k = self.layout.pose[view]
        T = self.views[view].T_cam_from_common
        return rodrigues(x[k : k + 3]), x[k + 3 : k + 6], T[:3, :3], T[:3, 3]

    def _placed(self, x: np.ndarray, view: int, X: np.ndarray, J: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (n, 3) in the camera, and their derivative (n, 3, K) by all unknowns."""
        R, t, Rv, tv = self._pose(x, view)
        turned = X @ R.T
        P = (turned + t) @ Rv.T + tv
        out = np.zeros((len(X), 3, self.layout.count))
        out[..., : J.shape[2]] = np.einsum("ab,nbk->nak", Rv @ R, J, optimize=True)
        k = self.layout.pose[view]
        for axis in range(3):
            out[..., k + axis] = np.cross(np.eye(3)[axis], turned) @ Rv.T
            out[..., k + 3 + axis] = Rv[:, axis]
        return P, out

    def _terms(self, x: np.ndarray) -> list[Term]:
        z, e = x[self.layout.identity], x[self.layout.expression]
        out: list[Term] = []
        X, J = self.marked.linearised(z, e)
        points = self.marked.landmarks
        assert points is not None
        XL = points.on(X)
        JL = np.einsum("pk,pkcm->pcm", points.bary, J[points.corners], optimize=True)
        for i, view in enumerate(self.views):
            if view.points is not None:
                P, JP = self._placed(x, i, XL, JL)
                R, _, Rv, _ = self._pose(x, i)
                term = landmark_term(view, i, self.layout, self.errors, P, JP, Rv @ R, x, self.head.known)
                out.append(replace(term, residual=term.residual * self.trust, jacobian=term.jacobian * self.trust))
                iris = iris_term(view, self.layout, P, JP, Rv @ R, x) if self.settings.iris else None
                if iris is not None:
                    out.append(iris)
        if self.dense is None:
            return out
        X, J = self.skin.linearised(z, e)
        for i, view in enumerate(self.views):
            P, JP = self._placed(x, i, X, J)
            out += dense_terms(
                view, i, self.layout, self.settings.spread, self.skin, P, JP, self.dense, x, self.reach
            )
        return out

    def _start(self) -> np.ndarray:
        """Pose of the mean head by a weak-perspective fit to the landmarks of each view."""
        x = np.zeros(self.layout.count)
        x[self.layout.expression] = np.clip(0.02, self.head.lower, self.head.upper)
        if self.settings.start is not None:
            T = self.settings.start
            for k in set(self.layout.pose):
                x[k : k + 3], x[k + 3 : k + 6] = rotation_vector(T[:3, :3]), T[:3, 3]
            return x
        assert self.head.landmarks is not None
        X = self.head.landmarks.on(self.head.vertices)[:468]
        trusted = self.errors.spread[len(self.errors.yaws) // 2, :468] < 0.2
        if self.head.known is not None:
            trusted &= self.head.known[:468]
        for i, view in enumerate(self.views):
            if view.points is None:
                continue
            T = weak_perspective(X[trusted], view.points[:468][trusted], view.K)
            T = np.linalg.inv(view.T_cam_from_common) @ T
            k = self.layout.pose[i]
            x[k : k + 3], x[k + 3 : k + 6] = rotation_vector(T[:3, :3]), T[:3, 3]
            if len(set(self.layout.pose)) == 1:
                break
        return x

    def _onto_landmarks(self, x: np.ndarray, free: np.ndarray, solve: Solve) -> Solution:
        """Pose, then the largest directions of identity and the expression, then all, from landmarks alone."""
        layout = self.layout
        x = solve(x, free, 8).x
        some = free.copy()
        some[layout.identity.start : layout.identity.start + min(25, self.head.identity_count)] = True
        for s in layout.slips:
            some[s] = True
        some[layout.expression] |= self.settings.expression
        x = solve(x, some, 8).x
        some[:] = True
        some[layout.expression] = self.settings.expression
        return solve(x, some, 8)

    def _onto_depth(self, x: np.ndarray, free: np.ndarray, solve: Solve) -> Solution:
        """The head as it is, moved onto depth and normals from afar."""
        self.dense, self.reach = self._pick(DENSE_TRIANGLES[0]), 0.08
        x = solve(x, free, 6).x
        self.reach = 0.04
        return solve(x, free, 6)

    def _start_depth(self, x: np.ndarray) -> np.ndarray:
        """Distance of the head, or shift of a relative depth, so that both agree in the middle of the face."""
        out = x.copy()
        self.dense = self._pick(DENSE_TRIANGLES[0])
        corner = self.skin.shape(x[self.layout.identity], x[self.layout.expression])[self.dense]
        X, across = corner.mean(1), np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        moved: set[int] = set()
        units = list(self.layout.units)
        for i, view in enumerate(self.views):
            if view.depth is None:
                continue
            R, t, Rv, tv = self._pose(x, i)
            P = (X @ R.T + t) @ Rv.T + tv
            q = P @ scaled(view.K, self.layout, x).T
            q = (q[:, :2] / q[:, 2:]).astype(int)
            inside = (q >= 0).all(1) & (q[:, 0] < view.size[0]) & (q[:, 1] < view.size[1])
            k, place = self.layout.relief[i], self.layout.pose[i]
            if k is not None:
                # The far side of a turned head lies behind what is seen, and would make it seem deeper than it is.
                inside &= (across @ (Rv @ R).T * P).sum(1) < 0.0
            if view.mask is not None:
                inside[inside] = view.mask[q[inside, 1], q[inside, 0]]
            d = view.depth[q[inside, 1], q[inside, 0]]
            good = np.isfinite(d)
            if good.sum() < 20:
                continue
            if k is not None:
                z, seen = P[inside, 2][good], d[good]
                # The ratio of the spreads favours neither side, as a slope of one by the other would.
                out[k] = float(np.log(max(np.ptp(np.percentile(z, (15, 85))), 1e-4) / max(np.ptp(np.percentile(seen, (15, 85))), 1e-6)))
                out[k + 1] = float(np.median(z - np.exp(out[k]) * seen))
                units[i] = out[k]
            elif place not in moved:
                # Along the line of sight, so that the picture of the head stays where it is.
                ratio = float(np.median(d[good] / P[inside, 2][good]))
                middle = t @ Rv.T + tv
                out[place + 3 : place + 6] = (middle * ratio - tv) @ Rv
                moved.add(place)
        self.layout = replace(self.layout, units=tuple(units))
        return out

    def _finish(self, found: Solution, steps: int, free: np.ndarray) -> FaceFit:
        x, layout = found.x, self.layout
        on = np.flatnonzero(free)
        A = found.hessian[np.ix_(on, on)]
        variance = np.zeros(layout.count)
        variance[on] = np.maximum(np.diag(np.linalg.pinv(A)), 0.0)
        z, e = x[layout.identity], x[layout.expression]
        places, lenses, relief = [], [], []
        for i, view in enumerate(self.views):
            R, t, Rv, tv = self._pose(x, i)
            places.append(rigid(Rv @ R, Rv @ t + tv))
            lenses.append(scaled(view.K, layout, x))
            k = layout.relief[i]
            relief.append((1.0, 0.0) if k is None else (float(np.exp(x[k])), float(x[k + 1])))
        return FaceFit(
            self.head, z.copy(), e.copy(), tuple(places), tuple(lenses), self.head.shape(z, e),
            np.sqrt(variance[: layout.expression.stop]), tuple(relief), found.costs, steps,
        )  # fmt: skip


def weak_perspective(X: np.ndarray, q: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(4, 4) camera from head, from points (n, 3) and pixels (n, 2), as if all lay at one depth.

    Source: DeMenthon and Davis 1995, without the iterations.
    """
    normal = np.stack([(q[:, 0] - K[0, 2]) / K[0, 0], (q[:, 1] - K[1, 2]) / K[1, 1]], 1)
    Xc, qc = X - X.mean(0), normal - normal.mean(0)
    M = np.linalg.lstsq(Xc, qc, rcond=None)[0].T
    scale = 0.5 * (np.linalg.norm(M[0]) + np.linalg.norm(M[1]))
    U, _, Vt = np.linalg.svd(np.stack([M[0], M[1], np.cross(M[0], M[1]) / max(scale, 1e-12)]))
    R = U @ np.diag([1.0, 1.0, np.sign(np.linalg.det(U @ Vt))]) @ Vt
    depth = 1.0 / max(scale, 1e-9)
    middle = normal.mean(0)
    return rigid(R, np.array([middle[0] * depth, middle[1] * depth, depth]) - R @ X.mean(0))


def _sides(names: Sequence[str]) -> list[tuple[int, int]]:
    """Actions of the left side with their counterparts on the right (gaze and jaw apart)."""
    out = []
    for i, name in enumerate(names):
        other = name[:-4] + "Right" if name.endswith("Left") else ""
        if other in names and not name.startswith(("eyeLook", "jaw", "mouthLeft")):
            out.append((i, names.index(other)))
    return out
