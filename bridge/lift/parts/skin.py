"""The skin of the face that was fitted, as a picture in the body's UV map, without the light that fell on it.

Settings: `size=TEXELS` (default 1024).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ....procgen.color_names import srgb_from_linear
from ..face_light import face_light
from ..face_skin import face_skin
from ..result import PartResult
from ..subject import Subject
from ..texture import TextureView
from . import Part, parts
from .detail import fitted
from .texture import size_of

if TYPE_CHECKING:
    from ..run import LiftOptions


def lift_skin(subject: Subject, found: Mapping[str, PartResult], options: LiftOptions) -> PartResult:
    """Skin of the face.

    Raises:
        LiftError: a head without UV map.
    """
    face = found["face"]
    if subject.source.get("sequence"):
        return PartResult({"summary": "none", "notes": ["skin is not taken from clips: lift single moments"]})
    fit, seen = fitted(subject, face, options)
    by_name = {v.name: v for v in subject.views}
    views = [
        TextureView(by_name[s.name].tone.linear(by_name[s.name].rgb), K, T, s.mask, s.depth if s.depth_metric else None)
        for s, K, T in zip(seen, fit.K, fit.T_cam_from_head, strict=True)
    ]
    light = face_light(fit, by_name[seen[0].name].rgb, 0, seen[0].mask, by_name[seen[0].name].tone)
    skin = face_skin(fit, views, light.light, light.skin, size_of(options))
    color = np.rint(255.0 * srgb_from_linear(np.clip(skin.color, 0.0, 1.0))).astype(np.uint8)
    alpha = np.rint(255.0 * skin.blend).astype(np.uint8)
    drawn = {"color": np.dstack([color, alpha]), "confidence": np.rint(255.0 * skin.confidence).astype(np.uint8)}
    facts = {"summary": f"{100 * skin.seen:.0f} % of the face seen", "seen_share": round(skin.seen, 4), "size": len(color), "notes": []}
    return PartResult(facts, {}, drawn)


parts.register("skin")(Part(lift_skin, needs=("face",)))
