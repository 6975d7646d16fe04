"""Pictures of people in an even studio light: sheets that remake the gallery of the docs, and what engineers look at.

    python -m tools.gallery portraits -o portraits.png --count 12 --size 320
    python -m tools.gallery bodies -o bodies.png --count 8 --pose auto --ages 20-60
    python -m tools.gallery hands -o hands.png --seed 3 --count 4 --cloth drape
    python -m tools.gallery portraits -o tones.png --by tone --expression neutral
    python -m tools.gallery bodies -o poses.png --by pose --count 20
    python -m tools.gallery faces -o anna.png --spec anna.json --samples 64
    python -m tools.gallery bodies -o turntable.webp --turns 16 --first 3 --size 320
    python -m tools.gallery bodies -o walk.webp --motion walk --turns 16 --first 3 --size 320

Everybody is a seed: person number i of `--seed S` is always the same one in every view, so a face, its body, its shoes
and its hands can be looked at one after another. `--turns` makes a loop of one person instead of a sheet: the camera goes
round, or with `--motion` the person moves through one period. PNG needs nothing; .webp, .jpg and loops need Pillow.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as dataclass_replace
from pathlib import Path

import numpy as np
from vivant.procgen.dataset.png import read_png, write_png
from vivant.procgen.frames import blender_matrix_from_cam, look_at
from vivant.procgen.geometry import Light, Mesh, SceneObject
from vivant.procgen.layout import Placement
from vivant.procgen.materials.shader import Shader
from vivant.procgen.one_person import SEAT, level_ground, moving_person, read_person
from vivant.procgen.people.body_state import BodyState
from vivant.procgen.people.expression import PRESETS
from vivant.procgen.people.eyes import eye_centres
from vivant.procgen.people.motion import period as motion_period
from vivant.procgen.people.person import build_person, pose_person
from vivant.procgen.people.shape import PhenotypeRanges, sample_phenotype
from vivant.procgen.places.solids import Kit, box
from vivant.procgen.registry import poses
from vivant.procgen.sample import sample_anybody, sample_human
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import CameraSpec, HumanSpec, replace


@dataclass(frozen=True)
class View:
    """What a sheet shows of each person.

    Attributes:
        joints: The picture is centred on the mean of these joints; empty = between the eyes; ("box",) = the whole body.
        extent: Height of what is seen, metres; for the whole body a factor on its box.
        azimuth, elevation: Where the camera stands, degrees: 0 in front, 90 on the person's left; above.
        lift: Shift of the centre upwards, metres.
        aspect: Width over height of a picture.
        behind: Shift of the centre backwards, metres: from between the eyes to the middle of the head.
    """

    joints: tuple[str, ...] = ()
    extent: float = 0.50
    azimuth: float = 12.0
    elevation: float = 2.0
    lift: float = -0.05
    aspect: float = 1.0
    behind: float = 0.0


VIEWS = {
    "portraits": View(extent=0.37, lift=-0.02),
    "faces": View(extent=0.30, azimuth=0.0, elevation=0.0, lift=-0.03),
    "eyes": View(extent=0.085, azimuth=0.0, elevation=0.0, lift=0.0, aspect=2.0),
    "mouths": View(extent=0.10, azimuth=0.0, elevation=0.0, lift=-0.068, aspect=1.5),
    "quarters": View(extent=0.34, azimuth=38.0, lift=-0.02),
    "profiles": View(extent=0.36, azimuth=88.0, lift=-0.02, behind=0.085),
    "napes": View(extent=0.42, azimuth=165.0, lift=-0.02, behind=0.085),
    "bodies": View(("box",), 1.08, 12.0, 3.0, 0.0, 0.6),
    "backs": View(("box",), 1.08, 190.0, 3.0, 0.0, 0.6),
    "hands": View(("left_middle1",), 0.24, 35.0, 8.0, 0.0),
    "shoes": View(("left_foot", "right_foot"), 0.42, 28.0, 24.0, 0.04, 1.4),
    "cloth": View(("spine2",), 0.62, 14.0, 3.0, 0.05),
    "legs": View(("left_knee", "right_knee"), 0.9, 14.0, 3.0, 0.0, 0.8),
}
FOCAL_MM = 120.0
BACKDROP = (0.20, 0.21, 0.23)


def sample_one(seed: Seed, args: argparse.Namespace, share: float) -> HumanSpec:
    """Person number `share * count` of a sheet."""
    low, high = args.ages or (1.5, 88.0)
    if args.by == "age":
        low = high = low + share * (high - low)
    women = {None: 0.5, "woman": 1.0, "man": 0.0}[args.sex]
    if args.ages or args.sex or args.by == "age":
        ranges = PhenotypeRanges(age_years=(low, high), female_share=women)
        phenotype = sample_phenotype(seed.child("phenotype").rng(), ranges)
    else:
        phenotype = sample_anybody(seed)
    human = sample_human(seed, phenotype, Placement((0.0, 0.0), 0.0), level_ground(), 1)
    families = poses.names()
    family = families[int(share * len(families))] if args.by == "pose" else args.pose
    if family != "auto":
        pose = poses.get(family).make(seed.child("pose").rng(), phenotype)
        human = replace(human, pose=pose, seat=SEAT if pose.seated else None)
    if args.by == "tone":
        human = replace(human, skin=replace(human.skin, melanin=0.10 + 0.85 * share))
    return human


def aim(body: BodyState, view: View, height_px: int) -> CameraSpec:
    """The camera of a view, in front of where the person stands or sits."""
    points = body.posed[: body.count].astype(np.float64)
    extent = view.extent
    if view.joints == ("box",):
        middle = (points.min(0) + points.max(0)) / 2
        size = np.ptp(points, axis=0)
        extent *= max(float(size[2]), float(np.hypot(size[0], size[1])) / view.aspect)
    elif view.joints:
        middle = np.mean([body.joints[body.joint(j)] for j in view.joints], 0)
    else:
        middle = eye_centres(body).mean(0)
        # Small heads fill the picture as large ones do.
        extent *= float(np.ptp(points[np.asarray(body.weights[: body.count, body.joint("head")]) > 0.6, 2])) / 0.25
    turn = np.asarray(body.root)[:3, :3] @ np.array([0.0, 1.0, 0.0])
    middle = middle + (view.behind * turn + [0.0, 0.0, view.lift]) * extent / view.extent
    facing = np.arctan2(body.root[1, 0], body.root[0, 0]) + np.radians(view.azimuth)
    up = np.radians(view.elevation)
    # A 36 mm sensor along the longer side.
    long_side = extent * max(view.aspect, 1.0)
    distance = long_side / 36.0 * FOCAL_MM
    eye = middle + distance * np.array([np.sin(facing) * np.cos(up), -np.cos(facing) * np.cos(up), np.sin(up)])
    return CameraSpec(
        eye=tuple(float(x) for x in eye), target=tuple(float(x) for x in middle), focal_mm=FOCAL_MM,
        width=round(height_px * view.aspect), height=height_px, name="gallery",
    )  # fmt: skip


def studio(camera: CameraSpec) -> tuple[list[SceneObject], list[Light], Shader]:
    """Backdrop, soft key from the left, fill, rim, and a dim grey room; they turn with the camera."""
    target, eye = np.array(camera.target), np.array(camera.eye)
    back = (target - eye) * [1.0, 1.0, 0.0]
    back /= np.linalg.norm(back)
    right = np.cross(back, [0.0, 0.0, 1.0])

    def lamp(side: float, front: float, up: float, watts: float, size: float, tint: tuple[float, float, float]) -> Light:
        place = target + right * side - back * front + [0.0, 0.0, up]
        return Light("area", watts, tint, size, blender_matrix_from_cam(look_at(place, target)))

    lights = [
        lamp(-1.9, 1.7, 1.4, 205.0, 1.1, (1.0, 0.95, 0.89)),
        lamp(2.2, 1.8, 0.3, 30.0, 2.2, (0.92, 0.96, 1.0)),
        lamp(1.3, -1.6, 1.5, 112.0, 0.8, (1.0, 0.98, 0.95)),
    ]
    turn = np.linspace(0.0, np.pi / 2, 12)
    bend, wall = 1.2, 3.2
    profile = np.concatenate(
        [[[-12.0, 0.0]], np.stack([wall - bend + bend * np.sin(turn), bend - bend * np.cos(turn)], 1), [[wall, 9.0]]]
    )
    foot = target * [1.0, 1.0, 0.0]
    rows = foot + profile[:, :1] * back + profile[:, 1:] * [0.0, 0.0, 1.0]
    vertices = np.concatenate([rows - 14.0 * right, rows + 14.0 * right]).astype(np.float32)
    n = len(rows)
    faces = np.array([[i, i + 1, n + i + 1, n + i] for i in range(n - 1)], np.int32)
    s = Shader("backdrop")
    s.principled(base_color=BACKDROP, roughness=0.9, specular_ior_level=0.1)
    world = Shader("grey_room")
    world.surface(world.node("Background", "Background", {}, Color=(0.42, 0.44, 0.47), Strength=0.35))
    return [SceneObject("backdrop", Mesh(vertices, faces, (s,)), "wall")], lights, world


def stool() -> SceneObject:
    """A block below whoever sits."""
    high = float(next(s for s in level_ground().seats if s.name == SEAT).position[2])
    s = Shader("stool")
    s.principled(base_color=BACKDROP, roughness=0.6)
    block = box((0.42, 0.40, high), (0.0, 0.0, high / 2), 0.01)
    return SceneObject("stool", Kit().add(block, s).mesh(), "furniture")


def shot(human: HumanSpec, args: argparse.Namespace, path: Path, turn: float = 0.0, time: float = 0.0) -> None:
    """Render one person, the camera `turn` degrees further round and at a time of the motion, seconds."""
    from vivant.procgen.blender.preview import render_preview

    view = VIEWS[args.view]
    room = 1.08 if args.motion else 1.0  # who moves needs more of it
    view = dataclass_replace(view, azimuth=view.azimuth + args.turn + turn, extent=view.extent * room)
    close = view.extent < 1.0
    human = replace(human, detail=1, hair_density=1.0 if close else 0.5)
    if args.expression is not None:
        human = replace(human, expression=dict(PRESETS[args.expression]))
    # Shoes have soles: who is undressed stands lower.
    body, _ = build_person(replace(human, gaze=None, hair=None), level_ground(), 0.0)
    camera = aim(body, view, args.size)
    if time > 0:
        # The camera goes along.
        step = (pose_person(human, level_ground(), time).root - body.root)[:3, 3] * [1.0, 1.0, 0.0]
        camera = replace(camera, eye=tuple(np.add(camera.eye, step)), target=tuple(np.add(camera.target, step)))
    if close and abs(view.azimuth) < 60:
        human = replace(human, gaze=camera.eye)
    body, parts = build_person(human, level_ground(), time, mode=args.cloth)
    if close and not time:
        # Who looks into the lens turns the head.
        camera = replace(camera, target=aim(body, view, args.size).target)
    backdrop, lights, world = studio(camera)
    if human.seat is not None:
        backdrop.append(stool())
    render_preview([*parts, *backdrop], camera, str(path), lights=lights, world=world, samples=args.samples,
                   threads=args.threads)  # fmt: skip


def sheet(pictures: Sequence[np.ndarray], columns: int, gap: int = 4) -> np.ndarray:
    """(H, W, 3) uint8: equal pictures row by row on white."""
    h, w = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    out = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = (i // columns) * (h + gap), (i % columns) * (w + gap)
        out[y : y + h, x : x + w] = picture[..., :3]
    return out


def loop(human: HumanSpec, seed: Seed, args: argparse.Namespace, folder: Path) -> list[np.ndarray]:
    """Pictures of one person from all sides, or through one period of a motion."""
    shares = np.arange(args.turns) / args.turns
    period = 0.0
    if args.motion:
        human = moving_person(seed, args.motion, person=human)
        period = motion_period(human)
    for k, share in enumerate(shares):
        turn, time = (0.0, share * period) if args.motion else (360.0 * share, 0.0)
        shot(human, args, folder / f"{k}.png", turn, time)
    return [read_png(folder / f"{k}.png") for k in range(args.turns)]


def write(path: str, pictures: list[np.ndarray], columns: int, milliseconds: float) -> None:
    """A sheet as PNG, WebP or JPEG; with `milliseconds` a picture, a loop as animated WebP or GIF."""
    if milliseconds:
        from PIL import Image

        first, *rest = [Image.fromarray(p[..., :3]) for p in pictures]
        first.save(path, save_all=True, append_images=rest, duration=round(milliseconds), loop=0, quality=80, method=6)
    elif Path(path).suffix == ".png":
        write_png(path, sheet(pictures, columns))
    else:
        from PIL import Image

        Image.fromarray(sheet(pictures, columns)).save(path, quality=90, method=6)


def _span(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    return float(low), float(high or low)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("view", choices=sorted(VIEWS))
    p.add_argument("-o", "--output", required=True, help="PNG, WebP or JPEG to write")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--first", type=int, default=0, help="number of the first person")
    p.add_argument("--count", type=int, default=12)
    p.add_argument("--columns", type=int, default=4)
    p.add_argument("--size", type=int, default=320, help="height of one picture in pixels")
    p.add_argument("--samples", type=int, default=16)
    p.add_argument("--ages", type=_span, help="A-B, years (default: as in a street)")
    p.add_argument("--sex", choices=("woman", "man"))
    p.add_argument("--by", choices=("age", "tone", "pose"), help="spread this evenly over the sheet")
    p.add_argument("--pose", default="stand", help="a pose family, or auto")
    p.add_argument("--expression", choices=sorted(PRESETS), help="the same for all (default: as sampled)")
    p.add_argument("--cloth", choices=("fast", "drape"), default="fast")
    p.add_argument("--turn", type=float, default=0.0, help="degrees by which the camera stands further round")
    p.add_argument("--turns", type=int, default=0, help="a loop of this many pictures of the first person, as .webp or .gif")
    p.add_argument("--motion", help="with --turns: the person moves, and the camera stands or goes along")
    p.add_argument("--spec", action="append", help="a person's JSON file instead of samples; may be repeated")
    p.add_argument("--write-specs", metavar="FOLDER", help="also write everybody's JSON")
    p.add_argument("--threads", type=int, default=2)
    args = p.parse_args(argv)
    if args.spec:
        people = [read_person(f) for f in args.spec]
    else:
        numbers = range(args.first, args.first + args.count)
        seed = Seed(args.seed)
        people = [sample_one(seed.child("gallery", i), args, (k + 0.5) / args.count) for k, i in enumerate(numbers)]
    if args.write_specs:
        Path(args.write_specs).mkdir(parents=True, exist_ok=True)
        for k, human in enumerate(people):
            (Path(args.write_specs) / f"{args.first + k:03d}.json").write_text(human.to_json(), encoding="utf-8")
    milliseconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        if args.turns:
            pictures = loop(people[0], Seed(args.seed), args, Path(folder))
            milliseconds = 60.0 if args.motion else 120.0
        else:
            pictures = []
            for k, human in enumerate(people):
                path = Path(folder) / f"{k}.png"
                shot(human, args, path)
                pictures.append(read_png(path))
    write(args.output, pictures, min(args.columns, len(pictures)), milliseconds)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy can hang at interpreter exit
