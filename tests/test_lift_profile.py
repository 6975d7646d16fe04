"""Faces seen from the side, which no detector finds: fitted to depth, or refused in one line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vivant.bridge.lift import face_profile
from vivant.bridge.lift.face_fit import FaceFit, FitSettings
from vivant.bridge.lift.face_profile import fit_profile
from vivant.bridge.lift.face_view import FaceView, project
from vivant.bridge.lift.open_head import open_head
from vivant.bridge.lift.parts import face as face_part
from vivant.bridge.lift.run import LiftOptions
from vivant.bridge.lift.subject import Subject, View
from vivant.procgen.errors import LiftError
from vivant.procgen.frames import rigid, transform
from vivant.procgen.people.lbs import rodrigues
from vivant.tests.seen_heads import SIZE, K, off, seen, somebody


def box_of(view: FaceView, head, X: np.ndarray, yaw: float) -> tuple[float, float, float, float]:
    R = np.diag([1.0, -1.0, -1.0]) @ rodrigues(np.array([0.0, np.radians(yaw), 0.0]))
    q = project(view.K, (X @ R.T + [0.01, 0.02, 0.6])[head.face])
    return (*q.min(0), *q.max(0))


def _two_turns(monkeypatch: pytest.MonkeyPatch, *turns: float) -> None:
    """Fewer are tried, and the best alone is followed to the end: for time's sake."""
    monkeypatch.setattr(face_profile, "TURNS", turns)
    monkeypatch.setattr(face_profile, "FINALISTS", 1)


def test_a_profile_is_fitted_to_its_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    head = open_head()
    z, e = somebody(head, 11)
    X = head.shape(z, e)
    known = replace(seen(head, X, 74.0), points=None)
    box = box_of(known, head, X, 74.0)
    monkeypatch.setattr(face_part, "find_faces", lambda rgb, boxes=None: [])
    _two_turns(monkeypatch, 65.0, -65.0)
    rgb = np.full((SIZE, SIZE, 3), 150, np.uint8)
    view = View("side", rgb, known.depth, known.normal, known.mask, K, np.eye(4), face_box=box)
    found = face_part.lift_face(Subject("side", (view,)), {}, LiftOptions())
    assert found.facts["summary"].startswith("depth alone")
    assert any("without landmarks" in n for n in found.facts["notes"])
    assert found.facts["yaw_deg"] == pytest.approx(-74.0, abs=5.0)
    f = head.face
    assert off(found.arrays["vertices"][f], X[f]) < 0.7 * off(head.vertices[f], X[f])
    T = found.arrays["T_cam_from_head"][0]
    assert np.isfinite(transform(T, found.arrays["vertices"])).all()
    # Without depth there is nothing to go by.
    with pytest.raises(LiftError, match=r"no face is found.*depth and a camera"):
        face_part.lift_face(Subject("side", (replace(view, depth=None, normal=None),)), {}, LiftOptions())


def test_landmarks_beside_the_face_are_doubted() -> None:
    head = open_head()
    z, e = somebody(head, 11)
    X = head.shape(z, e)

    def as_is(yaw: float) -> tuple[FaceFit, FaceView]:
        view = seen(head, X, yaw)
        T = rigid(np.diag([1.0, -1.0, -1.0]) @ rodrigues(np.array([0.0, np.radians(yaw), 0.0])), np.array([0.01, 0.02, 0.6]))
        return FaceFit(head, z, e, (T,), (K,), X, np.zeros(1), ((1.0, 0.0),), {}, 0), view

    fit, view = as_is(50.0)
    assert view.points is not None and view.depth is not None
    aside = replace(view, points=view.points + [12.0, 0.0])
    elsewhere = replace(view, depth=(view.depth + np.where(np.arange(SIZE) < 90, 0.02, 0.0)).astype(np.float32))
    doubted = face_part._astray
    assert not doubted(fit, view)
    assert doubted(fit, aside) and doubted(fit, elsewhere)
    # Without a depth of true size there is nothing better to go by; from ahead landmarks are right.
    assert not doubted(fit, replace(aside, depth=None)) and not doubted(fit, replace(aside, depth_metric=False))
    ahead, shown = as_is(10.0)
    assert not doubted(ahead, replace(shown, points=shown.points + [12.0, 0.0]))
    assert doubted(*as_is(70.0))


def test_what_is_no_face_from_the_side_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _two_turns(monkeypatch, 0.0, 180.0)
    head = open_head()
    X = head.shape(*somebody(head, 12))
    behind = replace(seen(head, X, 180.0), points=None)
    assert fit_profile(head, behind, box_of(behind, head, X, 180.0), FitSettings()) is None
    ball = behind.depth.copy()
    v, u = np.mgrid[0:SIZE, 0:SIZE]
    r = np.hypot(u - 80, v - 80) / 45
    ball[:] = np.where(r < 1, 0.6 - 0.07 * np.sqrt(np.maximum(1 - r**2, 0)), np.inf)
    round_thing = replace(behind, depth=ball.astype(np.float32), normal=None, mask=r < 1)
    assert fit_profile(head, round_thing, (35.0, 35.0, 125.0, 125.0), FitSettings()) is None
    empty = replace(behind, depth=np.full((SIZE, SIZE), np.inf, np.float32))
    assert fit_profile(head, empty, (30.0, 30.0, 100.0, 100.0), FitSettings()) is None
