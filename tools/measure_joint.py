"""How well a joint model draws people at poses of scenes that it never saw, beside two baselines.

    python -m tools.measure_joint FRAMES --model joint=MODEL --picture grid.png

FRAMES is the dataset that the model learnt from; the scenes that its training held out are judged, at the model's size. Rows:

    render          the rendered picture itself, made as small: what the detector can see at that size
    MODEL …         each model given; one made of several (--model apart=DEPTH,NORMAL) takes each kind from the one that has it
    unconditioned   the first model without skeleton and words
    nearest         the learnt frame, or its mirror image, whose skeleton picture is nearest

Columns: `iou` silhouettes that MediaPipe's selfie segmentation and `oks`, `pck` keypoints that its pose model find in the
picture, enlarged to 256 pixels by bicubic interpolation, against the labels (these networks were made for photographs, and look at 64
pixels: compare with the row of the render); `depth` error of
inverse depth after the best scale and shift, over its spread (1 = a constant); `normal` mean angle on people;
`consistency` angle between the normals and those of the depth, on people. Brackets: 95 % by resampling scenes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
import torch
from vivant.bridge.diffusion.joint import sample_joint, to_arrays
from vivant.bridge.diffusion.joint_model import JointDenoiser, load_joint
from vivant.bridge.measure.detectors import MediaPipeDetector
from vivant.bridge.measure.drift import Labels, detected, labels_in, structure
from vivant.bridge.measure.geometry import silhouette_iou
from vivant.bridge.pictures import as_picture
from vivant.bridge.skeleton import square_window
from vivant.bridge.train_options import TrainOptions
from vivant.bridge.training.curves import grid
from vivant.bridge.training.frames import TrainingFrames, mirror, read_frames
from vivant.bridge.training.joint_trainer import split
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.png import write_png

COLUMNS = ("iou", "oks", "pck", "depth", "normal", "consistency")
# Keypoints of the trunk whose distance is what PCK's 0.2 is a share of: left shoulder to right hip.
_TRUNK = (5, 12)
LARGE = 256
Made = list[dict[str, np.ndarray]]


@dataclass(frozen=True)
class Judge:
    """Labels of the held-out frames at the model's size and enlarged, and the detectors."""

    labels: list[Labels]
    large: list[Labels]
    scenes: list[str]
    pose: Any
    selfie: Any

    def rows(self, made: Made) -> list[dict[str, float]]:
        """Measures of a picture for each held-out frame."""
        return [self._row(*each) for each in zip(made, self.labels, self.large, strict=True)]

    def _row(self, made: dict[str, np.ndarray], labels: Labels, large: Labels) -> dict[str, float]:
        found = structure(made.get("depth"), made.get("normal"), labels)
        out = {
            "depth": found.get("depth_rmse", np.nan), "normal": found.get("normal_angle", np.nan),
            "consistency": found.get("consistency_angle", np.nan),
        }  # fmt: skip
        if "rgb" in made:
            pairs: list[Any] = []
            rgb = enlarged(made["rgb"])
            mask = self.selfie.process(rgb).segmentation_mask > 0.5
            seen = detected("", rgb, large, self.pose, pairs)
            out |= {"iou": silhouette_iou(mask, large.people), "oks": seen["oks"], "pck": correct(*pairs[0])}
        return out


def enlarged(rgb: np.ndarray) -> np.ndarray:
    """(LARGE, LARGE, 3) uint8."""
    x = torch.from_numpy(rgb.transpose(2, 0, 1)[None].astype(np.float32))
    large = torch.nn.functional.interpolate(x, size=(LARGE, LARGE), mode="bicubic", align_corners=False)
    return np.ascontiguousarray(large[0].numpy().transpose(1, 2, 0).round().clip(0, 255).astype(np.uint8))


def correct(found: Sequence[Any], true: Sequence[Any], share: float = 0.2) -> float:
    """Share of visible keypoints that a detection has within 0.2 of the trunk's diagonal; NaN without a visible trunk."""
    scores = []
    for person in true:
        visible = person.keypoints[:, 2] > 1
        if not visible[list(_TRUNK)].all():
            continue
        a, b = person.keypoints[list(_TRUNK), :2]
        reach = share * np.hypot(*(a - b))
        best = 0.0
        for one in found:
            off = np.hypot(*(one.keypoints[visible, :2] - person.keypoints[visible, :2]).T)
            best = max(best, float((off < reach).mean()))
        scores.append(best)
    return float(np.mean(scores)) if scores else np.nan


def draw(model: JointDenoiser, frames: TrainingFrames, seed: int, blind: bool = False, batch: int = 11) -> Made:
    """A sample for each frame; without skeleton and words when `blind`."""
    made: Made = []
    for first in range(0, len(frames), batch):
        ids = range(first, min(first + batch, len(frames)))
        skeleton = torch.from_numpy(frames.skeleton[ids.start : ids.stop].transpose(0, 3, 1, 2).copy()).float() / 255
        words = torch.tensor([model.vocabulary.numbers(frames.words[i]) for i in ids], dtype=torch.int64)
        if blind:
            skeleton, words = torch.zeros_like(skeleton), torch.zeros_like(words)
        found = sample_joint(model, skeleton, words, [10007 * seed + i for i in ids], guidance=1.0 if blind else 1.5)
        made += [to_arrays(found, k) for k in range(len(ids))]
        sys.stderr.write(f"\r{ids.stop}/{len(frames)}")
    sys.stderr.write("\n")
    return made


def rendered(frames: TrainingFrames, keep: Sequence[int], flips: Sequence[bool]) -> Made:
    """Frames as a model would have drawn them."""
    made: Made = []
    for i, flip in zip(keep, flips, strict=True):
        rgb, depth, normal = frames.rgb[i], frames.depth[i], frames.normal[i].astype(np.float32) / 127
        if flip:
            rgb, depth, normal = (np.ascontiguousarray(a) for a in mirror(rgb, depth, normal))
        made.append({"rgb": rgb, "depth": 1 / np.maximum(depth.astype(np.float32) / 255, 1e-3), "normal": normal})
    return made


def nearest(learnt: TrainingFrames, wanted: TrainingFrames) -> tuple[list[int], list[bool]]:
    """For each wanted frame the learnt one, and whether mirrored, whose skeleton picture is nearest."""

    def flat(pictures: np.ndarray) -> np.ndarray:
        soft = pictures.astype(np.float32)
        for axis in (1, 2):  # a limb two pixels off is nearer than one ten pixels off
            soft = sum(np.roll(soft, k, axis) for k in range(-2, 3)) / 5
        return soft.reshape(len(pictures), -1)

    known, asked = np.concatenate([flat(learnt.skeleton), flat(learnt.mirrored)]), flat(wanted.skeleton)
    far = (known**2).sum(1)[None] - 2 * asked @ known.T
    best = far.argmin(1)
    return [int(b) % len(learnt) for b in best], [bool(b >= len(learnt)) for b in best]


def interval(values: np.ndarray, scenes: Sequence[str], draws: int = 1000) -> tuple[float, float, float]:
    """Mean, and its 95 % interval by resampling scenes."""
    names = sorted(set(scenes))
    groups = [values[[s == n for s in scenes]] for n in names]
    sums = np.array([[np.nansum(g), np.isfinite(g).sum()] for g in groups])
    picks = np.random.default_rng(0).integers(0, len(names), (draws, len(names)))
    totals = sums[picks].sum(1)
    means = totals[:, 0] / np.maximum(totals[:, 1], 1)
    return float(np.nanmean(values)), *(float(v) for v in np.percentile(means, [2.5, 97.5]))


def merged(several: Sequence[Made]) -> Made:
    """Samples of models that each draw some kinds, put together frame by frame."""
    return [{k: v for one in parts for k, v in one.items()} for parts in zip(*several, strict=True)]


def main() -> int:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frames", type=Path)
    parser.add_argument("--model", action="append", required=True, metavar="NAME=FOLDER[,FOLDER]")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="judge only every Nth held-out frame")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="held-out frames and two samples of each, as PNG")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    torch.set_num_threads(1)
    models = {n: [Path(f) for f in fs.split(",")] for n, fs in (m.split("=", 1) for m in args.model)}
    first = next(iter(models.values()))[0]
    options = TrainOptions.from_dict(json.loads((first / "training/state.json").read_bytes())["options"])
    loaded = {n: [load_joint(f) for f in fs] for n, fs in models.items()}
    size = next(iter(loaded.values()))[0].shape.size
    dataset = Dataset(args.frames)
    learnt, held = split(read_frames(dataset, size, first / "training"), options.held_out)
    held = held.part(np.arange(0, len(held), args.every))

    def labels(side: int) -> list[Labels]:
        return [labels_in(dataset[n], (side, side), square_window(dataset[n])) for n in held.names]

    selfie: Any = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)  # type: ignore[attr-defined]
    judge = Judge(labels(size), labels(LARGE), [n.split("_")[0] for n in held.names], MediaPipeDetector(), selfie)
    print(f"{len(held)} frames of {len(set(judge.scenes))} held-out scenes, {len(learnt)} learnt frames, {size} px")

    everything = range(len(held))
    made = {"render": rendered(held, everything, [False] * len(held))}
    made |= {n: merged([draw(m, held, args.seed) for m in ms]) for n, ms in loaded.items()}
    made["unconditioned"] = draw(next(iter(loaded.values()))[0], held, args.seed, blind=True)
    made["nearest"] = rendered(learnt, *nearest(learnt, held))
    table: dict[str, dict[str, tuple[float, float, float]]] = {}
    print("| | " + " | ".join(COLUMNS) + " |\n|---" + "|---" * len(COLUMNS) + "|")
    for name, pictures in made.items():
        rows = judge.rows(pictures)
        table[name] = {c: interval(np.array([r.get(c, np.nan) for r in rows]), judge.scenes) for c in COLUMNS}
        cells = [f"{m:.3g} ({a:.3g} to {b:.3g})" if np.isfinite(m) else "" for m, a, b in table[name].values()]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n")
    if args.picture:
        again = draw(next(iter(loaded.values()))[0], held, args.seed + 1)
        write_png(args.picture, sheet(held, made["render"], [made[next(iter(models))], again]))
    return 0


def sheet(held: TrainingFrames, truth: Made, samples: Sequence[Made], count: int = 12) -> np.ndarray:
    """Rows: skeleton, render with its depth and normals, then the same three of each sample."""
    rows = []
    for i in np.linspace(0, len(held) - 1, count).round().astype(int):
        row = [held.skeleton[i]]
        for one in (truth, *samples):
            row += [as_picture(k, one[i][k]) for k in ("rgb", "depth", "normal") if k in one[i]]
        rows.append(row)
    return grid(rows, scale=2)


if __name__ == "__main__":
    raise SystemExit(main())
