"""Label drift of a run: every made picture against the labels of its frame, always beside the render itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...procgen.dataset import Dataset, Frame
from ...procgen.dataset.drawing import resize
from ...procgen.errors import DatasetError, MissingDependency
from ...procgen.files import replace_bytes
from ..frame_inputs import people_mask
from ..pictures import read_output, read_picture
from ..synthesize import RECORD, SynthesisedFrame, read_run, run_folder
from .detectors import Detector
from .gate import GateLimits, judge
from .geometry import affine_depth_error, aligned, crop_camera, mean_angle, normals_from_depth, silhouette_iou
from .keypoint_scores import Detected, Labelled, average_precision, best_similarity
from .networks import Networks

REPORT = "measured.json"


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of a frame in the pixels of a made picture (H, W).

    Attributes:
        people: (H, W) bool.
        persons: Those with at least 3 keypoints in sight.
        depth, normal: (H, W) and (H, W, 3), None where the frame has none.
        K: (3, 3) intrinsics.
    """

    people: np.ndarray
    persons: tuple[Labelled, ...]
    depth: np.ndarray | None
    normal: np.ndarray | None
    K: np.ndarray


def labels_in(frame: Frame, size: tuple[int, int], window: tuple[int, int, int, int] | None = None) -> Labels:
    """Labels as they lie in a picture of a frame, or of a window of it.

    Args:
        size: Width and height of the picture.
        window: x0, y0, x1, y1 in the frame's pixels; all of it when None.
    """
    x0, y0, x1, y1 = window or (0, 0, frame.camera.width, frame.camera.height)
    width, height = size
    scale = np.array([width / (x1 - x0), height / (y1 - y0)])
    rows = (y0 + (np.arange(height) + 0.5) / scale[1]).astype(int)
    columns = (x0 + (np.arange(width) + 0.5) / scale[0]).astype(int)

    def at(array: np.ndarray) -> np.ndarray:
        return array[rows[:, None], columns]

    persons = []
    for person in frame.people:
        if person.box is None:
            continue
        keypoints = person.keypoints("coco17").copy()
        keypoints[:, :2] = (keypoints[:, :2] - (x0, y0)) * scale
        outside = (keypoints[:, :2] < 0).any(1) | (keypoints[:, :2] >= size).any(1)
        keypoints[outside, 2] = 0
        a, b = (np.array(person.box).reshape(2, 2) - (x0, y0)) * scale
        if (keypoints[:, 2] > 0).sum() >= 3:
            area = person.record.visible_px * scale.prod()
            persons.append(Labelled(keypoints, (a[0], a[1], b[0], b[1]), float(area)))
    K = crop_camera(frame.camera.K, (x0, y0, x1, y1), width)
    return Labels(
        at(people_mask(frame)), tuple(persons), at(frame["depth"]) if "depth" in frame else None,
        at(frame["normal"]) if "normal" in frame else None, K,
    )  # fmt: skip


@dataclass
class DriftReport:
    """What was measured.

    Attributes:
        frames: Name -> measures.
        verdicts: Name -> {verdict, reasons}.
        overall: Means, and AP and AR of pictures and renders.
        skipped: Measure -> why it was not made.
        networks: Measure -> which published network made it.
    """

    frames: dict[str, dict[str, float]] = field(default_factory=dict)
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)
    overall: dict[str, float] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        def plain(values: dict[str, float]) -> dict[str, float | None]:
            return {k: None if math.isnan(v) else round(v, 5) for k, v in values.items()}

        counts = {
            v: sum(j["verdict"] == v for j in self.verdicts.values())
            for v in ("accept", "relabel", "reject", "unjudged")
        }
        return {
            "frames": {k: {**plain(v), **self.verdicts[k]} for k, v in self.frames.items()},
            "overall": plain(self.overall), "verdicts": counts, "skipped": self.skipped,
            "networks": self.networks,
        }  # fmt: skip


Pairs = list[tuple[list[Detected], tuple[Labelled, ...]]]


def measure_run(
    dataset: Dataset,
    name: str,
    detector: Detector | None = None,
    limits: GateLimits | None = None,
    say: Callable[[int, int, str], None] | None = None,
    write: bool = True,
    networks: Networks | None = None,
) -> DriftReport:
    """Measure a run and judge its pictures.

    Args:
        dataset: The frames.
        name: Of the run.
        detector: For keypoints and silhouettes; without one they are skipped.
        limits: Of the gate.
        say: Called with (done, total, frame).
        write: Put measures and verdict into each picture's record, and all of them into measured.json of the run.
        networks: For FID, KID and CLIP score; the default has no weights and skips them.
    Raises:
        DatasetError: no such run, or a run without pictures.
    """
    made = read_run(dataset, name)
    if not made:
        raise DatasetError(f"the synthesis {name!r} has no pictures", fix="run vivant synthesize again")
    report, on_made, on_render = DriftReport(), [], []
    if detector is None:
        report.skipped["keypoints"] = report.skipped["silhouette"] = "no detector: --detector mediapipe"
    for i, item in enumerate(made):
        if say is not None:
            say(i, len(made), item.source.name)
        values = measure_frame(item, detector, on_made, on_render)
        verdict = judge(values, limits).to_dict()
        report.frames[item.source.name], report.verdicts[item.source.name] = values, verdict
        if write:
            kept = {k: None if math.isnan(v) else round(v, 5) for k, v in values.items()}
            record = {**item.record, "measured": kept, "gate": verdict}
            replace_bytes(item.folder / RECORD, (json.dumps(record, indent=1, allow_nan=False) + "\n").encode())
    for key in sorted({k for v in report.frames.values() for k in v}):
        found = [v[key] for v in report.frames.values() if not math.isnan(v.get(key, math.nan))]
        report.overall[key] = float(np.mean(found)) if found else math.nan
    _precision(report, on_made, on_render)
    networks = networks or Networks()
    found_values, skipped = networks.measure(made)
    report.overall |= found_values
    report.skipped |= skipped
    report.networks = networks.facts()
    if write:
        text = json.dumps(report.to_dict(), indent=1, allow_nan=False) + "\n"
        replace_bytes(run_folder(dataset, name) / REPORT, text.encode())
    return report


def measure_frame(
    item: SynthesisedFrame, detector: Detector | None, on_made: Pairs | None = None, on_render: Pairs | None = None
) -> dict[str, float]:
    """Measures of one picture: those of `gate.judge`, and more. Detections are added to the lists for AP and AR."""
    path = item.path("rgb")
    if path is None:
        raise DatasetError(f"{str(item.folder)!r} holds no picture", fix="remove the folder and synthesize again")
    picture = read_picture(path)
    frame = (item.source.camera.width, item.source.camera.height)
    x0, y0, x1, y1 = window = tuple(item.record.get("window") or (0, 0, *frame))
    labels = labels_in(item.source, (picture.shape[1], picture.shape[0]), window)
    out: dict[str, float] = {}
    if detector is not None:
        shown, seen = picture, labels
        if picture.shape[1] < x1 - x0:
            # As large as the detector sees the render: these networks find nobody in a picture of 64 pixels.
            shown = np.rint(resize(picture, x1 - x0, y1 - y0)).clip(0, 255).astype(np.uint8)
            seen = labels_in(item.source, (x1 - x0, y1 - y0), window)
        out |= detected("", shown, seen, detector, on_made)
        full = labels_in(item.source, frame)
        out |= detected("_render", item.source["rgb"], full, detector, on_render)
    depth, normal = item.path("depth"), item.path("normal")
    return out | structure(
        None if depth is None else read_output("depth", depth),
        None if normal is None else read_output("normal", normal),
        labels,
    )


def detected(
    suffix: str, rgb: np.ndarray, labels: Labels, detector: Detector, pairs: Pairs | None
) -> dict[str, float]:
    """Similarity of keypoints and silhouettes that a detector finds in a picture; detections are added to `pairs`."""
    found, mask = detector.detect(rgb, [p.box for p in labels.persons])
    if pairs is not None:
        pairs.append((found, labels.persons))
    out = {f"oks{suffix}": best_similarity(found, labels.persons)}
    if mask is not None and labels.persons:
        out[f"iou{suffix}"] = silhouette_iou(mask, labels.people)
    return out


def structure(depth: np.ndarray | None, normal: np.ndarray | None, labels: Labels) -> dict[str, float]:
    """Errors of depth and normals that were made with a picture, and how well the two agree with each other.

    Args:
        depth: (H, W), up to scale and shift of its inverse. normal: (H, W, 3) in the camera's frame.
        labels: In the same pixels.
    """
    out: dict[str, float] = {}
    if normal is not None and labels.normal is not None:
        out["normal_angle_all"] = mean_angle(normal, labels.normal)
        out["normal_angle"] = mean_angle(normal, labels.normal, labels.people)
    if depth is None or labels.depth is None:
        return out
    errors = affine_depth_error(depth, labels.depth)
    out |= {"depth_rmse": errors["rmse"], "depth_abs_rel": errors["abs_rel"]}
    if normal is not None:
        out["consistency_angle"] = mean_angle(
            normals_from_depth(aligned(depth, labels.depth), labels.K), normal, labels.people
        )
    return out


def _precision(report: DriftReport, on_made: Pairs, on_render: Pairs) -> None:
    for suffix, pairs in (("", on_made), ("_render", on_render)):
        if not pairs:
            continue
        try:
            found = average_precision(pairs)
        except MissingDependency as e:
            report.skipped["ap"] = str(e)
            return
        report.overall |= {f"{k}{suffix}": v for k, v in found.items()}
