"""The texture of a lifted body: all views in its UV map, without the light that fell on it.

Settings: `size=TEXELS` (default 1024); `light=keep` leaves the light in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ....procgen.color_names import linear_from_srgb, srgb_from_linear
from ....procgen.errors import LiftError, SpecError
from ....procgen.people.body_state import vertex_normals
from ....procgen.people.model import BodyModel, load_body
from ..body_light import fit_light, kinds_of, without_light
from ..body_problem import body_setup
from ..result import PartResult
from ..subject import Subject
from ..texture import Texture, TextureView, UvMap, bake, filled, uv_map
from . import Part, parts

if TYPE_CHECKING:
    from ..run import LiftOptions

SIZE = 1024


def lift_texture(subject: Subject, found: Mapping[str, PartResult], options: LiftOptions) -> PartResult:
    """Bake the views that the body was fitted to.

    Raises:
        LiftError: the body file has no UV map, or no view sees the body.
    """
    setup = body_setup(load_body(options.model) if options.model else None)
    model, body = setup.model, found["body"]
    if model.uv is None or model.uv_faces is None:
        raise LiftError(f"the body {model.name!r} has no UV map", fix="use the open body, or a file with vt and ft")
    uv = uv_map(setup.faces, np.asarray(model.uv), np.asarray(model.uv_faces, np.int64), size_of(options))
    views = views_of(subject, body)
    vertices = np.asarray(body.arrays["vertices"], np.float64)
    rest = setup.vertices.shaped(np.asarray(body.arrays["shape"]))
    pieces = pieces_of(model)
    texture = bake(vertices, rest, uv, views, pieces)
    facts = {"size": uv.size, "seen_share": round(float(texture.seen[uv.texels].mean()), 4)}
    arrays = {"confidence": texture.confidence}
    if options.settings.get("light") != "keep":
        color, light = delighted(texture, uv, vertices, rest, setup.region, pieces)
        arrays["light"] = light
        texture = Texture(color, texture.confidence, texture.seen)
    facts["summary"] = f"{100 * facts['seen_share']:.0f} % of {uv.size} x {uv.size} texels seen"
    pictures = {
        "color": np.rint(255.0 * srgb_from_linear(np.clip(texture.color, 0.0, 1.0))).astype(np.uint8),
        "confidence": np.rint(255.0 * texture.confidence).astype(np.uint8),
    }
    return PartResult(facts, arrays, pictures)


def delighted(
    texture: Texture, uv: UvMap, vertices: np.ndarray, rest: np.ndarray, region: np.ndarray, pieces: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A texture without its light (S, S, 3), and the light (9, 3).

    Args:
        vertices: (V, 3) posed, world. rest, pieces: As `bake` took them.
        region: (V,) region of each vertex; a region's hues are taken to be of one paint each.
    """
    normals = uv.carry(np.asarray(vertex_normals(vertices, uv.faces), np.float64))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    texels = uv.texels
    seen = texture.seen[texels]
    colors = np.asarray(texture.color[texels], np.float64)
    owner = region[uv.faces[uv.raster.face[texels], 0]]
    some = np.flatnonzero(seen)
    some = some[:: max(len(some) // 40_000, 1)]
    weights = np.asarray(texture.confidence[texels], np.float64)[some]
    light = fit_light(colors[some], normals[some], weights, kinds_of(colors[some], weights, owner[some]))
    flat = without_light(colors, normals, light)
    # What was filled in is filled in again: it came from elsewhere, under other light.
    return filled(flat, np.asarray(texture.confidence[texels], np.float64), uv, rest, pieces), light


def views_of(subject: Subject, body: PartResult) -> list[TextureView]:
    """The pictures that a body was fitted to, linear, with its cameras."""
    names = list(body.facts["views"])
    seen = [v for v in subject.views if v.name in names]
    cameras = zip(body.arrays["K"], body.arrays["T_cam_from_world"], strict=True)
    return [
        TextureView(linear_from_srgb(v.rgb / 255.0), K, T, v.mask, v.depth if v.K is not None else None)
        for v, (K, T) in zip(seen, cameras, strict=True)
    ]


def pieces_of(model: BodyModel) -> np.ndarray | None:
    """(F,) eyes and mouth by themselves, the rest together: an eyeball must not be filled with eyelid."""
    if model.face_part is None:
        return None
    apart = {"left_eye": 1, "right_eye": 1, "mouth_inside": 2, "tongue": 3}
    return np.array([apart.get(n, 0) for n in model.part_names])[np.asarray(model.face_part)]


def size_of(options: LiftOptions) -> int:
    """Texels a side of the texture."""
    given = options.settings.get("size", SIZE)
    try:
        return int(given)
    except (TypeError, ValueError):
        raise SpecError("the setting size is no number", expected="texels, for example size=1024", got=given) from None


parts.register("texture")(Part(lift_texture, needs=("body",)))
