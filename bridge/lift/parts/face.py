"""The face: identity, 52 actions, pose, lens, light and skin colour, from one or several views.

Settings: `expression=0` holds a neutral face; `depth=relative` takes depth as known up to a scale and a shift (the default for
pictures of a synthesis); `dense=0` uses landmarks alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ....procgen.errors import LiftError, SpecError
from ..detectors import FaceMarks, find_faces, one_face
from ..face_codes import codes_of
from ..face_fit import FaceFit, FitSettings, fit_face, guess_camera
from ..face_light import face_light
from ..face_pictures import pictures
from ..face_profile import agreement, fit_profile
from ..face_sequence import fit_clip
from ..face_view import GUESSED, FaceView, project
from ..head_file import head_from_file
from ..head_model import HeadModel
from ..live_link import encode_recording
from ..open_head import open_head
from ..result import PartResult
from ..subject import Subject, View
from . import Part, parts

if TYPE_CHECKING:
    from ..run import LiftOptions

# A fit whose landmarks lie further from the face than this, in percent of 90 mm on it, is said to be doubtful.
DOUBTFUL = 9.0
TURNED = 70.0
# Beyond this turn landmarks are compared with what depth alone says.
SIDE = 65.0
# … and beyond this one where they lie so far from the fitted face (as DOUBTFUL counts), or less than so much of it agrees with the depth.
ASIDE, ASTRAY, UNMET = 33.0, 7.5, 0.76
# Depth alone has to explain so much more of the face than landmarks do.
BETTER = 0.035
# Standard deviations: faces beyond these are like nobody. A wrong camera or depth stretches a face, and the fit pays with its identity.
UNLIKE_RMS, UNLIKE_MOST = 1.45, 4.4
# Lids and lips are all that these say of a face that is hardly larger.
SMALL_EYES = 24.0


def lift_face(subject: Subject, found: Mapping[str, PartResult], options: LiftOptions) -> PartResult:
    """Fit one head to all views of a subject.

    Raises:
        LiftError: no face is found in any view.
    """
    head = head_from_file(options.model) if options.model else open_head()
    settings = _settings(options)
    relative = str(options.settings.get("depth", "relative" if subject.source.get("synthesis") else "metric"))
    if relative not in ("relative", "metric"):
        raise SpecError("the setting depth is unknown", expected="metric or relative", got=relative)
    if relative == "relative":
        settings = replace(settings, spread=GUESSED)
    if subject.source.get("sequence"):
        return _sequence(subject, head, settings)
    notes: list[str] = []
    seen = [_view(v, relative == "metric", notes) for v in subject.views]
    used = [(v, s, m) for v, (s, m) in zip(subject.views, seen, strict=True) if m is not None or v.T_cam_from_world is not None]
    first = next((i for i, (_, _, m) in enumerate(used) if m is not None), None)
    if used:
        used.insert(0, used.pop(first or 0))
    views, marks = [s for _, s, _ in used], used[0][2] if used else None
    fit = None if marks is None else fit_face(head, views, settings)
    if settings.dense and (fit is None or _astray(fit, views[0])):
        aside = _from_the_side(head, used, fit, settings, notes)
        if aside is not None:
            used, fit, marks = aside[0], aside[1], None
            views = [s for _, s, _ in used]
    if fit is None:
        raise LiftError(
            f"{subject.name}: no face is found", fix="a picture with an uncovered face turned less than about 70 degrees from the camera, "
            "or with depth and a camera"
        )
    main = used[0][0]
    box = marks.box if marks is not None else main.face_box
    assert box is not None
    light = face_light(fit, main.rgb, 0, main.mask, main.tone)
    error = None if marks is None else landmark_error(fit, views[0])
    _doubts(fit, error, marks, notes)
    if views[0].depth is not None and unlike(fit):
        notes.append("doubtful: such a face is hardly anybody's; the camera or the depth may be wrong (--without camera,depth)")
    codes = codes_of(fit, light, box)
    facts: dict[str, Any] = {
        "summary": ("depth alone" if error is None else f"landmarks within {error:.1f} % of the face")
        + f", turned {fit.yaw():+.0f} degrees", "notes": notes,
        "views": [v.name for v, _, _ in used], "head": head.name, "activations": fit.activations(), "yaw_deg": round(fit.yaw(), 2),
        "landmark_error_percent": None if error is None else round(error, 2), "steps": fit.steps,
        "costs": {k: round(v, 1) for k, v in fit.costs.items()},
        "lens_known": views[0].lens_known, "focal_px": round(float(fit.K[0][0, 0]), 2),
        "skin_linear": [round(float(c), 4) for c in light.skin],
        "relighting_residual": round(light.residual, 4), "box": [round(float(b), 1) for b in box],
    }  # fmt: skip
    if views[0].depth is not None:
        facts["depth_median_mm"] = _depth_error(fit, views[0])
    arrays = {
        **codes.arrays(), "exp_names": np.array(head.expression_names), "vertices": fit.vertices.astype(np.float32),
        "triangles": head.triangles.astype(np.int32), "T_cam_from_head": np.stack(fit.T_cam_from_head), "K": np.stack(fit.K),
        "relief": np.array(fit.relief), "uncertainty": fit.uncertainty.astype(np.float32), "albedo": light.albedo.astype(np.float32),
        "albedo_seen": light.seen.astype(np.float32),
        **({} if marks is None else {"landmarks": marks.points}), **coefficients(fit),
    }  # fmt: skip
    drawn = pictures(fit, main.rgb, box, views[0].depth, views[0].mask)
    return PartResult(facts, arrays, drawn)


def _sequence(subject: Subject, head: HeadModel, settings: FitSettings) -> PartResult:
    """A clip: actions and pose of every picture, and a Live Link recording."""
    rate = float(subject.source["fps"])
    clip = fit_clip(head, subject.views, rate, settings.expression)
    missing = [i for i, there in enumerate(clip.found) if not there]
    notes = [f"no face in {len(missing)} of {len(clip.found)} pictures: bridged"] if missing else []
    facts: dict[str, Any] = {
        "summary": f"{len(clip.found)} pictures, {len(clip.found) - len(missing)} with a face", "notes": notes, "head": head.name,
        "fps": rate, "missing": missing, "best": clip.best, "activations": clip.fit.activations(), "lens_known": False,
        "focal_px": round(float(clip.K[0, 0]), 2),
    }  # fmt: skip
    arrays = {
        "shape": clip.identity[None].astype(np.float32), "exp": clip.expression.astype(np.float32),
        "exp_names": np.array(head.expression_names),
        "T_cam_from_head": clip.T_cam_from_head, "K": clip.K, "found": clip.found, **coefficients(clip.fit),
    }  # fmt: skip
    files = {"live_link.csv": encode_recording(clip.recording(rate))} if "jawOpen" in head.expression_names else {}
    return PartResult(facts, arrays, {}, files)


def coefficients(fit: FaceFit) -> dict[str, np.ndarray]:
    """The fit in the coefficients of the body that the head belongs to: `betas`, and `lids` at rest for the open body."""
    decode = fit.head.decode
    if "modes" not in decode:
        return {"betas": fit.identity.astype(np.float32)}
    whole = decode["mean"] + fit.identity @ decode["modes"]
    count = int(decode["columns"])
    return {"betas": whole[:count].astype(np.float32), "lids": whole[count:].astype(np.float32)}


def landmark_error(fit: FaceFit, view: FaceView) -> float:
    """Median distance of the landmarks from the fitted face, in percent of 90 mm on it."""
    assert view.points is not None and fit.head.landmarks is not None
    T = fit.T_cam_from_head[0]
    P = fit.head.landmarks.on(fit.vertices) @ T[:3, :3].T + T[:3, 3]
    known = np.arange(468) if fit.head.known is None else np.flatnonzero(fit.head.known[:468])
    off = np.linalg.norm(project(fit.K[0], P) - view.points, axis=1)[known]
    return 100 * float(np.median(off)) / (fit.K[0][0, 0] * 0.09 / P[:, 2].mean())


def _settings(options: LiftOptions) -> FitSettings:
    known = ("expression", "dense", "depth", "detail", "size")
    for name in options.settings:
        if name not in known and set(options.what) <= {"face", "detail", "skin"}:
            raise SpecError(f"the face has no setting {name!r}", expected=", ".join(known))
    return FitSettings(bool(options.settings.get("expression", True)), bool(options.settings.get("dense", True)))


def _view(view: View, metric: bool, notes: list[str]) -> tuple[FaceView, FaceMarks | None]:
    notes += [f"{view.name}: {n}" for n in view.notes]
    marks = None
    if view.face_box is not None:
        near = find_faces(view.rgb, [view.face_box])
        marks = near[0] if near else None
        if marks is None:
            notes.append(f"{view.name}: no face is found in this view")
    elif view.box is not None:
        inside = [f for f in find_faces(view.rgb) if _within(f, view.box)]
        marks = inside[0] if inside else None
    else:
        try:
            marks, more = one_face(view.rgb, view.name)
            notes += [f"{view.name}: {n}" for n in more]
        except LiftError as e:
            if view.T_cam_from_world is None:
                raise
            notes.append(str(e))
    width, height = view.size
    known = view.K is not None
    K = view.K if view.K is not None else guess_camera(width, height)
    T = view.T_cam_from_world if view.T_cam_from_world is not None else np.eye(4)
    points = None if marks is None else marks.points
    normal = view.normal
    return FaceView(view.name, view.size, points, K, T, view.depth, normal, view.mask, known, metric and known), marks


def _within(face: FaceMarks, box: tuple[float, float, float, float]) -> bool:
    x0, y0, x1, y1 = face.box
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _astray(fit: FaceFit, view: FaceView) -> bool:
    """Whether landmarks may have led to the wrong head: from the side the detector sometimes draws another face beside the real one."""
    turned = abs(fit.yaw())
    if turned > SIDE:
        return True
    if turned < ASIDE or view.depth is None or view.points is None or not view.depth_metric:
        return False
    return landmark_error(fit, view) > ASTRAY or agreement(fit, view) < UNMET


Used = list[tuple[View, FaceView, FaceMarks | None]]


def _from_the_side(
    head: HeadModel, used: Used, marked: FaceFit | None, settings: FitSettings, notes: list[str]
) -> tuple[Used, FaceFit] | None:  # fmt: skip
    """A face that is turned too far for landmarks, from the depth of one view; None where the landmarks explain more, or nothing does."""
    for entry in used:
        view, seen, _ = entry
        if view.depth is None or view.face_box is None or not (seen.depth_metric and seen.lens_known):
            continue
        alone = replace(seen, points=None, T_cam_from_common=np.eye(4))
        found = fit_profile(head, alone, view.face_box, settings)
        if found is None or (marked is not None and found[1] < agreement(marked, seen) + (BETTER if abs(marked.yaw()) < SIDE else 0.0)):
            continue
        notes.append(f"{view.name}: seen from the side, fitted to depth without landmarks ({100 * found[1]:.0f} % of the face agrees)")
        return [(view, alone, None)], found[0]
    return None


def _doubts(fit: FaceFit, error: float | None, marks: FaceMarks | None, notes: list[str]) -> None:
    if error is not None and error > DOUBTFUL:
        notes.append("doubtful: the landmarks fit no face well (covered, drawn, or not a face)")
    if abs(fit.yaw()) > TURNED:
        notes.append("seen from the side: the far half of the face is a guess")
    if marks is not None and marks.eyes_px < SMALL_EYES:
        notes.append("a small face: lids and lips are a few pixels")


def unlike(fit: FaceFit) -> bool:
    """Whether a fitted identity is further from the mean than people are."""
    z = np.abs(fit.identity)
    return bool(np.sqrt((z**2).mean()) > UNLIKE_RMS or z.max() > UNLIKE_MOST)


def _depth_error(fit: FaceFit, view: FaceView) -> float:
    """Median distance along the line of sight between the face and what was seen, mm."""
    from ..face_pictures import seen_face

    assert view.depth is not None
    shown, _ = seen_face(fit, 0, *view.size)
    scale, shift = fit.relief[0]
    skin = shown.hit & fit.head.face[fit.head.triangles].all(1)[np.maximum(shown.face, 0)] & np.isfinite(view.depth)
    if view.mask is not None:
        skin &= view.mask
    if not skin.any():
        return 0.0
    return round(1e3 * float(np.median(np.abs(shown.depth[skin] - view.depth[skin] * scale - shift))), 2)


parts.register("face")(Part(lift_face))
