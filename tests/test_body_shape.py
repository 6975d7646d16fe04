"""Phenotypes: the people that come out have the stature and mass of the tables, and the look of their description."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vivant.procgen.errors import SpecError
from vivant.procgen.people.features import ASYMMETRIES, sample_features
from vivant.procgen.people.growth import MASS_KG, STATURE_CM
from vivant.procgen.people.lbs import forward, rest_shape
from vivant.procgen.people.macros import ANCHORS, hats, macro_weights
from vivant.procgen.people.model import load_body
from vivant.procgen.people.nearest import scipy_tree
from vivant.procgen.people.shape import (
    DENSITY,
    Phenotype,
    PhenotypeRanges,
    betas_from_phenotype,
    betas_from_phenotypes,
    body_stature,
    sample_phenotype,
    volume,
)
from vivant.procgen.people.shape_inverse import phenotype_like

from tools.measure_people import bodies

# The youngest band starts at two weeks: newborns lose weight first.
BANDS = [(0.04, 0.5), (0.5, 1.5), (1.5, 3), (3, 6), (6, 10), (10, 14), (14, 18), (20, 30), (30, 40), (40, 50),
         (50, 60), (60, 70), (70, 80), (80, 90)]  # fmt: skip
A_BAND = 80


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def population(body):
    rng = np.random.default_rng(11)
    people, key = [], []
    for band, ages in enumerate(BANDS):
        for sex in (0.0, 1.0):
            for _ in range(A_BAND):
                people.append(sample_phenotype(rng, PhenotypeRanges(age_years=ages, female_share=sex)))
                key.append((band, sex))
    betas = np.concatenate([betas_from_phenotypes(body, people[i : i + 280]) for i in range(0, len(people), 280)])
    return people, np.array(key), betas


def _table(table: np.ndarray, people: list[Phenotype]) -> float:
    return float(np.mean([np.interp(p.age_years, table[:, 0], table[:, 1 + int(p.gender)]) for p in people]))


def test_hats_sum_to_one_and_meet_their_anchors():
    for name, anchors in ANCHORS.items():
        assert np.allclose(hats(name, anchors), np.eye(len(anchors)))
        assert np.allclose(hats(name, np.linspace(-0.5, 1.5, 33)).sum(1), 1)


def test_macro_weights_are_products():
    values = {name: np.array([a[0], a[-1], 0.3]) for name, a in ANCHORS.items()} | {"race": np.eye(3)}
    mask = np.zeros((2, 26), np.uint8)
    mask[0, [0, 3]] = 1  # african male
    mask[1, [3]] = 1  # male
    w = macro_weights(values, mask)
    assert np.allclose(w[:, 1], hats("gender", values["gender"])[:, 0])
    assert np.allclose(w[:, 0], w[:, 1] * [1, 0, 0])


def test_stature_and_mass_follow_the_published_tables(body, population):
    people, key, betas = population
    stature, mass = body_stature(body, betas), volume(body, betas) * DENSITY
    assert len(people) > 2000
    for band, ages in enumerate(BANDS):
        for sex in (0.0, 1.0):
            rows = np.flatnonzero((key[:, 0] == band) & (key[:, 1] == sex))
            group = [people[i] for i in rows]
            # Asked for: draws of the tables, whose own sampling error is known; got: the bodies.
            asked_h = np.array([p.height_m for p in group])
            asked_m = np.array([p.weight_kg for p in group])
            assert abs(stature[rows].mean() / asked_h.mean() - 1) < 0.005, (ages, sex)
            assert abs(mass[rows].mean() / asked_m.mean() - 1) < 0.02, (ages, sex)
            error = asked_h.std() / np.sqrt(len(rows)) / asked_h.mean()
            assert abs(asked_h.mean() * 100 / _table(STATURE_CM, group) - 1) < 0.02 + error, (ages, sex)
            # Children's tables hold medians, adults' means.
            middle = np.median(asked_m) if ages[1] <= 20 else asked_m.mean()
            error = 1.25 * asked_m.std() / np.sqrt(len(rows)) / asked_m.mean()
            assert abs(middle / _table(MASS_KG, group) - 1) < 0.02 + 2 * error, (ages, sex)


def test_whole_population_is_within_two_percent_of_the_tables(body, population):
    people, key, betas = population
    stature, mass = body_stature(body, betas), volume(body, betas) * DENSITY
    adult = np.array([p.age_years >= 20 for p in people])
    for sex in (0.0, 1.0):
        rows = np.flatnonzero(adult & (key[:, 1] == sex))
        group = [people[i] for i in rows]
        assert abs(stature[rows].mean() * 100 / _table(STATURE_CM, group) - 1) < 0.02
        assert abs(mass[rows].mean() / _table(MASS_KG, group) - 1) < 0.02


def test_people_get_what_was_asked_for(body):
    for height, weight in ((1.55, 48.0), (1.70, 70.0), (1.88, 95.0), (1.75, 130.0)):
        person = Phenotype(gender=0.0, height_m=height, weight_kg=weight)
        betas = betas_from_phenotype(body, person)
        v = rest_shape(body, betas)
        assert abs(np.ptp(v[:, 1]) - height) < 0.003
        assert abs(volume(body, betas[None])[0] * DENSITY / weight - 1) < 0.01


def test_volume_polynomial_equals_the_mesh(body):
    outside = np.ones(len(body.faces), bool)
    for name in ("left_eye", "right_eye", "tongue"):
        outside[body.parts[name]] = False
    f = body.faces[outside]
    rng = np.random.default_rng(2)
    for _ in range(4):
        betas = np.zeros(body.shapedirs.shape[2])
        betas[: body.head_start] = rng.normal(0, 0.8, body.head_start)
        v = rest_shape(body, betas).astype(float)
        exact = np.einsum("ij,ij->", v[f[:, 0]], np.cross(v[f[:, 1]], v[f[:, 2]])) / 6
        assert abs(volume(body, betas[None])[0] / exact - 1) < 1e-3


def test_words_show_in_the_body(body):
    def shape(**words):
        return rest_shape(body, betas_from_phenotype(body, Phenotype(**words)))

    def width(v, joint):
        level = (body.J_regressor @ v)[joint, 1]
        ring = v[(np.abs(v[:, 1] - level) < 0.02) & (np.abs(v[:, 0]) < 0.3)]
        return np.ptp(ring[:, 0])

    man, woman = shape(gender=0.0), shape(gender=1.0)
    assert width(woman, 0) / width(woman, 9) > width(man, 0) / width(man, 9), "hips over shoulders"
    child = shape(age_years=4.0, height_m=1.02, weight_kg=16.0)
    head = body.regions["face"] > 0.5
    assert np.ptp(child[head][:, 1]) / np.ptp(child[:, 1]) > 1.15 * np.ptp(man[head][:, 1]) / np.ptp(man[:, 1])
    assert np.abs(shape(ancestry=(1, 0, 0)) - shape(ancestry=(0, 1, 0)))[head].max() > 0.003
    assert np.abs(shape(features={"nose_width": 2.0}) - shape(features={"nose_width": -2.0}))[head].max() > 0.002


def test_sampling_is_deterministic_and_round_trips():
    a = sample_phenotype(np.random.default_rng(5))
    assert a == sample_phenotype(np.random.default_rng(5))
    assert Phenotype.from_json(a.to_json()) == a
    assert max(abs(x) for x in a.features.values()) <= 2.3


def test_faces_differ(body):
    rng = np.random.default_rng(8)
    people = [sample_phenotype(rng, PhenotypeRanges(age_years=(25, 35))) for _ in range(30)]
    betas = betas_from_phenotypes(body, people)
    face = body.regions["face"] > 0.5
    shapes = np.stack([rest_shape(body, b)[face] for b in betas])
    shapes -= shapes.mean(1, keepdims=True)
    gap = np.linalg.norm(shapes[:, None] - shapes[None], axis=-1).mean(-1)[np.triu_indices(30, 1)]
    assert gap.min() > 0.0015 and np.median(gap) > 0.003


def test_bad_phenotypes():
    with pytest.raises(SpecError, match="ancestry"):
        Phenotype(ancestry=(0.0, 0.0, 0.0))
    with pytest.raises(SpecError):
        Phenotype(age_years=-1.0)
    with pytest.raises(SpecError, match="nose_width"):
        Phenotype(features={"nose_widht": 1.0})


def test_faces_are_not_mirror_images(body):
    """Left and right differ by about a millimetre, and by nothing at all where no asymmetry was drawn."""
    mirror = _mirror(body.v_template)
    face = np.flatnonzero((body.regions["face"] > 0.5) & (mirror >= 0))

    def skew(person):
        v = rest_shape(body, betas_from_phenotype(body, person)).astype(float)
        other = v[mirror[face]] * (-1.0, 1.0, 1.0)
        d = v[face] - other
        return 1e3 * np.linalg.norm(d - d.mean(0), axis=1).mean()

    rng = np.random.default_rng(4)
    people = [sample_phenotype(rng) for _ in range(12)]
    drawn = np.array([skew(p) for p in people])
    plain = [replace(p, features={k: x for k, x in p.features.items() if k not in ASYMMETRIES}) for p in people[:4]]
    assert 0.6 < drawn.mean() < 3.0 and drawn.min() > 0.3
    assert max(skew(p) for p in plain) < 0.5 * drawn.mean()


def _mirror(points):
    """(V,) the vertex on the other side, -1 where there is none within a millimetre."""
    distance, index = scipy_tree()(points).query(points * np.float32([-1.0, 1.0, 1.0]))
    return np.where(distance < 1e-3, index, -1)


def test_features_go_together(body):
    """Long faces have long noses; what is drawn for a name is what the name says."""
    rng = np.random.default_rng(2)
    drawn = [sample_features(rng, 30.0, 0.5) for _ in range(600)]

    def r(a, b):
        return np.corrcoef([d[a] for d in drawn], [d[b] for d in drawn])[0, 1]

    assert r("face_height", "nose_length") > 0.25 and r("upper_lip", "lower_lip") > 0.15
    assert abs(r("ear_lobes", "nose_hump")) < 0.15
    assert 0.85 < np.std([list(d.values()) for d in drawn], axis=0).mean() < 1.1


def test_old_faces_sag(body):
    """The same person at thirty and at eighty: the corner of the mouth and the outer lid come down, the nose grows."""
    face, weight = body.landmarks["landmark_face68_faces"], body.landmarks["landmark_face68_bary"]

    def points(age):
        v = rest_shape(body, betas_from_phenotype(body, Phenotype(age_years=age, height_m=1.7, weight_kg=70.0)))
        return np.einsum("kc,kcd->kd", weight, v[body.faces[face]])

    young, old = points(30.0), points(80.0)
    nose = [np.linalg.norm(p[33] - p[27]) for p in (young, old)]
    assert nose[1] > 1.02 * nose[0]
    corner = [p[[48, 54], 1].mean() - p[27, 1] for p in (young, old)]
    assert corner[1] < corner[0] - 0.001


def test_lips_meet_and_shoulders_are_as_broad_as_peoples(body):
    rng = np.random.default_rng(6)
    face, weight = body.landmarks["landmark_face68_faces"], body.landmarks["landmark_face68_bary"]
    for b in betas_from_phenotypes(body, [sample_phenotype(rng, PhenotypeRanges(age_years=(4, 80))) for _ in range(20)]):
        p = np.einsum("kc,kcd->kd", weight, rest_shape(body, b)[body.faces[face]])
        assert abs(p[62, 1] - p[66, 1]) < 0.0012, "the lips are neither open nor pushed into each other"
    # Breadth over the deltoids of an average man and woman, Gordon et al. 1989.
    pose = np.zeros((body.joint_count, 3))
    pose[[16, 17], 2] = -1.35, 1.35
    for gender, height, mass, breadth in ((0.0, 1.756, 78.5, 0.492), (1.0, 1.629, 62.0, 0.431)):
        person = Phenotype(gender=gender, age_years=27.0, height_m=height, weight_kg=mass)
        posed = forward(body, betas_from_phenotype(body, person), None, pose)
        level = np.abs(posed.vertices[:, 1] - posed.joints[16, 1]) < 0.1
        assert abs(np.ptp(posed.vertices[level, 0]) / breadth - 1) < 0.03


@pytest.mark.parametrize(("age", "gender"), [(6.0, 1.0), (34.0, 0.0), (71.0, 1.0)])
def test_a_shape_tells_who_has_it(age: float, gender: float) -> None:
    model = load_body()
    somebody = sample_phenotype(np.random.default_rng(int(age)), PhenotypeRanges((age, age), gender))
    betas = betas_from_phenotype(model, somebody)
    found, mm = phenotype_like(model, betas)
    again = betas_from_phenotype(model, found)
    off = 1000 * np.linalg.norm(model.shapedirs @ (again - betas).astype(float), axis=1)
    assert off.mean() < 0.3 and abs(off.mean() - mm) < 0.1, "what is said is what was met"
    assert abs(found.age_years - age) < 3 and abs(found.gender - gender) < 0.1
    mean, _ = phenotype_like(model, 0 * betas)
    assert np.abs(betas_from_phenotype(model, mean) - betas).max() > 0.5, "another shape is somebody else"


def test_shapes_of_other_models_are_told_apart() -> None:
    model = load_body()
    with pytest.raises(SpecError, match="another body model"):
        phenotype_like(model, np.zeros(10))
    with pytest.raises(SpecError, match="finite"):
        phenotype_like(model, np.full(model.shapedirs.shape[2], np.nan))


def test_bodies_are_built_as_the_survey_s(body):
    for name, found in bodies(body, 12).items():
        assert abs(found["mean"] / found["published"] - 1.0) < 0.03, name  # type: ignore[index]
