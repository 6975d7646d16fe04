"""Hands that do nothing, hold something, or work. By eye, from photographs of hands; the resting cascade grows towards
the little finger (tenodesis posture)."""

from __future__ import annotations

from .shape import HandShape, register

register(HandShape("rest", "Relaxed, fingers a little bent, more so towards the little finger.",
                   ((17, 24, 12), (23, 30, 15), (27, 34, 17), (29, 33, 17)), (2, 0, -1, -3), (8, 12, 12, 14, 12)))  # fmt: skip
register(HandShape("loose", "Hanging open, nearly straight.",
                   ((10, 14, 7), (12, 18, 9), (15, 20, 10), (18, 20, 10)), (4, 0, -2, -6), (4, 6, 8, 10, 8)))  # fmt: skip
register(HandShape("curled", "Half closed, as a tired or a cold hand.",
                   ((34, 48, 26), (40, 54, 30), (44, 56, 30), (44, 52, 28)), (1, 0, 0, -2), (16, 16, 22, 26, 22)))  # fmt: skip
register(HandShape("fist", "Closed, the thumb over the fingers.",
                   ((76, 98, 58), (82, 100, 60), (84, 98, 58), (84, 94, 54)), (0, 0, 0, 1), (26, 22, 36, 48, 40), held=True))  # fmt: skip
register(HandShape("grip", "Round something a few centimetres thick.",
                   ((46, 50, 30), (52, 54, 32), (56, 54, 32), (56, 50, 30)), (2, 0, -1, -4), (30, 2, 14, 22, 34)))  # fmt: skip
register(HandShape("hook", "Fingers hooked about a handle, the thumb aside.",
                   ((28, 80, 50), (30, 84, 52), (32, 84, 52), (34, 80, 48)), (1, 0, 0, -1), (10, 12, 20, 24, 14), held=True))  # fmt: skip
register(HandShape("cup", "Hollowed, as for holding a glass or water.",
                   ((36, 34, 20), (38, 36, 22), (40, 36, 22), (42, 34, 20)), (3, 0, -2, -5), (34, -8, 10, 18, 36)))  # fmt: skip
register(HandShape("flat", "Straight, fingers together.",
                   ((3, 5, 3), (3, 5, 3), (4, 6, 3), (5, 7, 4)), (1, 0, 0, -2), (2, 14, 4, 4, 6), held=True))  # fmt: skip
register(HandShape("pinch", "Thumb and index meet, the others loose.",
                   ((48, 52, 26), (32, 36, 18), (30, 34, 17), (28, 32, 16)), (2, 0, -1, -4), (28, 6, 24, 28, 36)))  # fmt: skip
