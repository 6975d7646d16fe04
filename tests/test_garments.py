"""Clothes on people: coverage, thickness, one topology for all shapes and poses, no skin through cloth."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.color_names import COLORS, color_name
from vivant.procgen.errors import SpecError
from vivant.procgen.geometry import Mesh, Strands
from vivant.procgen.materials.shader import Shader
from vivant.procgen.people.body_state import BodyState, pose_body
from vivant.procgen.people.garments.choosing import WantedGarment, sample_outfit
from vivant.procgen.people.garments.coverage import Cover, covered_skin
from vivant.procgen.people.garments.figure import ARM, LEG, canonical, figure_of
from vivant.procgen.people.garments.headwear import directions, press_under, skull_of
from vivant.procgen.people.garments.outfit import _recorded, build_outfit, sole_thickness
from vivant.procgen.people.garments.palette import sample_named
from vivant.procgen.people.garments.topology import edge_keys, half_edges
from vivant.procgen.people.garments.wardrobe import FABRIC_WORDS, WORDS, words_of
from vivant.procgen.people.head import head_of
from vivant.procgen.people.model import load_body
from vivant.procgen.people.shape import Phenotype, betas_from_phenotype
from vivant.procgen.spec import FabricSpec, GarmentSpec, replace

PEOPLE = {
    "man": Phenotype(gender=0.05, age_years=28, height_m=1.80, weight_kg=76),
    "woman": Phenotype(gender=0.95, age_years=30, height_m=1.66, weight_kg=58),
    "heavy": Phenotype(gender=0.9, age_years=55, height_m=1.60, weight_kg=98),
    "infant": Phenotype(gender=0.5, age_years=1.5, height_m=0.80, weight_kg=11),
    "elder": Phenotype(gender=0.1, age_years=80, height_m=1.68, weight_kg=62),
}
KINDS = registry.garments.names()


def _pose(**degrees: tuple[float, float, float]) -> np.ndarray:
    names = list(load_body().joint_names)
    pose = np.zeros((len(names), 3))
    for name, value in degrees.items():
        pose[names.index(name)] = np.radians(value)
    return pose


POSES = {
    "stand": {"left_shoulder": (0, 0, -74), "right_shoulder": (0, 0, 74)},
    "walk": {"left_hip": (-24, 0, 0), "left_knee": (14, 0, 0), "right_hip": (20, 0, 0), "right_knee": (22, 0, 0),
             "left_shoulder": (25, 0, -72), "right_shoulder": (-25, 0, 72), "right_elbow": (0, 35, 0)},
    "sit": {"left_hip": (-85, -3, 0), "right_hip": (-85, 3, 0), "left_knee": (85, 0, 0), "right_knee": (85, 0, 0),
            "left_shoulder": (0, -30, -68), "right_shoulder": (0, 30, 68), "left_elbow": (0, -50, 0),
            "right_elbow": (0, 50, 0)},
    "reach": {"left_shoulder": (0, 0, 60), "right_shoulder": (0, 0, -55), "left_collar": (0, 0, 15)},
}  # fmt: skip


@lru_cache(maxsize=32)
def body(who: str = "man", pose: str = "stand") -> BodyState:
    model = load_body()
    phenotype = PEOPLE[who]
    return pose_body(
        model,
        phenotype,
        betas_from_phenotype(model, phenotype),
        np.zeros(model.exprdirs.shape[2]),
        _pose(**POSES[pose]),
        np.eye(4),
    )


def spec_of(kind: str, seed: int = 0) -> GarmentSpec:
    return registry.garments.get(kind).make(np.random.default_rng(seed), FabricSpec())


@lru_cache(maxsize=256)
def build(
    kind: str, who: str = "man", pose: str = "stand", seed: int = 0, mode: str = "fast"
) -> list[tuple[Mesh, str]]:
    return registry.garments.get(kind).build(spec_of(kind, seed), body(who, pose), [], mode)


@pytest.mark.parametrize("kind", KINDS)
def test_every_garment_is_a_sound_mesh(kind: str) -> None:
    for mesh, semantic in build(kind):
        assert semantic in {"upper_clothes", "lower_clothes", "dress", "outerwear", "footwear", "accessory", "glass"}
        assert np.isfinite(mesh.vertices).all()
        assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)
        for name in ("rest", "edge", "around"):
            assert len(mesh.point[name]) == len(mesh.vertices) and np.isfinite(mesh.point[name]).all()
        if mesh.face_material is not None:
            assert mesh.face_material.max() < len(mesh.materials)
        for k in range(3):
            assert (mesh.faces[:, k] != mesh.faces[:, (k + 1) % 3]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_topology_is_the_same_for_all_shapes_and_poses(kind: str) -> None:
    first = build(kind, "man", "stand")
    for who, pose in (("heavy", "sit"), *((("infant", "stand"),) if kind in SAYS else ())):
        for (a, _), (b, _) in zip(first, build(kind, who, pose), strict=True):
            np.testing.assert_array_equal(a.faces, b.faces)
            assert len(a.vertices) == len(b.vertices)


@pytest.mark.parametrize("kind", [k for k in KINDS if words_of(k).slot in ("upper", "outer", "dress", "lower")])
def test_borders_are_turned_in(kind: str) -> None:
    """Nothing ends in a bare sheet: every border of the outer cloth is closed by a rim."""
    mesh = build(kind)[0][0]
    inner = mesh.point["inner"] > 0.5
    keys = edge_keys(half_edges(mesh.faces), len(mesh.vertices))
    values, count = np.unique(keys, return_counts=True)
    open_edges = np.stack([values // len(mesh.vertices), values % len(mesh.vertices)], 1)[count == 1]
    main = np.isfinite(mesh.point["fit"][:, 0])
    open_main = open_edges[main[open_edges].all(1)]
    assert inner[open_main].all()
    used = np.flatnonzero(main & ~inner & (mesh.point["edge"] < 1e-6))
    assert len(used) > 20


SAYS = {
    "tshirt": ([3, 6, 9], []),
    "jumper": ([3, 6, 9, *ARM[0][:2], *ARM[1][:2]], []),
    "shirt": ([3, 6, 9], []),
    "hoodie": ([3, 6, 9], []),
    "trousers": ([1, 2, 4, 5], [16, 17]),
    "jeans": ([1, 2, 4, 5], [16, 17]),
    "leggings": ([1, 2], [16, 17]),
    "dress": ([3, 6, 1, 2], []),
}


@pytest.mark.parametrize("kind", SAYS)
@pytest.mark.parametrize("who", ["man", "infant"])
def test_garments_cover_what_they_say(kind: str, who: str) -> None:
    covers, bare = SAYS[kind]
    person = body(who)
    hidden = covered_skin(figure_of(person), [Cover(m) for m, _ in build(kind, who)])
    main = canonical(person.model).weights[: person.count].argmax(1)
    for j in covers:
        assert hidden[main == j].mean() > 0.45, f"{kind} leaves {person.model.joint_names[j]} bare"
    for j in bare:
        assert hidden[main == j].mean() < 0.02
    for j in (15, 20, 21):
        assert hidden[main == j].mean() < 0.05


def test_shoes_have_soles_below_the_foot() -> None:
    person = body()
    for kind in (k for k in KINDS if words_of(k).slot == "feet"):
        spec = spec_of(kind)
        mesh = build(kind)[0][0]
        foot = person.posed[: person.count][:, 2].min()
        assert sole_thickness(spec) >= 0.006
        assert foot - mesh.vertices[:, 2].min() == pytest.approx(sole_thickness(spec) * 1.05, abs=0.008)
    assert sole_thickness(spec_of("jeans")) == 0.0


@pytest.mark.parametrize("seed", range(6))
def test_outfits_are_whole_and_replayable(seed: int) -> None:
    for who in PEOPLE:
        a = sample_outfit(np.random.default_rng(seed), PEOPLE[who])
        b = sample_outfit(np.random.default_rng(seed), PEOPLE[who])
        assert a == b
        again = tuple(GarmentSpec.from_dict(g.to_dict()) for g in a)
        assert again == a
        kinds = {str(g.kind) for g in a}
        slots = {words_of(k).slot for k in kinds}
        assert "feet" in slots
        assert "dress" in slots or {"lower", "upper"} <= slots


def test_coats_differ_in_colour_from_what_they_are_worn_over() -> None:
    met = 0
    for seed in range(200):
        outfit = sample_outfit(np.random.default_rng(seed), PEOPLE["woman"], "cold")
        outer = {g.fabric.color for g in outfit if words_of(str(g.kind)).slot == "outer"}
        below = {g.fabric.color for g in outfit if words_of(str(g.kind)).slot in ("dress", "upper")}
        met += bool(outer and below)
        assert not outer & below, seed
    assert met > 50
    wanted = [WantedGarment("raincoat", color="red"), WantedGarment("dress", color="red")]
    outfit = sample_outfit(np.random.default_rng(0), PEOPLE["woman"], wanted=wanted)
    assert {color_name(g.fabric.color) for g in outfit if str(g.kind) in ("raincoat", "dress")} == {"red"}


def test_building_twice_gives_the_same() -> None:
    outfit = (spec_of("sandal"), spec_of("vest"))
    a, b = (build_outfit(outfit, body("woman", "walk"), "drape") for _ in range(2))
    np.testing.assert_array_equal(a.hidden_faces, b.hidden_faces)
    for (_, p, _), (_, q, _) in zip(a.parts, b.parts, strict=True):
        np.testing.assert_array_equal(p.vertices, q.vertices)


def test_hidden_skin_does_not_depend_on_the_pose() -> None:
    outfit = sample_outfit(np.random.default_rng(2), PEOPLE["man"])
    a, b = (build_outfit(outfit, body("man", pose), "fast").hidden_faces for pose in ("walk", "sit"))
    np.testing.assert_array_equal(a, b)
    assert 0.08 < a.mean() < 0.6


def test_carried_folds_move_smoothly_and_start_where_they_were_draped() -> None:
    outfit = (spec_of("shorts"), spec_of("vest"))
    first = body("woman", "walk")
    draped = build_outfit(outfit, first, "drape")
    frames = []
    before = _recorded.cache_info().misses
    for k in range(3):
        pose = first.pose.copy()
        pose[[4, 18], [0, 1]] += 0.02 * k
        frames.append(build_outfit(outfit, first.at_pose(pose), "drape", reference=first))
    # Cloth is relaxed once a sequence, and what is kept is what would be made again.
    assert _recorded.cache_info().misses == before + 1
    _recorded.cache_clear()
    again = build_outfit(outfit, first.at_pose(pose), "drape", reference=first)
    for (_, mesh, _), (_, other, _) in zip(frames[2].parts, again.parts, strict=True):
        np.testing.assert_array_equal(mesh.vertices, other.vertices)
    for i, (_, mesh, _) in enumerate(draped.parts):
        steps = [f.parts[i][1].vertices for f in frames]
        assert np.quantile(np.abs(steps[0] - mesh.vertices), 0.999) < 0.002
        # Constant speed of the pose: cloth must not jerk.
        jerk = np.linalg.norm(steps[2] - 2 * steps[1] + steps[0], axis=1)
        assert np.quantile(jerk, 0.999) < 0.002
    np.testing.assert_array_equal(frames[0].hidden_faces, draped.hidden_faces)


@pytest.mark.parametrize("pose", ["stand", "walk"])
def test_no_skirt_comes_through_a_coat(pose: str) -> None:
    """Rays from a wide skirt's sides straight out meet the closed coat over it."""
    trimesh = pytest.importorskip("trimesh")
    embree = pytest.importorskip("trimesh.ray.ray_pyembree")
    person = body("heavy", pose)
    skirt = registry.garments.get("skirt").build(replace(spec_of("skirt"), length=0.32, flare=0.09), person, [], "fast")
    coat = registry.garments.get("coat").build(replace(spec_of("coat"), length=0.42, opening=0.03), person, [skirt[0][0]], "fast")
    mesh = coat[0][0]
    caster = embree.RayMeshIntersector(trimesh.Trimesh(mesh.vertices.astype(float), mesh.triangles(), process=False), scale_to_box=False)
    v = skirt[0][0].vertices[skirt[0][0].point["inner"] < 0.5].astype(float)
    low, high = v[:, 2].min() + 0.01, person.joints[1][2]
    v = v[(v[:, 2] > low) & (v[:, 2] < high)]
    out = (v - np.median(v, axis=0)) * [1.0, 1.0, 0.0]
    out /= np.linalg.norm(out, axis=1)[:, None]
    sides = np.abs(out[:, 0]) > 0.75  # the front is open
    bare = ~caster.intersects_any(v[sides] + 1e-4 * out[sides], out[sides])
    assert bare.mean() < 0.02


def _escaping(person: BodyState, parts: list[tuple[str, Mesh, str]], hidden: np.ndarray) -> float:
    """Share of rays from covered skin that leave without meeting cloth: what would be seen through it."""
    trimesh = pytest.importorskip("trimesh")
    embree = pytest.importorskip("trimesh.ray.ray_pyembree")
    v = person.posed[: person.count].astype(float)
    tris = person.model.faces
    vertices, faces, count = [v], [tris], len(v)
    for _, mesh, _ in parts:
        vertices.append(mesh.vertices.astype(float))
        faces.append(mesh.triangles() + count)
        count += len(mesh.vertices)
    scene = trimesh.Trimesh(np.concatenate(vertices), np.concatenate(faces), process=False)
    caster = embree.RayMeshIntersector(scene, scale_to_box=False)
    rng = np.random.default_rng(0)
    a, b, c = (v[tris[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    which = np.flatnonzero(np.repeat(hidden, 2))
    seen = total = 0
    for d in rng.normal(size=(6, 3)) * [1, 1, 0.4]:
        d = d / np.linalg.norm(d)
        k = which[n[which] @ d > 0.15]
        hit = caster.intersects_any(v[tris[k]].mean(1) + n[k] * 3e-4, np.tile(d, (len(k), 1)))
        seen += int((~hit).sum())
        total += len(k)
    return seen / max(total, 1)


@pytest.mark.parametrize("mode", ["fast", "drape"])
def test_no_skin_shows_through(mode: str, record_property: Callable[[str, object], None]) -> None:
    shares = []
    cases = [
        ("man", "walk", 1),
        ("heavy", "sit", 2),
        ("infant", "stand", 3),
        ("elder", "reach", 4),
        ("woman", "sit", 6),
    ]
    for who, pose, seed in cases[1:] if mode == "fast" else cases[:1]:
        person = body(who, pose)
        dressed = build_outfit(sample_outfit(np.random.default_rng(seed), PEOPLE[who]), person, mode)
        shares.append(_escaping(person, dressed.parts, dressed.hidden_faces))
    record_property("visible_skin_percent", [round(100 * s, 3) for s in shares])
    assert np.mean(shares) < 0.0015
    assert max(shares) < 0.005


def test_legs_and_arms_of_the_format() -> None:
    assert {len(a) for a in ARM} == {18} and {len(leg) for leg in LEG} == {4}


@pytest.mark.parametrize("seed", range(3))
def test_an_outfit_holds_what_is_wanted(seed: int) -> None:
    wanted = [WantedGarment("jacket", "red"), WantedGarment("jeans", "blue"), WantedGarment("shirt", "white", "navy", "check")]
    outfit = sample_outfit(np.random.default_rng(seed), PEOPLE["woman"], wanted=wanted, without=("feet", "head"))
    by_kind = {str(g.kind): g for g in outfit}
    assert color_name(by_kind["jacket"].fabric.color) == "red" and by_kind["jacket"].fabric.pattern == "plain"
    assert color_name(by_kind["jeans"].fabric.color) in ("blue", "denim blue")
    assert by_kind["shirt"].fabric.pattern == "check" and color_name(by_kind["shirt"].fabric.color2) == "navy"
    slots = [words_of(k).slot for k in by_kind]
    assert "feet" not in slots and "head" not in slots and len(set(slots)) == len(slots)
    # What is outside comes later.
    assert list(by_kind).index("jacket") > list(by_kind).index("shirt")


def test_wishes_that_cannot_be_met_are_named() -> None:
    for wish in (WantedGarment("jaket"), WantedGarment("jacket", "redd"), WantedGarment("jacket", pattern="striped")):
        with pytest.raises(SpecError):
            sample_outfit(np.random.default_rng(0), PEOPLE["man"], wanted=[wish])
    with pytest.raises(SpecError):
        sample_outfit(np.random.default_rng(0), PEOPLE["man"], wanted=[WantedGarment("boot")], without=("feet",))


@pytest.mark.parametrize("name", COLORS)
def test_named_colours_are_named_so(name: str) -> None:
    rng = np.random.default_rng(1)
    assert {color_name(sample_named(rng, name)) for _ in range(20)} == {name}


def test_garments_have_words() -> None:
    assert set(KINDS) <= set(WORDS)
    nouns = [w.noun for w in WORDS.values()]
    assert len(set(nouns)) == len(nouns)
    assert {f for w in WORDS.values() for f in w.fabrics} <= set(FABRIC_WORDS) == set(registry.fabrics.names())


def test_lenses_are_left_out_of_the_ground_truth() -> None:
    dressed = build_outfit((spec_of("tshirt"), spec_of("glasses")), body("woman"))
    assert [semantic for _, _, semantic in dressed.parts] == ["upper_clothes", "accessory"]
    (lens,) = (mesh for _, mesh in dressed.glass)
    eyes = head_of(body("woman")).eyes
    local = head_of(body("woman")).local(lens.vertices)
    # In front of both eyes (-Y is ahead), at their height.
    assert (local[:, 1] < eyes[:, 1].max()).all() and abs(local[:, 2].mean() - eyes[:, 2].mean()) < 0.02


def test_what_lies_under_other_cloth_is_left_out() -> None:
    alone = build_outfit((spec_of("tshirt"),), body()).parts[0][1]
    under = build_outfit((spec_of("tshirt"), spec_of("hoodie")), body())
    below = [mesh for name, mesh, _ in under.parts if name.startswith("tshirt")]
    assert sum(len(m.faces) for m in below) < 0.5 * len(alone.faces)
    again = build_outfit((spec_of("tshirt"), spec_of("hoodie")), body("man", "sit"))
    assert [len(m.faces) for _, m, _ in again.parts] == [len(m.faces) for _, m, _ in under.parts]


@pytest.mark.parametrize("kind", ["cap", "beanie", "hat"])
def test_hair_lies_flat_under_a_hat(kind: str) -> None:
    person = body("woman")
    skull = skull_of(person)
    way = directions(np.radians([80.0, 60.0, -35.0]), np.array([0.0, 2.0, 3.14]))
    points = skull.head.world(way[:, None] * np.array([0.09, 0.14, 0.20])[None, :, None])
    hair = Strands(points, np.full((3, 3), 1e-4, np.float32), Shader("hair"))
    out = skull.head.local(press_under(hair, (spec_of(kind),), person).points)
    (mesh, _), = build(kind, "woman")
    hat = skull.head.local(mesh.vertices)
    d = hat / np.linalg.norm(hat, axis=1, keepdims=True)
    for k in (0, 1):
        # No strand above the rim reaches farther out than the hat does in that direction.
        reach = np.linalg.norm(hat[(d @ way[k]) > np.cos(0.06)], axis=1).max()
        assert np.linalg.norm(out[k], axis=1).max() < reach
    np.testing.assert_allclose(out[2], skull.head.local(points[2]), atol=1e-6)
    assert press_under(hair, (spec_of("jeans"),), person) is hair
