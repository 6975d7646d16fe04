"""Verify must be able to fail: each damage to a true dataset is caught by the check that is named for it."""

import hashlib
import json
import shutil

import numpy as np
import pytest
from vivant.procgen import registry
from vivant.procgen.dataset.encode import unpack_amodal, write_amodal, write_channel
from vivant.procgen.dataset.png import read_png, write_png
from vivant.procgen.dataset.verify import VerifyOptions, verify
from vivant.procgen.dataset.verify.subject import decode_file
from vivant.procgen.npz import read_npz, write_npz
from vivant.tests import verify_dataset

FIRST, SECOND = "000000_00", "000000_01"
WALK = "000001_00_0000"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The true dataset, built once."""
    return verify_dataset.build(tmp_path_factory.mktemp("good") / "ds")


class Damage:
    """Edits a frame, and keeps its hashes true, so that not merely the hashes give it away."""

    def __init__(self, root, name):
        self.root, self.folder = root, root / "frames" / name
        self.record = json.loads((self.folder / "record.json").read_text())

    @property
    def person(self):
        return self.record["people"][0]

    def read(self, channel):
        entry = registry.channels.get(channel).make
        return decode_file(self.folder / entry.file, channel).copy()

    def write(self, channel, array):
        write_channel(self.folder, registry.channels.get(channel).make, array)

    def other(self, name, file):
        return self.root / "frames" / name / file

    def save(self, hashes=True):
        for name, entry in self.record["files"].items():
            path = self.folder / name
            if hashes and path.exists():
                entry["sha256"], entry["bytes"] = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
        (self.folder / "record.json").write_text(json.dumps(self.record))


def depth_block_flipped(d):
    depth = d.read("depth")
    depth[40:60, 30:60] = depth[40:60, 30:60][:, ::-1]
    d.write("depth", depth)
    d.write("distance", np.where(np.isfinite(depth), depth * 1.02, np.inf))


def distance_as_depth(d):
    d.write("depth", d.read("distance"))


def depth_background_finite(d):
    depth = d.read("depth")
    d.write("depth", np.where(np.isinf(depth), 1e10, depth))


def depth_scaled(d):
    for name in ("depth", "distance"):
        d.write(name, d.read(name) * 1.001)


def normals_in_world_frame(d):
    d.write("normal", d.read("normal_world"))


def normals_not_unit(d):
    normal = d.read("normal")
    normal[50:52, 40:44] *= 0.9
    d.write("normal", normal)


def normals_averaged_at_edges(d):
    normal = d.read("normal")
    both = (normal + np.roll(normal, 1, 1)) / 2
    d.write(
        "normal",
        both / np.maximum(np.linalg.norm(both, axis=-1, keepdims=True), 1e-9) * (normal != 0).any(-1, keepdims=True),
    )


def normals_left_handed(d):
    for name in ("normal", "normal_world"):
        d.write(name, d.read(name) * [-1, 1, 1])


def object_mask_shifted(d):
    table = {o["id"]: o for o in d.record["objects"]}
    shifted = np.roll(d.read("object"), 1, 1)
    d.write("object", shifted)
    d.write("instance", np.vectorize(lambda i: table[i]["instance"] if i else 0)(shifted))
    d.write("semantic", np.vectorize(lambda i: d.record["semantics"][table[i]["semantic"]] if i else 0)(shifted))


def extra_object_id(d):
    ids = d.read("object")
    ids[3, 3] = 99
    d.write("object", ids)


def instance_of_another(d):
    ids = d.read("instance")
    ids[ids == 2] = 3
    d.write("instance", ids)


def part_off_people(d):
    part = d.read("part")
    part[-2:, :3] = 5
    d.write("part", part)


def parts_left_right(d):
    parts, part = d.record["parts"], d.read("part")
    table = np.arange(max(parts.values()) + 1)
    for name, i in parts.items():
        if name.startswith("left_"):
            j = parts["right_" + name[5:]]
            table[i], table[j] = j, i
    iuv = d.read("iuv")
    iuv[..., 0] = table[part]
    d.write("part", table[part])
    d.write("iuv", iuv)


def iuv_mirrored(d):
    iuv = d.read("iuv")
    iuv[..., 1] = np.where(iuv[..., 0] > 0, 1 - iuv[..., 1], 0)
    d.write("iuv", iuv)


def iuv_out_of_range(d):
    iuv = d.read("iuv")
    iuv[60, 40, 2] = 1.5
    d.write("iuv", iuv)


def amodal_shifted(d):
    packed = read_npz(d.folder / "amodal.npz")
    masks = np.roll(unpack_amodal(packed["masks"], packed["width"]), 1, 2)
    write_amodal(d.folder, masks)
    own = np.nonzero(masks[0].any(0))[0]
    d.person["box_amodal"][0], d.person["box_amodal"][2] = float(own[0]), float(own[-1] + 1)


def amodal_filled(d):
    packed = read_npz(d.folder / "amodal.npz")
    masks = unpack_amodal(packed["masks"], packed["width"])
    masks[0, 60:70, 40:60] = True
    write_amodal(d.folder, masks)
    d.person["amodal_px"] = int(masks[0].sum())


def box_too_large(d):
    d.person["box_visible"][2] += 1.0


def K_half_a_pixel_off(d):
    d.record["camera"]["K"][0][2] += 0.5
    reproject(d)


def reproject(d):
    """2D keypoints that agree with a changed K."""
    K = np.array(d.record["camera"]["K"])
    for k in d.person["keypoints"].values():
        p = np.array(k["xyz_cam"])
        k["xy"] = np.stack([K[0, 0] * p[:, 0] / p[:, 2] + K[0, 2], K[1, 1] * p[:, 1] / p[:, 2] + K[1, 2]], 1).tolist()


def pose_of_another_view(d):
    other = json.loads(d.other(SECOND, "record.json").read_text())
    for name in ("T_world_from_cam", "T_cam_from_world"):
        d.record["camera"][name] = other["camera"][name]
    for name, k in d.person["keypoints"].items():
        k["xyz_cam"] = other["people"][0]["keypoints"][name]["xyz_cam"]


def pose_and_inverse_apart(d):
    d.record["camera"]["T_cam_from_world"][0][3] += 5e-7


def betas_edited(d):
    d.person["body"]["betas"][0] += 0.05


def pose_edited(d):
    d.person["body"]["pose"][18][1] += 0.02


def root_about_wrong_point(d):
    T = np.array(d.person["body"]["T_world_from_body"])
    T[:3, 3] += [0.0, 0.0, 0.01]
    d.person["body"]["T_world_from_body"] = T.tolist()


def left_right_swapped(d):
    for k in d.person["keypoints"].values():
        index = {n: i for i, n in enumerate(k["names"])}
        for name, i in index.items():
            j = index.get("right_" + name[5:]) if name.startswith("left_") else None
            if j is not None:
                for values in (
                    k[f] for f in ("xy", "xyz_world", "xyz_cam", "visibility", "occluder", "occluder_distance")
                ):
                    values[i], values[j] = values[j], values[i]


def keypoint_names_swapped(d):
    for k in d.person["keypoints"].values():
        k["names"] = [n.replace("left_", "@").replace("right_", "left_").replace("@", "right_") for n in k["names"]]


def projection_half_a_pixel_off(d):
    for k in d.person["keypoints"].values():
        k["xy"] = (np.array(k["xy"]) + 0.5).tolist()


def _hidden(d):
    """The best hidden keypoint in the picture: (set, index)."""
    found = [(k["occluder_distance"][i], name, i) for name, k in d.person["keypoints"].items()
             for i in range(len(k["names"])) if k["visibility"][i] == 1 and k["occluder"][i] not in (1, 2)]  # fmt: skip
    assert found, "the scene has an occluder for this"
    _, name, i = max(found)
    return d.person["keypoints"][name], i


def wrong_occluder(d):
    k, i = _hidden(d)
    k["occluder"][i] = 5 if k["occluder"][i] != 5 else 4


def hidden_called_seen(d):
    k, i = _hidden(d)
    k["visibility"][i], k["occluder"][i], k["occluder_distance"][i] = 2, 0, 0.0


def outside_called_seen(d):
    k = d.person["keypoints"]["smplx"]
    k["visibility"][3] = 0


def flow_negated(d):
    d.write("flow", -d.read("flow"))


def flow_axes_swapped(d):
    d.write("flow", d.read("flow")[..., ::-1])


def flow_of_another_time(d):
    shutil.copy(d.other("000001_00_0001", "flow.exr"), d.folder / "flow.exr")


def flow_of_people_at_rest(d):
    """What tools give whose vertices are set by hand: the person's flow is only the camera's."""
    mesh = read_npz(d.folder / "mesh.npz")
    flow, people = d.read("flow"), d.read("part") > 0
    flow[people] = np.median(flow[~people], 0)
    d.write("flow", flow)
    assert (mesh["object_vertices"] != mesh["next_vertices"]).any()


def flow_of_the_sky_shifted(d):
    flow = d.read("flow")
    flow[d.read("object") == 0] += 0.5
    d.write("flow", flow)


def flow_all_valid(d):
    d.write("flow_valid", np.full_like(d.read("flow_valid"), 255))


def albedo_not_finite(d):
    albedo = d.read("albedo")
    albedo[4, 4] = np.nan
    d.write("albedo", albedo)


def albedo_too_bright(d):
    d.write("albedo", d.read("albedo") * 4)


def rgb_black(d):
    write_png(d.folder / "rgb.png", np.zeros_like(read_png(d.folder / "rgb.png")))


def facts_edited(d):
    d.record["facts"]["count"] = 3


def spec_edited(d):
    d.person["spec"]["phenotype"]["height_m"] = 1.9


def object_table_edited(d):
    d.record["objects"][0]["instance"] = 2


def hair_shaved(d):
    """Strands that are in the mesh, but not in the labels, which show the skin below."""
    mesh = read_npz(d.folder / "mesh.npz")
    mesh["strand_points"] = mesh["strand_points"] + [0.0, 0.0, 0.3]
    write_npz(d.folder / "mesh.npz", mesh)


def skin_spike(d):
    """A vertex of the skin flies away, as a bad subdivision or cloth step makes it."""
    mesh = read_npz(d.folder / "mesh.npz")
    body = mesh["vertex_start"][mesh["object_vertices"][mesh["object_id"] == 1]]
    mesh["vertices"][body + 700] += [0.0, 0.0, 0.3]
    write_npz(d.folder / "mesh.npz", mesh)


def arm_elsewhere(d):
    d.person["body"]["pose"][16][2] += 0.4


def lens_edited(d):
    d.record["camera"]["focal_mm"] = 50.0


LIES = [
    (depth_block_flipped, FIRST, "depth.witness"),
    (distance_as_depth, FIRST, "distance.ray_length"),
    (distance_as_depth, FIRST, "depth.witness"),
    (depth_background_finite, FIRST, "depth.background"),
    (depth_scaled, FIRST, "depth.median"),
    (normals_in_world_frame, FIRST, "normal.witness"),
    (normals_in_world_frame, FIRST, "normal.gradient"),
    (normals_in_world_frame, FIRST, "normal_world.frames"),
    (normals_not_unit, FIRST, "normal.unit"),
    (normals_averaged_at_edges, FIRST, "normal.witness"),
    (normals_left_handed, FIRST, "normal.facing"),
    (object_mask_shifted, FIRST, "object.witness"),
    (object_mask_shifted, FIRST, "depth.background"),
    (extra_object_id, FIRST, "object.table"),
    (instance_of_another, FIRST, "instance.table"),
    (part_off_people, FIRST, "part.people"),
    (parts_left_right, FIRST, "part.body"),
    (parts_left_right, FIRST, "part.witness"),
    (iuv_mirrored, FIRST, "iuv.body"),
    (iuv_out_of_range, FIRST, "iuv.range"),
    (amodal_shifted, FIRST, "amodal.witness"),
    (amodal_shifted, FIRST, "amodal.visible"),
    (amodal_filled, FIRST, "amodal.witness"),
    (box_too_large, FIRST, "boxes.visible"),
    (K_half_a_pixel_off, FIRST, "camera.K"),
    (K_half_a_pixel_off, FIRST, "depth.witness"),
    (lens_edited, FIRST, "camera.K"),
    (pose_of_another_view, FIRST, "camera.pose"),
    (pose_of_another_view, FIRST, "object.witness"),
    (pose_of_another_view, FIRST, "depth.views"),
    (pose_and_inverse_apart, FIRST, "camera.rigid"),
    (betas_edited, FIRST, "keypoints.body"),
    (pose_edited, FIRST, "keypoints.body"),
    (root_about_wrong_point, FIRST, "keypoints.body"),
    (left_right_swapped, FIRST, "keypoints.sides"),
    (left_right_swapped, FIRST, "keypoints.body"),
    (keypoint_names_swapped, FIRST, "keypoints.names"),
    (projection_half_a_pixel_off, FIRST, "keypoints.projection"),
    (wrong_occluder, FIRST, "keypoints.witness"),
    (hidden_called_seen, FIRST, "keypoints.witness"),
    (outside_called_seen, FIRST, "keypoints.visibility"),
    (flow_negated, WALK, "flow.static"),
    (flow_of_the_sky_shifted, WALK, "flow.sky"),
    (flow_axes_swapped, WALK, "flow.static"),
    (flow_of_another_time, WALK, "flow.static"),
    (flow_of_another_time, WALK, "flow.witness"),
    (flow_of_people_at_rest, WALK, "flow.witness"),
    (flow_all_valid, WALK, "flow.next"),
    (albedo_not_finite, FIRST, "albedo.range"),
    (albedo_too_bright, FIRST, "albedo.range"),
    (rgb_black, FIRST, "rgb.contrast"),
    (facts_edited, FIRST, "record.facts"),
    (spec_edited, FIRST, "record.scene"),
    (object_table_edited, FIRST, "record.objects"),
    (skin_spike, FIRST, "body.mesh"),
    (arm_elsewhere, FIRST, "body.skin"),
    (hair_shaved, FIRST, "object.hair"),
    (hair_shaved, FIRST, "depth.hair"),
]


def failed(root, name, **options):
    report = verify(root, options=VerifyOptions(frames=(name,), write=False, **options))
    assert not report.ok
    return {r.check for r in report.breaches}


_CAUGHT = {}


@pytest.mark.parametrize(("lie", "name", "check"), LIES, ids=[f"{lie.__name__}-{check}" for lie, _, check in LIES])
def test_every_lie_is_caught_by_its_check(good, tmp_path, lie, name, check):
    if lie not in _CAUGHT:
        root = tmp_path / "ds"
        shutil.copytree(good, root)
        damage = Damage(root, name)
        lie(damage)
        damage.save()
        _CAUGHT[lie] = failed(root, name)
    caught = _CAUGHT[lie]
    assert check in caught
    assert "files.sha256" not in caught  # the hashes were made to agree


def test_the_truth_passes(good):
    report = verify(good, options=VerifyOptions(write=False))
    assert report.ok, str(report)
    assert not report.not_run


def truncated_exr(folder):
    path = folder / "depth.exr"
    path.write_bytes(path.read_bytes()[:-200])


def missing_file(folder):
    (folder / "normal.exr").unlink()


def extra_file(folder):
    (folder / "notes.txt").write_text("hello")


def one_bit(folder):
    data = bytearray((folder / "part.png").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "part.png").write_bytes(data)


def record_cut_short(folder):
    path = folder / "record.json"
    path.write_text(path.read_text()[:2000])


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (truncated_exr, "files.sha256"),
        (truncated_exr, "files.readable"),
        (missing_file, "files.listed"),
        (extra_file, "files.listed"),
        (one_bit, "files.sha256"),
        (record_cut_short, "record.complete"),
    ],
)
def test_damaged_files(good, tmp_path, damage, check):
    root = tmp_path / "ds"
    shutil.copytree(good, root)
    damage(root / "frames" / FIRST)
    assert check in failed(root, FIRST)


def test_an_image_of_another_size(good, tmp_path):
    root = tmp_path / "ds"
    shutil.copytree(good, root)
    d = Damage(root, FIRST)
    d.write("part", d.read("part")[:-1])
    d.save()
    assert "files.shape" in failed(root, FIRST)


@pytest.mark.parametrize(
    ("file", "check"), [("conventions.json", "dataset.conventions"), ("scenes/000000.json", "dataset.scenes")]
)
def test_edited_dataset_files(good, tmp_path, file, check):
    root = tmp_path / "ds"
    shutil.copytree(good, root)
    text = (root / file).read_text()
    (root / file).write_text(text.replace('"m"', '"mm"').replace('"fps"', '"fsp"'))
    assert check in failed(root, FIRST)


def test_a_missing_frame(good, tmp_path):
    root = tmp_path / "ds"
    shutil.copytree(good, root)
    shutil.rmtree(root / "frames" / SECOND)
    assert "dataset.frames" in failed(root, FIRST)
