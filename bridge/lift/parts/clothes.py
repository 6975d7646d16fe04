"""The clothes of a lifted body: garments of Vivant's own put on it, with what the pictures show in their own UV maps.

Which garments: those of the frame's record; for photographs, settings `person=PERSON.json` (whose outfit is worn) or
`wearing=TEXT` (a description in plain words). `size=TEXELS` (default 1024); `light` and `tone` as the texture
takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ....procgen.color_names import srgb_from_linear
from ....procgen.errors import LiftError
from ....procgen.one_person import read_person, sample_person
from ....procgen.seeds import Seed
from ....procgen.spec import HumanSpec
from ..body_problem import body_setup
from ..result import PartResult
from ..subject import Subject
from ..texture import Texture, TextureView, bake, uv_map
from ..worn import cloth_of, dressed, lifted_state, masks_of, worn_texture
from . import Part, parts
from .texture import flat_views, pieces_of, size_of

if TYPE_CHECKING:
    from ..run import LiftOptions


def lift_clothes(subject: Subject, found: Mapping[str, PartResult], options: LiftOptions) -> PartResult:
    """Dress the body that was fitted, and take the textures of garments and of bare skin from its views.

    Raises:
        LiftError: a body of another model, nothing known to wear, or no view that shows any of it.
    """
    if options.model:
        raise LiftError("clothes fit the open body alone", fix="leave --model away")
    if subject.source.get("sequence"):
        return PartResult({"summary": "none", "notes": ["clothes are not taken from clips: lift single moments"]})
    human = _wearer(subject, options)
    body = found["body"]
    state = lifted_state(body.arrays, human)
    parts = dressed(state, human)
    views, _ = flat_views(subject, body, options)
    masks = masks_of(parts, views)
    size = size_of(options)
    pictures: dict[str, np.ndarray] = {}
    facts: dict[str, Any] = {"person": human.to_dict(), "size": size, "garments": {}, "notes": []}
    for part in parts:
        cloth = cloth_of(part, size)
        texture = None if cloth is None else worn_texture(cloth, views, [m[part.name] for m in masks])
        if cloth is None:
            continue
        seen = 0.0 if texture is None else float(texture.seen[cloth.uv.texels].mean())
        facts["garments"][part.name] = round(seen, 4)
        if texture is None:
            facts["notes"].append(f"{part.name}: no picture shows it, it keeps its own look")
        else:
            pictures |= _pictures(part.name, texture)
    skin = _skin(body, views, [m["body"] for m in masks], size)
    if skin is not None:
        pictures |= _pictures("body", skin)
    shown = [s for s in facts["garments"].values() if s > 0]
    if not pictures:
        raise LiftError(f"{subject.name}: no picture shows clothes or skin", fix="check the body's overlay: it may lie beside the person")
    facts["summary"] = f"{len(shown)} of {len(facts['garments'])} garments textured" + (
        f", {100 * float(np.mean(shown)):.0f} % of their texels seen" if shown else ""
    )
    return PartResult(facts, {}, pictures)


def _wearer(subject: Subject, options: LiftOptions) -> HumanSpec:
    given, text = options.settings.get("person"), options.settings.get("wearing")
    if given is not None:
        return read_person(str(given))
    if text is not None:
        return sample_person(Seed(0).child("person"), pose=None, description=str(text))
    known = next((v.known for v in subject.views if v.known is not None), None)
    if known is None:
        raise LiftError(
            f"{subject.name}: what they wear is not known",
            fix="--set person=PERSON.json, or --set 'wearing=a man in a white shirt and jeans'",
        )
    return HumanSpec.from_dict(known.spec)


def _skin(body: PartResult, views: list[TextureView], masks: list[np.ndarray], size: int) -> Texture | None:
    """The body's own map from bare skin alone: no cloth is painted on it."""
    setup = body_setup()
    model = setup.model
    uv = uv_map(setup.faces, np.asarray(model.uv), np.asarray(model.uv_faces, np.int64), size)
    vertices = np.asarray(body.arrays["vertices"], np.float64)
    rest, apart = setup.vertices.shaped(np.asarray(body.arrays["shape"])), pieces_of(model)
    try:
        return bake(vertices, rest, uv, [replace(v, mask=m) for v, m in zip(views, masks, strict=True)], apart)
    except LiftError:
        return None


def _pictures(name: str, texture: Texture) -> dict[str, np.ndarray]:
    return {
        name: np.rint(255.0 * srgb_from_linear(np.clip(texture.color, 0.0, 1.0))).astype(np.uint8),
        f"{name}_confidence": np.rint(255.0 * texture.confidence).astype(np.uint8),
    }


parts.register("clothes")(Part(lift_clothes, needs=("body", "texture")))
