"""Glasses: a frame that sits on the nose and the ears, and clear lenses that no label sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material
from ...materials.eye import cornea_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ..body_state import BodyState
from ..head import head_of
from .parts import Parts
from .strips import tube
from .tailoring import Mode

SIDES = (1.0, -1.0)


@dataclass(frozen=True)
class GlassesSpec(GarmentSpec):
    """A pair of glasses."""

    kind: ClassVar[str | None] = "glasses"
    shape: Literal["round", "square", "oval"] = param("square", doc="Outline of the lenses.")
    width: float = param(0.050, low=0.040, high=0.058, unit="m", doc="Width of a lens, on an adult.")
    height: float = param(0.040, low=0.028, high=0.050, unit="m", doc="Height of a lens, on an adult.")
    rim: float = param(0.0020, low=0.0007, high=0.0035, unit="m", doc="Half thickness of the frame.")


_POWER = {"round": 2.0, "oval": 2.2, "square": 4.0}


def build_glasses(spec: GlassesSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """Frame ("accessory") and lenses ("glass", left out of the ground truth)."""
    head = head_of(body)
    k = float(np.clip(head.scale, 0.7, 1.15))
    p, skin = head.points, head.weight > 0.5
    eyes = head.eyes
    height = float(eyes[:, 2].mean()) - 0.004 * k
    half = 0.5 * float(eyes[0, 0] - eyes[1, 0])
    middle = 0.5 * float(eyes[0, 0] + eyes[1, 0])
    # The bridge rests where the nose is about 15 mm wide, a little below the eyes.
    nose = skin & (np.abs(p[:, 0] - middle) < 0.009 * k) & (np.abs(p[:, 2] - height) < 0.010 * k)
    front = float(p[nose][:, 1].min()) if nose.any() else float(eyes[:, 1].min()) - head.eye_radius
    wide, tall = 0.5 * spec.width * k, 0.5 * spec.height * k
    if spec.shape == "round":
        wide = tall = 0.5 * (wide + tall)
    # Lenses centre on the pupils, or a little outside so that they clear the nose.
    centre_x = max(half * 0.98, wide + 0.0075 * k)
    lens = skin & (np.abs(p[:, 2] - height) < tall) & (np.abs(np.abs(p[:, 0] - middle) - centre_x) < wide)
    # Lashes and brow need room.
    lens_y = min(front - 0.0005, float(eyes[:, 1].min()) - head.eye_radius - 0.010 * k)
    brow = float(np.quantile(p[lens][:, 1], 0.02)) if lens.any() else lens_y
    lens_y = min(lens_y, brow - 0.003 * k)
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    n = 2 / _POWER[spec.shape]
    px, pz = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** n, np.sign(np.sin(t)) * np.abs(np.sin(t)) ** n
    frame, glass = Parts(), Parts()

    def put(parts: Parts, x: np.ndarray, faces: np.ndarray) -> None:
        parts.add(head.world(x), faces, 0, rest=x, around=np.tile([0.0, 1.0, 0.05], (len(x), 1)))

    def bow(x: np.ndarray) -> np.ndarray:
        """The frame follows the face: it comes back towards the temples."""
        return lens_y + 1.6 * (x - middle) ** 2

    for side in SIDES:
        cx = middle + side * centre_x
        x = cx + wide * px
        ring = np.stack([x, bow(x), height + tall * pz], 1)
        put(frame, *tube(ring, spec.rim * k, 8, closed=True))
        disc = np.concatenate([ring, [[cx, bow(np.array(cx)) - 0.0012, height]]])
        j = np.arange(48)
        fan = np.stack([j, (j + 1) % 48, np.full(48, 48)], 1)
        a, b, c = disc[fan[0]]
        if np.cross(b - a, c - a)[1] > 0:
            fan = fan[:, ::-1]
        put(glass, disc, fan)
        # From the hinge over the ear and down behind it.
        ear = p[(head.ears > 0.5) & (side * (p[:, 0] - middle) > 0)]
        hinge = np.array([cx + side * wide * 0.98, bow(np.array(cx + side * wide)), height + 0.45 * tall])
        top = ear[ear[:, 2] > np.quantile(ear[:, 2], 0.75)]
        over = np.array([0.0, float(np.quantile(top[:, 1], 0.45)), float(ear[:, 2].max()) - 0.004 * k])
        beside = skin & (head.ears < 0.15) & (side * (p[:, 0] - middle) > 0)
        path = []
        for s in np.linspace(0, 1, 12):
            at = hinge * (1 - s) + over * s
            near = beside & (np.abs(p[:, 1] - at[1]) < 0.010 * k) & (np.abs(p[:, 2] - at[2]) < 0.012 * k)
            out = (side * (p[near][:, 0] - middle)).max(initial=0.0)
            straight = side * (hinge[0] - middle)
            path.append([middle + side * max(out + spec.rim * k + 0.0006, straight - 0.004 * k * s), at[1], at[2]])
        path = np.array(path)
        path[1:-1, 0] = 0.5 * path[1:-1, 0] + 0.25 * (path[:-2, 0] + path[2:, 0])
        last = path[-1]
        hook = np.array([[-0.001, 0.008, -0.002], [-0.003, 0.016, -0.010], [-0.005, 0.021, -0.022], [-0.007, 0.023, -0.032]])
        tail = last + hook * [side, 1.0, 1.0] * k
        line = np.concatenate([[hinge + [-side * 0.002, 0, 0]], path[1:], tail])
        put(frame, *tube(line, np.linspace(1.0, 0.75, len(line)) * max(spec.rim, 0.0011) * k, 8))
    inner = centre_x - wide
    s = np.linspace(-1, 1, 13)
    lift = 0.35 * tall + 0.0035 * k * (1 - s**2)
    bridge = np.stack([middle + s * inner, np.full(13, lens_y) - 0.0012 * k * (1 - s**2), height + lift], 1)
    put(frame, *tube(bridge, spec.rim * k, 8))
    material = cloth_material(spec.fabric, hem=0.0)
    return [(frame.mesh((material,)), "accessory"), (glass.mesh((cornea_material(),)), "glass")]


@garments.register("glasses", spec=GlassesSpec, build=build_glasses)
def sample_glasses(rng: np.random.Generator, fabric: FabricSpec) -> GlassesSpec:
    """Draw a pair of glasses."""
    shape: Literal["round", "square", "oval"] = ("round", "square", "oval")[int(rng.choice(3, p=[0.25, 0.45, 0.3]))]
    thin = rng.random() < 0.4
    return GlassesSpec(
        fabric=fabric,
        shape=shape,
        width=round(float(rng.uniform(0.046, 0.054)), 4),
        height=round(float(rng.uniform(0.033, 0.044)), 4),
        rim=round(float(rng.uniform(0.0008, 0.0012) if thin else rng.uniform(0.0018, 0.0028)), 4),
    )
