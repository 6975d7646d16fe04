# SPDX-License-Identifier: GPL-3.0-or-later
"""Check this machine: what Vivant needs, what it can use, and how to install what is missing.

Exits 1 when something that is needed is missing; a missing optional extra is only named.
"""

from __future__ import annotations

import argparse

from ..output import say, say_json, table

NAME = "doctor"
HELP = "what this machine has and lacks, with the remedy"

MARKS = {"ok": "ok", "optional": "--", "warning": "!", "missing": "MISSING"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("out", metavar="OUT", nargs="?", default=".", help="folder to write to later (default: here)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print every check and, for what is missing, the command that helps."""
    from ..diagnosis import diagnose

    checks = diagnose(args.out)
    broken = [c for c in checks if c.state == "missing"]
    if args.json:
        say_json({"ok": not broken, "checks": [c.as_dict() for c in checks]})
    else:
        table([(MARKS[c.state], c.name, c.found) for c in checks])
        remedies = [c for c in checks if c.fix]
        if remedies:
            say("\nRemedies:")
            for check in remedies:  # unwrapped, to be copied into a shell
                say(f"  {check.name}: {check.fix}")
        say("\n" + ("all that is needed is there" if not broken else f"{len(broken)} needed thing(s) missing"))
    return 1 if broken else 0
