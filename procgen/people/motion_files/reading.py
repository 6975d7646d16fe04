"""One way to a motion file, whatever its format; what was read is remembered by content."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from ...errors import DatasetError, SpecError
from ...spec import canonical
from ..motions.base import skeleton
from ..shape import Phenotype
from .acclaim import read_acclaim, skeleton_of
from .amass import read_amass
from .bvh import read_bvh
from .clip import Clip
from .retarget import Retargeted, retarget

SUFFIXES = (".bvh", ".npz", ".amc")
_READERS = {".bvh": read_bvh, ".npz": read_amass, ".amc": read_acclaim}


def is_motion_file(name: str) -> bool:
    """Whether a name is that of a motion file, by its ending."""
    return name.lower().endswith(SUFFIXES)


def read_motion(path: str | Path) -> Clip:
    """Read a .bvh, an AMASS-style .npz, or an .amc with its .asf.

    Raises:
        SpecError: an ending that is none of these. DatasetError: a file that cannot be read.
    """
    path = Path(path)
    _known(path)
    return _READERS[path.suffix.lower()](path)


def _known(path: Path) -> None:
    if path.suffix.lower() not in _READERS:
        raise SpecError(
            f"motion file {path.name!r} is of no known format",
            expected=" ".join(SUFFIXES),
            got=path.suffix or "no ending",
        )
    if not path.is_file():
        raise DatasetError(f"motion file {str(path)!r} is not there", fix="check the path")


def content_hash(path: str | Path) -> str:
    """SHA-256 of a motion file, with that of the skeleton that belongs to an .amc."""
    path = Path(path)
    _known(path)
    parts = [path, skeleton_of(path)] if path.suffix.lower() == ".amc" else [path]
    digest = hashlib.sha256()
    for part in parts:
        try:
            digest.update(part.read_bytes())
        except OSError as e:
            raise DatasetError(
                f"motion file {str(part)!r} cannot be read ({e.strerror})", fix="check the path"
            ) from None
    return digest.hexdigest()


def check_hash(path: str, sha256: str) -> None:
    """Refuse a file that is not the one a spec was made with.

    Raises:
        SpecError: other content, so other motion than the spec's frames show.
    """
    now = content_hash(path)
    if sha256 and now != sha256:
        raise SpecError(
            f"motion file {path!r} is not the one that the scene was made with",
            expected=sha256[:12],
            got=now[:12],
            fix="bring the old file back, or make the scene again",
        )


@lru_cache(maxsize=8)
def clip_of(path: str, sha256: str) -> Clip:
    """The clip of a file whose content is known."""
    check_hash(path, sha256)
    return read_motion(path)


def on_person(path: str, sha256: str, up: str, person: Phenotype) -> Retargeted:
    """A motion file on a person's skeleton."""
    return _on_person(path, sha256, up, canonical(person))


@lru_cache(maxsize=16)
def _on_person(path: str, sha256: str, up: str, person: str) -> Retargeted:
    return retarget(clip_of(path, sha256), skeleton(Phenotype.from_json(person)), up)
