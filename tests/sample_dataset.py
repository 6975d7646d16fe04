"""A small dataset made by hand, for the tests of whatever reads datasets."""

import numpy as np
from vivant.procgen.dataset.exr import write_exr
from vivant.procgen.dataset.png import write_png
from vivant.procgen.dataset.record import (
    BodyRecord,
    CameraRecord,
    FrameRecord,
    KeypointsRecord,
    ObjectRecord,
    PersonRecord,
)
from vivant.procgen.dataset.store import Header, Store, frame_id
from vivant.procgen.frames import intrinsics, look_at, project, transform
from vivant.procgen.npz import write_npz

WIDTH, HEIGHT = 20, 12
SETS = {"coco17": 17, "coco_wholebody": 133, "smplx": 55}
COCO17 = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
          "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
          "right_ankle")  # fmt: skip


def header(**changes):
    """A header; arguments are replaced by keyword."""
    arguments = {"scenes": 2, "views": 2, "size": (WIDTH, HEIGHT), **changes}
    return Header("0.1.0", 7, arguments, ({"name": "body", "licence": "CC0"},))


def camera():
    """A camera two metres away, with shift."""
    K = intrinsics(WIDTH, HEIGHT, 40, 36, (0.1, -0.05))
    return CameraRecord(WIDTH, HEIGHT, K, look_at((0, -2, 1.2), (0, 0, 1)), 40.0, 36.0, (0.1, -0.05))


def masks():
    """Visible (P, H, W) and amodal masks of two people; the first hides a part of the second."""
    amodal = np.zeros((2, HEIGHT, WIDTH), bool)
    amodal[0, 2:10, 3:9] = True
    amodal[1, 4:11, 6:15] = True
    visible = amodal.copy()
    visible[1] &= ~amodal[0]
    return visible, amodal


def person(index, cam, seed=0):
    """A person with random joints in front of the camera."""
    rng = np.random.default_rng((seed, index))
    visible, amodal = (m[index] for m in masks())
    sets = {}
    for name, n in SETS.items():
        world = rng.normal(0, 0.3, (n, 3)) + (0, 0, 1)
        xy, _ = project(cam.K, cam.T_cam_from_world, world)
        inside = (xy >= 0).all(1) & (xy < (WIDTH, HEIGHT)).all(1)
        sets[name] = KeypointsRecord(
            COCO17 if name == "coco17" else tuple(f"{name}_{i}" for i in range(n)),
            xy, world, transform(cam.T_cam_from_world, world),
            np.where(inside, rng.integers(1, 3, n), 0), np.zeros(n, np.int64), np.zeros(n),
        )  # fmt: skip

    def box(mask):
        y, x = np.nonzero(mask)
        return float(x.min()), float(y.min()), float(x.max() + 1), float(y.max() + 1)

    body = BodyRecord("open", "", rng.normal(size=10), rng.normal(size=10), rng.normal(0, 0.2, (55, 3)), np.eye(4))
    return PersonRecord(
        f"person_{index}", index, index + 1, {"heading": 0.5}, body, rng.normal(size=(55, 3)), sets,
        box(visible), box(amodal), int(visible.sum()), int(amodal.sum()), 0.25,
    )  # fmt: skip


def record(scene=0, view=0, time=0, seed=0):
    """A record without files."""
    cam = camera()
    objects = (
        ObjectRecord(1, "ground", "terrain", 0),
        ObjectRecord(2, "person_0/body", "skin", 1, 0),
        ObjectRecord(3, "person_1/body", "skin", 2, 1),
        ObjectRecord(4, "chair", "furniture", 3),
    )
    return FrameRecord(
        scene, view, time, cam, objects, {"background": 0, "skin": 1, "terrain": 11, "furniture": 20},
        {"none": 0, "head": 1}, (person(0, cam, seed), person(1, cam, seed)), "Two people stand in a meadow.",
        {"people": 2}, {"engine": "cycles", "view_transform": "AgX"}, {"vivant": "0.1.0"},
    )  # fmt: skip


def arrays(seed=0):
    """Channel arrays of a frame."""
    rng = np.random.default_rng(seed)
    visible, amodal = masks()
    instance = (visible[0] * 1 + visible[1] * 2).astype(np.uint16)
    instance[:3, 16:] = 3
    obj = np.array([1, 2, 3, 4], np.uint16)[instance]
    obj[0] = 0
    instance[0] = 0
    depth = rng.uniform(1, 5, (HEIGHT, WIDTH)).astype(np.float32)
    depth[0] = np.inf
    normal = rng.normal(size=(HEIGHT, WIDTH, 3))
    return {
        "rgb": rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8),
        "depth": depth,
        "normal": (normal / np.linalg.norm(normal, axis=-1, keepdims=True)).astype(np.float32),
        "albedo": rng.random((HEIGHT, WIDTH, 3)).astype(np.float16),
        "iuv": rng.random((HEIGHT, WIDTH, 3)).astype(np.float32),
        "flow": rng.normal(size=(HEIGHT, WIDTH, 2)).astype(np.float32),
        "flow_valid": rng.random((HEIGHT, WIDTH)) > 0.5,
        "object": obj,
        "instance": instance,
        "semantic": np.array([0, 11, 1, 1, 20], np.uint16)[obj],
        "part": np.where((instance == 1) | (instance == 2), 1, 0).astype(np.uint16),
        "amodal": amodal,
    }


def write_files(folder, values):
    """Write channel arrays as a renderer does."""
    for name, value in values.items():
        if name == "amodal":
            write_npz(folder / "amodal.npz", {"masks": np.packbits(value, axis=-1)})
        elif name == "flow_valid":
            write_png(folder / "flow_valid.png", value.astype(np.uint8) * 255)
        elif value.dtype.kind == "u":
            write_png(folder / f"{name}.png", value)
        else:
            names = {"albedo": "RGB", "iuv": "IUV"}.get(name, "XYZ")
            planes = {"Z": value} if value.ndim == 2 else {names[i]: value[..., i] for i in range(value.shape[-1])}
            write_exr(folder / f"{name}.exr", planes)


def write_frame(store, scene, view, seed=0):
    """Write one frame through the store."""
    with store.frame(frame_id(scene, view)) as frame:
        write_files(frame.folder, arrays(seed))
        return frame.finish(record(scene, view, seed=seed), {"render": 1.5})


def make_dataset(root):
    """Two scenes of two views."""
    with Store.open_or_create(root, header()) as store:
        for scene in range(2):
            for view in range(2):
                write_frame(store, scene, view, seed=10 * scene + view)
    return root
