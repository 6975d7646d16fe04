"""EXR reader and writer: round trips, the OpenEXR library as witness, and hostile files."""

import struct
import zlib

import numpy as np
import pytest
from vivant.procgen.dataset.exr import encode_exr, exr_parts, read_exr, write_exr
from vivant.procgen.errors import DatasetError


def _planes(h=37, w=53, seed=0):
    rng = np.random.default_rng(seed)
    smooth = np.linspace(1, 9, h * w, dtype=np.float32).reshape(h, w)
    smooth[:5] = np.inf
    return {
        "Z": smooth,
        "b": rng.integers(0, 1 << 32, (h, w), dtype=np.uint32),
        "Layer.pass.X": rng.normal(size=(h, w)).astype(np.float16),
        "nan": np.full((h, w), np.nan, np.float32),
        "n" * 40: np.zeros((h, w), np.float32),
    }


def _same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype and a[name].shape == b[name].shape
        assert a[name].tobytes() == b[name].tobytes(), name


@pytest.mark.parametrize("compression", ["NONE", "ZIPS", "ZIP"])
@pytest.mark.parametrize("size", [(1, 1), (37, 53), (16, 3), (33, 1), (1, 40), (130, 20)])
def test_round_trip_is_bit_exact(tmp_path, compression, size):
    planes = _planes(*size)
    write_exr(tmp_path / "a.exr", planes, compression=compression)
    _same(read_exr(tmp_path / "a.exr"), dict(sorted(planes.items())))


@pytest.mark.parametrize("compression", ["NONE", "ZIPS", "ZIP"])
def test_library_reads_what_we_write(tmp_path, compression):
    library = pytest.importorskip("OpenEXR")
    planes = _planes()
    write_exr(tmp_path / "a.exr", planes, compression=compression, attributes={"unit": "m"})
    with library.File(str(tmp_path / "a.exr"), separate_channels=True) as f:
        assert f.header()["unit"] == "m"
        _same({n: f.channels()[n].pixels for n in planes}, planes)


@pytest.mark.parametrize("compression", ["NO_COMPRESSION", "ZIPS_COMPRESSION", "ZIP_COMPRESSION"])
@pytest.mark.parametrize("multipart", [False, True])
def test_we_read_what_the_library_writes(tmp_path, compression, multipart):
    library = pytest.importorskip("OpenEXR")
    kind = {"compression": getattr(library, compression), "type": library.scanlineimage}
    a, b = _planes(seed=1), _planes(seed=2)
    if multipart:
        parts = [library.Part({**kind, "name": "one"}, dict(a)), library.Part({**kind, "name": "L"}, {"L.X": b["Z"]})]
        library.File(parts).write(str(tmp_path / "a.exr"))
        expected = {f"one.{n}": v for n, v in a.items()} | {"L.X": b["Z"]}
    else:
        library.File(kind, dict(a)).write(str(tmp_path / "a.exr"))
        expected = a
    got = read_exr(tmp_path / "a.exr")
    _same({n: got[n] for n in sorted(got)}, {n: expected[n] for n in sorted(expected)})


def test_blender_style_interleaved_parts(tmp_path):
    """Chunks of one part need not lie together, and tables may run backwards."""
    data = bytearray(encode_exr({"Z": _planes()["Z"]}, compression="NONE"))
    stride = 8 + 53 * 4
    start = len(data) - 37 * stride
    rows = np.frombuffer(bytes(data[start:]), np.uint8).reshape(37, stride)[::-1]
    table = start + stride * np.arange(37)[::-1]
    (tmp_path / "a.exr").write_bytes(bytes(data[: start - 37 * 8]) + table.astype("<u8").tobytes() + rows.tobytes())
    assert read_exr(tmp_path / "a.exr")["Z"].tobytes() == _planes()["Z"].tobytes()


def test_bytes_are_deterministic_and_ordered_by_name():
    planes = _planes()
    assert encode_exr(planes) == encode_exr(dict(reversed(planes.items())))


def test_chosen_channels_and_parts(tmp_path):
    write_exr(tmp_path / "a.exr", _planes())
    assert list(read_exr(tmp_path / "a.exr", ["b", "Z"])) == ["b", "Z"]
    (part,) = exr_parts(tmp_path / "a.exr")
    assert (part.width, part.height, part.compression, part.origin) == (53, 37, "ZIP", (0, 0))
    with pytest.raises(DatasetError, match=r"no channel 'Y'"):
        read_exr(tmp_path / "a.exr", ["Y"])


@pytest.mark.parametrize("shape, dtype", [((2, 2), "f8"), ((2, 2), "i4"), ((2, 2, 3), "f4"), ((0, 2), "f4")])
def test_writer_refuses_what_exr_cannot_hold(shape, dtype):
    with pytest.raises(DatasetError):
        encode_exr({"Z": np.zeros(shape, dtype)})


def test_missing_file_and_other_formats(tmp_path):
    with pytest.raises(DatasetError, match="No such file"):
        read_exr(tmp_path / "none.exr")
    for junk in (b"", b"\x76", b"hello world, this is not an image"):
        (tmp_path / "a.exr").write_bytes(junk)
        with pytest.raises(DatasetError):
            read_exr(tmp_path / "a.exr")


@pytest.mark.parametrize("compression", ["NONE", "ZIP"])
def test_every_truncation_is_answered(tmp_path, compression):
    data = encode_exr({"Z": _planes()["Z"]}, compression=compression)
    for n in [*range(0, 400, 7), *range(400, len(data), 61), len(data) - 1]:
        (tmp_path / "a.exr").write_bytes(data[:n])
        with pytest.raises(DatasetError) as e:
            read_exr(tmp_path / "a.exr")
        assert "\n" not in str(e.value)


def test_random_damage_never_raises_anything_else(tmp_path):
    data = encode_exr(_planes(20, 9))
    rng = np.random.default_rng(3)
    for _ in range(400):
        hurt = bytearray(data)
        for at in rng.integers(0, min(len(data), 700), rng.integers(1, 4)):
            hurt[at] = rng.integers(0, 256)
        (tmp_path / "a.exr").write_bytes(hurt)
        try:
            read_exr(tmp_path / "a.exr", max_bytes=1 << 24)
        except DatasetError:
            pass


def test_announced_sizes_are_refused_before_allocating(tmp_path):
    data = encode_exr({"Z": np.zeros((4, 4), np.float32)})
    window = struct.pack("<4i", 0, 0, 3, 3)
    assert window in data
    (tmp_path / "a.exr").write_bytes(data.replace(window, struct.pack("<4i", 0, 0, (1 << 20) - 1, (1 << 20) - 1)))
    with pytest.raises(DatasetError, match="announces"):
        read_exr(tmp_path / "a.exr")


def test_zip_bomb_in_a_chunk(tmp_path):
    data = encode_exr({"Z": np.random.default_rng(0).normal(size=(16, 8)).astype(np.float32)})
    bomb = zlib.compress(b"\0" * 1_000_000)[: len(data) - data.rindex(b"\x78")]
    (tmp_path / "a.exr").write_bytes(data[: data.rindex(b"\x78")] + bomb)
    try:
        read_exr(tmp_path / "a.exr")
    except DatasetError:
        pass


def test_lossy_compression_and_tiles_are_named(tmp_path):
    data = encode_exr({"Z": np.zeros((4, 4), np.float32)})
    key = b"compression\0compression\0" + struct.pack("<i", 1)
    (tmp_path / "a.exr").write_bytes(data.replace(key + b"\3", key + b"\x08"))
    with pytest.raises(DatasetError, match="DWAA"):
        read_exr(tmp_path / "a.exr")
    (tmp_path / "a.exr").write_bytes(data[:4] + struct.pack("<I", 2 | 0x200) + data[8:])
    with pytest.raises(DatasetError, match="tiled"):
        read_exr(tmp_path / "a.exr")


def test_chunks_that_pack_to_exactly_their_own_size(tmp_path):
    """Such a chunk must be stored as it is: its size is all that tells readers that it was not compressed."""
    tied = 0
    for seed in range(200):
        # Noise that ends in more and more zeros crosses from "grows" to "shrinks" about one byte at a time.
        raw = np.random.default_rng(seed).integers(0, 256, 16 * 8 * 4, dtype=np.uint8)
        raw[len(raw) - 4 * (seed % 12) :] = 0
        split = np.concatenate([raw[0::2], raw[1::2]])
        split[1:] = np.diff(split) + np.uint8(128)
        tied += len(zlib.compress(split.tobytes(), 4)) == len(raw)
        plane = raw.view("<u4").reshape(16, 8)
        write_exr(tmp_path / "a.exr", {"I": plane})
        assert np.array_equal(read_exr(tmp_path / "a.exr")["I"], plane)
    assert tied, "no chunk packed to exactly its own size, so nothing was tested"
