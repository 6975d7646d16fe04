"""A meadow in rolling country: short grass where people stand, wild flowers around, trees, woods and hills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..geometry import Mesh, PlaceGeometry, SceneObject, Seat
from ..materials import paint, terrain, vegetation, wood
from ..materials.shader import Color
from ..registry import places
from ..spec import PlaceSpec
from .furniture import park_bench
from .grass import PALETTES, PatchForm, build_patch
from .land import Land
from .plants import SPECIES, build_plant
from .solids import Kit, box, pose, rod, rotation
from .stones import build_rock, field, waves

STAGE, CAMERAS = 4.0, 10.0  # half sides, metres
Species = Literal["lime", "oak", "maple", "birch", "poplar", "pine", "apple"]


@dataclass(frozen=True, kw_only=True)
class MeadowSpec(PlaceSpec):
    """A meadow."""

    kind: ClassVar[str | None] = "meadow"

    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of relief and placement.")
    relief: float = param(0.5, low=0.0, high=1.0, doc="0 flat land, 1 hilly.")
    dryness: float = param(0.2, low=0.0, high=1.0, doc="0 lush and green, 1 late summer.")
    hue: float = param(0.5, low=0.0, high=1.0, doc="0 bluish green, 1 yellowish green.")
    path: Literal["mown", "earth", "gravel"] = param("mown", doc="What the path is made of.")
    path_width: float = param(1.5, low=0.0, high=3.0, unit="m", doc="Width of the path; 0 = none.")
    path_heading: float = param(0.4, unit="rad", doc="Direction of the path.")
    path_bend: float = param(1.2, low=0.0, high=3.0, unit="m", doc="Sideways swing of the path.")
    grass_height: float = param(0.36, low=0.15, high=0.6, unit="m", doc="Height of the tall grass around the stage.")
    flowers: Literal["daisies", "poppies", "buttercups", "wild"] = param("wild", doc="Flower palette.")
    flower_density: float = param(0.5, low=0.0, high=1.0, doc="How many flowers.")
    trees: tuple[Species, ...] = param(("lime", "birch"), doc="Species of the trees, the main one first.")
    near_trees: int = param(3, low=0, high=4, doc="Trees within 35 m.")
    bushes: int = param(4, low=0, high=6, doc="Bushes within 35 m.")
    rocks: int = param(4, low=0, high=12, doc="Boulders.")
    bench: bool = param(True, doc="A bench beside the stage.")
    fence: bool = param(True, doc="A post-and-rail fence behind the stage.")


_MIXES: tuple[tuple[Species, ...], ...] = (
    ("lime", "birch"),
    ("oak", "apple"),
    ("birch", "pine"),
    ("maple", "lime"),
    ("pine", "birch"),
    ("apple", "lime"),
    ("oak", "poplar"),
    ("birch", "oak"),
)


def sample_meadow(rng: np.random.Generator) -> MeadowSpec:
    """Draw a meadow."""
    dry = float(rng.beta(1.3, 2.6))
    return MeadowSpec(
        variation=int(rng.integers(0, 2**31)),
        relief=float(rng.uniform(0.15, 1.0)),
        dryness=dry,
        hue=float(rng.uniform(0.1, 0.9)),
        path=("mown", "mown", "earth", "gravel")[int(rng.integers(4))],
        path_width=float(rng.uniform(1.2, 2.2)),
        path_heading=float(rng.uniform(-np.pi, np.pi)),
        path_bend=float(rng.uniform(0.3, 2.2)),
        grass_height=float(rng.uniform(0.24, 0.48)),
        flowers=("daisies", "poppies", "buttercups", "wild")[int(rng.integers(4))],
        flower_density=float(rng.uniform(0.1, 1.0)),
        trees=_MIXES[int(rng.integers(len(_MIXES)))],
        near_trees=int(rng.integers(2, 4)),
        bushes=int(rng.integers(2, 7)),
        rocks=int(rng.integers(1, 8)),
        bench=bool(rng.random() < 0.6),
        fence=bool(rng.random() < 0.5),
    )


places.register("meadow", spec=MeadowSpec, build=lambda spec: build_meadow(spec))(sample_meadow)


def _colors(spec: MeadowSpec) -> tuple[Color, Color]:
    a, b = np.array([0.085, 0.170, 0.040]), np.array([0.150, 0.205, 0.038])
    green = a + (b - a) * spec.hue
    straw = np.array([0.38, 0.31, 0.145])
    green = green + (straw * 0.7 - green) * 0.35 * spec.dryness
    r, g, c = green.tolist()
    return (r, g, c), (0.38, 0.31, 0.145)


def _upright(land: Land, x: np.ndarray, y: np.ndarray, rng: np.random.Generator, scale: np.ndarray) -> list[np.ndarray]:
    """Transforms that stand patches on the slope, turned at random."""
    z, n = land.height(x, y), land.normal(x, y)
    a = rng.uniform(0, 2 * np.pi, len(x))
    u = np.stack([np.cos(a), np.sin(a), np.zeros_like(a)], 1)
    u -= (u * n).sum(1, keepdims=True) * n
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    T = np.tile(np.eye(4), (len(x), 1, 1))
    T[:, :3, :3] = np.stack([u, np.cross(n, u), n], 2) * scale[:, None, None]
    T[:, :3, 3] = np.stack([x, y, z], 1)
    return list(T)


def _cells(side: float, inner: float, outer: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Jittered centres of square cells whose distance from the origin is within inner–outer."""
    axis = np.arange(-np.ceil(outer / side), np.ceil(outer / side) + 1) * side
    x, y = (g.ravel() for g in np.meshgrid(axis, axis, indexing="ij"))
    keep = (np.hypot(x, y) >= inner) & (np.hypot(x, y) < outer)
    n = int(keep.sum())
    return x[keep] + rng.uniform(-0.2, 0.2, n) * side, y[keep] + rng.uniform(-0.2, 0.2, n) * side


def _grass(spec: MeadowSpec, land: Land) -> list[SceneObject]:
    rng = np.random.default_rng([spec.variation, 2])
    green, dry = _colors(spec)
    near = vegetation.blade(green, dry, spec.dryness)
    far = vegetation.blade(green, dry, spec.dryness, True)
    kinds = PALETTES[spec.flowers]
    dense, low = spec.flower_density, "daisy" if "daisy" in kinds else None
    h = spec.grass_height

    def tall(share: float) -> list[tuple[str, int]]:
        pick = rng.permutation([k for k in kinds if k != "daisy"])[:2]
        return [(str(k), int(rng.poisson((3.0 + 13.0 * dense) * share))) for k in pick]

    # side, inner and outer radius, blades, height, width, fine; flowers of each variant follow
    zones = [
        (
            "short",
            PatchForm(1.0, 245, (0.035, 0.085), 0.0065, 0.55),
            0.0,
            5.6,
            near,
            [[], [(low, 2)] if low else [], [], [(low, 5)] if low else []],
            26,
        ),
        ("mid", PatchForm(1.0, 92, (0.07, 0.19), 0.0085, 0.5), 5.6, 10.5, near, [[], tall(0.35), [], tall(0.8)], 8),
        (
            "tall",
            PatchForm(2.0, 135, (h * 0.5, h), 0.013, 0.35, False),
            10.5,
            25.0,
            near,
            [tall(0.2), tall(1.6), [], tall(0.7)],
            0,
        ),
        ("far", PatchForm(6.0, 170, (h * 0.6, h * 1.05), 0.036, 0.3, False), 25.0, 56.0, far, [[], []], 0),
    ]
    meadow_of = waves(np.random.default_rng([spec.variation, 3]), 8, (6.0, 22.0), 2)
    out = []
    for name, form, inner, outer, material, variants, clover in zones:
        meshes = [build_patch(form, rng, material, f, clover, tuft=0.035 if form.fine else 0.12) for f in variants]
        x, y = _cells(form.side, inner, outer, rng)
        way = land.on_path(x, y)
        keep = way < (0.55 if spec.path != "mown" else 0.45 if form.height[0] > 0.05 else 2.0)
        x, y = x[keep], y[keep]
        scale = rng.uniform(0.85, 1.15, len(x))
        # Flowers gather where a slow field is high: variants are ordered by it, with some mixing.
        order = field(meadow_of, np.stack([x, y], 1)) + rng.normal(0, 0.5, len(x))
        ranks = np.array([0, 2, 1, 3]) if len(variants) == 4 else np.arange(len(variants))
        which = ranks[np.clip(((order + 1.3) / 2.6 * len(variants)).astype(int), 0, len(variants) - 1)]
        for i, T in enumerate(_upright(land, x, y, rng, scale)):
            out.append(SceneObject(f"grass_{name}_{i:03d}", meshes[which[i]], "vegetation", T_world_from_object=T))
    return out


def _tufts(spec: MeadowSpec, land: Land, things: list[SceneObject]) -> list[SceneObject]:
    """Taller grass that the mower left at the foot of stones, trunks, bushes and the fence: it seats them in the ground."""
    rng = np.random.default_rng([spec.variation, 8])
    green, dry = _colors(spec)
    form = PatchForm(0.42, 40, (0.14, 0.34), 0.009, 0.45)
    shapes = [build_patch(form, rng, vegetation.blade(green, dry, spec.dryness), [], tuft=0.05) for _ in range(3)]
    spots = []
    for o in things:
        x, y = o.T_world_from_object[:2, 3]
        if o.name.startswith(("rock", "tree_0", "bush")) and np.hypot(x, y) < 36:
            size = float(np.linalg.norm(o.T_world_from_object[:3, 0]))
            r = {"r": 0.46 * size, "t": 0.26, "b": 0.35 * size}[o.name[0]]
            a = rng.uniform(0, 2 * np.pi, 7 if o.name[0] == "r" else 5)
            spots += [(x + r * np.cos(k), y + r * np.sin(k)) for k in a]
        elif o.name == "fence":
            posts = o.geometry.vertices[::24]  # type: ignore[union-attr]
            pick = rng.permutation(len(posts))[:30]
            spots += [(float(v[0]), float(v[1])) for v in posts[pick]]
    if not spots:
        return []
    at = np.array(spots)
    keep = (np.abs(at) > STAGE + 0.4).any(1) & (land.on_path(at[:, 0], at[:, 1]) < 0.3)
    at = at[keep]
    T = _upright(land, at[:, 0], at[:, 1], rng, rng.uniform(0.8, 1.3, len(at)))
    return [
        SceneObject(f"grass_tuft_{i:03d}", shapes[i % 3], "vegetation", T_world_from_object=m) for i, m in enumerate(T)
    ]


def _stand(land: Land, x: float, y: float, heading: float, scale: object, sink: float = 0.0) -> np.ndarray:
    z = float(land.height(np.array([x]), np.array([y]))[0])
    return pose(x, y, z - sink, heading, scale)  # type: ignore[arg-type]


def _trees(spec: MeadowSpec, land: Land) -> list[SceneObject]:
    rng = np.random.default_rng([spec.variation, 4])
    forms = [SPECIES[k] for k in spec.trees] or [SPECIES["lime"]]
    out: list[SceneObject] = []
    near = [build_plant(f, rng, 2) for f in forms[:2]]
    count = 0
    # Near trees share the circle out between them, with a wide gap somewhere for the view.
    a0, gap = rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 1.6)
    for i in range(spec.near_trees):
        a = a0 + gap + (2 * np.pi - gap) * (i + rng.uniform(0.2, 0.8)) / spec.near_trees
        r = rng.uniform(15.5, 30.0)
        count += 1
        T = _stand(land, r * np.cos(a), r * np.sin(a), rng.uniform(0, 6.28), rng.uniform(0.8, 1.2), 0.05)
        out.append(SceneObject(f"tree_{i:02d}", near[i % len(near)], "vegetation", count, T_world_from_object=T))
    bush = build_plant(SPECIES["bush"], rng, 2)
    for i in range(spec.bushes):
        a, r = rng.uniform(0, 2 * np.pi), rng.uniform(15.4, 34.0)
        s = rng.uniform(0.7, 1.7)
        count += 1
        T = _stand(land, r * np.cos(a), r * np.sin(a), rng.uniform(0, 6.28), (s, s, s * rng.uniform(0.8, 1.2)), 0.03)
        out.append(SceneObject(f"bush_{i:02d}", bush, "vegetation", count, T_world_from_object=T))
    mid = [build_plant(f, rng, 1) for f in forms for _ in range(2)]
    for i in range(12):
        a, r = rng.uniform(0, 2 * np.pi), 34 * (4.2 ** rng.uniform(0, 1))
        T = _stand(land, r * np.cos(a), r * np.sin(a), rng.uniform(0, 6.28), rng.uniform(0.75, 1.35), 0.1)
        out.append(SceneObject(f"tree_mid_{i:02d}", mid[i % len(mid)], "vegetation", T_world_from_object=T))
    return out + _woods(spec, land, rng)


def _woods(spec: MeadowSpec, land: Land, rng: np.random.Generator) -> list[SceneObject]:
    """Hedges between the fields and woods on the hills."""
    forms = [SPECIES[k] for k in spec.trees] or [SPECIES["lime"]]
    small = [build_plant(f, rng, 0) for f in (*forms, *forms, SPECIES["bush"])]
    grove = [_grove(small[:-1], 6, 14.0, rng, scale=1.15) for _ in range(3)]
    hedge = _grove([small[-1]], 7, 20.0, rng, line=True, scale=2.6)
    out = []
    where = waves(rng, 6, (0.5, 1.6), 1)
    for ring, (r0, n) in enumerate(((190.0, 10), (340.0, 16), (560.0, 24))):
        a = np.arange(n) / n * 2 * np.pi + rng.uniform(0, 6.28)
        keep = field(where, (a * 0.9 + ring * 5)[:, None]) > -0.45
        for i, b in enumerate(a[keep]):
            r = r0 * (1 + 0.10 * np.sin(3 * b + ring)) + rng.uniform(-12, 12)
            T = _stand(land, r * np.cos(b), r * np.sin(b), b + np.pi / 2, rng.uniform(0.9, 1.4), 0.8)
            out.append(SceneObject(f"wood_{ring}_{i:02d}", grove[i % 3], "vegetation", T_world_from_object=T))
    for i in range(16):
        a, r = rng.uniform(0, 2 * np.pi), rng.uniform(75, 240)
        T = _stand(land, r * np.cos(a), r * np.sin(a), a + np.pi / 2 + rng.normal(0, 0.4), rng.uniform(0.8, 1.3), 0.3)
        out.append(SceneObject(f"hedge_{i:02d}", hedge, "vegetation", T_world_from_object=T))
    return out


def _grove(
    trees: list[Mesh], count: int, length: float, rng: np.random.Generator, line: bool = False, scale: float = 1.0
) -> Mesh:
    """Several far trees as one mesh, along x."""
    v, f, shade, tex, tint, mat, start = [], [], [], [], [], [], 0
    shaders = {s.key(): s for t in trees for s in t.materials}
    slot = {k: i for i, k in enumerate(shaders)}
    for i in range(count):
        t = trees[i % len(trees)]
        R = rotation(rng.uniform(0, 6.28)) * scale * rng.uniform(0.75, 1.25)
        at = [
            (i + rng.uniform(0.1, 0.9)) / count * 2 * length - length,
            0 if line else rng.uniform(-0.45, 0.45) * length,
            0,
        ]
        v.append(t.vertices @ R.T + at)
        f.append(t.faces + start)
        start += len(t.vertices)
        for store, key in ((shade, "shade"), (tex, "tex"), (tint, "tint")):
            store.append(t.point[key])
        lookup = np.array([slot[s.key()] for s in t.materials])
        mat.append(lookup[t.face_material])
    return Mesh(
        np.concatenate(v).astype(np.float32),
        np.concatenate(f).astype(np.int32),
        tuple(shaders.values()),
        np.concatenate(mat).astype(np.int32),
        point={"shade": np.concatenate(shade), "tex": np.concatenate(tex), "tint": np.concatenate(tint)},
    )


def _rocks(spec: MeadowSpec, land: Land, first: int) -> tuple[list[SceneObject], list[list[float]]]:
    rng = np.random.default_rng([spec.variation, 5])
    stone = terrain.rock(tuple(np.array([0.30, 0.285, 0.26]) * rng.uniform(0.75, 1.2)), float(rng.uniform(0.2, 0.9)))  # type: ignore[arg-type]
    shapes = [build_rock(rng, stone) for _ in range(3)]
    out, obstacles = [], []
    for i in range(spec.rocks):
        a, r = rng.uniform(0, 2 * np.pi), rng.uniform(6.6, 20.0)
        s = rng.uniform(0.35, 1.25)
        x, y = r * np.cos(a), r * np.sin(a)
        T = _stand(land, x, y, rng.uniform(0, 6.28), (s, s, s * rng.uniform(0.8, 1.1)), -0.12 * s)
        out.append(SceneObject(f"rock_{i:02d}", shapes[i % 3], "rock", first + i, T_world_from_object=T))
        obstacles.append([x, y, 0.75 * s])
    return out, obstacles


def _bench(spec: MeadowSpec, land: Land, instance: int) -> tuple[SceneObject, list[Seat], list[list[float]]]:
    """A weathered bench that looks onto the stage; its legs go into the ground."""
    rng = np.random.default_rng([spec.variation, 6])
    thing = park_bench(
        wood.board(wood.TONES["grey"], 0.7, 0.6), paint.worn_paint((0.05, 0.052, 0.055), 0.6), 1.8, dig=0.15
    )
    # Behind the stage, seen from -Y, and beside the path.
    y, turn = STAGE + 0.75, float(rng.normal(0, 0.12))
    spots = np.linspace(-3.2, 3.2, 17)
    free = land.path_distance(spots, np.full(17, y)) - spec.path_width / 2
    x = float(rng.choice(spots[free > 1.1]) if (free > 1.1).any() else spots[np.argmax(free)])
    T = _stand(land, x, y, turn, 1.0)
    seats = [
        Seat(f"bench_0/{k}", T[:3, :3] @ np.array(s[:3]) + T[:3, 3], turn + s[3], s[4], s[5])
        for k, s in enumerate(thing.seats)
    ]
    along = T[:3, 0] * 0.6
    ring = [[x + s * along[0], y + s * along[1], 0.45] for s in (-1, 0, 1)]
    return SceneObject("bench_0", thing.kit.mesh(), "furniture", instance, T_world_from_object=T), seats, ring


def _fence(spec: MeadowSpec, land: Land) -> Mesh:
    """Posts and two rails along an arc."""
    rng = np.random.default_rng([spec.variation, 7])
    a = rng.uniform(0.2, 1.4) + np.arange(26) * 2.4 / 21.0
    r = 21.0 + 1.2 * np.sin(a * 2 + rng.uniform(0, 6))
    x, y = r * np.cos(a), r * np.sin(a)
    z = land.height(x, y)
    grey = wood.board(wood.TONES["grey"], 0.8, 0.8)
    kit = Kit()
    gap = land.on_path(x, y) > 0.2
    for i in range(len(a)):
        if gap[i]:
            continue
        post = box((0.11, 0.11, 1.5), (0, 0, 0.45), 0.012).turned(float(rng.normal(0, 0.03)), "x").turned(a[i])
        kit.add(post.moved(x[i], y[i], z[i]), grey, float(rng.uniform(0, 1)))
        if i + 1 < len(a) and not gap[i + 1]:
            for h in (0.48, 0.95):
                ends = [(x[j], y[j], z[j] + h + rng.normal(0, 0.015)) for j in (i, i + 1)]
                kit.add(rod(*ends, 0.042, 8), grey, float(rng.uniform(0, 1)))  # pyright: ignore[reportCallIssue]
    return kit.mesh()


def _afford(objects: list[SceneObject], most: int = 690_000) -> list[SceneObject]:
    """Leave out the farthest grass until the triangles fit the budget of a place."""
    cost = np.array([len(o.geometry.faces) for o in objects])  # type: ignore[union-attr]
    over = int(cost.sum()) - most
    if over <= 0:
        return objects
    far = [
        np.hypot(*o.T_world_from_object[:2, 3]) if o.name.startswith(("grass_far", "grass_tall")) else -1.0
        for o in objects
    ]
    drop = set()
    for i in np.argsort(far, kind="stable")[::-1]:
        if over <= 0 or far[i] < 0:
            break
        drop.add(int(i))
        over -= int(cost[i])
    return [o for i, o in enumerate(objects) if i not in drop]


def build_meadow(spec: MeadowSpec) -> PlaceGeometry:
    """Rolling land with a path, short grass on the stage, tall grass with wild flowers, trees, woods and hills."""
    land = Land(
        spec.variation,
        spec.relief,
        spec.path_width,
        spec.path_heading,
        spec.path_bend,
        0.0 if spec.path == "mown" else 0.03,
    )
    green, dry = _colors(spec)
    ground = land.mesh(terrain.turf(green, dry, spec.dryness, spec.path))
    objects = [SceneObject("land", ground, "terrain")]
    objects += _trees(spec, land)
    first = 1 + max((o.instance for o in objects), default=0)
    rocks, obstacles = _rocks(spec, land, first)
    objects += rocks
    seats: list[Seat] = []
    if spec.bench:
        one, seats, ring = _bench(spec, land, first + len(rocks))
        objects.append(one)
        obstacles += ring
    if spec.fence:
        objects.append(SceneObject("fence", _fence(spec, land), "prop"))
    objects += _grass(spec, land) + _tufts(spec, land, objects)
    return PlaceGeometry(
        objects=_afford(objects),
        lights=[],
        height=land.height,
        stage=np.array([-STAGE, -STAGE, STAGE, STAGE]),
        obstacles=np.array(obstacles, float).reshape(-1, 3),
        seats=seats,
        indoor=False,
        camera_area=np.array([-CAMERAS, -CAMERAS, CAMERAS, CAMERAS]),
    )
