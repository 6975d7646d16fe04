"""What Blender renders, proven by the witnesses: a still from two views and a sequence, with hair and an occluder."""

import pytest

pytest.importorskip("bpy")

from vivant.procgen.blender import render_view
from vivant.procgen.dataset.store import Header, Store, frame_id
from vivant.procgen.dataset.verify import verify
from vivant.procgen.frame_record import FrameName, frame_record
from vivant.procgen.spec import replace
from vivant.tests import verify_dataset

SCALE = 3


def _spec(number):
    spec = verify_dataset.spec(number)
    cameras = tuple(replace(c, width=c.width * SCALE, height=c.height * SCALE) for c in spec.cameras)
    return replace(spec, cameras=cameras, render=replace(spec.render, samples=2))


def _write(store, spec, name, shot, folder):
    render_view.write_shot(shot, folder.folder, render_view.chosen_channels(["all"]), mesh=True)
    facts = {"people": [{"instance": 1, "in_frame": True}], "count": 1}
    folder.finish(frame_record(spec, name, shot.view, shot.people, caption="A person stands by a crate.", facts=facts))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("rendered") / "ds"
    with Store.open_or_create(root, Header("0.1.0", 7, {"scenes": 2})) as store:
        still, moving = _spec(0), _spec(1)
        store.write_scene(0, still.to_json())
        session = render_view.open_session(still, verify_dataset.geometry_at(0), threads=2)
        for view in range(2):
            with store.frame(frame_id(0, view)) as folder:
                shot = render_view.shoot(session, view, folder.folder)
                _write(store, still, FrameName(0, view, 0), shot, folder)
        store.write_scene(1, moving.to_json())
        session = render_view.open_session(moving, verify_dataset.geometry_at(0), threads=2)
        for time in range(moving.frames):
            session.at(time, lambda _spec, t: verify_dataset.geometry_at(t))
            with store.frame(frame_id(1, 0, time)) as folder:
                shot = render_view.shoot(session, 0, folder.folder)
                session.at(time + 1, lambda _spec, t: verify_dataset.geometry_at(t))
                later = render_view.view_of(session, 0, render_view.truth_of(session, 0))
                _write(store, moving, FrameName(1, 0, time), render_view.with_next(shot, later), folder)
    return root


def test_what_blender_renders_is_proven(dataset):
    report = verify(dataset)
    assert report.ok, str(report)
    assert report.witness == "embree"
    assert not report.not_run
    worst = {r.check: r.worst for r in report.rows()}
    # Tighter than the bounds: this scene has no grass to graze.
    assert worst["depth.witness"] > 0.9995
    assert worst["depth.median"] < 0.05
    assert worst["normal.witness"] < 0.25
    assert worst["flow.witness"] < 0.005
    assert worst["keypoints.witness"] == 0
