# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's process. Without options it speaks the protocol of `vivant.bridge.protocol` on standard input and output,
which is how the sidebar and `vivant synthesize` start it; with --listen it serves the same over HTTP.
"""

from __future__ import annotations

import argparse
import shutil
import sys

from ..output import say, say_json, table
from ..parsing import whole

NAME = "worker"
HELP = "the bridge's process, on standard input and output or over HTTP"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--cache", metavar="DIR", help="where its files lie (default: the user's cache folder)")
    parser.add_argument(
        "--listen", metavar="PORT", type=whole(0, 65535), help="serve HTTP on this port; 0 picks a free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to serve (default: this machine alone)")
    parser.add_argument("--token", default="", help="word that clients must know; needed for any other --host")
    parser.add_argument(
        "--python", metavar="FILE", help="with --listen or --check: a Python that has torch (default: this one)"
    )
    parser.add_argument("--check", action="store_true", help="say what a worker can do here, and end")
    parser.add_argument("--json", action="store_true", help="with --check: print JSON")


def run(args: argparse.Namespace) -> int:
    """Serve until the client goes, or until Ctrl-C."""
    if args.check:
        return _check(args)
    if args.listen is not None:
        from ...bridge.server import serve

        return serve(args.host, args.listen, args.token, args.cache, args.python)
    from ...bridge.worker import main

    main(args.cache)
    return 0


def _check(args: argparse.Namespace) -> int:
    from ...bridge.client import WorkerClient
    from ...bridge.worker import NEEDS
    from ...procgen.errors import BridgeError, MissingDependency

    python = args.python or sys.executable
    every = " ".join(dict.fromkeys(n for names in NEEDS.values() for n in names))
    if shutil.which(python) is None:
        raise BridgeError(f"{python} is not there or cannot be run", fix="choose a Python that has torch, or mediapipe for the lift")
    try:
        with WorkerClient(args.cache, python) as client:
            found = client.capabilities()
    except BridgeError as e:
        if "No module named" not in str(e):
            raise
        raise MissingDependency(f"{python} has not even numpy", fix=f"{python} -m pip install numpy {every}") from None
    if args.json:
        say_json(found)
        return 0
    table([(name, found["versions"].get(name, "missing")) for name in found["packages"]])
    table([(device["name"], str(device.get("title", ""))) for device in found["devices"]])
    lacks = {what: [n for n in names if not found["packages"][n]] for what, names in NEEDS.items()}
    missing = " ".join(n for names in lacks.values() for n in names)
    fix = f"{python} -m pip install {missing}"
    told = ", ".join(f"{what} lacks {' and '.join(names)}" if names else f"{what} is ready" for what, names in lacks.items())
    if all(lacks.values()):
        raise MissingDependency(f"{python} can do nothing yet: {told}", fix=fix)
    say(told + (f". For the rest: {fix}" if missing else ""))
    return 0
