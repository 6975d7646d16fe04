"""The registry of checks: a new file in `checks/` is found by itself."""

from __future__ import annotations

from ...registry import Registry

checks = Registry("check", "dataset.verify.checks")
