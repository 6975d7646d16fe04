"""Exposure follows the light, not the colour of what it falls on."""

import numpy as np
import pytest
from vivant.procgen.metering import LIMITS, STRENGTH, WELL_LIT, exposure


def _scene(light, albedo):
    base = np.broadcast_to(np.asarray(albedo, float), (20, 30, 3))
    return base * light, base


@pytest.mark.parametrize("albedo", [(0.05, 0.03, 0.02), (0.6, 0.6, 0.6)])
def test_the_same_light_gives_the_same_exposure(albedo):
    assert exposure(*_scene(0.4, albedo)) == pytest.approx(STRENGTH * np.log2(WELL_LIT / 0.4), abs=1e-6)


def test_half_the_light_is_brightened_by_the_strength():
    bright, dark = exposure(*_scene(0.8, (0.3,) * 3)), exposure(*_scene(0.4, (0.3,) * 3))
    assert dark - bright == pytest.approx(STRENGTH)


def test_limits_and_sky():
    assert exposure(*_scene(1e-3, (0.3,) * 3)) == LIMITS[1]
    assert exposure(np.ones((4, 4, 3)), np.zeros((4, 4, 3))) == 0.0


def test_people_in_the_shade_count_half():
    rgb, albedo = (a.copy() for a in _scene(1.0, (0.3,) * 3))
    people = np.zeros((20, 30), bool)
    people[:5, :5] = True
    rgb[people] *= 0.25
    assert exposure(rgb, albedo, people) - exposure(rgb, albedo) == pytest.approx(STRENGTH * 1.0)
