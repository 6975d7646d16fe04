"""Body part and body UV of what is worn: those of the skin beneath, so that dense correspondence holds through clothes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..geometry import Mesh
from ..vectors import middles
from .body_state import BodyState
from .nearest import NearestPoints


class WornLabels:
    """Labels from the nearest skin of a posed body.

    Args:
        body: The person; meshes must be posed with it.
    """

    def __init__(self, body: BodyState) -> None:
        model = body.model
        self._usable = model.face_part is not None and model.uv is not None and model.uv_faces is not None
        if not self._usable:
            return
        # Eyes, tongue and the inside of the mouth are no skin that cloth could lie on.
        inner = [i for i, n in enumerate(model.part_names) if n in ("left_eye", "right_eye", "tongue", "mouth_inside", "eye_socket")]
        keep = np.nonzero(~np.isin(model.face_part, inner))[0]  # type: ignore[arg-type]
        posed, faces = body.posed[: body.count].astype(np.float64), model.faces[keep]
        self._corners = [posed.take(faces[:, k], 0) for k in range(3)]
        self._uv = [model.uv[model.uv_faces[keep, k]].astype(np.float64) for k in range(3)]  # type: ignore[index]
        self._part = model.face_part[keep]  # type: ignore[index]
        self._near = NearestPoints(middles(posed, faces))

    def label(self, mesh: Mesh) -> Mesh:
        """The mesh with `part` and `iuv`; as it is for bodies without a map.

        A face takes the part of the skin triangle nearest to its middle, and all its corners are placed in that
        triangle's own UV, so that no face is stretched over a seam of the map.
        """
        if not self._usable:
            return mesh
        vertices = mesh.vertices.astype(np.float64)
        _, found = self._near.query(middles(vertices, mesh.faces))
        a, b, c = (corner.take(found, 0) for corner in self._corners)
        u, v = b - a, c - a
        uu, uv, vv = (np.einsum("fd,fd->f", *pair) for pair in ((u, u), (u, v), (v, v)))
        det = np.maximum(uu * vv - uv * uv, 1e-18)
        first, second, third = (at.take(found, 0) for at in self._uv)
        second -= first
        third -= first
        iuv = np.empty((*mesh.faces.shape, 2), np.float32)
        for k in range(mesh.faces.shape[1]):
            w = vertices.take(mesh.faces[:, k], 0) - a
            wu, wv = np.einsum("fd,fd->f", w, u), np.einsum("fd,fd->f", w, v)
            s, t = (vv * wu - uv * wv) / det, (uu * wv - uv * wu) / det
            iuv[:, k] = np.clip(first + s[:, None] * second + t[:, None] * third, 0.0, 1.0)
        return replace(mesh, part=self._part[found].astype(np.uint8), iuv=iuv)
