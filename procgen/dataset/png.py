"""PNG in numpy: 8 and 16 bit grey, RGB and RGBA, exact, with the same bytes for the same pixels.

Source: "Portable Network Graphics (PNG) Specification", W3C, third edition.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import Any

import numpy as np

from ..errors import DatasetError
from ..files import read_bytes, write_bytes

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_NONE, _SUB, _UP, _AVERAGE, _PAETH = range(5)
_MAX_RATIO = 1032  # deflate cannot expand further


def _bad(path: str, why: str) -> DatasetError:
    return DatasetError(f"{path!r} is not a readable PNG: {why}", fix="render or copy the file again")


def png_size(path: str | os.PathLike[str]) -> tuple[int, int, int, int]:
    """(width, height, channels, bits) of a PNG file, from its header."""
    return _parse(read_bytes(path), str(path))[0]


def read_png(path: str | os.PathLike[str], *, max_bytes: int = 1 << 32) -> np.ndarray:
    """Pixels of a PNG file.

    Args:
        path: The file.
        max_bytes: Refuse files that announce more bytes of pixels than this, before allocating them.
    Returns:
        (H, W) for grey or (H, W, 2 | 3 | 4), uint8 or uint16. Colour profiles and gamma are left alone.
    Raises:
        DatasetError: truncated, damaged or foreign file; palettes, 1 to 4 bit and interlaced files are refused.
    """
    return decode_png(read_bytes(path, max_bytes), str(path), max_bytes=max_bytes)


def decode_png(data: bytes, path: str = "PNG", *, max_bytes: int = 1 << 32) -> np.ndarray:
    """As `read_png`, from bytes; `path` is for messages."""
    (width, height, channels, bits), body = _parse(data, path)
    pixel = channels * bits // 8
    size = height * (1 + width * pixel)
    if size > max_bytes or size > len(body) * _MAX_RATIO:
        raise _bad(path, f"it announces {width} x {height} pixels in {len(body)} bytes")
    engine = zlib.decompressobj()
    try:
        raw = engine.decompress(body, size)
    except zlib.error as e:
        raise _bad(path, f"its pixels do not decompress ({e})") from None
    if len(raw) != size:
        raise _bad(path, "its pixels end too early")
    rows = np.frombuffer(raw, np.uint8).reshape(height, 1 + width * pixel)
    if rows[:, 0].max() > _PAETH:
        raise _bad(path, "a row has an unknown filter")
    pixels = _unfilter(rows[:, 0], rows[:, 1:].reshape(height, width, pixel))
    if bits == 16:
        pixels = pixels.view(">u2").astype(np.uint16)
    return pixels.reshape(height, width) if channels == 1 else pixels


def strip_png(path: str | os.PathLike[str]) -> None:
    """Drop everything but the pixels from a PNG, in place.

    Blender writes the date, render times and the .blend's path into its pictures: none belongs into a dataset whose
    bytes must come again, and that may be given away.
    """
    data = read_bytes(path)
    (_, _, channels, bits), body = _parse(data, str(path))
    header = _chunk(b"IHDR", data[16:29])
    colour = [_chunk(b"sRGB", b"\0")] if bits == 8 and channels >= 3 else []
    write_bytes(path, b"".join([_SIGNATURE, header, *colour, _chunk(b"IDAT", body), _chunk(b"IEND", b"")]))


def _parse(data: bytes, path: str) -> tuple[tuple[int, int, int, int], bytes]:
    if data[:8] != _SIGNATURE:
        raise DatasetError(f"{path!r} is not a PNG file", fix="check the path")
    at, header, body = 8, None, []
    while True:
        if at + 12 > len(data):
            raise _bad(path, "it is truncated")
        size, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + size > len(data):
            raise _bad(path, "it is truncated")
        chunk = data[at + 8 : at + 8 + size]
        if zlib.crc32(data[at + 4 : at + 8 + size]) != struct.unpack_from(">I", data, at + 8 + size)[0]:
            raise _bad(path, "a checksum is wrong")
        at += 12 + size
        if kind == b"IHDR" and header is None and size == 13:
            header = _header(chunk, path)
        elif header is None:
            raise _bad(path, "it has no header")
        elif kind == b"IDAT":
            body.append(chunk)
        elif kind == b"IEND":
            return header, b"".join(body)


def _header(chunk: bytes, path: str) -> tuple[int, int, int, int]:
    width, height, bits, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", chunk)
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31) or compression or filters:
        raise _bad(path, f"its header announces {width} x {height} pixels, compression {compression}")
    if bits not in (8, 16) or colour not in _CHANNELS or interlace:
        raise DatasetError(
            f"{path!r} is a PNG of a kind that is not read (colour type {colour}, {bits} bit, interlace {interlace})",
            expected="8 or 16 bit grey, RGB or RGBA without interlacing",
            fix="save it again as plain RGB or grey",
        )
    return width, height, _CHANNELS[colour], bits


def _unfilter(filters: np.ndarray, data: np.ndarray) -> np.ndarray:
    """(H, W, B) uint8 pixel bytes from filtered ones; `filters` (H,) is each row's filter type."""
    if (filters >= _AVERAGE).any():
        return _unfilter_diagonal(filters, data)
    out = data.copy()
    sub = filters == _SUB
    if sub.any():
        out[sub] = np.cumsum(data[sub], 1, dtype=np.uint8)
    # Runs of "up" rows add up downwards from the row above the run.
    up = np.flatnonzero(np.diff(np.concatenate([[False], filters == _UP, [False]]).astype(np.int8)))
    for first, last in up.reshape(-1, 2).tolist():
        top = max(first - 1, 0)
        np.cumsum(out[top:last], 0, dtype=np.uint8, out=out[top:last])
    return out


def _unfilter_diagonal(filters: np.ndarray, data: np.ndarray) -> np.ndarray:
    """All five filters: a pixel needs its left, upper and upper-left neighbours, so diagonals x + y are independent."""
    height, width, size = data.shape
    # One row and one column of zeros around the image; a diagonal is then a strided slice of the flat image.
    out = np.zeros((height + 1, width + 1, size), np.int16)
    flat, source = out.reshape(-1, size), data.reshape(-1, size)
    kinds = filters[:, None]
    for d in range(width + height - 1):
        y0, y1 = max(0, d - width + 1), min(height, d + 1)
        kind = kinds[y0:y1]

        def diagonal(dy: int, dx: int, y0: int = y0, n: int = y1 - y0, d: int = d) -> np.ndarray:
            start = (y0 + dy) * (width + 1) + (d - y0 + dx)
            return flat[start : start + (n - 1) * width + 1 : width]

        left, above, corner = diagonal(1, 0), diagonal(0, 1), diagonal(0, 0)
        pa, pb, pc = np.abs(above - corner), np.abs(left - corner), np.abs(left + above - 2 * corner)
        paeth = np.where((pa <= pb) & (pa <= pc), left, np.where(pb <= pc, above, corner))
        guess = np.where(kind == _PAETH, paeth, np.where(kind == _AVERAGE, (left + above) >> 1, 0))
        guess = np.where(kind == _SUB, left, np.where(kind == _UP, above, guess))
        first = y0 * width + d - y0
        step = max(width - 1, 1)
        residual = source[first : first + (y1 - y0 - 1) * (width - 1) + 1 : step]
        diagonal(1, 1)[:] = (residual + guess) & 255
    return out[1:, 1:].astype(np.uint8)


def write_png(path: str | os.PathLike[str], pixels: np.ndarray, *, level: int = 6) -> None:
    """Write (H, W) or (H, W, 2 | 3 | 4) uint8 or uint16 pixels; uint8 RGB(A) is marked as sRGB."""
    write_bytes(path, encode_png(pixels, level=level))


def encode_png(pixels: np.ndarray, *, level: int = 6) -> bytes:
    """The bytes that `write_png` writes; rows are stored as differences from the row above."""
    pixels = np.asarray(pixels)
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1] if pixels.ndim == 3 else 0
    if pixels.dtype not in (np.uint8, np.uint16) or channels not in _COLOUR_TYPES or 0 in pixels.shape:
        raise DatasetError(
            "these pixels cannot be a PNG",
            expected="(H, W) or (H, W, 2|3|4) uint8 or uint16",
            got=f"{pixels.shape} {pixels.dtype}",
        )
    height, width = pixels.shape[:2]
    kind: Any = pixels.dtype
    bits = 8 * kind.itemsize
    rows = np.ascontiguousarray(pixels, kind.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    filtered = np.empty((height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0], filtered[0, 0] = _UP, _NONE
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, bits, _COLOUR_TYPES[channels], 0, 0, 0)
    colour = [_chunk(b"sRGB", b"\0")] if bits == 8 and channels >= 3 else []
    body = _chunk(b"IDAT", zlib.compress(filtered.tobytes(), level))
    return b"".join([_SIGNATURE, _chunk(b"IHDR", header), *colour, body, _chunk(b"IEND", b"")])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
