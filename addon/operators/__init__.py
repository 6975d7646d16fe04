# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators: each translates a click into one call of the core and its errors into plain words."""

from __future__ import annotations

from typing import Any

import bpy

from . import bridge, cameras, dataset, files, label, people, places, posing, presets, report, scene

CLASSES = (
    *people.CLASSES,
    *posing.CLASSES,
    *presets.CLASSES,
    *places.CLASSES,
    *cameras.CLASSES,
    *scene.CLASSES,
    *label.CLASSES,
    *dataset.CLASSES,
    *bridge.CLASSES,
    *files.CLASSES,
    *report.CLASSES,
)
_keys: list[tuple[Any, Any]] = []


def register() -> None:
    """Register every operator, the menus, and Esc for a running job."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    files.register_menus()
    keys = bpy.context.window_manager.keyconfigs.addon
    if keys is not None:  # there is none in background mode
        keymap = keys.keymaps.new(name="3D View", space_type="VIEW_3D")
        # Its poll fails while no job runs, and Esc then means what it always means.
        _keys.append((keymap, keymap.keymap_items.new("vivant.cancel_job", "ESC", "PRESS")))


def unregister() -> None:
    """Unregister them in reverse."""
    for keymap, item in _keys:
        keymap.keymap_items.remove(item)
    _keys.clear()
    files.unregister_menus()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
