"""PNG reader and writer: round trips, all filters, Pillow as witness, hostile files."""

import io
import struct
import zlib

import numpy as np
import pytest
from vivant.procgen.dataset.png import decode_png, encode_png, png_size, read_png, strip_png, write_png
from vivant.procgen.errors import DatasetError

SHAPES = [(7, 5), (1, 1), (1, 9), (9, 1), (31, 64, 3), (20, 13, 4), (8, 9, 2), (1, 6, 3), (6, 1, 3)]


def _noise(shape, dtype, seed=0):
    return np.random.default_rng(seed).integers(0, 256 ** np.dtype(dtype).itemsize, shape).astype(dtype)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width, height, bits, colour, body, interlace=0):
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _filter_by_the_book(rows, size, kinds):
    """The specification's loops, byte by byte."""
    out = []
    for y, row in enumerate(rows):
        line = [kinds[y]]
        for i, x in enumerate(row):
            a = int(row[i - size]) if i >= size else 0
            b = int(rows[y - 1][i]) if y else 0
            c = int(rows[y - 1][i - size]) if y and i >= size else 0
            p = a + b - c
            near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line.append((int(x) - (0, a, b, (a + b) // 2, near)[kinds[y]]) % 256)
        out.append(bytes(line))
    return b"".join(out)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", SHAPES)
def test_round_trip(tmp_path, shape, dtype):
    pixels = _noise(shape, dtype)
    write_png(tmp_path / "a.png", pixels)
    got = read_png(tmp_path / "a.png")
    assert got.dtype == dtype and np.array_equal(got, pixels)
    assert png_size(tmp_path / "a.png") == (shape[1], shape[0], (*shape, 1)[2], 8 * np.dtype(dtype).itemsize)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kinds", ["all", "simple", "up", "sub"])
def test_every_filter(shape, kinds):
    rng = np.random.default_rng(4)
    choice = {"all": [0, 1, 2, 3, 4], "simple": [0, 1, 2], "up": [2], "sub": [1]}[kinds]
    pixels = _noise(shape, np.uint8)
    size = (*shape, 1)[2]
    rows = pixels.reshape(shape[0], -1)
    body = zlib.compress(_filter_by_the_book(rows, size, rng.choice(choice, shape[0]).tolist()))
    got = decode_png(_png(shape[1], shape[0], 8, {1: 0, 2: 4, 3: 2, 4: 6}[size], body))
    assert np.array_equal(got, pixels)


@pytest.mark.parametrize("shape", SHAPES)
def test_pillow_agrees_both_ways(shape):
    image = pytest.importorskip("PIL.Image")
    y, x = np.mgrid[: shape[0], : shape[1]]
    ramp = (x * 3 + y * 2).reshape(*shape[:2], *[1] * (len(shape) - 2))
    pixels = np.clip(_noise(shape, np.uint8) // 8 + ramp, 0, 255).astype(np.uint8)
    assert np.array_equal(np.asarray(image.open(io.BytesIO(encode_png(pixels)))), pixels)
    buffer = io.BytesIO()
    image.fromarray(pixels).save(buffer, "PNG")
    assert np.array_equal(decode_png(buffer.getvalue()), pixels)


def test_pillow_reads_16_bit_ids():
    image = pytest.importorskip("PIL.Image")
    ids = _noise((40, 30), np.uint16)
    assert np.array_equal(np.asarray(image.open(io.BytesIO(encode_png(ids)))).astype(np.uint16), ids)


def test_deterministic_and_layout_independent():
    pixels = _noise((20, 30, 3), np.uint8)
    assert encode_png(pixels) == encode_png(np.asfortranarray(pixels)) == encode_png(pixels[::-1][::-1])


@pytest.mark.parametrize("shape, dtype", [((2, 2), "f8"), ((2, 2, 5), "u1"), ((0, 2), "u1"), ((3,), "u1")])
def test_writer_refuses(shape, dtype):
    with pytest.raises(DatasetError):
        encode_png(np.zeros(shape, dtype))


def test_hostile_files():
    good = encode_png(_noise((9, 9, 3), np.uint8))
    for n in range(len(good)):
        with pytest.raises(DatasetError):
            decode_png(good[:n])
    for at in range(8, len(good)):
        hurt = good[:at] + bytes([good[at] ^ 0x41]) + good[at + 1 :]
        with pytest.raises(DatasetError):
            decode_png(hurt)


def test_strip_keeps_pixels_and_drops_dates(tmp_path):
    pixels = _noise((9, 7, 3), np.uint8)
    plain = encode_png(pixels)
    at = plain.index(b"IDAT") - 4
    dated = plain[:at] + _chunk(b"tEXt", b"Date\0today") + _chunk(b"tEXt", b"File\0/home/me/x.blend") + plain[at:]
    (tmp_path / "a.png").write_bytes(dated)
    strip_png(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == plain
    ids = encode_png(_noise((3, 3), np.uint16))
    (tmp_path / "b.png").write_bytes(ids)
    strip_png(tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes() == ids


@pytest.mark.parametrize(
    "data, words",
    [
        (_png(1 << 30, 1 << 30, 16, 6, zlib.compress(b"\0" * 100)), "announces"),
        (_png(0, 5, 8, 0, b""), "0 x 5"),
        (_png(4, 4, 8, 3, zlib.compress(b"\0" * 20)), "colour type 3"),
        (_png(4, 4, 1, 0, zlib.compress(b"\0" * 20)), "1 bit"),
        (_png(4, 4, 8, 0, zlib.compress(b"\0" * 20), 1), "interlace 1"),
        (_png(4, 4, 8, 0, zlib.compress(b"\0" * 19)), "too early"),
        (_png(4, 4, 8, 0, zlib.compress(b"\5" * 20)), "unknown filter"),
        (_png(4, 4, 8, 0, b"not zlib at all"), "decompress"),
        (b"GIF89a", "not a PNG"),
    ],
)
def test_refusals_name_the_reason(data, words):
    with pytest.raises(DatasetError, match=words) as e:
        decode_png(data)
    assert "\n" not in str(e.value)


def test_a_bomb_is_cut_at_the_announced_size():
    bomb = _png(4, 4, 8, 0, zlib.compress(b"\0" * 50_000_000))
    assert decode_png(bomb).shape == (4, 4)
