# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy what this machine has and lacks to the clipboard, for a bug report."""

from __future__ import annotations

import bpy

from ..diagnosis import as_text, diagnose
from ..properties import settings
from .saying import faults


class VIVANT_OT_copy_diagnostics(bpy.types.Operator):
    """Copy versions and checks of this machine to the clipboard, to paste into a bug report"""

    bl_idname = "vivant.copy_diagnostics"
    bl_label = "Copy Diagnostics"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Run the checks of `vivant doctor`."""
        checks = diagnose(settings(context).output_folder(context))
        context.window_manager.clipboard = "\n\n".join([as_text(checks), *faults])
        missing = [c.name for c in checks if c.state == "missing"]
        self.report({"WARNING"} if missing else {"INFO"}, f"missing: {', '.join(missing)}" if missing else "copied")
        return {"FINISHED"}


CLASSES = (VIVANT_OT_copy_diagnostics,)
