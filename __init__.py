# SPDX-License-Identifier: GPL-3.0-or-later
"""Vivant: procedural, labelled scenes of people for Blender and for vision research.

The repository root is this package: a Blender extension needs `__init__.py` beside its manifest, and pip maps the same
file to `vivant`. Nothing is imported here at load time, so `import vivant` works without Blender, torch or scipy.
"""

__version__ = "0.1.0"


def register() -> None:
    """Blender calls this when the extension is enabled."""
    from .addon import register as register_addon

    register_addon()


def unregister() -> None:
    """Blender calls this when the extension is disabled or Blender quits."""
    from .addon import unregister as unregister_addon

    unregister_addon()
