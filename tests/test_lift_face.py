"""Faces: derivatives against differences, known heads found again, files of others, codes, recordings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vivant.bridge.lift import face_fit
from vivant.bridge.lift.body_light import harmonics
from vivant.bridge.lift.face_codes import codes_of, deca_basis, read_codes
from vivant.bridge.lift.face_fit import FaceFit, FitSettings, fit_face, weak_perspective
from vivant.bridge.lift.face_light import face_light
from vivant.bridge.lift.face_view import FaceView, project
from vivant.bridge.lift.head_file import head_from_file
from vivant.bridge.lift.head_model import HeadModel
from vivant.bridge.lift.landmark_errors import (
    IRIS_ENDS,
    UNUSED,
    iris_diameters,
    landmark_errors,
)
from vivant.bridge.lift.least_squares import rotation_vector
from vivant.bridge.lift.live_link import ACTIONS, Recording, read_recording, write_recording
from vivant.bridge.lift.open_head import head_ids, open_head, surface
from vivant.bridge.lift.parts.face import unlike
from vivant.bridge.lift.rasterise import look
from vivant.procgen.errors import DatasetError, LiftError, SpecError
from vivant.procgen.frames import rigid, transform
from vivant.procgen.npz import write_npz
from vivant.procgen.people.body_export import export_flame, export_smplx
from vivant.procgen.people.lbs import forward, rodrigues
from vivant.procgen.people.model import load_body
from vivant.procgen.people.skeleton import HEAD, JAW, LEFT_EYE, RIGHT_EYE
from vivant.procgen.vectors import vertex_normals
from vivant.tests.seen_heads import SIZE, K, off, seen, somebody


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return open_head()


def test_derivatives_of_the_head(head: HeadModel) -> None:
    z, e = somebody(head, 0)
    e = e + 0.1
    some = head.restrict(np.flatnonzero(head.skin)[::7])
    _, J = some.linearised(z, e)
    rng = np.random.default_rng(1)
    names = head.expression_names
    moving = [names.index(n) for n in ("jawOpen", "jawLeft", "eyeLookInLeft", "mouthPucker")]
    for k in [*rng.integers(0, len(z), 5), *(len(z) + m for m in moving)]:
        step = np.zeros(len(z) + len(e))
        step[k] = 1e-5
        up = some.shape(z + step[: len(z)], e + step[len(z) :])
        down = some.shape(z - step[: len(z)], e - step[len(z) :])
        assert np.allclose((up - down) / 2e-5, J[..., k], atol=1e-7)


def test_every_term_has_the_derivative_that_it_says(head: HeadModel) -> None:
    from vivant.bridge.lift.face_fit import _Fit

    z, e = somebody(head, 2)
    X = head.shape(z, e)
    view = replace(seen(head, X, 20.0), lens_known=False, depth_metric=False)
    fit = _Fit(head, [view], FitSettings())
    x = fit._start()
    x[fit.layout.identity] = 0.3 * z
    x[fit.layout.expression] = 0.5 * e + 0.05
    fit.dense = fit._pick(500)
    rng = np.random.default_rng(3)
    before = {t.name: t for t in fit._terms(x)}
    assert set(before) == {"landmarks", "iris", "depth", "normals"}
    k = fit.layout.pose[0]
    chosen = [*rng.integers(0, head.identity_count, 3), fit.layout.expression.start + head.expression_names.index("jawOpen")]
    chosen += [k, k + 1, k + 2, k + 3, k + 5, fit.layout.lens, fit.layout.slips[0].start]
    for i in chosen:
        from vivant.bridge.lift.least_squares import retract

        step = np.zeros(len(x))
        step[i] = 1e-6
        up = {t.name: t.residual for t in fit._terms(retract(x, step, (k,)))}
        down = {t.name: t.residual for t in fit._terms(retract(x, -step, (k,)))}
        for name in ("landmarks", "iris", "normals"):
            if name == "iris" and k <= i < k + 3:
                continue  # how far a turned iris is foreshortened is held as well
            if len(up[name]) == len(down[name]) == len(before[name].residual):
                # Unit, bias and the choice of pixels follow the pose as well; they are held while a step is taken.
                numeric = (up[name] - down[name]) / 2e-6
                mine = before[name].jacobian[:, i]
                loose = name == "landmarks" and i >= k
                assert np.median(np.abs(numeric - mine)) < (0.15 if loose else 0.02) * max(np.abs(mine).max(), 1e-3), (name, i)


def test_the_head_is_that_of_the_body(head: HeadModel) -> None:
    # The identity's coefficients, posed by the body's own skinning, give the same surface.
    body = load_body()
    z, e = somebody(head, 4)
    whole = head.decode["mean"] + z @ head.decode["modes"]
    count = int(head.decode["columns"])
    action = np.zeros(52)
    action[[body.arkit_names.index(n) for n in ("eyeWideLeft", "eyeWideRight", "eyeSquintLeft", "eyeSquintRight")]] = whole[count:]
    assert body.arkit_to_expression is not None
    assert body.arkit_to_pose is not None
    pose = np.zeros((body.joint_count, 3))
    turn = np.einsum("a,ajc->jc", e, body.arkit_to_pose)
    pose[JAW], pose[LEFT_EYE], pose[RIGHT_EYE] = turn
    posed = forward(body, whole[:count], (action + e) @ body.arkit_to_expression, pose)
    X = surface(body, posed.vertices, head_ids(body))
    assert off(head.shape(z, e)[head.skin], X[head.skin]) < 0.05
    assert np.linalg.norm(posed.joints[HEAD]) > 0.3  # it stood up


@pytest.mark.parametrize("yaw", [0.0, -40.0])
def test_a_known_head_is_found_again(head: HeadModel, yaw: float) -> None:
    z, e = somebody(head, 5)
    X = head.shape(z, e)
    f = head.face
    view = seen(head, X, yaw)
    fit = fit_face(head, [view])
    marks = fit_face(head, [view], FitSettings(dense=False))
    assert off(fit.vertices[f], X[f]) < 1.2
    # A camera alone does not tell a large head from a near one: landmarks are judged by shape.
    mean, sparse = off(head.vertices[f], X[f], True), off(marks.vertices[f], X[f], True)
    assert off(fit.vertices[f], X[f], True) < 1.2
    assert sparse < 0.6 * mean
    T = fit.T_cam_from_head[0]
    here = np.linalg.norm(transform(T, fit.vertices)[f] - (X @ seen_rotation(yaw).T + [0.01, 0.02, 0.6])[f], axis=1).mean()
    assert here < 0.002
    # The head turns its nose to its left, so that its right side is seen.
    assert abs(fit.yaw() + yaw) < 2.5
    assert (fit.expression >= 0).all()
    want, have = head.shape(0 * z, e)[f], head.shape(0 * z, fit.expression)[f]
    rest = head.shape(0 * z, 0 * e)[f]
    assert np.linalg.norm(have - want, axis=1).mean() < 0.5 * np.linalg.norm(want - rest, axis=1).mean()


def seen_rotation(yaw: float) -> np.ndarray:
    return np.diag([1.0, -1.0, -1.0]) @ rodrigues(np.array([0.0, np.radians(yaw), 0.0]))


def test_relative_depth_and_an_unknown_lens(head: HeadModel) -> None:
    z, e = somebody(head, 6)
    X = head.shape(z, e)
    view = seen(head, X, 15.0)
    assert view.depth is not None
    warped = replace(view, depth=(view.depth - 0.2) / 1.3, depth_metric=False)
    fit = fit_face(head, [warped])
    assert off(fit.vertices[head.face], X[head.face]) < 1.8
    assert fit.relief[0][0] == pytest.approx(1.3, abs=0.35)
    # The far side of a turned head has no part in the first guess of its scale.
    from vivant.bridge.lift.face_fit import _Fit

    turned = seen(head, X, 50.0)
    assert turned.depth is not None
    start = _Fit(head, [replace(turned, depth=(turned.depth - 0.2) / 1.3, depth_metric=False)], FitSettings())
    x, k, scale = start._start(), start.layout.pose[0], start.layout.relief[0]
    x[start.layout.identity], x[start.layout.expression] = z, e
    x[k : k + 6] = *rotation_vector(seen_rotation(50.0)), 0.01, 0.02, 0.6
    assert scale is not None and np.exp(start._start_depth(x)[scale]) == pytest.approx(1.3, rel=0.2)
    wild = fit_face(head, [FaceView("photo", (SIZE, SIZE), view.points, K * [[1.3], [1.3], [1.0]], lens_known=False)])
    assert off(wild.vertices[head.face], X[head.face], True) < 0.7 * off(head.vertices[head.face], X[head.face], True)


def test_irises_tell_a_large_head_from_a_near_one(head: HeadModel) -> None:
    """The same face twice in pixels; in one picture its irises are smaller, as on a larger head further away."""
    z, e = somebody(head, 6)
    view = seen(head, head.shape(z, e), 0.0, dense=False)
    assert view.points is not None

    def size(points: np.ndarray, iris: bool = True) -> float:
        X = fit_face(head, [replace(view, points=points)], FitSettings(iris=iris)).vertices[head.face]
        return float(np.linalg.norm(X - X.mean(0), axis=1).mean())

    small = view.points.copy()
    for centre, ends in zip((468, 473), IRIS_ENDS, strict=True):
        small[list(ends)] = small[centre] + 0.85 * (small[list(ends)] - small[centre])
    assert size(small) > 1.01 * size(view.points)
    assert size(small, iris=False) == pytest.approx(size(view.points, iris=False), rel=1e-6)
    # Closed eyes and turned heads say nothing.
    assert np.isfinite(iris_diameters(view.points, 0.0)).all()
    assert np.isnan(iris_diameters(view.points, 60.0)).all()
    closed = view.points.copy()
    closed[[159, 386]] = closed[[145, 374]]
    assert np.isnan(iris_diameters(closed, 0.0)).all()


def test_a_wrong_camera_is_noticed(head: HeadModel) -> None:
    """Its focal length is 1.6 times what it should be, and depth is metric: no landmark tells, but the face is nobody's."""
    z, e = somebody(head, 6)
    view = seen(head, head.shape(z, e), 10.0)
    assert not unlike(fit_face(head, [view]))
    assert unlike(fit_face(head, [replace(view, K=K * [[1.6], [1.6], [1.0]])]))


def test_no_landmarks_no_fit(head: HeadModel) -> None:
    with pytest.raises(LiftError, match="landmarks"):
        fit_face(head, [FaceView("none", (SIZE, SIZE), None, K)])


def test_the_first_pose_comes_from_points_alone(head: HeadModel) -> None:
    R = seen_rotation(35.0) @ rodrigues(np.array([0.1, 0.0, 0.3]))
    P = head.vertices @ R.T + [0.05, -0.02, 2.0]
    T = weak_perspective(head.vertices, project(K, P), K)
    assert np.degrees(np.arccos((np.trace(T[:3, :3].T @ R) - 1) / 2)) < 3.0
    assert T[2, 3] == pytest.approx(2.0, rel=0.05)


def test_landmark_errors_mirror_each_other() -> None:
    errors = landmark_errors()
    left, right = errors.at(40.0), errors.at(-40.0)
    # 1 and 4 lie in the middle of the nose; what is wrong with them on one side is wrong mirrored on the other.
    for i in (1, 4, 152):
        assert left[0][i] == pytest.approx(right[0][i] * [-1.0, 1.0], abs=0.02)
    assert (errors.spread[:, list(UNUSED)] > 1).all()
    used = np.setdiff1d(np.arange(478), UNUSED)
    assert (errors.spread[:, used] < 1.0).mean() > 0.95
    assert errors.at(80.0)[1][1] > errors.at(55.0)[1][1]


def test_landmarks_lie_where_their_names_say(head: HeadModel) -> None:
    assert head.landmarks is not None
    ours, body = head.landmarks.on(head.vertices), load_body()
    whole = np.zeros((body.vertex_count, 3))
    whole[head_ids(body)] = head.vertices
    # MediaPipe's nose tip, corners of eyes and mouth against the points of the other convention, which the body brings along.
    for mine, theirs, near in ((1, 30, 0.012), (33, 36, 0.006), (263, 45, 0.006), (61, 48, 0.006), (291, 54, 0.006)):
        corners = body.faces[body.landmarks["landmark_face68_faces"][theirs]]
        place = body.landmarks["landmark_face68_bary"][theirs] @ whole[corners]
        assert np.linalg.norm(ours[mine] - place) < near, mine
    assert ours[468, 0] < -0.02 < 0.02 < ours[473, 0]


def test_light_of_a_lit_head_comes_back(head: HeadModel) -> None:
    z, e = somebody(head, 7)
    X = head.shape(z, e)
    T = rigid(seen_rotation(10.0), np.array([0.0, 0.0, 0.6]))
    light = np.array([1.0, 0.4, 0.3, 0.3, 0, 0, 0, 0, 0])[:, None] * [1.0, 0.9, 0.8]
    shown = look(X, head.triangles, K, T, SIZE, SIZE)
    n = shown.interpolate(head.triangles, vertex_normals(X, head.triangles))
    n /= np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-9)
    skin = np.array([0.30, 0.20, 0.15])
    linear = np.clip(skin * np.maximum(harmonics(n.reshape(-1, 3)) @ light, 0.0), 0, 1).reshape(SIZE, SIZE, 3)
    srgb = np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    fit = FaceFit(head, z, e, (T,), (K,), X, np.zeros(1), ((1.0, 0.0),), {}, 0)
    found = face_light(fit, np.rint(255 * srgb).astype(np.uint8))
    normals = vertex_normals(X, head.triangles)[found.seen > 0.3]
    made = found.skin * found.shading(normals)
    want = skin * np.maximum(harmonics(normals) @ light, 0.25)
    assert np.median(np.abs(made - want)) < 0.015
    codes = codes_of(fit, found, (40.0, 40.0, 120.0, 120.0))
    # DECA's own formula in the camera's axes (y up) gives the same light.
    up = np.diag([1.0, -1.0, -1.0]) @ T[:3, :3]
    assert np.allclose(deca_basis(normals @ up.T) @ codes.light[0], harmonics(normals) @ found.light, atol=1e-6)


def test_codes_put_the_head_where_it_is(head: HeadModel, tmp_path: Path) -> None:
    z, e = somebody(head, 8)
    T = rigid(seen_rotation(-20.0), np.array([0.03, -0.02, 3.0]))
    X = head.shape(z, e)
    far = K * [[6.0], [6.0], [1.0]]
    far[:2, 2] = 80.0
    fit = FaceFit(head, z, e, (T,), (far,), X, np.zeros(1), ((1.0, 0.0),), {}, 0)
    box = (60.0, 50.0, 140.0, 130.0)
    codes = codes_of(fit, None, box)
    turned = X @ rodrigues(codes.pose[0, :3]).T
    s, tx, ty = codes.cam[0]
    flat = np.stack([s * (turned[:, 0] + tx), -s * (turned[:, 1] + ty)], 1) * (50.0) + [100.0, 90.0]
    real = project(far, transform(T, X))
    # Weak perspective at three metres, of a face some 80 pixels high.
    assert np.abs(flat - real)[head.face].max() < 4.0
    write_npz(tmp_path / "codes.npz", codes.arrays())
    again = read_codes(tmp_path / "codes.npz")
    assert np.allclose(again.shape, codes.shape, atol=1e-5)
    assert again.exp.shape == (1, 52)


def test_codes_of_other_programs(tmp_path: Path) -> None:
    from scipy.io import savemat

    rng = np.random.default_rng(9)
    deca = {"shape": rng.normal(size=(1, 100)), "exp": rng.normal(size=(1, 50)), "pose": np.zeros((1, 6)), "cam": np.ones((1, 3)),
            "light": rng.normal(size=(1, 9, 3)), "tex": np.zeros((1, 50)), "detail": np.zeros((1, 128))}  # fmt: skip
    savemat(tmp_path / "deca.mat", deca)
    assert np.allclose(read_codes(tmp_path / "deca.mat").light, deca["light"])
    (tmp_path / "emoca").mkdir()
    for name in ("shape", "exp"):
        np.save(tmp_path / "emoca" / f"{name}.npy", deca[name][0])
    emoca = read_codes(tmp_path / "emoca")
    assert np.allclose(emoca.exp, deca["exp"])
    np.save(tmp_path / "emoca" / "shape.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(DatasetError, match=r"no array of numbers|not an array"):
        read_codes(tmp_path / "emoca")
    (tmp_path / "codes.pkl").write_bytes(b"\x80\x04}.")
    for name in ("codes.pkl", "absent.npz"):
        with pytest.raises(SpecError):
            read_codes(tmp_path / name)
    write_npz(tmp_path / "other.npz", {"x": np.zeros(3)})
    with pytest.raises(SpecError, match="no face codes"):
        read_codes(tmp_path / "other.npz")
    write_npz(tmp_path / "bad.npz", {"shape": np.zeros((1, 10)), "pose": np.zeros((1, 5))})
    with pytest.raises(DatasetError, match="pose"):
        read_codes(tmp_path / "bad.npz")


def test_recordings_round_trip(tmp_path: Path) -> None:
    rng = np.random.default_rng(10)
    made = Recording(30.0, rng.uniform(0, 1, (65, 52)), rng.normal(size=(65, 9)))
    write_recording(tmp_path / "a.csv", made)
    back = read_recording(tmp_path / "a.csv")
    assert back.rate == 30.0
    assert np.allclose(back.actions, made.actions, atol=1e-6)
    assert np.allclose(back.turns, made.turns, atol=1e-6)
    assert set(ACTIONS) == set(load_body().arkit_names)
    text = (tmp_path / "a.csv").read_text().splitlines()
    assert text[0].startswith("Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft")
    assert text[40].startswith("00:00:01:09.000,61,")
    (tmp_path / "bad.csv").write_text("Timecode,JawOpen\n00:00:00:00,half\n")
    with pytest.raises(SpecError, match="line 2"):
        read_recording(tmp_path / "bad.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SpecError, match="no recording"):
        read_recording(tmp_path / "other.csv")


def test_heads_of_others_are_fitted_as_well(head: HeadModel, tmp_path: Path) -> None:
    from tools.convert_flame import convert

    folder = export_flame(tmp_path)
    convert(folder / "FLAME_NEUTRAL.pkl", tmp_path / "flame.npz", folder / "flame_static_embedding.pkl")
    own = head_from_file(tmp_path / "flame.npz")
    rng = np.random.default_rng(11)
    z, e = rng.normal(size=own.identity_count), np.zeros(own.expression_count)
    e[own.expression_names.index("jaw_x")] = 0.25
    X = own.shape(z, e)
    view = seen(own, X, 10.0)
    fit = fit_face(own, [view])
    assert off(fit.vertices[own.face], X[own.face]) < 0.6 * off(own.vertices[own.face], X[own.face])
    assert fit.expression[own.expression_names.index("jaw_x")] > 0.12
    smplx = head_from_file(export_smplx(tmp_path / "body.npz", layout="slim"))
    assert smplx.known is not None
    assert smplx.known.sum() > 35
    assert smplx.vertices[:, 1].max() < 0.2  # the head alone


def test_head_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "flame.pkl").write_bytes(b"\x80\x04}.")
    with pytest.raises(SpecError, match="convert_flame"):
        head_from_file(tmp_path / "flame.pkl")
    write_npz(tmp_path / "empty.npz", {"v_template": np.zeros((3, 3))})
    with pytest.raises(SpecError, match="missing"):
        head_from_file(tmp_path / "empty.npz")
    n = 30
    arrays = {
        "v_template": np.random.default_rng(0).normal(size=(n, 3)) * 0.1, "f": np.zeros((4, 3), int), "shapedirs": np.ones((n, 3, 20)),
        "J_regressor": np.full((24, n), 1 / n), "weights": np.full((n, 24), 1 / 24),
    }  # fmt: skip
    write_npz(tmp_path / "smpl.npz", arrays)
    with pytest.raises(SpecError, match="neither FLAME nor SMPL-X"):
        head_from_file(tmp_path / "smpl.npz")


def test_a_pickle_with_code_in_it_is_refused(tmp_path: Path) -> None:
    import pickle

    from tools.convert_flame import read_pickle

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (print, ("boom",))

    (tmp_path / "bomb.pkl").write_bytes(pickle.dumps({"v_template": Bomb()}))
    with pytest.raises(SpecError, match=r"builtins\.print"):
        read_pickle(tmp_path / "bomb.pkl")
    (tmp_path / "fine.pkl").write_bytes(pickle.dumps({"v_template": np.eye(3)}, 2))
    assert np.array_equal(read_pickle(tmp_path / "fine.pkl")["v_template"], np.eye(3))


def test_a_lifted_face_is_put_on_a_person(head: HeadModel, tmp_path: Path) -> None:
    from vivant.bridge.lift.face_person import face_of, like, nearest_tone, somebody_like
    from vivant.bridge.lift.result import LiftResult, PartResult, write_result
    from vivant.procgen.materials.skin import albedo
    from vivant.procgen.one_person import sample_person
    from vivant.procgen.seeds import Seed

    z, e = somebody(head, 12)
    tone = np.ravel(albedo(0.55, 0.6))
    actions = {n: float(v) for n, v in zip(head.expression_names, e, strict=True) if v}
    face = PartResult({"head": head.name, "skin_linear": tone.tolist(), "activations": actions}, {"shape": z[None]})
    folder = write_result(tmp_path, LiftResult("anna", {}, {"face": face}))
    base = sample_person(Seed(3))
    made = like(face_of(folder), base)
    assert made.mm < 0.45 * made.before_mm
    assert made.person.expression == pytest.approx(actions, abs=1e-3)
    assert made.person.skin.melanin == pytest.approx(0.55, abs=0.05)
    assert (made.person.outfit, made.person.hair) == (base.outfit, base.hair)
    whole = somebody_like(face_of(folder), Seed(4))
    assert whole.mm < 1.6
    assert np.allclose(np.ravel(albedo(*nearest_tone(tone))), tone, atol=0.03)
    other = PartResult({**face.facts, "head": "flame"}, face.arrays)
    with pytest.raises(LiftError, match="open head"):
        face_of(write_result(tmp_path, LiftResult("flame", {}, {"face": other})))
    with pytest.raises(LiftError, match="no lifted face"):
        face_of(write_result(tmp_path, LiftResult("body", {}, {"body": PartResult({})})))


def test_a_clip_keeps_who_it_is_and_follows_what_it_does(head: HeadModel) -> None:
    from vivant.bridge.lift.face_sequence import fit_marks, walk

    rng = np.random.default_rng(13)
    z = rng.normal(size=head.identity_count) * 0.8
    jaw, smile = (head.expression_names.index(n) for n in ("jawOpen", "mouthSmileLeft"))
    time = np.linspace(0.0, 1.0, 5)
    marks: list[np.ndarray | None] = []
    for t in time:
        e = np.zeros(head.expression_count)
        e[jaw], e[smile], e[smile + 1] = 0.7 * t, 0.6 * (1 - t), 0.6 * (1 - t)
        view = seen(head, head.shape(z, e), 25.0 * t, dense=False)
        assert view.points is not None
        marks.append(view.points + rng.normal(0, 0.4, (478, 2)))
    marks[2] = None
    clip = fit_marks(head, marks, (SIZE, SIZE), 12.0)
    assert clip.found.tolist() == [True, True, False, True, True]
    assert np.abs(clip.expression[:, jaw] - 0.7 * time).max() < 0.2
    assert np.corrcoef(clip.expression[:, smile], 1 - time)[0, 1] > 0.95
    # The picture without a face lies between its neighbours.
    assert clip.expression[1, jaw] < clip.expression[2, jaw] < clip.expression[3, jaw]
    yaw = [np.degrees(np.arctan2(T[0, 2], -T[2, 2])) for T in clip.T_cam_from_head]
    assert np.abs(np.array(yaw) - 25.0 * time).max() < 6.0
    recording = clip.recording(12.0)
    assert recording.actions[:, ACTIONS.index("jawOpen")] == pytest.approx(clip.expression[:, jaw])
    noisy = np.cumsum(rng.normal(0, 0.1, (200, 1)), 0)
    measured = noisy + rng.normal(0, 0.3, noisy.shape)
    smooth = walk(measured, np.full_like(noisy, 0.3), 0.1)
    assert np.sqrt(((smooth - noisy) ** 2).mean()) < 0.6 * np.sqrt(((measured - noisy) ** 2).mean())
    constant = walk(np.full((5, 2), 0.3), np.full((5, 2), 0.1), 0.1)
    assert np.allclose(constant, 0.3)


def test_an_expression_keeps_its_strength_and_nothing_is_added(head: HeadModel) -> None:
    """A smile with closed eyes: what is on is on, what is off stays off; a face at rest rests."""
    strong = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.9}
    z, _ = somebody(head, 9)
    e = np.array([strong.get(n, 0.0) for n in head.expression_names])
    fit = fit_face(head, [seen(head, head.shape(z, e), 10.0)])
    found = fit.activations()
    # Half of a lid is hidden where it is closed least: lids lose more than lips.
    assert all(found[n] > (0.6 if "Blink" in n else 0.88) * v for n, v in strong.items()), found
    size = np.linalg.norm(head.expression[:, head.face], axis=2).mean(1)
    added = np.where(e > 0, 0.0, fit.expression) * size
    assert added.sum() < 0.12 * (e * size).sum()
    still = fit_face(head, [seen(head, head.shape(z, 0 * e), 10.0)])
    assert (still.expression * size).sum() < 0.17 * (e * size).sum()


def test_a_wink_is_hardly_tied_to_the_other_eye(head: HeadModel) -> None:
    z, e = somebody(head, 0)
    fit = face_fit._Fit(head, [seen(head, head.shape(z, e), 0.0, dense=False)], FitSettings())
    names = head.expression_names
    a, b = (fit.layout.expression.start + names.index(f"eyeBlink{side}") for side in ("Left", "Right"))
    x = np.zeros(fit.layout.count)
    alike = fit._priors(x).matrix[a, b]
    x[a] = 0.9
    wink = fit._priors(x).matrix[a, b]
    assert alike < 0 and 0 < wink / alike < 0.02
    x[b] = 0.9
    assert fit._priors(x).matrix[a, b] == pytest.approx(alike)
