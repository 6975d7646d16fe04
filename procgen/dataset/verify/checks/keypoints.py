"""Keypoints: names, the body run forward from the record, projection, sides, visibility and occluders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....errors import SpecError
from ....frames import project
from ....people.body_state import BodyState
from ....people.keypoints import keypoint_names, keypoints
from ....people.nearest import NearestPoints
from ...record import KeypointsRecord, PersonRecord
from ..registry import checks
from ..report import Result
from ..subject import Subject

_SIDES = (("left_", "right_"), ("l_", "r_"))


@checks.register("keypoints")
def check_keypoints(frame: Subject) -> Iterator[Result]:
    """Keypoints of everybody in one frame."""
    sets = [(p, name, k) for p in frame.record.people for name, k in p.keypoints.items()]
    if not sets:
        return
    yield from _names(frame, sets)
    yield from _geometry(frame, sets)
    yield from _bodies(frame, sets)


def _names(frame: Subject, sets: list[tuple[PersonRecord, str, KeypointsRecord]]) -> Iterator[Result]:
    wrong = []
    for p, name, k in sets:
        try:
            right = keypoint_names(name)
        except SpecError:
            wrong.append(f"unknown set {name!r}")
            continue
        if len(k.names) != len(right):
            wrong.append(f"{p.name} {name}: {len(k.names)} names for {len(right)}")
        wrong += [f"{p.name} {name}: {a!r} for {b!r}" for a, b in zip(k.names, right, strict=False) if a != b]
    yield frame.measure("keypoints.names", len(wrong), got="; ".join(wrong[:5]))


def _geometry(frame: Subject, sets: list[tuple[PersonRecord, str, KeypointsRecord]]) -> Iterator[Result]:
    turned = projected = 0.0
    words, outside, odd = "", [], []
    for p, name, k in sets:
        turned = max(turned, float(np.abs(frame.to_camera(k.xyz_world) - k.xyz_cam).max(initial=0.0)) * 1000)
        error, xy = projection_errors(frame, k)
        if error.max(initial=0.0) > projected:
            i = int(error.argmax())
            projected = float(error[i])
            words = f"{p.name} {name} {k.names[i]} at {k.xy[i].round(3).tolist()}, projected {xy[i].round(3).tolist()}"
        inside = (k.xyz_cam[:, 2] > 1e-6) & (k.xy >= 0).all(1) & (k.xy < [frame.width, frame.height]).all(1)
        wrong = np.nonzero(inside != (k.visibility > 0))[0]
        outside += [f"{p.name} {name} {k.names[i]}: {k.visibility[i]}" for i in wrong]
        odd += [f"{p.name} {name} {text}" for text in _contradictions(frame, k, inside)]
    yield frame.measure("keypoints.camera", turned)
    yield frame.measure("keypoints.projection", projected, got=words)
    yield frame.measure("keypoints.visibility", len(outside), got="; ".join(outside[:3]))
    yield frame.measure("keypoints.occluder", len(odd), got="; ".join(odd[:3]))


def projection_errors(frame: Subject, k: KeypointsRecord) -> tuple[np.ndarray, np.ndarray]:
    """(N,) pixels between recorded and projected points in front of the camera, and the projected points (N, 2)."""
    xy, z = project(frame.K, frame.T_cam_from_world, k.xyz_world)
    # Points beside the camera project to infinity: their error counts in units of four images.
    scale = np.maximum(1.0, np.abs(xy).max(1) / (4 * max(frame.width, frame.height)))
    return np.where(z > 1e-6, np.linalg.norm(xy - k.xy, axis=1) / scale, 0.0), xy


def _contradictions(frame: Subject, k: KeypointsRecord, inside: np.ndarray) -> list[str]:
    odd = inside & ((k.visibility == 1) != (k.occluder > 0))
    odd |= (k.occluder > 0) != (k.occluder_distance > 0)
    odd |= ~np.isin(k.occluder, [0, *(o.id for o in frame.record.objects)])
    return [
        f"{k.names[i]}: visibility {k.visibility[i]}, occluder {k.occluder[i]} at {k.occluder_distance[i]:.3f} m"
        for i in np.nonzero(odd)[0]
    ]


def _bodies(frame: Subject, sets: list[tuple[PersonRecord, str, KeypointsRecord]]) -> Iterator[Result]:
    worst, words, swapped = 0.0, "", []
    for p in frame.record.people:
        body, why = frame.body_or_reason(p)
        if body is None:
            yield frame.skip("keypoints.body", why)
            yield frame.skip("keypoints.sides", why)
            return
        pairs = [("joints3d_world", p.joints3d_world, body.joints, body.model.joint_names)]
        for q, name, k in sets:
            if q is p:
                pairs.append((name, k.xyz_world, np.asarray(keypoints(name, body), np.float64), k.names))
                swapped += [f"{p.name} {name} {pair}" for pair in swapped_pairs(body, frame.skin_tree(p), k)]
        for name, stored, run, names in pairs:
            if stored.shape != run.shape:
                worst, words = float("inf"), f"{p.name} {name}: {stored.shape} for {run.shape}"
                continue
            error = np.linalg.norm(stored - run, axis=1) * 1000
            if error.max(initial=0.0) > worst:
                i = int(error.argmax())
                worst, words = float(error[i]), f"{p.name} {name} {names[i]} is {error[i]:.3f} mm away"
    yield frame.measure("keypoints.body", worst, expected="positions of the body run forward", got=words)
    yield frame.measure("keypoints.sides", len(swapped), expected="left is left", got=", ".join(swapped[:5]))


def swapped_pairs(body: BodyState, tree: NearestPoints, k: KeypointsRecord) -> list[str]:
    """Names of left and right pairs that lie on each other's side of the body.

    The side of a point is that of the body's nearest skin at rest, where the person's left is +X: no table of
    keypoints is asked.
    """
    index = {n: i for i, n in enumerate(k.names)}
    found = np.asarray(tree.query(np.asarray(k.xyz_world, np.float64))[1]).reshape(len(k.names), -1)[:, 0]
    side = body.rest[found, 0]
    out = []
    for left, right in _SIDES:
        for name, i in index.items():
            j = index.get(right + name[len(left) :]) if name.startswith(left) else None
            if j is not None and side[i] < -0.005 and side[j] > 0.005:
                out.append(f"{name}/{k.names[j]}")
    return out
