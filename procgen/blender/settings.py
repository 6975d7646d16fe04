"""Render settings: the picture, and the ground-truth pass that is exact at pixel centres."""

from __future__ import annotations

from typing import Any

import bpy

from ..spec import RenderSpec
from .compat import eevee_engine, has_denoiser


def picture(scene: Any, spec: RenderSpec, seed: int = 0, threads: int = 0) -> None:
    """Settings of the RGB picture.

    Args:
        scene: The Blender scene.
        spec: What the picture should be.
        seed: Cycles seed, from the seed tree.
        threads: Render threads; 0 = all cores.
    """
    render = scene.render
    render.engine = {"cycles": "CYCLES", "eevee": eevee_engine(), "workbench": "BLENDER_WORKBENCH"}[spec.engine]
    render.use_motion_blur = False
    render.use_compositing = render.use_sequencer = False
    render.threads_mode = "FIXED" if threads else "AUTO"
    if threads:
        render.threads = threads
    render.film_transparent = False
    view = scene.view_settings
    view.view_transform = spec.view_transform
    if spec.look in {i.identifier for i in view.bl_rna.properties["look"].enum_items} or spec.look.startswith("AgX"):
        try:
            view.look = spec.look
        except TypeError:  # the look belongs to another view transform
            view.look = "None"
    view.exposure = spec.exposure
    if spec.engine != "cycles":
        if spec.engine == "eevee":
            scene.eevee.taa_render_samples = spec.samples
        return
    cycles = scene.cycles
    cycles.device = "CPU" if spec.device in ("auto", "cpu") else "GPU"
    cycles.samples, cycles.seed = spec.samples, seed
    cycles.use_adaptive_sampling = spec.adaptive_threshold > 0
    cycles.adaptive_threshold = spec.adaptive_threshold
    cycles.adaptive_min_samples = 0
    cycles.use_denoising = spec.denoise and has_denoiser()
    if cycles.use_denoising:
        cycles.denoiser = "OPENIMAGEDENOISE"
        cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
        # Measured (docs/measurements.md): 0.3 to 1.1 dB for 7 % of the time, more than as many extra samples give.
        cycles.denoising_prefilter = "ACCURATE"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 2, 2
    cycles.transmission_bounces, cycles.transparent_max_bounces, cycles.volume_bounces = 3, 8, 0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    cycles.blur_glossy = 1.0
    # With several lamps the light tree gives about 1 dB for 10 % of the time; under the sun alone it gives nothing.
    cycles.use_light_tree = sum(o.type == "LIGHT" for o in scene.collection.all_objects) > 1
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.5
    scene.cycles_curves.shape = "RIBBONS"
    scene.cycles_curves.subdivisions = 2


def ground_truth(scene: Any, threads: int = 0) -> None:
    """One sample at the pixel centre, no light: depth, normals and ids as a ray caster would see them."""
    render = scene.render
    render.engine = "CYCLES"
    render.use_motion_blur = render.use_compositing = render.use_sequencer = False
    render.threads_mode = "FIXED" if threads else "AUTO"
    if threads:
        render.threads = threads
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples, cycles.seed = 1, 0
    cycles.use_denoising = cycles.use_adaptive_sampling = False
    cycles.pixel_filter_type, cycles.filter_width = "BOX", 0.01
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = cycles.transmission_bounces = 0
    cycles.transparent_max_bounces = 0
    scene.cycles_curves.shape = "RIBBONS"
    scene.cycles_curves.subdivisions = 2


def no_factory_surprises() -> None:
    """An empty file with nothing in it that the user or the factory put there (headless only)."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
