"""Topology of the open body: which MakeHuman faces and vertices it keeps, in which order.

Body = skin + eyes + tongue: 13,718 vertices, 13,710 quads, after the small edit that closes the nipple geometry (the
same edit as in anny, so the mesh meets what most hosts accept). Shells = tights, skirt, hair, teeth, lashes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from body.source import Source
from numpy.typing import NDArray

# Rings of vertices that are cut away, and the quads that close the holes (source: anny `full_model.py`, Apache-2.0).
CUT = np.concatenate([np.arange(1778, 1794), np.arange(8450, 8466)])
CAPS = np.array(
    [
        [8437, 8438, 8439, 8440], [8436, 8437, 8440, 8441], [8435, 8436, 8441, 8442], [8434, 8435, 8442, 8443],
        [8449, 8434, 8443, 8444], [8448, 8449, 8444, 8445], [8447, 8448, 8445, 8446],
        [1762, 1771, 1770, 1763], [1763, 1770, 1769, 1764], [1764, 1769, 1768, 1765], [1765, 1768, 1767, 1766],
        [1762, 1777, 1772, 1771], [1777, 1776, 1773, 1772], [1776, 1775, 1774, 1773],
    ]
)  # fmt: skip
SKIN_END = 13380  # base vertices below are skin (with the mouth and eye cavities)
EYES = {"l": (14598, 14670), "r": (14670, 14742)}
SHELLS = {
    "tights": ("helper-tights",),
    "skirt": ("helper-skirt",),
    "hair": ("helper-hair",),
    "upper_teeth": ("helper-upper-teeth",),
    "lower_teeth": ("helper-lower-teeth",),
    "eyelashes_l": ("helper-l-eyelashes-1", "helper-l-eyelashes-2"),
    "eyelashes_r": ("helper-r-eyelashes-1", "helper-r-eyelashes-2"),
}
# Vertex ids that smplx fixes for SMPL-X (nose, eyes, ears, fingertips, toes, heels); source: smplx `vertex_ids.py`.
SMPLX_IDS = {
    "nose": 9120, "reye": 9929, "leye": 9448, "rear": 616, "lear": 6,
    "rthumb": 8079, "rindex": 7669, "rmiddle": 7794, "rring": 7905, "rpinky": 8022,
    "lthumb": 5361, "lindex": 4933, "lmiddle": 5058, "lring": 5169, "lpinky": 5286,
    "LBigToe": 5770, "LSmallToe": 5780, "LHeel": 8846, "RBigToe": 8463, "RSmallToe": 8474, "RHeel": 8635,
}  # fmt: skip


@dataclass(frozen=True)
class Topology:
    """base_ids: (V,) base-mesh vertex of every body vertex; shell_ids: (S,) the same for the shells.

    quads (Q, 4), quad_uv (Q, 4), faces (2Q, 3), face_uv (2Q, 3) index body vertices / uv rows; triangles 2q and 2q+1
    come from quad q. uv: (T, 2). shell_quads: name -> (n, 4) in the concatenation [body V ; shell S].
    eyes / tongue quads are quads of the body; `shell_quads` repeats them as eye_l, eye_r, tongue.
    """

    base_ids: NDArray
    shell_ids: NDArray
    quads: NDArray
    quad_uv: NDArray
    faces: NDArray
    face_uv: NDArray
    uv: NDArray
    shell_quads: dict


def split_quads(points: NDArray, quads: NDArray) -> tuple[NDArray, NDArray]:
    """Corner numbers of two triangles a quad, cut along the shorter diagonal: (2Q, 3), and the quads' row (2Q,)."""
    p = points[quads]
    first = np.linalg.norm(p[:, 0] - p[:, 2], axis=1) < np.linalg.norm(p[:, 1] - p[:, 3], axis=1)
    corners = np.where(first[:, None, None], [[[0, 1, 2], [0, 2, 3]]], [[[0, 1, 3], [1, 2, 3]]])
    return corners.reshape(-1, 3), np.repeat(np.arange(len(quads)), 2)


def build_topology(source: Source, fixed: dict[str, int]) -> Topology:
    """Assemble the mesh.

    Args:
        fixed: name in `SMPLX_IDS` -> base-mesh vertex that has to sit at that id.
    """
    names = ("body", "helper-l-eye", "helper-r-eye", "helper-tongue")
    quads = np.concatenate([source.groups[n][0] for n in names])
    uvq = np.concatenate([source.groups[n][1] for n in names])
    cut = np.isin(quads, CUT).any(axis=1)
    # Every cut ring vertex has a single uv, so the caps can take theirs from the faces that are dropped.
    uv_of = dict(zip(quads[cut].ravel().tolist(), uvq[cut].ravel().tolist(), strict=True))
    quads = np.concatenate([quads[~cut], CAPS])
    uvq = np.concatenate([uvq[~cut], np.vectorize(uv_of.__getitem__)(CAPS)])

    base_ids = np.unique(quads)
    place = {b: i for i, b in enumerate(base_ids.tolist())}
    for name, base in fixed.items():
        i, k = SMPLX_IDS[name], place[base]
        other = int(base_ids[i])
        base_ids[i], base_ids[k] = base, other
        place[base], place[other] = i, k

    shell_base = {n: np.concatenate([source.groups[g][0] for g in gs]) for n, gs in SHELLS.items()}
    shell_ids = np.unique(np.concatenate([q.ravel() for q in shell_base.values()]))
    lookup = np.full(len(source.template), -1)
    lookup[base_ids] = np.arange(len(base_ids))
    lookup[shell_ids] = len(base_ids) + np.arange(len(shell_ids))
    shell_quads = {n: lookup[q] for n, q in shell_base.items()}
    for n, g in (("eye_l", "helper-l-eye"), ("eye_r", "helper-r-eye"), ("tongue", "helper-tongue")):
        shell_quads[n] = lookup[source.groups[g][0]]

    corners, row = split_quads(source.template, quads)
    faces = np.take_along_axis(quads[row], corners, axis=1)
    face_uv = np.take_along_axis(uvq[row], corners, axis=1)
    used, inverse = np.unique(face_uv, return_inverse=True)
    renumber = np.full(len(source.uv), -1)
    renumber[used] = np.arange(len(used))
    return Topology(
        base_ids, shell_ids, lookup[quads], renumber[uvq], lookup[faces], inverse.reshape(-1, 3), source.uv[used],
        shell_quads,
    )  # fmt: skip


def fixed_points(source: Source) -> dict[str, int]:
    """Base-mesh vertices of the 21 anatomical points with a fixed id, found on the template."""
    t = source.template
    skin = np.arange(SKIN_END)

    def nearest(point: NDArray, pool: NDArray) -> int:
        return int(pool[np.argmin(np.linalg.norm(t[pool] - point, axis=1))])

    def cube(name: str) -> NDArray:
        return t[np.unique(source.groups[f"joint-{name}"][0])].mean(axis=0)

    out: dict[str, int] = {}
    for k, side in enumerate("lr"):
        sign = 1.0 - 2.0 * k
        lo, hi = EYES[side]
        eye = np.arange(lo, hi)
        out[f"{side}eye"] = int(eye[np.argmax(t[eye, 2])])
        for n, finger in enumerate(("thumb", "index", "middle", "ring", "pinky"), 1):
            tip, before = cube(f"{side}-finger-{n}-4"), cube(f"{side}-finger-{n}-3")
            axis = (tip - before) / np.linalg.norm(tip - before)
            near = skin[np.linalg.norm(t[skin] - tip, axis=1) < 0.02]
            out[f"{side}{finger}"] = int(near[np.argmax(t[near] @ axis)])
        for name, tip in (("BigToe", "1-3"), ("SmallToe", "5-4")):
            place = cube(f"{side}-toe-{tip}")
            near = skin[np.linalg.norm(t[skin] - place, axis=1) < 0.022]
            out[f"{side.upper()}{name}"] = int(near[np.argmax(t[near, 2])])
        ankle = cube(f"{side}-ankle")
        sole = skin[(t[skin, 0] * sign > 0) & (t[skin, 1] < ankle[1] - 0.03)]
        out[f"{side.upper()}Heel"] = int(sole[np.argmin(t[sole, 2])])
        eye_y = t[eye, 1].mean()
        head = skin[(t[skin, 1] > eye_y - 0.06) & (t[skin, 1] < eye_y + 0.05)]
        out[f"{side}ear"] = int(head[np.argmax(t[head, 0] * sign)])
    face = skin[(np.abs(t[skin, 0]) < 0.004) & (np.abs(t[skin, 1] - cube("head")[1]) < 0.2)]
    out["nose"] = int(face[np.argmax(t[face, 2])])
    assert len(set(out.values())) == len(SMPLX_IDS)
    return out


def mirror_ids(source: Source) -> NDArray:
    """(N,) base-mesh vertex opposite to every base-mesh vertex (MPFB2 `hm08.mirror`)."""
    path = source.root / "mpfb2" / "mesh_metadata" / "hm08.mirror"
    out = np.arange(len(source.template))
    for line in path.read_text().splitlines():
        parts = line.split()
        if len(parts) >= 2 and parts[0].isdigit():
            out[int(parts[0])] = int(parts[1])
    return out
