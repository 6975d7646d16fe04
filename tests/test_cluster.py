"""The Ray farm, where Ray is installed: the same tasks, the same answers."""

import os
from pathlib import Path

import pytest
import vivant
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.store import Store, frame_id
from vivant.procgen.errors import DatasetError, MissingDependency
from vivant.procgen.farm import cluster
from vivant.procgen.farm.cluster import run_tasks_on_ray
from vivant.procgen.farm.task import Task
from vivant.tests.sample_dataset import header

FUNCTION = "vivant.tests.farm_tasks:make_frames"


def test_without_ray_the_remedy_is_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(cluster.importlib, "import_module", missing)
    with pytest.raises(MissingDependency, match=r"pip install 'vivant\[farm\]'"):
        run_tasks_on_ray([])


@pytest.fixture(scope="module")
def ray_here():
    ray = pytest.importorskip("ray")
    folder = str(Path(vivant.__path__[0]).parent)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([folder, *filter(None, [before])])
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": folder}})
    yield
    ray.shutdown()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_tasks_run_and_crashes_cost_one_frame(ray_here, tmp_path):
    names = [[frame_id(s, v) for v in range(3)] for s in range(2)]
    events = []
    with Store.open_or_create(tmp_path / "d", header()) as store:
        root = str(store.root)
        tasks = [
            Task(f"scene {s}", FUNCTION, {"root": root, "frames": n, "at": names[1][1], "how": "kill"}, tuple(n))
            for s, n in enumerate(names)
        ]
        report = run_tasks_on_ray(tasks, on_event=events.append, root=root, log_folder=str(tmp_path / "logs"))
        assert [f.frame for f in report.failures] == [names[1][1]]
        assert sorted(report.frames) == sorted({*names[0], *names[1]} - {names[1][1]})
    assert len(Dataset(tmp_path / "d")) == 5 and {e["task"] for e in events} == {"scene 0", "scene 1"}


@pytest.mark.slow
def test_a_full_disk_stops_everything(ray_here, tmp_path):
    with Store.open_or_create(tmp_path / "d", header()) as store:
        arguments = {"root": str(store.root), "frames": [frame_id(0, 0)], "at": frame_id(0, 0), "how": "disk"}
        with pytest.raises(DatasetError, match="No space left"):
            run_tasks_on_ray([Task("t", FUNCTION, arguments)], log_folder=str(tmp_path / "logs"))
