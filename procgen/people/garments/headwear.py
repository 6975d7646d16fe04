"""Caps, beanies and brimmed hats: domes over the skull, and hair pressed flat beneath them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh, Strands
from ...keyed import Keyed
from ...materials.cloth import cloth_material, plain_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ..body_state import BodyState
from ..head import Head, head_of
from .figure import smoothstep
from .parts import Parts
from .strips import button, grid_faces, slab
from .tailoring import Mode

AROUND = 72
# Directions in which the skull is measured: elevations above the eyes.
_LEVELS = np.radians(np.linspace(-40.0, 90.0, 27))


@dataclass(frozen=True)
class CapSpec(GarmentSpec):
    """A baseball cap."""

    kind: ClassVar[str | None] = "cap"
    visor: float = param(0.066, low=0.04, high=0.09, unit="m", doc="Length of the visor.")
    backwards: bool = param(False, doc="Worn with the visor behind.")
    tall: float = param(0.35, low=0.0, high=1.0, doc="0 close to the head, 1 a high front.")


@dataclass(frozen=True)
class BeanieSpec(GarmentSpec):
    """A knitted hat without a brim."""

    kind: ClassVar[str | None] = "beanie"
    cuff: float = param(0.055, low=0.0, high=0.08, unit="m", doc="Height of the turned-up cuff; 0 = none.")
    slouch: float = param(0.2, low=0.0, high=1.0, doc="How much stands off the crown.")
    bobble: bool = param(False, doc="A woollen ball on top.")


@dataclass(frozen=True)
class HatSpec(GarmentSpec):
    """A hat with a brim all around, of felt or straw."""

    kind: ClassVar[str | None] = "hat"
    brim: float = param(0.065, low=0.03, high=0.12, unit="m", doc="Width of the brim.")
    crown: float = param(0.045, low=0.02, high=0.07, unit="m", doc="Height of the crown over the head.")
    droop: float = param(0.3, low=-0.3, high=1.0, doc="How far the brim hangs; negative = turned up.")
    band_color: tuple[float, float, float] = param((0.03, 0.025, 0.02), low=0.0, high=1.0, doc="Hat band, linear RGB.")


@dataclass(frozen=True)
class Skull:
    """How far a head reaches in every direction, hair aside.

    Attributes:
        head: The head.
        reach: (E, A) metres from the middle of the skull, elevations `_LEVELS`, azimuths from the face over the left ear.
    """

    head: Head
    reach: np.ndarray

    def at(self, elevation: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
        """Metres, by bilinear interpolation."""
        i = np.clip((elevation - _LEVELS[0]) / (_LEVELS[1] - _LEVELS[0]), 0, len(_LEVELS) - 1.001)
        j = azimuth / (2 * np.pi) % 1.0 * AROUND
        i0, j0 = np.floor(i).astype(int), np.floor(j).astype(int) % AROUND
        fi, fj = i - i0, j - np.floor(j)
        j1, r = (j0 + 1) % AROUND, self.reach
        return (r[i0, j0] * (1 - fj) + r[i0, j1] * fj) * (1 - fi) + (r[i0 + 1, j0] * (1 - fj) + r[i0 + 1, j1] * fj) * fi


def directions(elevation: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """(…, 3) unit vectors in head coordinates."""
    c = np.cos(elevation)
    return np.stack([c * np.sin(azimuth), -c * np.cos(azimuth), np.sin(elevation)], -1)


def skull_of(body: BodyState) -> Skull:
    """Measure a head; ears are left out, they fold under cloth or stick out below it."""
    return _skull(Keyed(body))


@lru_cache(maxsize=2)
def _skull(asked: Keyed[BodyState]) -> Skull:
    body = asked.value
    head = head_of(body)
    use = (head.weight > 0.5) & (head.ears < 0.2) & (head.points[:, 2] > -0.13 * head.scale)
    p = head.points[use]
    r = np.linalg.norm(p, axis=1)
    d = p / r[:, None]
    azimuth = np.arange(AROUND) * (2 * np.pi / AROUND)
    grid = directions(*np.meshgrid(_LEVELS, azimuth, indexing="ij"))
    out = np.empty(grid.shape[:2])
    elevation = np.arcsin(np.clip(d[:, 2], -1.0, 1.0))
    for i, row in enumerate(grid):
        # What is twenty degrees higher or lower has no weight.
        level = np.flatnonzero(np.abs(elevation - _LEVELS[i]) < 0.35)
        level = level if len(level) > 50 else np.arange(len(d))
        near = row @ d[level].T
        # The highest point within 7 degrees, or what is nearest.
        w = np.exp((near - 1) * 400.0)
        out[i] = np.maximum((w @ r[level]) / w.sum(1), np.where(near > np.cos(np.radians(5.0)), r[level], 0.0).max(1))
    for _ in range(3):
        out = 0.5 * out + 0.25 * (np.roll(out, 1, 1) + np.roll(out, -1, 1))
    return Skull(head, out)


def rim(kind: str, azimuth: np.ndarray) -> np.ndarray:
    """(…) radians: where the lower edge of a hat is above the eyes, by azimuth; by eye."""
    front = 0.5 + 0.5 * np.cos(azimuth)
    side = np.sin(azimuth) ** 2
    if kind == "beanie":
        return np.radians(-13.0 + 37.0 * front**1.2 + 10.0 * side)
    return np.radians(-7.0 + 37.0 * front**1.2 + 10.0 * side)


def _dome(skull: Skull, kind: str, ease: float, rows: int, lift: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """(rows, AROUND, 3) local points from the rim to the crown; `lift(t, azimuth)` adds metres, t = 0 rim … 1 crown."""
    azimuth = np.arange(AROUND) * (2 * np.pi / AROUND)
    t = np.linspace(0, 1, rows)[:, None]
    low = rim(kind, azimuth)[None]
    e = low + (np.radians(89.0) - low) * t
    a = np.broadcast_to(azimuth, e.shape)
    r = skull.at(e, a) + ease + lift(t, a)
    return directions(e, a) * r[..., None]


def _rest(x: np.ndarray, azimuth: np.ndarray, rows: int) -> dict[str, np.ndarray]:
    """Pattern coordinates of a dome: round it and up, and the circle that shaders take the angle from."""
    a = np.broadcast_to(azimuth, (rows, AROUND)).ravel()
    circle = np.stack([np.sin(a), np.cos(a), np.full(len(a), 0.085)], 1)
    return {"rest": x.reshape(-1, 3), "around": circle}


def _put(parts: Parts, skull: Skull, x: np.ndarray, faces: np.ndarray, material: int, **point: np.ndarray) -> None:
    parts.add(skull.head.world(x.reshape(-1, 3)), faces, material, **{"rest": x.reshape(-1, 3), **point})


def _shell(parts: Parts, skull: Skull, x: np.ndarray, thickness: float, **point: np.ndarray) -> None:
    """A dome with its lower edge turned in."""
    rows = len(x)
    azimuth = np.arange(AROUND) * (2 * np.pi / AROUND)
    along = np.linalg.norm(np.diff(x, axis=0), axis=2)
    edge = np.concatenate([np.zeros((1, AROUND)), np.cumsum(along, 0)]).ravel()
    attributes = {**_rest(x, azimuth, rows), "edge": edge, **point}
    # The dome runs to the left: from the face over the left ear, so quads face outwards as they are.
    _put(parts, skull, x, grid_faces(rows, AROUND, closed_columns=True), 0, **attributes)
    inward = x / np.linalg.norm(x, axis=2, keepdims=True)
    lining = np.stack([x[0], x[0] - inward[0] * thickness, x[2] - inward[2] * thickness])
    _put(parts, skull, lining, grid_faces(3, AROUND, closed_columns=True)[:, ::-1], 0, **_rest(lining, azimuth, 3),
         edge=np.full(3 * AROUND, 0.003), inner=np.ones(3 * AROUND), rib=np.zeros(3 * AROUND))  # fmt: skip


def build_cap(spec: CapSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A cap of six panels with a curved visor and a button on top."""
    skull = skull_of(body)
    k = skull.head.scale
    turn = np.pi if spec.backwards else 0.0

    def lift(t: np.ndarray, a: np.ndarray) -> np.ndarray:
        front = smoothstep(np.cos(a - turn), 0.1, 0.9)
        return k * (0.003 + (0.010 + 0.016 * spec.tall) * np.sin(np.pi * np.clip(t, 0, 1) ** 0.8) * (0.35 + 0.65 * front))

    x = _dome(skull, "cap", 0.005 * k, 16, lift)
    azimuth = np.arange(AROUND) * (2 * np.pi / AROUND)
    panel = (azimuth + np.pi / 6 - turn) % (np.pi / 3) - np.pi / 6
    radius = np.hypot(x[..., 0], x[..., 1])
    parts = Parts()
    _shell(parts, skull, x, 0.0022, seam=np.clip(panel[None] * radius, -0.05, 0.05).ravel())
    # The visor: from the rim, outwards and a little down, curved over the brow.
    columns = np.linspace(-1.15, 1.15, 33)
    start = _at_rim(skull, x[0], columns + turn)
    ahead = directions(np.zeros(33), columns * 0.45 + turn)
    rows = []
    for s in np.linspace(0.0, 1.0, 9):
        long = spec.visor * k * s * np.sqrt(np.clip(1 - (columns / 1.18) ** 2, 0, 1)) ** 0.9
        fall = k * (0.10 * long / k + 0.010 * s + 0.014 * (columns / 1.15) ** 2 * s)
        rows.append(start + ahead * (long[:, None] - 0.002) - np.array([0, 0, 1.0]) * fall[:, None] + [0, 0, 0.002])
    grid = np.stack(rows)
    visor, faces = slab(grid[:, ::-1] if _looks_down(grid) else grid, 0.0032)
    edge = np.repeat(np.linspace(spec.visor, 0, 9), 33)
    _put(parts, skull, visor, faces, 0, edge=np.tile(edge, 2), around=np.tile([0.0, 1.0, 0.085], (len(visor), 1)))
    top = x[-1].mean(0)
    knob = button(skull.head.world(top[None])[0].astype(float), skull.head.T[:3, 2], 0.007 * k, 0)
    parts.add(knob.x, knob.faces, 0)
    return [(parts.mesh((cloth_material(spec.fabric, hem=0.012, seams=("seam",)),)), "accessory")]


def _looks_down(grid: np.ndarray) -> bool:
    r, c = grid.shape[0] // 2, grid.shape[1] // 2
    return float(np.cross(grid[r, c + 1] - grid[r, c], grid[r + 1, c] - grid[r, c])[2]) < 0


def _at_rim(skull: Skull, ring: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """(N, 3) points of the rim at azimuths."""
    j = azimuth / (2 * np.pi) % 1.0 * AROUND
    j0 = np.floor(j).astype(int) % AROUND
    f = (j - np.floor(j))[:, None]
    return ring[j0] * (1 - f) + ring[(j0 + 1) % AROUND] * f


def build_beanie(spec: BeanieSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A beanie, ribbed at its cuff."""
    skull = skull_of(body)
    k = skull.head.scale

    def lift(t: np.ndarray, a: np.ndarray) -> np.ndarray:
        slouch = (0.006 + 0.034 * spec.slouch) * smoothstep(t, 0.35, 1.0) * (1 - 0.25 * np.cos(a) * t)
        wave = 0.0022 * np.sin(9 * a + 5 * t) * smoothstep(t, 0.3, 0.7) * smoothstep(t, 1.0, 0.8)
        return k * (0.002 + slouch + wave)

    x = _dome(skull, "beanie", 0.005 * k, 20, lift)
    rib = np.repeat(smoothstep(np.linspace(0, 1, 20), 0.35, 0.3) if spec.cuff <= 0 else np.zeros(20), AROUND)
    parts = Parts()
    _shell(parts, skull, x, 0.003, rib=rib)
    if spec.cuff > 0:
        azimuth = np.arange(AROUND) * (2 * np.pi / AROUND)
        low = rim("beanie", azimuth)[None] - 0.01
        t = np.linspace(0, 1, 6)[:, None]
        e = low + t * spec.cuff * k / 0.095
        off = 0.0105 * k + np.sin(np.pi * t) * 0.002
        cuff = directions(e, np.broadcast_to(azimuth, e.shape)) * (skull.at(e, np.broadcast_to(azimuth, e.shape)) + off)[..., None]
        inward = cuff / np.linalg.norm(cuff, axis=2, keepdims=True)
        loop = np.concatenate([cuff - 0.0045 * inward, cuff[::-1]])[::-1]
        loop = np.concatenate([loop, loop[:1]])
        rows = len(loop)
        _put(parts, skull, loop, grid_faces(rows, AROUND, closed_columns=True), 0, **_rest(loop, azimuth, rows),
             rib=np.ones(rows * AROUND), edge=np.full(rows * AROUND, 0.03))  # fmt: skip
    if spec.bobble:
        top = x[-1].mean(0) + np.array([0, 0, 0.020 * k])
        e, a = np.meshgrid(np.linspace(-1.5, 1.5, 13), np.arange(AROUND) * (2 * np.pi / AROUND), indexing="ij")
        shaggy = 1 + 0.10 * np.sin(11 * a + 7 * e) * np.cos(9 * e - 3 * a)
        ball = top + directions(e, a) * (0.030 * k * shaggy)[..., None]
        _put(parts, skull, ball, grid_faces(13, AROUND, closed_columns=True), 0, **_rest(ball, a[0], 13))
    return [(parts.mesh((cloth_material(spec.fabric, hem=0.0, ribbed=True),)), "accessory")]


def build_hat(spec: HatSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A hat with a crown, a band and a brim."""
    skull = skull_of(body)
    k = skull.head.scale
    x = _dome(skull, "hat", 0.006 * k, 18, lambda t, a: 0.002 * k + 0.0 * a)
    # A crown: walls that go on up, a flat top with a dent from front to back.
    height = x[..., 2] - x[0, :, 2].mean()
    reach = float(x[-1, :, 2].mean() - x[0, :, 2].mean())
    t = np.clip(height / reach, 0, 1)
    wide = smoothstep(t, 0.15, 0.6) * 0.10
    x[..., :2] *= (1 + wide * smoothstep(t, 1.0, 0.75))[..., None]
    dent = np.exp(-((x[..., 0] / (0.022 * k)) ** 2)) * smoothstep(t, 0.85, 1.0) * 0.020 * k
    x[..., 2] += spec.crown * smoothstep(t, 0.0, 0.75) - dent
    parts = Parts()
    _shell(parts, skull, x, 0.002, edge=np.full(18 * AROUND, 0.2))
    azimuth = np.arange(AROUND) * (2 * np.pi / AROUND)
    flat = directions(np.zeros(AROUND), azimuth)
    level = x[0].copy()
    level[:, 2] = 0.6 * level[:, 2].mean() + 0.4 * level[:, 2]
    rows = []
    for s in np.linspace(0, 1, 8):
        side = np.sin(azimuth) ** 2
        fall = spec.droop * 0.35 * s**1.6 - 0.22 * side * s**2 * (1 - max(spec.droop, 0.0))
        start = x[0] * (1 - s) + level * s
        rows.append(start + flat * (spec.brim * k * s - 0.001) - np.array([0, 0, 1.0]) * (fall * spec.brim * k)[:, None])
    grid = np.stack(rows)
    # Columns run on around: the last joins the first.
    ring = np.concatenate([grid, grid[:, :1]], 1)
    brim, faces = slab(np.swapaxes(ring, 0, 1) if not _looks_down(np.swapaxes(ring, 0, 1)) else np.swapaxes(ring, 0, 1)[::-1], 0.0026)
    a = np.arctan2(brim[:, 0], -brim[:, 1])
    out = np.hypot(brim[:, 0], brim[:, 1])
    around = np.stack([np.sin(a), np.cos(a), np.full(len(a), 0.085)], 1)
    _put(parts, skull, brim, faces, 0, around=around, rest=np.stack([brim[:, 0], brim[:, 1], -out], 1))
    # The band lies round the foot of the crown.
    inward = x / np.linalg.norm(x * [1, 1, 0], axis=2, keepdims=True) * [1, 1, 0]
    foot = x[0:5] + inward[0:5] * 0.0016
    band = np.concatenate([foot, (x[4] - inward[4] * 0.001)[None]])
    _put(parts, skull, band, grid_faces(6, AROUND, closed_columns=True), 1)
    ribbon = plain_material("hat_band", spec.band_color, 0.7, 0.2)
    return [(parts.mesh((cloth_material(spec.fabric, hem=0.0), ribbon)), "accessory")]


def press_under(strands: Strands, outfit: Sequence[GarmentSpec], body: BodyState) -> Strands:
    """Hair under a hat lies flat on the skull; below the rim it swells out again."""
    worn = next((str(g.kind) for g in outfit if g.kind in ("cap", "beanie", "hat")), None)
    if worn is None:
        return strands
    skull = skull_of(body)
    p = skull.head.local(strands.points.reshape(-1, 3))
    r = np.linalg.norm(p, axis=1)
    elevation = np.arcsin(np.clip(p[:, 2] / np.maximum(r, 1e-6), -1, 1))
    azimuth = np.arctan2(p[:, 0], -p[:, 1])
    under = smoothstep(elevation, rim(worn, azimuth) - np.radians(9.0), rim(worn, azimuth) + np.radians(1.0))
    limit = skull.at(elevation, azimuth) + 0.0022 * skull.head.scale
    new = np.where(r > limit, limit + (r - limit) * (1 - under), r)
    out = skull.head.world(p * (new / np.maximum(r, 1e-6))[:, None]).reshape(strands.points.shape)
    return replace(strands, points=out)


@garments.register("cap", spec=CapSpec, build=build_cap)
def sample_cap(rng: np.random.Generator, fabric: FabricSpec) -> CapSpec:
    """Draw a cap."""
    return CapSpec(
        fabric=fabric,
        visor=round(float(rng.uniform(0.058, 0.074)), 3),
        backwards=bool(rng.random() < 0.12),
        tall=round(float(rng.beta(1.5, 2.0)), 3),
    )


@garments.register("beanie", spec=BeanieSpec, build=build_beanie)
def sample_beanie(rng: np.random.Generator, fabric: FabricSpec) -> BeanieSpec:
    """Draw a beanie."""
    return BeanieSpec(
        fabric=fabric,
        cuff=round(float(rng.uniform(0.04, 0.065)), 3) if rng.random() < 0.75 else 0.0,
        slouch=round(float(rng.beta(1.2, 2.5)), 3),
        bobble=bool(rng.random() < 0.25),
    )


@garments.register("hat", spec=HatSpec, build=build_hat)
def sample_hat(rng: np.random.Generator, fabric: FabricSpec) -> HatSpec:
    """Draw a hat."""
    return HatSpec(
        fabric=fabric,
        brim=round(float(rng.uniform(0.05, 0.09)), 3),
        crown=round(float(rng.uniform(0.03, 0.06)), 3),
        droop=round(float(rng.uniform(-0.1, 0.7)), 3),
    )
