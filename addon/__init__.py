# SPDX-License-Identifier: GPL-3.0-or-later
"""Front ends: the sidebar and the command line. No maths here; everything is done by `procgen` and `bridge`.

The command line (`cli.py`, `commands/`) needs no bpy. The sidebar's modules do, so they are imported by `register()` only.
"""

from __future__ import annotations

import contextlib
from types import ModuleType

_command: object = None


def _modules() -> tuple[ModuleType, ...]:
    """What registers, in order: what others refer to comes first."""
    from . import jobs, label_preview, operators, panels, people, person_settings, places, preferences, properties

    return (preferences, properties, person_settings, places, operators, panels, people, label_preview, jobs)


def register() -> None:
    """Register classes, settings, the job timer's guards and `blender --command vivant`."""
    global _command
    import bpy

    from .cli import blender_main

    for module in _modules():
        module.register()
    if hasattr(bpy.utils, "register_cli_command"):
        _command = bpy.utils.register_cli_command("vivant", blender_main)


def unregister() -> None:
    """Take everything back, in reverse; a running job is stopped first."""
    global _command
    import bpy

    from . import enum_items, spec_groups

    if _command is not None:
        with contextlib.suppress(ValueError):  # Blender drops it by itself when it quits
            bpy.utils.unregister_cli_command(_command)
        _command = None
    for module in reversed(_modules()):
        module.unregister()
    spec_groups.unregister()
    enum_items.clear()
