"""A second opinion on whole pictures: another renderer paints depth and object ids of the same triangles.

pyrender reads PYOPENGL_PLATFORM when it is imported and keeps one OpenGL context a process. So it runs in a process of
its own, which alone has that variable, and which may crash without taking the run with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DatasetError, VivantError
from ...farm.launch import command
from ...files import disk
from ...frames import transform
from ...npz import read_npz, write_npz
from .witness import NEAR

# One z-buffer of 24 bits from 1 cm to 100 m errs by centimetres at the far end; three of them, by 0.3 mm at most.
BANDS = (NEAR, 0.5, 5.0)
_TIMEOUT = 600.0
_QUESTION, _ANSWER = "question.npz", "answer.npz"


def paint(
    mesh: dict[str, np.ndarray], K: np.ndarray, T_cam_from_world: np.ndarray, width: int, height: int
) -> tuple[np.ndarray, np.ndarray]:
    """Depth (H, W) float64, metres, +inf on the background, and object ids (H, W) int64, by pyrender on OSMesa.

    Args:
        mesh: World triangles (`world_triangles`); strands are left out.
        K: (3, 3) pixels; T_cam_from_world: (4, 4), OpenCV axes.
    Raises:
        DatasetError: the process of the renderer failed.
    """
    # OpenGL's camera looks along -z with y up; float32 is finest near the camera, where it matters.
    points = transform(T_cam_from_world, mesh["vertices"]) * [1.0, -1.0, -1.0]
    with tempfile.TemporaryDirectory(prefix="vivant-witness-") as name, disk("write", name):
        folder = Path(name)
        write_npz(folder / _QUESTION, {
            "points": points.astype(np.float32), "triangles": mesh["triangles"], "owner": mesh["triangle_object"],
            "K": np.asarray(K, np.float64), "size": np.array([width, height]),
        }, level=0)  # fmt: skip
        line = command("procgen.dataset.verify.painter", "answer", name)
        try:
            done = subprocess.run(line, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        except subprocess.TimeoutExpired as e:
            raise DatasetError(f"the witness pyrender gave no answer within {_TIMEOUT:.0f} s") from e
        if done.returncode or not (folder / _ANSWER).is_file():
            last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
            raise DatasetError("the witness pyrender failed", got=last, fix="see `vivant doctor`")
        found = read_npz(folder / _ANSWER)
    return found["depth"], found["object"].astype(np.int64)


def answer(folder: str) -> None:
    """What the process does: render the question of a folder, write the answer beside it, and leave."""
    try:
        asked = read_npz(Path(folder) / _QUESTION)
        depth, owner = _render(asked)
        write_npz(Path(folder) / _ANSWER, {"depth": depth, "object": owner.astype(np.uint16)}, level=0)
    except (VivantError, ImportError, OSError, RuntimeError, ValueError, AttributeError) as e:
        sys.stderr.write(f"{type(e).__name__}: {' '.join(str(e).split())}\n")
        sys.stderr.flush()
        os._exit(1)
    sys.stderr.flush()
    os._exit(0)  # OSMesa may crash while Python takes itself apart


def _render(asked: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    os.environ["PYOPENGL_PLATFORM"] = "osmesa"  # this process renders and ends; nothing else sees it
    if not hasattr(np, "infty"):
        np.inf = np.inf  # numpy 2 dropped the name that pyrender 0.1.45 still uses
    import pyrender  # pyright: ignore[reportMissingImports]

    width, height = (int(n) for n in asked["size"])
    K = asked["K"]
    scene: Any = pyrender.Scene(bg_color=[0, 0, 0, 0])
    colors: dict[Any, tuple[int, int, int]] = {}
    for number in np.unique(asked["owner"]).tolist():
        used, rows = np.unique(asked["triangles"][asked["owner"] == number], return_inverse=True)
        rows = rows.reshape(-1, 3)
        # pyrender culls back faces when it paints depth and ids: every triangle is there from both sides.
        both = np.concatenate([rows, rows[:, ::-1]]).astype(np.uint32)
        mesh = pyrender.Mesh([pyrender.Primitive(positions=asked["points"][used], indices=both)])
        colors[scene.add(mesh)] = (number & 255, number >> 8, 1)
    far = float(max(-asked["points"][:, 2].min(initial=-10.0), 2 * BANDS[-1])) * 1.01
    renderer: Any = pyrender.OffscreenRenderer(width, height)
    depth, owner = np.full((height, width), np.inf), np.zeros((height, width), np.int64)
    for near, end in zip(BANDS, (*BANDS[1:], far), strict=True):
        camera = pyrender.IntrinsicsCamera(K[0, 0], K[1, 1], K[0, 2], K[1, 2], znear=near, zfar=end)
        node = scene.add(camera, pose=np.eye(4))
        color, z = renderer.render(scene, flags=pyrender.RenderFlags.SEG, seg_node_map=colors)
        scene.remove_node(node)
        new = (color[..., 2] == 1) & np.isinf(depth)
        depth[new] = z[new]
        owner[new] = color[..., 0][new].astype(np.int64) + 256 * color[..., 1][new].astype(np.int64)
    return depth, owner
