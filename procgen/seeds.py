"""The named seed tree: every random draw in Vivant comes from a child of one integer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Seed:
    """A node of the seed tree, keyed by names and not by call order.

    Adding a consumer never disturbs its siblings: `Seed(7).child("scene", 3, "hair")` is the same generator whatever
    else was drawn, in whatever order and in however many processes.

    Args:
        root: The user's integer seed; any size, negative refused.
        path: Names and indices from the root down.
    """

    root: int
    path: tuple[str | int, ...] = ()

    def child(self, *names: str | int) -> Seed:
        """The node below this one under `names`."""
        return Seed(self.root, (*self.path, *names))

    def entropy(self) -> int:
        """256 bits that depend on the root and on every name; int and str keys are kept apart."""
        text = repr((int(self.root), tuple(("i", int(n)) if not isinstance(n, str) else ("s", n) for n in self.path)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")

    def rng(self) -> np.random.Generator:
        """A fresh generator for this node; calling it twice gives the same stream twice."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.entropy())))

    def integer(self, bits: int = 31) -> int:
        """A non-negative integer below 2**bits, for consumers that want a number (Cycles, torch)."""
        return self.entropy() % (1 << bits)

    def __str__(self) -> str:
        return "/".join(str(p) for p in (self.root, *self.path))
