"""Which sampling settings give the most picture for the least CPU: PSNR against a 1024-sample reference.

    python -m benchmarks.sampling [--size 192] [--reference 1024]

For each place one scene with two people; every setting renders the same scene in the same process. PSNR is taken after
the view transform, on 8-bit sRGB, as a viewer would see it. CPU seconds are those of the render call alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .pipeline import cpu, table

# name -> changes to Cycles' settings against the first row.
SETTINGS: dict[str, dict[str, Any]] = {
    "8 spp, denoised": {"samples": 8},
    "16 spp, denoised": {},
    "16 spp, not denoised": {"use_denoising": False},
    "16 spp, albedo + normal, accurate": {"denoising_prefilter": "ACCURATE"},
    "16 spp, albedo + normal, no prefilter": {"denoising_prefilter": "NONE"},
    "16 spp, no guides": {"denoising_input_passes": "RGB"},
    "16 spp, 3 bounces": {"max_bounces": 3},
    "16 spp, 8 bounces": {"max_bounces": 8, "diffuse_bounces": 4},
    "16 spp, light tree": {"use_light_tree": True},
    "24 spp, adaptive 0.05": {"samples": 24, "use_adaptive_sampling": True, "adaptive_threshold": 0.05},
    "32 spp": {"samples": 32},
    "32 spp, adaptive 0.02": {"samples": 32, "use_adaptive_sampling": True, "adaptive_threshold": 0.02},
    "32 spp, adaptive 0.05": {"samples": 32, "use_adaptive_sampling": True, "adaptive_threshold": 0.05},
    "32 spp, adaptive 0.1": {"samples": 32, "use_adaptive_sampling": True, "adaptive_threshold": 0.1},
    "64 spp, adaptive 0.1": {"samples": 64, "use_adaptive_sampling": True, "adaptive_threshold": 0.1},
    "64 spp": {"samples": 64},
}


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two uint8 pictures, dB."""
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return float(10 * np.log10(255.0**2 / max(error, 1e-9)))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--reference", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--places", default="meadow,street,room")
    args = parser.parse_args(argv)
    from vivant.procgen.assemble import assemble
    from vivant.procgen.blender import objects
    from vivant.procgen.blender.render import develop, render_picture, scratch
    from vivant.procgen.blender.render_view import open_session
    from vivant.procgen.dataset.png import read_png
    from vivant.procgen.sample import sample_scene
    from vivant.procgen.seeds import Seed

    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in SETTINGS}
    for place in args.places.split(","):
        spec = sample_scene(
            Seed(args.seed).child("sampling"), place=place, people=(2, 2), width=args.size, height=args.size, camera="wide"
        )
        session = open_session(spec, assemble(spec))
        scene = session.built.picture
        objects.aim_camera(scene, session.built.camera, spec.cameras[0])
        cycles = scene.cycles

        def render(changes: dict[str, Any], scene: Any = scene, cycles: Any = cycles) -> tuple[np.ndarray, float]:
            base = {
                "samples": 16,
                "use_adaptive_sampling": False,
                "adaptive_threshold": 0.05,
                "use_denoising": True,
                "denoising_prefilter": "FAST",
                "denoising_input_passes": "RGB_ALBEDO_NORMAL",
                "max_bounces": 6,
                "diffuse_bounces": 2,
                "use_light_tree": False,
            }
            for key, value in {**base, **changes}.items():
                setattr(cycles, key, value)
            scene.update_tag()
            with scratch() as folder:
                start = cpu()
                render_picture(scene, folder)
                spent = cpu() - start
                develop(scene, Path(folder) / "p.png", 0.0)
                return read_png(Path(folder) / "p.png"), spent

        reference, spent = render({"samples": args.reference, "use_denoising": False, "max_bounces": 8, "diffuse_bounces": 4})
        print(f"{place}: reference {args.reference} samples, {spent:.0f} CPU s", flush=True)
        for name, changes in SETTINGS.items():
            picture, spent = render(changes)
            scores[name].append((psnr(picture, reference), spent))
    base = scores["16 spp, denoised"]
    rows = [["setting", *(f"{p} dB" for p in args.places.split(",")), "CPU / 16 spp"]]
    for name, got in scores.items():
        ratio = np.mean([g[1] / b[1] for g, b in zip(got, base, strict=True)])
        rows.append([name, *(f"{g[0]:.2f}" for g in got), f"{ratio:.2f}"])
    table(f"PSNR against {args.reference} samples at {args.size}²", rows)
    sys.stdout.flush()
    os._exit(0)  # bpy can hang at exit


if __name__ == "__main__":
    main()
