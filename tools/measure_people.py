"""How much people differ, how old they look in shape, and how evenly their skin covers the human range; nothing is rendered.

    python -m tools.measure_people --count 400

Prints JSON: means and standard deviations of facial measures of adults beside published ones, the distance between two
people's faces beside the distance between two drawings of one person, how far a face is from its own mirror image, and
counts of skin tones over ten equal bins of the individual typology angle.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial import ConvexHull
from vivant.procgen.people import shape
from vivant.procgen.people.features import ASYMMETRIES
from vivant.procgen.people.lbs import forward, rest_shape
from vivant.procgen.people.look import ita_range, sample_skin, skin_ita
from vivant.procgen.people.model import BodyModel, load_body
from vivant.procgen.people.shape import Phenotype, PhenotypeRanges, betas_from_phenotypes, sample_phenotype
from vivant.procgen.people.shape_inverse import phenotype_like
from vivant.procgen.sample import sample_anybody
from vivant.procgen.seeds import Seed

# Means and standard deviations in millimetres of (men, women), North American adults of several ancestries; rounded from
# Farkas 1994 (face) and Gordon et al. 1989, the 1988 survey of the US Army (head, eyes).
PUBLISHED = {
    "head_height": ((232, 10), (218, 9)),
    "head_breadth": ((152, 5), (145, 5)),
    "face_height": ((125, 6), (111, 5)),
    "nose_width": ((35, 2.1), (31, 1.9)),
    "nose_height": ((55, 3.3), (51, 3.1)),
    "mouth_width": ((54, 3.0), (50, 3.5)),
    "pupils": ((65, 3.7), (62, 3.6)),
    "eye_width": ((31, 1.2), (31, 1.2)),
}
# The same survey of the Army: mean stature, metres, and mass, kg, of (men, women), and means of what they measured, millimetres.
SURVEYED = ((1.756, 78.5), (1.629, 62.0))
BODIES = {
    "shoulders": (492, 431), "span": (1823, 1672), "crotch_height": (837, 771), "hip_breadth": (342, 343),
    "hips_around": (984, 967), "waist_around": (862, 792),
    "thigh_around": (597, 581), "calf_around": (378, 353),
}  # fmt: skip


def landmarks(model: BodyModel, vertices: np.ndarray) -> np.ndarray:
    """(68, 3) metres."""
    corner = vertices[model.faces[model.landmarks["landmark_face68_faces"]]]
    return np.einsum("kc,kcd->kd", model.landmarks["landmark_face68_bary"], corner)


def measures(model: BodyModel, vertices: np.ndarray) -> dict[str, float]:
    """Millimetres between landmarks of a face at rest."""
    p = landmarks(model, vertices) * 1e3
    solid = model.weights[:, [model.joint_names.index("head"), model.joint_names.index("jaw")]].sum(1) > 0.6
    head = vertices[solid & (model.regions["ears"] < 0.5)] * 1e3

    def gap(a: int, b: int) -> float:
        return float(np.linalg.norm(p[a] - p[b]))

    return {
        "head_height": float(head[:, 1].max() - p[8, 1]),
        "head_breadth": float(np.ptp(head[head[:, 1] > p[27, 1] + 20][:, 0])),
        "face_height": gap(27, 8),
        "nose_width": gap(31, 35),
        "nose_height": gap(27, 33),
        "mouth_width": gap(48, 54),
        "pupils": 0.5 * (gap(36, 45) + gap(39, 42)),
        "eye_width": 0.5 * (gap(36, 39) + gap(42, 45)),
    }


def shoulders(model: BodyModel, betas: np.ndarray) -> float:
    """Breadth over the deltoids with the arms hanging, millimetres."""
    pose = np.zeros((model.joint_count, 3))
    for name, turn in (("left_shoulder", -1.35), ("right_shoulder", 1.35)):
        pose[model.joint_names.index(name), 2] = turn
    body = forward(model, betas, None, pose)
    level = body.joints[model.joint_names.index("left_shoulder"), 1]
    return float(np.ptp(body.vertices[np.abs(body.vertices[:, 1] - level) < 0.1, 0]) * 1e3)


def body_measures(model: BodyModel, betas: np.ndarray) -> dict[str, float]:
    """Millimetres of somebody who stands with the legs together, arms out; around = as a tape goes."""
    joint, pose = model.joint_names.index, np.zeros((model.joint_count, 3))
    apart = forward(model, betas, None, pose).joints
    spread = float(np.arctan2(apart[joint("left_ankle"), 0] - 0.06, apart[joint("left_hip"), 1] - apart[joint("left_ankle"), 1]))
    pose[[joint("left_hip"), joint("right_hip")], 2] = -spread, spread
    body = forward(model, betas, None, pose)
    v, main = body.vertices[: len(model.weights)].astype(float), model.weights.argmax(1)
    arm = ("shoulder", "collar", "elbow", "wrist", "thumb", "index", "middle", "ring", "pinky")
    arms = np.array([any(part in name for part in arm) for name in model.joint_names])
    trunk, left, floor = ~arms[main], v[:, 0] > 0, float(v[:, 1].min())
    crotch = float(v[(np.abs(v[:, 0]) < 0.005) & (main == 0), 1].min())
    knee, belly = float(body.joints[joint("left_knee"), 1]), float(body.joints[joint("spine1"), 1])

    def at(height: float, chosen: np.ndarray) -> np.ndarray:
        return v[chosen & (np.abs(v[:, 1] - height) < 0.015)][:, [0, 2]]

    def around(height: float, chosen: np.ndarray) -> float:
        return float(ConvexHull(at(height, chosen)).area)

    return {
        "span": 1e3 * float(np.ptp(v[:, 0])),
        "crotch_height": 1e3 * (crotch - floor),
        "hip_breadth": 1e3 * max(float(np.ptp(at(y, trunk)[:, 0])) for y in crotch + np.linspace(0.0, 0.18, 12)),
        "hips_around": 1e3 * max(around(y, trunk) for y in crotch + np.linspace(0.02, 0.15, 8)),
        "waist_around": 1e3 * min(around(y, trunk) for y in belly + np.linspace(0.0, 0.14, 10)),
        "thigh_around": 1e3 * around(crotch - 0.03, trunk & left),
        "calf_around": 1e3 * max(around(y, trunk & left) for y in knee - np.linspace(0.05, 0.20, 6)),
    }


def bodies(model: BodyModel, count: int) -> dict[str, object]:
    """Measures of men and women between 20 and 45 who are as tall and heavy as the survey's mean, beside its means."""
    out: dict[str, object] = {}
    for sex, (height, mass) in enumerate(SURVEYED):
        rng = np.random.default_rng(5)
        people = [sample_phenotype(rng, PhenotypeRanges(age_years=(20, 45), female_share=float(sex))) for _ in range(count)]
        people = [replace(p, height_m=height, weight_kg=mass) for p in people]
        rows = [body_measures(model, b) | {"shoulders": shoulders(model, b)} for b in betas_from_phenotypes(model, people)]
        for name, published in BODIES.items():
            values = [r[name] for r in rows]
            out[f"{('men', 'women')[sex]} {name}"] = {"mean": round(float(np.mean(values))), "published": published[sex]}
    return out


def adults(model: BodyModel, count: int) -> dict[str, object]:
    """Measures of men and women between 20 and 45 beside the published ones."""
    out: dict[str, object] = {}
    for sex, women in (("men", 0.0), ("women", 1.0)):
        rng = np.random.default_rng(1)
        people = [sample_phenotype(rng, PhenotypeRanges(age_years=(20, 45), female_share=women)) for _ in range(count)]
        rows = [measures(model, rest_shape(model, b)) for b in betas_from_phenotypes(model, people)]
        for name, wanted in PUBLISHED.items():
            values = np.array([r[name] for r in rows])
            mean, sd = wanted[int(women)]
            out[f"{sex} {name}"] = {
                "mean": round(float(values.mean()), 1), "sd": round(float(values.std()), 1), "published": [mean, sd]
            }  # fmt: skip
    return out


def aligned(points: np.ndarray) -> np.ndarray:
    """(N, K, 3) faces brought to one place, size and attitude: what is left is form."""
    out = points - points.mean(1, keepdims=True)
    out /= np.sqrt((out**2).sum((1, 2), keepdims=True) / out.shape[1])
    mean = out[0]
    for _ in range(4):
        for i, face in enumerate(out):
            u, _, vt = np.linalg.svd(face.T @ mean)
            out[i] = face @ (u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt)
        mean = out.mean(0)
    return out


def diversity(model: BodyModel, count: int) -> dict[str, float]:
    """How far the nearest other face is, in percent of a face's size, and how far the same person a week later."""
    rng = np.random.default_rng(2)
    people = [sample_phenotype(rng, PhenotypeRanges(age_years=(20, 60))) for _ in range(count)]
    again = [replace(p, weight_kg=1.02 * p.weight_kg) for p in people[: count // 4]]
    betas = betas_from_phenotypes(model, [*people, *again])
    face = np.flatnonzero((model.regions["face"] > 0.5) & (model.regions["mouth_inside"] < 0.5))
    form = aligned(np.stack([rest_shape(model, b)[face] for b in betas]))
    gap = np.sqrt(((form[:count, None] - form[None, :count]) ** 2).sum(-1)).mean(-1) * 100
    np.fill_diagonal(gap, np.inf)
    same = np.sqrt(((form[: len(again)] - form[count:]) ** 2).sum(-1)).mean(-1) * 100
    return {
        "nearest_other_min": float(gap.min()),
        "nearest_other_median": float(np.median(gap.min(1))),
        "any_other_median": float(np.median(gap[np.isfinite(gap)])),
        "same_person_2_percent_heavier_median": float(np.median(same)),
    }


def asymmetry(model: BodyModel, count: int) -> dict[str, float]:
    """Mean distance in millimetres between the landmarks of a face and of its mirror image."""
    rng = np.random.default_rng(3)
    people = [sample_phenotype(rng, PhenotypeRanges(age_years=(20, 60))) for _ in range(count)]
    plain = [replace(p, features={k: v for k, v in p.features.items() if k not in ASYMMETRIES}) for p in people]
    pairs = [(36, 45), (39, 42), (31, 35), (48, 54), (17, 26), (19, 24), (21, 22), (5, 11), (3, 13)]
    out = {}
    for name, group in (("drawn", people), ("without_asymmetry", plain)):
        values = []
        for b in betas_from_phenotypes(model, group):
            p = landmarks(model, rest_shape(model, b)) * 1e3
            d = np.array([p[a] - p[c] * [-1, 1, 1] for a, c in pairs])
            values.append(np.linalg.norm(d - d.mean(0), axis=1).mean())
        out[name] = float(np.mean(values))
    return out


def tones(count: int) -> dict[str, object]:
    """Skin tones of people as scenes draw them, in ten equal bins from the darkest to the lightest."""
    angles = []
    for i in range(count):
        seed = Seed(4).child("tone", i)
        person: Phenotype = sample_anybody(seed)
        skin = sample_skin(seed.child("skin").rng(), person)
        angles.append(float(skin_ita(skin.melanin, skin.redness)))
    low, high = ita_range()
    bins = np.histogram(np.clip(angles, low, high), np.linspace(low, high, 11))[0]
    return {
        "ita_range": [round(low, 1), round(high, 1)],
        "share_of_uniform": (bins / (count / 10)).round(3).tolist(),
        "worst_deviation": float(np.abs(bins / (count / 10) - 1).max()),
    }


def shapes(model: BodyModel, count: int) -> dict[str, object]:
    """How near somebody found by shape coefficients alone comes to whom they were made from, millimetres over all vertices."""
    met = []
    for number in range(count):
        betas = betas_from_phenotypes(model, [sample_anybody(Seed(70).child("shape", number))])[0]
        found, _ = phenotype_like(model, betas)
        away = betas_from_phenotypes(model, [found])[0] - betas
        met.append(1e3 * np.linalg.norm(model.shapedirs.astype(float) @ away, axis=1).mean())
    return {
        "people": count, "within_0.1_mm": int((np.array(met) < 0.1).sum()), "median_mm": round(float(np.median(met)), 4),
        "worst_mm": round(float(np.max(met)), 2),
    }  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="faces of each group (tones: ten times as many)")
    parser.add_argument("--uncalibrated", action="store_true", help="only bodies, as they are without `shape.MEASURES`")
    parser.add_argument("--shapes", type=int, default=0, metavar="N", help="only find N people again by their shape coefficients")
    args = parser.parse_args(argv)
    model = load_body()
    if args.shapes:
        sys.stdout.write(json.dumps({"found_by_shape": shapes(model, args.shapes)}, indent=1) + "\n")
        return
    if args.uncalibrated:
        shape.MEASURES.update(dict.fromkeys(shape.MEASURES, (0.0, 0.0)))
        sys.stdout.write(json.dumps({"bodies_mm": bodies(model, args.count // 4)}, indent=1) + "\n")
        return
    report = {
        "adults_mm": adults(model, args.count),
        "bodies_mm": bodies(model, args.count // 4),
        "form_percent": diversity(model, args.count),
        "asymmetry_mm": asymmetry(model, args.count),
        "tones": tones(10 * args.count),
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
