"""COCO: instances with run-length masks, 17 or 133 keypoints, categories."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ...codec import Spec, param
from ...errors import DatasetError
from ...files import disk, write_bytes
from ...registry import exporters
from ..export import copy_file, picture_of
from ..reader import Dataset, Frame, Person
from ..rle import encode_rle

_PERSON = 1
# Countable things get 100 + their semantic id, so that their ids do not move when classes are added.
_THINGS = 100
_SKELETON = [[16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9], [8, 10],
             [9, 11], [2, 3], [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7]]  # fmt: skip
_WHOLEBODY = (("foot", 17, 23), ("face", 23, 91), ("lefthand", 91, 112), ("righthand", 112, 133))


@dataclass(frozen=True)
class CocoOptions(Spec):
    """How COCO annotations are written."""

    keypoints: Literal["none", "coco17", "coco_wholebody"] = param("coco17", doc="Keypoints of people.")
    things: bool = param(True, doc="Also annotate countable things other than people.")
    amodal: bool = param(True, doc="Also write amodal boxes and masks of people.")
    min_px: int = param(16, low=1, unit="px", doc="Leave out instances of which fewer pixels are seen.")
    keypoint_offset: float = param(
        -0.5,
        low=-1.0,
        high=1.0,
        unit="px",
        doc="Added to x and y: for COCO's readers the centre of a pixel is a whole number.",
    )


@exporters.register("coco", spec=CocoOptions)
def export_coco(dataset: Dataset, out: Path, options: CocoOptions) -> None:
    """Images, and instances.json, person_keypoints.json and captions.json in COCO's own split, for pycocotools.

    Args:
        dataset: What to export.
        out: An empty folder; images/ and annotations/ appear in it.
        options: See `CocoOptions`.
    """
    images: list[dict[str, Any]] = []
    instances: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    captions: list[dict[str, Any]] = []
    classes: dict[str, int] = {}
    names: tuple[str, ...] = ()
    for number, frame in enumerate(dataset, 1):
        copy_file(picture_of(frame), out / "images" / f"{frame.name}.png")
        images.append(
            {
                "id": number,
                "file_name": f"{frame.name}.png",
                "width": frame.camera.width,
                "height": frame.camera.height,
                "intrinsics": frame.camera.K.tolist(),
                "license": 0,
            }
        )
        captions.append({"id": number, "image_id": number, "caption": frame.caption})
        ids = frame["instance"]
        for person, shape in _people(frame, ids, options):
            entry = {"id": len(instances) + 1, "image_id": number, "category_id": _PERSON, **shape}
            instances.append(entry)
            if options.keypoints != "none":
                people.append({**entry, **_keypoints(person, options)})
                names = person.keypoint_set("coco17").names
        for semantic, shape in _things(frame, ids, options):
            classes[semantic] = _THINGS + frame.record.semantics[semantic]
            instances.append(
                {"id": len(instances) + 1, "image_id": number, "category_id": classes[semantic], **shape}
            )
    person_category = {"id": _PERSON, "name": "person", "supercategory": "person"}
    things = [{"id": i, "name": n, "supercategory": "thing"} for n, i in sorted(classes.items(), key=lambda v: v[1])]
    documents = {"instances": (instances, [person_category, *things]), "captions": (captions, None)}
    if options.keypoints != "none":
        skeleton = {**person_category, "keypoints": list(names), "skeleton": _SKELETON}
        documents["person_keypoints"] = (people, [skeleton])  # pyright: ignore[reportArgumentType]
    with disk("create", out):
        (out / "annotations").mkdir()
    for name, (entries, categories) in documents.items():
        document = {
            "info": {"description": "Vivant", "version": dataset.header.vivant, "contributor": "Vivant"},
            "licenses": [{"id": 0, "name": "see dataset.json of the Vivant dataset", "url": ""}],
            "images": images,
            "annotations": entries,
        }
        if categories is not None:
            document["categories"] = categories
        write_bytes(out / "annotations" / f"{name}.json", json.dumps(document, allow_nan=False).encode())


def _shape(mask: np.ndarray) -> dict[str, Any]:
    ys, xs = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    box = [int(xs[0]), int(ys[0]), int(xs[-1] - xs[0] + 1), int(ys[-1] - ys[0] + 1)]
    return {"segmentation": encode_rle(mask), "area": int(mask.sum()), "bbox": box, "iscrowd": 0}


def _people(frame: Frame, ids: np.ndarray, options: CocoOptions) -> list[tuple[Person, dict[str, Any]]]:
    out = []
    amodal = frame["amodal"] if options.amodal and "amodal" in frame else None
    for i, person in enumerate(frame.people):
        mask = ids == person.instance
        if mask.sum() < options.min_px:
            continue
        shape = _shape(mask)
        if amodal is not None:
            x0, y0, x1, y1 = person.box_amodal or (0.0, 0.0, 0.0, 0.0)
            shape |= {"amodal_bbox": [x0, y0, x1 - x0, y1 - y0], "amodal_segmentation": encode_rle(amodal[i])}
        out.append((person, shape))
    return out


def _keypoints(person: Person, options: CocoOptions) -> dict[str, Any]:
    points = _offset(person.keypoints("coco17"), options.keypoint_offset)
    out: dict[str, Any] = {
        "keypoints": points.ravel().tolist(),
        "num_keypoints": int((points[:, 2] > 0).sum()),
    }
    if options.keypoints == "coco_wholebody":
        whole = _offset(person.keypoints("coco_wholebody"), options.keypoint_offset)
        if len(whole) != 133:
            raise DatasetError("this dataset's coco_wholebody keypoints are not 133", got=len(whole))
        out |= {"keypoints": whole[:17].ravel().tolist(), "num_keypoints": int((whole[:17, 2] > 0).sum())}
        for name, first, last in _WHOLEBODY:
            part = whole[first:last]
            seen = part[part[:, 2] > 0, :2]
            out[f"{name}_kpts"] = part.ravel().tolist()
            out[f"{name}_valid"] = bool(len(seen))
            low, high = (seen.min(0), seen.max(0)) if len(seen) else (np.zeros(2), np.zeros(2))
            if name != "foot":
                out[f"{name}_box"] = [*low.tolist(), *(high - low).tolist()]
    return out


def _offset(points: np.ndarray, offset: float) -> np.ndarray:
    """COCO writes 0, 0, 0 for a point that is not labelled."""
    out = points + (offset, offset, 0.0)
    return np.where(points[:, 2:] > 0, out, 0.0).round(4)


def _things(frame: Frame, ids: np.ndarray, options: CocoOptions) -> list[tuple[str, dict[str, Any]]]:
    if not options.things:
        return []
    people = {p.instance for p in frame.people}
    semantic = {o.instance: o.semantic for o in frame.record.objects if o.instance and o.instance not in people}
    found, sizes = np.unique(ids, return_counts=True)
    return [
        (semantic[instance], _shape(ids == instance))
        for instance, size in zip(found.tolist(), sizes.tolist(), strict=True)
        if instance in semantic and size >= options.min_px
    ]
