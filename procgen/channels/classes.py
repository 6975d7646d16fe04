"""The semantic classes: name, id and display colour, in the order of the ids."""

from __future__ import annotations

from ..errors import unknown_name

# id = position; colours are sRGB 8 bit, kept far apart so that a mask can be read by eye.
CLASSES: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("background", (0, 0, 0)),
    ("skin", (244, 180, 140)),
    ("hair", (110, 50, 20)),
    ("eyes", (255, 255, 255)),
    ("teeth", (250, 240, 190)),
    ("upper_clothes", (230, 25, 75)),
    ("lower_clothes", (0, 90, 200)),
    ("dress", (240, 50, 230)),
    ("outerwear", (145, 30, 180)),
    ("footwear", (255, 225, 25)),
    ("accessory", (0, 240, 240)),
    ("terrain", (150, 190, 90)),
    ("road", (110, 110, 120)),
    ("building", (190, 110, 80)),
    ("wall", (200, 200, 170)),
    ("floor", (140, 100, 60)),
    ("ceiling", (220, 220, 255)),
    ("vegetation", (20, 130, 30)),
    ("rock", (160, 160, 160)),
    ("water", (70, 150, 255)),
    ("furniture", (255, 130, 0)),
    ("prop", (170, 255, 60)),
    ("vehicle", (0, 0, 120)),
    ("window", (130, 210, 220)),
    ("door", (120, 0, 60)),
)

NAMES: tuple[str, ...] = tuple(name for name, _ in CLASSES)
COLORS: tuple[tuple[int, int, int], ...] = tuple(color for _, color in CLASSES)
_IDS = {name: i for i, name in enumerate(NAMES)}


def class_id(name: str) -> int:
    """The id of a semantic class; an unknown name is answered with the nearest one."""
    if name not in _IDS:
        raise unknown_name("semantic class", name, NAMES)
    return _IDS[name]
