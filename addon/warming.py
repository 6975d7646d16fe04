# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first person of a session needs is read while the user looks at the tab, so that the first click pays for one person."""

from __future__ import annotations

import threading

import bpy

_thread: threading.Thread | None = None


def start() -> None:
    """Begin once, beside Blender's own work; numbers and files only, nothing of the open file is touched."""
    global _thread
    if _thread is None and not bpy.app.background:
        _thread = threading.Thread(target=load, name="vivant-warming", daemon=True)
        _thread.start()


def load() -> None:
    """The body model, the tables of shapes and poses, and the modules that make clothes and hair."""
    from ..procgen.one_person import level_ground, sample_person
    from ..procgen.people.person import pose_person
    from ..procgen.seeds import Seed

    pose_person(sample_person(Seed(0).child("person")), level_ground(), 0.0)


def unregister() -> None:
    """Wait for it: half a second at most."""
    global _thread
    if _thread is not None:
        _thread.join()
    _thread = None
