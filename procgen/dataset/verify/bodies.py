"""Bodies run forward again from nothing but the record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MissingDependency, SpecError
from ...files import sha256_file
from ...people.body_state import BodyState, pose_body
from ...people.model import DEFAULT_BODY, BodyModel, load_body
from ...people.shape import Phenotype
from ..record import PersonRecord


def body_model(name: str, sha256: str, files: Mapping[str, Path]) -> BodyModel:
    """The body model that a record names.

    Raises:
        MissingDependency: another model, whose file was not given.
        SpecError: the file is another version of the model.
    """
    path = Path(files.get(name, DEFAULT_BODY))
    model = load_body(None if path == DEFAULT_BODY else path)
    if model.name != name:
        raise MissingDependency(f"the body model {name!r} is not here", fix=f"give its file: --body {name}=FILE.npz")
    if sha256 and _digest(path) != sha256:
        raise SpecError(
            f"the body model {name!r} is another version than the record's", expected=sha256[:12], got=_digest(path)[:12],
            fix="install the version of Vivant that wrote the dataset",
        )  # fmt: skip
    return model


_DIGESTS: dict[tuple[str, int, int], str] = {}


def _digest(path: Path) -> str:
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    if key not in _DIGESTS:
        _DIGESTS[key] = sha256_file(path)
    return _DIGESTS[key]


def run_body(person: PersonRecord, files: Mapping[str, Path]) -> BodyState:
    """Pose the recorded body."""
    record = person.body
    model = body_model(record.model, record.model_sha256, files)
    if record.pose.shape != (model.joint_count, 3):
        raise SpecError("the recorded pose does not fit the body", (model.joint_count, 3), record.pose.shape)
    return pose_body(
        model,
        _phenotype(person.spec),
        record.betas,
        record.expression,
        record.pose,
        np.asarray(record.T_world_from_body),
    )


def _phenotype(spec: Mapping[str, Any]) -> Phenotype:
    # Only carried along: keypoints and skinning read the coefficients.
    try:
        return Phenotype.from_dict(spec.get("phenotype", {}))
    except SpecError:
        return Phenotype()
