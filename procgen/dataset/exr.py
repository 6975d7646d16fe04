"""OpenEXR in numpy: scanline images, half / float / uint, bit exact, with the same bytes for the same pixels.

Reads single-part and multi-part files with compression NONE, ZIPS or ZIP (what Blender 4.2 to 5.0 write when asked
for a lossless file). Source: "OpenEXR File Layout" and "Technical Introduction to OpenEXR", openexr.com.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import DatasetError, unknown_name
from ..files import read_bytes, write_bytes

_MAGIC = 20000630
_DTYPES = (np.dtype("<u4"), np.dtype("<f2"), np.dtype("<f4"))
_COMPRESSIONS = ("NONE", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB")
_LINES = {"NONE": 1, "ZIPS": 1, "ZIP": 16}
_MAX_RATIO = 1032  # deflate cannot expand further


@dataclass(frozen=True)
class Part:
    """One image of an EXR file.

    Attributes:
        name: Part name; "" in single-part files.
        channels: (full name, dtype) in file order; the full name carries the part name in multi-part files.
        width, height: Size of the data window, pixels.
        origin: x, y of the data window's first pixel within the display window.
        compression: "NONE", "ZIPS" or "ZIP".
        attributes: Attributes of type string, int and float.
    """

    name: str
    channels: tuple[tuple[str, np.dtype], ...]
    width: int
    height: int
    origin: tuple[int, int]
    compression: str
    attributes: dict[str, str | int | float]

    @property
    def line_bytes(self) -> int:
        """Bytes of one uncompressed scanline."""
        return self.width * sum(d.itemsize for _, d in self.channels)


class _Cursor:
    """Reads little-endian values and answers every overrun with one line."""

    def __init__(self, data: bytes, path: str) -> None:
        self.data, self.at, self.path = data, 0, path

    def bad(self, why: str) -> DatasetError:
        return DatasetError(f"{self.path!r} is not a readable EXR: {why}", fix="render or copy the file again")

    def take(self, n: int) -> bytes:
        if n < 0 or self.at + n > len(self.data):
            raise self.bad(f"it ends at byte {len(self.data)} within its header")
        self.at += n
        return self.data[self.at - n : self.at]

    def unpack(self, form: str) -> tuple:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))

    def text(self, limit: int = 255) -> str:
        end = self.data.find(b"\0", self.at, self.at + limit + 1)
        if end < 0:
            raise self.bad("a name in its header does not end")
        raw = self.take(end - self.at + 1)[:-1]
        return raw.decode("utf-8", "replace")


def exr_parts(path: str | os.PathLike[str]) -> tuple[Part, ...]:
    """The parts of a file with their channels, without decoding pixels."""
    return _headers(_Cursor(read_bytes(path), str(path)))[0]


def read_exr(
    path: str | os.PathLike[str], channels: Iterable[str] | None = None, *, max_bytes: int = 1 << 32
) -> dict[str, np.ndarray]:
    """Channels of an EXR file.

    Args:
        path: The file.
        channels: Full names to read; None = all.
        max_bytes: Refuse files, and decoded pixels, of more bytes than this, before allocating them.
    Returns:
        Full channel name -> (H, W) float16, float32 or uint32 of the data window. In multi-part files the full name
        starts with the part's name: "ViewLayer.Depth.V".
    Raises:
        DatasetError: truncated, damaged or foreign file, or a missing channel.
    """
    cursor = _Cursor(read_bytes(path, max_bytes), str(path))
    parts, multipart = _headers(cursor)
    wanted = None if channels is None else list(channels)
    known = [name for p in parts for name, _ in p.channels]
    for name in wanted or ():
        if name not in known:
            near = unknown_name("channel", name, known)
            raise DatasetError(f"{str(path)!r} has no channel {name!r}", fix=near.fix)
    if len(set(known)) != len(known):
        raise cursor.bad("two channels have one name")
    chosen = [wanted is None or any(n in wanted for n, _ in p.channels) for p in parts]
    total = sum(p.line_bytes * p.height for p, c in zip(parts, chosen, strict=True) if c)
    if total > max_bytes or total > len(cursor.data) * _MAX_RATIO:
        raise cursor.bad(f"its header announces {total} bytes of pixels in a file of {len(cursor.data)}")
    tables = [_offsets(cursor, p) for p in parts]
    out: dict[str, np.ndarray] = {}
    for index, (part, table) in enumerate(zip(parts, tables, strict=True)):
        if chosen[index]:
            lines = _decode_part(cursor, part, table, index if multipart else None)
            at = 0
            for name, dtype in part.channels:
                size = part.width * dtype.itemsize
                if wanted is None or name in wanted:
                    plane = np.ascontiguousarray(lines[:, at : at + size]).view(dtype)
                    out[name] = plane.astype(dtype.newbyteorder("="), copy=False)
                at += size
    return out if wanted is None else {n: out[n] for n in wanted}


def _headers(c: _Cursor) -> tuple[tuple[Part, ...], bool]:
    if len(c.data) < 8 or c.unpack("I")[0] != _MAGIC:
        raise DatasetError(f"{c.path!r} is not an EXR file", fix="check the path")
    (version,) = c.unpack("I")
    multipart = bool(version & 0x1000)
    if version & 0xFF != 2 or version & 0x800:
        raise c.bad("it is a deep image or of an unknown version")
    if version & 0x200:
        raise c.bad("it is tiled; only scanline files can be read")
    parts = []
    while True:
        attributes = _attributes(c)
        if multipart and not attributes:
            break
        parts.append(_part(c, attributes, multipart))
        if not multipart:
            break
        if len(parts) > 4096:
            raise c.bad("it has more than 4096 parts")
    if not parts:
        raise c.bad("it has no parts")
    return tuple(parts), multipart


def _attributes(c: _Cursor) -> dict[str, tuple[str, bytes]]:
    out: dict[str, tuple[str, bytes]] = {}
    while name := c.text():
        kind = c.text()
        (size,) = c.unpack("i")
        out[name] = (kind, c.take(size))
        if len(out) > 10000:
            raise c.bad("its header has more than 10000 attributes")
    return out


def _part(c: _Cursor, attributes: dict[str, tuple[str, bytes]], multipart: bool) -> Part:
    plain: dict[str, str | int | float] = {}
    for key, (kind, value) in attributes.items():
        if kind == "string":
            plain[key] = value.decode("utf-8", "replace")
        elif kind in ("int", "float") and len(value) == 4:
            plain[key] = struct.unpack("<i" if kind == "int" else "<f", value)[0]
    for need, size in (("channels", None), ("compression", 1), ("dataWindow", 16)):
        if need not in attributes or (size is not None and len(attributes[need][1]) != size):
            raise c.bad(f"its header has no {need}")
    code = attributes["compression"][1][0]
    compression = _COMPRESSIONS[code] if code < len(_COMPRESSIONS) else str(code)
    if compression not in _LINES:
        raise DatasetError(
            f"{c.path!r} uses EXR compression {compression}",
            expected="NONE, ZIPS or ZIP",
            fix="write the file again with ZIP compression",
        )
    if plain.get("type", "scanlineimage") != "scanlineimage":
        raise c.bad(f"a part is a {plain['type']}; only scanline images can be read")
    x0, y0, x1, y1 = struct.unpack("<4i", attributes["dataWindow"][1])
    width, height = x1 - x0 + 1, y1 - y0 + 1
    if not (0 < width <= 1 << 20 and 0 < height <= 1 << 20):
        raise c.bad(f"its data window is {width} x {height}")
    name = str(plain.get("name", "")) if multipart else ""
    return Part(name, _channels(c, attributes["channels"][1], name), width, height, (x0, y0), compression, plain)


def _channels(c: _Cursor, data: bytes, part: str) -> tuple[tuple[str, np.dtype], ...]:
    inner, out = _Cursor(data, c.path), []
    while name := inner.text():
        kind, _linear, xs, ys = inner.unpack("iIii")
        if not 0 <= kind < 3:
            raise c.bad(f"channel {name!r} has unknown type {kind}")
        if (xs, ys) != (1, 1):
            raise c.bad(f"channel {name!r} is subsampled")
        if part and not name.startswith(part + "."):
            name = f"{part}.{name}"
        out.append((name, _DTYPES[kind]))
    if not out:
        raise c.bad("a part has no channels")
    return tuple(out)


def _offsets(c: _Cursor, part: Part) -> np.ndarray:
    """(chunks,) uint64 file offsets; the table follows the headers, part after part."""
    count = -(-part.height // _LINES[part.compression])
    return np.frombuffer(c.take(8 * count), "<u8")


def _decode_part(c: _Cursor, part: Part, table: np.ndarray, index: int | None) -> np.ndarray:
    """(H, line_bytes) uint8: uncompressed scanlines, channel after channel within each."""
    step, line = _LINES[part.compression], part.line_bytes
    head = 8 if index is None else 12
    out = np.empty((part.height, line), np.uint8)
    if part.compression == "NONE" and _plain_rows(c, part, table, index, out):
        return out
    seen = np.zeros(len(table), bool)
    packed: list[int] = []
    for offset in table.tolist():
        if offset < c.at or offset + head > len(c.data):
            raise c.bad("it is truncated, or its chunk table is damaged")
        fields = struct.unpack_from("<ii" if index is None else "<iii", c.data, offset)
        row, size = fields[-2] - part.origin[1], fields[-1]
        if (index is not None and fields[0] != index) or not 0 <= row < part.height or row % step or seen[row // step]:
            raise c.bad("a chunk is out of place")
        seen[row // step] = True
        rows = min(step, part.height - row)
        if size < 0 or size > rows * line or offset + head + size > len(c.data):
            raise c.bad("a chunk is longer than it can be; the file may be truncated")
        data = c.data[offset + head : offset + head + size]
        if size < rows * line:
            data = _inflate(c, data, rows * line)
            packed.append(row)
        out[row : row + rows] = np.frombuffer(data, np.uint8).reshape(rows, line)
    _unpredict(out, packed, step)
    return out


def _plain_rows(c: _Cursor, part: Part, table: np.ndarray, index: int | None, out: np.ndarray) -> bool:
    """Fill `out` in one copy if the rows lie one after another, as every writer leaves them; False if they do not."""
    head, line = (8 if index is None else 12), part.line_bytes
    start, stride = int(table[0]), head + line
    if start < c.at or start + stride * part.height > len(c.data):
        return False
    if not np.array_equal(table, start + stride * np.arange(part.height, dtype=np.uint64)):
        return False
    rows = np.frombuffer(c.data, np.uint8, stride * part.height, start).reshape(part.height, stride)
    fields = np.ascontiguousarray(rows[:, :head]).view("<i4")
    expected = np.stack([part.origin[1] + np.arange(part.height), np.full(part.height, line)], 1)
    if not np.array_equal(fields[:, -2:], expected) or (index is not None and (fields[:, 0] != index).any()):
        return False
    out[:] = rows[:, head:]
    return True


def _inflate(c: _Cursor, data: bytes, size: int) -> bytes:
    engine = zlib.decompressobj()
    try:
        raw = engine.decompress(data, size)
    except zlib.error as e:
        raise c.bad(f"a chunk does not decompress ({e})") from None
    if len(raw) != size:
        raise c.bad("a chunk decompresses to too few bytes")
    return raw


def _unpredict(lines: np.ndarray, starts: list[int], step: int) -> None:
    """Undo EXR's byte differences and byte split, in place, for the chunks that start at the rows `starts`."""
    full = [r for r in starts if r + step <= len(lines)]
    groups = [full[i : i + 64] for i in range(0, len(full), 64)] + [[r] for r in starts if r + step > len(lines)]
    for group in groups:
        rows = np.minimum(np.array(group)[:, None] + np.arange(min(step, len(lines) - group[0])), len(lines) - 1)
        block = lines[rows].reshape(len(group), -1)
        block[:, 1:] += 128  # the file stores differences + 128
        np.cumsum(block, 1, dtype=np.uint8, out=block)
        whole, half = np.empty_like(block), (block.shape[1] + 1) // 2
        whole[:, 0::2], whole[:, 1::2] = block[:, :half], block[:, half:]
        lines[rows] = whole.reshape(len(group), rows.shape[1], -1)


def write_exr(
    path: str | os.PathLike[str],
    channels: Mapping[str, np.ndarray],
    *,
    compression: str = "ZIP",
    attributes: Mapping[str, str] | None = None,
    level: int = 4,
) -> None:
    """Write a single-part scanline EXR.

    Args:
        path: The file.
        channels: Name -> (H, W) float16, float32 or uint32, all of one size.
        compression: "ZIP", "ZIPS" or "NONE".
        attributes: Extra string attributes.
        level: zlib level; 4 gives nearly the size of 9 on ground truth at a third of the time.
    """
    write_bytes(path, encode_exr(channels, compression=compression, attributes=attributes, level=level))


def encode_exr(
    channels: Mapping[str, np.ndarray],
    *,
    compression: str = "ZIP",
    attributes: Mapping[str, str] | None = None,
    level: int = 4,
) -> bytes:
    """The bytes that `write_exr` writes."""
    if compression not in _LINES:
        raise DatasetError(f"cannot write EXR compression {compression!r}", expected="NONE, ZIPS or ZIP")
    planes = {name: np.asarray(channels[name]) for name in sorted(channels, key=lambda n: n.encode())}
    shapes = {p.shape for p in planes.values()}
    shape = next(iter(shapes), ())
    if len(shapes) != 1 or len(shape) != 2 or 0 in shape:
        raise DatasetError("EXR channels must be 2-D arrays of one size", got=sorted(shapes))
    height, width = shape
    kinds = {}
    for name, plane in planes.items():
        little = plane.dtype.newbyteorder("<")
        if little not in _DTYPES or not 0 < len(name.encode()) < 256 or "\0" in name:
            raise DatasetError(
                f"EXR channel {name!r} has dtype {plane.dtype}", expected="float16, float32 or uint32 and a short name"
            )
        kinds[name] = _DTYPES.index(little)
    lines = np.empty((height, width * sum(_DTYPES[k].itemsize for k in kinds.values())), np.uint8)
    at = 0
    for name, plane in planes.items():
        size = width * plane.dtype.itemsize
        lines[:, at : at + size] = np.ascontiguousarray(plane, _DTYPES[kinds[name]]).view(np.uint8)
        at += size
    header = _encode_header(kinds, width, height, compression, attributes or {})
    chunks = _encode_chunks(lines, compression, level)
    start = len(header) + 8 * len(chunks)
    ends = start + np.cumsum([len(c) for c in chunks])
    table = np.concatenate([[start], ends[:-1]]).astype("<u8").tobytes()
    return b"".join([header, table, *chunks])


def _encode_header(kinds: dict[str, int], width: int, height: int, compression: str, extra: Mapping[str, str]) -> bytes:
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    chlist = b"".join(n.encode() + b"\0" + struct.pack("<iIii", k, 0, 1, 1) for n, k in kinds.items()) + b"\0"
    fields = [(k, "string", v.encode()) for k, v in extra.items()] + [
        ("channels", "chlist", chlist),
        ("compression", "compression", bytes([_COMPRESSIONS.index(compression)])),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        ("screenWindowCenter", "v2f", struct.pack("<2f", 0.0, 0.0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1.0)),
    ]
    long_names = any(len(n.encode()) > 31 for n in [*kinds, *extra])
    out = [struct.pack("<II", _MAGIC, 2 | (0x400 if long_names else 0))]
    for name, kind, value in sorted(fields):
        out.append(name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value)
    return b"".join(out) + b"\0"


def _encode_chunks(lines: np.ndarray, compression: str, level: int) -> list[bytes]:
    step, chunks = _LINES[compression], []
    for row in range(0, len(lines), step):
        raw = lines[row : row + step].reshape(-1)
        data = raw.tobytes()
        if compression != "NONE":
            split = np.concatenate([raw[0::2], raw[1::2]])
            split[1:] = np.diff(split) + np.uint8(128)
            packed = zlib.compress(split.tobytes(), level)
            # Readers tell a stored chunk by its size alone, so one that packs to exactly its own size is stored too.
            if len(packed) < len(data):
                data = packed
        chunks.append(struct.pack("<ii", row, len(data)) + data)
    return chunks
