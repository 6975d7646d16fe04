"""Dense correspondence: body part and body UV of every pixel on a person."""

from __future__ import annotations

import numpy as np

from ..geometry import Mesh
from ..registry import channels
from .channel import Channel
from .view import View, interpolate_corners


def decode_iuv(view: View) -> np.ndarray:
    """(H, W, 3) float32: part id, u, v on the body's UV map; zero off people, u = v = 0 on parts without a map."""
    out = np.zeros((view.height * view.width, 3), np.float32)
    hits = view.hits
    for index in np.unique(hits.object):
        mesh = view.geometry.objects[index].geometry
        if isinstance(mesh, Mesh) and mesh.part is not None:
            here = hits.object == index
            face = hits.face[here]
            out[hits.pixel[here], 0] = mesh.part[face]
            if mesh.iuv is not None:
                out[hits.pixel[here], 1:] = interpolate_corners(mesh.iuv, face, hits.corners[here], hits.bary[here])
    return out.reshape(view.height, view.width, 3)


channels.register("iuv")(
    Channel(
        "iuv",
        "iuv.exr",
        "float32",
        "H,W,3",
        "id, uv, uv",
        "body UV",
        "face id",
        decode_iuv,
        ("I", "U", "V"),
        True,
        "Part id and body UV of every pixel on a body; 0 elsewhere.",
    )
)
