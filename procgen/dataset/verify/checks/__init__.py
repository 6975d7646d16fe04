"""One file a group of checks; each registers a function from a `Frame` to results."""

from __future__ import annotations
