"""Prompts from captions: what the scene graph knows, and a style."""

from __future__ import annotations

from ..procgen.errors import SpecError, unknown_name

MAX_CHARACTERS = 4000

# Name -> (what is put around the caption, negative prompt).
STYLES: dict[str, tuple[str, str]] = {
    "plain": ("{caption}", ""),
    "photo": (
        "{caption} Photograph, natural light, 35mm, sharp focus, realistic skin and fabric.",
        "3d render, cgi, video game, cartoon, painting, doll, plastic skin, deformed hands, extra fingers, lowres, blurry",
    ),
    "portrait": (
        "{caption} Portrait photograph, 85mm lens, soft window light, catchlights, fine skin texture.",
        "3d render, cgi, cartoon, doll, plastic skin, airbrushed, asymmetric eyes, lowres, blurry",
    ),
    "documentary": (
        "{caption} Documentary photograph, available light, candid, film grain.",
        "3d render, cgi, cartoon, posed, studio backdrop, plastic skin, lowres",
    ),
    "smartphone": (
        "{caption} Casual smartphone photo, everyday scene, natural colours.",
        "3d render, cgi, cartoon, painting, professional lighting, lowres",
    ),
    "studio": (
        "{caption} Fashion photograph, softbox light, seamless backdrop, high detail.",
        "3d render, cgi, cartoon, doll, plastic skin, lowres, blurry",
    ),
    "surveillance": (
        "{caption} Still of a surveillance camera, wide lens, slightly compressed.",
        "3d render, cgi, cartoon, studio light, bokeh",
    ),
}


def compose(caption: str, prompt: str = "", style: str = "photo", negative: str = "") -> tuple[str, str]:
    """Prompt and negative prompt of a frame.

    Args:
        caption: The frame's caption.
        prompt: The user's words: they stand instead of the caption; "{caption}" in them is replaced by it.
        style: A name of `STYLES`.
        negative: More to avoid.
    Raises:
        SpecError: an unknown style, or more text than any encoder takes.
    """
    if style not in STYLES:
        raise unknown_name("style", style, STYLES)
    around, avoid = STYLES[style]
    words = (prompt.replace("{caption}", caption) if prompt else caption).strip()
    positive = around.replace("{caption}", words).strip()
    negative = ", ".join(part for part in (negative.strip(), avoid) if part)
    for name, text in (("prompt", positive), ("negative prompt", negative)):
        if len(text) > MAX_CHARACTERS:
            raise SpecError(
                f"the {name} is too long",
                expected=f"at most {MAX_CHARACTERS} characters",
                got=len(text),
                fix="shorten it",
            )
    return positive, negative
