"""How well detectors that no one here wrote find our people: MediaPipe's pose and face models on a dataset.

    pip install mediapipe==0.10.21
    python -m tools.measure_detectors DATASET

Pose: people who are whole in the picture, at least 200 px tall and 90 % unoccluded. Found = a pose is returned for the
person's crop, in which everybody else is painted over; PCK@0.2 = share of visible COCO-17 keypoints within a fifth of the
torso (left shoulder to right hip).
Face: faces wider than 64 px, turned less than 45° from the camera, nose and both eyes visible.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import numpy as np
from vivant.procgen.dataset import Dataset

# MediaPipe Pose's landmark of each COCO-17 keypoint, in COCO order.
POSE = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
MIN_HEIGHT, MIN_VISIBLE = 200, 0.9
MIN_FACE, MAX_TURN = 64, 45.0


def crop(rgb: np.ndarray, box: Sequence[float], margin: float) -> tuple[np.ndarray, float, float]:
    """A square crop around a box, padded with grey where it leaves the picture; its x and y offset."""
    x0, y0, x1, y1 = box
    side = max(x1 - x0, y1 - y0) * (1 + margin)
    left, top = round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2)
    size = max(8, round(side))
    out = np.full((size, size, 3), 128, np.uint8)
    h, w = rgb.shape[:2]
    ax, ay, bx, by = max(left, 0), max(top, 0), min(left + size, w), min(top + size, h)
    if bx > ax and by > ay:
        out[ay - top : by - top, ax - left : bx - left] = rgb[ay:by, ax:bx]
    return out, float(left), float(top)


def enlarge(picture: np.ndarray, least: int) -> tuple[np.ndarray, int]:
    """Repeat pixels until a picture is at least so large; the factor."""
    k = max(1, -(-least // picture.shape[0]))
    return np.ascontiguousarray(picture.repeat(k, 0).repeat(k, 1)), k


def alone(rgb: np.ndarray, instance: np.ndarray, index: int, people: int) -> np.ndarray:
    """The picture with everybody else painted over in grey: the model returns one person, and must know whom we mean."""
    others = (instance > 0) & (instance <= people) & (instance != index + 1)
    for _ in range(2):  # an antialiased edge reaches beyond the exact mask
        others[1:] |= others[:-1]
        others[:-1] |= others[1:]
        others[:, 1:] |= others[:, :-1]
        others[:, :-1] |= others[:, 1:]
    others &= instance != index + 1
    return np.where(others[..., None], np.uint8(128), rgb)


def turn_of(face: np.ndarray) -> float:
    """Angle in degrees between a face and the direction to the camera, from (68, 3) camera-frame landmarks."""
    across = face[45] - face[36]
    down = face[8] - face[27]
    forward = np.cross(across, down)
    forward /= np.linalg.norm(forward)
    to_camera = -face.mean(0) / np.linalg.norm(face.mean(0))
    return float(np.degrees(np.arccos(np.clip(abs(forward @ to_camera), 0, 1))))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    args = parser.parse_args(argv)
    import mediapipe as mp

    pose = mp.solutions.pose.Pose(static_image_mode=True, model_complexity=1, min_detection_confidence=0.5)
    mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True, max_num_faces=1)
    people = found = good = points = faces = faces_found = 0
    missed: list[str] = []
    for frame in Dataset(args.dataset):
        rgb = frame["rgb"]
        for index, person in enumerate(frame.record.people):
            if person.box_amodal is None or person.amodal_px == 0:
                continue
            whole = person.truncated == 0 and person.visible_px / person.amodal_px >= MIN_VISIBLE
            if whole and person.box_amodal[3] - person.box_amodal[1] >= MIN_HEIGHT:
                people += 1
                picture, left, top = crop(alone(rgb, frame["instance"], index, len(frame.record.people)), person.box_amodal, 0.35)
                picture, k = enlarge(picture, 256)
                result = pose.process(picture)
                if result.pose_landmarks is None:
                    missed.append(f"{frame.name} person {index}: pose")
                else:
                    found += 1
                    truth = person.keypoints["coco17"]
                    got = np.array([[result.pose_landmarks.landmark[i].x, result.pose_landmarks.landmark[i].y] for i in POSE])
                    got = got * picture.shape[0] / k + [left, top]
                    torso = np.linalg.norm(truth.xy[5] - truth.xy[12])
                    seen = truth.visibility == 2
                    good += int((np.linalg.norm(got - truth.xy, axis=1)[seen] < 0.2 * torso).sum())
                    points += int(seen.sum())
            whole_body = person.keypoints["coco_wholebody"]
            face, face3 = whole_body.xy[23:91], whole_body.xyz_cam[23:91]
            width = float(np.ptp(face[:17, 0]))
            visible = (whole_body.visibility[:3] == 2).all()
            if width > MIN_FACE and visible and turn_of(face3) < MAX_TURN:
                faces += 1
                box = (*face.min(0), *face.max(0))
                picture, _, _ = crop(rgb, box, 1.0)
                picture, _ = enlarge(picture, 256)
                if mesh.process(picture).multi_face_landmarks:
                    faces_found += 1
                else:
                    missed.append(f"{frame.name} person {index}: face")
    report = {
        "people": people,
        "pose_found": found / max(people, 1),
        "pck_0.2_torso": good / max(points, 1),
        "faces": faces,
        "face_found": faces_found / max(faces, 1),
        "missed": missed,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
