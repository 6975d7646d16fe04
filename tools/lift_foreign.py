"""Heads that no face of ours is like, for the fifth tier of `tools.measure_lift`: everything about the head is bent by smooth
fields that our shapes do not have, and something covers a part of it.

It is another shape, other relief and things in the way, and not another program's head: mesh, skin, hair and renderer stay ours.
"""

from __future__ import annotations

from dataclasses import replace as with_changes

import numpy as np
from vivant.procgen import registry
from vivant.procgen.geometry import Mesh, SceneObject
from vivant.procgen.people.body_state import BodyState
from vivant.procgen.people.skeleton import HEAD
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import FabricSpec, GarmentSpec

# Root mean square of the bend in each axis, metres, by the length of its waves; and its lopsided share.
BENDS = ((0.0030, 0.075), (0.0015, 0.040))
WAVES, FADE = 24, (0.10, 0.20)
# What is worn, in turn.
WORN: tuple[tuple[str, ...], ...] = (("glasses",), ("beanie",), ("scarf",), ("glasses", "cap"), ("hat",), ())


def worn(seed: Seed, number: int) -> tuple[GarmentSpec, ...]:
    """Things that cover part of the head."""
    known = registry.garments.names()
    kinds = [k for k in WORN[number % len(WORN)] if k in known]
    return tuple(registry.garments.get(k).make(seed.child("worn", k).rng(), FabricSpec()) for k in kinds)


class Bend:
    """A smooth field about one person's head; it fades out below the chin."""

    def __init__(self, seed: Seed, body: BodyState) -> None:
        rng = seed.child("bend").rng()
        self.T = body.T[HEAD]
        self.back = np.linalg.inv(self.T)
        self.middle = self.back[:3, :3] @ body.joints[HEAD] + self.back[:3, 3] + [0.0, 0.0, 0.08]
        self.fields = [
            (size, rng.normal(size=(WAVES, 3)) / length, rng.uniform(0, 2 * np.pi, WAVES), rng.normal(size=(WAVES, 3)))
            for size, length in BENDS
        ]

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3), bent."""
        flat = np.asarray(points, np.float64).reshape(-1, 3)
        x = flat @ self.back[:3, :3].T + self.back[:3, 3] - self.middle
        away = np.linalg.norm(x, axis=1)
        fade = np.clip((FADE[1] - away) / (FADE[1] - FADE[0]), 0.0, 1.0)[:, None]
        moved = sum(
            size * np.sqrt(2.0 / WAVES) * np.cos(x @ k.T + phase) @ direction for size, k, phase, direction in self.fields
        )
        return (flat + (fade * moved) @ self.T[:3, :3].T).reshape(np.shape(points))

    def part(self, item: SceneObject) -> SceneObject:
        """A part of the person, bent with the head (parts are built in world axes)."""
        g = item.geometry
        bent = (
            with_changes(g, vertices=self(g.vertices).astype(np.float32))
            if isinstance(g, Mesh)
            else with_changes(g, points=self(g.points).astype(np.float32))
        )
        return with_changes(item, geometry=bent)
