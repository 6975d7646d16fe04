"""Clothes of lifted bodies: garments' UV maps, and pictures in them; skin of lifted faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vivant.bridge.lift.animating import lifted_person
from vivant.bridge.lift.body_light import harmonics
from vivant.bridge.lift.body_view import LEVEL_CAM_FROM_WORLD, assumed_camera
from vivant.bridge.lift.face_fit import FaceFit
from vivant.bridge.lift.face_skin import face_skin
from vivant.bridge.lift.open_head import open_head
from vivant.bridge.lift.parts.clothes import lift_clothes
from vivant.bridge.lift.pattern_fill import continued
from vivant.bridge.lift.rasterise import look
from vivant.bridge.lift.result import LiftResult, PartResult, write_result
from vivant.bridge.lift.run import LiftOptions
from vivant.bridge.lift.subject import Subject, View
from vivant.bridge.lift.texture import TextureView, filled
from vivant.bridge.lift.worn import MIRRORS, cloth_of, dressed, lifted_state, masks_of
from vivant.procgen.errors import LiftError
from vivant.procgen.frames import R_WORLD_FROM_SMPLX, rigid
from vivant.procgen.geometry import SceneObject
from vivant.procgen.one_person import sample_person
from vivant.procgen.people.body_state import BodyState
from vivant.procgen.people.garments.unwrap import unwrapped
from vivant.procgen.people.kinematics import rotvecs
from vivant.procgen.people.lbs import forward
from vivant.procgen.people.model import load_body
from vivant.procgen.people.person import pose_person
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import HumanSpec
from vivant.procgen.vectors import vertex_normals

SIZE = 224


@pytest.fixture(scope="module")
def human() -> HumanSpec:
    return sample_person(Seed(1).child("person"), description="a man in a t-shirt and shorts")


@pytest.fixture(scope="module")
def arrays(human: HumanSpec) -> dict[str, np.ndarray]:
    """A body as `vivant lift` leaves it, three metres before the camera, arms a little out, turned a quarter of a right angle."""
    model = load_body()
    from vivant.procgen.people.shape import betas_from_phenotypes

    betas = betas_from_phenotypes(model, [human.phenotype])[0].astype(np.float64)
    pose = np.zeros((55, 3))
    c, s = np.cos(0.4), np.sin(0.4)
    pose[0] = rotvecs(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]) @ R_WORLD_FROM_SMPLX)
    pose[16, 2], pose[17, 2] = -1.0, 1.0
    trans = np.array([0.0, 3.0, 0.0])
    posed = forward(model, betas, None, pose, trans)
    return {
        "betas": betas, "poses": pose.reshape(1, -1), "trans": trans[None], "joints": posed.joints,
        "vertices": posed.vertices[: model.vertex_count], "K": assumed_camera(SIZE, SIZE)[None],
        "T_cam_from_world": LEVEL_CAM_FROM_WORLD[None], "shape": np.zeros(16),
    }  # fmt: skip


@pytest.fixture(scope="module")
def state(arrays: dict[str, np.ndarray], human: HumanSpec) -> BodyState:
    return lifted_state(arrays, human)


@pytest.fixture(scope="module")
def parts(state: BodyState, human: HumanSpec) -> list[SceneObject]:
    return dressed(state, human)


def test_the_lifted_body_is_the_one_that_is_dressed(state: BodyState, arrays: dict[str, np.ndarray]) -> None:
    assert np.abs(state.posed[: state.count] - arrays["vertices"]).max() < 1e-5
    assert np.abs(state.joints - arrays["joints"]).max() < 1e-5


def test_a_garment_has_one_map_in_every_pose(parts: list[SceneObject], human: HumanSpec) -> None:
    from vivant.procgen.one_person import level_ground
    from vivant.procgen.people.person import dress_person

    other, _ = dress_person(replace_hair(human), pose_person(replace_hair(human), level_ground(), 0.0))
    by_name = {p.name: p for p in other}
    cloth = [p for p in parts if p.semantic in ("upper_clothes", "lower_clothes")]
    assert len(cloth) >= 2
    for part in cloth:
        mesh = unwrapped(part.geometry)
        assert np.array_equal(mesh.uv, unwrapped(by_name[part.name].geometry).uv)
        assert 0.0 < mesh.uv.min() < mesh.uv.max() < 1.0
        e, f = mesh.uv[:, 1] - mesh.uv[:, 0], mesh.uv[:, 2] - mesh.uv[:, 0]
        signed = 0.5 * (e[:, 0] * f[:, 1] - e[:, 1] * f[:, 0]).astype(np.float64)
        assert signed.min() > -1e-7  # nothing lies upside down
        # Equal cloth, equal texels; the rims of hems have no width in the pattern.
        x = np.asarray(mesh.point["rest"], np.float64)[mesh.faces]
        real = 0.5 * np.linalg.norm(np.cross(x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]), axis=1)
        share = signed[real > 1e-8] / real[real > 1e-8]
        assert np.percentile(share, 2) > 0.35 * np.percentile(share, 99)
        # No two triangles share texels: together they are as large as what they cover.
        surface = cloth_of(part, 256)
        assert surface is not None
        assert signed.sum() * 256**2 < 1.08 * surface.uv.raster.hit.sum()


def replace_hair(human: HumanSpec) -> HumanSpec:
    """Bald: nothing here looks at hair."""
    from vivant.procgen.spec import replace as changed

    return changed(human, hair=None, detail=0)


def test_pictures_come_back_garment_by_garment(
    parts: list[SceneObject], arrays: dict[str, np.ndarray], human: HumanSpec, tmp_path
) -> None:
    """Every part is photographed in a colour of its own: its texture has that colour and no other, seen or not."""
    blank = TextureView(np.zeros((SIZE, SIZE, 3)), arrays["K"][0], LEVEL_CAM_FROM_WORLD)
    masks = masks_of(parts, [blank])[0]
    together = sum(m.astype(int) for m in masks.values())
    assert together.max() == 1
    rng = np.random.default_rng(3)
    colors = {p.name: rng.integers(30, 230, 3) for p in parts}
    vertices = np.concatenate([p.geometry.vertices for p in parts]).astype(np.float64)
    faces, owner, first = [], [], 0
    for i, p in enumerate(parts):
        tris = p.geometry.triangles() + first
        faces.append(tris)
        owner.append(np.full(len(tris), i))
        first += len(p.geometry.vertices)
    raster = look(vertices, np.concatenate(faces), blank.K, LEVEL_CAM_FROM_WORLD, SIZE, SIZE)
    paint = np.array([colors[p.name] for p in parts])
    rgb = np.full((SIZE, SIZE, 3), 250, np.uint8)
    rgb[raster.hit] = paint[np.concatenate(owner)[raster.face[raster.hit]]]
    view = View("photo", rgb, K=blank.K, T_cam_from_world=LEVEL_CAM_FROM_WORLD)
    body = PartResult({"views": ["photo"]}, arrays)
    file = tmp_path / "person.json"
    file.write_text(human.to_json())
    options = LiftOptions(("clothes",), settings={"size": 128, "light": "keep", "person": str(file)})
    found = {"body": body, "texture": PartResult({}, {}, {"color": np.zeros((16, 16, 3), np.uint8)})}
    clothes = lift_clothes(Subject("a", (view,)), found, options)
    shown = [p.name for p in parts if clothes.facts["garments"].get(p.name, 0) > 0]
    assert {p.name for p in parts if p.semantic in ("upper_clothes", "lower_clothes")} <= set(shown)
    for name in [*shown, "body"]:
        texture = clothes.pictures[name]
        assert np.abs(texture.astype(int) - colors[name]).max() <= 3, name
        assert 0 < (clothes.pictures[f"{name}_confidence"] > 0).mean() < 0.7
    # The dressed person is animated in those clothes.
    folder = write_result(tmp_path, LiftResult("a", {}, {**found, "clothes": clothes}))
    person = lifted_person(folder)
    assert person.human.outfit == human.outfit
    assert set(person.pictures) == {*shown, "body"}
    with pytest.raises(LiftError, match="what they wear is not known"):
        lift_clothes(Subject("a", (view,)), found, LiftOptions(("clothes",)))
    with pytest.raises(LiftError, match="open body alone"):
        lift_clothes(Subject("a", (view,)), found, replace(options, model="smplx.npz"))


def test_stripes_go_on_around_the_wearer(parts: list[SceneObject]) -> None:
    surface = cloth_of(next(p for p in parts if p.semantic == "upper_clothes"), 256)
    assert surface is not None
    uv, rest = surface.uv, surface.rest
    height = uv.carry(rest)[:, 2]
    truth = np.where(np.sin(2 * np.pi * height / 0.06) > 0, 0.8, 0.2)[:, None] * [1.0, 0.5, 0.25]
    facing = -uv.carry(np.asarray(vertex_normals(rest, uv.faces)))[:, 1]
    # Seen from ahead, and a corner not at all.
    weight = np.where((facing > 0.4) & (uv.carry(rest)[:, 0] < 0.08), facing, 0.0)
    unseen = weight == 0.0
    assert 0.5 < unseen.mean() < 0.95
    whole = continued(np.where(unseen[:, None], 0.0, truth), weight, uv, rest)[uv.texels]
    assert np.allclose(whole[~unseen], truth[~unseen])
    right = np.abs(whole - truth).max(1) < 0.15
    nearest = filled(np.where(unseen[:, None], 0.0, truth), weight, uv, rest, None, MIRRORS)[uv.texels]
    as_near = np.abs(nearest - truth).max(1) < 0.15
    assert right[unseen].mean() > 0.9
    assert (~right[unseen]).mean() < 0.6 * (~as_near[unseen]).mean()
    # One colour is one colour everywhere, and so is what a few texels tell.
    few = np.where(np.arange(len(weight)) < 3, 1.0, 0.0)
    assert np.allclose(continued(np.full((len(weight), 3), 0.3), few, uv, rest), 0.3, atol=1e-6)


def test_skin_of_a_face_is_found_without_its_light_and_without_what_is_behind() -> None:
    head = open_head()
    X = head.shape(np.zeros(head.identity_count), np.zeros(head.expression_count))
    c, s = np.cos(0.5), np.sin(0.5)
    T = rigid(np.diag([1.0, -1.0, -1.0]) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]), np.array([0.0, 0.0, 0.6]))
    K = assumed_camera(SIZE, SIZE)
    K[0, 0] = K[1, 1] = 1.8 * SIZE
    light = np.array([1.0, 0.2, 0.2, 0.3, 0, 0, 0, 0, 0])[:, None] * np.ones(3)
    shown = look(X, head.triangles, K, T, SIZE, SIZE)
    n = shown.interpolate(head.triangles, vertex_normals(X, head.triangles))
    n /= np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-9)
    skin = np.array([0.30, 0.20, 0.15])
    picture = np.clip(skin * np.maximum(harmonics(n.reshape(-1, 3)) @ light, 0.0), 0, 1).reshape(SIZE, SIZE, 3)
    picture[~shown.hit] = [0.1, 0.6, 0.1]
    fit = FaceFit(head, np.zeros(head.identity_count), np.zeros(head.expression_count), (T,), (K,), X, np.zeros(1), ((1.0, 0.0),), {}, 0)
    found = face_skin(fit, [TextureView(picture, K, T)], light, skin, 256)
    on = found.blend > 0.3
    assert 0.3 < found.seen < 0.95
    assert 0.01 < on.mean() < 0.2
    # Seen, turned away or mirrored: everything that is put on a person is skin.
    assert np.abs(found.color[on] - skin).max() < 0.06
    assert np.median(np.abs(found.color[on] - skin)) < 0.01
    # Hair over the forehead is left to the person's own.
    places = shown.interpolate(head.triangles, X)
    fringe = shown.hit & (places[..., 1] > 0.045)
    dark = np.where(fringe[..., None], 0.02, picture)
    less = face_skin(fit, [TextureView(dark, K, T)], light, skin, 256)
    assert less.blend.sum() < 0.9 * found.blend.sum()
    assert less.color[less.blend > 0.3].min() > 0.08
