"""Damped Gauss-Newton with robust weights, bounds, priors and rotations: the one solver behind the fits.

Minimises  sum over terms of rho(residual)  +  sum_k precision_k (x_k - mean_k)^2 + 2 slope_k x_k  within bounds.
Source: Levenberg 1944; Geman and McClure 1987 for the robust weight; active sets as in Bertsekas 1982.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from ...procgen.people.lbs import rodrigues


@dataclass(frozen=True)
class Term:
    """Residuals of one kind, already divided by their standard deviation.

    Attributes:
        name: For reports.
        residual: (n,) float64.
        jacobian: (n, K) float64, derivative by all K unknowns; for rotations by a turn applied on the left.
        group: So many components in a row belong together (2 for points of a picture) and share one robust weight.
        robust: Standard deviations at which a group starts to count as an outlier (Geman-McClure); None: never.
    """

    name: str
    residual: np.ndarray
    jacobian: np.ndarray
    group: int = 1
    robust: float | None = None

    def weights(self) -> np.ndarray:
        """(n,) factors of the rows: square roots of rho' of the squared length of each group."""
        if self.robust is None:
            return np.ones(len(self.residual))
        square = (self.residual.reshape(-1, self.group) ** 2).sum(1) / self.robust**2
        return np.repeat(1.0 / (1.0 + square), self.group)

    def cost(self) -> float:
        """Value of rho summed."""
        square = (self.residual.reshape(-1, self.group) ** 2).sum(1)
        if self.robust is None:
            return float(square.sum())
        return float((square / (1.0 + square / self.robust**2)).sum())


@dataclass
class Priors:
    """What is believed before looking; K unknowns.

    Attributes:
        mean, precision: (K,) Gaussian; precision 0 believes nothing.
        matrix: (K, K) or None: a further quadratic form on x - mean, for unknowns that go together.
        slope: (K,) linear cost, which keeps non-negative unknowns sparse.
        lower, upper: (K,) bounds.
        turns: First index of each rotation vector among the unknowns.
    """

    mean: np.ndarray
    precision: np.ndarray
    matrix: np.ndarray | None = None
    slope: np.ndarray | None = None
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    turns: tuple[int, ...] = ()

    def cost(self, x: np.ndarray) -> float:
        """Value at x."""
        d = x - self.mean
        out = float((self.precision * d * d).sum())
        if self.matrix is not None:
            out += float(d @ self.matrix @ d)
        return out if self.slope is None else out + 2.0 * float(self.slope @ x)


@dataclass
class Solution:
    """Where it ended.

    Attributes:
        x: (K,).
        hessian: (K, K) Gauss-Newton matrix there; its inverse is the covariance.
        cost: Value of the objective.
        costs: Of each term by name, and of the priors.
        steps: Steps taken.
    """

    x: np.ndarray
    hessian: np.ndarray
    cost: float
    costs: dict[str, float] = field(default_factory=dict)
    steps: int = 0


Linearise = Callable[[np.ndarray], Iterable[Term]]


def minimise(
    x: np.ndarray, linearise: Linearise, priors: Priors, *, free: np.ndarray | None = None, steps: int = 10,
    damping: float = 1e-3, tolerance: float = 1e-4, limits: np.ndarray | None = None,
) -> Solution:  # fmt: skip
    """Minimise from a start.

    Args:
        x: (K,) start.
        linearise: x -> terms at x. Called once for every step that is tried.
        priors: Beliefs, bounds and rotations.
        free: (K,) bool, which unknowns may move; default all.
        steps: Most steps that are taken.
        damping: First damping, as a share of the diagonal.
        tolerance: Stops when a step lowers the cost by less than this share.
        limits: (K,) largest change of an unknown in one step.
    """
    x = clip(np.array(x, np.float64), priors)
    free = np.ones(len(x), bool) if free is None else free
    state = _normal(x, linearise, priors)
    taken = 0
    for _ in range(steps):
        improved = False
        for _ in range(6):
            step = _step(x, state, priors, free, damping)
            if limits is not None:
                step *= min(1.0, float((limits / np.maximum(np.abs(step), 1e-12)).min()))
            tried = clip(retract(x, step, priors.turns), priors)
            after = _normal(tried, linearise, priors)
            if after.cost < state.cost:
                gain = (state.cost - after.cost) / max(state.cost, 1e-12)
                x, state, damping, improved = tried, after, max(damping * 0.3, 1e-7), True
                taken += 1
                break
            damping *= 8.0
        if not improved or gain < tolerance:
            break
    return Solution(x, state.A, state.cost, state.costs, taken)


def clip(x: np.ndarray, priors: Priors) -> np.ndarray:
    """x within the bounds."""
    if priors.lower is not None:
        x = np.maximum(x, priors.lower)
    return x if priors.upper is None else np.minimum(x, priors.upper)


def retract(x: np.ndarray, step: np.ndarray, turns: Iterable[int] = ()) -> np.ndarray:
    """x + step, where rotation vectors are turned from the left instead of added."""
    out = x + step
    for k in turns:
        out[k : k + 3] = rotation_vector(rodrigues(step[k : k + 3]) @ rodrigues(x[k : k + 3]))
    return out


def rotation_vector(R: np.ndarray) -> np.ndarray:
    """(3,) axis-angle of a rotation matrix, angle within [0, pi]."""
    skew = 0.5 * np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]])
    sine, cosine = float(np.linalg.norm(skew)), 0.5 * (float(np.trace(R)) - 1.0)
    angle = float(np.arctan2(sine, cosine))
    if sine > 1e-6:
        return skew * (angle / sine)
    if cosine > 0:
        return skew
    # Half a turn: the axis is the largest column of R + 1.
    M = 0.5 * (R + np.eye(3))
    k = int(np.argmax(np.diag(M)))
    return M[:, k] / np.sqrt(max(M[k, k], 1e-12)) * angle


@dataclass
class _State:
    A: np.ndarray
    b: np.ndarray
    cost: float
    costs: dict[str, float]


def _normal(x: np.ndarray, linearise: Linearise, priors: Priors) -> _State:
    """Normal equations and cost at x."""
    d = x - priors.mean
    A = np.diag(priors.precision).astype(np.float64)
    b = priors.precision * d
    if priors.matrix is not None:
        A = A + priors.matrix
        b = b + priors.matrix @ d
    if priors.slope is not None:
        b = b + priors.slope
    costs = {"priors": priors.cost(x)}
    for term in linearise(x):
        w = term.weights()
        J = term.jacobian * w[:, None]
        A += J.T @ J
        b += J.T @ (term.residual * w)
        costs[term.name] = costs.get(term.name, 0.0) + term.cost()
    return _State(A, b, sum(costs.values()), costs)


def _step(x: np.ndarray, s: _State, priors: Priors, free: np.ndarray, damping: float) -> np.ndarray:
    """Damped step; unknowns at a bound that the gradient presses against stay there."""
    moving = free.copy()
    if priors.lower is not None:
        moving &= ~((x <= priors.lower) & (s.b > 0))
    if priors.upper is not None:
        moving &= ~((x >= priors.upper) & (s.b < 0))
    out = np.zeros(len(x))
    for _ in range(4):
        on = np.flatnonzero(moving)
        if len(on) == 0:
            break
        A = s.A[np.ix_(on, on)]
        # What no term and no prior speaks of stays where it is.
        A = A + np.diag(damping * np.diag(A) + 1e-9)
        out[:] = 0.0
        out[on] = -np.linalg.solve(A, s.b[on])
        if priors.lower is None:
            break
        # At a bound and still pressing outwards after the others moved: hold it and solve for the rest again.
        out_of = moving & (x <= priors.lower) & (out < 0)
        if priors.upper is not None:
            out_of |= moving & (x >= priors.upper) & (out > 0)
        if not out_of.any():
            break
        moving &= ~out_of
    return out
