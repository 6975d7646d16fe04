"""Read .npz files from strangers: no pickles, and no allocation before the header has been checked.

`np.load` believes the header of every member: forty bytes in a zip can announce ten gigabytes. Here a member's header
is read first, its size is compared with what the zip entry really holds, and only then is memory taken.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .errors import DatasetError

MAX_BYTES = 2 << 30
MAX_MEMBERS = 4096
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
    try:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"npy version {version}")
        shape, fortran, dtype = read(stream)
    except (ValueError, SyntaxError, TypeError, UnicodeDecodeError) as e:
        raise DatasetError(f"{path.name}: array {name!r} has a damaged header ({e})") from e
    if any(n < 0 for n in shape):
        raise DatasetError(f"{path.name}: array {name!r} has a negative size", got=shape)
    return shape, fortran, dtype


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
