"""The colour that a material has where nothing runs shaders: between the colours that it mixes."""

from __future__ import annotations

import numpy as np
from vivant.procgen import registry
from vivant.procgen.assemble import build_place
from vivant.procgen.materials.plain_color import plain_color
from vivant.procgen.materials.shader import Shader
from vivant.procgen.seeds import Seed


def test_mixtures_lie_between_what_they_mix() -> None:
    s = Shader("test")
    brown, green = (0.2, 0.1, 0.05), (0.05, 0.3, 0.05)
    s.principled(base_color=s.mix(s.noise(s.position()), brown, green))
    assert np.allclose(plain_color(s), np.add(brown, green) / 2)
    s = Shader("test")
    s.principled(base_color=s.mix(0.25, brown, (0.5, 0.5, 0.5), blend="MULTIPLY"))
    assert np.allclose(plain_color(s), np.array(brown) * (1 - 0.25 * 0.5))
    s = Shader("test")
    s.principled(base_color=s.ramp(s.noise(s.position()), [(0.0, brown), (1.0, green)]))
    assert np.allclose(plain_color(s), np.add(brown, green) / 2)


def test_every_place_has_colours_and_a_meadow_is_green() -> None:
    for entry in registry.places:
        place = build_place(entry.make(Seed(1).child("place").rng()))
        materials = {m.key(): m for o in place.objects for m in getattr(o.geometry, "materials", ())}
        colors = np.array([c for c in map(plain_color, materials.values()) if c is not None])
        assert len(colors) and (colors >= 0.0).all() and (colors <= 1.5).all(), entry.name
        assert np.ptp(colors, axis=0).max() > 0.02, "not one grey"
    meadow = build_place(registry.places.get("meadow").make(Seed(1).child("place").rng()))
    grass = [plain_color(m) for o in meadow.objects for m in getattr(o.geometry, "materials", ()) if m.name in ("turf", "blade")]
    assert grass and all(c is not None and c[1] > c[2] for c in grass)
