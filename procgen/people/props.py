"""Things that a pose holds: a phone, a box, a bag. They are fitted to the hands as these have come to rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..geometry import Mesh
from ..materials.shader import Shader
from ..places.solids import Kit, Piece, box, rounded, sheet
from ..spec import PoseSpec
from .body_state import BodyState
from .poses.gesture import CarrySpec, PhoneSpec
from .poses.stairs import ClimbSpec
from .steps import STEPS

Color = tuple[float, float, float]
PHONE = (0.0745, 0.0085, 0.152)  # width, thickness, height of a usual phone, metres


def build_props(spec: PoseSpec, body: BodyState) -> list[tuple[str, Mesh, str]]:
    """What the pose holds.

    Args:
        spec: Pose of the person.
        body: The settled body.
    Returns:
        Name, mesh in world space and semantic class of each thing; empty for most poses.
    """
    maker = _MAKERS.get(type(spec))
    return maker(spec, body) if maker is not None else []


def build_underfoot(spec: PoseSpec, body: BodyState, sole: float) -> list[tuple[str, Mesh, str]]:
    """What the pose stands on and brings with it: the steps of who climbs, told from the foot ahead, which is flat on its tread.

    Args:
        spec, body: As above.
        sole: Thickness of the shoes' soles, metres.
    Returns:
        As `build_props`; what is underfoot is nobody's.
    """
    if not isinstance(spec, ClimbSpec):
        return []
    turn, steps = body.root[:3, :3], spec.steps()
    joints = [body.joint(f"{spec.side}_{part}") for part in ("ankle", "foot")]
    skin = body.posed[: body.count].astype(float) @ turn
    foot = skin[np.isin(body.model.main_joint[: body.count], joints)]
    # From the foot ahead, which is flat; across, the flight is in the middle of both.
    heel, toe = float(-foot[:, 1].max()), float(-foot[:, 1].min())
    ankles = body.joints[[body.joint("left_ankle"), body.joint("right_ankle")]] @ turn
    base = float(foot[:, 2].min()) - sole - spec.riser * (spec.below + (1 if spec.way == "up" else 0))
    T = np.eye(4)
    T[:3, :3] = turn
    T[:3, 3] = turn @ [ankles[:, 0].mean(), steps.onto(spec.contacts().treads[spec.side], heel, toe), base]
    return [(STEPS, steps.mesh(T, spec.material), "prop")]


def _hand(body: BodyState, side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Middle of the palm's skin, and unit directions: out of the palm, along the fingers, to the thumb (world)."""
    wrist, middle = body.joint(f"{side}_wrist"), body.joint(f"{side}_middle1")
    sign = 1.0 if side == "left" else -1.0
    R = body.T[wrist][:3, :3]
    reach = body.joints_rest[middle] - body.joints_rest[wrist]
    # At rest the palm looks down (-Z), the fingers outwards, the thumb ahead (-Y).
    palm, fingers, thumb = (
        R @ np.array([0.0, 0.0, -1.0]),
        R @ np.array([sign, 0.0, 0.0]),
        R @ np.array([0.0, -1.0, 0.0]),
    )
    return body.joints[wrist] + R @ (0.85 * reach) + palm * 0.17 * float(np.linalg.norm(reach)), palm, fingers, thumb


def _frame(x: np.ndarray, z: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(4, 4) with `z` kept and `x` made perpendicular to it."""
    z = z / np.linalg.norm(z)
    x = x - (x @ z) * z
    x = x / np.linalg.norm(x)
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = np.stack([x, np.cross(z, x), z], 1), at
    return T


def _plain(name: str, color: Color, roughness: float, coat: float = 0.0) -> Shader:
    s = Shader(name)
    s.principled(base_color=color, roughness=roughness, coat_weight=coat)
    return s


def _fibres(name: str, color: Color, scale: float, depth: float) -> Shader:
    """Cardboard or canvas: a little uneven in colour and surface."""
    s = Shader(name)
    at = s.coords("Object")
    n = s.noise(at, scale=scale, detail=3.0)
    dark = tuple(0.82 * c for c in color)
    s.principled(base_color=s.mix(n, dark, color), roughness=0.75, normal=s.bump(n, depth))
    return s


def _mesh(parts: list[tuple[Piece, Shader]], T: np.ndarray) -> Mesh:
    kit = Kit()
    for piece, shader in parts:
        kit.add(piece.placed(T), shader)
    return kit.mesh()


def _phone(spec: PhoneSpec, body: BodyState) -> list[tuple[str, Mesh, str]]:
    palm, out, fingers, thumb = _hand(body, spec.side)
    # The phone lies across the roots of the fingers, its top beyond the index finger.
    along = fingers + 0.35 * thumb if spec.use == "call" else 0.9 * fingers + 0.6 * thumb
    w, t, h = PHONE
    # Local axes: z along the phone, y from the palm to the screen.
    T = _frame(np.cross(out, along), along, palm + out * (0.5 * t + 0.004) + along / np.linalg.norm(along) * 0.012)
    shell, glass = _plain("phone_shell", spec.color, 0.35, 0.3), _plain("phone_glass", (0.006, 0.006, 0.008), 0.08, 0.6)
    glass_sheet = rounded((w * 0.96, 0.001, h * 0.975), 0.0004, n=2, cells=2)
    # `_frame` is right-handed with z = along, x = out × along: +y is out of the palm.
    parts = [(rounded((w, t, h), 0.0036, n=3, cells=2), shell), (glass_sheet.moved(y=t / 2 + 0.0002), glass)]
    return [("phone", _mesh(parts, T), "prop")]


def _carry(spec: CarrySpec, body: BodyState) -> list[tuple[str, Mesh, str]]:
    return _box(spec, body) if spec.load == "box" else _bag(spec, body)


def _box(spec: CarrySpec, body: BodyState) -> list[tuple[str, Mesh, str]]:
    left, right = _hand(body, "left")[0], _hand(body, "right")[0]
    across = left - right
    width = float(np.clip(np.linalg.norm(across), 0.12, 0.6))
    height, depth = 0.62 * width, 0.72 * width
    ahead = body.root[:3, :3] @ np.array([0.0, -1.0, 0.0])
    middle = (left + right) / 2 + np.array([0.0, 0.0, 0.22 * height])
    # Not inside the belly: the near side is ahead of all skin of the trunk at its height.
    trunk = body.posed[: body.count][np.isin(body.model.main_joint, [0, 1, 2, 3, 6, 9])].astype(float)
    near = trunk[np.abs(trunk[:, 2] - middle[2]) < height / 2 + 0.03]
    if len(near):
        front = float(((near - middle) @ ahead).max())
        middle = middle + ahead * max(0.0, front + 0.025 + depth / 2)
    T = _frame(across * np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), middle)
    card = _fibres("cardboard", spec.color, 60.0, 0.0004)
    tape = _plain("tape", tuple(0.75 * c for c in spec.color), 0.3)  # pyright: ignore[reportArgumentType]
    parts = [
        (box((width, depth, height), chamfer=0.002), card),
        (box((0.05, depth * 1.002, 0.0008), (0, 0, height / 2), 0.0), tape),
    ]
    return [("box", _mesh(parts, T), "prop")]


def _bag(spec: CarrySpec, body: BodyState) -> list[tuple[str, Mesh, str]]:
    side = spec.load[4:]
    palm, out, _, thumb = _hand(body, side)
    size = float(np.clip(body.phenotype.height_m / 1.7, 0.45, 1.1))
    w, t, h, strap = 0.36 * size, 0.11 * size, 0.32 * size, 0.20 * size
    ground = float(body.posed[: body.count, 2].min())
    strap = float(np.clip(palm[2] - h - ground - 0.06, 0.03, strap))
    outwards = body.root[:3, :3] @ np.array([1.0 if side == "left" else -1.0, 0.0, 0.0])
    ahead = body.root[:3, :3] @ np.array([0.0, -1.0, 0.0])
    at = palm + out * 0.012
    top = at - np.array([0.0, 0.0, strap]) + outwards * 0.35 * t
    T = _frame(ahead, np.array([0.0, 0.0, 1.0]), top)
    cloth = _fibres("canvas", spec.color, 240.0, 0.0003)
    parts = [(rounded((w, t, h), 0.03 * size, puff=0.008 * size).moved(z=-h / 2), cloth)]
    fist = (np.linalg.inv(T) @ np.append(at, 1.0))[:3]
    through = T[:3, :3].T @ thumb
    through = through if through[0] > 0 else -through
    for side_of in (-1.0, 1.0):
        parts.append((_handle(fist, through, (w, t, h), side_of, size), cloth))
    return [("bag", _mesh(parts, T), "prop")]


def _handle(fist: np.ndarray, through: np.ndarray, bag: tuple[float, float, float], side: float, size: float) -> Piece:
    """A flat strap, sewn to one side of a bag at both ends, that runs taut to the hand and lies in its fingers.

    Args:
        fist, through: (3,) the middle of the closed fingers and the unit direction to the thumb, in the bag's frame: x ahead,
            z up from the middle of its opening.
        bag: Width, thickness and height, metres.
        side: 1 or -1, the side that it is on along y.
        size: Of the person, 1 = an adult.
    """
    w, t, h = bag
    rows = []
    for end in (-1.0, 1.0):
        face = np.array([end * 0.2 * w, side * (0.5 * t + 0.008 * size), 0.0])
        # Both straps lie one on the other in the hand.
        inside = fist + [0.0, 0.0, 0.0018 * side] + through * end * 0.018 * size
        beside = fist + through * end * 0.044 * size - [0.0, 0.0, 0.006 * size]
        bent = beside + through * end * 0.006 * size - [0.0, 0.0, 0.016 * size]
        legs = [face - [0, 0, 0.28 * h], face - [0, 0, 0.05 * h], face + 0.12 * (bent - face) - [0, 0, 0.1 * t], bent, beside, inside]
        rows.append(legs if end < 0 else legs[::-1])
    knots = np.array(rows[0] + rows[1])
    step = np.arange(len(knots))
    at = np.linspace(0, len(knots) - 1, 73)
    path = np.stack([np.interp(at, step, knots[:, j]) for j in range(3)], 1)
    for _ in range(5):
        path[1:-1] = 0.5 * path[1:-1] + 0.25 * (path[:-2] + path[2:])
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # Flat against the bag's side below, and on the fingers above.
    held = np.clip((path[:, 2] - 0.15 * fist[2]) / (0.7 * fist[2]), 0, 1)[:, None]
    flat = (1 - held) * np.array([0.0, side, 0.0]) + held * (np.array([0.0, 0.0, 0.6]) + np.outer((path - fist) @ through / 0.06, through))
    flat -= np.einsum("ij,ij->i", flat, along)[:, None] * along
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    across = np.cross(along, flat) * (0.012 - 0.0045 * held) * size
    return sheet(path[:, None] + across[:, None] * np.linspace(-1, 1, 5)[None, :, None], 0.0026 * size)


_MAKERS: dict[type, Callable[..., list[tuple[str, Mesh, str]]]] = {PhoneSpec: _phone, CarrySpec: _carry}
