"""Ways to make a photograph from a labelled frame, one file each; `methods` finds them.

A module here needs numpy and the standard library alone, so that the sidebar can list methods and check parameters; what
loads torch is imported inside the function that runs, in the worker.
"""

from __future__ import annotations

from ...procgen.registry import Registry

methods = Registry("method", "methods", base=__name__.rpartition(".")[0])
