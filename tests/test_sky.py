"""Sky: physical order, unit sun, agreement of lamp and dome, repeatability."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen.seeds import Seed
from vivant.procgen.sky import sample_sky, sky_colors, sky_shader, sun_direction, sun_light
from vivant.procgen.spec import SkySpec


def skies(indoor: bool = False) -> list[SkySpec]:
    return [sample_sky(Seed(s).child("sky").rng(), indoor) for s in range(60)]


def test_sampling_repeats_and_round_trips():
    for s in skies()[:10]:
        assert SkySpec.from_json(s.to_json()) == s
    assert skies() == skies()
    assert len({s.sun_azimuth for s in skies()}) == 60


@pytest.mark.parametrize("indoor", [False, True])
def test_sun_is_up_and_overcast_is_soft(indoor):
    for s in skies(indoor):
        assert sun_direction(s)[2] > 0.1
        assert abs(np.linalg.norm(sun_direction(s)) - 1) < 1e-12
        if s.cloudiness > 0.9:
            assert s.sun_strength < 1.0 and s.sun_size > 0.3


def test_lamp_shines_from_the_sun():
    for s in skies():
        T = sun_light(s).T_world_from_object
        np.testing.assert_allclose(T[:3, 2], sun_direction(s), atol=1e-12)
        np.testing.assert_allclose(T[:3, :3] @ T[:3, :3].T, np.eye(3), atol=1e-12)
        assert np.linalg.det(T[:3, :3]) > 0


def test_azimuth_convention():
    np.testing.assert_allclose(sun_direction(SkySpec(sun_elevation=0.0, sun_azimuth=0.0)), [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(sun_direction(SkySpec(sun_elevation=0.0, sun_azimuth=np.pi / 2)), [1, 0, 0], atol=1e-12)


def test_clear_sky_is_bluer_above_and_warmer_at_evening():
    noon, evening = sky_colors(SkySpec(warmth=0.1, cloudiness=0.1)), sky_colors(SkySpec(warmth=1.0, cloudiness=0.1))
    assert noon["zenith"][2] / noon["zenith"][0] > noon["horizon"][2] / noon["horizon"][0]
    assert evening["horizon"][0] > evening["horizon"][2] and noon["horizon"][0] < noon["horizon"][2]
    grey = sky_colors(SkySpec(cloudiness=1.0))
    assert np.ptp(grey["zenith"]) < np.ptp(noon["zenith"])


def test_shader_ends_in_a_background():
    for s in skies()[:8]:
        shader = sky_shader(s)
        end = shader.nodes[shader.outputs["surface"]["node"]]
        assert end["type"] == "Background"
        assert shader.key() == sky_shader(s).key()
    assert sky_shader(SkySpec(cloudiness=0.0)).key() != sky_shader(SkySpec(cloudiness=0.6)).key()
