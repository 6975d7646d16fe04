"""The triangles that labels and ray casters see are the ones that Blender renders, also for quads that fold."""

import numpy as np
import pytest

pytest.importorskip("bpy")

from vivant.procgen.blender.objects import make_mesh
from vivant.procgen.geometry import Mesh
from vivant.tests.verify_dataset import GREY


def test_quads_are_split_as_blender_splits_them():
    rng = np.random.default_rng(5)
    count = 2000
    flat = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    corners = flat + rng.normal(0, 0.45, (count, 4, 3)) + np.arange(count)[:, None, None] * [3.0, 0, 0]
    mesh = Mesh(corners.reshape(-1, 3).astype(np.float32), np.arange(4 * count, dtype=np.int32).reshape(-1, 4), (GREY,))
    made = make_mesh("quads", mesh)
    made.calc_loop_triangles()
    theirs = np.empty(6 * count, np.int32)
    made.loop_triangles.foreach_get("vertices", theirs)
    ours, theirs = mesh.triangles(), theirs.reshape(-1, 3)
    # Which corner each triangle leaves out says how its quad was split; the order within does not matter.
    left_out = [4 * np.arange(count)[:, None] * 3 + 6 - (t.reshape(count, 2, 3).sum(2)) for t in (ours, theirs)]
    assert 100 < mesh.folded().sum() < count
    assert (np.sort(left_out[0], 1) == np.sort(left_out[1], 1)).all()
