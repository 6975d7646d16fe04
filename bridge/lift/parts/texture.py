"""The texture of a lifted body: all views in its UV map, without the light that fell on it.

Settings: `size=TEXELS` (default 1024); `light=keep` leaves light and tone in; `tone=srgb`, `agx` or `raw` says how pictures were
developed (frames of ours record it; photographs are taken as sRGB).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ....procgen.color_names import srgb_from_linear
from ....procgen.errors import LiftError, SpecError
from ....procgen.people.model import BodyModel, load_body
from ..body_problem import body_setup
from ..picture_light import Light, flattened
from ..result import PartResult
from ..subject import Subject
from ..texture import TextureView, bake, uv_map
from ..tone import named_tone
from . import Part, parts

if TYPE_CHECKING:
    from ..run import LiftOptions

SIZE = 1024


def lift_texture(subject: Subject, found: Mapping[str, PartResult], options: LiftOptions) -> PartResult:
    """Bake the views that the body was fitted to.

    Raises:
        LiftError: the body file has no UV map, or no view sees the body.
    """
    if subject.source.get("sequence"):
        return PartResult({"summary": "none", "notes": ["textures are not taken from clips: lift single moments"]})
    setup = body_setup(load_body(options.model) if options.model else None)
    model, body = setup.model, found["body"]
    if model.uv is None or model.uv_faces is None:
        raise LiftError(f"the body {model.name!r} has no UV map", fix="use the open body, or a file with vt and ft")
    uv = uv_map(setup.faces, np.asarray(model.uv), np.asarray(model.uv_faces, np.int64), size_of(options))
    views, light = flat_views(subject, body, options)
    vertices = np.asarray(body.arrays["vertices"], np.float64)
    rest = setup.vertices.shaped(np.asarray(body.arrays["shape"]))
    pieces = pieces_of(model)
    texture = bake(vertices, rest, uv, views, pieces)
    facts = {"size": uv.size, "seen_share": round(float(texture.seen[uv.texels].mean()), 4)}
    arrays = {"confidence": texture.confidence}
    if light is not None:
        arrays |= {"light": light.sky, "sun": light.sun}
        if light.direction is not None:
            arrays["sun_direction"] = light.direction
    facts["summary"] = f"{100 * facts['seen_share']:.0f} % of {uv.size} x {uv.size} texels seen"
    pictures = {
        "color": np.rint(255.0 * srgb_from_linear(np.clip(texture.color, 0.0, 1.0))).astype(np.uint8),
        "confidence": np.rint(255.0 * texture.confidence).astype(np.uint8),
    }
    return PartResult(facts, arrays, pictures)


def flat_views(subject: Subject, body: PartResult, options: LiftOptions) -> tuple[list[TextureView], Light | None]:
    """The pictures that a body was fitted to as paint, and the light that was on them; with `light=keep` as they are, and None."""
    views = views_of(subject, body, options)
    if options.settings.get("light") == "keep":
        return views, None
    setup = body_setup(load_body(options.model) if options.model else None)
    sun = next((v.sun for v in subject.views if v.sun is not None), None)
    return flattened(views, np.asarray(body.arrays["vertices"], np.float64), setup.faces, setup.region, sun)


def views_of(subject: Subject, body: PartResult, options: LiftOptions) -> list[TextureView]:
    """The pictures that a body was fitted to, linear, with its cameras; with `light=keep` as they were developed."""
    names = list(body.facts["views"])
    seen = [v for v in subject.views if v.name in names]
    named = options.settings.get("tone", "srgb" if options.settings.get("light") == "keep" else None)
    cameras = zip(body.arrays["K"], body.arrays["T_cam_from_world"], strict=True)
    return [
        TextureView(
            (v.tone if named is None else named_tone(str(named))).linear(v.rgb), K, T, v.mask,
            v.depth if v.K is not None else None, normal=v.normal if v.K is not None else None,
        )
        for v, (K, T) in zip(seen, cameras, strict=True)
    ]  # fmt: skip


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
