"""Cloth that hangs and lies: level hems, skirts on laps, sleeves under sleeves, and prints that sit straight."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.geometry import Mesh
from vivant.procgen.people.body_state import BodyState, pose_body
from vivant.procgen.people.garments.collide import outer_faces
from vivant.procgen.people.garments.figure import ANKLE, ELBOW, HIP, KNEE, figure_of
from vivant.procgen.people.garments.outfit import build_outfit
from vivant.procgen.people.model import load_body
from vivant.procgen.people.nearest import NearestPoints
from vivant.procgen.people.shape import Phenotype, betas_from_phenotype
from vivant.procgen.spec import FabricSpec, GarmentSpec, replace
from vivant.procgen.vectors import vertex_normals

WOMAN = Phenotype(gender=0.95, age_years=30, height_m=1.66, weight_kg=64)
POSES: dict[str, dict[str, tuple[float, float, float]]] = {
    "stand": {"left_shoulder": (0, 0, -74), "right_shoulder": (0, 0, 74), "right_elbow": (0, 70, 0)},
    "walk": {"left_hip": (-26, 0, 0), "left_knee": (12, 0, 0), "right_hip": (20, 0, 0), "right_knee": (24, 0, 0),
             "left_shoulder": (20, 0, -74), "right_shoulder": (-20, 0, 74)},
    "run": {"left_hip": (-58, 0, 0), "left_knee": (70, 0, 0), "right_hip": (24, 0, 0), "right_knee": (60, 0, 0)},
    "kneel": {"left_knee": (88, 0, 0), "right_knee": (88, 0, 0)},
    "sit": {"left_hip": (-85, -6, 0), "right_hip": (-85, 6, 0), "left_knee": (85, 0, 0), "right_knee": (85, 0, 0)},
    "raise": {"left_shoulder": (0, 0, 55), "right_shoulder": (0, 0, 70), "spine3": (0, 15, 0)},
}  # fmt: skip


def _body(pose: str, who: Phenotype = WOMAN) -> BodyState:
    model = load_body()
    angles = np.zeros((len(model.joint_names), 3))
    for name, value in POSES[pose].items():
        angles[list(model.joint_names).index(name)] = np.radians(value)
    return _posed(angles, who)


def _posed(angles: np.ndarray, who: Phenotype = WOMAN) -> BodyState:
    model = load_body()
    return pose_body(model, who, betas_from_phenotype(model, who), np.zeros(model.exprdirs.shape[2]), angles, np.eye(4))


def _spec(kind: str, **measures: object) -> GarmentSpec:
    made = registry.garments.get(kind).make(np.random.default_rng(0), FabricSpec(pattern="graphic"))
    return replace(made, **measures)


def _build(kind: str, person: BodyState, **measures: object) -> Mesh:
    return registry.garments.get(kind).build(_spec(kind, **measures), person, [], "fast")[0][0]


@pytest.mark.parametrize("kind, measures", [("skirt", {"length": 0.42, "flare": 0.08}), ("raincoat", {"length": 0.28})])
def test_hems_stay_level_in_a_stride(kind: str, measures: dict[str, object]) -> None:
    mesh = _build(kind, _body("walk"), **measures)
    hem = (mesh.point["border"] < 1e-6) & (mesh.point["inner"] < 0.5)
    low = hem & (mesh.point["fit"][:, 2] < np.nanmin(mesh.point["fit"][hem, 2]) + 0.06)
    assert np.ptp(mesh.vertices[low, 2]) < 0.075


@pytest.mark.parametrize("pose", ["walk", "run", "kneel"])
def test_a_skirt_is_spanned_from_leg_to_leg(pose: str) -> None:
    """Seen from above its hem is nearly convex and no longer than it was cut: nothing is drawn in between the legs."""
    mesh = _build("skirt", _body(pose), length=0.36, flare=0.02)
    hem = (mesh.point["border"] < 1e-6) & (mesh.point["inner"] < 0.5)
    hem &= mesh.point["fit"][:, 2] < np.nanmin(mesh.point["fit"][hem, 2]) + 0.06
    turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    ways = np.stack([np.cos(turn), np.sin(turn)])
    plan = mesh.vertices[hem, :2].astype(float)
    support = (plan @ ways).max(0)
    inwards = (support - plan @ ways).min(1)
    assert np.quantile(inwards, 0.95) < 0.025
    # The mean of the support is the girth over a full turn.
    cut = (mesh.point["fit"][hem, :2].astype(float) @ ways).max(0).mean()
    assert 0.9 < support.mean() / cut < (1.3 if pose == "run" else 1.12)


@pytest.mark.parametrize(
    "family, measures",
    [("squat", {"depth": 0.6, "lean": 0.5}), ("kneel", {"knees": "right"}), ("kneel", {"knees": "both", "sit_back": 0.9}),
     ("lie", {"on": "back", "knees": 0.1})],
)  # fmt: skip
def test_long_dresses_lie_whole_over_legs_and_on_the_ground(family: str, measures: dict[str, object]) -> None:
    entry = registry.poses.get(family)
    pose = np.asarray(entry.build(replace(entry.make(np.random.default_rng(0), WOMAN), **measures)), float)
    person = _posed(pose)
    mesh = _build("dress", person, length=0.62, flare=0.08)
    outer = mesh.point["inner"] < 0.5
    assert mesh.vertices[:, 2].min() > person.posed[: person.count, 2].min() - 1e-4
    tris = mesh.triangles()
    tris = tris[outer[tris].all(1)]
    edges = np.concatenate([tris[:, [0, 1]], tris[:, [1, 2]], tris[:, [2, 0]]])
    now, cut = (np.linalg.norm(x[edges[:, 0]] - x[edges[:, 1]], axis=1) for x in (mesh.vertices, mesh.point["fit"]))
    assert np.quantile(now / np.maximum(cut, 1e-4), 0.99) < 4.2, "torn over an edge"
    if family == "lie":
        # It covers the shanks as when standing.
        hem = outer & (mesh.point["border"] < 1e-6) & (mesh.point["fit"][:, 2] < np.nanmin(mesh.point["fit"][:, 2]) + 0.06)
        hips, ankles = (person.joints[list(j), 1].mean() for j in (HIP, ANKLE))
        assert (mesh.vertices[hem, 1].mean() - hips) / (ankles - hips) > 0.7


def test_a_coat_presses_the_skirt_under_it() -> None:
    """Over a wide skirt it hangs about as wide as over none."""
    person = _body("walk")
    coat = _spec("coat", length=0.45, flare=0.03, opening=0.0)
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    girths = []
    for outfit in ((coat,), (_spec("skirt", length=0.5, flare=0.14), coat)):
        v = next(m for n, m, _ in build_outfit(outfit, person).parts if n.startswith("coat")).vertices.astype(float)
        girths.append((v[v[:, 2] < v[:, 2].min() + 0.06, :2] @ np.stack([np.cos(turn), np.sin(turn)])).max(0).mean())
    assert girths[1] < 1.25 * girths[0]


def test_draped_skirts_are_as_long_as_skinned_ones() -> None:
    person = _body("walk")
    fast, draped = (
        registry.garments.get("dress").build(_spec("dress", length=0.5, flare=0.08), person, [], mode)[0][0] for mode in ("fast", "drape")
    )
    hem = (fast.point["border"] < 1e-6) & (fast.point["fit"][:, 2] < np.nanmin(fast.point["fit"][:, 2]) + 0.06)
    assert abs(draped.vertices[hem, 2].mean() - fast.vertices[hem, 2].mean()) < 0.06


def test_laces_stay_under_hems() -> None:
    """No lace comes through the trouser leg that lies on it."""
    person = _body("stand")
    parts = build_outfit((_spec("sneaker"), _spec("trousers", length=1.06)), person).parts
    shoe, cloth = (next(m for n, m, _ in parts if n.startswith(k)) for k in ("sneaker", "trousers"))
    laces = shoe.vertices[np.unique(shoe.faces[shoe.face_material == 2])]
    outer = np.flatnonzero(cloth.point["inner"] < 0.5)
    normals = vertex_normals(cloth.vertices.astype(float), outer_faces(cloth))
    distance, which = NearestPoints(cloth.vertices[outer].astype(float)).query(laces.astype(float))
    height = np.einsum("ij,ij->i", laces - cloth.vertices[outer[which]], normals[outer[which]])
    beside = np.sqrt(np.maximum(distance**2 - height**2, 0))
    through = (height > 1e-4) & (height < 0.01) & (beside < 0.004) & (cloth.point["edge"][outer[which]] > 0.008)
    assert (distance < 0.03).sum() > 100 and not through.any()


def test_a_shoulder_bag_hangs_at_the_hip_of_who_sits() -> None:
    """The strap goes round the trunk, not round the knees, and the bag stands on the seat beside the hips."""
    person = _body("sit")
    bag = build_outfit((_spec("dress", length=0.4), _spec("shoulder_bag")), person).parts[-1][1].vertices
    hips, knees = person.joints[list(HIP)].mean(0), person.joints[list(KNEE)].mean(0)
    assert ((bag - hips) @ (knees - hips) / ((knees - hips) @ (knees - hips))).max() < 0.75
    seat = person.posed[: person.count][person.model.full_weights[: person.count, 0] > 0.5, 2].min()
    assert bag[:, 2].min() > seat - 0.01


def test_a_skirt_lies_on_the_lap() -> None:
    """Rays straight up from the thighs of somebody who sits meet the skirt at once: it does not stand off like a shade."""
    trimesh = pytest.importorskip("trimesh")
    embree = pytest.importorskip("trimesh.ray.ray_pyembree")
    person = _body("sit")
    mesh = _build("skirt", person, length=0.42, flare=0.08)
    skin = person.posed[: person.count].astype(float)
    thigh = person.model.full_weights[: person.count, list(HIP)].sum(1) > 0.9
    hips, knees = person.joints[[1, 2]].mean(0), person.joints[[4, 5]].mean(0)
    along = (skin - hips) @ (knees - hips) / ((knees - hips) @ (knees - hips))
    top = thigh & (along > 0.35) & (along < 0.85) & (skin[:, 2] > hips[2] + 0.03)
    caster = embree.RayMeshIntersector(trimesh.Trimesh(mesh.vertices.astype(float), mesh.triangles(), process=False), scale_to_box=False)
    start = skin[top]
    points, which, _ = caster.intersects_location(start, np.tile([0.0, 0.0, 1.0], (len(start), 1)), multiple_hits=False)
    assert len(which) > 0.9 * len(start) > 20
    height = points[:, 2] - start[which, 2]
    assert np.median(height) < 0.03 and np.quantile(height, 0.9) < 0.06


def test_no_sleeve_is_left_under_a_sleeve() -> None:
    """A wide shirt is fitted wider than the jumper over it; in the folds of the elbow nothing of it may come through."""
    person = _body("stand")
    parts = build_outfit((_spec("shirt", looseness=1.0), _spec("jumper", looseness=0.0)), person).parts
    shirt = np.concatenate([mesh.vertices for name, mesh, _ in parts if name.startswith("shirt")])
    for j in ELBOW:
        assert np.linalg.norm(shirt - person.joints[j], axis=1).min() > 0.1


@pytest.mark.parametrize("pose", ["stand", "walk", "raise"])
def test_prints_sit_straight_on_the_chest(pose: str) -> None:
    """Right and up of the print are right and up of the chest, and at a right angle."""
    person = _body(pose)
    mesh = _build("tshirt", person)
    rest, around = mesh.point["rest"], mesh.point["around"]
    on = (np.abs(rest[:, 0]) < 0.085) & (np.abs(rest[:, 2] + 0.19) < 0.085) & (mesh.point["inner"] < 0.5) & (around[:, 0] < -0.4)
    flat = np.column_stack([rest[on][:, [0, 2]], np.ones(on.sum())])
    right, up, _ = np.linalg.lstsq(flat, mesh.vertices[on].astype(float), rcond=None)[0]
    chest = (person.T @ figure_of(person).from_fit)[9][:3, :3]
    assert np.degrees(abs(np.arctan2(right @ chest[:, 2], right @ chest[:, 0]))) < 4
    assert abs(90 - np.degrees(np.arccos(right @ up / np.linalg.norm(right) / np.linalg.norm(up)))) < 5


def test_prints_grow_with_people() -> None:
    """The pattern coordinates' radius, which emblems are scaled by, follows the trunk and is the designed one on an adult."""
    child = Phenotype(gender=0.5, age_years=4, height_m=1.02, weight_kg=16)
    for who, low, high in ((WOMAN, 0.9, 1.1), (child, 0.5, 0.72)):
        around = _build("tshirt", _body("stand", who)).point["around"]
        assert low < around[:, 2].max() / 0.16 < high
