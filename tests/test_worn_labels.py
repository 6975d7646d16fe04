"""Dense correspondence through clothes, on a shell that is the skin moved outwards: its labels are known."""

import numpy as np
from vivant.procgen.geometry import Mesh
from vivant.procgen.materials.shader import Shader
from vivant.procgen.people.body_state import pose_body
from vivant.procgen.people.model import load_body
from vivant.procgen.people.shape import Phenotype
from vivant.procgen.people.worn_labels import WornLabels


def _body():
    model = load_body()
    zero = np.zeros(model.shapedirs.shape[2])
    return pose_body(model, Phenotype(), zero, np.zeros(model.exprdirs.shape[2]), np.zeros((55, 3)), np.eye(4))


def _shell(body, offset, faces):
    v = body.posed[: body.count] + offset * body.normals
    return Mesh(v.astype(np.float32), faces.astype(np.int32), (Shader("cloth"),))


def test_a_shell_on_the_skin_has_the_labels_of_the_skin():
    body = _body()
    model = body.model
    thigh = np.nonzero(np.isin(model.face_part, [model.part_names.index("left_thigh"), model.part_names.index("torso_front")]))[0]
    worn = WornLabels(body).label(_shell(body, 0.004, model.faces[thigh]))
    assert (worn.part == model.face_part[thigh]).mean() > 0.97
    error = np.abs(worn.iuv - model.uv[model.uv_faces[thigh]]).max((1, 2))
    assert np.median(error) < 2e-3
    assert np.quantile(error, 0.95) < 0.02


def test_ranges_and_untouched_geometry():
    body = _body()
    mesh = _shell(body, 0.03, body.model.faces[::7])
    worn = WornLabels(body).label(mesh)
    assert worn.iuv.shape == (len(mesh.faces), 3, 2)
    assert 0 <= worn.iuv.min() <= worn.iuv.max() <= 1
    assert worn.vertices is mesh.vertices
