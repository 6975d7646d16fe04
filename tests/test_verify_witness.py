"""The two ray casters agree with each other and with arithmetic; what cannot be run is said, never passed."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from vivant.addon.cli import run
from vivant.procgen import registry
from vivant.procgen.dataset.encode import write_channel
from vivant.procgen.dataset.exr import read_exr
from vivant.procgen.dataset.png import read_png
from vivant.procgen.dataset.verify import LIMITS, VerifyOptions, verify
from vivant.procgen.dataset.verify.mesh_normals import shading_normals, vertex_normals
from vivant.procgen.dataset.verify.providers import PROVIDERS, chosen_witnesses
from vivant.procgen.dataset.verify.report import Report, Result
from vivant.procgen.dataset.verify.strands import StrandField
from vivant.procgen.dataset.verify.subject import Subject, read_record
from vivant.procgen.dataset.verify.witness import NEAR, Witness
from vivant.procgen.errors import DatasetError, MissingDependency, SpecError
from vivant.procgen.frames import intrinsics, look_at, rays
from vivant.tests import verify_dataset

needs_embree = pytest.mark.skipif(bool(PROVIDERS["embree"].absent()), reason="embreex is not installed")
needs_pyrender = pytest.mark.skipif(bool(PROVIDERS["pyrender"].absent()), reason="pyrender on OSMesa is not installed")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return verify_dataset.build(tmp_path_factory.mktemp("witness") / "ds")


def soup(rng, count=4000):
    """Small triangles in front of the camera, one that passes behind it, and a floor."""
    centre = rng.normal(size=(count, 1, 3)) * 2 + [0, 8, 0]
    small = (centre + rng.normal(size=(count, 3, 3)) * 0.1).reshape(-1, 3)
    large = np.array(
        [[-90, -90, -1.5], [90, -90, -1.5], [90, 90, -1.5], [-90, 90, -1.5], [-4, -5, 3], [-4, 30, 3], [-4, 5, -3]]
    )
    n = len(small)
    return np.concatenate([small, large]), np.concatenate(
        [np.arange(n).reshape(-1, 3), [[n, n + 1, n + 2], [n, n + 2, n + 3], [n + 4, n + 5, n + 6]]]
    )


@needs_embree
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.4, -0.3)])
def test_embree_and_raster_meet_the_same_triangles(rng, shift):
    vertices, triangles = soup(rng)
    eye, directions = rays(intrinsics(160, 120, 30, 36, shift), look_at((0.0, -1.0, 0.5), (0.3, 8.0, 0.0)), 160, 120)
    directions = directions.reshape(-1, 3)
    a, b = (Witness(vertices, triangles, eye, p).cast(directions, NEAR) for p in ("embree", "raster"))
    assert (a.triangle == b.triangle).mean() > 0.9998
    assert 0.6 < (a.triangle >= 0).mean() < 1
    same = (a.triangle == b.triangle) & (a.triangle >= 0)
    assert np.abs(a.t[same] - b.t[same]).max() < 1e-9


@pytest.mark.parametrize("provider", ["raster", pytest.param("embree", marks=needs_embree)])
def test_hits_lie_on_their_triangles_and_on_their_rays(rng, provider):
    vertices, triangles = soup(rng, 500)
    eye = np.array([0.0, -1.0, 0.5])
    directions = np.array([0.0, 8.0, 0.0]) - eye + rng.normal(size=(2000, 3))
    hits = Witness(vertices, triangles, eye, provider).cast(directions)
    on = hits.triangle >= 0
    point = np.einsum("nk,nkd->nd", hits.bary[on], vertices[triangles[hits.triangle[on]]])
    assert np.abs(point - (eye + directions[on] * hits.t[on, None])).max() < 1e-4
    assert np.allclose(hits.bary[on].sum(1), 1)
    assert np.isinf(hits.t[~on]).all()


def test_a_ball_is_where_arithmetic_says():
    mesh = verify_dataset.ball((0.0, 5.0, 0.0), 1.0, n=96)
    eye = np.zeros(3)
    directions = np.stack(np.meshgrid(np.linspace(-0.1, 0.1, 21), [1.0], np.linspace(-0.1, 0.1, 21)), -1).reshape(-1, 3)
    hits = Witness(mesh.vertices, mesh.faces, eye, "raster").cast(directions)
    b = directions @ [0, 5.0, 0]
    aa = (directions**2).sum(1)
    t = (b - np.sqrt(b**2 - aa * 24.0)) / aa
    assert np.abs(hits.t - t).max() < 3e-3


def test_nothing_to_hit():
    for directions in (np.zeros((0, 3)), np.ones((3, 3))):
        hits = Witness(np.zeros((0, 3)), np.zeros((0, 3), int), np.zeros(3), "raster").cast(directions)
        assert (hits.triangle == -1).all()


def test_smooth_normals_of_a_ball_point_outwards():
    mesh = verify_dataset.ball((0.0, 0.0, 0.0), 1.0, n=48)
    normals = vertex_normals(mesh.vertices.astype(float), mesh.faces)
    assert (normals * mesh.vertices).sum(1).min() > 0.999


def test_uneven_scale_turns_normals_as_their_own_frame_says():
    """A ball squashed to an ellipsoid: the normal is the gradient, not the direction from the centre."""
    unit = verify_dataset.ball((0.0, 0.0, 0.0), 1.0, n=64)
    scale = np.diag([1.0, 2.0, 0.5])
    mesh = {
        "vertices": unit.vertices.astype(float) @ scale,
        "triangles": unit.faces,
        "triangle_object": np.ones(len(unit.faces), np.uint16),
        "triangle_face": np.arange(len(unit.faces)),
        "triangle_smooth": np.ones(len(unit.faces), bool),
        "object_id": np.array([1]),
        "object_matrix": np.block([[scale, np.zeros((3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]])[None],
    }
    middle = np.full((len(unit.faces), 3), 1 / 3)
    normal, flat = shading_normals(mesh, np.arange(len(unit.faces)), middle)
    point = mesh["vertices"][unit.faces].mean(1)
    gradient = point / np.diag(scale) ** 2
    gradient /= np.linalg.norm(gradient, axis=1, keepdims=True)
    assert (normal * gradient).sum(1).min() > 0.999
    assert (normal * flat).sum(1).min() > 0.9


def strand_mesh():
    points = np.stack([np.full(5, 0.0036), np.full(5, 2.0), np.linspace(0.1, -0.1, 5)], 1)
    return {
        "strand_points": points,
        "strand_radius": np.full(5, 0.004),
        "strand_start": np.array([0]),
        "strand_object": np.array([1]),
    }


def test_a_strand_covers_its_width():
    K, T = intrinsics(200, 200, 50, 36), look_at((0.0, 0.0, 0.0), (0.0, 2.0, 0.0))
    back = np.linalg.inv(T)
    field = StrandField(strand_mesh(), K, back, 200, 200)
    thin, full, wide = (np.isfinite(d) for d in field.depths((0.5, 1.0, 2.0)))
    # 8 mm by 20 cm at 2 m with 277.8 px a unit: 1.11 by 27.8 px.
    assert full.sum() == pytest.approx(28, abs=2)  # it stands on the middle of a column
    assert thin.sum() <= full.sum() <= wide.sum()
    assert abs(field.depths((1.0,))[0][full] - 2.0).max() < 1e-3
    away = field.clearance(
        np.array([[0.0, 0.0, 2.0], [0.004, 0.0, 2.0], [0.005, 0.03, 2.0], [0.5, 0.0, 2.0]]) + [0.0036, 0, 0]
    )
    assert away[:3] == pytest.approx([-0.004, 0.0, 0.001], abs=1e-4)
    assert away[3] > 0.1


@needs_embree
def test_both_witnesses_prove_the_dataset(dataset):
    for provider in ("embree", "raster"):
        report = verify(dataset, options=VerifyOptions(witness=provider, write=False))
        assert report.ok, str(report)
        assert report.witness == provider


def test_without_embree_the_stand_in_is_named(dataset, monkeypatch):
    monkeypatch.setitem(PROVIDERS, "embree", replace(PROVIDERS["embree"], absent=lambda: "the package embreex"))
    report = verify(dataset, options=VerifyOptions(write=False, frames=("000000_00",)))
    assert report.witness == "raster"
    assert "pip install embreex" in report.not_run["witness.embree"]
    assert any(line.startswith("not run: witness.embree") for line in report.lines())
    with pytest.raises(MissingDependency, match="pip install embreex"):
        verify(dataset, options=VerifyOptions(write=False, witness="embree"))


def test_without_a_mesh_its_checks_are_listed_as_not_run(dataset):
    report = verify(dataset, options=VerifyOptions(write=False, witness="none"))
    assert report.ok
    missing = {c for c in LIMITS if c.endswith(".witness") and c not in ("flow_valid.witness",)}
    assert missing <= set(report.not_run)
    assert "switched off" in report.not_run["depth.witness"]


def test_witnesses_are_chosen_by_name(monkeypatch):
    monkeypatch.setitem(PROVIDERS, "pyrender", replace(PROVIDERS["pyrender"], absent=str))
    assert chosen_witnesses("raster,pyrender").label == "raster,pyrender"
    assert chosen_witnesses("pyrender").rays == ""
    assert chosen_witnesses("none").label == "none"
    with pytest.raises(SpecError, match="'pyrender'"):
        chosen_witnesses("embree,pyrendr")
    with pytest.raises(SpecError, match="two ray casters"):
        chosen_witnesses("embree,raster")
    monkeypatch.setitem(PROVIDERS, "pyrender", replace(PROVIDERS["pyrender"], absent=lambda: "the library OSMesa"))
    with pytest.raises(MissingDependency, match=r"OSMesa.*apt-get install libosmesa6"):
        chosen_witnesses("pyrender")


@needs_pyrender
def test_a_second_renderer_confirms_and_catches(dataset, tmp_path):
    options = VerifyOptions(witness="pyrender", write=False, frames=("000000_00",))
    report = verify(dataset, options=options)
    assert report.ok, str(report)
    assert report.witness == "pyrender"
    worst = {r.check: r.worst for r in report.rows()}
    assert worst["depth.painted"] > 0.995
    assert worst["object.painted"] > 0.998
    assert "no ray caster" in report.not_run["depth.witness"]
    assert "PYOPENGL_PLATFORM" not in os.environ
    root = tmp_path / "ds"
    shutil.copytree(dataset, root)
    folder = root / "frames" / "000000_00"
    depth, ids = (read_exr(folder / "depth.exr")["Z"].copy(), read_png(folder / "object.png").copy())
    depth[60:75, 30:55] *= 1.001
    ids[20:40, 30:50] = np.roll(ids[20:40, 30:50], 3, 1)
    for name, array in (("depth", depth), ("object", ids)):
        write_channel(folder, registry.channels.get(name).make, array)
    failed = {r.check for r in verify(root, options=options).breaches}
    assert {"depth.painted", "object.painted"} <= failed


def test_four_pixels_are_chance_and_five_are_not(dataset):
    folder = dataset / "frames" / "000000_00"
    frame = Subject(folder, read_record(folder), VerifyOptions(), lambda *_: None)
    for check in ("object.witness", "depth.witness", "instance.witness", "flow_valid.witness"):
        assert frame.share(check, 4, 90).ok and not frame.share(check, 5, 90).ok
    # Nothing is forgiven beside the bound where a picture is large enough to speak for itself.
    assert frame.share("depth.witness", 1001, 1_000_000).ok is False
    assert frame.share("depth.witness", 999, 1_000_000).value == pytest.approx(1 - 999e-6)


def test_another_body_model_is_said_and_not_passed(dataset, tmp_path):
    root = tmp_path / "ds"
    shutil.copytree(dataset, root)
    path = root / "frames" / "000000_00" / "record.json"
    data = json.loads(path.read_text())
    data["people"][0]["body"]["model"] = "another"
    path.write_text(json.dumps(data))
    report = verify(root, options=VerifyOptions(write=False, frames=("000000_00",)))
    assert "--body another=FILE.npz" in report.not_run["keypoints.body"]


def test_the_report_is_written_and_can_be_read_back(dataset):
    report = verify(dataset, options=VerifyOptions(limit=2))
    data = json.loads((dataset / "verify.json").read_text())
    assert data["ok"] is True
    assert data["frames"] == list(report.frames)
    assert len(report.frames) == 2
    assert {c["check"] for c in data["checks"]} == {r.check for r in report.rows()}
    (dataset / "verify.json").unlink()


def test_only_some_channels(dataset):
    report = verify(dataset, options=VerifyOptions(write=False, channels=("depth",), frames=("000000",)))
    assert {r.channel for r in report.results} == {"depth"}


def test_no_dataset(tmp_path, dataset):
    with pytest.raises(DatasetError, match="no such folder"):
        verify(tmp_path / "nothing")
    with pytest.raises(DatasetError, match="no frames"):
        verify(dataset, options=VerifyOptions(frames=("9",), write=False))
    with pytest.raises(SpecError, match="embree"):
        Witness(np.zeros((3, 3)), np.array([[0, 1, 2]]), np.zeros(3), "embre")


def test_a_report_of_nothing_is_not_ok():
    assert not Report("x").ok
    skipped = Result("f", "depth", "depth.witness", None, ">= 1", "", None, "no mesh")
    report = Report("x", ["f"], [skipped])
    assert not report.ok
    assert report.rows()[0].status == "not run"


def test_every_bound_has_its_reason():
    for name, limit in LIMITS.items():
        assert limit.what, name
        assert limit.reason, name
        assert "." in name
        assert not limit.holds(float("nan"))


def test_recession_bounds_what_rays_within_a_samples_spread_meet(dataset):
    folder = sorted((dataset / "frames").iterdir())[0]
    frame = Subject(folder, read_record(folder), VerifyOptions(), lambda *_: None)
    directions = frame.directions.reshape(-1, 3)
    centre = frame.witness.cast(directions, NEAR)
    allowed = frame.recession(centre, np.arange(len(directions)))
    around = frame.around(directions)
    flat = (centre.triangle >= 0) & np.all([h.triangle == centre.triangle for h in around], 0)
    with np.errstate(invalid="ignore"):
        step = np.max([np.abs(h.t - centre.t) for h in around], 0)
    assert flat.mean() > 0.5
    # To first order: the ray beside the centre meets the same plane, at most that much further or nearer.
    assert np.all(step[flat] <= allowed[flat] * 1.02 + 1e-9)
    assert np.median(step[flat] / np.maximum(allowed[flat], 1e-12)) > 0.5


@pytest.mark.parametrize("what", ["pickled", "text", "cut", "none", "keyless"])
def test_a_body_file_that_was_asked_for_must_be_one(dataset, tmp_path, what, capsys):
    path = tmp_path / "body.npz"
    if what == "pickled":
        np.savez(path, v_template=np.array([{"x": 1}], dtype=object))
    elif what == "text":
        path.write_text("no body")
    elif what == "cut":
        np.savez(path, v_template=np.zeros((100, 3)))
        path.write_bytes(path.read_bytes()[:200])
    elif what == "keyless":
        np.savez(path, faces=np.zeros((1, 3), int))
    assert run(["verify", str(dataset), "--no-write", "--body", f"open={path}"]) in (1, 2)
    said = capsys.readouterr().err.strip().splitlines()
    assert len([line for line in said if "body.npz" in line]) == 1 and "Traceback" not in "".join(said)
    assert what != "pickled" or "pickled Python objects" in said[-1]


@pytest.mark.parametrize(("lies", "proven"), [(0.0, True), (0.03, False)])
def test_beside_an_edge_depth_lies_on_the_plane_that_a_ray_met(dataset, lies, proven):
    """A grazed floor past the border of a wall that covers the pixel's centre: the sample is none of the nine rays."""
    folder = sorted((dataset / "frames").iterdir())[0]
    frame = Subject(folder, read_record(folder), VerifyOptions(), lambda *_: None)
    x, y = frame.width // 2, int(frame.K[1, 2]) + 1  # just below the horizon
    across, down = (x + 0.5 - frame.K[0, 2]) / frame.K[0, 0], (y + 0.5 - frame.K[1, 2]) / frame.K[1, 1]
    border, low = across - 0.001 / frame.K[0, 0], 50.0 * down
    floor = [[-900, low, 9], [900, low, 9], [900, low, 900], [-900, low, 900]]
    wall = [[border * 20, -90, 20], [90, -90, 20], [90, 90, 20], [border * 20, 90, 20]]
    T = frame.T_world_from_cam
    frame.__dict__["mesh"] = {
        "vertices": np.array(floor + wall, float) @ T[:3, :3].T + T[:3, 3],
        "triangles": np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]]),
        "triangle_object": np.ones(4, np.int64),
    }
    depth = low / (down + 0.003 / frame.K[1, 1]) * (1 + lies)
    frame._arrays["depth"] = np.full((frame.height, frame.width), depth, np.float32)
    frame._arrays["object"] = np.ones((frame.height, frame.width), np.uint16)
    pixel = np.array([y * frame.width + x])
    centre = frame.witness.cast(frame.directions.reshape(-1, 3), NEAR)
    assert abs(centre.t[pixel[0]] - 20.0) < 0.01
    frame._beside(centre, pixel, frame.directions.reshape(-1, 3))
    assert (len(frame.__dict__["confirmed"]) == 1) == proven
