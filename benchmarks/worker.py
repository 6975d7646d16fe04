"""What the worker costs besides the model: a tiny pipeline of the real classes, jobs as `vivant synthesize` sends them.

    python -m benchmarks.worker [--jobs 10] [--size 512] [--steps 20] [--threads 1] [--controls pose,depth,normal]

A real worker process makes pictures with a tiny Stable Diffusion 1.5 (random weights, its real structure) and one tiny
ControlNet for each label picture. The clock of forward passes runs while any module of torch is in one; the rest is overhead:
messages, files, hashes, pictures read and written, noise, scheduler, pipeline, memory given back. Each job has another seed, so
that none is answered from the cache. Needs torch (the `synth` extra).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .pipeline import table

_PICTURES = ("render", "pose", "depth", "normal", "semantic")


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10, help="beside the first, which loads the model")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1, help="of torch in the worker")
    parser.add_argument("--controls", default="pose,depth,normal")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.child:
        _serve(args.child, args.threads)
    from vivant.bridge.client import WorkerClient, run_job
    from vivant.bridge.protocol import Job

    controls = [c for c in args.controls.split(",") if c]
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        _write_models(root)
        command = [
            sys.executable,
            "-m",
            "benchmarks.worker",
            "--child",
            str(root / "files"),
            "--threads",
            str(args.threads),
        ]
        with WorkerClient(root / "files", command=command) as client:
            inputs = {
                n: client.store.put_file(p) for n, p in _pictures(root, args.size).items() if n in ("render", *controls)
            }
            parameters = {"controls": controls, "control_models": [str(root / "net")] if controls else [],
                          "steps": args.steps}  # fmt: skip
            loads, rows = 0, []
            for i in range(args.jobs + 1):
                said: list[str] = []
                job = Job(
                    f"job{i}", "control", str(root / "sd15"), "a woman", "hats", i, inputs, parameters, device="cpu"
                )
                began = time.perf_counter()
                result = run_job(client, job, lambda step, steps, text, said=said: said.append(text))
                wall = time.perf_counter() - began
                loads += "loading the model" in said
                rows.append({"wall": wall, **result.facts["clock"]})
    _report(rows, loads, args)


def _report(rows: list[dict[str, float]], loads: int, args: argparse.Namespace) -> None:
    first, rest = rows[0], rows[1:]

    def middle(name: str) -> float:
        return float(np.median([r[name] for r in rest]))

    wall = np.median([(r["wall"] - r["forward"]) / r["wall"] for r in rest])
    cpu = np.median([(r["cpu"] - r["forward_cpu"]) / r["cpu"] for r in rest])
    table(
        "Worker: medians of all jobs but the first",
        [
            ["a job", "figure"],
            ["size, steps, controls, threads", f"{args.size} px, {args.steps}, {args.controls or 'none'}, {args.threads}"],
            ["forward passes, s", f"{middle('forward'):.2f}"],
            ["from submit to result, s", f"{middle('wall'):.2f}"],
            ["overhead, share of the time", f"{100 * wall:.1f} %"],
            ["overhead, share of the worker's CPU time", f"{100 * cpu:.1f} %"],
            ["overhead, CPU ms", f"{1000 * (middle('cpu') - middle('forward_cpu')):.0f}"],
            [f"model loaded, times in {len(rows)} jobs", str(loads)],
            ["first job, with start and loading, s", f"{first['wall']:.1f}"],
            ["resident memory after the first job, MB", f"{first['rss'] / 1e6:.0f}"],
            [f"after job {len(rows)}, MB", f"{rest[-1]['rss'] / 1e6:.0f}"],
            ["trend from job 3 on, MB a job", f"{_trend([r['rss'] / 1e6 for r in rest[1:]]):+.2f}"],
            ["largest within a job over what is left after it, MB", f"{(max(r['peak'] for r in rest) - rest[-1]['rss']) / 1e6:.0f}"],
        ],
    )  # fmt: skip


def _trend(values: list[float]) -> float:
    return float(np.polyfit(np.arange(len(values)), values, 1)[0]) if len(values) > 1 else 0.0


def _pictures(root: Path, size: int) -> dict[str, Path]:
    """Pictures as smooth and as noisy as renders and labels are."""
    from vivant.procgen.dataset.png import write_png

    rng, out = np.random.default_rng(0), {}
    y, x = np.mgrid[:size, :size] / size
    for i, name in enumerate(_PICTURES):
        smooth = np.stack([np.sin(7 * x + i), np.cos(5 * y), np.sin(9 * x * y)], -1) * 100 + 127
        grain = rng.normal(0, 4, (size, size, 3)) if name == "render" else 0
        out[name] = root / f"{name}.png"
        write_png(out[name], np.rint(smooth + grain).clip(0, 255).astype(np.uint8))
    return out


def _write_models(root: Path) -> None:
    import torch
    from diffusers import ControlNetModel
    from vivant.bridge_tests.tiny import tiny_sd15

    torch.manual_seed(0)
    pipe = tiny_sd15(
        root / "tokenizer",  # attention from the second level on, as SDXL has it: the first would be most of the time
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    )
    pipe.save_pretrained(root / "sd15")
    ControlNetModel.from_unet(pipe.unet, conditioning_embedding_out_channels=(4, 8, 8, 8)).save_pretrained(root / "net")


# -- within the worker ---------------------------------------------------------------------------------------------------
class Clock:
    """Seconds and CPU seconds that pass while a module of torch is in its forward pass."""

    def __init__(self) -> None:
        self.depth, self.forward, self.forward_cpu = 0, 0.0, 0.0
        self._since = (0.0, 0.0)

    def enter(self, *_: Any) -> None:
        """Before a module's forward pass."""
        if self.depth == 0:
            self._since = (time.perf_counter(), time.process_time())
        self.depth += 1

    def leave(self, *_: Any) -> None:
        """After it."""
        self.depth -= 1
        if self.depth == 0:
            self.forward += time.perf_counter() - self._since[0]
            self.forward_cpu += time.process_time() - self._since[1]


def _serve(folder: str, threads: int) -> None:
    import torch
    from torch.nn.modules import module
    from vivant.bridge import worker
    from vivant.bridge.protocol import Result

    torch.set_num_threads(threads)
    clock = Clock()
    module.register_module_forward_pre_hook(clock.enter)
    module.register_module_forward_hook(clock.leave)
    make = worker.Worker._make

    def timed(self: Any, job: Any) -> Result:
        clock.forward = clock.forward_cpu = 0.0
        began = time.process_time()
        result = make(self, job)
        _, peak = _memory()
        self.tidy()  # what the worker does after every job; here before it answers, so that it is counted
        facts = {"forward": clock.forward, "forward_cpu": clock.forward_cpu, "cpu": time.process_time() - began,
                 "rss": _memory()[0], "peak": peak}  # fmt: skip
        return Result(result.outputs, {**result.facts, "clock": facts})

    worker.Worker._make = timed
    worker.main(folder)


def _memory() -> tuple[float, float]:
    """Resident bytes now, and the most there ever were."""
    with open(f"/proc/{os.getpid()}/status", encoding="ascii") as f:
        found = {line.split(":")[0]: line.split()[1] for line in f if line.startswith("Vm")}
    return 1024.0 * int(found["VmRSS"]), 1024.0 * int(found["VmHWM"])


if __name__ == "__main__":
    main()
