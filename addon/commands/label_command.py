# SPDX-License-Identifier: GPL-3.0-or-later
"""Render a frame of a .blend with every label: its own objects, camera and light, and the Vivant people in it.

Geometry of any origin is labelled as Blender evaluates it (modifiers, instances, animation). The file itself is only read.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..output import say, say_json
from ..parsing import image_size, whole

NAME = "label"
HELP = "render a frame of any .blend with labels"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("blend", metavar="FILE.blend", help="the file; it is not changed")
    parser.add_argument("out", metavar="OUT", help="dataset folder to write; must not be there yet")
    parser.add_argument("--scene", metavar="NAME", help="which scene of the file (default: the one that was open)")
    parser.add_argument("--camera", metavar="NAME", help="which camera (default: the scene's)")
    parser.add_argument("--frame", type=whole(-1048574, 1048574), metavar="N", help="which frame (default: where the file stands)")
    parser.add_argument("--size", type=image_size, metavar="WxH", help="image size in pixels (default: the scene's)")
    parser.add_argument("--channels", metavar="LIST", default="all", help="channels to write, with commas (default: all)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Open, gather, render, write."""
    from ...procgen.errors import SpecError
    from ...procgen.options import split_names

    blend = Path(args.blend)
    if not blend.is_file():
        raise SpecError(f"{args.blend} is no file", fix="check the path of the .blend")
    from ...procgen.blender.user_scene import label_file

    label_file(
        blend,
        Path(args.out),
        scene=args.scene,
        camera=args.camera,
        frame=args.frame,
        size=args.size,
        channels=split_names(args.channels),
    )
    if args.json:
        say_json({"out": args.out, "ok": True})
    else:
        say(f"{args.out}: 1 frame written")
    return 0
