"""What the record says of each person in a view: boxes, masks, keypoints with visibility and occluders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .channels.view import View
from .frames import project, transform
from .people.body_state import BodyState
from .people.keypoints import keypoint_names, keypoints
from .people.nearest import NearestPoints
from .raster import box, silhouette

KEYPOINT_SETS = ("smplx", "coco17", "coco_wholebody")
# A point counts as seen if what lies before it is its own flesh and cloth: this many times its depth under the skin …
OWN_FLESH = 1.5
# … plus this much hair, cheek or neighbouring flesh, or this much loose cloth (a wide trouser leg, a skirt), metres.
OWN_COVER = 0.03
OWN_CLOTH = 0.10
CLOTHES = frozenset(("upper_clothes", "lower_clothes", "dress", "outerwear", "footwear"))

# (targets (N, 3)) -> object ids (N,) and distances (N,) of what each sight line meets first; 0 and inf for nothing.
SightLines = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class PersonLabels:
    """Labels of one person in one view.

    Attributes:
        keypoints: Name of the set -> dict of arrays names, xy (N, 2) px, xyz_world, xyz_cam (N, 3) m,
            visibility (N,) {0 outside the image, 1 hidden, 2 seen}, occluder (N,) object id or 0,
            occluder_distance (N,) m from occluder to point or 0.
        box_visible, box_amodal: x0, y0, x1, y1 px or None.
        visible_px, amodal_px: Pixel counts; truncated: share of the body's vertices outside the image.
    """

    keypoints: dict[str, dict[str, Any]]
    amodal: np.ndarray
    box_visible: tuple[float, ...] | None
    box_amodal: tuple[float, ...] | None
    visible_px: int
    amodal_px: int
    truncated: float


def label_person(view: View, person: int, body: BodyState, sight: SightLines) -> PersonLabels:
    """All labels of a person.

    Args:
        person: Index in `SceneSpec.people`; instance id = person + 1.
        body: The posed body.
        sight: Sight lines from this view's camera.
    """
    items = [o for o in view.geometry.objects if o.person == person and o.labelled]
    instance = view.lookup([o.instance for o in view.geometry.objects])
    visible = instance == person + 1
    amodal = silhouette(items, view.K, view.T_cam_from_world, view.width, view.height) | visible
    own = {i + 1: o.semantic for i, o in enumerate(view.geometry.objects) if o.person == person}
    vertices = body.posed[: body.count].astype(np.float64)
    pixel, z = project(view.K, view.T_cam_from_world, vertices)
    inside = (z > 0) & (pixel >= 0).all(1) & (pixel[:, 0] < view.width) & (pixel[:, 1] < view.height)
    surface = NearestPoints(vertices)
    sets = {name: _keypoints(view, name, body, surface, own, sight) for name in KEYPOINT_SETS}
    return PersonLabels(
        sets, amodal, box(visible), box(amodal), int(visible.sum()), int(amodal.sum()), float(1 - inside.mean())
    )


def is_hidden(ids: np.ndarray, behind: np.ndarray, under: np.ndarray, own: Mapping[int, str]) -> np.ndarray:
    """Whether what a sight line meets first hides the point: everything does but the point's own thin cover.

    Args:
        ids: (N,) object met first, 0 = none; behind: (N,) metres from there to the point.
        under: (N,) depth of the point under its own skin, metres.
        own: Object id -> semantic class of the person's own objects.
    Returns:
        (N,) bool.
    """
    cloth = np.isin(ids, [i for i, semantic in own.items() if semantic in CLOTHES])
    cover = OWN_FLESH * under + np.where(cloth, OWN_CLOTH, OWN_COVER)
    return (ids > 0) & ~(np.isin(ids, list(own)) & (behind <= cover))


def _keypoints(
    view: View, name: str, body: BodyState, surface: NearestPoints, own: dict[int, str], sight: SightLines
) -> dict[str, Any]:
    world = np.asarray(keypoints(name, body), np.float64)
    xy, z = project(view.K, view.T_cam_from_world, world)
    inside = (z > 1e-6) & (xy >= 0).all(1) & (xy[:, 0] < view.width) & (xy[:, 1] < view.height)
    ids, near = sight(world)
    distance = np.linalg.norm(world - view.T_world_from_cam[:3, 3], axis=1)
    behind = np.where(ids > 0, distance - near, 0.0)
    under = np.asarray(surface.query(world)[0], np.float64).reshape(len(world), -1)[:, 0]
    hidden = is_hidden(ids, behind, under, own)
    return {
        "names": list(keypoint_names(name)),
        "xy": xy,
        "xyz_world": world,
        "xyz_cam": transform(view.T_cam_from_world, world),
        "visibility": np.where(inside, np.where(hidden, 1, 2), 0).astype(np.int64),
        "occluder": np.where(hidden, ids, 0).astype(np.int64),
        "occluder_distance": np.where(hidden, behind, 0.0),
    }
