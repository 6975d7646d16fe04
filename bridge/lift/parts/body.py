"""The body: pose, place and shape in the SMPL-X format.

Settings: `ground=HEIGHT` puts the feet on level ground; `free=1` lets a rendered frame's body go far from the parameters that
it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ....procgen.errors import LiftError, SpecError
from ....procgen.people.expression import apply_poses, expression_from_arkit
from ....procgen.people.lbs import forward
from ....procgen.people.model import BodyModel, load_body
from ....procgen.people.skeleton import JAW
from ..body_detect import hands_of, marks_of
from ..body_fit import BodyFit, fit_body
from ..body_frames import errors, true_fit
from ..body_pictures import grey_body, heat_map, seen_body
from ..body_problem import BodySetup, body_setup, torso_px
from ..body_sequence import fit_sequence
from ..body_terms import projected
from ..body_view import LEVEL_CAM_FROM_WORLD, BodyView, assumed_camera
from ..result import PartResult
from ..subject import Subject, View, check_size
from . import Part, parts

if TYPE_CHECKING:
    from ..run import LiftOptions


def lift_body(subject: Subject, found: Mapping[str, PartResult], options: LiftOptions) -> PartResult:
    """Fit one body to all views of a subject.

    Raises:
        LiftError: nobody is found in any view.
    """
    setup = body_setup(load_body(options.model) if options.model else None)
    if subject.source.get("sequence"):
        return _clip(subject, setup, found.get("face"))
    notes: list[str] = []
    views, used = _views(subject, notes)
    known = next((v.known for v in used if v.known is not None), None)
    start = None if known is None or options.model else true_fit(known, setup)
    free = bool(options.settings.get("free", False))
    fit = fit_body(views, setup, start=start, anchor=start is not None and not free, ground=_ground(options))
    expression, turned = expression_of(found.get("face"), setup.model)
    pose = apply_poses(fit.pose, turned)
    posed = forward(setup.model, fit.betas, expression, pose, fit.trans)
    facts: dict[str, Any] = {
        "notes": notes, "views": [v.name for v in used], "body_model": setup.model.name, "body_licence": setup.model.licence,
        "stature_m": _stature(setup, fit), "cloth_mm": {k: round(1e3 * c, 1) for k, c in fit.cloth.items()},
        "landmark_error": _landmark_error(views, setup, fit), "started_from": "generating parameters" if start else "landmarks",
    }  # fmt: skip
    surface = _surface_error(views, setup, posed.vertices)
    if surface is not None:
        facts["surface_median_mm"] = surface
    if known is not None and not options.model:
        facts["against_generating_mm"] = {k: round(1e3 * e, 1) for k, e in errors(fit, true_fit(known, setup), setup.model).items()}
    facts["summary"] = f"{facts['stature_m']:.2f} m tall, landmarks within {100 * facts['landmark_error']:.1f} % of the torso" + (
        "" if surface is None else f", surface {surface:.0f} mm below what was seen"
    )
    arrays = {
        "betas": fit.betas, "poses": pose.reshape(1, -1), "trans": fit.trans[None],
        "global_orient": pose[0], "body_pose": pose[1:22],
        "jaw_pose": pose[22], "leye_pose": pose[23], "reye_pose": pose[24],
        "left_hand_pose": pose[25:40], "right_hand_pose": pose[40:55], "transl": fit.trans,
        "expression": expression, "shape": fit.shape, "joints": posed.joints, "vertices": posed.vertices,
        "mocap_frame_rate": np.array(1.0), "up_axis": np.array("z"), "surface_model_type": np.array("smplx"),
        "K": np.stack([v.K for v in views]), "T_cam_from_world": np.stack([v.T_cam_from_world for v in views]),
    }  # fmt: skip
    return PartResult(facts, arrays, _pictures(used, views, setup, posed.vertices))


def _clip(subject: Subject, setup: BodySetup, face: PartResult | None) -> PartResult:
    """A clip: pose and place at every picture, one shape, a camera that stands still."""
    moments: list[list[BodyView]] = []
    size: tuple[int, int] | None = None
    for view in subject.views:  # each is read from its file when it is looked at
        if size is not None:
            check_size(view, size)
        size = view.size
        body = _view(view)
        moments.append([] if body is None else [body])
    rate = float(subject.source["fps"])
    fits = fit_sequence(moments, setup, rate)
    seen = [k for k, m in enumerate(moments) if m]
    notes = ["the lens is not known: sizes and distances are guesses"]
    if len(seen) < len(moments):
        notes.append(f"nobody in {len(moments) - len(seen)} of {len(moments)} pictures: bridged")
    course = [(f, *expression_of(face, setup.model, k)) for k, f in enumerate(fits)]
    poses = [apply_poses(f.pose, turned) for f, _, turned in course]
    posed = [forward(setup.model, f.betas, e, p, f.trans) for (f, e, _), p in zip(course, poses, strict=True)]
    shown = seen[len(seen) // 2]
    first = moments[shown][0]
    facts: dict[str, Any] = {
        "summary": f"{len(moments)} pictures, {len(seen)} with somebody {_stature(setup, fits[0]):.2f} m tall", "notes": notes,
        "body_model": setup.model.name, "body_licence": setup.model.licence, "stature_m": _stature(setup, fits[0]), "fps": rate,
        "missing": [k for k, m in enumerate(moments) if not m], "shown": shown,
    }  # fmt: skip
    arrays = {
        "betas": fits[0].betas, "shape": fits[0].shape, "poses": np.stack(poses).reshape(len(poses), -1),
        "trans": np.stack([f.trans for f in fits]), "joints": np.stack([b.joints for b in posed]),
        "expression": np.stack([e for _, e, _ in course]), "found": np.array([bool(m) for m in moments]),
        "mocap_frame_rate": np.array(rate), "up_axis": np.array("z"), "surface_model_type": np.array("smplx"),
        "K": first.K[None], "T_cam_from_world": first.T_cam_from_world[None],
    }  # fmt: skip
    return PartResult(facts, arrays, _pictures([subject.views[shown]], moments[shown], setup, posed[shown].vertices))


def expression_of(
    face: PartResult | None, model: BodyModel, moment: int | None = None
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Expression coefficients (E,) of a body from a lifted face, and joint -> axis-angle of jaw and eyes; none of either without one.

    Actions become coefficients of the open body; coefficients of a licensed file are those of its own head.

    Args:
        moment: Which picture of a clip; None: a face of one moment.
    """
    still = np.zeros(model.exprdirs.shape[2])
    if face is None or "exp" not in face.arrays:
        return still, {}
    names = [str(n) for n in face.arrays["exp_names"]]
    values = np.asarray(face.arrays["exp"], np.float64)
    if moment is None and len(values) != 1:
        return still, {}  # a clip: the body shows one moment of it
    row = values[moment or 0]
    if set(names) <= set(model.arkit_names):
        coefficients, turned = expression_from_arkit(model, dict(zip(names, row.tolist(), strict=True)))
        return coefficients.astype(np.float64), turned
    own = row[[n.startswith("expression_") for n in names]]
    if len(own) != len(still) or model.arkit_names:
        return still, {}
    jaw = [n for n in ("jaw_x", "jaw_y", "jaw_z") if n in names]
    return own, {JAW: row[[names.index(n) for n in jaw]]} if len(jaw) == 3 else {}


def _views(subject: Subject, notes: list[str]) -> tuple[list[BodyView], list[View]]:
    placed = [v for v in subject.views if v.T_cam_from_world is not None]
    if not placed and len(subject.views) > 1:
        notes.append("cameras of the pictures are not known: the first picture in which somebody is found is used")
    out: list[BodyView] = []
    used: list[View] = []
    for view in placed or subject.views:
        if used and not placed:
            break
        body = _view(view)
        if body is None:
            notes.append(f"{view.name}: nobody is found")
            continue
        if view.K is None:
            notes.append("the lens is not known: sizes and distances are guesses")
        out.append(body)
        used.append(view)
    if not out:
        raise LiftError(
            f"{subject.name}: nobody is found in the picture", fix="a picture that shows a person upright, larger than about 100 pixels"
        )
    return out, used


def _view(view: View) -> BodyView | None:
    width, height = view.size
    marks = marks_of(view.rgb, view.box, view.mask)
    if marks is None:
        return None
    K = assumed_camera(width, height) if view.K is None else view.K
    T = LEVEL_CAM_FROM_WORLD if view.T_cam_from_world is None else view.T_cam_from_world
    mask = view.mask if view.mask is not None else marks.mask > 0.5
    return BodyView(
        K, T, width, height, marks.points, marks.visibility, "mediapipe", marks.world,
        hands_of(view.rgb, marks.points, marks.visibility), mask=mask, depth=view.depth, metric=view.K is not None, normals=view.normal,
    )  # fmt: skip


def _ground(options: LiftOptions) -> float | None:
    given = options.settings.get("ground")
    if given is None:
        return None
    try:
        return float(given)
    except (TypeError, ValueError):
        raise SpecError("the setting ground is no height", expected="metres, for example ground=0", got=given) from None


def _stature(setup: BodySetup, fit: BodyFit) -> float:
    rest = setup.vertices.shaped(fit.shape)
    return round(float(np.ptp(rest[setup.skin, 1])), 3)


def _landmark_error(views: list[BodyView], setup: BodySetup, fit: BodyFit) -> float:
    """Median distance of certain landmarks, in torsos."""
    chain = setup.chain(fit.pose, fit.trans, fit.shape)
    from ..body_posing import points_at

    away = []
    for view in views:
        uv, _, _ = projected(view, points_at(chain, setup.landmarks(view.landmarks).points), None)
        certain = view.confidence > 0.5
        away.append(np.linalg.norm(uv - view.xy, axis=1)[certain] / torso_px(view))
    every = np.concatenate(away)
    return round(float(np.median(every)), 4) if len(every) else 0.0


def _surface_error(views: list[BodyView], setup: BodySetup, vertices: np.ndarray) -> float | None:
    """Median height of what was seen above the body, millimetres; clothes are in it."""
    away = []
    for view in views:
        if view.depth is not None and view.mask is not None and view.metric:
            raster, _ = seen_body(vertices.astype(np.float64), setup.faces, view.K, view.T_cam_from_world, view.width, view.height)
            both = raster.hit & view.mask & np.isfinite(view.depth)
            away.append(raster.depth[both] - view.depth[both])
    every = np.concatenate(away) if away else np.zeros(0)
    return round(1e3 * float(np.median(every)), 1) if len(every) else None


def _pictures(used: list[View], views: list[BodyView], setup: BodySetup, vertices: np.ndarray) -> dict[str, np.ndarray]:
    out: dict[str, np.ndarray] = {}
    for k, (view, body) in enumerate(zip(used, views, strict=True)):
        end = "" if k == 0 else f"_{k}"
        raster, normals = seen_body(vertices.astype(np.float64), setup.faces, body.K, body.T_cam_from_world, body.width, body.height)
        out[f"overlay{end}"] = grey_body(raster, normals, view.rgb, 0.72)
        if body.depth is not None and body.metric:
            out[f"residual{end}"] = heat_map(raster, body.depth, body.mask, view.rgb)
    return out


parts.register("body")(Part(lift_body, after=("face",)))
