# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs from rendered frames: each frame goes out with its labels, and a picture that fits them comes back.

Without --model the small joint model that ships with Vivant draws picture, depth and normals, offline. Written to
DATASET/synthesis/NAME; the same command continues a run that was interrupted. `vivant list methods` names
the methods, `vivant describe method control` their parameters.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..output import Bar, say_json, say_outcome
from ..parsing import whole
from .export_command import parse_options

NAME = "synthesize"
HELP = "photographs from rendered frames, by an image model steered by their labels"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("dataset", metavar="DATASET", help="folder that `vivant generate` wrote")
    parser.add_argument("--method", default="", metavar="NAME", help="how (default: what suits the model)")
    parser.add_argument(
        "--model",
        default="",
        metavar="PATH_OR_ID",
        help="folder, .safetensors file or hub name (default: the small one that ships, which draws like our renders)",
    )
    parser.add_argument(
        "--prompt", default="", metavar="TEXT", help="instead of the caption; {caption} in it stands for it"
    )
    parser.add_argument("--negative", default="", metavar="TEXT", help="what to avoid, besides what the style avoids")
    parser.add_argument(
        "--style", default="photo", metavar="NAME", help="plain, photo, portrait, documentary … (default: photo)"
    )
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="root of the seeds (default: 0)")
    parser.add_argument(
        "--name", default="", metavar="RUN", help="folder within DATASET/synthesis (default: the method)"
    )
    parser.add_argument("--frames", default="", metavar="LIST", help="only frames whose name starts so, with commas")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="a parameter of the method; may be repeated"
    )
    parser.add_argument("--reference", type=Path, metavar="FILE", help="PNG whose look is taken over (IP-Adapter)")
    parser.add_argument(
        "--workflow", type=Path, metavar="FILE", help="ComfyUI workflow in API format, for method workflow"
    )
    machine = parser.add_argument_group("where it runs")
    machine.add_argument(
        "--backend",
        default="worker",
        metavar="ADDRESS",
        help="worker, http://HOST:PORT or comfyui://HOST:PORT (default: worker)",
    )
    machine.add_argument("--python", metavar="FILE", help="a Python that has torch (default: this one)")
    machine.add_argument("--token", default="", help="word that the server asks for")
    machine.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, mps or xpu (default: auto)")
    machine.add_argument("--dtype", default="auto", metavar="NAME", help="auto, fp32, fp16 or bf16 (default: auto)")
    machine.add_argument("--cache", metavar="DIR", help="where files lie on the way (default: the user's cache folder)")
    machine.add_argument(
        "--download", action="store_true", help="fetch models that are not on this machine; see their licences"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Make the pictures and sum up."""
    from ...bridge.backends import open_backend
    from ...bridge.frame_inputs import UserFiles
    from ...bridge.models import before_download, identify
    from ...bridge.synthesize import SynthesizeOptions, synthesize
    from ...procgen.dataset import Dataset
    from ...procgen.options import split_names

    dataset = Dataset(args.dataset)
    parameters = {k: tuple(v) if isinstance(v, list) else v for k, v in parse_options(args.set).items()}
    options = SynthesizeOptions(
        args.method, args.model, args.prompt, args.negative, args.style, args.seed, args.name, parameters,
        tuple(split_names(args.frames)), UserFiles(args.reference, args.workflow), args.device, args.dtype, args.download,
    )  # fmt: skip
    if args.download and args.model and args.backend == "worker":
        info = identify(args.model)
        if info.where == "hub":
            sys.stderr.write(f"may fetch {before_download(info)}\n")
    backend = open_backend(args.backend, args.cache, python=args.python, token=args.token)
    bar = Bar("pictures", args.quiet or args.json)
    try:
        report = synthesize(
            dataset, options, backend,
            lambda done, total, name, step, steps, text: bar.at(done, total, f"{name} {text}" + (f" {step}/{steps}" if steps else "")),
        )  # fmt: skip
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; the same command continues where it is now\n")
        raise
    finally:
        bar.close()
        backend.close()
    if args.json:
        say_json(report.to_dict())
    else:
        say_outcome(report.root, f"{len(report.made)} picture(s) made", len(report.kept), report.failed)
    return 0 if report.ok else 1
