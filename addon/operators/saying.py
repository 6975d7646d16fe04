# SPDX-License-Identifier: GPL-3.0-or-later
"""How operators answer: the core's errors become one line in Blender's status bar, never a traceback."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...procgen.errors import VivantError


def in_plain_words(execute: Callable[[Any, Any], set[str]]) -> Callable[[Any, Any], set[str]]:
    """Decorator of `execute`: errors that a user can act on are reported, and the operator is cancelled."""

    @functools.wraps(execute)
    def run(self: Any, context: Any) -> set[str]:
        try:
            return execute(self, context)
        except VivantError as e:
            self.report({"ERROR"}, str(e))
        except OSError as e:
            self.report({"ERROR"}, f"{e.strerror or e}: {e.filename or ''}".rstrip(": "))
        except MemoryError:
            self.report({"ERROR"}, "not enough memory. Fix: fewer people, or close other files")
        return {"CANCELLED"}

    return run
