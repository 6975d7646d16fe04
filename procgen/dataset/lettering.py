"""A small stroke alphabet, so that pictures can carry captions without any font file.

Glyphs are paths on a grid: capitals from y = 0 to the baseline at y = 7, small letters from y = 2, tails to y = 9.
M starts a stroke, L draws a line, Q a quadratic curve (control point, end point). Drawn for this project.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np

CAP_HEIGHT = 7.0
# Space between glyphs, grid units.
_GAP = 1.3
# The grid is drawn narrow; letters open up when it is stretched a little.
_STRETCH = 1.14

# character: (width, path)
_GLYPHS: dict[str, tuple[float, str]] = {
    " ": (1.6, ""),
    "!": (0.4, "M.2 0L.2 4.8M.2 6.8L.2 7"),
    '"': (1.6, "M.2 0L.2 1.8M1.4 0L1.4 1.8"),
    "#": (4.4, "M1.4 .6L.9 6.4M3.5 .6L3 6.4M0 2.4L4.4 2.4M0 4.6L4.2 4.6"),
    "$": (3.8, "M3.7 1.4Q3 .5 1.9 .5Q.2 .5 .2 2Q.2 3.1 1.9 3.5Q3.7 3.9 3.7 5.1Q3.7 6.5 1.9 6.5Q.7 6.5 0 5.6M1.9 -.6L1.9 7.6"),
    "%": (5.2, "M4.4 0L.8 7M1.2 0Q2.3 0 2.3 1.4Q2.3 2.8 1.2 2.8Q.1 2.8 .1 1.4Q.1 0 1.2 0M4 4.2"
          "Q5.1 4.2 5.1 5.6Q5.1 7 4 7Q2.9 7 2.9 5.6Q2.9 4.2 4 4.2"),
    "&": (4.8, "M4.6 7L1.2 2.6Q.5 1.7 .8 .9Q1.2 0 2.1 0Q3.3 0 3.3 1.3Q3.3 2.4 1.8 3.1Q0 3.9 0 5.3Q0 7 1.8 7Q3.9 7 4.5 4"),
    "'": (0.4, "M.2 0L.2 1.8"),
    "(": (1.6, "M1.6 -.4Q.1 1.4 .1 3.6Q.1 5.8 1.6 7.6"),
    ")": (1.6, "M0 -.4Q1.5 1.4 1.5 3.6Q1.5 5.8 0 7.6"),
    "*": (2.8, "M1.4 .4L1.4 3.4M.1 1.1L2.7 2.7M2.7 1.1L.1 2.7"),
    "+": (3.6, "M1.8 2.2L1.8 5.8M0 4L3.6 4"),
    ",": (0.7, "M.5 6.6L.5 7.1L.1 8.3"),
    "-": (2.4, "M.1 4.2L2.3 4.2"),
    ".": (0.5, "M.25 6.75L.25 7"),
    "/": (2.8, "M2.7 -.3L.1 7.4"),
    "0": (3.8, "M1.9 0Q3.7 0 3.7 3.5Q3.7 7 1.9 7Q.1 7 .1 3.5Q.1 0 1.9 0"),
    "1": (2.2, "M.2 1.4L1.8 0L1.8 7"),
    "2": (3.6, "M.2 1.8Q.3 0 1.9 0Q3.5 0 3.5 1.8Q3.5 2.9 2.4 4.1L.1 7L3.6 7"),
    "3": (3.6, "M.2 1.4Q.5 0 1.8 0Q3.4 0 3.4 1.7Q3.4 3.3 1.5 3.3Q3.6 3.3 3.6 5.2Q3.6 7 1.8 7Q.3 7 0 5.5"),
    "4": (4.0, "M3 7L3 0L.1 4.9L4 4.9"),
    "5": (3.6, "M3.3 0L.6 0L.4 3.1Q1.1 2.6 1.9 2.6Q3.6 2.6 3.6 4.7Q3.6 7 1.7 7Q.4 7 0 5.7"),
    "6": (3.7, "M3.3 .7Q2.8 0 2 0Q.1 0 .1 3.9Q.1 7 1.9 7Q3.7 7 3.7 4.8Q3.7 2.8 2 2.8Q.5 2.8 .1 4.4"),
    "7": (3.6, "M.1 0L3.6 0L1.3 7"),
    "8": (3.7, "M1.85 3.3Q.3 3.1 .3 1.7Q.3 0 1.85 0Q3.4 0 3.4 1.7Q3.4 3.1 1.85 3.3"
          "Q.1 3.5 .1 5.2Q.1 7 1.85 7Q3.6 7 3.6 5.2Q3.6 3.5 1.85 3.3"),
    "9": (3.7, "M.4 6.3Q.9 7 1.7 7Q3.6 7 3.6 3.1Q3.6 0 1.8 0Q0 0 0 2.2Q0 4.2 1.7 4.2Q3.2 4.2 3.6 2.6"),
    ":": (0.5, "M.25 2.9L.25 3.1M.25 6.75L.25 7"),
    ";": (0.7, "M.5 2.9L.5 3.1M.5 6.6L.5 7.1L.1 8.3"),
    "<": (3.2, "M3.1 1.6L.2 4L3.1 6.4"),
    "=": (3.6, "M0 3L3.6 3M0 5L3.6 5"),
    ">": (3.2, "M.1 1.6L3 4L.1 6.4"),
    "?": (3.0, "M.1 1.6Q.2 0 1.5 0Q2.9 0 2.9 1.6Q2.9 2.6 2.1 3.2Q1.4 3.7 1.4 4.9M1.4 6.8L1.4 7"),
    "@": (5.6, "M4 2.6L3.7 4.6Q3.6 5.5 4.3 5.5Q5.5 5.4 5.5 3.3Q5.5 .6 2.9 .6Q.1 .6 .1 3.9Q.1 7.2 3 7.2"
          "Q3.9 7.2 4.6 6.8M3.9 3.2Q3.6 2.3 2.9 2.3Q1.7 2.3 1.7 4Q1.7 5.4 2.6 5.4Q3.5 5.4 3.7 4.4"),
    "A": (4.6, "M0 7L2.3 0L4.6 7M.8 4.6L3.8 4.6"),
    "B": (3.8, "M.2 0L.2 7L2 7Q3.8 7 3.8 5.1Q3.8 3.3 2 3.3L.2 3.3M2 3.3Q3.5 3.3 3.5 1.65Q3.5 0 1.9 0L.2 0"),
    "C": (4.4, "M4.3 1.6Q3.7 0 2.3 0Q.1 0 .1 3.5Q.1 7 2.3 7Q3.8 7 4.4 5.3"),
    "D": (4.2, "M.2 0L.2 7L1.7 7Q4.2 7 4.2 3.5Q4.2 0 1.7 0L.2 0"),
    "E": (3.4, "M3.4 0L.2 0L.2 7L3.4 7M.2 3.4L3 3.4"),
    "F": (3.3, "M3.3 0L.2 0L.2 7M.2 3.5L2.9 3.5"),
    "G": (4.5, "M4.2 1.5Q3.6 0 2.3 0Q.1 0 .1 3.5Q.1 7 2.4 7Q4.4 7 4.4 3.9L2.6 3.9"),
    "H": (4.2, "M.2 0L.2 7M4 0L4 7M.2 3.4L4 3.4"),
    "I": (0.4, "M.2 0L.2 7"),
    "J": (2.8, "M2.6 0L2.6 5Q2.6 7 1.3 7Q.1 7 0 5.4"),
    "K": (4.0, "M.2 0L.2 7M3.8 0L.2 4.3M1.6 2.7L4 7"),
    "L": (3.2, "M.2 0L.2 7L3.2 7"),
    "M": (5.2, "M.2 7L.2 0L2.6 5L5 0L5 7"),
    "N": (4.2, "M.2 7L.2 0L4 7L4 0"),
    "O": (4.7, "M2.35 0Q4.6 0 4.6 3.5Q4.6 7 2.35 7Q.1 7 .1 3.5Q.1 0 2.35 0"),
    "P": (3.7, "M.2 7L.2 0L2 0Q3.7 0 3.7 1.9Q3.7 3.9 2 3.9L.2 3.9"),
    "Q": (4.7, "M2.35 0Q4.6 0 4.6 3.5Q4.6 7 2.35 7Q.1 7 .1 3.5Q.1 0 2.35 0M2.9 5.3L4.5 7.4"),
    "R": (3.9, "M.2 7L.2 0L2 0Q3.7 0 3.7 1.8Q3.7 3.6 2 3.6L.2 3.6M2.1 3.6L3.9 7"),
    "S": (3.8, "M3.6 1.4Q3.1 0 1.9 0Q.2 0 .2 1.7Q.2 3 1.9 3.4Q3.8 3.8 3.8 5.3Q3.8 7 1.9 7Q.4 7 0 5.5"),
    "T": (4.0, "M0 0L4 0M2 0L2 7"),
    "U": (4.2, "M.2 0L.2 4.6Q.2 7 2.1 7Q4 7 4 4.6L4 0"),
    "V": (4.4, "M0 0L2.2 7L4.4 0"),
    "W": (6.2, "M0 0L1.6 7L3.1 1L4.6 7L6.2 0"),
    "X": (4.2, "M.1 0L4.1 7M4.1 0L.1 7"),
    "Y": (4.2, "M0 0L2.1 3.7L4.2 0M2.1 3.7L2.1 7"),
    "Z": (3.9, "M.2 0L3.8 0L.1 7L3.9 7"),
    "[": (1.4, "M1.4 -.4L.2 -.4L.2 7.6L1.4 7.6"),
    "\\": (2.8, "M.1 -.3L2.7 7.4"),
    "]": (1.4, "M0 -.4L1.2 -.4L1.2 7.6L0 7.6"),
    "^": (3.0, "M.2 2.4L1.5 .2L2.8 2.4"),
    "_": (3.6, "M0 7.8L3.6 7.8"),
    "`": (1.0, "M0 0L.9 1.2"),
    "a": (3.4, "M.4 2.9Q.8 2 1.8 2Q3.2 2 3.2 3.7L3.2 7M3.2 4.3Q.1 4.1 .1 5.7Q.1 7 1.5 7Q3 7 3.2 5.2"),
    "b": (3.6, "M.2 0L.2 7M.2 4.5Q.3 2 1.9 2Q3.6 2 3.6 4.5Q3.6 7 1.9 7Q.3 7 .2 4.5"),
    "c": (3.2, "M3.2 3.2Q2.7 2 1.7 2Q.1 2 .1 4.5Q.1 7 1.7 7Q2.8 7 3.2 5.8"),
    "d": (3.6, "M3.4 0L3.4 7M3.4 4.5Q3.3 2 1.7 2Q.1 2 .1 4.5Q.1 7 1.7 7Q3.3 7 3.4 4.5"),
    "e": (3.5, "M.1 4.4L3.4 4.4Q3.4 2 1.8 2Q.1 2 .1 4.5Q.1 7 1.8 7Q2.9 7 3.3 6"),
    "f": (2.2, "M2.2 .1Q1 -.3 1 1.4L1 7M0 2.2L2 2.2"),
    "g": (3.6, "M3.4 2L3.4 7.3Q3.4 9.2 1.7 9.2Q.7 9.2 .3 8.5M3.4 4.5Q3.3 2 1.7 2Q.1 2 .1 4.5Q.1 6.9 1.7 6.9Q3.3 6.9 3.4 4.5"),
    "h": (3.4, "M.2 0L.2 7M.2 4.2Q.4 2 1.9 2Q3.2 2 3.2 4L3.2 7"),
    "i": (0.4, "M.2 2.1L.2 7M.2 0L.2 .2"),
    "j": (1.2, "M1 2.1L1 7.6Q1 9.2 -.3 8.9M1 0L1 .2"),
    "k": (3.2, "M.2 0L.2 7M3 2.1L.2 4.9M1.2 3.9L3.2 7"),
    "l": (0.9, "M.2 0L.2 5.8Q.2 7 .9 6.9"),
    "m": (5.4, "M.2 2L.2 7M.2 4Q.4 2 1.6 2Q2.8 2 2.8 3.9L2.8 7M2.8 4Q3 2 4.1 2Q5.3 2 5.3 3.9L5.3 7"),
    "n": (3.4, "M.2 2L.2 7M.2 4.2Q.4 2 1.9 2Q3.2 2 3.2 4L3.2 7"),
    "o": (3.6, "M1.8 2Q3.5 2 3.5 4.5Q3.5 7 1.8 7Q.1 7 .1 4.5Q.1 2 1.8 2"),
    "p": (3.6, "M.2 2L.2 9.2M.2 4.5Q.3 2 1.9 2Q3.6 2 3.6 4.5Q3.6 7 1.9 7Q.3 7 .2 4.5"),
    "q": (3.6, "M3.4 2L3.4 9.2M3.4 4.5Q3.3 2 1.7 2Q.1 2 .1 4.5Q.1 7 1.7 7Q3.3 7 3.4 4.5"),
    "r": (2.2, "M.2 2L.2 7M.2 4.2Q.5 1.9 2.2 2.1"),
    "s": (3.0, "M2.8 3Q2.4 2 1.5 2Q.2 2 .2 3.2Q.2 4.1 1.5 4.4Q3 4.7 3 5.7Q3 7 1.5 7Q.4 7 0 5.9"),
    "t": (2.2, "M.9 .6L.9 5.6Q.9 7.2 2.2 6.9M0 2.2L2 2.2"),
    "u": (3.4, "M.2 2L.2 5Q.2 7 1.5 7Q3 7 3.2 4.8M3.2 2L3.2 7"),
    "v": (3.3, "M.1 2L1.65 7L3.2 2"),
    "w": (4.9, "M.1 2L1.3 7L2.45 2.8L3.6 7L4.8 2"),
    "x": (3.2, "M.1 2L3.1 7M3.1 2L.1 7"),
    "y": (3.3, "M.1 2L1.7 6.8M3.2 2L1.5 7.4Q.9 9.3 -.1 8.9"),
    "z": (3.0, "M.2 2L2.9 2L.1 7L3 7"),
    "{": (1.8, "M1.8 -.4Q.7 -.4 .8 1Q1 3.5 0 3.6Q1 3.7 .8 6.2Q.7 7.6 1.8 7.6"),
    "|": (0.4, "M.2 -.6L.2 8"),
    "}": (1.8, "M0 -.4Q1.1 -.4 1 1Q.8 3.5 1.8 3.6Q.8 3.7 1 6.2Q1.1 7.6 0 7.6"),
    "~": (3.6, "M.1 4.6Q.6 3.2 1.7 4Q3 4.9 3.5 3.4"),
    "·": (0.5, "M.25 3.9L.25 4.1"),
    "×": (3.0, "M.2 2.8L2.8 5.6M2.8 2.8L.2 5.6"),
    "–": (3.4, "M.1 4.2L3.3 4.2"),
    "…": (3.7, "M.25 6.75L.25 7M1.85 6.75L1.85 7M3.45 6.75L3.45 7"),
    "✓": (4.2, "M.2 3.8L1.6 6.4L4.1 .8"),
    "°": (1.6, "M.8 0Q1.5 0 1.5 .8Q1.5 1.6 .8 1.6Q.1 1.6 .1 .8Q.1 0 .8 0"),
}  # fmt: skip

_TOKEN = re.compile(r"([MLQ])|(-?\d*\.?\d+)")


@lru_cache(maxsize=256)
def strokes(character: str) -> tuple[float, np.ndarray]:
    """Width and straight pieces (n, 2, 2) of a character, grid units.

    A letter with an accent that is not drawn here becomes the plain letter; anything else unknown becomes "?".
    """
    plain = unicodedata.normalize("NFKD", character)[:1]
    width, path = _GLYPHS.get(character) or _GLYPHS.get(plain) or _GLYPHS["?"]
    pieces: list[np.ndarray] = []
    at = np.zeros(2)
    numbers: list[float] = []
    command = ""
    need = {"M": 2, "L": 2, "Q": 4}
    for letter, number in _TOKEN.findall(path):
        if letter:
            command, numbers = letter, []
            continue
        numbers.append(float(number))
        if len(numbers) < need[command]:
            continue
        end = np.array(numbers[-2:])
        if command == "L":
            pieces.append(np.stack([at, end]))
        elif command == "Q":
            t = np.linspace(0.0, 1.0, 7)[:, None]
            curve = (1 - t) ** 2 * at + 2 * t * (1 - t) * np.array(numbers[:2]) + t**2 * end
            pieces += list(np.stack([curve[:-1], curve[1:]], 1))
        at, numbers = end, []
    return width, np.array(pieces).reshape(-1, 2, 2)


def text_width(text: str, size: float) -> float:
    """Width in pixels of a line whose capitals and tails take `size` pixels (as font sizes are counted)."""
    scale = grid_scale(size)
    return (sum(strokes(c)[0] + _GAP for c in text) - (_GAP if text else 0.0)) * scale * _STRETCH


def grid_scale(size: float) -> float:
    """Pixels of a grid unit at a font size: capitals are 0.72 of it."""
    return 0.72 * size / CAP_HEIGHT


def text_strokes(text: str, size: float) -> np.ndarray:
    """(n, 2, 2) pixel pieces of a line; x from 0, the baseline at y = 0."""
    scale, x, out = grid_scale(size), 0.0, []
    for c in text:
        width, pieces = strokes(c)
        if len(pieces):
            out.append((pieces + [x, -CAP_HEIGHT]) * [scale * _STRETCH, scale])
        x += width + _GAP
    return np.concatenate(out) if out else np.zeros((0, 2, 2))


def fit(text: str, size: float, width: float) -> str:
    """The text, shortened with "…" to fit a width in pixels."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""
