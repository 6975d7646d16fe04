"""Agreement of detected keypoints with labels: object keypoint similarity, and COCO's AP and AR through pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...procgen.errors import MissingDependency

# COCO's per-keypoint spreads (cocoeval.py), twice the standard deviation of human annotations over the object's size.
SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000.0


@dataclass(frozen=True, eq=False)
class Labelled:
    """A person that is there: keypoints (17, 3) with COCO's visibility, box x0 y0 x1 y1, area in pixels."""

    keypoints: np.ndarray
    box: tuple[float, float, float, float]
    area: float


@dataclass(frozen=True, eq=False)
class Detected:
    """A person that a detector found: keypoints (17, 3) x, y, confidence, and a score."""

    keypoints: np.ndarray
    score: float


def similarity(found: Detected, true: Labelled) -> float:
    """OKS of one pair: mean of exp(-d²/2s²k²) over the labelled keypoints; 0 where none is labelled."""
    seen = true.keypoints[:, 2] > 0
    if not seen.any():
        return 0.0
    d2 = ((found.keypoints[seen, :2] - true.keypoints[seen, :2]) ** 2).sum(1)
    spread = (2 * SIGMAS[seen]) ** 2
    return float(np.exp(-d2 / (2 * spread * (true.area + np.spacing(1)))).mean())


def best_similarity(found: Sequence[Detected], true: Sequence[Labelled]) -> float:
    """Mean over the people that are there of the OKS of the detection that is theirs (each detection serves once)."""
    if not true:
        return float("nan")
    table = np.array([[similarity(f, t) for t in true] for f in found]).reshape(len(found), len(true))
    total = 0.0
    while table.size and table.max() > 0:
        i, j = np.unravel_index(table.argmax(), table.shape)
        total += table[i, j]
        table[i, :] = table[:, j] = 0
    return total / len(true)


def average_precision(images: Sequence[tuple[Sequence[Detected], Sequence[Labelled]]]) -> dict[str, float]:
    """COCO's keypoint AP and AR over images, at OKS 0.50 to 0.95.

    Raises:
        MissingDependency: pycocotools is not installed.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ModuleNotFoundError:
        raise MissingDependency("AP and AR need pycocotools", fix="pip install pycocotools") from None
    people, results = [], []
    for image, (found, true) in enumerate(images, 1):
        for t in true:
            x0, y0, x1, y1 = t.box
            people.append({
                "id": len(people) + 1, "image_id": image, "category_id": 1, "iscrowd": 0, "area": float(t.area),
                "bbox": [x0, y0, x1 - x0, y1 - y0], "keypoints": t.keypoints.ravel().tolist(),
                "num_keypoints": int((t.keypoints[:, 2] > 0).sum()),
            })  # fmt: skip
        results += [
            {"image_id": image, "category_id": 1, "score": float(f.score), "keypoints": f.keypoints.ravel().tolist()}
            for f in found
        ]
    if not people or not results:
        return {"ap": 0.0 if people else float("nan"), "ar": 0.0 if people else float("nan")}
    with contextlib.redirect_stdout(io.StringIO()):  # the library talks
        coco = COCO()
        coco.dataset = {"info": {}, "images": [{"id": i + 1} for i in range(len(images))], "annotations": people,
                        "categories": [{"id": 1, "name": "person", "keypoints": [""] * 17, "skeleton": []}]}  # fmt: skip
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), "keypoints")
        judge.params.areaRng = [[0, 1e10]] * 3  # small pictures have small people; COCO would leave them out
        judge.params.areaRngLbl = ["all", "medium", "large"]
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return {"ap": float(judge.stats[0]), "ar": float(judge.stats[5])}
