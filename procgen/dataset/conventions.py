"""The conventions of a dataset, machine readable: written into every dataset as `conventions.json`."""

from __future__ import annotations

from typing import Any

CONVENTIONS_VERSION = 1


def conventions() -> dict[str, Any]:
    """What `conventions.json` holds."""
    return {
        "version": CONVENTIONS_VERSION,
        "units": {
            "length": "m",
            "angle": "rad",
            "image": "px",
            "suffixes": {"_px": "pixels", "_deg": "degrees", "_mm": "millimetres"},
        },
        "world": {"handedness": "right", "up": "+z", "person_at_heading_0_faces": "-y", "person_left": "+x"},
        "camera": {
            "axes": "opencv",
            "x": "right",
            "y": "down",
            "z": "forward",
            "T_cam_from_world": "4x4 float64, p_cam = T_cam_from_world @ [p_world, 1]",
            "T_world_from_cam": "4x4 float64, inverse of T_cam_from_world",
        },
        "intrinsics": {
            "K": "3x3, pixels: u = K00 x/z + K02, v = K11 y/z + K12",
            "pixel_centre": [0.5, 0.5],
            "shift_and_aspect": "contained in K",
        },
        "depth": {
            "kind": "planar z",
            "unit": "m",
            "dtype": "float32",
            "background": "+inf",
            "valid": "isfinite(depth)",
        },
        "distance": {"kind": "along the ray", "unit": "m", "dtype": "float32", "background": "+inf"},
        "normal": {
            "frame": "camera (opencv axes)",
            "facing": "camera",
            "length": 1,
            "dtype": "float32",
            "background": [0, 0, 0],
        },
        "normal_world": {"frame": "world", "facing": "camera", "length": 1, "background": [0, 0, 0]},
        "flow": {
            "value": "(dx, dy), pixels, from time t to t + 1",
            "x": "right",
            "y": "down",
            "backward": "flow_backward, from t to t - 1",
            "valid": "flow_valid: 255 where the point is visible at t + 1",
        },
        "ids": {
            "dtype": "uint16",
            "background": 0,
            "tables": "record.json: objects, semantics, parts",
            "person_instances": "1..P, order of people in record.json",
        },
        "iuv": {"I": "body part id, 0 off people", "U": "body UV u in [0, 1]", "V": "body UV v in [0, 1]"},
        "boxes": {"order": "x0, y0, x1, y1", "unit": "px", "meaning": "outer borders of the pixels"},
        "amodal": {"file": "amodal.npz", "masks": "(P, H, ceil(W / 8)) uint8, np.packbits of each row"},
        "keypoints": {
            "sets": ["coco17", "coco_wholebody", "smplx"],
            "xy": "px, pixel centres at .5",
            "visibility": {"0": "outside the image", "1": "hidden", "2": "seen"},
            "occluder": "object id of what hides the point, 0 = nothing",
            "occluder_distance": "m from the occluder to the point",
        },
        "rotations": {"pose": "axis-angle, parent relative, SMPL-X joint order", "elsewhere": "quaternion w, x, y, z"},
        "body": {
            "pose_frame": "SMPL-X rest frame: y up, facing +z",
            "T_world_from_body": "posed body in world axes (z up, facing -y) to world",
        },
        "colour": {
            "rgb.png": "sRGB, 8 bit",
            "rgb.exr": "scene linear, Rec. 709 primaries, half",
            "view_transform": "record.json: render",
        },
        "motion_blur": "off; with blur, ground truth is taken at the centre of the shutter",
        "frames": "frames/SSSSSS_VV[_TTTT]: scene, view, time",
    }
