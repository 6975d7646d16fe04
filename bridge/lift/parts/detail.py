"""Detail of the face: relief that the smooth head does not have, from depth and normals, what stays and what comes with actions.

Settings: `detail=TEXELS`, a side of the UV map (default: as fine as the pictures, 1024 or 2048).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ....procgen.errors import SpecError
from ....procgen.people.skin_relief import MOST
from ..detail_split import Observation, relief_normals, split
from ..face_detail import fit_detail
from ..face_fit import FaceFit
from ..face_pictures import detail_pictures
from ..face_view import FaceView
from ..head_file import head_from_file
from ..open_head import open_head
from ..result import PartResult
from ..subject import Subject
from . import Part, parts

if TYPE_CHECKING:
    from ..run import LiftOptions


def lift_detail(subject: Subject, found: Mapping[str, PartResult], options: LiftOptions) -> PartResult:
    """Detail of the face that was fitted."""
    face = found["face"]
    if subject.source.get("sequence"):
        return PartResult({"summary": "none", "notes": ["detail is not taken from clips: lift single moments"]})
    fit, views = fitted(subject, face, options)
    if all(v.depth is None and v.normal is None for v in views):
        return PartResult({"summary": "none", "notes": ["no detail: neither depth nor normals are known"]})
    detail = fit_detail(fit, views, _size(options))
    relief = split(fit.head, fit.identity, detail.grid, [Observation(fit.expression, detail.heights, detail.seen)])
    kept = detail.kept()
    gate, g = detail.gate, detail.grid
    before, after = (float(np.sqrt(np.nanmean(x))) for x in (gate.before, np.where(gate.share.any(1), gate.after, gate.before)))
    facts: dict[str, Any] = {
        "summary": f"{sum(v > 0 for v in kept.values())} of {len(kept)} regions, {1e3 * detail.heights.std():.2f} mm, "
        f"slopes left {before:.3f} -> {after:.3f}",
        "notes": [], "size": g.size, "range_mm": 1e3 * MOST, "regions": kept, "actions": sorted(relief.actions),
        "noise": [{"depth_mm": round(1e3 * d, 3), "slope": round(s, 4)} for d, s in detail.noise],
        "slope_before": round(before, 4), "slope_after": round(after, 4),
    }  # fmt: skip
    window = g.picture(detail.heights)
    height = np.rint(32768.0 + np.clip(window / MOST, -1.0, 1.0) * 32767.0).astype(np.uint16)
    normals = relief_normals(window, g, detail.surface.right, detail.surface.down, detail.normals)
    whole = np.full((g.size, g.size, 3), (128, 128, 255), np.uint8)
    whole[g.top : g.top + window.shape[0], g.left : g.left + window.shape[1]] = normals
    main = next(v for v in subject.views if v.name == views[0].name)
    drawn = {"displacement": g.whole(height, 32768), "normal": whole, **detail_pictures(fit, detail, main.rgb, face.facts["box"])}
    return PartResult(facts, {**relief.arrays(), "seen": g.picture(detail.seen.astype(np.float32)), "share": gate.share}, drawn)


def fitted(subject: Subject, face: PartResult, options: LiftOptions) -> tuple[FaceFit, list[FaceView]]:
    """The fit and its views, from what the face left behind."""
    head = head_from_file(options.model) if options.model else open_head()
    a = face.arrays
    by_name = {v.name: v for v in subject.views}
    views = []
    for name, K in zip(face.facts["views"], a["K"], strict=True):
        v = by_name[name]
        T = np.eye(4) if v.T_cam_from_world is None else v.T_cam_from_world
        views.append(FaceView(name, v.size, None, K, T, v.depth, v.normal, v.mask))
    relief = tuple((float(s), float(t)) for s, t in a["relief"])
    fit = FaceFit(
        head, np.asarray(a["shape"], np.float64)[0], np.asarray(a["exp"], np.float64)[0], tuple(a["T_cam_from_head"]), tuple(a["K"]),
        np.asarray(a["vertices"], np.float64), np.asarray(a["uncertainty"], np.float64), relief, {}, 0,
    )  # fmt: skip
    return fit, views


def _size(options: LiftOptions) -> int | None:
    given = options.settings.get("detail")
    if given is None:
        return None
    try:
        return int(given)
    except (TypeError, ValueError):
        raise SpecError("the setting detail is no number", expected="texels, for example detail=2048", got=given) from None


parts.register("detail")(Part(lift_detail, needs=("face",)))
