# SPDX-License-Identifier: GPL-3.0-or-later
"""One module a command: `NAME`, `HELP`, `configure(parser)` and `run(args) -> exit status`.

A module imports what it works with inside `run`, so that `vivant --help` answers at once.
"""

from __future__ import annotations

import importlib
from types import ModuleType

# In the order of `vivant --help`: the daily ones first.
ORDER = (
    "generate", "verify", "sheet", "export", "synthesize", "measure", "train", "lift", "person", "motion", "animate", "label",
    "body", "list", "describe", "schema", "worker", "doctor",
)  # fmt: skip


def all_commands() -> list[ModuleType]:
    """The command modules, in the order of the help."""
    return [importlib.import_module(f"{__name__}.{name}_command") for name in ORDER]
