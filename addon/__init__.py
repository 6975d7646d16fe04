# SPDX-License-Identifier: GPL-3.0-or-later
"""Front ends: the sidebar and the command line. No maths here; everything is done by `procgen` and `bridge`.

The command line (`cli.py`, `commands/`) needs no bpy. The sidebar's modules do, so they are imported by `register()` only.
"""

from __future__ import annotations

import contextlib

_command: object = None


def register() -> None:
    """Register classes, settings, the job timer's guards and `blender --command vivant`."""
    global _command
    import bpy

    from . import jobs, operators, panels, preferences, properties
    from .cli import blender_main

    preferences.register()
    properties.register()
    operators.register()
    panels.register()
    jobs.register()
    if hasattr(bpy.utils, "register_cli_command"):
        _command = bpy.utils.register_cli_command("vivant", blender_main)


def unregister() -> None:
    """Take everything back, in reverse; a running job is stopped first."""
    global _command
    import bpy

    from . import jobs, operators, panels, preferences, properties

    if _command is not None:
        with contextlib.suppress(ValueError):  # Blender drops it by itself when it quits
            bpy.utils.unregister_cli_command(_command)
        _command = None
    jobs.unregister()
    panels.unregister()
    operators.unregister()
    properties.unregister()
    preferences.unregister()
