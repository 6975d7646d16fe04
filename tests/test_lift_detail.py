"""Detail of faces: relief of a finer mesh is found again, what is not there stays zero, wrinkles go where skin is pressed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vivant.bridge.lift.detail_gate import region_names, regions
from vivant.bridge.lift.detail_grid import DetailGrid, Surface, detail_grid, surface_of
from vivant.bridge.lift.detail_split import (
    Observation,
    compression,
    expression_of,
    relief_normals,
    relief_of,
    split,
)
from vivant.bridge.lift.face_detail import FaceDetail, fit_detail
from vivant.bridge.lift.face_fit import FaceFit
from vivant.bridge.lift.face_view import FaceView
from vivant.bridge.lift.head_model import HeadModel
from vivant.bridge.lift.open_head import open_head
from vivant.bridge.lift.parts.detail import lift_detail
from vivant.bridge.lift.rasterise import look
from vivant.bridge.lift.result import LiftResult, PartResult, read_result, write_result
from vivant.bridge.lift.run import LiftOptions
from vivant.bridge.lift.subject import Subject, View
from vivant.procgen.errors import LiftError
from vivant.procgen.frames import rigid
from vivant.procgen.people.lbs import rodrigues
from vivant.procgen.vectors import vertex_normals

SIZE, TEXELS = 256, 768
K = np.array([[900.0, 0, 128], [0, 900.0, 128], [0, 0, 1.0]])
WAVE, HIGH = 0.018, 0.0006


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return open_head()


@pytest.fixture(scope="module")
def grid(head: HeadModel) -> DetailGrid:
    return detail_grid(head, TEXELS)


def bumps(p: np.ndarray) -> np.ndarray:
    """Height in metres at places of the mean head."""
    k = 2 * np.pi / WAVE
    return HIGH * np.sin(k * p[:, 0]) * np.sin(k * p[:, 1] + 1.0)


def halved(values: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A mesh with a new vertex in the middle of every edge; columns 0 to 2 are places, on curves that meet the normals in 3 to 5."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    pairs, where = np.unique(edges, axis=0, return_inverse=True)
    a, b, c = (np.asarray(where).reshape(3, -1) + len(values))[:, :]
    i, j, k = faces.T
    new = np.concatenate([np.stack(t, 1) for t in ((i, a, c), (a, j, b), (c, b, k), (a, b, c))])
    middle = values[pairs].mean(1)
    across = values[pairs[:, 1], :3] - values[pairs[:, 0], :3]
    normals = values[pairs, 3:6] / np.maximum(np.linalg.norm(values[pairs, 3:6], axis=2, keepdims=True), 1e-9)
    tangents = across[:, None] - (across[:, None] * normals).sum(2, keepdims=True) * normals
    middle[:, :3] += (tangents[:, 0] - tangents[:, 1]) / 8.0  # Hermite's cubic at its middle
    return np.concatenate([values, middle]), new


@pytest.fixture(scope="module")
def fit(head: HeadModel) -> FaceFit:
    z = np.random.default_rng(2).normal(size=head.identity_count) * 0.7
    e = expression_of(head, {"browInnerUp": 0.8})
    T = rigid(np.diag([1.0, -1.0, -1.0]) @ rodrigues(np.array([0.0, 0.25, 0.0])), np.array([0.0, -0.02, 0.75]))
    return FaceFit(head, z, e, (T,), (K,), head.shape(z, e), np.zeros(1), ((1.0, 0.0),), {}, 0)


def seen(fit: FaceFit, height: float, depth_bumps: bool = True) -> FaceView:
    """Depth and normals of a finer mesh with bumps."""
    head, T = fit.head, fit.T_cam_from_head[0]
    n = vertex_normals(fit.vertices, head.triangles)
    values, faces = np.concatenate([fit.vertices, n, head.vertices], 1), head.triangles
    for _ in range(2):
        values, faces = halved(values, faces)
    x, n, rest = values[:, :3], values[:, 3:6], values[:, 6:]
    n = n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)
    raised = x + (height * bumps(rest) / HIGH)[:, None] * n
    shown = look(raised, faces, K, T, SIZE, SIZE)
    normal = shown.interpolate(faces, vertex_normals(raised, faces) @ T[:3, :3].T)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    depth = shown.depth if depth_bumps else look(x, faces, K, T, SIZE, SIZE).depth
    return FaceView("view", (SIZE, SIZE), None, K, np.eye(4), depth, normal, shown.hit)


@pytest.fixture(scope="module")
def found(fit: FaceFit) -> FaceDetail:
    return fit_detail(fit, [seen(fit, HIGH)], TEXELS)


def where_seen(detail: FaceDetail) -> np.ndarray:
    return (detail.seen > 0.2) & (detail.grid.fade > 0.99)


def test_bumps_of_a_finer_mesh_are_found(fit: FaceFit, found: FaceDetail) -> None:
    on = where_seen(found)
    true = bumps(found.grid.carry(fit.head, fit.head.vertices))[on]
    assert on.mean() > 0.3
    assert np.corrcoef(found.heights[on], true)[0, 1] > 0.8
    # Not too shallow and not too deep.
    assert 0.7 < (found.heights[on] @ true) / (true @ true) < 1.15
    assert np.nanmean(found.gate.after) < 0.25 * np.nanmean(found.gate.before)


def test_noise_is_not_taken_for_detail(fit: FaceFit, rng: np.random.Generator) -> None:
    flat = seen(fit, 0.0)
    assert flat.depth is not None and flat.normal is not None
    noisy = flat.normal + 0.12 * rng.normal(size=flat.normal.shape)
    noisy /= np.linalg.norm(noisy, axis=2, keepdims=True)
    noisy = np.where(flat.mask[..., None], noisy, 0.0)  # type: ignore[index]
    view = replace(flat, depth=flat.depth + 0.0006 * rng.normal(size=flat.depth.shape), normal=noisy)
    detail = fit_detail(fit, [view], TEXELS)
    on = where_seen(detail)
    assert detail.heights[on].std() < 0.3 * detail.measured[on].std()
    assert detail.heights[on].std() < 4e-5


def test_kinds_that_contradict_each_other_are_not_believed(fit: FaceFit, found: FaceDetail) -> None:
    """Bumps in the normals alone, with exact depth that has none."""
    detail = fit_detail(fit, [seen(fit, HIGH, depth_bumps=False)], TEXELS)
    on = where_seen(detail)
    assert detail.heights[on].std() < 0.35 * found.heights[on].std()


def test_a_second_view_must_agree(fit: FaceFit, found: FaceDetail) -> None:
    """The second view shows no bumps: what the first one shows is not on the face."""
    two = replace(fit, T_cam_from_head=fit.T_cam_from_head * 2, K=(K, K), relief=fit.relief * 2)
    detail = fit_detail(two, [seen(fit, HIGH), seen(fit, 0.0)], TEXELS)
    on = where_seen(found)
    assert detail.heights[on].std() < 0.35 * found.heights[on].std()


def test_photographs_have_no_detail(fit: FaceFit) -> None:
    with pytest.raises(LiftError, match="depth or normals"):
        fit_detail(fit, [FaceView("photo", (SIZE, SIZE), None, K)])


def test_heads_without_uv_map_are_refused(head: HeadModel) -> None:
    with pytest.raises(LiftError, match="no UV map"):
        detail_grid(replace(head, uv=None), TEXELS)
    with pytest.raises(LiftError, match="out of range"):
        detail_grid(head, 10)


def test_regions_share_out_the_face(head: HeadModel, grid: DetailGrid) -> None:
    zones = regions(grid, head)
    assert len(zones) == len(region_names()) == len(set(region_names()))
    assert np.abs(zones.sum(0) - 1.0).max() < 1e-12
    # Every region is somewhere the one that counts, and left is where x is positive.
    assert set(zones.argmax(0)) == set(range(len(zones)))
    x = grid.carry(head, head.vertices)[:, 0]
    for name, w in zip(region_names(), zones, strict=True):
        if name.endswith(("left", "right")):
            assert ((w * x).sum() > 0) == name.endswith("left")


def test_brows_press_the_forehead(head: HeadModel) -> None:
    pressed = compression(head, np.zeros(head.identity_count))
    rest = head.vertices
    names = head.expression_names
    forehead = head.face & (rest[:, 1] > 0.03)
    chin = head.face & (rest[:, 1] < -0.08)
    brow = pressed[names.index("browInnerUp")]
    assert brow[forehead].mean() > 10 * brow[chin].mean()
    # Turning the eyes presses no skin.
    assert pressed[names.index("eyeLookInLeft")][head.face & (np.abs(rest[:, 1] + 0.05) < 0.02)].max() < 0.02
    assert (pressed >= 0).all() and (pressed <= 1).all()


def test_what_was_seen_is_given_back(head: HeadModel, grid: DetailGrid, rng: np.random.Generator) -> None:
    z, e = np.zeros(head.identity_count), expression_of(head, {"browInnerUp": 0.7, "mouthSmileLeft": 0.5})
    heights = 3e-4 * rng.normal(size=grid.count)
    relief = split(head, z, grid, [Observation(e, heights, np.ones(grid.count))])
    back = relief.at({"browInnerUp": 0.7, "mouthSmileLeft": 0.5})[grid.inside]
    assert np.abs(back - heights).max() < 0.06 * np.abs(heights).max()
    assert "browInnerUp" in relief.actions and "jawOpen" not in relief.actions
    # A face at rest has no wrinkles of actions.
    assert not split(head, z, grid, [Observation(0 * e, heights, np.ones(grid.count))]).actions


def test_two_expressions_tell_rest_from_wrinkles(head: HeadModel, grid: DetailGrid, rng: np.random.Generator) -> None:
    z = np.zeros(head.identity_count)
    up = expression_of(head, {"browInnerUp": 0.9})
    pressed = grid.carry(head, compression(head, z)[head.expression_names.index("browInnerUp")])
    rest, wrinkle = 2e-4 * rng.normal(size=grid.count), 8e-4 * pressed * rng.normal(size=grid.count)
    all_seen = np.ones(grid.count)
    one = split(head, z, grid, [Observation(up, rest + 0.9 * wrinkle, all_seen)])
    two = split(head, z, grid, [Observation(up, rest + 0.9 * wrinkle, all_seen), Observation(0 * up, rest, all_seen)])
    on = pressed > 0.15
    off = [np.sqrt(((r.rest[grid.inside] - rest)[on] ** 2).mean()) for r in (one, two)]
    assert on.sum() > 100
    assert off[1] < 0.5 * off[0]
    got = two.actions["browInnerUp"][grid.inside]
    assert np.corrcoef(got[on], wrinkle[on])[0, 1] > 0.95


def test_normal_map_is_in_the_axes_of_the_map(found: FaceDetail) -> None:
    """Against tangents from the places of neighbouring texels instead of the triangles' UVs."""
    g, s = found.grid, found.surface
    coded = relief_normals(g.picture(found.heights), g, s.right, s.down, found.normals)[g.inside] / 127.5 - 1.0
    row, column = g.edges[: g.across], g.edges[g.across :]
    along, up = np.zeros((g.count, 3)), np.zeros((g.count, 3))
    along[row[:, 0]] = s.points[row[:, 1]] - s.points[row[:, 0]]
    up[column[:, 0]] = s.points[column[:, 0]] - s.points[column[:, 1]]
    on = (np.linalg.norm(along, axis=1) > 0) & (np.linalg.norm(up, axis=1) > 0) & where_seen(found)
    x, y = (t[on] / np.linalg.norm(t[on], axis=1, keepdims=True) for t in (along, up))
    for axis, tangent in enumerate((x, y)):
        share = (found.normals[on] * tangent).sum(1) - (s.normals[on] * tangent).sum(1)
        # The map's axes are at right angles, those of the texels nearly so.
        assert np.corrcoef(share, coded[on][:, axis])[0, 1] > 0.85, axis
    assert (coded[:, 2] > 0.3).all()


def test_relief_survives_its_folder(head: HeadModel, grid: DetailGrid, tmp_path: Path, rng: np.random.Generator) -> None:
    e = expression_of(head, {"browInnerUp": 0.7})
    relief = split(head, np.zeros(head.identity_count), grid, [Observation(e, 3e-4 * rng.normal(size=grid.count), np.ones(grid.count))])
    folder = write_result(tmp_path, LiftResult("somebody", {}, {"detail": PartResult({}, relief.arrays())}))
    back = relief_of(read_result(folder))
    assert back is not None
    assert (back.size, back.top, back.left) == (relief.size, relief.top, relief.left)
    assert np.array_equal(back.at({"browInnerUp": 0.4}), relief.at({"browInnerUp": 0.4}))
    assert np.abs(back.at({"browInnerUp": 50.0})).max() <= 0.003 + 1e-9


def test_part_from_a_face_and_its_frame(fit: FaceFit) -> None:
    v = seen(fit, HIGH)
    rgb = np.full((SIZE, SIZE, 3), 128, np.uint8)
    facts = {"views": ["view"], "box": [50.0, 50.0, 200.0, 200.0]}
    arrays = {
        "shape": fit.identity[None], "exp": fit.expression[None], "K": np.stack(fit.K), "T_cam_from_head": np.stack(fit.T_cam_from_head),
        "vertices": fit.vertices, "uncertainty": fit.uncertainty, "relief": np.array(fit.relief),
    }  # fmt: skip
    subject = Subject("view", (View("view", rgb, v.depth, v.normal, v.mask),))
    found = {"face": PartResult(facts, arrays)}
    got = lift_detail(subject, found, LiftOptions(("detail",), settings={"detail": TEXELS}))
    assert got.facts["slope_after"] < 0.5 * got.facts["slope_before"]
    assert got.pictures["normal"].shape == (TEXELS, TEXELS, 3)
    assert got.pictures["displacement"].dtype == np.uint16 and got.pictures["displacement"][0, 0] == 32768
    assert np.ptp(got.pictures["displacement"].astype(int)) > 2000
    photo = lift_detail(Subject("view", (View("view", rgb),)), found, LiftOptions(("detail",)))
    assert relief_of(LiftResult("photo", {}, {"detail": photo})) is None and photo.facts["notes"]


def test_surface_is_rounder_than_its_triangles(head: HeadModel, grid: DetailGrid) -> None:
    """Middles of the triangles of a coarse sphere come nearer to the sphere."""
    s: Surface = surface_of(grid, head, head.vertices)
    flat = grid.carry(head, head.vertices)
    moved = ((s.points - flat) * s.normals).sum(1)
    tip = np.linalg.norm(flat - head.vertices[head.face][head.vertices[head.face][:, 2].argmax()], axis=1) < 0.012
    # The tip of the nose is convex: its true surface lies outside of flat triangles.
    assert moved[tip].mean() > 0 and (moved[tip] > -2e-5).mean() > 0.9
    assert np.abs(moved).max() < 1e-3
