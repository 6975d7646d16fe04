"""Materials as plain data: a small recorder of Blender shader nodes that needs no Blender.

    s = Shader("denim")
    p = s.attribute("rest")
    s.principled(base_color=s.mix(s.noise(p, scale=7), (.1, .1, .2), (.2, .2, .3)), roughness=0.8)

`procgen/blender/nodes.py` turns the record into a node tree; the content hash makes equal materials one material.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Socket:
    """An output of a recorded node; arithmetic on it records Math nodes."""

    shader: Shader
    node: int
    output: str

    def _math(self, op: str, other: Any = 0.0, swap: bool = False) -> Socket:
        a, b = (other, self) if swap else (self, other)
        return self.shader.math(op, a, b)

    def __add__(self, o: Any) -> Socket:
        return self._math("ADD", o)

    __radd__ = __add__

    def __mul__(self, o: Any) -> Socket:
        return self._math("MULTIPLY", o)

    __rmul__ = __mul__

    def __sub__(self, o: Any) -> Socket:
        return self._math("SUBTRACT", o)

    def __rsub__(self, o: Any) -> Socket:
        return self._math("SUBTRACT", o, swap=True)

    def __truediv__(self, o: Any) -> Socket:
        return self._math("DIVIDE", o)

    def __neg__(self) -> Socket:
        return self._math("MULTIPLY", -1.0)


Value = float | Socket
ColorValue = Color | Socket


@lru_cache(maxsize=512)
def _input_name(key: str) -> str:
    return key[1:] if key[0] == "i" and key[1:].isdigit() else key.replace("__", " ")


class Shader:
    """A recorded material.

    Args:
        name: Base name of the Blender material.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        # Each node: {"type": bl_idname, "props": {...}, "inputs": {name or index: value or [node, output]}}.
        self.nodes: list[dict[str, Any]] = []
        self.outputs: dict[str, list[Any]] = {}
        self.settings: dict[str, Any] = {}

    # -- recording ---------------------------------------------------------------------------------------------------
    def node(self, type: str, output: str | int = 0, props: dict[str, Any] | None = None, **inputs: Any) -> Socket:
        """Record one node.

        Args:
            type: Name after "ShaderNode", e.g. "TexNoise".
            output: Name or index of the output that the returned socket stands for.
            props: Node properties (`operation`, `ramp` stops …).
            inputs: Input name (spaces as double underscores, e.g. `Base__Color`) or `i0`, `i1` … for the index.
        """
        rec: dict[str, Any] = {"type": type, "props": props or {}, "inputs": {}}
        for key, value in inputs.items():
            if value is None:
                continue
            rec["inputs"][_input_name(key)] = self._value(value)
        self.nodes.append(rec)
        return Socket(self, len(self.nodes) - 1, str(output))

    def out(self, socket: Socket, output: str | int) -> Socket:
        """Another output of the same node."""
        return Socket(self, socket.node, str(output))

    @staticmethod
    def _value(v: Any) -> Any:
        if isinstance(v, Socket):
            return {"node": v.node, "output": v.output}
        if isinstance(v, (int, float, str)):
            return v
        return [float(x) for x in v]

    # -- vocabulary --------------------------------------------------------------------------------------------------
    def math(self, op: str, a: Any, b: Any = 0.0, c: Any = None, clamp: bool = False) -> Socket:
        """A Math node (`op` as in Blender: ADD, POWER, GREATER_THAN, FRACT …)."""
        return self.node("Math", 0, {"operation": op, "use_clamp": clamp}, i0=a, i1=b, i2=c)

    def clamp(self, a: Any) -> Socket:
        """Clamp to 0–1."""
        return self.math("ADD", a, 0.0, clamp=True)

    def vector(self, op: str, a: Any, b: Any = (0.0, 0.0, 0.0), output: str = "Vector") -> Socket:
        """A Vector Math node."""
        return self.node("VectorMath", output, {"operation": op}, i0=a, i1=b)

    def mix(self, factor: Any, a: Any, b: Any, blend: str = "MIX") -> Socket:
        """Mix two colours; `factor` is clamped to 0–1."""
        return self.node("Mix", "Result:RGBA", {"data_type": "RGBA", "blend_type": blend, "clamp_factor": True},
                         **{"Factor:FLOAT": factor, "A:RGBA": a, "B:RGBA": b})  # fmt: skip

    def ramp(self, factor: Any, stops: Sequence[tuple[float, float | Color]], interpolation: str = "LINEAR") -> Socket:
        """A colour ramp; scalar stops make a grey ramp."""
        full = [[float(p), [float(c)] * 3 if isinstance(c, int | float) else [float(x) for x in c]] for p, c in stops]
        return self.node("ValToRGB", "Color", {"ramp": full, "interpolation": interpolation}, Fac=factor)

    def smoothstep(self, x: Any, low: float, high: float, a: Any = 0.0, b: Any = 1.0) -> Socket:
        """Map Range with smooth step, clamped."""
        return self.node("MapRange", 0, {"interpolation_type": "SMOOTHSTEP", "clamp": True}, Value=x,
                         **{"From__Min": low, "From__Max": high, "To__Min": a, "To__Max": b})  # fmt: skip

    def attribute(self, name: str, vector: bool = False) -> Socket:
        """A geometry attribute: its scalar, or its vector."""
        return self.node("Attribute", "Vector" if vector else "Fac", {"attribute_name": name, "attribute_type": "GEOMETRY"})

    def coords(self, which: str = "Object") -> Socket:
        """Texture Coordinate output: Object, Generated, UV, Normal, Window …"""
        return self.node("TexCoord", which)

    def position(self) -> Socket:
        """World position of the shading point, metres."""
        return self.node("NewGeometry", "Position")

    def noise(self, at: Any, scale: float = 5.0, detail: float = 2.0, roughness: float = 0.5, distortion: float = 0.0,
              output: str = "Fac") -> Socket:  # fmt: skip
        """Fractal noise, about 0–1 around 0.5."""
        return self.node("TexNoise", output, {}, Vector=at, Scale=scale, Detail=detail, Roughness=roughness,
                         Distortion=distortion)  # fmt: skip

    def voronoi(self, at: Any, scale: float = 5.0, randomness: float = 1.0, feature: str = "F1",
                output: str = "Distance") -> Socket:  # fmt: skip
        """Voronoi cells."""
        return self.node("TexVoronoi", output, {"feature": feature}, Vector=at, Scale=scale, Randomness=randomness)

    def wave(self, at: Any, scale: float = 5.0, distortion: float = 0.0, detail: float = 0.0, axis: str = "X",
             profile: str = "SIN") -> Socket:  # fmt: skip
        """Wave bands."""
        return self.node("TexWave", "Fac", {"bands_direction": axis, "wave_profile": profile}, Vector=at, Scale=scale,
                         Distortion=distortion, Detail=detail)  # fmt: skip

    def brick(self, at: Any, scale: float = 5.0, output: str = "Fac", props: dict[str, Any] | None = None, **inputs: Any) -> Socket:
        """Brick texture; `Fac` is 1 in the mortar."""
        return self.node("TexBrick", output, props, Vector=at, Scale=scale, **inputs)

    def xyz(self, vector: Any) -> tuple[Socket, Socket, Socket]:
        """The three components."""
        n = self.node("SeparateXYZ", 0, {}, Vector=vector)
        return n, self.out(n, 1), self.out(n, 2)

    def combine(self, x: Any = 0.0, y: Any = 0.0, z: Any = 0.0) -> Socket:
        """A vector from components."""
        return self.node("CombineXYZ", 0, {}, X=x, Y=y, Z=z)

    def mapping(self, at: Any, scale: Sequence[float] = (1, 1, 1), rotation: Sequence[float] = (0, 0, 0),
                location: Sequence[float] = (0, 0, 0)) -> Socket:  # fmt: skip
        """Scale, then rotate (radians), then move a coordinate."""
        return self.node("Mapping", 0, {}, Vector=at, Scale=scale, Rotation=rotation, Location=location)

    def bump(self, height: Any, distance: float, strength: Any = 1.0, normal: Socket | None = None) -> Socket:
        """Bump mapping; `distance` in metres for a height of 1. Chain through `normal`."""
        return self.node("Bump", 0, {}, Height=height, Distance=distance, Strength=strength, Normal=normal)

    # -- outputs -----------------------------------------------------------------------------------------------------
    def principled(self, **inputs: Any) -> Socket:
        """End in a Principled BSDF; inputs in snake case (`base_color`, `subsurface_weight`, `normal` …).

        The base colour also goes to the albedo channel.
        """
        special = {"ior": "IOR", "specular_ior_level": "Specular IOR Level"}
        named = {special.get(k, k.replace("_", " ").title()): v for k, v in inputs.items()}
        rec = {"type": "BsdfPrincipled", "props": {}, "inputs": {k: self._value(v) for k, v in named.items()}}
        self.nodes.append(rec)
        s = Socket(self, len(self.nodes) - 1, "BSDF")
        self.surface(s, albedo=inputs.get("base_color", (0.8, 0.8, 0.8)))
        return s

    def surface(self, closure: Socket, albedo: Any = None) -> None:
        """End in any closure; `albedo` is what the albedo channel shows."""
        self.outputs["surface"] = self._value(closure)
        if albedo is not None:
            self.outputs["albedo"] = self._value(albedo)

    # -- identity ----------------------------------------------------------------------------------------------------
    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"name": self.name, "nodes": self.nodes, "outputs": self.outputs, "settings": self.settings}

    def key(self) -> str:
        """Content hash: equal materials have equal keys."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:16]
