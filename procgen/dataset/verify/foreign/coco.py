"""COCO annotations: references, boxes against masks, areas, keypoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import DatasetError
from ....files import read_bytes
from ...fields import parse_json
from ..report import Result
from .results import counted, measured, skipped

_MAX_BYTES = 1 << 31


def check_coco(path: Path) -> Iterator[Result]:
    """Results for one annotation file."""
    data = parse_json(read_bytes(path, _MAX_BYTES), path.name)
    lists = {k: data.get(k) if isinstance(data, dict) else None for k in ("images", "annotations", "categories")}
    missing = [k for k, v in lists.items() if not isinstance(v, list) or not all(isinstance(x, dict) for x in v)]
    if missing:
        yield counted("coco.fields", [f"{k} is missing or no list of objects" for k in missing])
        return
    images, annotations, categories = lists["images"] or [], lists["annotations"] or [], lists["categories"] or []
    yield counted("coco.fields", _references(images, annotations, categories))
    sizes = {i.get("id"): (i.get("width"), i.get("height")) for i in images}
    kinds = {c.get("id"): c for c in categories}
    boxes, masks, areas, points = [], 0.0, 0.0, []
    worst_mask, worst_area, seen = "", "", False
    for a in annotations:
        size = sizes.get(a.get("image_id"))
        if not _is_size(size):
            continue
        boxes += _box_problems(a, size)  # pyright: ignore[reportArgumentType]
        points += _keypoint_problems(a, size, kinds.get(a.get("category_id"), {}))  # pyright: ignore[reportArgumentType]
        try:
            mask = decode_segmentation(a.get("segmentation"), size)  # pyright: ignore[reportArgumentType]
        except (DatasetError, ValueError, TypeError, KeyError) as e:
            boxes.append(f"annotation {a.get('id')}: its mask does not decode ({e})")
            continue
        if mask is None or len(a.get("bbox") or ()) != 4:
            continue
        seen = True
        off, share = _mask_residuals(a, mask)
        if off > masks:
            masks, worst_mask = off, f"annotation {a.get('id')}: box {a['bbox']}"
        if share > areas:
            areas, worst_area = share, f"annotation {a.get('id')}: area {a.get('area')}, mask {int(mask.sum())}"
    yield counted("coco.boxes", boxes)
    if seen:
        yield measured("coco.masks", masks, worst_mask)
        yield measured("coco.areas", areas, worst_area)
    else:
        yield skipped("coco.masks", "there are no masks")
    if any("keypoints" in a for a in annotations):
        yield counted("coco.keypoints", points)
    else:
        yield skipped("coco.keypoints", "there are no keypoints")


def _is_size(size: Any) -> bool:
    return size is not None and all(type(n) is int and 0 < n <= 1 << 16 for n in size)


def _references(images: list[dict], annotations: list[dict], categories: list[dict]) -> list[str]:
    out = []
    for name, rows in (("image", images), ("annotation", annotations), ("category", categories)):
        ids = [r.get("id") for r in rows]
        if any(type(i) is not int for i in ids) or len(set(map(str, ids))) != len(ids):
            out.append(f"{name} ids are missing, repeated or no integers")
    known, kinds = {i.get("id") for i in images}, {c.get("id") for c in categories}
    out += [f"image {i.get('id')} has no size" for i in images if not _is_size((i.get("width"), i.get("height")))]
    for a in annotations:
        if a.get("image_id") not in known:
            out.append(f"annotation {a.get('id')} belongs to image {a.get('image_id')}, which is not listed")
        if a.get("category_id") not in kinds:
            out.append(f"annotation {a.get('id')} is of category {a.get('category_id')}, which is not listed")
    return out


def _box_problems(a: dict[str, Any], size: tuple[int, int]) -> list[str]:
    box = a.get("bbox")
    if box is None:
        return []
    if not isinstance(box, list) or len(box) != 4 or not np.isfinite(np.array(box, float)).all():
        return [f"annotation {a.get('id')}: box {box}"]
    x, y, w, h = box
    # A pixel of slack: tools differ on whether the last pixel belongs to the box.
    inside = x >= -1 and y >= -1 and x + w <= size[0] + 1 and y + h <= size[1] + 1
    return [] if inside and w >= 0 and h >= 0 else [f"annotation {a.get('id')}: box {box} in an image of {size}"]


def _mask_residuals(a: dict[str, Any], mask: np.ndarray) -> tuple[float, float]:
    y, x = np.nonzero(mask)
    total, area = int(mask.sum()), a.get("area")
    share = abs(float(area) - total) / max(total, 25) if isinstance(area, int | float) else 0.0
    if not total:
        return (float("inf") if a["bbox"][2] * a["bbox"][3] > 4 else 0.0), share
    bx, by, bw, bh = a["bbox"]
    own = (x.min(), y.min(), x.max() + 1, y.max() + 1)
    return float(np.abs(np.subtract(own, (bx, by, bx + bw, by + bh))).max()), share


def _keypoint_problems(a: dict[str, Any], size: tuple[int, int], category: dict[str, Any]) -> list[str]:
    flat = a.get("keypoints")
    if flat is None:
        return []
    name = f"annotation {a.get('id')}"
    if not isinstance(flat, list) or len(flat) % 3:
        return [f"{name}: keypoints are no triples"]
    p = np.array(flat, float).reshape(-1, 3)
    out = []
    names = category.get("keypoints")
    if isinstance(names, list) and len(names) != len(p):
        out.append(f"{name}: {len(p)} keypoints for {len(names)} names")
    if not np.isin(p[:, 2], (0, 1, 2)).all():
        out.append(f"{name}: visibility other than 0, 1, 2")
    labelled = p[:, 2] > 0
    if "num_keypoints" in a and a["num_keypoints"] != int(labelled.sum()):
        out.append(f"{name}: num_keypoints is {a['num_keypoints']}, {int(labelled.sum())} are labelled")
    q = p[labelled]
    if len(q) and ((q[:, :2] < -1).any() or (q[:, 0] > size[0] + 1).any() or (q[:, 1] > size[1] + 1).any()):
        out.append(f"{name}: a labelled keypoint lies outside the image")
    return out


def decode_segmentation(segmentation: Any, size: tuple[int, int]) -> np.ndarray | None:
    """(H, W) bool mask of a COCO segmentation (polygons, plain or packed run lengths), or None if there is none."""
    width, height = size
    if isinstance(segmentation, dict):
        counts, (h, w) = segmentation["counts"], segmentation["size"]
        if (w, h) != (width, height):
            raise DatasetError("the mask has another size than its image", (height, width), (h, w))
        runs = unpack_counts(counts) if isinstance(counts, str) else np.array(counts, np.int64)
        if (runs < 0).any() or int(runs.sum()) != width * height:
            raise DatasetError("run lengths do not fill the image", width * height, int(runs.sum()))
        values = np.arange(len(runs)) % 2 == 1
        return np.repeat(values, runs).reshape(width, height).T
    if isinstance(segmentation, list) and segmentation:
        mask = np.zeros((height, width), bool)
        for polygon in segmentation:
            mask ^= _polygon(np.array(polygon, float).reshape(-1, 2), width, height)
        return mask
    return None


def _polygon(points: np.ndarray, width: int, height: int) -> np.ndarray:
    """(H, W) bool: pixel centres inside, by the even-odd rule."""
    inside = np.zeros((height, width), bool)
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, 0), strict=True):
        # Half open in y, so that a corner belongs to one of its edges only.
        rows = np.nonzero((y >= min(ay, by)) & (y < max(ay, by)))[0]
        if len(rows):
            cross = ax + (y[rows] - ay) / (by - ay) * (bx - ax)
            inside[rows] ^= x[None] > cross[:, None]
    return inside


def unpack_counts(text: str) -> np.ndarray:
    """(N,) int64 run lengths from COCO's packed text (maskApi.c, rleFrString)."""
    counts: list[int] = []
    value = shift = 0
    for byte in text.encode("ascii"):
        code = byte - 48
        value |= (code & 0x1F) << shift
        shift += 5
        if not code & 0x20:
            if code & 0x10:
                value |= -1 << shift
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    return np.array(counts, np.int64)
