# SPDX-License-Identifier: GPL-3.0-or-later
"""What of synthesis and lift this version has, and where the people of a photograph are lifted to."""

from __future__ import annotations

import ipaddress
import urllib.parse
from functools import lru_cache
from pathlib import Path
from typing import Any

ABSENT = {
    "synthesize": (
        "Turning frames into photographs is not in this version yet. Datasets made here are what it will read: "
        "depth, normals, ids and captions lie beside every picture."
    ),
    "lift": (
        "Getting rigged people out of photographs is not in this version yet. "
        "Bodies in the SMPL-X format can be imported below, under Files and Help."
    ),
}


def leaves_this_machine(backend: str) -> bool:
    """True for the address of a server elsewhere; a worker and servers of this machine need no network."""
    if backend.strip() in ("", "worker"):
        return False
    address = backend if "://" in backend else f"http://{backend}"
    try:
        host = urllib.parse.urlsplit(address).hostname or ""
        return host != "localhost" and not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True  # a name


@lru_cache(maxsize=8)
def has_command(name: str) -> bool:
    """True if this version's command line knows a command."""
    from . import commands

    return (Path(commands.__file__).parent / f"{name}_command.py").is_file()


def lift_folder(context: Any) -> Path:
    """Where the people of the chosen photograph are lifted to."""
    import bpy

    from .properties import settings

    photo = Path(bpy.path.abspath(settings(context).photo))
    return settings(context).output_folder(context) / f"lift_{photo.stem}"


def lifted_faces(out: Path) -> list[Path]:
    """Folders of lifted people with a face, sorted."""
    subjects = out / "subjects"
    return sorted(p.parent for p in subjects.glob("*/face.npz")) if subjects.is_dir() else []
