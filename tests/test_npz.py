"""npz reader and writer: round trips, numpy as witness, and archives that lie."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from vivant.procgen.errors import DatasetError
from vivant.procgen.npz import encode_npz, read_npz, write_npz

ARRAYS = {
    "vertices": np.random.default_rng(0).normal(size=(50, 3)),
    "faces": np.arange(12, dtype=np.int32).reshape(4, 3),
    "mask": np.array([[True, False]]),
    "half": np.float16([1, np.inf]),
    "text": np.array(["pelvis", "knee"]),
    "empty": np.zeros((0, 3), np.float32),
    "scalar": np.array(7),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


def _archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members.items():
            z.writestr(name, data)
    return path


def _npy(header, body=b""):
    raw = (header + " " * (-(len(header) + 11) % 64) + "\n").encode("latin-1")
    return b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw + body


def _same(a, b):
    assert a.keys() == b.keys()
    for name in b:
        assert a[name].dtype == b[name].dtype and a[name].shape == b[name].shape and np.array_equal(a[name], b[name])


def test_round_trip_and_numpy_agrees(tmp_path):
    write_npz(tmp_path / "a.npz", ARRAYS)
    _same(read_npz(tmp_path / "a.npz"), ARRAYS)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as z:
        _same(dict(z), ARRAYS)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_reads_what_numpy_writes(tmp_path, save):
    save(tmp_path / "a.npz", **ARRAYS)
    _same(read_npz(tmp_path / "a.npz"), ARRAYS)
    assert list(read_npz(tmp_path / "a.npz", keys=["mask", "faces", "absent"])) == ["faces", "mask"]


def test_deterministic():
    assert encode_npz(ARRAYS) == encode_npz({k: v.copy() for k, v in ARRAYS.items()})


def test_objects_are_refused_or_skipped_and_never_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    body = _npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", pickle.dumps(Bomb()))
    ok = io.BytesIO()
    np.save(ok, np.arange(3))
    path = _archive(tmp_path / "a.npz", {"evil.npy": body, "ok.npy": ok.getvalue()})
    with pytest.raises(DatasetError, match="never loaded"):
        read_npz(path)
    assert list(read_npz(path, skip_objects=True)) == ["ok"]
    with pytest.raises(DatasetError):
        write_npz(tmp_path / "b.npz", {"o": np.array([{}])})


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4000,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': 1, 'shape': (1,), }",
        "{'descr': 'nonsense', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8'}",
        "__import__('os').system('false')",
        "(" * 5000,
        "",
    ],
)
def test_lying_headers(tmp_path, header):
    path = _archive(tmp_path / "a.npz", {"x.npy": _npy(header, b"\0" * 16)})
    with pytest.raises(DatasetError) as e:
        read_npz(path)
    assert "\n" not in str(e.value)


def test_limit_counts_all_arrays(tmp_path):
    write_npz(tmp_path / "a.npz", {"a": np.zeros(1000), "b": np.zeros(1000)})
    assert len(read_npz(tmp_path / "a.npz", max_bytes=16000)) == 2
    with pytest.raises(DatasetError, match="too large"):
        read_npz(tmp_path / "a.npz", max_bytes=15999)


def test_truncated_and_damaged(tmp_path):
    data = encode_npz(ARRAYS)
    rng = np.random.default_rng(1)
    for n in range(0, len(data), 13):
        (tmp_path / "a.npz").write_bytes(data[:n])
        with pytest.raises(DatasetError):
            read_npz(tmp_path / "a.npz")
    for _ in range(300):
        hurt = bytearray(data)
        hurt[rng.integers(0, len(data))] ^= int(rng.integers(1, 256))
        (tmp_path / "a.npz").write_bytes(hurt)
        try:
            read_npz(tmp_path / "a.npz", max_bytes=1 << 24)
        except DatasetError:
            pass


def test_not_an_archive(tmp_path):
    with pytest.raises(DatasetError, match="no such file"):
        read_npz(tmp_path / "none.npz")
    (tmp_path / "a.npz").write_bytes(b"PK nothing")
    with pytest.raises(DatasetError):
        read_npz(tmp_path / "a.npz")
    assert read_npz(_archive(tmp_path / "b.npz", {"readme.txt": b"hello"})) == {}
