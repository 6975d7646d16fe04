"""The body model: one loader for the open body that ships and for any file in the SMPL-X format.

Frame of the rest pose (T-pose): metres, Y up, facing +Z, +X is the person's left, pelvis at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import SpecError
from ..npz import read_npz
from .packing import unpack_components
from .skeleton import JOINT_NAMES, PARENTS

DEFAULT_BODY = Path(__file__).resolve().parent.parent / "assets" / "body" / "open_body.npz"
MAX_BODY_BYTES = 1 << 30
# Columns of `shapedirs` in SMPL-X files: 300 + 100 in full files, 10 + 10 in slim ones (smplx `body_models.py`).
FULL_SHAPE, FULL_EXPRESSION, SLIM_SHAPE = 300, 100, 10
SUM_TOLERANCE = 2e-3


@dataclass(frozen=True)
class BodyModel:
    """A parametric body. V body vertices, S shell vertices, F triangles, J joints, B shape and E expression columns.

    v_template: (V, 3) float32, metres, T-pose.
    faces: (F, 3) int32; quads: (Q, 4) int32 or None; triangles 2q and 2q + 1 come from quad q.
    shapedirs: (V, 3, B) float32 metres at one standard deviation; exprdirs: (V, 3, E) float32.
    posedirs: (V, 3, 9 * (J - 1)) float32 or None, driven by (rotation - identity) of every joint but the root.
    J_regressor: (J, V) float32, rows sum to 1. parents: (J,) int32, -1 at the root. weights: (V, J) float32.
    uv: (T, 2) float32 or None; uv_faces: (F, 3) int32; uv_quads: (Q, 4) int32.
    full_*: the same arrays over the concatenation [body V ; shell S] that `shell_faces` (name -> (n, 4) int32) index.
    head_start: first head-local column of `shapedirs` (B if there are none); global columns come before.
    feature_names: names of the last columns of `shapedirs`, see `vivant.procgen.people.features`.
    regions: name -> (V,) float32 in [0, 1]; face_part: (F,) uint8 into `part_names`.
    landmarks: name -> array, see `vivant.procgen.people.keypoints`.
    phenotype: arrays behind `vivant.procgen.people.shape` (empty for foreign files).
    """

    v_template: NDArray[np.float32]
    faces: NDArray[np.int32]
    quads: NDArray[np.int32] | None
    shapedirs: NDArray[np.float32]
    exprdirs: NDArray[np.float32]
    posedirs: NDArray[np.float32] | None
    J_regressor: NDArray[np.float32]
    parents: NDArray[np.int32]
    weights: NDArray[np.float32]
    joint_names: tuple[str, ...]
    uv: NDArray[np.float32] | None
    uv_faces: NDArray[np.int32] | None
    uv_quads: NDArray[np.int32] | None
    full_template: NDArray[np.float32]
    full_shapedirs: NDArray[np.float32]
    full_exprdirs: NDArray[np.float32]
    full_weights: NDArray[np.float32]
    shell_faces: dict[str, NDArray[np.int32]]
    head_start: int
    regions: dict[str, NDArray[np.float32]]
    face_part: NDArray[np.uint8] | None
    part_names: tuple[str, ...]
    landmarks: dict[str, NDArray]
    arkit_names: tuple[str, ...]
    arkit_to_expression: NDArray[np.float32] | None
    arkit_to_pose: NDArray[np.float32] | None
    hands_mean: NDArray[np.float32]
    hands_components: NDArray[np.float32]
    phenotype: dict[str, NDArray] = field(default_factory=dict)
    feature_names: tuple[str, ...] = ()
    name: str = "unnamed"
    licence: str = "unknown"

    @property
    def vertex_count(self) -> int:
        """V."""
        return len(self.v_template)

    @property
    def joint_count(self) -> int:
        """J."""
        return len(self.parents)

    @cached_property
    def main_joint(self) -> NDArray[np.intp]:
        """(V,) joint of the greatest weight."""
        return self.weights.argmax(1)

    @property
    def parts(self) -> dict[str, NDArray[np.intp]]:
        """Part name -> indices of its triangles."""
        if self.face_part is None:
            return {}
        return {name: np.flatnonzero(self.face_part == i) for i, name in enumerate(self.part_names)}


def load_body(path: str | Path | None = None) -> BodyModel:
    """Load a body model.

    Args:
        path: An .npz file in the SMPL-X format; default: the open body that ships with Vivant (cached).
    Raises:
        SpecError: the file is readable but is not a usable body (keys, shapes or values).
        DatasetError: the file is damaged, too large, or holds pickled data where numbers belong.
    """
    return _cached(DEFAULT_BODY if path is None else Path(path).expanduser().resolve())


@lru_cache(maxsize=4)
def _cached(path: Path) -> BodyModel:
    if path.suffix.lower() != ".npz":
        raise SpecError(
            f"cannot read body file {path.name}",
            expected="an .npz file in the SMPL-X format",
            fix="download the npz version of the model; pickles are never loaded",
        )
    data = read_npz(path, max_bytes=MAX_BODY_BYTES, skip_objects=True)
    reader = _Reader(path, data)
    model = _open_body(reader) if "format" in data else _smplx_body(reader)
    _validate(reader, model)
    return model


class _Reader:
    """Typed access to the arrays of one file, with errors that name the file and the key."""

    def __init__(self, path: Path, data: dict[str, NDArray]) -> None:
        self.path, self.data = path, data

    def fail(self, what: str, expected: object = None, got: object = None) -> SpecError:
        return SpecError(
            f"{self.path.name}: {what}", expected=expected, got=got, fix="use an unmodified SMPL-X format file"
        )

    def floats(self, key: str, *shape: int | None) -> NDArray[np.float32]:
        a = self.array(key, shape)
        if a.dtype.kind not in "fiu":
            raise self.fail(f"{key} is not numeric", "numbers", a.dtype)
        a = np.asarray(a, np.float32, order="C")
        if not np.isfinite(a).all():
            raise self.fail(f"{key} holds NaN or infinite values")
        return a

    def ints(self, key: str, limit: int, *shape: int | None) -> NDArray[np.int32]:
        a = self.array(key, shape)
        if a.dtype.kind == "f" and np.isfinite(a).all() and (a == np.rint(a)).all():
            a = a.astype(np.int64)
        if a.dtype.kind not in "iu":
            raise self.fail(f"{key} is not made of integers", "integers", a.dtype)
        if a.size and (a.min() < 0 or a.max() >= limit):
            raise self.fail(f"{key} points outside the mesh", f"0..{limit - 1}", f"{a.min()}..{a.max()}")
        return np.asarray(a, np.int32, order="C")

    def array(self, key: str, shape: tuple[int | None, ...]) -> NDArray:
        """The array of a key, checked against a shape with None for "any"."""
        if key not in self.data:
            # Object arrays that nobody needs are left out on reading; this one is needed: say why it is not there.
            read_npz(self.path, keys=[key], max_bytes=MAX_BODY_BYTES)
            raise self.fail(f"key {key!r} is missing")
        a = self.data[key]
        if shape and (
            a.ndim != len(shape) or any(w is not None and w != g for w, g in zip(shape, a.shape, strict=True))
        ):
            want = tuple("any" if w is None else w for w in shape)
            raise self.fail(f"{key} has the wrong shape", want, a.shape)
        return a

    def text(self, key: str, default: str) -> str:
        return str(self.data[key]) if key in self.data else default


def _components(r: _Reader, name: str, vertices: int) -> NDArray[np.float32]:
    """(n, 3, B) float32 unpacked components of one block, dense over all vertices."""
    lo, hi = r.data.get(f"{name}_lo"), r.data.get(f"{name}_hi")
    if lo is None or hi is None or lo.ndim != 3 or lo.shape != hi.shape or lo.dtype != np.uint8 or hi.dtype != np.uint8:
        raise r.fail(f"packed components {name!r} are missing or malformed")
    part = unpack_components(lo, hi, float(r.floats(f"{name}_step")))
    if f"{name}_rows" not in r.data:
        if part.shape[1:] != (vertices, 3):
            raise r.fail(f"packed components {name!r} have the wrong shape", (None, 3, vertices), lo.shape)
        return np.ascontiguousarray(part.transpose(1, 2, 0))
    rows = r.ints(f"{name}_rows", vertices, part.shape[1])
    dense = np.zeros((vertices, 3, len(part)), np.float32)
    dense[rows] = part.transpose(1, 2, 0)
    return dense


def _sparse_weights(r: _Reader, vertices: int, joints: int) -> NDArray[np.float32]:
    idx = r.ints("weights_idx", joints, vertices, None)
    val = r.floats("weights_val", *idx.shape)
    dense = np.zeros((vertices, joints), np.float32)
    np.add.at(dense, (np.arange(vertices)[:, None], idx), val)
    return dense / np.maximum(dense.sum(axis=1, keepdims=True), 1e-6)


def _open_body(r: _Reader) -> BodyModel:
    """The layout that `tools/build_body.py` writes: packed components, sparse weights, shells, regions."""
    if not r.text("format", "").startswith("vivant-body-1"):
        raise r.fail("unknown format", "vivant-body-1", r.text("format", ""))
    v, s = r.floats("v_template", None, 3), r.floats("shell_v_template", None, 3)
    count, total, joints = len(v), len(v) + len(s), len(PARENTS)
    shape = np.concatenate([_components(r, "global", total), _components(r, "head", total)], axis=2)
    expr = _components(r, "expr", total)
    weights = _sparse_weights(r, total, joints)
    row, col = r.ints("J_regressor_row", joints, None), r.ints("J_regressor_col", count, None)
    regressor = np.zeros((joints, count), np.float32)
    regressor[row, col] = r.floats("J_regressor_val", len(row))
    uv = r.floats("vt", None, 2)
    quads = r.ints("quad_faces", count, None, 4)
    prefix, shells = "shell_faces_", {}
    for key in r.data:
        if key.startswith(prefix):
            shells[key[len(prefix) :]] = r.ints(key, total, None, 4)
    posedirs = None
    if "pose_lo" in r.data:
        posedirs = _components(r, "pose", count)
    faces = r.ints("f", count, None, 3)
    return BodyModel(
        v_template=v, faces=faces, quads=quads,
        shapedirs=np.ascontiguousarray(shape[:count]), exprdirs=np.ascontiguousarray(expr[:count]), posedirs=posedirs,
        J_regressor=regressor, parents=np.array(PARENTS, np.int32), weights=np.ascontiguousarray(weights[:count]),
        joint_names=tuple(JOINT_NAMES),
        uv=uv, uv_faces=r.ints("ft", len(uv), len(faces), 3), uv_quads=r.ints("quad_uv", len(uv), len(quads), 4),
        full_template=np.concatenate([v, s]), full_shapedirs=shape, full_exprdirs=expr, full_weights=weights,
        shell_faces=shells, head_start=r.data["global_lo"].shape[0],
        regions={k[7:]: a.astype(np.float32) / 255.0 for k, a in r.data.items() if k.startswith("region_")},
        face_part=np.asarray(r.ints("face_part", 256, len(faces)), np.uint8),
        part_names=tuple(str(x) for x in r.data["part_names"]),
        landmarks={k: a for k, a in r.data.items() if k.startswith(("landmark_", "lmk_", "dynamic_lmk_"))},
        arkit_names=tuple(str(x) for x in r.data["arkit_names"]),
        arkit_to_expression=r.floats("arkit_to_expression", None, expr.shape[2]),
        arkit_to_pose=r.floats("arkit_to_pose", None, 3, 3),
        hands_mean=np.stack([r.floats("hands_meanl", 45), r.floats("hands_meanr", 45)]),
        hands_components=np.stack([r.floats("hands_componentsl", None, 45), r.floats("hands_componentsr", None, 45)]),
        phenotype={k: a for k, a in r.data.items() if k.startswith("phenotype_")},
        feature_names=tuple(str(x) for x in r.data.get("feature_names", ())),
        name=r.text("name", "open"), licence=r.text("licence", "unknown"),
    )  # fmt: skip


def _smplx_body(r: _Reader) -> BodyModel:
    """A plain SMPL-X file, such as the one a user has a licence for."""
    v = r.floats("v_template", None, 3)
    count, joints = len(v), len(PARENTS)
    dirs = r.floats("shapedirs", count, 3, None)
    columns = dirs.shape[2]
    split = FULL_SHAPE if columns >= FULL_SHAPE + FULL_EXPRESSION else SLIM_SHAPE
    if columns < split:
        raise r.fail("shapedirs has too few columns", f">= {split}", columns)
    last = split + (FULL_EXPRESSION if split == FULL_SHAPE else SLIM_SHAPE)
    shape, expr = dirs[:, :, :split], dirs[:, :, split:last]
    table = r.array("kintree_table", (2, joints)).astype(np.int64)
    table[0, 0] = -1
    if (table[0, 1:] != np.array(PARENTS[1:])).any():
        raise r.fail("kintree_table is not the SMPL-X skeleton")
    posedirs = r.floats("posedirs", count, 3, 9 * (joints - 1)) if "posedirs" in r.data else None
    if posedirs is not None and not posedirs.any():
        posedirs = None
    uv = r.floats("vt", None, 2) if "vt" in r.data else None
    faces = r.ints("f", count, None, 3)
    uv_faces = r.ints("ft", len(uv), len(faces), 3) if uv is not None and "ft" in r.data else None
    weights = r.floats("weights", count, joints)
    shape, expr = np.ascontiguousarray(shape), np.ascontiguousarray(expr)
    zeros = np.zeros((2, 45), np.float32)
    has_hands = all(f"hands_{k}" in r.data for k in ("meanl", "meanr", "componentsl", "componentsr"))
    return BodyModel(
        v_template=v, faces=faces, quads=None, shapedirs=shape, exprdirs=expr, posedirs=posedirs,
        J_regressor=r.floats("J_regressor", joints, count), parents=np.array(PARENTS, np.int32), weights=weights,
        joint_names=tuple(JOINT_NAMES), uv=uv, uv_faces=uv_faces, uv_quads=None,
        full_template=v, full_shapedirs=shape, full_exprdirs=expr, full_weights=weights, shell_faces={},
        head_start=shape.shape[2], regions={}, face_part=None, part_names=(),
        landmarks={k: a for k, a in r.data.items() if k.startswith(("lmk_", "dynamic_lmk_"))},
        arkit_names=(), arkit_to_expression=None, arkit_to_pose=None,
        hands_mean=np.stack([r.floats(f"hands_mean{s}", 45) for s in "lr"]) if has_hands else zeros,
        hands_components=np.stack([r.floats(f"hands_components{s}", None, 45) for s in "lr"]) if has_hands
        else np.zeros((2, 0, 45), np.float32),
        name=r.path.stem, licence="the user's own file",
    )  # fmt: skip


def _validate(r: _Reader, m: BodyModel) -> None:
    """Checks that hold for every body."""
    if not 0 < m.vertex_count <= 1_000_000:
        raise r.fail("v_template has an unusable number of vertices", "1..1000000", m.vertex_count)
    off = np.abs(m.full_weights.sum(axis=1) - 1.0).max()
    if off > SUM_TOLERANCE or m.full_weights.min() < -1e-4:
        raise r.fail("rows of weights do not sum to 1", f"within {SUM_TOLERANCE}", f"off by {off:.3g}")
    off = np.abs(m.J_regressor.sum(axis=1) - 1.0).max()
    if off > SUM_TOLERANCE:
        raise r.fail("rows of J_regressor do not sum to 1", f"within {SUM_TOLERANCE}", f"off by {off:.3g}")
    if np.ptp(m.v_template, axis=0).max() > 10.0:
        raise r.fail("v_template is not in metres", "a person under 10 m", f"{np.ptp(m.v_template, axis=0).max():.3g}")
