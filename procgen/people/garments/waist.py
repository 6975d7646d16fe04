"""Places along the waistband of a finished garment: where belts lie and belt loops are sewn."""

from __future__ import annotations

import numpy as np

from ...geometry import Mesh
from .figure import HIP, SPINE1, Figure
from .strips import tube

FRONT = -np.pi / 2


def waist_grid(
    fig: Figure, mesh: Mesh, angles: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Points of a garment around its waist.

    Args:
        fig: The person in the A-pose.
        mesh: A finished garment, with `fit` and `border`; one without a waistband is met at the natural waist.
        angles: (C,) about the trunk, radians; -pi/2 is in front.
        levels: (R,) metres below the upper border.
    Returns:
        (R, C, 3) posed points, (R, C, 3) their outward unit normals, (R, C, 3) places in the A-pose; None without cloth there.
    """
    fit = mesh.point.get("fit")
    if fit is None:
        return None
    known = np.isfinite(fit[:, 0]) & (mesh.point["inner"] < 0.5)
    hip = fig.joints[list(HIP)].mean(0)[2]
    border = mesh.point["border"].astype(float)
    use = known & (fit[:, 2] > hip + 0.02 * fig.scale) & (border < levels.max() + 0.03)
    if mesh.point.get("arm") is not None and np.abs(mesh.point["arm"]).max() > 0.5:
        # A dress has sleeves and no waistband.
        waist = fig.joints[SPINE1][2] + 0.045 * fig.scale
        border = waist + 0.5 * float(levels.max()) - fit[:, 2].astype(float)
        use = known & (np.abs(border) < levels.max() + 0.03) & (np.abs(mesh.point["arm"]) < 0.3)
    if use.sum() < 40:
        return None
    place, x, b = fit[use].astype(float), mesh.vertices[use].astype(float), border[use]
    _, a, radius = fig.trunk.split(place)
    r = float(np.median(radius))
    turn = (angles[:, None] - a[None] + np.pi) % (2 * np.pi) - np.pi
    across = np.exp(-((turn * r / 0.011) ** 2))
    posed, at = [], []
    for level in levels:
        w = across * np.exp(-(((b - level) / 0.007) ** 2)) + 1e-12 * across + 1e-30
        w /= w.sum(1, keepdims=True)
        posed.append(w @ x)
        at.append(w @ place)
    g, p = np.stack(posed), np.stack(at)
    n = g - g.mean((0, 1))
    along = np.gradient(g, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    down = g[-1].mean(0) - g[0].mean(0)
    down /= max(float(np.linalg.norm(down)), 1e-9)
    n = n - (n @ down)[..., None] * down - np.einsum("rcj,rcj->rc", n, along)[..., None] * along
    n /= np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-9)
    return g, n, p


def belt_loops(fig: Figure, mesh: Mesh, width: float) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Five loops over a waistband of `width` metres: points, faces and A-pose places of each."""
    out = []
    for angle in np.radians([-90 - 38, -90 + 38, 0 + 8, 180 - 8, 90]):
        got = waist_grid(fig, mesh, np.array([angle - 0.02, angle, angle + 0.02]), np.linspace(0.002, width + 0.004, 7))
        if got is None:
            continue
        g, n, place = got
        lift = np.array([0.0005, 0.0042, 0.005, 0.005, 0.005, 0.0042, 0.0005])
        line = g[:, 1] + n[:, 1] * lift[:, None]
        x, faces = tube(line, 0.0042 * fig.scale, 8)
        # Flat rather than round: the tube is pressed onto the cloth.
        centre, normal = np.repeat(line, 8, 0), np.repeat(n[:, 1], 8, 0)
        off = np.einsum("ij,ij->i", x - centre, normal)
        x = x - normal * (0.68 * off)[:, None]
        out.append((x, faces, np.repeat(place[:, 1], 8, 0)))
    return out
