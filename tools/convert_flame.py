"""A FLAME or SMPL-X pickle as an .npz of plain arrays, once, on the machine of whoever has its licence.

    python -m tools.convert_flame FLAME_NEUTRAL.pkl HEAD.npz [--landmarks mediapipe_landmark_embedding.npz|flame_static_embedding.pkl]

Nothing in the pickle is run: only arrays, sparse matrices and chumpy's containers of arrays are rebuilt, everything else is
refused by name.
"""

from __future__ import annotations

import argparse
import io
import pickle  # noqa: TID251 (what FLAME is published as; read by an unpickler that builds arrays and nothing else)
from pathlib import Path
from typing import Any

import numpy as np
from vivant.procgen.errors import SpecError
from vivant.procgen.npz import read_npz, write_npz


class _Held:
    """Stands for an object of a library that need not be installed: keeps its state and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state if isinstance(state, dict) else {"state": state})


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "numpy" and name in ("ndarray", "dtype", "scalar", "_reconstruct"):
            core = module.replace("numpy._core", "numpy.core")
            return getattr(__import__(core, fromlist=[name]), name)
        if (module, name) in (("_codecs", "encode"), ("collections", "OrderedDict")):
            return super().find_class(module, name)
        if module.split(".")[0] in ("chumpy", "scipy"):
            return _Held
        raise SpecError(f"the pickle asks for {module}.{name}, which is no array", fix="get the file from its authors again")


def plain(value: Any) -> np.ndarray | None:
    """An array of what was held, or None for what is no array."""
    if isinstance(value, np.ndarray):
        return None if value.dtype.hasobject else value
    if isinstance(value, _Held):
        held = value.__dict__
        if "x" in held:  # chumpy.Ch
            return plain(held["x"])
        if {"data", "indices", "indptr"} <= held.keys():  # a compressed sparse matrix
            shape = held.get("_shape", held.get("shape"))
            dense = np.zeros(shape[::-1])
            for i in range(len(held["indptr"]) - 1):
                part = slice(held["indptr"][i], held["indptr"][i + 1])
                dense[i, held["indices"][part]] = held["data"][part]
            return dense.T
    return None


def read_pickle(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a pickled dictionary."""
    try:
        data = _Plain(io.BytesIO(path.read_bytes()), encoding="latin1").load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ValueError, IndexError) as e:
        raise SpecError(f"{path.name} is no pickle that can be read ({' '.join(str(e).split())[:80]})") from None
    if not isinstance(data, dict):
        raise SpecError(f"{path.name} holds no dictionary", got=type(data).__name__)
    found = {str(k): plain(v) for k, v in data.items()}
    return {k: v for k, v in found.items() if v is not None and v.dtype.kind in "fiub"}


def convert(source: Path, target: Path, landmarks: Path | None = None) -> None:
    """Write the arrays of a pickle, with landmarks of another file."""
    arrays = read_pickle(source)
    if landmarks is not None:
        extra = read_pickle(landmarks) if landmarks.suffix == ".pkl" else read_npz(landmarks, skip_objects=True)
        # FLAME's own static embedding calls them in the singular.
        if "landmark_indices" not in extra:
            names = {"lmk_face_idx": "lmk_faces_idx", "lmk_b_coords": "lmk_bary_coords"}
            extra = {names.get(k, k): v for k, v in extra.items()}
        arrays |= extra
    write_npz(target, arrays)


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("source", type=Path)
    p.add_argument("target", type=Path)
    p.add_argument("--landmarks", type=Path)
    args = p.parse_args()
    convert(args.source, args.target, args.landmarks)
    print(f"{args.target}: {', '.join(read_npz(args.target))}")


if __name__ == "__main__":
    main()
