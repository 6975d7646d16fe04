"""Fit a body in the SMPL-X format to pictures: pose, place and shape from landmarks, then silhouette, depth and normals.

Stages as in SMPLify-X (Pavlakos et al. 2019): place, pose under a firm prior, pose under a loose one, then the surface from
coarse to fine. All by Gauss-Newton on analytic derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.people.lbs import Posed, forward
from ...procgen.people.model import BodyModel
from . import body_terms as terms
from .body_landmarks import LandmarkSet
from .body_posing import Chain
from .body_prior import BODY_JOINTS, anchor_term, limit_term, pose_prior
from .body_problem import HAND_JOINTS, REGIONS, BodySetup, Layout, torso_px
from .body_start import first_pose, place
from .body_view import BodyView, surface_of
from .least_squares import Priors, Term, minimise

# Deviations of a start that is known (generating parameters), radians: where bones point, how they are twisted.
ANCHOR_SWING, ANCHOR_TWIST = 0.35, 0.10
# Points of the surface that are used from each view.
SURFACE_POINTS = 1400


@dataclass(frozen=True)
class Stage:
    """Weights of one stage; 0 leaves a term out.

    Attributes:
        steps: Gauss-Newton steps for each choice of pairs. rounds: How often pairs are chosen.
        pose, shape, landmarks: Weight of the pose prior, of the shape prior (inverse deviation) and of landmarks.
        world_m: Deviation of a detector's landmarks in space, metres.
        gate, sigma, turn: Of the surface, metres; see `body_terms.match`. silhouette_px: Deviation as a share of the torso.
        place_only: Only root and translation move. robust: Deviations from which landmarks count as outliers; None = never.
        least: Smallest deviation of a landmark that is believed in, torsos: exact ones would pull a pose through any limit.
    """

    steps: int = 6
    rounds: int = 1
    pose: float = 1.0
    shape: float = 1.0
    landmarks: float = 1.0
    world_m: float = 0.0
    gate: float = 0.0
    sigma: float = 0.02
    turn: float = 0.1
    silhouette_px: float = 0.0
    place_only: bool = False
    robust: float | None = terms.ROBUST
    least: float = 0.0


KEYPOINTS = (
    Stage(steps=8, pose=1.0, world_m=0.08, shape=3.0, place_only=True, robust=None, least=0.10),
    # No landmark is an outlier while an arm that hangs has yet to be raised, and no pose is preferred while none is known.
    Stage(steps=12, pose=0.12, world_m=0.08, shape=2.0, robust=None, least=0.06),
    Stage(steps=8, pose=0.25, world_m=0.10, robust=8.0, least=0.03),
    Stage(steps=8, pose=0.25, world_m=0.12),
)
OUTLINE = (Stage(steps=4, rounds=4, pose=0.25, world_m=0.15, silhouette_px=0.04),)
SURFACE = (
    Stage(steps=3, rounds=4, pose=0.25, world_m=0.15, gate=0.35, sigma=0.05, turn=0.12, silhouette_px=0.06),
    Stage(steps=3, rounds=5, pose=0.2, landmarks=0.7, gate=0.15, sigma=0.02, turn=0.08, silhouette_px=0.04),
    Stage(steps=2, rounds=8, pose=0.15, landmarks=0.5, gate=0.06, sigma=0.008, turn=0.05, silhouette_px=0.03),
)


@dataclass(frozen=True, eq=False)
class BodyFit:
    """A fitted body.

    Attributes:
        betas: (B,). pose: (55, 3) axis-angle; the root turns into a world with Z up. trans: (3,) metres.
            `forward(model, betas, None, pose, trans)` gives the vertices in the world.
        shape: (K,) coefficients of the shape space. cloth: region -> metres between skin and what was seen.
        depth: (views, 2) log scale and shift of relative depth.
        costs: Term -> what it still costs. steps: Gauss-Newton steps in all.
    """

    betas: np.ndarray
    pose: np.ndarray
    trans: np.ndarray
    shape: np.ndarray
    cloth: dict[str, float] = field(default_factory=dict)
    depth: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    costs: dict[str, float] = field(default_factory=dict)
    steps: int = 0

    def posed(self, model: BodyModel) -> Posed:
        """Vertices and joints in the world."""
        return forward(model, self.betas, None, self.pose, self.trans)


def fit_body(
    views: Sequence[BodyView],
    setup: BodySetup,
    *,
    start: BodyFit | None = None,
    anchor: bool = False,
    ground: float | None = None,
    swing: float = ANCHOR_SWING,
    use: Sequence[str] = ("silhouette", "depth", "normals"),
) -> BodyFit:
    """Fit one body to pictures of one moment.

    Args:
        views: One or several.
        start: Where to begin; None finds a start from the landmarks.
        anchor: Hold the pose near the start's (generating parameters, the frame before): loosely where bones point, firmly
            how they are twisted.
        ground: Height of level ground that carries the feet, metres; None = not known.
        swing: Deviation of where bones point from the start's, radians.
        use: Which of "silhouette", "depth" and "normals" are used where a view has them.
    Raises:
        LiftError: no view has enough landmarks.
    """
    if not views:
        raise LiftError("there is no picture to fit a body to")
    if start is None and not any((v.confidence > 0.3).sum() >= 6 for v in views):
        raise LiftError(
            "too few landmarks for a body", expected="at least 6 that are certain", fix="a picture that shows more of the person"
        )
    fit = _Fit(list(views), setup, start, anchor, ground, swing, tuple(use))
    if start is None:
        fit.begin()
    else:
        fit.x = fit.layout.pack(start.pose, start.trans, start.shape, _cloth_of(start, setup))
    stages = [] if start is not None and fit.dense else list(KEYPOINTS if start is None else KEYPOINTS[3:])
    if fit.dense:
        stages += SURFACE if start is None or not anchor else SURFACE[1:]
    elif fit.outlines:
        stages += OUTLINE
    for stage in stages:
        if stage is SURFACE[0]:
            fit.approach()
        fit.run(stage)
    return fit.result()


def _cloth_of(start: BodyFit, setup: BodySetup) -> np.ndarray:
    return np.array([start.cloth.get(r, setup.cloth_mean[k]) for k, r in enumerate(REGIONS)])


class _Fit:
    """One fit as it goes on."""

    def __init__(
        self, views: list[BodyView], setup: BodySetup, start: BodyFit | None, anchor: bool, ground: float | None, swing: float,
        use: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.views, self.setup, self.start, self.ground, self.swing = views, setup, start, ground, swing
        self.anchor = start.pose.copy() if anchor and start is not None else None
        hands = any(v.hands for v in views)
        active = np.concatenate([BODY_JOINTS, HAND_JOINTS]) if hands else BODY_JOINTS
        self.layout = Layout(active, setup.space.size, len(views))
        self.rest = np.zeros((55, 3)) if start is None else start.pose.copy()
        if start is None:
            # Relaxed fingers: the mean of the hands, which no landmark of the body says.
            self.rest[HAND_JOINTS] = setup.model.hands_mean.reshape(-1, 3)
        self.marks: list[LandmarkSet] = [setup.landmarks(v.landmarks) for v in views]
        self.unit = [torso_px(v) for v in views]
        self.dense = [k for k, v in enumerate(views) if v.depth is not None and "depth" in use]
        self.surfaces = {k: surface_of(_with(views[k], use), SURFACE_POINTS) for k in self.dense}
        self.dense = [k for k in self.dense if len(self.surfaces[k]) >= 50]
        masks = "silhouette" in use
        found = {k: terms.outline_of(v.mask) for k, v in enumerate(views) if masks and v.mask is not None}
        self.outlines = {k: o for k, o in found.items() if o is not None}
        self.sample = setup.skin[:: max(len(setup.skin) // 700, 1)]
        self.prior = pose_prior()
        self.x = np.zeros(self.layout.size)
        self.costs: dict[str, float] = {}
        self.steps = 0

    def begin(self) -> None:
        """A pose and a place from the landmarks of the first view that has enough."""
        k = int(np.argmax([(v.confidence > 0.3).sum() for v in self.views]))
        view, marks = self.views[k], self.marks[k]
        best: tuple[float, np.ndarray] | None = None
        for pose in first_pose(view, marks, self.prior, self.rest):
            chain = self.setup.chain(pose, np.zeros(3), np.zeros(self.layout.shape))
            trans = place(view, marks, chain)
            x = self.layout.pack(pose, trans, np.zeros(self.layout.shape), self.setup.cloth_mean)
            self.x = x
            if view.world is not None:
                return
            for stage in KEYPOINTS[:2]:
                self.run(stage)
            cost = sum(v for n, v in self.costs.items())
            if best is None or cost < best[0]:
                best = cost, self.x.copy()
        if best is not None:
            self.x = best[1]

    def approach(self) -> None:
        """Bring the body to the distance that depth says, and to the size that it then has.

        Landmarks alone do not tell a child from somebody who is further away.
        """
        lay = self.layout
        ratios = []
        for k in self.dense:
            if self.views[k].metric:
                _, chain = self._chain(self.x)
                ratios.append(self._farther(k, *self.setup.posed(chain)))
        ratios = [r for r in ratios if r is not None]
        if len(ratios) != 1:  # two views have told the distance already
            return
        ratio = ratios[0]
        T = self.views[next(k for k in self.dense if self.views[k].metric)].T_cam_from_world
        eye = -T[:3, :3].T @ T[:3, 3]
        pelvis = chain.at[0]
        joints = chain.rest[:22] - chain.rest[0]
        D = (self.setup.joints.dirs[:22] - self.setup.joints.dirs[0]).reshape(66, -1)
        wanted = ((ratio - 1.0) * joints).ravel()
        # Deviations of 1 cm a joint against the prior of shapes.
        A = D.T @ D / 0.01**2 + np.eye(D.shape[1])
        self.x[lay.betas : lay.cloth] += np.linalg.solve(A, D.T @ wanted / 0.01**2)
        self.x[lay.trans : lay.betas] += (eye + ratio * (pelvis - eye)) - pelvis

    def _farther(self, k: int, v: np.ndarray, n: np.ndarray) -> float | None:
        """How much farther away the surface is than the body (V, 3), where both are seen; None if they do not overlap."""
        view = self.views[k]
        assert view.depth is not None
        T = view.T_cam_from_world
        eye = -T[:3, :3].T @ T[:3, 3]
        seen = self.sample[(((eye - v) * n).sum(1) > 0)[self.sample]]
        uv, _, z = terms.projected(view, v[seen], None)
        within = (uv >= 0).all(1) & (uv[:, 0] < view.width) & (uv[:, 1] < view.height)
        col, row = uv[within].astype(np.int64).T
        there = view.depth[row, col]
        ok = np.isfinite(there) & (there > 0)
        if view.mask is not None:
            ok &= view.mask[row, col]
        return float(np.median(there[ok] / z[within][ok])) if ok.sum() > 30 else None

    def run(self, stage: Stage) -> None:
        """One stage: choose pairs, take steps, again."""
        for _ in range(stage.rounds):
            pairs = self._pairs(stage)
            free = np.ones(self.layout.size, bool)
            if stage.place_only:
                free[3 : self.layout.trans] = False
                free[self.layout.betas :] = False
            done = minimise(
                self.x, lambda x, p=pairs: self._terms(x, stage, p), self._priors(stage), free=free, steps=stage.steps,
                limits=self._limits(),
            )  # fmt: skip
            self.x, self.costs, self.steps = done.x, done.costs, self.steps + done.steps

    def _limits(self) -> np.ndarray:
        out = np.full(self.layout.size, 1.0)
        out[: self.layout.trans] = 0.6
        out[self.layout.trans : self.layout.betas] = 0.5
        return out

    def _priors(self, stage: Stage) -> Priors:
        lay = self.layout
        mean, precision = np.zeros(lay.size), np.zeros(lay.size)
        precision[lay.betas : lay.cloth] = stage.shape**2
        mean[lay.cloth : lay.depth] = self.setup.cloth_mean
        precision[lay.cloth : lay.depth] = 1.0 / self.setup.cloth_sd**2
        precision[lay.depth :] = 1e12
        lower = np.full(lay.size, -np.inf)
        upper = np.full(lay.size, np.inf)
        lower[lay.cloth : lay.depth] = 0.0
        lower[lay.betas : lay.cloth], upper[lay.betas : lay.cloth] = -6.0, 6.0
        for k in self.dense:
            if not self.views[k].metric:
                precision[lay.depth + 2 * k], precision[lay.depth + 2 * k + 1] = 1.0 / 0.3**2, 1.0 / 3.0**2
        fingers = 3 * len(BODY_JOINTS)
        precision[fingers : lay.trans] = 1.0 / 0.5**2
        mean[fingers : lay.trans] = self.rest[lay.active].ravel()[fingers:]
        return Priors(mean, precision, lower=lower, upper=upper, turns=tuple(range(0, lay.trans, 3)))

    def _chain(self, x: np.ndarray) -> tuple[np.ndarray, Chain]:
        lay = self.layout
        pose = lay.pose(x, self.rest)
        return pose, self.setup.chain(pose, x[lay.trans : lay.betas], x[lay.betas : lay.cloth])

    def _pairs(self, stage: Stage) -> dict[str, object]:
        """What is held fixed between two choices of pairs."""
        pose, chain = self._chain(self.x)
        out: dict[str, object] = {"component": self.prior.nearest(pose)}
        if stage.gate or stage.silhouette_px or self.ground is not None:
            v, n = self.setup.posed(chain)
            out["v"], out["n"] = v, n
            if stage.gate:
                out["matched"] = [self._match(k, v, n, stage) for k in self.dense]
            if stage.silhouette_px:
                out["rims"] = {
                    k: terms.match_rim(self.setup, self.views[k], o, v, n, self._rim_px(k, stage), self.sample)
                    for k, o in self.outlines.items()
                }
        return out

    def _rim_px(self, k: int, stage: Stage) -> float:
        return max(stage.silhouette_px * self.unit[k], 1.5)

    def _match(self, k: int, v: np.ndarray, n: np.ndarray, stage: Stage) -> terms.Matched:
        T = self.views[k].T_cam_from_world
        surface, column = self.surfaces[k], self.layout.depth + 2 * k
        if not self.views[k].metric:
            if self.x[column] == 0.0 and self.x[column + 1] == 0.0:
                # Relative depth begins where the body is.
                z = (v[self.setup.skin] @ T[2, :3] + T[2, 3]).mean()
                self.x[column + 1] = z - surface.depth.mean()
            moved = surface.ray * (surface.depth * (np.exp(self.x[column]) - 1.0) + self.x[column + 1])[:, None]
            seen = type(surface)(surface.points + moved, surface.normals, surface.ray, surface.depth)
        else:
            seen = surface
        eye = -T[:3, :3].T @ T[:3, 3]
        m = terms.match(self.setup, seen, v, n, eye, stage.gate, stage.turn, k)
        if self.views[k].metric:
            return m
        # Residuals are of the depth as observed; only pairs are chosen at its present scale and shift.
        s = m.surface
        return terms.Matched(m.index, terms.Surface(eye + s.ray * s.depth[:, None], s.normals, s.ray, s.depth), k)

    def _terms(self, x: np.ndarray, stage: Stage, pairs: dict[str, object]) -> list[Term]:
        lay = self.layout
        pose, chain = self._chain(x)
        out: list[Term | None] = []
        for k, view in enumerate(self.views):
            how = (stage.landmarks, stage.robust, stage.least)
            out.append(terms.landmark_term(view, self.marks[k], view.xy, view.confidence, self.unit[k], chain, lay, *how))
            for side, xy in view.hands.items():
                out.append(terms.landmark_term(view, self.setup.hand(side), xy, np.ones(21), self.unit[k], chain, lay, stage.landmarks))
            if stage.world_m:
                out.append(terms.world_term(view, self.marks[k], chain, lay, stage.world_m, stage.robust))
            rims: dict[int, terms.RimPairs] = pairs.get("rims", {})  # type: ignore[assignment]
            if k in rims:
                out += terms.rim_terms(self.setup, view, rims[k], x, chain, lay, self._rim_px(k, stage))
        for m in pairs.get("matched", []):  # type: ignore[attr-defined]
            if len(m.index):
                out += terms.surface_terms(self.setup, m, x, chain, lay, stage.sigma, self.views[m.view].metric)
        if self.ground is not None and "v" in pairs:
            out.append(terms.ground_term(self.setup, pairs["v"], chain, lay, self.ground))  # type: ignore[arg-type]
        if self.anchor is not None:
            out.append(anchor_term(pose, self.anchor, self.setup.bones, BODY_JOINTS, self.swing, ANCHOR_TWIST, lay.size))
        out.append(self.prior.term(pose, int(pairs["component"]), stage.pose, lay.size))  # type: ignore[call-overload]
        out.append(limit_term(pose, lay.active, 0.05, lay.size))
        return [t for t in out if t is not None]

    def result(self) -> BodyFit:
        """The fit as it stands."""
        lay, x = self.layout, self.x
        shape = x[lay.betas : lay.cloth].copy()
        return BodyFit(
            self.setup.space.betas(shape), lay.pose(x, self.rest), x[lay.trans : lay.betas].copy(), shape,
            {r: float(x[lay.cloth + k]) for k, r in enumerate(REGIONS)}, x[lay.depth :].reshape(-1, 2).copy(), self.costs, self.steps,
        )  # fmt: skip


def _with(view: BodyView, use: tuple[str, ...]) -> BodyView:
    return view if "normals" in use else replace(view, normals=None)
