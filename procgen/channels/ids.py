"""Integer labels: object, instance, semantic class and body part."""

from __future__ import annotations

import numpy as np

from ..geometry import Mesh
from ..registry import channels
from .channel import Channel
from .classes import class_id
from .view import View


def decode_object(view: View) -> np.ndarray:
    """(H, W) uint16 object id, row of the record's object table; 0 on the background."""
    return view.raw.object.astype(np.uint16)


def decode_instance(view: View) -> np.ndarray:
    """(H, W) uint16 instance id; people are 1..P in spec order, other countable things follow; 0 = background."""
    return view.lookup([o.instance for o in view.geometry.objects])


def decode_semantic(view: View) -> np.ndarray:
    """(H, W) uint16 class id of `channels/classes.py`."""
    return view.lookup([class_id(o.semantic) for o in view.geometry.objects])


def decode_part(view: View) -> np.ndarray:
    """(H, W) uint16 body-part id; 0 off the bare or clothed body mesh."""
    out = np.zeros(view.width * view.height, np.uint16)
    hits = view.hits
    for index in np.unique(hits.object):
        mesh = view.geometry.objects[index].geometry
        if isinstance(mesh, Mesh) and mesh.part is not None:
            here = hits.object == index
            out[hits.pixel[here]] = mesh.part[hits.face[here]]
    return out.reshape(view.height, view.width)


for _name, _decode, _doc in (
    ("object", decode_object, "Object id: one for each mesh or hair set."),
    ("instance", decode_instance, "Instance id: people 1..P, then things."),
    ("semantic", decode_semantic, "Semantic class id."),
    ("part", decode_part, "Body part below the surface seen (skin or cloth)."),
):
    channels.register(_name)(
        Channel(_name, f"{_name}.png", "uint16", "H,W", "id", "image", "Object Index, face id", _decode, (), True, _doc)
    )
