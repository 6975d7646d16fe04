"""Skin and hair: colours drawn, strands on the scalp and off the face."""

import json
from dataclasses import replace

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.geometry import Mesh
from vivant.procgen.materials.eye import IRIS, eye_material, teeth_material, tongue_material
from vivant.procgen.materials.hair import PIGMENT, TINT, hair_material, hair_tint
from vivant.procgen.materials.skin import albedo, skin_material
from vivant.procgen.people.body_state import pose_body, root_transform
from vivant.procgen.people.eyelids import open_lids
from vivant.procgen.people.eyes import build_eyes, visible_iris
from vivant.procgen.people.face_hair import build_beard, build_brows, build_lashes
from vivant.procgen.people.garments.headwear import press_under
from vivant.procgen.people.head import front_surface, head_of, scatter
from vivant.procgen.people.keypoints import keypoint_names, keypoints
from vivant.procgen.people.look import ita_range, sample_eyes, sample_hair, sample_skin, skin_ita
from vivant.procgen.people.look_spec import EyeSpec, HairSpec
from vivant.procgen.people.model import load_body
from vivant.procgen.people.nearest import NearestPoints
from vivant.procgen.people.shape import PhenotypeRanges, betas_from_phenotype, sample_phenotype
from vivant.procgen.people.skeleton import HEAD
from vivant.procgen.people.skin import skin_attributes
from vivant.procgen.spec import FabricSpec

STYLES = registry.hair.names()


def _person(seed=3, head_turn=(0.1, 0.4, 0.05), heading=0.7):
    model = load_body()
    person = sample_phenotype(np.random.default_rng(seed), PhenotypeRanges(age_years=(20.0, 60.0)))
    betas = betas_from_phenotype(model, person)
    pose = np.zeros((55, 3))
    pose[HEAD] = head_turn
    lids = open_lids(model, betas, EyeSpec())
    return pose_body(model, person, betas, lids, pose, root_transform(heading, np.array([1.0, -2.0, 0.9])))


@pytest.fixture(scope="module")
def body():
    return _person()


@pytest.fixture(scope="module")
def head(body):
    return head_of(body)


def _base(**changes):
    return {"melanin": 0.8, "variation": 11, **changes}


# -- skin ------------------------------------------------------------------------------------------------------------


def test_melanin_darkens_and_blood_reddens():
    tones = albedo(np.linspace(0.1, 0.95, 20), 0.5)
    assert (np.diff(tones, axis=0) < 0).all() and (tones > 0).all() and (tones < 1).all()
    pale, flushed = albedo(0.2, 0.2), albedo(0.2, 1.2)
    assert flushed[0] / flushed[1] > pale[0] / pale[1]


def test_skin_tones_cover_the_human_range_evenly():
    rng = np.random.default_rng(5)
    people = [sample_phenotype(rng) for _ in range(3000)]
    where = []
    for person in people:
        for _ in range(2):
            skin = sample_skin(rng, person)
            dark, light = ita_range(skin.redness)
            where.append((skin_ita(skin.melanin, skin.redness) - dark) / (light - dark))
    counts = np.histogram(where, 10, (-0.001, 1.001))[0]
    assert counts.sum() == len(where)
    assert np.abs(counts / counts.mean() - 1.0).max() < 0.2
    dark, light = ita_range()
    assert dark < -50 and light > 55


def test_skin_goes_with_ancestry():
    rng = np.random.default_rng(0)
    mean = []
    for k in range(3):
        people = [sample_phenotype(rng, PhenotypeRanges(ancestry=tuple(np.eye(3)[k] + 1e-6))) for _ in range(60)]
        mean.append(np.mean([sample_skin(rng, p).melanin for p in people]))
    assert mean[0] > mean[1] > mean[2]


def test_children_have_no_beards_and_old_people_are_grey():
    rng = np.random.default_rng(1)
    children = [sample_phenotype(rng, PhenotypeRanges(age_years=(0.0, 14.0))) for _ in range(60)]
    old = [sample_phenotype(rng, PhenotypeRanges(age_years=(70.0, 75.0))) for _ in range(60)]
    young = [sample_phenotype(rng, PhenotypeRanges(age_years=(18.0, 28.0))) for _ in range(60)]
    assert all(sample_hair(rng, p).beard == 0 and sample_hair(rng, p).grey < 0.05 for p in children)
    assert np.mean([sample_hair(rng, p).grey for p in old]) > 0.4
    assert np.mean([sample_hair(rng, p).grey for p in young]) < 0.05
    women = [p for p in young if p.gender > 0.5]
    assert women and all(sample_hair(rng, p).beard == 0 for p in women)


def test_looks_survive_json_and_repeat():
    person = sample_phenotype(np.random.default_rng(2))
    for sample in (sample_skin, sample_eyes, sample_hair):
        a, b = (sample(np.random.default_rng(9), person) for _ in range(2))
        assert a == b
        kind = HairSpec if isinstance(a, HairSpec) else type(a)
        assert kind.from_json(a.to_json()) == a


def test_every_style_is_worn_by_somebody():
    groups = {"man", "woman", "boy", "girl", "baby", "bald"}
    assert len(STYLES) >= 6
    for entry in registry.hair:
        assert entry.spec.worn_by and set(entry.spec.worn_by) <= groups
    for group in groups:
        assert any(entry.spec.worn_by.get(group, 0) > 0 for entry in registry.hair)


def _sockets_exist(shader):
    for i, node in enumerate(shader.nodes):
        for value in node["inputs"].values():
            if isinstance(value, dict):
                assert 0 <= value["node"] < i
    assert "surface" in shader.outputs and "albedo" in shader.outputs


def test_materials_are_valid_records_and_cheaper_far_away():
    counts = []
    for lod in (0, 1, 2):
        shader = skin_material(0.4, freckles=0.5, age_marks=0.8, stubble=0.3, scalp=0.5, lod=lod)
        _sockets_exist(shader)
        assert json.loads(json.dumps(shader.to_dict(), allow_nan=False)) == shader.to_dict()
        counts.append(len(shader.nodes))
    assert counts[0] > counts[1] > counts[2]
    for shader in [
        hair_material(),
        hair_material(lod=2),
        teeth_material(),
        tongue_material(),
        *(eye_material(i) for i in IRIS),
    ]:
        _sockets_exist(shader)
        json.dumps(shader.to_dict(), allow_nan=False)
    assert skin_material(0.3).key() != skin_material(0.31).key()


def test_hair_tint_orders_colours():
    blond, brown, black = hair_tint(np.array([0.25, 0.75, 0.97]), 0.2)
    assert blond.sum() > brown.sum() > black.sum()
    red = hair_tint(0.5, 1.0)
    assert red[0] / red[1] > (hair_tint(0.5, 0.0)[0] / hair_tint(0.5, 0.0)[1])


def test_zones_lie_where_they_should(body, head):
    attributes = skin_attributes(body, None, head)
    assert np.allclose(attributes["rest"], body.rest[: body.count])
    for values in attributes.values():
        assert values.shape == (body.count, 3) and np.isfinite(values).all()
    lips = attributes["zone_part"][:, 0] > 0.5
    assert (head.canon[lips, 2] < -0.04).all() and (np.abs(head.canon[lips, 0]) < 0.04).all()
    nails = attributes["zone_part"][:, 1] > 0.5
    assert (head.weight[nails] == 0).all() and nails.sum() > 50
    assert attributes["zone_blood"][head.weight < 0.01, 1].max() < 1e-6  # no eye sockets on the body


# -- hair ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def witness(body, head):
    skin, normal = _skin_points(body, head)
    return NearestPoints(skin), skin, normal


@pytest.fixture(scope="module")
def built(body):
    out = {}
    for name in STYLES:
        entry = registry.hair.get(name)
        out[name] = entry.build(entry.spec(**_base()), body, 0.2, ())
    return out


def _skin_points(body, head):
    """Fine samples of the skin down to the chest with normals, as an independent witness of inside and outside."""
    skin = np.linalg.norm(head.points, axis=1) < 0.6
    for name in ("eye_l", "eye_r", "tongue"):
        ids = body.model.shell_faces[name]
        skin[ids[ids < body.count]] = False
    t = np.asarray(body.model.faces, np.int64)
    whole = replace(head, triangles=t[skin[t].all(1)])
    roots = scatter(whole, np.ones(body.count), 90000, np.random.default_rng(0))
    return roots.position, roots.normal


@pytest.mark.parametrize("name", STYLES)
def test_strands_are_sound(built, name):
    s = built[name]
    n, k, _ = s.points.shape
    assert n > 500 and s.radius.shape == (n, k) and s.points.dtype == np.float32
    assert np.isfinite(s.points).all() and (s.radius > 0).all()
    assert s.attributes[PIGMENT].shape == (n, 3) and s.attributes[TINT].shape == (n, 3)
    step = np.linalg.norm(np.diff(s.points, axis=1), axis=2)
    assert step.max() < 0.11


@pytest.mark.parametrize("name", STYLES)
def test_roots_lie_on_the_scalp_and_strands_stay_out_of_the_body(built, witness, head, name):
    tree, skin, normal = witness
    local = head.local(built[name].points)
    distance, _ = tree.query(local[:, 0])
    assert distance.max() < 0.006
    inner = local[:, 1:].reshape(-1, 3)
    distance, i = tree.query(inner)
    depth = -np.einsum("ij,ij->i", inner - skin[i], normal[i])
    # The ears are thin: only what is deep below the skull's skin counts.
    assert np.mean((depth > 0.002) & (distance < 0.03)) < 0.001


@pytest.mark.parametrize("name", STYLES)
def test_nothing_hangs_before_the_eyes(built, body, head, name):
    local = head.local(built[name].points)
    mesh = {n: m for n, m, _, _ in build_eyes(EyeSpec(), body)}
    for k, side in enumerate("lr"):
        v = head.local(mesh[f"eye_{side}"].vertices)
        iris = visible_iris(head.eye_radius)
        centre = head.eyes[k]
        # A camera straight in front: what projects onto the iris from before the eye would cover it.
        d = local[..., [0, 2]] - centre[[0, 2]]
        hit = (np.linalg.norm(d, axis=-1) < iris) & (local[..., 1] < v[:, 1].min())
        assert not hit.any()


@pytest.mark.parametrize("name", ["buzz", "long", "afro", "bun"])
def test_hair_repeats_and_varies(body, built, name):
    entry = registry.hair.get(name)
    again = entry.build(entry.spec(**_base()), body, 0.2, ())
    assert np.array_equal(again.points, built[name].points)
    other = entry.build(entry.spec(**_base(variation=12)), body, 0.2, ())
    assert other.points.shape != again.points.shape or np.abs(other.points - again.points).max() > 1e-3


@pytest.mark.parametrize("name", ["bob", "wavy", "curly", "ponytail", "braids", "locs"])
def test_the_number_of_strands_does_not_depend_on_the_pose(body, built, name):
    pose = body.pose.copy()
    pose[HEAD] += [0.35, -0.5, 0.2]
    nodding = pose_body(body.model, body.phenotype, body.betas, body.expression, pose, body.root)
    entry = registry.hair.get(name)
    there = entry.build(entry.spec(**_base()), nodding, 0.2, ())
    assert there.points.shape == built[name].points.shape
    # The same strand roots at the same place of the skin (the nape turns less than the head).
    a, b = head_of(body).local(built[name].points[:, 0]), head_of(nodding).local(there.points[:, 0])
    assert np.abs(a - b).max() < 0.012 and np.median(np.abs(a - b)) < 5e-4


def test_hair_follows_the_head(body, built, head):
    """The same person moved and turned: the same hair in head coordinates."""
    moved = body.moved(root_transform(-1.2, np.array([3.0, 1.0, 0.5])))
    entry = registry.hair.get("short")
    there = entry.build(entry.spec(**_base()), moved, 0.2, ())
    a, b = head.local(built["short"].points), head_of(moved).local(there.points)
    # Collisions switch between neighbouring vertices on the last digit, which a strand may amplify.
    assert np.percentile(np.abs(a - b), 99) < 2e-4 and np.abs(a - b).max() < 2e-2


def test_density_changes_the_count_and_not_the_shape(body, head):
    entry = registry.hair.get("bob")
    few, many = (entry.build(entry.spec(**_base()), body, d, ()) for d in (0.15, 0.6))
    assert 3.0 < len(many.points) / len(few.points) < 5.0
    # Together they cover nearly as much: width times number.
    covered = [len(s.points) * np.median(s.radius[:, 0]) for s in (few, many)]
    assert 0.7 < covered[0] / covered[1] < 1.0
    tips = [head.local(s.points[:, -1]).mean(0) for s in (few, many)]
    assert np.abs(tips[0] - tips[1]).max() < 0.006


def test_grey_is_a_mixture_of_white_and_dark_strands(body):
    entry = registry.hair.get("short")
    s = entry.build(entry.spec(**_base(melanin=0.9, grey=0.5)), body, 0.3, ())
    melanin = s.attributes[PIGMENT][:, 0]
    assert 0.35 < np.mean(melanin < 0.08) < 0.65
    assert np.mean((melanin > 0.08) & (melanin < 0.7)) < 0.02


def test_long_hair_lies_on_garments(body, head):
    """A stiff cape around the shoulders: no strand may run below it."""
    t = body.model.faces
    shoulders = (head.points[:, 2] < -0.14) & (head.points[:, 2] > -0.45)
    keep = t[shoulders[t].all(1)]
    cape = Mesh((body.posed[: body.count] + 0.02 * body.normals).astype(np.float32), keep.astype(np.int32), ())
    entry = registry.hair.get("long")
    bare, over = (entry.build(entry.spec(**_base()), body, 0.2, c) for c in ((), (cape,)))
    tree = NearestPoints(body.posed[: body.count][shoulders].astype(np.float64))
    near = []
    for s in (bare, over):
        p = s.points[:, 4:].reshape(-1, 3).astype(np.float64)
        low = head.local(p)[:, 2] < -0.2
        near.append(np.mean(tree.query(p[low])[0] < 0.015))
    assert near[1] < 0.25 * near[0]


# -- face hair -------------------------------------------------------------------------------------------------------


def test_brows_sit_above_the_eyes_and_lashes_on_the_lids(body, head):
    spec = registry.hair.get("buzz").spec(**_base())
    brows = head.local(build_brows(spec, body).points)
    assert (brows[:, 0, 2] > head.eyes[:, 2].mean()).all()
    assert 0.3 < np.mean(brows[:, 0, 0] > 0) < 0.7
    left, right = brows[brows[:, 0, 0] > 0], brows[brows[:, 0, 0] < 0]
    assert abs(left[:, 0, 2].mean() - right[:, 0, 2].mean()) > 1e-6  # not mirror images
    lashes = head.local(build_lashes(spec, body).points)
    nearest = np.min([np.linalg.norm(lashes[:, 0] - e, axis=1) for e in head.eyes], axis=0)
    assert np.abs(nearest / head.eye_radius - 1.0).max() < 0.25
    tips = np.min([np.linalg.norm(lashes[:, -1] - e, axis=1) for e in head.eyes], axis=0)
    assert (tips > nearest).all()


def test_brows_reach_as_far_as_brows_do_and_their_landmarks_are_on_them(body, head):
    points = dict(zip(keypoint_names("coco_wholebody"), head.local(keypoints("coco_wholebody", body)), strict=True))
    marks = np.array([points[f"face_left_brow_{i}"] for i in range(1, 6)])
    mirror = np.array([points[f"face_right_brow_{i}"] for i in range(5, 0, -1)])
    # The rule of every book on drawing: the tail ends on the line from the wing of the nose by the outer corner of the eye.
    wing, corner = (0.5 * (points[a] + points[b] * (-1, 1, 1)) for a, b in (
        ("face_nose_9", "face_nose_5"), ("face_left_eye_4", "face_right_eye_1")))  # fmt: skip
    slope = (corner[0] - wing[0]) / (corner[2] - wing[2])
    for end in (marks[-1], mirror[-1] * (-1, 1, 1)):
        assert abs(end[0] - (corner[0] + slope * (end[2] - corner[2]))) < 0.006
    hairs = [head.local(build_brows(registry.hair.get("buzz").spec(**_base(variation=v)), body).points)[:, 0] for v in range(12)]
    roots = np.concatenate(hairs)
    for side in (1, -1):
        reach = [np.quantile(side * h[side * h[:, 0] > 0, 0], 0.99) for h in hairs]
        assert abs(np.mean(reach) - np.abs((marks if side > 0 else mirror)[-1, 0])) < 0.003
        gaps = np.linalg.norm(np.diff(marks if side > 0 else mirror, axis=0), axis=1)
        assert gaps.max() < 1.4 * gaps.min()
        for mark in marks if side > 0 else mirror:
            around = np.abs(roots[:, 0] - mark[0]) < 0.002
            assert abs(np.median(roots[around, 2]) - mark[2]) < 0.003


def test_brows_rise_with_the_expression(body, head):
    spec = registry.hair.get("buzz").spec(**_base())
    up = body.expression.copy()
    up += body.model.arkit_to_expression[body.model.arkit_names.index("browInnerUp")]
    raised = pose_body(body.model, body.phenotype, body.betas, up, body.pose, body.root)
    a, b = (head.local(build_brows(spec, x).points) for x in (body, raised))
    inner = np.abs(a[:, 0, 0]) < 0.02
    assert (b[inner, 0, 2] - a[inner, 0, 2]).mean() > 0.001


@pytest.mark.parametrize("style", ["full", "goatee", "moustache", "chin"])
def test_beards_leave_lips_and_eyes_free(body, head, style):
    spec = registry.hair.get("buzz").spec(**_base(beard=0.9, beard_length=0.012, beard_style=style))
    strands = build_beard(spec, body, 0.4)
    root = head.local(strands.points)[:, 0]
    assert (root[:, 2] < head.eyes[:, 2].mean() - 0.012).all()
    lips = np.asarray(body.model.regions["lips"]) > 0.9
    tree = NearestPoints(head.points[lips])
    assert np.mean(tree.query(root)[0] < 0.002) < 0.06
    assert build_beard(registry.hair.get("buzz").spec(**_base()), body) is None


def test_front_surface_lands_where_it_is_asked(head):
    xz = np.array([[0.02, 0.02], [-0.03, 0.03], [0.0, -0.03]])
    found = front_surface(head, xz)
    assert np.abs(found.canon[:, [0, 2]] - xz).max() < 1e-6
    assert (found.canon[:, 1] < 0.0).all()


# -- what people wear and how they differ ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["short", "long", "afro", "bun"])
def test_hair_is_pressed_flat_under_a_hat_and_free_below_its_rim(body, head, built, name):
    """Rays from strands above a beanie's rim outwards meet the beanie; strands below its rim stay where they are."""
    trimesh, embree = pytest.importorskip("trimesh"), pytest.importorskip("trimesh.ray.ray_pyembree")
    beanie = registry.garments.get("beanie").make(np.random.default_rng(0), FabricSpec())
    mesh = registry.garments.get("beanie").build(beanie, body, [])[0][0]
    caster = embree.RayMeshIntersector(trimesh.Trimesh(mesh.vertices.astype(float), mesh.triangles(), process=False), scale_to_box=False)
    rim = head.local(mesh.vertices)[:, 2]
    under = press_under(built[name], (beanie,), body)
    assert under.points.shape == built[name].points.shape
    bare = []
    for strands in (built[name], under):
        p = strands.points.reshape(-1, 3).astype(np.float64)
        high = p[head.local(p)[:, 2] > np.quantile(rim, 0.3)]
        out = high - head.world(np.zeros((1, 3)))
        bare.append(np.mean(~caster.intersects_any(high, out / np.linalg.norm(out, axis=1)[:, None])))
    assert bare[1] < 0.01 and bare[1] < 0.3 * bare[0]
    before, after = head.local(built[name].points), head.local(under.points)
    low = before[..., 2] < rim.min() - 0.06
    assert np.abs(after - before)[low].mean() < 0.02 if low.any() else True


def test_tucked_hair_leaves_the_ear_free(body, head):
    ear = head.points[(head.ears > 0.5) & (head.points[:, 0] > 0)]
    entry = registry.hair.get("long")
    covered = []
    for tuck in ("none", "left"):
        p = head.local(entry.build(entry.spec(**_base(tuck=tuck)), body, 0.2, ()).points).reshape(-1, 3)
        beside = (p[:, 0] > ear[:, 0].min()) & (np.abs(p[:, 2] - ear[:, 2].mean()) < 0.02)
        covered.append(np.mean(beside & (p[:, 1] < ear[:, 1].mean()) & (p[:, 1] > ear[:, 1].min() - 0.02)))
    assert covered[1] < 0.35 * covered[0]


def test_flyaways_dyes_and_fine_hair(body):
    entry = registry.hair.get("bob")
    plain, dyed, fine = (
        entry.build(entry.spec(**_base(**k)), body, 0.2, ()) for k in ({}, {"dye": "blue", "grey": 0.5}, {"fineness": 1.0})
    )
    assert dyed.attributes[TINT].mean(0).argmax() == 2 and plain.attributes[TINT].mean(0).argmax() == 0
    assert dyed.attributes[PIGMENT][:, 0].std() < 0.1, "grey does not show through a dye"
    assert len(fine.points) < 0.7 * len(plain.points) and fine.radius.max() < plain.radius.max()


def test_long_hair_stays_out_of_the_shoulders_when_the_head_turns(body):
    pose = body.pose.copy()
    pose[HEAD] += [0.15, 0.9, 0.0]
    turned = pose_body(body.model, body.phenotype, body.betas, body.expression, pose, body.root)
    head = head_of(turned)
    skin, normal = _skin_points(turned, head)
    entry = registry.hair.get("long")
    p = head.local(entry.build(entry.spec(**_base()), turned, 0.2, ()).points)[:, 1:].reshape(-1, 3)
    distance, i = NearestPoints(skin).query(p)
    depth = -np.einsum("ij,ij->i", p - skin[i], normal[i])
    assert np.mean((depth > 0.002) & (distance < 0.03)) < 0.001
