# SPDX-License-Identifier: GPL-3.0-or-later
"""How operators answer: the core's errors become one line in Blender's status bar, never a traceback."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

from ...procgen.errors import VivantError, os_error_line

# Tracebacks of faults of our own, newest last: what Copy Diagnostics adds.
faults: list[str] = []


def in_plain_words(execute: Callable[[Any, Any], set[str]]) -> Callable[[Any, Any], set[str]]:
    """Decorator of `execute`: errors are reported in one line, and the operator is cancelled; faults of ours are kept."""

    @functools.wraps(execute)
    def run(self: Any, context: Any) -> set[str]:
        try:
            return execute(self, context)
        except VivantError as e:
            self.report({"ERROR"}, str(e))
        except OSError as e:
            self.report({"ERROR"}, os_error_line(e))
        except MemoryError:
            self.report({"ERROR"}, "not enough memory. Fix: fewer people, or close other files")
        except Exception as e:
            faults[:] = [*faults[-4:], traceback.format_exc()]
            traceback.print_exc()
            what = " ".join(f"{type(e).__name__}: {e}".split())
            self.report({"ERROR"}, f"internal error: {what}. Fix: press Copy Diagnostics and report it with them")
        return {"CANCELLED"}

    return run


def needs_person(cls: Any, context: Any) -> bool:
    """Poll: somebody is selected who is there in full, and nothing else is being edited."""
    from ...procgen.blender import live
    from .. import people

    if context.mode not in ("OBJECT", "POSE"):
        cls.poll_message_set("Leave edit mode first")
        return False
    collection = people.active(context)
    if collection is None:
        cls.poll_message_set("Select a person first, or add one")
        return False
    if collection.library is not None or collection.override_library is not None:
        cls.poll_message_set("This person is linked from another file: append it, or make it local, to change it")
        return False
    if live.rig_of(collection) is None:
        cls.poll_message_set("This person has lost the armature: undo, or add a person anew")
        return False
    return True
