"""Any picture file as RGB: rotated as its camera meant it, transparency on grey, 16 bits reduced, first frame of an animation."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...procgen.dataset.png import read_png
from ...procgen.errors import DatasetError, LiftError, MissingDependency, SpecError

# Endings that a folder is searched for.
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
# More pixels than any camera has; a file may announce a billion in forty bytes.
MAX_PIXELS = 1 << 27
MIN_SIDE = 32
# What lies behind transparent pixels, sRGB: neither a black outline nor a white one reads as part of the person.
BACKDROP = 128
# A picture whose brightest thousandth is below this (sRGB, of 255), or that spans fewer levels, shows nothing.
_DARK, _FLAT = 12, 6


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        rgb: (H, W, 3) uint8, sRGB.
        alpha: (H, W) float32 in [0, 1], or None where the file has none.
        name: Name of the file without its ending.
        notes: What was done to it that its owner may want to know, one line each.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None
    name: str
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]

    def check_visible(self) -> None:
        """Refuse what shows nothing.

        Raises:
            LiftError: smaller than 32 pixels, black, or of one colour.
        """
        width, height = self.size
        if min(width, height) < MIN_SIDE:
            raise LiftError(
                f"{self.name}: the picture is too small", expected=f"at least {MIN_SIDE} pixels a side",
                got=f"{width}x{height}", fix="a larger picture",
            )  # fmt: skip
        bright = float(np.percentile(self.rgb, 99.9))
        if bright < _DARK:
            raise LiftError(f"{self.name}: the picture is black", fix="a picture in which the person is lit")
        if bright - float(np.percentile(self.rgb, 0.1)) < _FLAT:
            raise LiftError(f"{self.name}: the picture is of one colour", fix="a picture that shows a person")


def read_photograph(path: str | os.PathLike[str]) -> Picture:
    """Read a picture file of any usual kind.

    Plain PNG needs nothing else; other files are read by Pillow, which the `lift` extra brings.

    Raises:
        SpecError: no such file, or a folder.
        DatasetError: damaged, cut short, enormous or no picture.
        MissingDependency: a kind that only Pillow reads, without Pillow.
    """
    path = Path(path)
    if not path.is_file():
        raise SpecError(f"there is no picture {str(path)!r}", fix="check the path")
    if path.stat().st_size == 0:
        raise DatasetError(f"{str(path)!r} is empty", expected="a picture", fix="copy the file again")
    pixels, notes = _by_pillow(path) if _pillow() is not None else (_own(path), [])
    rgb, alpha, more = to_rgb(pixels)
    return Picture(rgb, alpha, path.stem, tuple(notes + more))


def to_rgb(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    """(H, W, 3) uint8 on grey, alpha (H, W) float32 or None, and notes.

    Args:
        pixels: (H, W) or (H, W, 1 to 4), uint8 or uint16; 2 and 4 channels end in alpha.
    """
    notes = []
    if pixels.dtype == np.uint16:
        # 65535 / 255 = 257: exact at both ends, unlike dropping the low byte.
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
        notes.append("16 bits a channel reduced to 8")
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    alpha = None
    if pixels.shape[-1] in (2, 4):
        alpha = pixels[..., -1].astype(np.float32) / 255.0
        pixels = pixels[..., :-1]
        if alpha.min() >= 1.0:
            alpha = None
    if pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, -1)
        notes.append("grey: colours of skin and light are guesses")
    if alpha is not None:
        mixed = pixels * alpha[..., None] + BACKDROP * (1.0 - alpha[..., None])
        pixels = np.rint(mixed).astype(np.uint8)
        notes.append("transparent parts put on grey")
    return np.ascontiguousarray(pixels), alpha, notes


def _pillow() -> Any:
    try:
        from PIL import Image
    except ModuleNotFoundError:
        return None
    return Image


def _own(path: Path) -> np.ndarray:
    with path.open("rb") as f:
        if f.read(4) != b"\x89PNG":
            raise MissingDependency(
                f"reading {path.name} needs Pillow", fix="pip install 'vivant[lift]', or save it as PNG"
            )
    return read_png(path, max_bytes=MAX_PIXELS * 8)


def _by_pillow(path: Path) -> tuple[np.ndarray, list[str]]:
    from PIL import Image, ImageOps, UnidentifiedImageError

    notes = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large files; ours are refused below
            with Image.open(path) as file:
                if file.width * file.height > MAX_PIXELS:
                    raise DatasetError(
                        f"{path.name} is too large",
                        expected=f"at most {MAX_PIXELS} pixels",
                        got=f"{file.width}x{file.height}",
                    )
                if getattr(file, "n_frames", 1) > 1:
                    notes.append(f"animated: the first of {file.n_frames} frames is used")
                deep = file.format == "PNG" and _deep(path)
                file.load()
                orientation = int(file.getexif().get(0x0112, 1))
                turned = ImageOps.exif_transpose(file) if orientation != 1 else file
                if orientation != 1:
                    notes.append("turned upright as its EXIF data says")
                if deep:
                    # Pillow cuts 16 bit RGB down by itself and clips 16 bit grey.
                    return _turn(read_png(path, max_bytes=MAX_PIXELS * 8), orientation), notes
                return _array(turned), notes
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        Image.DecompressionBombError,
    ) as e:
        why = " ".join(str(e).split())[:120]
        raise DatasetError(
            f"{path.name} is no picture that can be read ({why})", expected="a whole PNG, JPEG, WebP, TIFF, BMP or GIF",
            fix="copy or save it again",
        ) from None  # fmt: skip


def _deep(path: Path) -> bool:
    """Whether a PNG has 16 bits and is of a kind that our own reader takes."""
    with path.open("rb") as f:
        head = f.read(29)
    return len(head) == 29 and head[24] == 16 and head[28] == 0


def _turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """What `exif_transpose` does, on an array. Source: EXIF 2.32, tag 0x0112."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _array(image: Any) -> np.ndarray:
    if image.mode in ("I;16", "I;16B", "I;16L", "I"):
        return np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
    if image.mode == "F":
        return np.clip(np.rint(np.asarray(image) * 255.0), 0, 255).astype(np.uint8)
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return np.asarray(image)
    if image.mode in ("P", "PA", "1") or "transparency" in image.info:
        return np.asarray(image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))
