"""Stairs: who climbs stands on the treads that are seen, inside none of them, and the steps are nobody's."""

import numpy as np
import pytest
import trimesh
from scipy.spatial import ConvexHull
from vivant.procgen.assemble import assemble
from vivant.procgen.captions import caption
from vivant.procgen.describe.grammar import describe
from vivant.procgen.layout import Placement
from vivant.procgen.one_person import level_ground
from vivant.procgen.people.person import build_person
from vivant.procgen.people.steps import STEPS
from vivant.procgen.registry import poses
from vivant.procgen.sample import sample_anybody, sample_human, sample_scene
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import replace

CASES = [(way, side, phase) for way in ("up", "down") for side, phase in (("left", 0.1), ("right", 0.5), ("left", 0.9))]


def _climber(number, way, side, phase, **changes):
    seed = Seed(number).child("stairs")
    person = sample_anybody(seed)
    human = sample_human(seed, person, Placement((1.5, -2.0), 0.7), level_ground(), 1)
    pose = replace(poses.get("climb").make(seed.child("pose").rng(), person), way=way, side=side, phase=phase, **changes)
    return replace(human, pose=pose, outfit=(), hair=None, seat=None)


def _block(parts):
    mesh = next(p for p in parts if p.name == STEPS).geometry
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)


@pytest.mark.parametrize(("way", "side", "phase"), CASES)
def test_feet_are_on_the_steps_that_are_seen_and_nothing_is_in_them(way, side, phase):
    for number in (1, 2, 5):
        human = _climber(number, way, side, phase, below=1, above=1)
        body, parts = build_person(human, level_ground(), 0.0)
        block = _block(parts)
        skin = body.posed[: body.count].astype(float)
        soles = body.model.regions["soles"][: body.count] > 0.5
        left = body.rest[: body.count, 0] > 0
        heights = []
        for mine in (left, ~left):
            foot = skin[soles & mine]
            # Straight down onto the flight, as an independent ray caster sees it.
            hits, ray, _ = block.ray.intersects_location(foot + [0, 0, 0.5], np.tile([0.0, 0.0, -1.0], (len(foot), 1)), multiple_hits=True)
            top = np.full(len(foot), -np.inf)
            np.maximum.at(top, ray, hits[:, 2])
            gap = foot[:, 2] - top
            assert abs(gap[np.isfinite(gap)].min()) < 0.004
            heights.append(top[gap.argmin()])
        higher = heights[0] - heights[1] if side == "left" else heights[1] - heights[0]
        assert higher * (1 if way == "up" else -1) == pytest.approx(human.pose.riser, abs=0.002)
        # Vertices inside the blocks, deeper than flesh gives way.
        assert _deepest(block, skin) < 0.006
        assert _deepest(block, skin - [0, 0, 0.03]) > 0.02


def _deepest(block, points):
    """Depth of the deepest point in a step, metres; every step is one convex block, whose sides do not share vertices."""
    sides = [ConvexHull(b).equations for b in np.split(np.asarray(block.vertices), 3)]
    return max(-(points @ s[:, :3].T + s[:, 3]).max(1).min() for s in sides)


def test_the_steps_belong_to_nobody_and_captions_say_what_is_done():
    text = "a woman climbing stairs and a man going down stairs, in a meadow"
    spec = sample_scene(Seed(4), width=320, height=240, samples=1, description=text)
    assert [p.pose.kind for p in spec.people] == ["climb", "climb"] and [p.pose.way for p in spec.people] == ["up", "down"]
    objects = assemble(spec).objects
    said, _ = caption(spec)
    assert "climbing stairs" in said and "going down stairs" in said
    assert [w.pose for w in describe(said).people] == ["climb", "climb"]
    steps = [o for o in objects if o.name.endswith("/" + STEPS)]
    assert len(steps) == 2 and all(o.person == -1 and o.instance == 0 for o in steps)
    assert all(o.person >= 0 for o in objects if o.name.startswith("person_") and o not in steps)
