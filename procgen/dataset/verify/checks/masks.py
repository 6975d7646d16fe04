"""Amodal masks and boxes: visible within amodal, counts, the body run forward, and the person's own triangles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....frames import project
from ..registry import checks
from ..report import Result
from ..subject import Subject
from ..witness import NEAR, Witness


def box_of(mask: np.ndarray) -> list[float] | None:
    """x0, y0, x1, y1 (outer borders) of a mask (H, W), or None."""
    y, x = np.nonzero(mask)
    return None if not len(y) else [float(x.min()), float(y.min()), float(x.max()) + 1, float(y.max()) + 1]


def grown(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool mask with its eight neighbours."""
    padded = np.pad(mask, 1)
    out = np.zeros_like(mask)
    height, width = mask.shape
    for dy in range(3):
        for dx in range(3):
            out |= padded[dy : dy + height, dx : dx + width]
    return out


def box_problems(mask: np.ndarray, box: tuple[float, ...] | None, count: int) -> tuple[float, str]:
    """Largest difference of a recorded box or pixel count from the mask's own, and in words."""
    own = box_of(mask)
    if (own is None) != (box is None):
        return float("inf"), f"box {box}, mask {own}"
    error = 0.0 if own is None else float(np.abs(np.subtract(own, box)).max())  # type: ignore[arg-type]
    off = abs(int(mask.sum()) - count)
    return error + off, "" if not error + off else f"box {box} of {count} px, mask {own} of {int(mask.sum())} px"


@checks.register("masks")
def check_masks(frame: Subject) -> Iterator[Result]:
    """Masks and boxes of the people in one frame."""
    people = frame.record.people
    instance = frame.channel("instance") if frame.has("instance") else None
    if instance is not None:
        found = [box_problems(instance == p.instance, p.box_visible, p.visible_px) for p in people]
        yield from _worst(frame, "boxes.visible", found)
    amodal = frame.amodal
    if amodal is None or not people:
        return
    yield from _worst(
        frame, "boxes.amodal", [box_problems(m, p.box_amodal, p.amodal_px) for m, p in zip(amodal, people, strict=True)]
    )
    if instance is not None:
        outside = np.zeros(instance.shape, bool)
        for mask, p in zip(amodal, people, strict=True):
            outside |= (instance == p.instance) & ~mask
        yield frame.measure("amodal.visible", int(outside.sum()), got=frame.where(outside, instance))
    for mask, p in zip(amodal, people, strict=True):
        yield from _body_in_mask(frame, mask, p)
    yield from _boxes_of_keypoints(frame)
    yield from _silhouettes(frame, amodal)


def _worst(frame: Subject, check: str, found: list[tuple[float, str]]) -> Iterator[Result]:
    if found:
        value, words = max(found)
        yield frame.measure(check, value, got=words)


def _body_in_mask(frame: Subject, mask: np.ndarray, person: object) -> Iterator[Result]:
    body, why = frame.body_or_reason(person)  # type: ignore[arg-type]
    if body is None:
        yield frame.skip("amodal.body", why)
        return
    pixel, z = project(frame.K, frame.T_cam_from_world, body.posed[: body.count])
    at = np.floor(pixel)
    inside = (z > NEAR) & (at >= 0).all(1) & (at[:, 0] < frame.width) & (at[:, 1] < frame.height)
    if inside.sum() < 100:
        yield frame.skip("amodal.body", "the body is outside the image")
        return
    x, y = at[inside].astype(int).T
    yield frame.measure("amodal.body", float(grown(mask)[y, x].mean()))


def _boxes_of_keypoints(frame: Subject) -> Iterator[Result]:
    worst, words = 0.0, ""
    for p in frame.record.people:
        for name, k in p.keypoints.items():
            seen = np.nonzero(k.visibility == 2)[0]
            if not len(seen):
                continue
            if p.box_amodal is None:
                worst, words = float("inf"), f"{p.name} has keypoints that are seen and no box"
                continue
            low, high = np.array(p.box_amodal[:2]), np.array(p.box_amodal[2:])
            out = np.maximum(low - k.xy[seen], k.xy[seen] - high).max(1)
            if out.max() > worst:
                i = int(seen[out.argmax()])
                worst, words = float(out.max()), f"{p.name} {name} {k.names[i]} at {k.xy[i].round(2).tolist()}"
    yield frame.measure("boxes.keypoints", worst, expected="within the amodal box", got=words)


def _silhouettes(frame: Subject, amodal: np.ndarray) -> Iterator[Result]:
    if frame.mesh is None:
        yield frame.skip("amodal.witness", frame.no_mesh)
        return
    mesh, rays = frame.mesh, frame.directions.reshape(-1, 3)
    strands = grown(np.isfinite(frame.hair_around))
    for mask, p in zip(amodal, frame.record.people, strict=True):
        own = [o.id for o in frame.record.objects if o.person == p.index]
        triangles = mesh["triangles"][np.isin(mesh["triangle_object"], own)]
        if not len(triangles):
            continue
        used, rows = np.unique(triangles, return_inverse=True)
        witness = Witness(
            mesh["vertices"][used], rows.reshape(-1, 3), frame.T_world_from_cam[:3, 3], frame.options.provider
        )
        solid = (witness.cast(rays, NEAR).triangle >= 0).reshape(mask.shape)
        wrong = (solid & ~mask) | (mask & ~solid & ~strands)
        union = int((solid | mask).sum())
        off = int(wrong.sum())
        yield frame.share("amodal.witness", off, union, got=frame.where(wrong, mask, solid),
                          what=f"the amodal mask of {p.name} is not the silhouette of its triangles")  # fmt: skip
