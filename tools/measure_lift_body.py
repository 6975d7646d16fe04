"""How well bodies are lifted from pictures: joints and vertices against those that the pictures were made from.

    vivant generate D --scenes 24 --views 2 --describe "a person" --size 448x448 --samples 6 --seed 700
    python -m tools.measure_lift_body D [--json FILE]

Dressed people, rendered; MediaPipe's landmarks; depth, normals, mask and camera of the frame. Vertex k is compared with vertex
k, pelvis on pelvis; nothing is aligned by search. Whole people of at least 150 pixels, nine tenths unoccluded, in every view
that is used. Intervals are 95 % by bootstrap over people. The rows "mean pose" (standing, the mean shape, turned as the person
is) and "generating parameters" (the fit begun from the truth) are the ends of the scale.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from vivant.bridge.lift.body_fit import BodyFit, fit_body
from vivant.bridge.lift.body_frames import errors, true_fit, view_of_frame
from vivant.bridge.lift.body_prior import pose_prior
from vivant.bridge.lift.body_problem import BodySetup, body_setup
from vivant.bridge.lift.body_view import BodyView
from vivant.procgen.dataset import Dataset
from vivant.procgen.dataset.reader import Frame
from vivant.procgen.errors import LiftError

LEAST_PX, LEAST_VISIBLE = 150, 0.9
# Name -> number of views, what is used of them, whether the fit begins from the truth.
ROWS: dict[str, tuple[int, tuple[str, ...], bool]] = {
    "1 view, landmarks": (1, (), False),
    "1 view, + silhouette": (1, ("silhouette",), False),
    "1 view, + silhouette, depth": (1, ("silhouette", "depth"), False),
    "1 view, + silhouette, depth, normals": (1, ("silhouette", "depth", "normals"), False),
    "2 views, landmarks": (2, (), False),
    "2 views, + silhouette, depth, normals": (2, ("silhouette", "depth", "normals"), False),
    "generating parameters, 1 view, all": (1, ("silhouette", "depth", "normals"), True),
}
SCORES = ("mpjpe", "pve", "pa_mpjpe", "pa_pve", "away")


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--json", help="also write every person's errors here")
    parser.add_argument("--most", type=int, default=10**6, help="people at most")
    args = parser.parse_args(argv)
    setup = body_setup()
    dataset = Dataset(args.dataset)
    scenes: dict[int, list[Frame]] = {}
    for frame in dataset:
        scenes.setdefault(frame.scene, []).append(frame)
    found: dict[str, dict[str, dict[str, float]]] = {}
    missed: list[str] = []
    for scene, frames in sorted(scenes.items())[: args.most]:
        for index in range(len(frames[0].people)):
            name = f"{scene:06d}_{index}"
            truth = true_fit(frames[0].people[index], setup)
            views = _views(frames, index, missed)
            if not views:
                continue
            row = found.setdefault("mean pose", {})
            row[name] = {**errors(_mean(truth, setup), truth, setup.model), "seconds": 0.0}
            for label, (count, use, known) in ROWS.items():
                if len(views) < count:
                    continue
                begun = time.process_time()
                fit = fit_body(views[:count], setup, start=truth if known else None, anchor=known, use=use)
                seconds = time.process_time() - begun
                found.setdefault(label, {})[name] = {**errors(fit, truth, setup.model), "seconds": seconds}
            print(name, {k: round(1e3 * v[name]["mpjpe"]) for k, v in found.items() if name in v}, file=sys.stderr, flush=True)
    _print(found, missed)
    if args.json:
        Path(args.json).write_text(json.dumps({"people": found, "missed": missed}, indent=1), encoding="utf-8")


def _views(frames: list[Frame], index: int, missed: list[str]) -> list[BodyView]:
    out = []
    for frame in frames:
        person = frame.people[index]
        r = person.record
        if person.box is None or r.truncated > 0 or r.visible_px < LEAST_VISIBLE * r.amodal_px:
            continue
        if person.box[3] - person.box[1] < LEAST_PX:
            continue
        try:
            out.append(view_of_frame(frame, person))
        except LiftError as e:
            missed.append(str(e))
    return out


def _mean(truth: BodyFit, setup: BodySetup) -> BodyFit:
    pose = np.zeros((55, 3))
    prior = pose_prior()
    pose[1:22] = prior.means[prior.names.index("pose:stand")].reshape(21, 3)
    pose[0] = truth.pose[0]
    return BodyFit(setup.space.mean, pose, truth.trans, np.zeros(setup.space.size))


def _print(found: dict[str, dict[str, dict[str, float]]], missed: list[str]) -> None:
    rng = np.random.default_rng(0)
    print("| input | people | MPJPE mm | median | PVE mm | median | PA-MPJPE | PA-PVE | pelvis off, mm | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for label, people in found.items():
        table = 1e3 * np.array([[p[s] for s in SCORES] for p in people.values()])
        draws = table[rng.integers(0, len(table), (2000, len(table)))].mean(1)
        low, high = np.percentile(draws, [2.5, 97.5], axis=0)
        mean, middle = table.mean(0), np.median(table, 0)
        seconds = np.mean([p["seconds"] for p in people.values()])
        joints, skin = (f"{mean[k]:.0f} ({low[k]:.0f} to {high[k]:.0f}) | {middle[k]:.0f}" for k in (0, 1))
        print(
            f"| {label} | {len(table)} | {joints} | {skin} | {mean[2]:.0f} | {mean[3]:.0f} | {mean[4]:.0f} | {seconds:.1f} |"
        )
    print(f"\nnot found by the detector: {len(missed)}")


if __name__ == "__main__":
    main()
