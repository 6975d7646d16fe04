"""A dataset made by real workers: a lost frame comes back with the same bytes, the others are not touched."""

import shutil

import pytest
from vivant.procgen.dataset import Dataset
from vivant.procgen.generate import generate
from vivant.procgen.options import GenerateOptions

SKIPPED = ("timings.json",)


def _tree(root):
    return {
        str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mtime_ns)
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name not in SKIPPED
    }


@pytest.mark.slow
def test_a_lost_frame_comes_back_bit_for_bit(tmp_path):
    options = GenerateOptions(
        out=str(tmp_path / "d"), scenes=1, views=2, people=(1, 1), place="meadow", width=96, height=64, samples=2, seed=5
    )
    report = generate(options)
    assert report.ok and report.made == 2, report.failed
    before = _tree(tmp_path / "d")
    assert all(f.damaged_files() == [] for f in Dataset(tmp_path / "d"))
    shutil.rmtree(tmp_path / "d" / "frames" / "000000_00")
    report = generate(options)
    assert report.ok and (report.made, report.kept) == (1, 1)
    after = _tree(tmp_path / "d")
    assert {k: v[0] for k, v in after.items()} == {k: v[0] for k, v in before.items()}
    kept = [k for k in before if "000000_00" not in k]
    assert {k: after[k][1] for k in kept} == {k: before[k][1] for k in kept}
