"""Folds without simulation: where cloth has too much length it stacks, where it is pulled it radiates, where it is loose it hangs.

Families of folds say where there are some, which way they run and how deep they are; a pose sets how much each is on (an
elbow that bends stacks its sleeve), and so does the cloth itself, wherever the pose leaves it too long or pulls it flat.
All families of a garment share two waves over it, which are made once for a person: `across`, of cloth that bunches and
is pulled, and `down`, of cloth that hangs.
Source of the families: drawing manuals (pipe, zigzag, spiral, half-lock, diaper, drop); amounts by eye.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..body_state import BodyState
from .figure import (
    ANKLE,
    ELBOW,
    HIP,
    KNEE,
    NECK,
    PELVIS,
    SHOULDER,
    SIDES,
    SPINE1,
    SPINE2,
    SPINE3,
    WRIST,
    Figure,
    smoothstep,
)
from .topology import Blend, Fabric
from .waves import gradient_noise, leant, profile, waves


@dataclass(frozen=True)
class Folds:
    """How a fabric folds.

    Attributes:
        length: Metres between folds.
        amount: Height of folds relative to those of shirt cloth.
        sharp: 0 soft waves … 1 creases.
        limp: 0 stands by itself … 1 sags wherever it is loose, and not only where a pose shortens it.
    """

    length: float
    amount: float
    sharp: float
    limp: float


FABRICS: dict[str, Folds] = {
    "jersey": Folds(0.046, 0.9, 0.45, 0.9), "woven": Folds(0.044, 1.0, 0.75, 0.8), "satin": Folds(0.044, 1.05, 0.5, 1.0),
    "nylon": Folds(0.054, 0.65, 0.85, 0.35), "denim": Folds(0.060, 0.95, 0.7, 0.6), "corduroy": Folds(0.058, 0.85, 0.5, 0.6),
    "leather": Folds(0.066, 0.9, 0.6, 0.4), "fleece": Folds(0.062, 0.85, 0.3, 0.5), "knit": Folds(0.064, 0.65, 0.2, 0.7),
    "wool": Folds(0.074, 0.6, 0.5, 0.6),
}  # fmt: skip
USUAL = Folds(0.046, 1.0, 0.5, 0.8)
# Height of waves that take up too much length, as a share of what geometry asks for; by eye.
TAKEN_UP = 0.5
# Share of its length that cloth has to spare before a pose shortens it: of a stiff one, and that loose limp cloth adds.
SPARE, SAGS = 0.02, 0.16
# The same of cuffs and hems that are too long for the limb.
STACKED = 0.09
# The same of cloth that a bent joint pulls together.
BENT = 0.045


@dataclass(frozen=True)
class Folding:
    """How one garment folds.

    Attributes:
        fabric: Kind of its fabric.
        loose: 0 skin-tight … 1 wide: how deep folds may be.
        flutes: Metres that hanging cloth waves in and out at its hem.
        stack: How much too long trouser legs and sleeves are (1 = a usual break).
    """

    fabric: str = "woven"
    loose: float = 0.5
    flutes: float = 0.0
    stack: float = 1.0

    @property
    def kind(self) -> Folds:
        """How its fabric folds."""
        return FABRICS.get(self.fabric, USUAL)

    @property
    def spare(self) -> float:
        """Share of its length that the garment has to spare."""
        return SPARE + SAGS * self.loose * self.kind.limp

    @property
    def amount(self) -> float:
        """Height of folds relative to those of a usual shirt."""
        return self.kind.amount * (0.6 + 0.9 * self.loose)


@dataclass(frozen=True)
class Family:
    """Heights (V,) in metres from valley to ridge at full strength, and what drives them ("" = always there).

    Attributes:
        height: See above.
        driver, least, gain: They are `least + gain` times the driver high.
        weight: (V,) 0–1 where they are.
        spare: Share of its length that cloth has to spare for them there, beside what the whole garment has.
    """

    height: np.ndarray
    driver: str
    least: float
    gain: float
    weight: np.ndarray
    spare: float


@dataclass(frozen=True)
class Layer:
    """One wave over the garment and the families that share it.

    Attributes:
        across: (V, 3) unit directions in which the wave runs, on the cut pattern.
        length: Metres between folds.
        free: (V,) 0–1 where cloth may bunch by itself.
        families: On the cut pattern.
        ridge: (W,) height -1 … 1 on the mesh of the garment.
        wave: (W, 2) float32 cosine and sine of the phase there, times how deep folds are.
    """

    across: np.ndarray
    length: float
    free: np.ndarray
    families: list[Family]
    ridge: np.ndarray
    wave: np.ndarray


@dataclass(frozen=True)
class Creases:
    """All folds of a fitted garment.

    Attributes:
        layers: Waves and families.
        still: (W,) what of its relief no pose changes.
        spare: Share of its length that its cloth has to spare before a pose shortens it.
    """

    layers: list[Layer] = field(default_factory=list)
    still: np.ndarray | None = None
    spare: float = 0.0


class _Wave:
    """A layer in the making: families as they are added, and the mean of the ways that their folds run."""

    def __init__(self, count: int) -> None:
        self.families: list[Family] = []
        self.way = np.zeros(count, complex)


class _Cloth:
    """Coordinates of a fitted garment that families are written in."""

    def __init__(self, x: np.ndarray, normals: np.ndarray, arm: np.ndarray, fig: Figure, folding: Folding, legs: bool) -> None:
        self.x, self.arm, self.fig, self.folding = x, arm, fig, folding
        self.k = fig.scale
        self.across, self.down = _Wave(len(x)), _Wave(len(x))
        along = np.tile(fig.trunk.down, (len(x), 1))
        for s in SIDES:
            on = (x[:, 0] > 0) == (s == 0) if legs else arm[:, s] > 0.5
            along[on] = (fig.legs if legs else fig.arms)[s].down
        along -= np.einsum("ij,ij->i", along, normals)[:, None] * normals
        self.along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
        self.around = np.cross(normals, self.along)
        # Folds wander.
        self.drift = gradient_noise(x / 0.16, 3)

    def add(
        self, wave: _Wave, weight: np.ndarray, way: float | np.ndarray, depth: float, driver: str = "", least: float = 1.0,
        gain: float = 0.0, spare: float = 0.0,
    ) -> None:  # fmt: skip
        """Record a family.

        Args:
            wave: The layer.
            weight: (V,) 0–1 where it is.
            way: Radians between its folds and the limb, or (V, 3) directions in which they run.
            depth: Metres from valley to ridge on a usual shirt.
            driver, least, gain: What turns it on: `least + gain` times the driver.
            spare: Share of its length by which cloth is too long there.
        """
        if isinstance(way, np.ndarray):
            angle = np.arctan2(np.einsum("ij,ij->i", way, self.around), np.einsum("ij,ij->i", way, self.along))
        else:
            angle = way + 0.6 * self.drift
        wave.way += weight * depth * (least + 0.5 * max(gain, 0.0)) * np.exp(2j * angle)
        height = weight * depth * self.k * self.folding.amount
        wave.families.append(Family(height, driver, least, gain, weight, spare))

    def layer(self, families: _Wave, by: Blend, stretch: float, free: np.ndarray, usual: float, salt: int) -> Layer:
        """The finished layer; `usual` is the way of folds where no family has one."""
        angle = 0.5 * np.angle(families.way + 1e-5 * np.exp(2j * usual))[:, None]
        across = np.cos(angle) * self.around - np.sin(angle) * self.along
        # Down the limb, or round it where folds run down.
        back = np.einsum("ij,ij->i", across, self.along) + 0.5 * np.einsum("ij,ij->i", across, self.around) < 0
        across[back] *= -1
        kind = self.folding.kind
        length = kind.length * stretch * (0.7 + 0.3 * self.k)
        z = by(waves(self.x, across, length * (1 + 0.35 * gradient_noise(self.x / 0.22, salt)), salt))
        size, phase = np.abs(z), leant(np.angle(z))
        # Folds end where waves meet, and no two are equally deep.
        uneven = smoothstep(size, 0.08, 0.45) * by(np.clip(0.9 + 1.5 * gradient_noise(self.x / 0.15, salt + 5), 0.05, 1.6))
        wave = np.stack([np.cos(phase), np.sin(phase)], 1) * uneven[:, None]
        return Layer(across, length, free, families.families, profile(phase, kind.sharp) * uneven, wave.astype(np.float32))


def folds_of(
    x: np.ndarray, normals: np.ndarray, arm: np.ndarray, drop: np.ndarray, by: Blend, fine: np.ndarray, fig: Figure, folding: Folding,
    legs: bool, skirt: bool,
) -> Creases:  # fmt: skip
    """The folds of one fitted garment.

    Args:
        x, normals: (V, 3) the cut pattern in the A-pose.
        arm: (V, 2) skinning weight of the arms.
        drop: (V,) metres that a vertex hangs below the body shell it was cut from.
        by: Subdivision that makes the mesh of the garment.
        fine: (W, 3) that mesh in the A-pose.
        fig: The person.
        folding: How it folds.
        legs: It has trouser legs.
        skirt: It hangs round both legs.
    """
    c = _Cloth(x, normals, arm, fig, folding, legs)
    free = np.ones(len(x))
    if legs:
        for s in SIDES:
            _leg(c, s)
        _crotch(c)
    else:
        _trunk(c, skirt)
        for s in SIDES:
            _armpit(c, s)
            if arm[:, s].max(initial=0.0) > 0.8:
                _sleeve(c, s)
        if skirt:
            # Cloth round both legs hangs: what shortens it there is how it was laid.
            free = smoothstep(x[:, 2], float(fig.joints[list(HIP), 2].mean()), float(fig.joints[list(HIP), 2].mean()) + 0.08)
    layers = [c.layer(c.across, by, 1.0, free, 0.5 * np.pi, 11)]
    if len(fine) > len(x):
        # On coarse cloth, for people who are small in the picture, one wave has to do.
        layers.append(c.layer(c.down, by, 1.6, 0.6 * free, 0.1, 23))
    return Creases(layers, _flutes(fine, by(drop), fig, folding) if folding.flutes > 0 else None, folding.spare)


def _sleeve(c: _Cloth, s: int) -> None:
    fig, k = c.fig, c.k
    axis = fig.arms[s]
    t, angle, _ = axis.split(c.x)
    elbow = axis.split(fig.joints[ELBOW[s]][None])[0][0]
    own = smoothstep(c.arm[:, s], 0.5, 0.9)
    end = float(t[c.arm[:, s] > 0.8].max(initial=0.1))
    front = 0.5 + 0.5 * np.cos(angle + np.pi / 2)
    name = f"elbow{s}"
    turn = 1.0 if s == 0 else -1.0
    if end > elbow + 0.02 * k:
        # Inside of the elbow it stacks; long folds run round it to the outside.
        w = own * np.exp(-(((t - elbow + 0.01 * k) / (0.07 * k)) ** 2)) * (0.3 + 0.7 * front)
        c.add(c.across, w, turn * 1.35, 0.013, name, 0.15, 1.1)
        w = own * np.exp(-(((t - elbow) / (0.12 * k)) ** 2))
        c.add(c.across, w, turn * 1.0, 0.009, name, 0.3, 0.7)
    if end > elbow + 0.12 * k:
        # A sleeve is longer than its arm: it stacks on the wrist.
        w = own * smoothstep(t, elbow + 0.02 * k, end - 0.06 * k) * smoothstep(t, end - 0.012 * k, end - 0.045 * k)
        c.add(c.across, w, turn * 1.35, 0.011 * c.folding.stack, spare=STACKED * c.folding.stack)
    # Long oblique folds of an arm that hangs, from the armhole round to the back of the arm.
    w = own * smoothstep(t, 0.02 * k, 0.10 * k) * smoothstep(t, end - 0.005 * k, end - 0.05 * k)
    c.add(c.across, w, turn * 0.75, 0.006)
    c.add(c.down, w, turn * 0.3, 0.008)
    # A raised arm pushes its sleeve up against the shoulder.
    up = own * np.exp(-(((t - 0.03 * k) / (0.06 * k)) ** 2)) * (0.5 - 0.5 * np.cos(angle))
    c.add(c.across, up, 1.4, 0.012, f"raise{s}", 0.0, 1.0)


def _armpit(c: _Cloth, s: int) -> None:
    """Drag lines that fan out from the armpit over chest and back, and down the sleeve."""
    fig, k = c.fig, c.k
    side = 1.0 if s == 0 else -1.0
    pit = fig.joints[SHOULDER[s]] + np.array([side * 0.015, 0.0, -0.075]) * k
    for y in (-0.05, 0.055):
        off = c.x - pit - np.array([0.0, y * k, 0.0])
        r = np.linalg.norm(off, axis=1)
        w = smoothstep(r, 0.22 * k, 0.10 * k) * smoothstep(r, 0.025 * k, 0.075 * k)
        w = w * smoothstep(np.sign(y) * (c.x[:, 1] - fig.trunk.origin[1]), -0.02 * k, 0.03 * k) * ((c.x[:, 0] > 0) == (s == 0))
        c.add(c.across, w, off, 0.014, f"raise{s}", 0.75, 0.5)


def _trunk(c: _Cloth, skirt: bool) -> None:
    fig, k = c.fig, c.k
    axis = fig.trunk
    s, angle, _ = axis.split(c.x)
    body = smoothstep(c.arm.max(1), 0.5, 0.15)
    waist = axis.split(fig.joints[SPINE1][None])[0][0]
    chest = axis.split(fig.joints[SPINE3][None])[0][0]
    low = float(s[body > 0.5].max(initial=waist))
    hem = smoothstep(s, low - 0.005 * k, low - 0.04 * k)
    flank = np.cos(angle)  # 1 on the left, -1 on the right
    # Above the hip cloth that is too long sags into crossing bows, deepest at the sides.
    w = body * np.exp(-(((s - waist) / (0.10 * k)) ** 2)) * hem
    c.add(c.across, w * (0.45 + 0.55 * np.abs(flank)), 1.57, 0.012, "spine", 0.65, 0.8)
    # Bows between the two sides, level in the middle, which is never just in the middle.
    lean = np.clip((c.x[:, 0] + 0.07 * c.drift) / (0.09 * k), -1, 1)
    bows = np.stack([-np.ones(len(s)), np.zeros(len(s)), -lean], 1)
    c.add(c.across, w, bows * [1.0, 1.0, 0.6], 0.006, "spine", 0.7, 0.5)
    if not skirt:
        # Loose cloth hangs in pipes from chest and shoulder blades, leaning out to the hips.
        w = body * smoothstep(s, chest - 0.03 * k, min(low, waist + 0.08 * k)) * smoothstep(s, low + 0.02 * k, low - 0.02 * k)
        c.add(c.down, w, 0.12, 0.016 * (0.3 + 0.9 * c.folding.loose))
    # From the shoulder points across the chest.
    top = body * smoothstep(s, waist, chest) * smoothstep(s, 0.05 * k, 0.12 * k)
    c.add(c.across, top, bows * [1.0, 1.0, 0.9], 0.005)
    c.add(c.down, top, 0.4, 0.005)


def _leg(c: _Cloth, s: int) -> None:
    fig = c.fig
    k = fig.leg_scale
    axis = fig.legs[s]
    t, angle, _ = axis.split(c.x)
    knee = axis.split(fig.joints[KNEE[s]][None])[0][0]
    own = ((c.x[:, 0] > 0) == (s == 0)).astype(float)
    end = float(t[own > 0].max(initial=knee))
    back = 0.5 - 0.5 * np.cos(angle + np.pi / 2)
    front = 1 - back
    name = f"knee{s}"
    turn = 1.0 if s == 0 else -1.0
    if end > knee + 0.03 * k:
        w = own * np.exp(-(((t - knee) / (0.075 * k)) ** 2)) * (0.12 + 0.88 * back)
        c.add(c.across, w, turn * 1.4, 0.017, name, 0.3, 1.0)
        # Round the knee they run forward and up, from the hollow over the kneecap.
        w = own * np.exp(-(((t - knee) / (0.13 * k)) ** 2))
        c.add(c.across, w, turn * 0.8, 0.009, name, 0.35, 0.7)
    if end > 0.93 * axis.length:
        # The break: cloth that is too long for the leg stacks on the shoe, deepest in front.
        w = own * smoothstep(t, end - 0.24 * k, end - 0.07 * k) * smoothstep(t, end - 0.008 * k, end - 0.045 * k)
        c.add(c.across, w * (0.6 + 0.4 * front), turn * 1.3, 0.017 * c.folding.stack, spare=STACKED * c.folding.stack)
    # Under the seat, and long soft folds down thigh and shin.
    w = own * back * np.exp(-(((t - 0.16 * k) / (0.085 * k)) ** 2))
    c.add(c.across, w, turn * 1.15, 0.012, f"hip{s}", 0.8, -0.6)
    w = own * smoothstep(t, 0.04 * k, 0.2 * k) * smoothstep(t, end + 0.03 * k, end - 0.08 * k)
    c.add(c.down, w, turn * 0.22, 0.012 * (0.35 + c.folding.loose))
    c.add(c.across, w, turn * 0.6, 0.004)
    # A bent hip creases across the top of the thigh.
    w = own * front * np.exp(-(((t - 0.05 * k) / (0.06 * k)) ** 2))
    c.add(c.across, w, turn * 1.1, 0.015, f"hip{s}", 0.1, 1.0)


def _crotch(c: _Cloth) -> None:
    """Whiskers that fan out from the crotch over thighs and seat."""
    fig = c.fig
    k = fig.leg_scale
    hips = fig.joints[list(HIP)].mean(0)
    for y in (-0.07, 0.06):
        off = c.x - hips - np.array([0.0, y * k, -0.085 * k])
        r = np.linalg.norm(off, axis=1)
        w = smoothstep(np.sign(y) * (c.x[:, 1] - hips[1]), -0.02 * k, 0.04 * k) * smoothstep(r, 0.20 * k, 0.10 * k)
        c.add(c.across, w * smoothstep(r, 0.01, 0.04), off, 0.011, "hips", 0.5, 0.7)


def _flutes(x: np.ndarray, drop: np.ndarray, fig: Figure, folding: Folding) -> np.ndarray:
    """(W,) waves of a hem that is wider than what it hangs from: few, deep, each with its own depth."""
    k = fig.scale
    axis = fig.trunk
    s, angle, radius = axis.split(x)
    hip = axis.split(fig.joints[list(HIP)])[0].mean()
    on = (drop > 0) | (s > hip - 0.03 * k)
    if not on.any():
        return np.zeros(len(x))
    low = float(s.max())
    fall = np.clip((s - hip) / max(low - hip, 0.05), 0, 1) ** 1.2 * on
    around = 2 * np.pi * float(np.median(radius[s > low - 0.05 * k]))
    count = max(7, round(around / (0.115 * k)))
    # Angles drift and bend, so that no two flutes are alike.
    drift = 0.9 * gradient_noise(np.stack([np.cos(angle) * 1.6, np.sin(angle) * 1.6, s / 0.7], 1), 83)
    deep = 0.6 + 0.8 * gradient_noise(np.stack([np.cos(angle) * 1.3, np.sin(angle) * 1.3, np.full(len(s), 2.5)], 1), 89)
    wave = np.cos(count * angle + 2.6 * drift)
    return (wave + 0.25) * deep * fall * folding.flutes * k


# Angles, radians, at which a driver is fully on.
_FULL = {"elbow": 1.5, "knee": 1.5, "hip": 1.3, "raise": 1.4, "spine": 0.9}


def drivers(body: BodyState) -> dict[str, float]:
    """How much each driver is on in a pose, 0–1."""
    J = np.asarray(body.joints, float)
    pose = np.asarray(body.pose, float).reshape(-1, 3)
    out: dict[str, float] = {}
    up = J[NECK] - J[PELVIS]
    up /= np.linalg.norm(up)
    for s in SIDES:
        out[f"elbow{s}"] = _bend(J[SHOULDER[s]], J[ELBOW[s]], J[WRIST[s]]) / _FULL["elbow"]
        out[f"knee{s}"] = _bend(J[HIP[s]], J[KNEE[s]], J[ANKLE[s]]) / _FULL["knee"]
        thigh, arm = J[KNEE[s]] - J[HIP[s]], J[ELBOW[s]] - J[SHOULDER[s]]
        out[f"hip{s}"] = float(np.arccos(np.clip(-(thigh @ up) / np.linalg.norm(thigh), -1, 1))) / _FULL["hip"]
        out[f"raise{s}"] = float(np.arccos(np.clip(-(arm @ up) / np.linalg.norm(arm), -1, 1))) / _FULL["raise"]
    out["hips"] = max(out["hip0"], out["hip1"])
    out["spine"] = float(np.linalg.norm(pose[[SPINE1, SPINE2, 9]], axis=1).sum()) / _FULL["spine"]
    return {name: min(1.0, value) for name, value in out.items()}


def _bend(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    u, v = b - a, c - b
    return float(np.arccos(np.clip(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)), -1, 1)))


def strain(fabric: Fabric, rest: np.ndarray, now: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(V,) by how much cloth is longer (negative: shorter) than cut, along (V, 3) unit directions."""
    a, b = fabric.edges.T
    r = rest[b] - rest[a]
    length = np.maximum(np.linalg.norm(r, axis=1), 1e-6)
    change = np.linalg.norm(now[b] - now[a], axis=1) / length - 1
    out, total = np.zeros(fabric.count), np.full(fabric.count, 1e-6)
    for end in (a, b):
        w = np.square(np.square(np.einsum("ij,ij->i", r, across[end]) / length))
        out += np.bincount(end, w * change, fabric.count)
        total += np.bincount(end, w, fabric.count)
    return fabric.smooth(np.clip(out / total, -0.5, 0.5), 0.5, 3)


def folded(
    creases: Creases, by: Blend, fabric: Fabric, rest: np.ndarray, now: np.ndarray, body: BodyState | None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Folds in a pose.

    Args:
        creases: Of the garment.
        by: Subdivision that makes its mesh.
        fabric, rest, now: The cut pattern, in the A-pose and in the pose.
        body: Posed; None = as the garment hangs in the A-pose.
    Returns:
        (W,) metres along the normals, and for shaders the attributes "fold" and "fold2": (W, 3) a wave's cosine and
        sine times its height in metres.
    """
    on = {} if body is None else drivers(body)
    height = np.zeros(len(by.a)) if creases.still is None else creases.still.copy()
    depths: list[np.ndarray] = []
    for layer in creases.layers:
        deep, spare = np.zeros(len(rest)), np.full(len(rest), creases.spare)
        for f in layer.families:
            turned = on.get(f.driver, 0.0)
            deep += f.height * max(0.0, f.least + f.gain * turned)
            brought = f.spare + BENT * max(f.gain, 0.0) * turned
            if brought > 0:
                spare += brought * f.weight
        if body is not None:
            longer = strain(fabric, rest, now, layer.across)
            shorter = np.clip(-longer - 0.02, 0.0, 0.25) * layer.free
            deep = np.hypot(deep, TAKEN_UP * 2 * layer.length / np.pi * np.sqrt(shorter))
            deep *= 1 - 0.75 * smoothstep(longer, 0.02, 0.14)
            spare += shorter
        # A wave as long as the cloth that there is cannot be deeper than this.
        most = 2 * layer.length / np.pi * np.sqrt(spare)
        depths.append(deep / (1 + (deep / most) ** 4) ** 0.25)
    # Where both waves are strong the stronger one has the cloth: crossed, they would be dimples.
    total = np.maximum(sum(d**2 for d in depths), 1e-12)
    shown: dict[str, np.ndarray] = {}
    for layer, deep, name in zip(creases.layers, depths, ("fold", "fold2"), strict=False):
        deep = by(deep * deep**2 / total)
        height += 0.5 * deep * (layer.ridge + 0.2)
        wave = layer.wave * deep.astype(np.float32)[:, None]
        shown[name] = np.concatenate([wave, np.zeros((len(wave), 1), np.float32)], 1)
    return height, shown
