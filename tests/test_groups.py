"""Groups: members go together, stand apart, and hands that touch do so without bodies being inside each other."""

from __future__ import annotations

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.describe.grammar import describe
from vivant.procgen.one_person import level_ground
from vivant.procgen.people.overlap import overlap
from vivant.procgen.people.person import pose_person
from vivant.procgen.people.shape import sample_phenotype
from vivant.procgen.sample_people import sample_people
from vivant.procgen.seeds import Seed

GROUND = level_ground()


@pytest.mark.parametrize("kind", registry.groups.names())
def test_members_stand_apart_and_watch_each_other(kind: str) -> None:
    entry = registry.groups.get(kind)
    low, high = entry.spec.sizes
    for number in range(12):
        rng = np.random.default_rng(number)
        count = int(rng.integers(low, min(high, 20) + 1))
        spec = entry.make(rng, count)
        people = [sample_phenotype(rng, r) for r in spec.members_of(rng, count)]
        formation = entry.build(spec, people)
        at = np.array([s.position for s in formation.stands])
        assert at.shape == (count, 2)
        gap = np.linalg.norm(at[:, None] - at[None], axis=-1) + 9.0 * np.eye(count)
        assert gap.min() > 0.19, (kind, number)
        assert all(s.watches is None or 0 <= s.watches < count for s in formation.stands)
        assert formation == entry.build(spec, people)


def test_a_handshake_meets_and_nobody_is_inside_the_other() -> None:
    people, groups = sample_people(Seed(5).child("x", 0), GROUND, 2, 1, describe("two men shaking hands"))
    assert [(g.kind, g.contact) for g in groups] == [("greeting", "handshake")]
    bodies = [pose_person(p, GROUND, 0.0) for p in people]
    assert overlap(*bodies)[0] <= 0.005
    for body, person in zip(bodies, people, strict=True):
        (touch,) = person.touches
        wrist = body.joints[body.joint(f"{touch.hand}_wrist")]
        assert 0.03 < np.linalg.norm(wrist - touch.point) < 0.14
    hands = [b.joints[b.joint("right_middle1")] for b in bodies]
    assert np.linalg.norm(hands[0] - hands[1]) < 0.09


def test_overlap_is_the_depth_of_a_push() -> None:
    """A body pushed into its own copy: the depth follows the push, and moving out as told ends it."""
    people, _ = sample_people(Seed(6).child("x"), GROUND, 1, 1, describe("a man standing"))
    body = pose_person(people[0], GROUND, 0.0)

    def beside(distance: float):
        root = body.root.copy()
        root[0, 3] += distance
        return body.moved(root)

    width = float(np.ptp(body.posed[: body.count, 0]))
    assert overlap(body, beside(width + 0.01))[0] == 0.0
    near, nearer = (overlap(body, beside(width - d))[0] for d in (0.06, 0.12))
    assert 0.0 <= near <= 0.0601
    assert near < nearer <= 0.1201
