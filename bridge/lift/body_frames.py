"""A frame of a dataset as what a body fit reads, and the truth that it is measured against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...procgen.dataset.exporters.amass import smplx_parameters
from ...procgen.dataset.reader import Frame, Person
from ...procgen.errors import LiftError
from ...procgen.people.model import BodyModel
from .body_fit import BodyFit
from .body_problem import BodySetup
from .body_view import BodyView


def view_of_frame(
    frame: Frame, person: Person, *, detector: str = "mediapipe", channels: Sequence[str] = ("mask", "depth", "normal"), metric: bool = True
) -> BodyView:
    """One person in one frame.

    Args:
        detector: "mediapipe" looks at the picture; "labels" takes the frame's own joints ("smplx"), seen or not.
        channels: Which of "mask", "depth" and "normal" are taken from the frame.
        metric: Whether depth counts as metres; False hides its scale and shift.
    Raises:
        LiftError: the person is out of the picture, or the detector finds nobody.
    """
    camera = frame.camera
    if person.box is None:
        raise LiftError(f"{frame.name}: {person.name} is not in the picture")
    marks, world, hands = "smplx", None, {}
    if detector == "labels":
        xyv = person.keypoints("smplx")[:55]
        xy, confidence = xyv[:, :2], (xyv[:, 2] > 0).astype(np.float64)
    else:
        from .body_detect import hands_of, marks_of

        found = marks_of(frame["rgb"], person.box, frame["instance"] == person.instance if "mask" in channels else None)
        if found is None:
            raise LiftError(f"{frame.name}: no body is found where {person.name} is", fix="a picture that shows more of the person")
        marks, xy, confidence, world = "mediapipe", found.points, found.visibility, found.world
        hands = hands_of(frame["rgb"], xy, confidence)
    return BodyView(
        camera.K, camera.T_cam_from_world, camera.width, camera.height, xy, confidence, marks, world, hands,
        mask=frame["instance"] == person.instance if "mask" in channels else None,
        depth=frame["depth"] if "depth" in channels else None, metric=metric,
        normals=frame["normal"] if "normal" in channels else None,
    )  # fmt: skip


def true_fit(person: Person, setup: BodySetup) -> BodyFit:
    """The parameters that a frame was made with."""
    pose, trans = smplx_parameters(person)
    return BodyFit(person.betas, pose, trans, setup.space.nearest(setup.model, person.betas))


def errors(fit: BodyFit, truth: BodyFit, model: BodyModel) -> dict[str, float]:
    """Errors in metres by true correspondence: vertex k of one against vertex k of the other.

    Returns:
        mpjpe, pve: mean over 22 joints / all vertices, pelvis on pelvis. pa_mpjpe, pa_pve: after the best similarity.
        away: distance of the pelves in the world. height: difference of statures.
    """
    a, b = fit.posed(model), truth.posed(model)
    ja, jb = a.joints[:22].astype(np.float64), b.joints[:22].astype(np.float64)
    va, vb = a.vertices.astype(np.float64), b.vertices.astype(np.float64)

    def mean(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.linalg.norm(x - y, axis=1).mean())

    return {
        "mpjpe": mean(ja - ja[0], jb - jb[0]), "pve": mean(va - ja[0], vb - jb[0]),
        "pa_mpjpe": mean(aligned(ja, jb), jb), "pa_pve": mean(aligned(va, vb), vb), "away": float(np.linalg.norm(ja[0] - jb[0])),
    }  # fmt: skip


def aligned(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Points a (N, 3) under the similarity that brings them nearest to b. Source: Umeyama 1991."""
    x, y = a - a.mean(0), b - b.mean(0)
    u, s, vt = np.linalg.svd(y.T @ x)
    d = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (s * d).sum() / max((x * x).sum(), 1e-12)
    return scale * x @ (u @ np.diag(d) @ vt).T + b.mean(0)
