"""Dense correspondence: ranges, agreement with the part image, and the body's own map run forward from the record."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....people.body_state import BodyState
from ..registry import checks
from ..report import Result
from ..subject import Subject
from ..witness import NEAR, Witness

# Bare skin lies on the body run forward, up to the smoothing of its subdivision, metres.
_ON_SKIN = 0.006
_UV_TOLERANCE = 0.01


@checks.register("iuv")
def check_iuv(frame: Subject) -> Iterator[Result]:
    """IUV and parts of one frame."""
    if frame.has("iuv"):
        iuv = frame.channel("iuv")
        bad = ~((iuv[..., 1:] >= 0) & (iuv[..., 1:] <= 1)).all(-1) | ~np.isfinite(iuv).all(-1)
        yield frame.measure("iuv.range", int(bad.sum()), got=frame.where(bad, iuv))
        off = (iuv != 0).any(-1) & (frame.person_of_pixel < 0)
        if frame.has("part"):
            off |= iuv[..., 0] != frame.channel("part")
        yield frame.measure("iuv.part", int(off.sum()), got=frame.where(off, iuv))
    if frame.has("iuv") or frame.has("part"):
        yield from _against_body(frame)


def _against_body(frame: Subject) -> Iterator[Result]:
    right: dict[str, list[np.ndarray]] = {"iuv": [], "part": []}
    for person in frame.record.people:
        skin = [o.id for o in frame.record.objects if o.person == person.index and o.semantic == "skin"]
        pixels = np.nonzero(np.isin(frame.objects, skin).ravel())[0]
        if not len(pixels):
            continue
        body, why = frame.body_or_reason(person)
        if body is None or body.model.uv is None or body.model.face_part is None:
            for name in right:
                if frame.has(name):
                    yield frame.skip(f"{name}.body", why or "the body model has no map")
            return
        for name, found in _compare(frame, body, pixels).items():
            right[name].append(found)
    for name, found in right.items():
        same = np.concatenate(found) if found else np.zeros(0, bool)
        if frame.has(name):
            if len(same) >= 100:
                yield frame.measure(f"{name}.body", float(same.mean()))
            else:
                yield frame.skip(f"{name}.body", "fewer than 100 pixels of bare skin")


def _compare(frame: Subject, body: BodyState, pixels: np.ndarray) -> dict[str, np.ndarray]:
    model = body.model
    witness = Witness(body.posed[: body.count], model.faces, frame.T_world_from_cam[:3, 3], frame.options.provider)
    hits = witness.cast(frame.directions.reshape(-1, 3)[pixels], NEAR)
    depth = frame.channel("depth").ravel()[pixels]
    on = (hits.triangle >= 0) & np.isfinite(depth)
    on[on] = np.abs(hits.t[on] - depth[on]) < _ON_SKIN
    pixels, triangle, bary = pixels[on], hits.triangle[on], hits.bary[on]
    out = {}
    if frame.has("iuv"):
        uv = np.einsum("nk,nkd->nd", bary, model.uv[model.uv_faces[triangle]].astype(np.float64))  # type: ignore[index]
        stored = frame.channel("iuv").reshape(-1, 3)[pixels, 1:]
        out["iuv"] = np.abs(uv - stored).max(1) <= _UV_TOLERANCE
    if frame.has("part"):
        out["part"] = model.face_part[triangle] == frame.channel("part").ravel()[pixels]  # type: ignore[index]
    return out
