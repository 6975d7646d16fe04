"""What a person's skin and clothes look like beyond their spec: relief and pictures in UV maps, in one file that a spec names.

A spec says `looks = "NAME.npz"`; the file lies beside the spec, or in a folder `looks` there or one level above: so a dataset
keeps everything that its scenes need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SpecError
from ..files import read_bytes, replace_bytes, sha256_file
from ..npz import encode_npz, read_npz
from ..spec import HumanSpec, SceneSpec, replace
from .skin_relief import SkinRelief

FOLDER = "looks"
_PICTURE, _RELIEF = "picture_", "relief_"
_MOST_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Looks:
    """Relief and pictures of one person.

    Attributes:
        pictures: Part -> (S, S, 3) uint8 sRGB in its UV map, first row at v = 1, or (S, S, 4) with how far it replaces the part's
            own colour. Parts are "body" and the garments by their names.
        relief: Of the skin, or None.
    """

    pictures: Mapping[str, np.ndarray] = field(default_factory=dict)
    relief: SkinRelief | None = None

    def __bool__(self) -> bool:
        return bool(self.pictures) or self.relief is not None


def write_looks(path: Path, looks: Looks) -> None:
    """Write looks as .npz; the file is there as a whole or not at all."""
    arrays: dict[str, Any] = {_PICTURE + n: np.asarray(p, np.uint8) for n, p in sorted(looks.pictures.items())}
    if looks.relief is not None:
        arrays |= {_RELIEF + n: a for n, a in looks.relief.arrays().items()}
    replace_bytes(path, encode_npz(arrays))


def read_looks(path: str | Path) -> Looks:
    """Looks of a file.

    Raises:
        SpecError: a file that holds none. DatasetError: damaged.
    """
    arrays = read_npz(path, max_bytes=_MOST_BYTES)
    pictures = {n.removeprefix(_PICTURE): a for n, a in arrays.items() if n.startswith(_PICTURE)}
    for name, picture in pictures.items():
        square = picture.ndim == 3 and picture.shape[0] == picture.shape[1] and picture.shape[2] in (3, 4)
        if picture.dtype != np.uint8 or not square:
            raise SpecError(
                f"{Path(path).name}: the picture of {name!r} is none", expected="(S, S, 3) or (S, S, 4) uint8",
                got=f"{picture.shape} {picture.dtype}",
            )  # fmt: skip
    relief = {n.removeprefix(_RELIEF): a for n, a in arrays.items() if n.startswith(_RELIEF)}
    if not pictures and not relief:
        raise SpecError(f"{Path(path).name} holds no looks", fix="write it with `vivant person --face … --write-spec`")
    return Looks(pictures, SkinRelief.from_arrays(relief) if relief else None)


def looks_of(human: HumanSpec) -> Looks:
    """The looks of a person whose file is known (see `found`); none where the spec names none."""
    return read_looks(human.looks) if human.looks else Looks()


def found(human: HumanSpec, folder: Path) -> HumanSpec:
    """A person of a file in `folder`, with the path of their looks.

    Raises:
        SpecError: the file is not there.
    """
    if not human.looks:
        return human
    places = [folder / human.looks, folder / FOLDER / human.looks, folder.parent / FOLDER / human.looks]
    path = next((p for p in places if p.is_file()), None)
    if path is None:
        raise SpecError(
            f"the looks of a person are missing: {human.looks!r}", expected=f"a file beside the spec, or in a folder {FOLDER!r}",
            fix="copy it there, or remove `looks` from the spec",
        )  # fmt: skip
    return replace(human, looks=str(path.resolve()))


def kept(scene: SceneSpec, root: Path) -> SceneSpec:
    """A scene whose looks are copied into a dataset at `root`, and named as its files have to name them."""
    people = []
    for human in scene.people:
        if human.looks:
            name = f"{sha256_file(Path(human.looks))[:16]}.npz"
            there = root / FOLDER / name
            if not there.is_file():
                there.parent.mkdir(parents=True, exist_ok=True)
                replace_bytes(there, read_bytes(Path(human.looks), _MOST_BYTES))
            human = replace(human, looks=name)
        people.append(human)
    return replace(scene, people=tuple(people))


def named_beside(human: HumanSpec, spec: Path, looks: Looks) -> HumanSpec:
    """Write looks beside the file `spec` that a person is about to be written to; the person names them."""
    if not looks:
        return replace(human, looks="")
    path = spec.with_suffix(".looks.npz")
    write_looks(path, looks)
    return replace(human, looks=path.name)
