"""The shape space: global components over the whole population; columns of the head alone come from `face`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from body import mesh, population, rig
from body.source import Source
from numpy.random import Generator
from numpy.typing import NDArray
from vivant.procgen.people.macros import ANCHORS, macro_weights
from vivant.procgen.people.shape import BUILD_COUNT, MEASURES, age_parameter, triples
from vivant.procgen.people.skeleton import JOINT_INDEX

RIDGE = 1e-3
ADULT = (18.0, 65.0)


@dataclass(frozen=True)
class Space:
    """mean (N, 3), joints_mean (55, 3); components (B, N, 3) at one standard deviation.

    phenotype_map: (K + 1, B) macro weights and a 1 -> betas. build_axes: (10, B) individual build.
    """

    mean: NDArray
    joints_mean: NDArray
    components: NDArray
    phenotype_map: NDArray
    build_axes: NDArray
    report: dict


def principal(rows: NDArray, keep: int, used: NDArray | None = None) -> tuple[NDArray, NDArray]:
    """Principal axes of centred rows (n, D): mixing (n, keep) so that mixing.T @ rows are the axes, and sigma (keep,).

    `used` are the columns that define the metric; the axes can then be formed over all columns.
    """
    sub = rows if used is None else rows[:, used]
    gram = (sub @ sub.T).astype(np.float64)
    value, vector = np.linalg.eigh(gram)
    value, vector = value[::-1][:keep], vector[:, ::-1][:, :keep]
    value = np.maximum(value, 1e-12)
    mixing = vector / np.sqrt(value)
    # An axis has no sign of its own: let its largest entry be positive, on every machine.
    axes = mixing.T.astype(np.float32) @ sub
    sign = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    return mixing * sign, np.sqrt(value / len(rows))


def head_mask(source: Source, weights: NDArray) -> NDArray[np.float32]:
    """(N,) 1 on the head, falling smoothly to 0 over the neck: the weight of the head's joints, smoothed in height."""
    ids = [JOINT_INDEX[n] for n in ("head", "jaw", "left_eye_smplhf", "right_eye_smplhf")]
    w = weights[:, ids].sum(axis=1)
    t = np.clip((w - 0.15) / 0.8, 0.0, 1.0)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def learn_space(
    rng: Generator,
    source: Source,
    weights: NDArray,
    top: mesh.Topology,
    count: int,
    global_count: int,
) -> tuple[Space, population.People]:
    """Sample people, learn both blocks and the linear map from macro weights to global coefficients."""
    skin_faces = top.base_ids[top.faces]
    skin_faces = skin_faces[(skin_faces < mesh.SKIN_END).all(axis=1)]
    people = population.make_people(rng, source, weights, count, skin_faces)
    n = len(people.shapes)
    # Zero coefficients are an average adult, not the average of adults and infants.
    adult = (people.age_years >= ADULT[0]) & (people.age_years <= ADULT[1])
    mean = people.shapes[adult].mean(axis=0)
    rows = (people.shapes - mean).reshape(n, -1)
    body = np.zeros((len(source.template), 3), bool)
    body[top.base_ids] = True
    used = np.flatnonzero(body.ravel())
    mixing, sigma = principal(rows, global_count, used)
    axes = (mixing.T.astype(np.float32) @ rows).reshape(global_count, -1, 3)
    betas = rows[:, used] @ axes.reshape(global_count, -1)[:, used].T / sigma
    components = axes * sigma[:, None, None].astype(np.float32)
    report = {"global_mm": _error(rows, betas, components, used)}

    phenotype_map, fit = fit_phenotypes(rng, source, weights, mean, components, sigma, used)
    report.update(fit)
    build = individual_axes(source, people, betas, phenotype_map)

    space = Space(
        mean,
        people.joints[adult].mean(axis=0),
        components,
        phenotype_map,
        build,
        report,
    )
    return space, people


def _error(rows: NDArray, betas: NDArray, components: NDArray, used: NDArray) -> float:
    flat = components.reshape(len(components), -1)[:, used]
    left = (rows[:300, used] - betas[:300] @ flat).reshape(min(300, len(rows)), -1, 3)
    return float(1e3 * np.linalg.norm(left, axis=2).mean())


def fit_phenotypes(rng, source, weights, mean, components, sigma, used, count=3000) -> tuple[NDArray, dict]:
    """Linear map macro weights -> betas on people without local changes; ridge on the macro weights."""
    values, age, _, _ = population.sample_macros(rng, count)
    for name, limits in (
        ("height", (-0.1, 1.1)),
        ("weight", (-0.4, 2.4)),
        ("muscle", (0, 1)),
        ("cupsize", (0, 1)),
        ("firmness", (0, 1)),
    ):
        values[name] = rng.uniform(*limits, count)
    features = macro_weights(values, source.macro_mask)
    flat = (components / sigma[:, None, None].astype(np.float32)).reshape(len(components), -1)[:, used]
    target = np.empty((count, len(components)))
    error = np.empty(count)
    for lo in range(0, count, 300):
        part = slice(lo, lo + 300)
        posed = population.pose_people(source, weights, values, age, features[part].astype(np.float32), rng)
        rows = (posed.shapes - mean).reshape(len(posed.shapes), -1)[:, used]
        coef = rows @ flat.T
        error[part] = np.linalg.norm((rows - coef @ flat).reshape(len(rows), -1, 3), axis=2).mean(axis=1)
        target[part] = coef / sigma
    # The constant is redundant (every group of hats sums to one) but keeps the ridge from biasing the mean.
    design = np.concatenate([features, np.ones((count, 1))], axis=1)
    train = np.arange(count) < int(0.85 * count)
    lam = RIDGE * np.eye(design.shape[1])
    lam[-1, -1] = 1e-9
    fitted = np.linalg.solve(design[train].T @ design[train] + lam, design[train].T @ target[train])
    left = (design[~train] @ fitted - target[~train]) * sigma
    per_vertex = np.sqrt((left**2).sum(axis=1) / (len(used) / 3))
    return fitted, {
        "phenotype_projection_mm": float(1e3 * error.mean()),
        "phenotype_map_rms_mm": float(1e3 * per_vertex.mean()),
    }


def individual_axes(source, people, betas, phenotype_map) -> NDArray:
    """(10, B) principal axes, at one standard deviation, of what the phenotype does not say of an adult's body."""
    features = macro_weights(people.macros, source.macro_mask)
    left = (betas - features @ phenotype_map[:-1] - phenotype_map[-1])[people.age_years > ADULT[0]]
    _, s, vt = np.linalg.svd(left - left.mean(axis=0), full_matrices=False)
    vt = vt[:BUILD_COUNT] * np.sign(vt[np.arange(BUILD_COUNT), np.abs(vt[:BUILD_COUNT]).argmax(axis=1)])[:, None]
    return vt * (s[:BUILD_COUNT, None] / np.sqrt(len(left)))


# MakeHuman's changes behind each of the measures that adults are calibrated in.
CHANGES: dict[str, tuple[str, ...]] = {
    "shoulders": ("torso/measure-shoulder-dist-incr",), "hips": ("hip/hip-scale-horiz-incr",), "waist": ("torso/measure-waist-circ-incr",),
    "arms": ("arms/measure-upperarm-length-incr", "arms/measure-lowerarm-length-incr"),
    "legs": ("legs/measure-upperleg-height-incr", "legs/measure-lowerleg-height-incr"),
    "thighs": ("legs/l-upperleg-scale-horiz-incr", "legs/r-upperleg-scale-horiz-incr"), "calves": ("legs/measure-calf-circ-incr",),
}  # fmt: skip


def measure_axes(source: Source, weights: NDArray, order: NDArray, components: NDArray) -> NDArray[np.float64]:
    """(M, G) global coefficients that change an average adult as MakeHuman's full measures do, in the order of `MEASURES`.

    Args:
        order: (N,) base-mesh vertices of components (G, N, 3).
    """
    values = {name: np.full(2, 0.5) for name in ANCHORS}
    values.update(age=np.full(2, age_parameter(30.0)), race=np.ones((2, 3)))
    average = source.template + np.tensordot(macro_weights(values, source.macro_mask).astype(np.float32), source.macro, 1)
    flat = components.reshape(len(components), -1).T
    out = []
    for name in MEASURES:
        more, less = (sum(source.local[change][k] for change in CHANGES[name]) for k in (0, 1))
        rest = average + 0.5 * np.stack([more, less])
        places = rig.rig_joints(source, rest)
        posed, placed = rig.skin(rest, places, rig.tpose_rotations(places), weights)
        posed = (posed - placed[:, :1])[:, order]
        out.append(np.linalg.lstsq(flat, (posed[0] - posed[1]).ravel(), rcond=None)[0])
    return np.stack(out)


def volume_polynomial(mean: NDArray, components: NDArray, faces: NDArray) -> NDArray[np.float32]:
    """Coefficients of the enclosed volume as a cubic polynomial of (1, betas), in the order of `shape.triples`.

    Args:
        mean: (V, 3); components: (G, V, 3); faces: (F, 3) closed triangles.
    """
    basis = np.concatenate([mean[None], components]).astype(np.float32)
    g = len(basis)
    a, b, c = (np.ascontiguousarray(basis[:, faces[:, k]]).reshape(g, -1) for k in range(3))
    full = np.zeros((g, g, g))
    for j in range(g):
        cross = np.cross(b[j].reshape(1, -1, 3), c.reshape(g, -1, 3)).reshape(g, -1)
        full[:, j, :] = a @ cross.T / 6.0
    i, j, k = triples(g)
    total = np.zeros(len(i))
    orders = {(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)}
    index = np.stack([i, j, k])
    for order in sorted(orders):
        total += full[index[order[0]], index[order[1]], index[order[2]]]
    # Repeated indices were counted once for every permutation that leaves them unchanged.
    repeats = np.where((i == j) & (j == k), 6, np.where((i == j) | (j == k), 2, 1))
    return (total / repeats).astype(np.float32)

