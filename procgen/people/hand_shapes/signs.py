"""Hands that say something. By eye, from photographs of hands."""

from __future__ import annotations

from .shape import HandShape, register

register(HandShape("point", "The index straight, the others closed.",
                   ((6, 8, 5), (78, 96, 56), (82, 96, 56), (82, 92, 52)), (1, 0, 0, 1), (24, 22, 34, 44, 38), held=True))  # fmt: skip
register(HandShape("spread", "Straight, fingers apart.",
                   ((-4, 6, 4), (-3, 5, 3), (-3, 6, 4), (-4, 8, 5)), (13, 1, -10, -22), (-2, -16, -4, -6, 4), held=True))  # fmt: skip
register(HandShape("thumbs_up", "A fist with the thumb straight up.",
                   ((78, 98, 58), (84, 100, 60), (86, 98, 58), (86, 94, 54)), (0, 0, 0, 1), (-14, -20, -10, -12, -6),
                   held=True))  # fmt: skip
register(HandShape("peace", "Index and middle finger straight and apart.",
                   ((2, 6, 4), (2, 6, 4), (82, 98, 58), (84, 94, 54)), (12, -6, 0, 1), (30, 26, 38, 50, 44), held=True))  # fmt: skip
register(HandShape("ok", "Thumb and index make a ring, the others straight and apart.",
                   ((52, 62, 34), (14, 16, 9), (8, 12, 7), (4, 10, 6)), (0, 2, -7, -16), (30, 8, 26, 32, 40), held=True))  # fmt: skip
register(HandShape("call", "Thumb and little finger straight, the others closed.",
                   ((78, 98, 58), (84, 100, 60), (80, 96, 56), (2, 8, 5)), (0, 0, 0, -16), (-8, -22, -8, -10, 0), held=True))  # fmt: skip
register(HandShape("horns", "Index and little finger straight, the others closed.",
                   ((2, 6, 4), (82, 100, 60), (82, 98, 58), (2, 8, 5)), (6, 0, 0, -14), (28, 24, 38, 50, 42), held=True))  # fmt: skip
register(HandShape("claw", "Fingers apart and bent at the middle joints.",
                   ((4, 58, 36), (4, 60, 38), (4, 60, 38), (4, 56, 36)), (11, 0, -8, -18), (12, -10, 16, 26, 14), held=True))  # fmt: skip
register(HandShape("snap", "Thumb against the middle finger.",
                   ((30, 34, 18), (54, 58, 30), (58, 62, 34), (60, 60, 34)), (4, 0, 0, -2), (28, 10, 24, 28, 36), held=True))  # fmt: skip
