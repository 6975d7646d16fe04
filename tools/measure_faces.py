"""How a face detector that no one here wrote sees the faces of random people: MediaPipe Face Mesh on fresh portraits.

    pip install 'mediapipe==0.10.21'
    python -m tools.measure_faces --count 40

Everybody is rendered twice in the studio light of `tools.gallery`, hair, clothes and sampled expression included: straight from
the front, and turned by up to 45° with a face of about 80 pixels. Found = the detector returns a face. Errors are of
the frontal picture, in percent of the distance between the outer corners of the eyes, for the landmarks that both
conventions have (dlib's 68 and MediaPipe's nearest points, the usual correspondence); the outline is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace as with_changes
from pathlib import Path

import numpy as np
from vivant.procgen.dataset.png import read_png
from vivant.procgen.frames import invert_rigid, project
from vivant.procgen.layout import Placement
from vivant.procgen.one_person import level_ground
from vivant.procgen.people.body_state import BodyState
from vivant.procgen.people.keypoints import keypoints
from vivant.procgen.people.person import build_person
from vivant.procgen.people.skeleton import HEAD
from vivant.procgen.registry import poses
from vivant.procgen.sample import sample_anybody, sample_human
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import CameraSpec, replace

from tools.gallery import VIEWS, aim, studio

# MediaPipe's point for each of dlib's 68, from the bridge of the nose (27) on.
MESH = (
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
# Brows run between MediaPipe's upper and lower row of each.
BROW_TOP = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
BROW_FOOT = (46, 53, 52, 65, 55, 285, 295, 282, 283, 276)
IRIS = (473, 468)
GROUPS = {"brows": (17, 27), "nose": (27, 36), "eyes": (36, 48), "mouth": (48, 68)}


def seen_from_the_front(body: BodyState, turn: float, size: int) -> CameraSpec:
    """A camera that faces the face, turned by `turn` degrees about the vertical."""
    ahead = body.T[HEAD][:3, :3] @ np.array([0.0, -1.0, 0.0])
    heading = np.degrees(np.arctan2(ahead[0], -ahead[1]) - np.arctan2(body.root[1, 0], body.root[0, 0]))
    up = np.degrees(np.arcsin(np.clip(ahead[2], -1, 1)))
    return aim(body, with_changes(VIEWS["faces"], extent=0.34, azimuth=float(heading + turn), elevation=float(up)), size)


def detect(mesh: object, picture: np.ndarray, least: int = 256) -> np.ndarray | None:
    """(478, 2) pixels, or None; small pictures are enlarged first."""
    k = max(1, -(-least // picture.shape[0]))
    large = np.ascontiguousarray(picture[..., :3].repeat(k, 0).repeat(k, 1))
    found = mesh.process(large).multi_face_landmarks  # type: ignore[attr-defined]
    if not found:
        return None
    return np.array([[p.x * picture.shape[1], p.y * picture.shape[0]] for p in found[0].landmark])


def to_line(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """(n,) distance of points (n, 2) to a polyline (m, 2), its ends drawn out."""
    first, last = 2 * line[0] - line[1], 2 * line[-1] - line[-2]
    line = np.concatenate([first[None], line, last[None]])
    a, step = line[:-1], np.diff(line, axis=0)
    t = np.clip(((points[:, None] - a) * step).sum(-1) / (step**2).sum(-1), 0, 1)
    return np.linalg.norm(points[:, None] - (a + t[..., None] * step), axis=-1).min(1)


def errors(body: BodyState, camera: CameraSpec, got: np.ndarray) -> dict[str, float]:
    """Mean distance of each group of landmarks, in percent of the distance between the outer corners of the eyes."""
    look = invert_rigid(camera.T_world_from_cam())
    truth, _ = project(camera.K(), look, keypoints("coco_wholebody", body))
    face, eyes = truth[23:91], truth[1:3]
    unit = np.linalg.norm(face[36] - face[45]) / 100
    brows = 0.5 * (got[list(BROW_TOP)] + got[list(BROW_FOOT)])
    ours = np.concatenate([brows, got[list(MESH)]])
    off = np.linalg.norm(ours - face[17:], axis=1) / unit
    out = {name: float(off[a - 17 : b - 17].mean()) for name, (a, b) in GROUPS.items()}
    out["inner"] = float(off[10:].mean())
    out["iris"] = float(np.linalg.norm(got[list(IRIS)] - eyes, axis=1).mean() / unit)
    # The two conventions space their points along the brow differently: how far ours are from the detector's line.
    lines = [to_line(face[17:22], brows[:5]), to_line(face[22:27], brows[5:])]
    out["brows_across"] = float(np.mean(lines) / unit)
    # Where the detector puts the brows over ours: upwards, and outwards.
    out["brows_up"] = float((face[17:27, 1] - brows[:, 1]).mean() / unit)
    out["brows_out"] = float((np.repeat([-1, 1], 5) * (brows - face[17:27])[:, 0]).mean() / unit)
    return out


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="people")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--keep", metavar="FOLDER", help="keep the pictures")
    args = parser.parse_args(argv)
    import mediapipe as mp
    from vivant.procgen.blender.preview import render_preview

    mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True, max_num_faces=1)
    rows: list[dict[str, float]] = []
    found = {"front": 0, "turned": 0}
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(args.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(args.count):
            seed = Seed(args.seed).child("face", i)
            human = sample_human(seed, sample_anybody(seed), Placement((0.0, 0.0), 0.0), level_ground(), 1)
            human = replace(human, pose=poses.get("stand").make(seed.child("pose").rng(), human.phenotype))
            human = replace(human, detail=1, hair_density=0.7, gaze=None)
            body, _ = build_person(replace(human, hair=None, outfit=()), level_ground(), 0.0)
            front = seen_from_the_front(body, 0.0, 224)
            human = replace(human, gaze=front.eye)
            body, parts = build_person(human, level_ground(), 0.0)
            turn = float(seed.child("turn").rng().uniform(-45, 45))
            for name, camera in (("front", front), ("turned", seen_from_the_front(body, turn, 144))):
                path = folder / f"{i:03d}_{name}.png"
                backdrop, lights, world = studio(camera)
                render_preview([*parts, *backdrop], camera, str(path), lights=lights, world=world, samples=args.samples)
                got = detect(mesh, read_png(path))
                if got is None:
                    missed.append(path.name)
                    continue
                found[name] += 1
                if name == "front":
                    rows.append(errors(body, camera, got))
    report = {
        "people": args.count,
        "found": {k: v / args.count for k, v in found.items()},
        "missed": missed,
        "percent_of_interocular": {
            k: {"mean": round(float(np.mean([r[k] for r in rows])), 2), "median": round(float(np.median([r[k] for r in rows])), 2)}
            for k in rows[0]
        },
    }  # fmt: skip
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy can hang at interpreter exit
