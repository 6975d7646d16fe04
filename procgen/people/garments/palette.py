"""Colours that go together: small curated palettes, linear RGB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...color_names import color_name, lab_from_linear, linear_of

Color = tuple[float, float, float]


def _linear(code: str) -> Color:
    """Linear RGB of an sRGB hex code."""
    v = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255.0
    r, g, b = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    return float(r), float(g), float(b)


@dataclass(frozen=True)
class Palette:
    """Colours of one outfit.

    Attributes:
        top, contrast: Main colour of the top and what is printed on it.
        bottom: Trousers and skirts.
        accent: Dresses.
        light: Pale shirts.
        denim: Jeans.
        shoe: Trainers.
        leather: Leather shoes, boots, belts and bags.
        coat: Coats and suits.
        bright: What children wear.
        straw: Summer hats.
        frame: Frames of glasses.
    """

    top: Color
    contrast: Color
    bottom: Color
    accent: Color
    light: Color
    denim: Color
    shoe: Color
    leather: Color
    coat: Color
    bright: Color
    straw: Color
    frame: Color


# Top, contrast, bottom, accent: sets seen in streets and catalogues, chosen by eye.
_SETS = (
    ("e6e1d6", "24304a", "3a3d45", "7f2f33"),
    ("25324f", "d9d4c8", "b5a27f", "2d4a73"),
    ("6d7a62", "e2dccb", "4a4033", "8a9a6f"),
    ("a8403a", "eae3d8", "2b2e38", "b23b48"),
    ("1f2226", "c9c4ba", "5b5f66", "1f2226"),
    ("c98f2f", "3a2d22", "3b4252", "d3a03c"),
    ("4f7f86", "efe9dc", "2c2f36", "3f7f83"),
    ("b58a8f", "f0e6df", "4d4a52", "c98d94"),
    ("8fa7bf", "25324f", "c4b594", "7d9cbd"),
    ("5d3a4d", "d8c7b8", "2e2b31", "6f3f58"),
    ("d8c9a8", "7a4a32", "5a4632", "c7772f"),
    ("37573f", "d6cfb8", "9c8a68", "3f6b48"),
    ("c65a2e", "efe6d8", "2f3a4a", "cf6a3a"),
    ("9a9ca1", "2a2c31", "23262c", "8e6f9a"),
    ("f1eee8", "3e5a7f", "2a3346", "e7dccb"),
    ("7c5b3c", "e8dcc6", "33302c", "7a3b2a"),
    ("6a4fa0", "efeaf5", "2d2d36", "7860ac"),
    ("2f6fa8", "f3efe6", "454a52", "2f6fa8"),
)
_LIGHT = ("f2efe9", "dfe7f0", "efe6da", "e3ecdf", "f1dfe0", "cfdcea")
_DENIM = ("2b3a55", "3c5478", "5d7799", "232b3a", "7f96b0", "2c2d31", "49607f")
_SHOE = ("efece6", "2a2a2c", "e6e2da", "3f4f6a", "7d3030", "8b8d8e", "c8b79a", "1e1f21")
_LEATHER = ("1f1a18", "3b2417", "5a3620", "74482a", "2a1f1c", "171617")
_COAT = ("23262c", "2b3346", "6b5844", "a88a66", "3c3d40", "4a2f2c", "c2b39a", "38423a", "1d1e20")
_BRIGHT = ("d8402f", "f0b429", "2f7fc1", "3f9e5a", "e0669a", "ef7f2d", "6d58b8", "36a9ae", "c83a54", "7cb844")
_STRAW = ("d9bf8a", "c7a66c", "e4d3a8")
_FRAME = ("15130f", "2a1a10", "4a2a14", "1c2230", "6b6258", "3a1416")


def sample_named(rng: np.random.Generator, name: str, denim: bool = False) -> Color:
    """A colour that is called `name`: near the middle of what people call so, never beyond it.

    Raises:
        SpecError: a colour without a name, answered with the nearest one.
    """
    base = linear_of(name)
    # Nobody means paint by "blue jeans".
    if denim and name == "blue":
        return sample_named(rng, "denim blue")
    for spread in (0.12, 0.06, 0.03):
        v = np.array(base) * np.exp(rng.normal(0, spread, 3) * 0.5 + rng.normal(0, spread))
        r, g, b = (round(float(x), 4) for x in v.clip(0.003, 0.86))
        off = lab_from_linear(np.array([r, g, b])) - lab_from_linear(np.array(base))
        if color_name((r, g, b)) == name and float(np.linalg.norm(off)) < 12.0:
            return r, g, b
    return base


def sample_palette(rng: np.random.Generator) -> Palette:
    """Draw a palette; every colour varies a little in value and saturation."""

    def pick(codes: tuple[str, ...]) -> Color:
        return _vary(rng, _linear(codes[int(rng.integers(len(codes)))]))

    top, contrast, bottom, accent = (_vary(rng, _linear(c)) for c in _SETS[int(rng.integers(len(_SETS)))])
    return Palette(
        top, contrast, bottom, accent, pick(_LIGHT), pick(_DENIM), pick(_SHOE), pick(_LEATHER), pick(_COAT), pick(_BRIGHT),
        pick(_STRAW), pick(_FRAME),
    )  # fmt: skip


def _vary(rng: np.random.Generator, c: Color) -> Color:
    v = np.array(c) * np.exp(rng.normal(0, 0.12))
    grey = v.mean()
    v = grey + (v - grey) * rng.uniform(0.8, 1.15)
    r, g, b = (round(float(x), 4) for x in v.clip(0.003, 0.86))
    return r, g, b
