# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators: each translates a click into one call of the core and its errors into plain words."""

from __future__ import annotations

import bpy

from . import dataset, people, report, scene

CLASSES = (*people.CLASSES, *scene.CLASSES, *dataset.CLASSES, *report.CLASSES)


def register() -> None:
    """Register every operator."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Unregister them in reverse."""
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
