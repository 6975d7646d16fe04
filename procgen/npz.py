"""Read .npz files from strangers, without pickles or trust; write them with the same bytes for the same arrays.

`np.load` believes the header of every member: forty bytes in a zip can announce ten gigabytes. Here a member's header
is read first, its size is compared with what the zip entry really holds, and only then is memory taken.
"""

from __future__ import annotations

import ast
import io
import math
import os
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .errors import DatasetError
from .files import write_bytes

MAX_BYTES = 2 << 30
MAX_MEMBERS = 4096
_MAX_HEADER = 1 << 16
_CHUNK = 1 << 24


def read_npz(
    path: str | Path,
    *,
    keys: Iterable[str] | None = None,
    max_bytes: int = MAX_BYTES,
    skip_objects: bool = False,
) -> dict[str, NDArray]:
    """Read arrays of an .npz file without unpickling anything.

    Args:
        path: The file.
        keys: Names to read; missing ones are simply absent from the result. Default: all.
        max_bytes: Largest sum of array sizes that is accepted, in bytes.
        skip_objects: Leave out object arrays (SMPL-X files hold a few that nobody needs) instead of refusing.
    Returns:
        name -> array, in the order of the file.
    Raises:
        DatasetError: not a zip file, damaged, an object array, or larger than announced or allowed.
    """
    path = Path(path)
    wanted = None if keys is None else set(keys)
    out: dict[str, NDArray] = {}
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith(".npy")]
            if len(members) > MAX_MEMBERS:
                raise DatasetError(f"{path.name} holds too many arrays", expected=f"<= {MAX_MEMBERS}", got=len(members))
            for member in members:
                name = member.filename[: -len(".npy")]
                if wanted is not None and name not in wanted:
                    continue
                with archive.open(member) as stream:
                    shape, fortran, dtype = _header(stream, path, name)
                    if dtype.hasobject:
                        if skip_objects:
                            continue
                        raise DatasetError(
                            f"{path.name}: array {name!r} holds pickled Python objects, which are never loaded",
                            expected="numbers or text",
                        )
                    size = math.prod(shape) * dtype.itemsize
                    if size > member.file_size:
                        raise DatasetError(
                            f"{path.name}: array {name!r} announces more data than the file holds",
                            expected=f"at most {member.file_size} bytes",
                            got=f"shape {shape} of {dtype} = {size} bytes",
                            fix="get the file again from its source",
                        )
                    total += size
                    if total > max_bytes:
                        raise DatasetError(
                            f"{path.name} is too large", expected=f"<= {max_bytes} bytes", got=f"{total} at {name!r}"
                        )
                    out[name] = _body(stream, path, name, shape, fortran, dtype, size)
    except FileNotFoundError as e:
        raise DatasetError(f"no such file: {path}", fix="check the path") from e
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as e:
        raise DatasetError(
            f"{path.name} is not a readable .npz file ({e})", fix="it may be cut short: get it again from its source"
        ) from e
    return out


def _header(stream: IO[bytes], path: Path, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    # Not numpy's own reader: on damage it tokenizes the header again as Python 2 and lets tokenize's errors through.
    magic = stream.read(8)
    if len(magic) != 8 or magic[:6] != b"\x93NUMPY" or magic[6] not in (1, 2, 3):
        raise DatasetError(f"{path.name}: array {name!r} has no npy header")
    length = int.from_bytes(stream.read(2 if magic[6] == 1 else 4), "little")
    raw = stream.read(length) if length <= _MAX_HEADER else b""
    try:
        header = ast.literal_eval(raw.decode("utf-8" if magic[6] == 3 else "latin-1").strip())
        shape, fortran, descr = header["shape"], header["fortran_order"], header["descr"]
        if not isinstance(descr, str) or not isinstance(fortran, bool) or not isinstance(shape, tuple):
            raise TypeError("records are not read" if isinstance(descr, list) else "wrong types")
        if len(shape) > 32 or not all(type(n) is int and 0 <= n < 1 << 62 for n in shape):
            raise ValueError("impossible shape")
        return shape, fortran, np.dtype(descr)
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as e:
        why = " ".join(str(e).split())[:80] or type(e).__name__
        raise DatasetError(f"{path.name}: array {name!r} has a damaged header ({why})") from None


def _body(
    stream: IO[bytes], path: Path, name: str, shape: tuple[int, ...], fortran: bool, dtype: np.dtype, size: int
) -> NDArray:
    # Grown in chunks: the entry's own announced size may lie as well.
    data = bytearray()
    while len(data) < size:
        chunk = stream.read(min(_CHUNK, size - len(data)))
        if not chunk:
            raise DatasetError(
                f"{path.name}: array {name!r} is cut short",
                expected=f"{size} bytes",
                got=f"{len(data)}",
                fix="get the file again from its source",
            )
        data += chunk
    flat = np.frombuffer(data, dtype=dtype, count=math.prod(shape))
    return flat.reshape(shape, order="F" if fortran else "C")


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], *, level: int = 6) -> None:
    """Write arrays as a compressed .npz; the same arrays give the same bytes (fixed dates, order of the mapping).

    Raises:
        DatasetError: object or record arrays, or the disk refuses.
    """
    write_bytes(path, encode_npz(arrays, level=level))


def encode_npz(arrays: Mapping[str, np.ndarray], *, level: int = 6) -> bytes:
    """The bytes that `write_npz` writes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            array = np.asarray(values)
            if array.dtype.hasobject or array.dtype.names:
                raise DatasetError(f"array {name!r} has dtype {array.dtype}", expected="plain numbers or text")
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            member = io.BytesIO()
            npy.write_array(member, np.ascontiguousarray(array).reshape(array.shape), (1, 0), False)
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            info.create_system = 3  # the same bytes on every system
            archive.writestr(info, member.getvalue(), compresslevel=level)
    return buffer.getvalue()
