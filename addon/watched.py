# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that ends when whoever started it ends: the child side of `jobs`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

# How long the command may take to stop by itself once nobody listens any more.
GRACE_S = 5.0
# What works in the background gives way to the window in the foreground: on a small machine it would be felt there.
NICE = 10


def run(argv: list[str]) -> None:
    """Run `vivant ARGV…`; when standard input closes, stop as on Ctrl-C, and after a while without asking."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    from . import cli

    status = cli.run(argv)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # the watching thread blocks on standard input for ever; Blender can hang in its own clean-up


def _wait_for_the_end() -> None:
    # Not through sys.stdin: Blender's background mode replaces it.
    while os.read(0, 1024):
        pass
    # The whole group (a job leads one of its own): render workers must not outlive it either.
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(os.getpid(), signal.SIGINT)
        time.sleep(GRACE_S)
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(130)
