"""The lift's shared rooms: pictures of every kind, the solver, results on disk, and how a run goes."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from vivant.addon import cli
from vivant.bridge.lift import parts as rooms
from vivant.bridge.lift.least_squares import Priors, Term, minimise, retract, rotation_vector
from vivant.bridge.lift.parts import Part, parts
from vivant.bridge.lift.picture import read_photograph
from vivant.bridge.lift.result import LiftResult, PartResult, list_results, read_result, write_result
from vivant.bridge.lift.run import LiftOptions, lift, planned
from vivant.bridge.lift.subject import Gathering, gather
from vivant.bridge.skeleton import square_window
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.exr import write_exr
from vivant.procgen.dataset.png import write_png
from vivant.procgen.errors import DatasetError, LiftError, SpecError, VivantError
from vivant.procgen.people.lbs import rodrigues
from vivant.tests import sample_dataset


@pytest.fixture
def colours() -> np.ndarray:
    """(40, 60, 3) uint8 in which no two corners are alike."""
    y, x = np.mgrid[0:40, 0:60]
    return np.stack([x * 4, y * 6, 255 - x * 2 - y], -1).astype(np.uint8)


def test_every_orientation_comes_out_upright(tmp_path: Path, colours: np.ndarray) -> None:
    # How a camera stores the upright picture for each value of the tag; Pillow's own transposition is the witness.
    stored = {
        1: colours, 2: colours[:, ::-1], 3: colours[::-1, ::-1], 4: colours[::-1], 5: colours.swapaxes(0, 1),
        6: np.rot90(colours), 7: np.rot90(colours, 2).swapaxes(0, 1), 8: np.rot90(colours, -1),
    }  # fmt: skip
    for tag, pixels in stored.items():
        exif = Image.Exif()
        exif[0x0112] = tag
        path = tmp_path / f"{tag}.png"
        Image.fromarray(np.ascontiguousarray(pixels)).save(path, exif=exif)
        got = read_photograph(path)
        assert np.array_equal(got.rgb, colours), tag
        assert bool(got.notes) == (tag != 1)


def test_sixteen_bits_keep_their_orientation(tmp_path: Path, colours: np.ndarray) -> None:
    from vivant.bridge.lift.picture import _turn

    for tag in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = tag
        buffer = io.BytesIO()
        Image.fromarray(colours).save(buffer, "PNG", exif=exif)
        from PIL import ImageOps

        witness = np.asarray(ImageOps.exif_transpose(Image.open(buffer)))
        assert np.array_equal(_turn(colours, tag), witness)
    write_png(tmp_path / "deep.png", colours.astype(np.uint16) * 257)
    deep = read_photograph(tmp_path / "deep.png")
    assert np.array_equal(deep.rgb, colours)
    assert "16 bits" in deep.notes[0]


def test_grey_alpha_palette_and_animation(tmp_path: Path, colours: np.ndarray) -> None:
    Image.fromarray(colours[..., 0]).save(tmp_path / "grey.png")
    grey = read_photograph(tmp_path / "grey.png")
    assert grey.rgb.shape == (40, 60, 3)
    assert np.array_equal(grey.rgb[..., 0], grey.rgb[..., 2])
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, :30] = 255
    Image.fromarray(np.dstack([colours, alpha])).save(tmp_path / "cut.png")
    cut = read_photograph(tmp_path / "cut.png")
    assert cut.alpha is not None
    assert np.array_equal(cut.rgb[:, :30], colours[:, :30])
    assert (cut.rgb[:, 30:] == 128).all()
    frames = [Image.fromarray(colours), Image.fromarray(255 - colours)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    moving = read_photograph(tmp_path / "moving.gif")
    assert "first of 2 frames" in moving.notes[0]
    assert np.abs(moving.rgb.astype(int) - colours).mean() < 12  # a GIF has 256 colours


def test_what_is_no_picture_is_said_in_one_line(tmp_path: Path, colours: np.ndarray) -> None:
    whole = io.BytesIO()
    Image.fromarray(colours).save(whole, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(whole.getvalue()[:-200])
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    write_png(tmp_path / "half.png", colours)
    (tmp_path / "half.png").write_bytes((tmp_path / "half.png").read_bytes()[:-60])
    for name in ("cut.jpg", "text.png", "empty.jpg", "half.png"):
        with pytest.raises(DatasetError) as error:
            read_photograph(tmp_path / name)
        assert name in str(error.value)
        assert "\n" not in str(error.value)
    with pytest.raises(SpecError, match="no picture"):
        read_photograph(tmp_path / "absent.png")


def test_black_flat_and_tiny_pictures_are_refused(tmp_path: Path, colours: np.ndarray) -> None:
    for name, pixels, why in (
        ("black", np.zeros((64, 64, 3), np.uint8), "black"),
        ("flat", np.full((64, 64, 3), 90, np.uint8), "one colour"),
        ("tiny", colours[:20, :20], "too small"),
    ):
        write_png(tmp_path / f"{name}.png", np.ascontiguousarray(pixels))
        with pytest.raises(LiftError, match=why):
            read_photograph(tmp_path / f"{name}.png").check_visible()


def test_a_rotation_is_recovered_from_points() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(30, 3))
    for angle in (0.3, 2.0, 3.0):
        turn = rng.normal(size=3)
        turn *= angle / np.linalg.norm(turn)
        shift = np.array([0.2, -0.4, 1.0])
        seen = points @ rodrigues(turn).T + shift

        def linearise(x: np.ndarray, seen: np.ndarray = seen) -> list[Term]:
            turned = points @ rodrigues(x[:3]).T
            J = np.zeros((30, 3, 6))
            for k in range(3):
                J[:, :, k] = np.cross(np.eye(3)[k], turned)
                J[:, k, 3 + k] = 1.0
            return [Term("points", (turned + x[3:] - seen).ravel(), J.reshape(-1, 6))]

        found = minimise(
            np.zeros(6), linearise, Priors(np.zeros(6), np.zeros(6), turns=(0,)), steps=60, tolerance=1e-12
        )
        assert np.allclose(rodrigues(found.x[:3]), rodrigues(turn), atol=1e-6)
        assert np.allclose(found.x[3:], shift, atol=1e-6)


def test_rotation_vectors_at_all_angles() -> None:
    rng = np.random.default_rng(2)
    for angle in (0.0, 1e-9, 1e-5, 0.5, 3.0, np.pi - 1e-7, np.pi):
        axis = rng.normal(size=3)
        R = rodrigues(axis / np.linalg.norm(axis) * angle)
        assert np.allclose(rodrigues(rotation_vector(R)), R, atol=1e-6)
    step = rng.normal(size=3)
    x = rng.normal(size=3)
    assert np.allclose(rodrigues(retract(x, step, (0,))), rodrigues(step) @ rodrigues(x))


def test_bounded_least_squares_agrees_with_scipy() -> None:
    from scipy.optimize import lsq_linear

    rng = np.random.default_rng(3)
    A, b = rng.normal(size=(60, 12)), rng.normal(size=60)
    priors = Priors(np.zeros(12), np.zeros(12), lower=np.zeros(12), upper=np.full(12, 0.08))
    found = minimise(
        np.full(12, 0.04), lambda x: [Term("all", A @ x - b, A)], priors, steps=200, tolerance=1e-14, damping=1e-8
    )
    witness = lsq_linear(A, b, (0.0, 0.08))
    assert np.allclose(found.x, witness.x, atol=1e-6)


def test_outliers_do_not_drag_a_robust_fit() -> None:
    rng = np.random.default_rng(4)
    t = np.linspace(-1, 1, 80)
    y = 2.0 * t + 0.5 + rng.normal(0, 0.02, 80)
    y[::8] += 5.0
    J = np.stack([t, np.ones(80)], 1) / 0.02
    priors = Priors(np.zeros(2), np.zeros(2))
    free = minimise(np.zeros(2), lambda x: [Term("line", J @ x - y / 0.02, J)], priors, steps=50, tolerance=1e-10)
    firm = minimise(
        free.x, lambda x: [Term("line", J @ x - y / 0.02, J, robust=4.0)], priors, steps=200, tolerance=1e-10
    )
    assert np.abs(free.x - [2.0, 0.5]).max() > 0.3
    assert np.abs(firm.x - [2.0, 0.5]).max() < 0.02


def test_a_result_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"x": np.arange(6.0).reshape(2, 3)}
    picture = np.zeros((4, 5, 3), np.uint8)
    result = LiftResult(
        "anna", {"pictures": ["anna.jpg"]}, {"face": PartResult({"n": np.float32(2)}, arrays, {"seen": picture})}
    )
    folder = write_result(tmp_path, result)
    again = read_result(folder)
    assert again.parts["face"].facts == {"n": 2.0}
    assert np.array_equal(again.parts["face"].arrays["x"], arrays["x"])
    assert list_results(tmp_path) == ["anna"]
    before = (folder / "result.json").read_bytes()
    monkeypatch.setattr("vivant.bridge.lift.result.encode_png", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_result(tmp_path, result)
    assert (folder / "result.json").read_bytes() == before
    assert os.listdir(tmp_path / "subjects") == ["anna"]
    (folder / "face.npz").write_bytes(b"PK other bytes")
    with pytest.raises(DatasetError, match="hash"):
        read_result(folder)


@pytest.fixture
def mean_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that says the mean of a picture, and one that needs it."""
    monkeypatch.setattr(parts, "_scanned", True)
    monkeypatch.setattr(parts, "_entries", {})

    def mean(subject: rooms.Part, found: dict, options: LiftOptions) -> PartResult:
        value = float(subject.views[0].rgb.mean())  # type: ignore[attr-defined]
        if value > 200:
            raise LiftError("too bright")
        return PartResult({"mean": value, "summary": f"mean {value:.1f}"})

    def double(subject: object, found: dict, options: LiftOptions) -> PartResult:
        return PartResult({"twice": 2 * found["mean"].facts["mean"]})

    parts.register("double")(Part(double, after=("mean",), needs=("mean",)))
    parts.register("mean")(Part(mean))


def test_a_run_continues_and_one_bad_picture_stops_nobody(
    tmp_path: Path, mean_colour: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(5)
    for name, top in (("a", 100), ("b", 255), ("c", 50)):
        write_png(tmp_path / f"{name}.png", rng.integers(top - 40, top, (48, 48, 3)).astype(np.uint8))
    out = tmp_path / "out"
    assert planned(["double"]) == ["mean", "double"]
    report = lift(gather([tmp_path]), out, LiftOptions(("double",)))
    assert sorted(report.made) == ["a", "c"]
    assert report.failed == {"b": "too bright"}
    assert report.found["a"]["double"]["twice"] == pytest.approx(2 * report.found["a"]["mean"]["mean"])
    before = (out / "subjects" / "a" / "result.json").read_bytes()
    (out / "subjects" / "c" / "result.json").unlink()
    assert cli.run(["lift", str(tmp_path), "-o", str(out), "--what", "double", "--json"]) == 1
    again = json.loads(capsys.readouterr().out)
    assert (again["kept"], list(again["made"])) == (["a"], ["c"])
    assert (out / "subjects" / "a" / "result.json").read_bytes() == before
    with pytest.raises(SpecError, match="another what"):
        lift(gather([tmp_path]), out, LiftOptions(("mean",)))


def test_inputs_that_cannot_be_used_are_named(tmp_path: Path, mean_colour: None) -> None:
    (tmp_path / "empty").mkdir()
    for given, how in (
        ([tmp_path / "absent.jpg"], None),
        ([tmp_path / "empty"], None),
        ([tmp_path], Gathering(without=("light",))),
        ([], None),
    ):
        with pytest.raises(VivantError):
            gather(given, how)
    with pytest.raises(SpecError, match="mean"):
        planned(["meen"])


def test_a_sequence_is_of_a_face_or_a_body(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["lift", str(tmp_path), "-o", str(tmp_path / "out"), "--sequence", "--what", "body,texture"]) == 2
    assert "moment by moment" in capsys.readouterr().err


def test_ctrl_c_leaves_nothing_half_done(tmp_path: Path, mean_colour: None) -> None:
    write_png(tmp_path / "a.png", np.random.default_rng(6).integers(0, 99, (48, 48, 3)).astype(np.uint8))

    def stop(done: int, total: int, name: str, part: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lift(gather([tmp_path / "a.png"]), tmp_path / "out", LiftOptions(("mean",)), stop)
    assert not (tmp_path / "out").exists()

def test_a_synthesis_of_a_window_lies_where_it_was_made(tmp_path: Path) -> None:
    """Small pictures of a square of the frame come back at the frame's size, in its pixels and its metres."""
    dataset = Dataset(sample_dataset.make_dataset(tmp_path / "ds"))
    frame = dataset[0]
    x0, y0, x1, y1 = window = square_window(frame)
    made = dataset.root / "synthesis" / "small" / "frames" / frame.name
    made.mkdir(parents=True)
    small = np.zeros((8, 8, 3), np.uint8)
    small[:, 4:] = 255
    write_png(made / "rgb.png", small)
    true = frame["depth"]
    rows, columns = ((np.arange(n) * 2 + 1) * s // (2 * n) for n, s in ((x1 - x0, x1 - x0), (y1 - y0, y1 - y0)))
    part = true[y0:y1, x0:x1][rows[:, None], columns]
    write_exr(made / "depth.exr", {"Z": np.where(np.isfinite(part), 7.0 * part, np.inf).astype(np.float32)})
    files = {"rgb": {"file": "rgb.png"}, "depth": {"file": "depth.exr"}}
    (made / "record.json").write_text(json.dumps({"window": list(window), "files": files}))
    subject = next(iter(gather([dataset.root], Gathering(synthesis="small", frames=(frame.name,))))).load()
    view = subject.views[0]
    assert view.rgb.shape == frame["rgb"].shape[:2] + (3,) and view.depth.shape == true.shape
    middle = (x0 + x1) // 2
    assert (view.rgb[y0:y1, x1 - 2] == 255).all() and (view.rgb[y0:y1, x0 + 1] == 0).all()
    assert (np.diff(view.rgb[(y0 + y1) // 2, x0:x1, 0].astype(int)) >= 0).all()
    assert abs(view.rgb[y0, middle - 1 : middle + 1, 0].mean() - 127) < 3, "the edge stays in the middle"
    seen = np.isfinite(true[y0:y1, x0:x1])
    assert np.allclose(view.depth[y0:y1, x0:x1][seen], true[y0:y1, x0:x1][seen], rtol=1e-3), "scale is the frame's"
