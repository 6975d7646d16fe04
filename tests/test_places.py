"""Places: determinism, JSON, exact ground, free stage, real seats, budgets. Witness: a ray caster."""

from __future__ import annotations

import functools
import time

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.channels.classes import CLASSES, NAMES, class_id
from vivant.procgen.errors import SpecError
from vivant.procgen.geometry import Mesh, PlaceGeometry
from vivant.procgen.places import solids
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import PlaceSpec, canonical

embreex = pytest.importorskip("embreex")
trimesh = pytest.importorskip("trimesh")

PLACES = ("meadow", "room", "street")
SEEDS = (0, 1, 2)
CASES = [(p, s) for p in PLACES for s in SEEDS]


@functools.cache
def spec_of(name: str, seed: int) -> PlaceSpec:
    return registry.places.get(name).make(Seed(seed).child("test", name).rng())


@functools.cache
def place_of(name: str, seed: int) -> PlaceGeometry:
    return registry.places.get(name).build(spec_of(name, seed))


def soup(place: PlaceGeometry, keep=lambda o: True, near: float = 14.0) -> tuple[trimesh.Trimesh, np.ndarray]:
    """All triangles within reach in world space, and the object index of each."""
    v, f, owner, start = [], [], [], 0
    for i, o in enumerate(place.objects):
        if not keep(o) or np.hypot(*o.T_world_from_object[:2, 3]) > near:
            continue
        p = o.geometry.vertices @ o.T_world_from_object[:3, :3].T + o.T_world_from_object[:3, 3]
        t = o.geometry.triangles()
        v.append(p), f.append(t + start), owner.append(np.full(len(t), i))
        start += len(p)
    return trimesh.Trimesh(np.concatenate(v), np.concatenate(f), process=False), np.concatenate(owner)


def cast(mesh: trimesh.Trimesh, origins: np.ndarray, ways: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance (inf = nothing) and triangle of the first hit, refined in float64."""
    ray = trimesh.ray.ray_pyembree.RayMeshIntersector(mesh)
    tri = ray.intersects_first(origins, ways)
    t = np.full(len(origins), np.inf)
    ok = tri >= 0
    a, b, c = (mesh.vertices[mesh.faces[tri[ok], k]] for k in range(3))
    n = np.cross(b - a, c - a)
    t[ok] = ((a - origins[ok]) * n).sum(1) / (ways[ok] * n).sum(1)
    return t, tri


def test_all_places_are_registered():
    assert set(PLACES) <= set(registry.places.names())
    for name in PLACES:
        assert registry.places.get(name).doc


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_spec_round_trips_and_sampling_repeats(name, seed):
    spec = spec_of(name, seed)
    assert type(spec).from_json(spec.to_json()) == spec
    assert PlaceSpec.from_dict(spec.to_dict()) == spec
    again = registry.places.get(name).make(Seed(seed).child("test", name).rng())
    assert canonical(again) == canonical(spec)
    assert canonical(spec_of(name, seed + 1)) != canonical(spec)


@pytest.mark.parametrize("name", PLACES)
def test_build_is_pure(name):
    a, b = place_of(name, 0), registry.places.get(name).build(spec_of(name, 0))
    assert [o.name for o in a.objects] == [o.name for o in b.objects]
    for p, q in zip(a.objects, b.objects, strict=True):
        np.testing.assert_array_equal(p.geometry.vertices, q.geometry.vertices)
        np.testing.assert_array_equal(p.T_world_from_object, q.T_world_from_object)
        assert [m.key() for m in p.geometry.materials] == [m.key() for m in q.geometry.materials]
        if p is a.objects[20]:
            break


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_arrays_are_sound(name, seed):
    place = place_of(name, seed)
    names = [o.name for o in place.objects]
    assert len(set(names)) == len(names)
    assert {o.semantic for o in place.objects} <= set(NAMES)
    for mesh in {id(o.geometry): o.geometry for o in place.objects}.values():
        assert isinstance(mesh, Mesh)
        assert len(mesh.vertices) and np.isfinite(mesh.vertices).all()
        assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)
        assert mesh.face_material is None or mesh.face_material.max() < len(mesh.materials)
        for values in mesh.point.values():
            assert len(values) == len(mesh.vertices) and np.isfinite(values).all()
    for o in place.objects:  # Blender keeps rotation and scale only: no shear, no mirror
        A = o.T_world_from_object[:3, :3]
        G = A.T @ A
        np.testing.assert_allclose(G - np.diag(np.diag(G)), 0, atol=1e-9)
        assert np.linalg.det(A) > 0


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_budget(name, seed):
    place = place_of(name, seed)
    total = sum(len(o.geometry.triangles()) for o in place.objects)
    unique = sum(len(m.triangles()) for m in {id(o.geometry): o.geometry for o in place.objects}.values())
    assert total <= 700_000
    assert unique <= 260_000
    assert len(place.objects) < 2000


@pytest.mark.parametrize("name", PLACES)
def test_build_time(name):
    best = np.inf
    for _ in range(3):  # other work on the machine must not fail the test
        start = time.process_time()
        registry.places.get(name).build(spec_of(name, 1))
        best = min(best, time.process_time() - start)
    assert best < 1.2


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_height_is_the_visible_ground_on_the_stage(name, seed):
    place = place_of(name, seed)
    x0, y0, x1, y1 = place.stage
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(x0, x1, 1500), rng.uniform(y0, y1, 1500)
    mesh, _ = soup(place, lambda o: o.semantic in ("terrain", "floor", "road"), 400.0)
    origin = np.stack([x, y, np.full(len(x), 2.2)], 1)
    t, _ = cast(mesh, origin, np.tile([0.0, 0.0, -1.0], (len(x), 1)))
    assert np.abs(2.2 - t - place.height(x, y)).max() < 0.002
    assert np.shape(place.height(x.reshape(30, 50), y.reshape(30, 50))) == (30, 50)


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_stage_is_free(name, seed):
    """Nothing but grass stands on the stage between shin and head height."""
    place = place_of(name, seed)
    x0, y0, x1, y1 = place.stage
    need = 2.4 if place.indoor else 6.0
    assert x1 - x0 >= need and y1 - y0 >= need * 0.99
    rng = np.random.default_rng(seed)
    mesh, owner = soup(place, lambda o: not o.name.startswith("grass"))
    x, y = rng.uniform(x0 + 0.05, x1 - 0.05, 1200), rng.uniform(y0 + 0.05, y1 - 0.05, 1200)
    top = place.height(x, y)
    t, tri = cast(mesh, np.stack([x, y, top + 1.95], 1), np.tile([0.0, 0.0, -1.0], (1200, 1)))
    blocked = {place.objects[owner[k]].name for k in tri[(1.95 - t > 0.02)]}
    assert not blocked
    for ox, oy, r in place.obstacles:
        assert r > 0 and np.isfinite([ox, oy]).all()


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_seats_are_on_real_surfaces_with_room_to_sit(name, seed):
    place = place_of(name, seed)
    if name != "meadow" or place.seats:
        assert len(place.seats) >= 2
    mesh, _ = soup(place, lambda o: o.labelled and not o.name.startswith("grass"))
    for s in place.seats:
        x, y, z = s.position
        ground = float(place.height(np.array([x]), np.array([y]))[0])
        assert 0.38 <= z - ground <= 0.52, s.name
        t, _ = cast(mesh, np.array([[x, y, z + 0.5]]), np.array([[0.0, 0.0, -1.0]]))
        assert abs(t[0] - 0.5) < 0.006, (s.name, t[0] - 0.5)
        front = np.array([np.sin(s.heading), -np.cos(s.heading)])
        # Shins: a fan of rays forward from below the seat's front edge meets nothing for 20 cm.
        at = np.array([[x + front[0] * 0.36, y + front[1] * 0.36, ground + 0.34]])
        clear, _ = cast(mesh, at, np.array([[*front, 0.0]]))
        assert clear[0] > 0.15, (s.name, clear[0])
        chest, _ = cast(mesh, np.array([[x, y, z + 0.42]]), np.array([[*front, 0.0]]))
        assert chest[0] > 0.25, (s.name, chest[0])


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_faces_look_outwards(name, seed):
    """A camera on the stage sees front faces: solids are not inside out. Leaves and cloth have two sides."""
    place = place_of(name, seed)
    two_sided = ("vegetation",)
    mesh, owner = soup(
        place, lambda o: o.semantic not in two_sided and not o.name.startswith(("curtains", "parasol")), 25.0
    )
    x0, y0, x1, y1 = place.stage
    rng = np.random.default_rng(seed)
    n = 6000
    way = rng.normal(size=(n, 3)) * (1, 1, 0.35)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    origin = np.stack([rng.uniform(x0, x1, n), rng.uniform(y0, y1, n), np.zeros(n)], 1)
    origin[:, 2] = place.height(origin[:, 0], origin[:, 1]) + 1.5
    t, tri = cast(mesh, origin, way)
    ok = np.isfinite(t)
    facing = (mesh.face_normals[tri[ok]] * way[ok]).sum(1)
    wrong = facing > 1e-6
    names = {place.objects[i].name for i in owner[tri[ok]][wrong]}
    assert wrong.mean() < 0.005, names


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_things_stand_on_the_ground(name, seed):
    """Furniture and street furniture touch what is below them: lowest point within 2 cm of the ground."""
    place = place_of(name, seed)
    hung = ("picture", "shelf", "pendant", "whiteboard", "house", "window", "curtains", "door", "trim", "panels")
    for o in place.objects:
        if (
            o.semantic not in ("furniture", "prop", "vehicle", "rock")
            or o.name.startswith(hung)
            or o.name == "radiators"
        ):
            continue
        v = o.geometry.vertices @ o.T_world_from_object[:3, :3].T + o.T_world_from_object[:3, 3]
        low = v[np.argmin(v[:, 2])]
        ground = float(place.height(low[:1].astype(float), low[1:2].astype(float))[0])
        assert low[2] - ground < 0.02, (o.name, low[2] - ground)


@pytest.mark.parametrize("seed", SEEDS)
def test_room_is_closed(seed):
    """Rays from the room leave it only through windows."""
    place = place_of("room", seed)
    mesh, owner = soup(place, lambda o: not o.name.startswith("garden"))
    rng = np.random.default_rng(seed)
    way = rng.normal(size=(20000, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    origin = np.tile([(place.stage[0] + place.stage[2]) / 2, (place.stage[1] + place.stage[3]) / 2, 1.2], (20000, 1))
    t, tri = cast(mesh, origin, way)
    assert np.isfinite(t).all()  # panes close the windows
    glass = np.array([place.objects[i].name == "window_glass" for i in owner[tri]])
    assert 0.0 < glass.mean() < 0.4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["meadow", "street"])
def test_horizon_is_filled(name, seed):
    """From eye height no level ray escapes: there is always a hill or a house."""
    place = place_of(name, seed)
    mesh, _ = soup(place, lambda o: o.semantic in ("terrain", "building", "window", "door"), 2000.0)
    a = np.linspace(0, 2 * np.pi, 721)
    way = np.stack([np.cos(a), np.sin(a), np.full(721, 0.002)], 1)
    t, _ = cast(mesh, np.tile([0.0, 0.0, 1.6], (721, 1)), way)
    assert np.isfinite(t).mean() > 0.995


def test_instances_are_counted_from_one():
    for name in PLACES:
        ids = sorted({o.instance for o in place_of(name, 0).objects})
        assert ids[0] == 0 and ids[1] == 1


def test_unlabelled_is_only_glass():
    for name in PLACES:
        assert {o.name for o in place_of(name, 0).objects if not o.labelled} <= {"window_glass"}


def test_classes():
    assert class_id("background") == 0 and class_id("door") == len(NAMES) - 1
    assert len({c for _, c in CLASSES}) == len(CLASSES)
    with pytest.raises(SpecError, match="vegetation"):
        class_id("vegetaton")


def _volume(p: solids.Piece) -> float:
    a, b, c = (p.v[p.f[:, k]] for k in range(3))
    return float((np.cross(a, b) * c).sum() / 6)


def _closed(p: solids.Piece) -> bool:
    _, where = np.unique(np.round(p.v, 5), axis=0, return_inverse=True)
    t = where.reshape(-1)[p.f]
    edges = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
    edges = edges[edges[:, 0] != edges[:, 1]]
    ahead, back = np.unique(edges, axis=0, return_counts=True), np.unique(edges[:, ::-1], axis=0, return_counts=True)
    return len(ahead[0]) == len(back[0]) and (ahead[0] == back[0]).all() and (ahead[1] == back[1]).all()


SOLIDS = {
    "box": (solids.box((1, 2, 3), (5, 5, 5)), 6.0, 1e-9),
    "chamfered": (solids.box((1, 2, 3), (1, 1, 1), 0.05), 5.97, 0.01),
    "boxes": (solids.boxes(np.array([[0, 0, 0], [3, 0, 0]]), np.array([[1, 1, 1], [2, 2, 1]])), 5.0, 1e-9),
    "rounded": (solids.rounded((1, 0.6, 0.2), 0.08), 0.110, 0.001),
    "lathe": (solids.lathe([(0, 0), (0.5, 0), (0.5, 1), (0, 1)], 64), np.pi / 4, 0.01),
    "tube": (solids.tube_path([(0, 0, 0), (0, 0, 1), (0, 0.3, 2)], 0.1, 32), np.pi * 0.01 * 2.04, 0.003),
    "rod": (solids.rod((0, 0, 0), (1, 1, 0), 0.1, 32), np.pi * 0.01 * 2**0.5, 0.001),
    "prism": (solids.prism([(0, 0), (1, 0), (1, 1), (0, 1)], 0.4), 0.4, 1e-9),
    "moulding": (solids.moulding([(0, 0), (1, 0), (1, 1), (0, 1)], 2), 2.0, 1e-9),
    "sheet": (
        solids.sheet(np.stack(np.meshgrid(np.arange(3.0), np.arange(4.0), [0], indexing="ij"), -1)[:, :, 0], 0.1),
        0.6,
        1e-9,
    ),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_solids_are_closed_and_outward(name):
    piece, volume, tolerance = SOLIDS[name]
    assert _closed(piece)
    assert abs(_volume(piece) - volume) <= tolerance
    assert piece.tex.shape == piece.v.shape
