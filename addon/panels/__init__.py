# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidebar tab: a short main panel, and closed sub-panels for what is needed less often."""

from __future__ import annotations

import bpy

from . import bridge, main, person, scene, truth

# Sub-panels are shown in the order of registration.
CLASSES = (*main.CLASSES, *person.CLASSES, *scene.CLASSES, *truth.CLASSES, *bridge.CLASSES, *main.LAST)


def register() -> None:
    """Register every panel."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Unregister them in reverse: children before their parent."""
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
