# SPDX-License-Identifier: GPL-3.0-or-later
"""How well clothes keep to people: skin that shows through cloth, layers that poke through layers, and the time it takes.

    python -m tools.measure_clothes --draws 200            # shapes × poses × outfits, fast mode
    python -m tools.measure_clothes --draws 20 --mode drape
    python -m tools.measure_clothes --draws 40 --specks    # also looks at each from four sides, as a camera would

Rays start on skin that the outfit covers in the A-pose and leave in eight directions: one that meets no cloth is skin that a
camera there would see. One that reaches the ground within ten centimetres is not: no camera is there.
Needs trimesh and embreex (the `dev` extra).
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
from vivant.procgen import registry
from vivant.procgen.layout import Placement
from vivant.procgen.one_person import level_ground
from vivant.procgen.people.body_state import BodyState
from vivant.procgen.people.garments.choosing import sample_outfit
from vivant.procgen.people.garments.outfit import Dressed, build_outfit
from vivant.procgen.people.person import build_person, pose_person
from vivant.procgen.sample import sample_anybody, sample_human
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import HumanSpec, replace

DIRECTIONS = 8
# Width of a pixel in which specks are counted, metres, and how many pixels a speck has at most.
PIXEL, SPECK = 0.004, 150
# No camera is closer to the ground than this, along a ray, metres.
CAMERA_ROOM = 0.10
CLOTHES = {"upper_clothes", "lower_clothes", "dress", "outerwear", "footwear"}


def draw(number: int) -> HumanSpec:
    """A person of any age and shape, in any pose of the registry that needs no seat, in any season."""
    seed = Seed(20_000 + number)
    phenotype = sample_anybody(seed)
    human = sample_human(seed, phenotype, Placement((0.0, 0.0), 0.0), level_ground(), 1)
    names = [n for n in registry.poses.names() if n != "sit"]
    name = names[number % len(names)]
    pose = registry.poses.get(name).make(seed.child("pose", name).rng(), phenotype)
    return replace(human, pose=pose, outfit=sample_outfit(seed.child("outfit").rng(), phenotype), gaze=None, detail=0)


def visible_share(body: BodyState, dressed: Dressed) -> tuple[int, int]:
    """Rays from covered skin that leave without meeting cloth, and all rays.

    Args:
        body: The posed person.
        dressed: What it wears.
    """
    import trimesh
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    skin = body.posed[: body.count].astype(float)
    model = body.model
    covered = np.repeat(dressed.hidden_faces, 2) if model.quads is not None else dressed.hidden_faces
    tris = model.faces
    vertices, faces, count = [skin], [tris], len(skin)
    for _, mesh, _ in dressed.parts:
        vertices.append(mesh.vertices.astype(float))
        faces.append(mesh.triangles() + count)
        count += len(mesh.vertices)
    caster = RayMeshIntersector(trimesh.Trimesh(np.concatenate(vertices), np.concatenate(faces), process=False), scale_to_box=False)
    a, b, c = (skin[tris[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-12)
    rng = np.random.default_rng(0)
    seen = total = 0
    for way in rng.normal(size=(DIRECTIONS, 3)) * [1, 1, 0.5]:
        way = way / np.linalg.norm(way)
        k = np.flatnonzero(covered & (n @ way > 0.15))
        start = skin[tris[k]].mean(1) + n[k] * 3e-4
        hit = caster.intersects_any(start, np.tile(way, (len(k), 1))) | (start[:, 2] + CAMERA_ROOM * way[2] < 0.0)
        seen, total = seen + int((~hit).sum()), total + len(k)
    return seen, total


def specks(human: HumanSpec) -> int:
    """Pixels of islands of skin or cloth that lie wholly within a garment worn over them, from four sides.

    Args:
        human: A person, dressed and posed; hair is left out.
    """
    import trimesh
    from scipy import ndimage
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    _, parts = build_person(replace(human, hair=None, detail=0, gaze=None), level_ground(), 0.0)
    parts = [p for p in parts if hasattr(p.geometry, "faces")]
    count = np.cumsum([0, *(len(p.geometry.vertices) for p in parts)])
    vertices = np.concatenate([p.geometry.vertices.astype(float) for p in parts])
    tris = [p.geometry.triangles() for p in parts]
    caster = RayMeshIntersector(
        trimesh.Trimesh(vertices, np.concatenate([t + c for t, c in zip(tris, count, strict=False)]), process=False), scale_to_box=False
    )
    part_of = np.append(np.repeat(np.arange(len(parts)), [len(t) for t in tris]), -1)
    middle, half = (vertices.min(0) + vertices.max(0)) / 2, np.linalg.norm(np.ptp(vertices, axis=0)) / 2
    across = np.arange(-half, half, PIXEL)
    u, v = np.meshgrid(across, -across)
    out = 0
    for azimuth in np.radians([0, 90, 180, 270]):
        back = np.array([np.sin(azimuth), -np.cos(azimuth), 0.15]) / np.hypot(1, 0.15)
        right = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        start = middle + u.ravel()[:, None] * right + v.ravel()[:, None] * np.cross(back, right) + 4 * back
        ids = part_of[caster.intersects_first(start, np.tile(-back, (len(start), 1)))].reshape(u.shape)
        for k, part in enumerate(parts):
            if part.semantic not in CLOTHES and part.name != "body":
                continue
            islands, _ = ndimage.label(ids == k, np.ones((3, 3)))
            for j, (rows, columns) in enumerate(ndimage.find_objects(islands)):
                around = slice(max(rows.start - 1, 0), rows.stop + 1), slice(max(columns.start - 1, 0), columns.stop + 1)
                own = islands[around] == j + 1
                border = np.unique(ids[around][ndimage.binary_dilation(own, np.ones((3, 3))) & ~own])
                if own.sum() <= SPECK and len(border) == 1 and border[0] > k and parts[border[0]].semantic in CLOTHES:
                    out += int(own.sum())
    return out


def main() -> None:
    """Print the figures of a run, and the worst draws."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--draws", type=int, default=200)
    p.add_argument("--first", type=int, default=0, help="number of the first draw")
    p.add_argument("--mode", choices=("fast", "drape"), default="fast")
    p.add_argument("--json", action="store_true")
    p.add_argument("--specks", action="store_true", help="count pixels of what comes through clothes, from four sides")
    p.add_argument("--person", action="store_true", help="time whole people, hair and face included, too")
    args = p.parse_args()
    rows, seen, total, clothes, people, through = [], 0, 0, [], [], []
    for i in range(args.first, args.first + args.draws):
        human = draw(i)
        body = pose_person(human, level_ground(), 0.0)
        start = time.process_time()
        dressed = build_outfit(human.outfit, body, args.mode)
        clothes.append(time.process_time() - start)
        s, t = visible_share(body, dressed)
        seen, total = seen + s, total + t
        rows.append((s / max(t, 1), i, str(human.pose.kind), round(human.phenotype.age_years), [str(g.kind) for g in human.outfit]))
        if args.specks:
            through.append(specks(human))
        if args.person:
            start = time.process_time()
            build_person(draw(i + 100_000), level_ground(), 0.0, mode=args.mode)
            people.append(time.process_time() - start)
    figures = {
        "draws": args.draws, "mode": args.mode, "rays": total, "visible_percent": round(100 * seen / max(total, 1), 4),
        "clothes_cpu_s_median": round(float(np.median(clothes)), 2), "clothes_cpu_s_max": round(max(clothes), 2),
        **({"speck_pixels_mean": round(float(np.mean(through)), 2), "speck_pixels_worst": max(through)} if through else {}),
        **({"person_cpu_s_median": round(float(np.median(people)), 2), "person_cpu_s_max": round(max(people), 2)} if people else {}),
    }  # fmt: skip
    print(json.dumps(figures) if args.json else "\n".join(f"{k:24} {v}" for k, v in figures.items()))
    if not args.json:
        for share, *what in sorted(rows, reverse=True)[:8]:
            print(f"{100 * share:8.3f} %  {what}")


if __name__ == "__main__":
    main()
