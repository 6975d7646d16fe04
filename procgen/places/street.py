"""A town street or square: paved ground, house fronts on all sides, trees, lamps, benches, café tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from ..codec import param
from ..frames import rigid
from ..geometry import Light, Mesh, PlaceGeometry, SceneObject, Seat
from ..materials import masonry, paint, upholstery, vegetation, wood
from ..materials.shader import Shader
from ..registry import places
from ..spec import PlaceSpec
from . import furniture as fur
from . import streetware as ware
from .furniture import Fitment
from .houses import House, build_house
from .interiors import plane
from .plants import SPECIES, build_plant
from .solids import Kit, lathe, pose
from .wheels import bicycle, car

NORTH, KERB, FAR_KERB, SOUTH, SQUARE_SOUTH = 6.6, -3.5, -10.0, -13.0, -25.0  # y of the lines across the street, metres
ENDS, DROP = 38.0, 0.12  # half length of the street; height of the kerb
STAGE = np.array([-4.0, -2.5, 4.0, 3.7])


@dataclass(frozen=True, kw_only=True)
class StreetSpec(PlaceSpec):
    """A street, or a square."""

    kind: ClassVar[str | None] = "street"

    variation: int = param(0, low=0, high=2**31 - 1, doc="Seed of houses and placement.")
    layout: Literal["street", "square"] = param("street", doc="Street with a road, or a paved square with a fountain.")
    paving: Literal["slabs", "setts", "brick"] = param("slabs", doc="Paving of the pavement.")
    road: Literal["asphalt", "setts"] = param("asphalt", doc="Surface of the road.")
    storeys: int = param(3, low=1, high=5, doc="Usual number of storeys above the ground floor.")
    render: float = param(0.6, low=0.0, high=1.0, doc="Share of painted house fronts; the others are brick or stone.")
    shops: float = param(0.7, low=0.0, high=1.0, doc="Share of houses with a shop.")
    trees: Literal["lime", "maple", "birch", "none"] = param("lime", doc="Street trees.")
    cafe: bool = param(True, doc="Café tables on the pavement.")
    lamps: Literal["lantern", "mast"] = param("lantern", doc="Street lamps.")
    cars: int = param(3, low=0, high=5, doc="Cars parked across the road.")


def sample_street(rng: np.random.Generator) -> StreetSpec:
    """Draw a street."""
    return StreetSpec(
        variation=int(rng.integers(0, 2**31)),
        layout="square" if rng.random() < 0.4 else "street",
        paving=("slabs", "slabs", "setts", "brick")[int(rng.integers(4))],
        road="setts" if rng.random() < 0.35 else "asphalt",
        storeys=int(rng.integers(2, 5)),
        render=float(rng.choice([0.2, 0.6, 0.9])),
        shops=float(rng.uniform(0.4, 0.9)),
        trees=("lime", "maple", "birch", "lime", "none")[int(rng.integers(5))],
        cafe=bool(rng.random() < 0.75),
        lamps="lantern" if rng.random() < 0.75 else "mast",
        cars=int(rng.integers(0, 5)),
    )


places.register("street", spec=StreetSpec, build=lambda spec: build_street(spec))(sample_street)


@dataclass
class Street:
    """Collects what stands in the street."""

    objects: list[SceneObject] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    obstacles: list[tuple[float, float, float]] = field(default_factory=list)
    shared: dict[str, Mesh] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    instance: int = 0

    def put(
        self, thing: Fitment, x: float, y: float, heading: float = 0.0, z: float = 0.0, key: str | None = None
    ) -> None:
        """Stand a thing; things of one `key` share their mesh."""
        mesh = self.shared.setdefault(key, thing.kit.mesh()) if key else thing.kit.mesh()
        i = self.counts.get(thing.name, 0)
        self.counts[thing.name] = i + 1
        self.instance += 1
        T = pose(x, y, z, heading)
        self.objects.append(
            SceneObject(f"{thing.name}_{i}", mesh, thing.semantic, self.instance, T_world_from_object=T)
        )
        for k, (sx, sy, sz, turn, w, d) in enumerate(thing.seats):
            self.seats.append(
                Seat(f"{thing.name}_{i}/{k}", T[:3, :3] @ np.array([sx, sy, sz]) + T[:3, 3], heading + turn, w, d)
            )
        w, d, _ = thing.size
        n = max(1, int(np.ceil(max(w, d) / min(w, d))))
        for k in range(n):
            s = (k - (n - 1) / 2) * (max(w, d) - min(w, d)) / max(n - 1, 1)
            p = T[:3, :3] @ np.array([s if w >= d else 0, s if d > w else 0, 0]) + T[:3, 3]
            self.obstacles.append((float(p[0]), float(p[1]), min(w, d) / 2 * 1.2))

    def add(self, mesh: Mesh, name: str, semantic: str, T: np.ndarray, instance: bool = False) -> None:
        """Add an object as it is."""
        i = self.counts.get(name, 0)
        self.counts[name] = i + 1
        self.instance += instance
        self.objects.append(
            SceneObject(f"{name}_{i}", mesh, semantic, self.instance if instance else 0, T_world_from_object=T)
        )


def _paving(spec: StreetSpec, rng: np.random.Generator) -> Shader:
    if spec.paving == "slabs":
        tone = ((0.36, 0.34, 0.31), (0.42, 0.38, 0.32), (0.33, 0.33, 0.33))[int(rng.integers(3))]
        return masonry.slabs(tone, *((0.60, 0.40), (0.45, 0.45), (0.90, 0.60))[int(rng.integers(3))])
    if spec.paving == "setts":
        return masonry.setts((0.27, 0.25, 0.23))
    return masonry.slabs((0.34, 0.185, 0.125), 0.21, 0.105, 0.006)


def _ground(spec: StreetSpec, st: Street, rng: np.random.Generator) -> None:
    paving = _paving(spec, rng)
    far = 70.0
    if spec.layout == "square":
        kit = Kit().add(plane(-far, -60.0, far, NORTH + 1.0, 0.0), paving)
        st.add(kit.mesh(), "square", "road", np.eye(4))
        bands = Kit()
        for x in np.arange(-36, 37, 9.0):
            bands.add(
                plane(x - 0.25, SQUARE_SOUTH + 3, x + 0.25, NORTH - 2.2, 0.001),
                masonry.slabs((0.46, 0.44, 0.40), 0.50, 0.50),
            )
        st.add(bands.mesh(), "bands", "road", np.eye(4))
        return
    stone = masonry.stone((0.42, 0.40, 0.37))
    kit = (
        Kit()
        .add(plane(-far, KERB + 0.2, far, NORTH + 1.0, 0.0), paving)
        .add(plane(-far, SOUTH - 1.0, far, FAR_KERB - 0.2, 0.0), paving)
    )
    st.add(kit.mesh(), "pavement", "road", np.eye(4))
    kerbs = Kit()
    kerbs.add(ware.kerb_line(stone, 80.0).moved(0, KERB), stone).add(
        ware.kerb_line(stone, 80.0).turned(np.pi).moved(0, FAR_KERB), stone
    )
    st.add(kerbs.mesh(), "kerb", "road", np.eye(4))
    road = Kit()
    middle = (KERB + FAR_KERB) / 2
    surface = masonry.asphalt() if spec.road == "asphalt" else masonry.setts((0.21, 0.20, 0.19), 0.12)
    half = (KERB - FAR_KERB) / 2
    gutter = masonry.setts((0.22, 0.21, 0.20), 0.10)
    road.add(plane(-far, -half + 0.3, far, half - 0.3, 0.0), surface)
    for s in (-1, 1):
        a, b = sorted((s * (half - 0.3), s * (half + 0.1)))
        road.add(plane(-far, a, far, b, 0.0), gutter)
    if spec.road == "asphalt":
        white = paint.worn_paint((0.62, 0.62, 0.60), 0.7)
        for x in np.arange(-36, 37, 6.0):
            road.add(plane(x - 1.0, -0.06, x + 1.0, 0.06, 0.0015), white)
    iron = paint.worn_paint((0.07, 0.068, 0.066), 0.5)
    for _ in range(3):
        disc = lathe([(0.33, 0.0), (0.33, 0.003), (0.29, 0.003), (0.29, 0.0015), (0, 0.0015)], 28)
        road.add(disc.moved(float(rng.uniform(-12, 12)), float(rng.uniform(-2, 2))), iron)
    st.add(road.mesh(), "road", "road", pose(0, middle, -DROP))


def _houses(spec: StreetSpec, st: Street, rng: np.random.Generator) -> None:
    """A set of unlike houses, laid out in rows without neighbours that are alike."""
    kinds: list[tuple[House, list[tuple[str, Mesh]]]] = []
    colors = rng.permutation(12)
    for i in range(12):
        low = i >= 8  # the sunny side of a street is low enough to let the sun onto the stage
        bays = int(rng.integers(2, 5))
        skin = "render" if rng.random() < spec.render else ("brick" if rng.random() < 0.7 else "stone")
        h = House(
            width=float(np.round(bays * rng.uniform(2.15, 2.75), 2)),
            storeys=int(np.clip(spec.storeys + rng.integers(-1, 2), 1, 5)) if not low else 1,
            ground=float(rng.uniform(3.5, 4.1)) if not low else float(rng.uniform(3.3, 3.6)),
            storey=float(rng.uniform(2.95, 3.35)),
            bays=bays,
            skin=skin,
            shop=bool(rng.random() < spec.shops) and bays * 2.4 > 5.5,
            seed=int(rng.integers(0, 2**31)),
            balconies=bool(rng.random() < 0.3),
            shutters=bool(skin == "render" and rng.random() < 0.4),
            color=int(colors[i % 12]),
        )
        f = build_house(h)
        parts = [
            (s, k.mesh())
            for s, k in (("building", f.building), ("window", f.window), ("door", f.door), ("prop", f.prop))
            if k.parts
        ]
        kinds.append((h, parts))
    south = SQUARE_SOUTH if spec.layout == "square" else SOUTH
    rows = [
        ((0.0, NORTH), 0.0, ENDS + 6),
        ((0.0, south), np.pi, ENDS + 6),
        ((ENDS, (NORTH + south) / 2), -np.pi / 2, (NORTH - south) / 2),
        ((-ENDS, (NORTH + south) / 2), np.pi / 2, (NORTH - south) / 2),
    ]
    last = -1
    for number, ((x, y), heading, reach) in enumerate(rows):
        low = number == 1 and spec.layout == "street"
        order = list(rng.permutation(np.arange(8, 12) if low else np.arange(8 if spec.layout == "street" else 10)))
        at, k = -reach, 0
        start = at - rng.uniform(0, 3.0)
        at = start
        while at < reach:
            i = int(order[k % len(order)])
            k += 1
            if i == last:
                continue
            last = i
            h, parts = kinds[i]
            T = pose(x, y, 0, heading) @ pose(at + h.width / 2, 0, 0)
            at += h.width
            for semantic, mesh in parts:
                st.add(mesh, f"house_{number}_{semantic}", semantic, T)


def _trees(spec: StreetSpec, st: Street, rng: np.random.Generator) -> None:
    if spec.trees == "none":
        return
    form = SPECIES[spec.trees]
    shapes = [build_plant(form, rng, 2), build_plant(form, rng, 1, vegetation.leaf(form.leaf_color, form.autumn))]
    iron = paint.worn_paint((0.075, 0.07, 0.065), 0.6)
    grate = ware.tree_grate(iron).mesh()
    soil = Kit().add(plane(-0.58, -0.58, 0.58, 0.58, 0.0008), paint.gloss((0.045, 0.034, 0.025), 0.95)).mesh()
    if spec.layout == "square":
        spots = [(x, y) for x in (-27, -18, 18, 27) for y in (-4.0, -16.0)] + [
            (-9.0, -18.0),
            (9.0, -18.0),
            (0.0, -19.5),
        ]
    else:
        spots = [(x, -2.5) for x in (-29.0, -20.0, -11.6, 11.6, 20.0, 29.0)] + [
            (x, -11.4) for x in (-24.0, -14.5, -5.0, 4.5, 14.0, 24.0)
        ]
    for x, y in spots:
        if rng.random() < 0.35:
            continue
        near = np.hypot(x, y) < 16
        a = float(rng.uniform(0, 6.28))
        st.add(shapes[0 if near else 1], "tree", "vegetation", pose(x, y, 0.0, a, float(rng.uniform(0.62, 0.88))), True)
        st.add(grate, "tree_grate", "road", pose(x, y, 0.003))
        st.add(soil, "tree_pit", "road", pose(x, y, 0.0))
        st.obstacles.append((x, y, 0.35))


def _furniture(spec: StreetSpec, st: Street, rng: np.random.Generator) -> None:
    iron = paint.worn_paint(
        ((0.030, 0.032, 0.034), (0.03, 0.055, 0.045), (0.045, 0.05, 0.06))[int(rng.integers(3))], 0.45
    )
    slat = wood.board(wood.TONES["teak"], 0.6, 0.35)
    length = float(rng.uniform(1.75, 2.1))
    kinds = (
        lambda: fur.park_bench(slat, iron, length),
        lambda: fur.block_bench(slat, masonry.stone((0.45, 0.43, 0.40)), 2.1),
    )
    bench = kinds[int(rng.random() < 0.3)]
    side = float(rng.choice([-1, 1]))
    st.put(bench(), side * float(rng.uniform(0.6, 2.2)), 4.55, float(rng.normal(0, 0.02)), key="bench")
    st.put(bench(), -side * 5.4, -1.2, np.pi + float(rng.normal(0, 0.03)), key="bench")
    st.put(bench(), side * 5.6, 1.0, -side * np.pi / 2, key="bench")
    for x in (-6.6, 6.6, -18.0, 18.0, -30.0, 30.0):
        st.put(ware.lamp_post(iron, spec.lamps), x, -2.75, key="lamp")
    south = SQUARE_SOUTH + 4 if spec.layout == "square" else -10.7
    for x in (-12.0, 0.5, 12.0, 24.0, -24.0):
        st.put(ware.lamp_post(iron, spec.lamps), x, south, np.pi, key="lamp")
    st.put(ware.bin_(iron, slat), 6.1, -2.2, key="bin")
    st.put(ware.bin_(iron, slat), -10.0, 5.7, key="bin")
    for x in (-10.4, -9.0, -7.6, 7.8, 9.2, 10.6, 13.0, -13.0):
        if spec.layout == "street":
            st.put(ware.bollard(iron), x, KERB + 0.55, key="bollard")
    body = (
        masonry.stone((0.45, 0.43, 0.40)),
        wood.board(wood.TONES["teak"], 0.65, 0.3),
        paint.worn_paint((0.06, 0.065, 0.07), 0.5),
    )[int(rng.integers(3))]
    flowers = ((0.62, 0.05, 0.07), (0.66, 0.30, 0.42), (0.72, 0.70, 0.66), (0.70, 0.45, 0.03), (0.30, 0.12, 0.45))[
        int(rng.integers(5))
    ]
    pot, green = (k.mesh() for k in ware.planter(rng, body, (1.1, 0.45, 0.5), flowers))
    for x, y in ((-4.9, 5.9), (4.9, 5.9), (-8.4, -2.6), (8.8, -2.5), (-3.0, south - 0.4), (7.0, south - 0.4)):
        st.add(pot, "planter", "prop", pose(x, y, 0.0), True)
        st.add(green, "planter_green", "vegetation", pose(x, y, 0.0))
        st.obstacles.append((x, y, 0.6))
    color = ((0.05, 0.10, 0.09), (0.25, 0.03, 0.03), (0.03, 0.05, 0.12), (0.30, 0.28, 0.24))[int(rng.integers(4))]
    x0 = -side * float(rng.uniform(6.4, 7.6))
    for i in range(int(rng.integers(1, 4))):
        st.put(
            bicycle(rng, color if i == 0 else (0.03, 0.03, 0.032)),
            x0 + 0.1 * i,
            5.75 - 0.52 * i,
            float(rng.normal(0, 0.05)),
        )
    if spec.cafe:
        _cafe(st, side * 7.2, rng, iron)


def _cafe(st: Street, x: float, rng: np.random.Generator, iron: Shader) -> None:
    board = wood.board(wood.TONES["teak"], 0.5)
    stripes = ((0.30, 0.05, 0.04), (0.06, 0.14, 0.11), (0.62, 0.57, 0.47), (0.07, 0.10, 0.20))[int(rng.integers(4))]
    cloth = upholstery.curtain(stripes, 0.25)
    style = ("cafe", "slats")[int(rng.integers(2))]
    for i, (dx, y) in enumerate(((-1.1, 4.6), (1.3, 4.9))):
        st.put(fur.table(board, iron, 0.70, 0.70, 0.74, "round"), x + dx, y, key="cafe_table")
        for a in (np.pi / 2 + 0.2, -np.pi / 2 - 0.2):
            r = 0.66
            px, py = x + dx + r * np.sin(a), y - r * np.cos(a)
            st.put(
                fur.chair(rng, board, iron, style), px, py, a + np.pi + float(rng.normal(0, 0.1)), key=f"cafe_chair_{i}"
            )
    st.put(ware.parasol(cloth, board), x + 0.1, 5.25, float(rng.uniform(0, 0.6)))
    st.put(ware.menu_board(board), x + float(np.sign(-x)) * 2.9, 4.3, float(rng.normal(0, 0.3)))


def _vehicles(spec: StreetSpec, st: Street, rng: np.random.Generator) -> None:
    colors = (
        (0.03, 0.035, 0.04),
        (0.35, 0.36, 0.37),
        (0.30, 0.02, 0.02),
        (0.62, 0.62, 0.60),
        (0.03, 0.07, 0.14),
        (0.13, 0.17, 0.15),
    )
    if spec.layout == "square":
        st.put(
            ware.fountain(masonry.stone((0.48, 0.45, 0.39)), paint.gloss((0.03, 0.05, 0.05), 0.05)),
            float(rng.choice([-9.0, 9.0])),
            -13.0,
        )
        return
    x = -16.0 + float(rng.uniform(0, 3))
    for _ in range(spec.cars):
        st.put(
            car(rng, colors[int(rng.integers(len(colors)))]),
            x,
            FAR_KERB + 1.05,
            float(rng.choice([0, np.pi])) + float(rng.normal(0, 0.01)),
            -DROP,
        )
        x += float(rng.uniform(5.4, 9.5))


def _bounce() -> Light:
    """What the fronts throw back and forth: renders stop after two diffuse bounces, a street has many."""
    return Light("area", 750.0, (1.0, 0.97, 0.92), 26.0, rigid(np.eye(3), np.array([0.0, -3.0, 15.0])))


def build_street(spec: StreetSpec) -> PlaceGeometry:
    """Paved ground with a road, or one square, closed by house fronts, with trees, lamps, benches and a café."""
    st = Street()
    _ground(spec, st, np.random.default_rng([spec.variation, 31]))
    _houses(spec, st, np.random.default_rng([spec.variation, 32]))
    _trees(spec, st, np.random.default_rng([spec.variation, 33]))
    _furniture(spec, st, np.random.default_rng([spec.variation, 34]))
    _vehicles(spec, st, np.random.default_rng([spec.variation, 35]))

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        y = np.asarray(y, float)
        if spec.layout == "square":
            return np.zeros(np.broadcast(x, y).shape)
        return np.where((y < KERB) & (y > FAR_KERB), -DROP, 0.0) + np.zeros(np.shape(x))

    return PlaceGeometry(
        objects=st.objects,
        lights=[_bounce()],
        height=height,
        stage=STAGE.copy(),
        obstacles=np.array(st.obstacles, float).reshape(-1, 3),
        seats=st.seats,
        indoor=False,
        camera_area=np.array([-9.5, -9.6, 9.5, 4.0]),
    )
