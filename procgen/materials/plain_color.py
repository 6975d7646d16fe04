"""One colour for a material where nothing runs shaders: the solid viewport, which else shows a place in one grey."""

from __future__ import annotations

import math
from typing import Any

from .shader import Color, Shader

# What a noise, an attribute or any other input that varies over a surface is taken to be: the middle of its range.
MIDDLE = 0.5
_MATHS: dict[str, Any] = {
    "ADD": lambda a, b: a + b, "SUBTRACT": lambda a, b: a - b, "MULTIPLY": lambda a, b: a * b, "DIVIDE": lambda a, b: a / b,
    "MINIMUM": min, "MAXIMUM": max, "ABSOLUTE": lambda a, b: abs(a), "EXPONENT": lambda a, b: math.exp(min(a, 50.0)),
    "POWER": lambda a, b: max(a, 0.0) ** b, "GREATER_THAN": lambda a, b: float(a > b), "LESS_THAN": lambda a, b: float(a < b),
}  # fmt: skip


def plain_color(shader: Shader) -> Color | None:
    """Linear colour of a material's albedo with all that varies at its middle; None if it has no albedo."""
    albedo: Any = shader.outputs.get("albedo")
    return None if albedo is None else _color(shader, albedo)


def _color(shader: Shader, value: Any) -> Color:
    if isinstance(value, list):
        r, g, b = (float(v) for v in value[:3])
        return r, g, b
    if not isinstance(value, dict):
        return _grey(float(value))
    node = shader.nodes[value["node"]]
    inputs = node["inputs"]
    if node["type"] == "Mix":
        a, b = _color(shader, inputs.get("A:RGBA", MIDDLE)), _color(shader, inputs.get("B:RGBA", MIDDLE))
        share = min(max(_number(shader, inputs.get("Factor:FLOAT", MIDDLE)), 0.0), 1.0)
        if node["props"].get("blend_type") == "MULTIPLY":
            b = _between(a, b, lambda x, y: x * y)
        return _between(a, b, lambda x, y: x + share * (y - x))
    if node["type"] == "ValToRGB":
        return _ramp(node["props"]["ramp"], _number(shader, inputs.get("Fac", MIDDLE)))
    return _grey(_number(shader, value))


def _grey(value: float) -> Color:
    return value, value, value


def _between(a: Color, b: Color, how: Any) -> Color:
    return how(a[0], b[0]), how(a[1], b[1]), how(a[2], b[2])


def _ramp(stops: list[Any], at: float) -> Color:
    below = [s for s in stops if s[0] <= at] or stops[:1]
    above = [s for s in stops if s[0] > at] or stops[-1:]
    (p, a), (q, b) = below[-1], above[0]
    share = (at - p) / (q - p) if q > p else 0.0
    return _between(tuple(a), tuple(b), lambda x, y: x + share * (y - x))


def _number(shader: Shader, value: Any) -> float:
    if isinstance(value, list):
        return sum(map(float, value[:3])) / 3.0
    if not isinstance(value, dict):
        return float(value)
    node = shader.nodes[value["node"]]
    inputs = node["inputs"]
    if node["type"] in ("Mix", "ValToRGB"):
        return sum(_color(shader, value)) / 3.0
    if node["type"] == "MapRange":
        x, low, high, a, b = (_number(shader, inputs.get(k, d)) for k, d in _RANGE.items())
        share = min(max((x - low) / (high - low), 0.0), 1.0) if high != low else MIDDLE
        return a + share * (b - a)
    if node["type"] == "Math" and node["props"].get("operation") in _MATHS:
        a, b = (_number(shader, inputs.get(k, MIDDLE)) for k in ("0", "1"))
        try:
            return float(_MATHS[node["props"]["operation"]](a, b))
        except (ZeroDivisionError, OverflowError):
            return MIDDLE
    return MIDDLE


_RANGE = {"Value": MIDDLE, "From Min": 0.0, "From Max": 1.0, "To Min": 0.0, "To Max": 1.0}
