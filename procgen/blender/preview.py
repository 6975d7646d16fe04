"""Quick pictures for people who work on generators.

python -m vivant.procgen.blender.preview --place meadow --seed 3 -o out.png
python -m vivant.procgen.blender.preview --scene --seed 3 -o out.png      (a whole sampled scene, first view)
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import bpy
import numpy as np

from ..geometry import Light, PlaceGeometry, SceneGeometry, SceneObject
from ..materials.shader import Shader
from ..spec import CameraSpec, RenderSpec
from . import objects, settings
from .build_scene import build


def grey_sky(strength: float = 0.8) -> Shader:
    """A plain studio-like world."""
    s = Shader("grey_sky")
    s.surface(s.node("Background", "Background", {}, Color=(0.45, 0.5, 0.55), Strength=strength))
    return s


def key_light(energy: float = 3.0) -> Light:
    """A soft sun from front left."""
    from ..frames import blender_matrix_from_cam, look_at

    return Light("sun", energy, (1.0, 0.95, 0.88), 0.06, blender_matrix_from_cam(look_at(np.array([-2.0, -3.0, 3.5]), np.zeros(3))))


def render_preview(
    items: Sequence[SceneObject],
    camera: CameraSpec,
    path: str,
    *,
    lights: Sequence[Light] = (),
    world: Shader | None = None,
    samples: int = 16,
    engine: str = "cycles",
    threads: int = 2,
) -> None:
    """Render a list of objects to a PNG in an otherwise empty file.

    Args:
        items: What to show.
        camera: The view.
        path: PNG to write.
        lights: Lamps; none = a soft key light.
        world: Sky; None = grey.
    """
    settings.no_factory_surprises()
    lamps = list(lights) or [key_light()]
    built = build(SceneGeometry(list(items), lamps, world or grey_sky(), []))
    settings.picture(built.picture, RenderSpec(engine=engine, samples=samples), threads=threads)
    objects.aim_camera(built.picture, built.camera, camera)
    from .compat import set_png

    set_png(built.picture)
    built.picture.render.filepath = os.path.abspath(path)
    bpy.ops.render.render(write_still=True, scene=built.picture.name)


def place_camera(place: PlaceGeometry, width: int, height: int, focal: float, azimuth: float = 0.0) -> CameraSpec:
    """A camera at eye height that looks over the stage."""
    x0, y0, x1, y1 = place.stage
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    ax0, ay0, ax1, ay1 = place.camera_area
    reach = 6.0
    eye = middle + reach * np.array([np.sin(azimuth), -np.cos(azimuth)])
    eye = np.clip(eye, [ax0 + 0.2, ay0 + 0.2], [ax1 - 0.2, ay1 - 0.2])
    z = float(np.asarray(place.height(np.array([eye[0]]), np.array([eye[1]])))[0])  # type: ignore[operator]
    return CameraSpec(
        eye=(float(eye[0]), float(eye[1]), z + 1.5),
        target=(float(middle[0]), float(middle[1]), z + 1.1),
        focal_mm=focal,
        width=width,
        height=height,
    )


def _place(args: argparse.Namespace) -> None:
    from .. import registry
    from ..seeds import Seed
    from ..sky import sample_sky, sky_shader, sun_light

    entry = registry.places.get(args.place)
    seed = Seed(args.seed).child("preview")
    spec = entry.make(seed.child("place").rng())
    place = entry.build(spec)  # type: ignore[misc]
    sky = sample_sky(seed.child("sky").rng(), place.indoor)
    camera = place_camera(place, args.width, args.height, args.focal, np.radians(args.azimuth))
    lights = [*place.lights, sun_light(sky)]
    render_preview(place.objects, camera, args.output, lights=lights, world=sky_shader(sky), samples=args.samples,
                   engine=args.engine, threads=args.threads)  # fmt: skip


def _scene(args: argparse.Namespace) -> None:
    from ..assemble import assemble
    from ..sample import sample_scene
    from ..seeds import Seed
    from ..spec import replace

    spec = sample_scene(Seed(args.seed).child("scene", 0), place=args.place or "auto", width=args.width, height=args.height)
    spec = replace(spec, render=RenderSpec(engine=args.engine, samples=args.samples))
    geometry = assemble(spec)
    render_preview(geometry.objects, spec.cameras[0], args.output, lights=geometry.lights, world=geometry.world,
                   samples=args.samples, engine=args.engine, threads=args.threads)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of the preview."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--place")
    p.add_argument("--scene", action="store_true")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--width", type=int, default=480)
    p.add_argument("--height", type=int, default=320)
    p.add_argument("--focal", type=float, default=35.0)
    p.add_argument("--azimuth", type=float, default=0.0, help="degrees; 0 = camera at -Y")
    p.add_argument("--samples", type=int, default=16)
    p.add_argument("--engine", default="cycles")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("-o", "--output", required=True)
    args = p.parse_args(argv)
    (_scene if args.scene else _place)(args)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy can hang at interpreter exit
