"""Sight lines to the keypoints, cast again: who is hidden, by what, and how far behind it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....frames import project
from ....labels import is_hidden
from ...record import KeypointsRecord, PersonRecord
from ..registry import checks
from ..report import Result
from ..subject import Subject

# A sight line may be moved by this much, metres, to find the recorded answer: float32 rays graze edges differently.
_JITTER = 1e-3
_DISTANCE = 5e-3


@checks.register("sight")
def check_sight(frame: Subject) -> Iterator[Result]:
    """Visibility and occluders of all keypoints in one frame."""
    if not any(p.keypoints for p in frame.record.people):
        return
    if frame.mesh is None:
        yield frame.skip("keypoints.witness", frame.no_mesh)
        return
    wrong, total = [], 0
    for p in frame.record.people:
        body, why = frame.body_or_reason(p)
        if body is None:
            yield frame.skip("keypoints.witness", why)
            return
        for name, k in p.keypoints.items():
            off = disagreeing(frame, p, k)
            total += len(k.names)
            for i, saw in off:
                said = f"visibility {k.visibility[i]}, occluder {k.occluder[i]}"
                wrong.append(f"{p.name} {name} {k.names[i]}: {said}; witness {saw}")
    yield frame.measure("keypoints.witness", len(wrong), expected="what sight lines meet", got="; ".join(wrong[:3]))


def disagreeing(frame: Subject, person: PersonRecord, k: KeypointsRecord) -> list[tuple[int, list[int]]]:
    """Points whose recorded occluder no sight line confirms, with the objects that the sight lines met."""
    eye = frame.T_world_from_cam[:3, 3]
    own = {o.id: o.semantic for o in frame.record.objects if o.person == person.index}
    world = np.asarray(k.xyz_world, np.float64)
    under = np.asarray(frame.skin_tree(person).query(world)[0]).reshape(len(world), -1)[:, 0]
    ahead = frame.to_camera(world)[:, 2] > 1e-6
    confirmed = ~ahead
    met: list[list[int]] = [[] for _ in world]
    for shift in _shifts(frame.T_world_from_cam):
        target = world + shift
        ids, near = _first(frame, target - eye, ahead)
        hair, hair_near = _hair(frame, target)
        nearer = (hair > 0) & (hair_near < near)
        ids, near = np.where(nearer, hair, ids), np.where(nearer, hair_near, near)
        behind = np.where(ids > 0, np.linalg.norm(target - eye, axis=1) - np.where(ids > 0, near, 0.0), 0.0)
        for slack in (-2e-3, 2e-3):
            hidden = is_hidden(ids, behind - slack, under, own)
            occluder = np.where(hidden, ids, 0)
            same = occluder == k.occluder
            confirmed |= same & (~hidden | (np.abs(behind - k.occluder_distance) <= _DISTANCE))
        for i, found in enumerate(occluder.tolist()):
            met[i].append(found)
    return [(int(i), sorted(set(met[i]))) for i in np.nonzero(~confirmed)[0]]


def _shifts(T_world_from_cam: np.ndarray) -> np.ndarray:
    across = T_world_from_cam[:3, :2].T
    return np.concatenate([np.zeros((1, 3)), across, -across]) * _JITTER


def _first(frame: Subject, directions: np.ndarray, ahead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ids, near = np.zeros(len(directions), np.int64), np.full(len(directions), np.inf)
    rows = np.nonzero(ahead)[0]
    hits = frame.witness.cast(directions[rows])
    between = (hits.triangle >= 0) & (hits.t <= 1.0)
    owner = frame.need_mesh()["triangle_object"].astype(np.int64)
    ids[rows[between]] = owner[hits.triangle[between]]
    near[rows[between]] = hits.t[between] * np.linalg.norm(directions[rows[between]], axis=1)
    return ids, near


def _hair(frame: Subject, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strands in front of points, as the object and depth images show them (both are checked on their own)."""
    ids, near = np.zeros(len(points), np.int64), np.full(len(points), np.inf)
    if not frame.on_hair.any():
        return ids, near
    pixel, z = project(frame.K, frame.T_cam_from_world, points)
    at = np.floor(pixel)
    inside = np.nonzero((z > 0) & (at >= 0).all(1) & (at[:, 0] < frame.width) & (at[:, 1] < frame.height))[0]
    x, y = at[inside].astype(int).T
    depth = frame.channel("depth")[y, x]
    front = frame.on_hair[y, x] & (depth < z[inside])
    rows = inside[front]
    ids[rows] = frame.objects[y[front], x[front]]
    near[rows] = depth[front] * np.linalg.norm(frame.directions[y[front], x[front]], axis=1)
    return ids, near
