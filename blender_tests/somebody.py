"""Somebody who is built quickly, for tests."""

from __future__ import annotations

import numpy as np
from vivant.procgen import registry
from vivant.procgen.spec import FabricSpec, HumanSpec, replace


def small(seed: int) -> HumanSpec:
    """Somebody who is built quickly: coarse skin, no hair, one garment."""
    from vivant.addon import people

    human = people.sample(seed)
    pose = people.sample_pose("stand", human)
    shirt = registry.garments.get("tshirt").make(np.random.default_rng(seed), FabricSpec())
    return replace(human, detail=0, hair=None, outfit=(shirt,), pose=pose)
