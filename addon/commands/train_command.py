# SPDX-License-Identifier: GPL-3.0-or-later
"""Train a model of your own on rendered frames. `vivant train joint` makes a small one that draws picture, depth and
normals together from a skeleton and words; it needs no other model and runs on a CPU. `vivant train refiner --model BASE`
makes a control network for an image model of yours (SD 1.5, SDXL) that hears pose, depth and normals at once.

The run lies in MODEL/training: state, log, curves.png, samples.png. Ctrl-C keeps all that was learnt; --resume goes on.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from ..output import say, say_json
from ..parsing import whole

NAME = "train"
HELP = "train a model of your own on rendered frames"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("kind", choices=("joint", "refiner"), metavar="KIND", help="what to train: joint or refiner")
    parser.add_argument("dataset", metavar="DATASET", help="folder that `vivant generate` wrote")
    parser.add_argument(
        "--also", metavar="DATASET", action="append", default=[], help="more frames for joint; may be repeated"
    )
    parser.add_argument("-o", "--out", required=True, metavar="MODEL", help="folder of the model")
    parser.add_argument("--model", default="", metavar="BASE", help="image model that is refined, for refiner")
    parser.add_argument("--steps", type=whole(1), metavar="N", help="optimiser steps in all (default: 20000)")
    parser.add_argument("--resume", action="store_true", help="go on with the run that is there")
    parser.add_argument("--batch", type=whole(1, 4096), metavar="N", help="pictures a step (default: 16; refiner: 4)")
    parser.add_argument(
        "--size", type=whole(16, 2048), metavar="PX", help="width and height of the pictures (default: 64; refiner: 512)"
    )
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[],
        help="another option of the run or the model, such as rate=1e-4 or channels=[48,96,144]; may be repeated",
    )  # fmt: skip
    parser.add_argument("--seed", type=whole(0), metavar="S", help="seed of weights, order and noise (default: 0)")
    parser.add_argument("--precision", choices=("fp32", "fp16", "bf16"), help="mixed precision (default: fp32)")
    parser.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, mps or xpu (default: auto)")
    parser.add_argument("--threads", type=whole(1, 1024), metavar="N", help="CPU threads (default: all cores)")
    parser.add_argument("--download", action="store_true", help="fetch a base model that is not on this machine")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Train, save, sum up."""
    from ...bridge.train import train_joint, train_refiner
    from ...bridge.train_options import JointShape, RefinerOptions, RefinerShape, TrainOptions
    from ...procgen.dataset import Dataset
    from ...procgen.progress import NoProgress, TerminalProgress

    bar: Any = NoProgress() if args.quiet or args.json else TerminalProgress(sys.stderr)
    state = {"what": "", "done": 0}

    def progress(step: int, steps: int, text: str) -> None:
        if not steps:
            return  # a model is being loaded
        what = "frames" if text == "reading frames" else "steps"
        if state["what"] != what:
            bar.close()
            bar.start(steps, what, step - 1 if what == "steps" else step)
            state.update(what=what, done=step - 1 if what == "steps" else step)
        bar.step(step - int(state["done"]), text)
        state["done"] = step

    dataset, out = Dataset(args.dataset), Path(args.out)
    rest = (args.device, args.resume, progress, args.threads)
    try:
        if args.kind == "joint":
            also = [Dataset(folder) for folder in args.also]
            found = train_joint(dataset, out, *_options(args, TrainOptions, JointShape), *rest, also)
        else:
            options, shape = _options(args, RefinerOptions, RefinerShape)
            found = train_refiner(dataset, out, args.model, options, shape, *rest, args.download)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nstopped; --resume goes on with {args.out}\n")
        raise
    finally:
        bar.close()
    if args.json:
        say_json({"out": args.out, **found})
    else:
        loss = ", ".join(f"{kind} {value:.4f}" for kind, value in found["loss"].items()) or "nothing was left to do"
        say(f"{args.out}: step {found['step']}, loss {loss}")
    return 0


def _options(args: argparse.Namespace, run: Any, model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the run, and those of the model, by whose field each name is."""
    from ...procgen.errors import unknown_name
    from .export_command import parse_options

    given = parse_options(args.set)
    for name in ("steps", "batch", "size", "seed", "precision"):
        if getattr(args, name) is not None:
            given[name] = getattr(args, name)
    fields = {f.name: kind for kind in (run, model) for f in dataclasses.fields(kind)}
    for name in given:
        if name not in fields:
            raise unknown_name("training option", name, fields)
    parts = [{k: v for k, v in given.items() if fields[k] is kind} for kind in (run, model)]
    return parts[0], parts[1]
