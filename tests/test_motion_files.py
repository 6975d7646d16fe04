"""Motion files: what we write is what we read, other skeletons, axes, units and rates come out the same, damage is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vivant.procgen.errors import VivantError
from vivant.procgen.one_person import level_ground, moving_person
from vivant.procgen.people.kinematics import forward, matrices, rx, ry, rz
from vivant.procgen.people.motion import moment_at
from vivant.procgen.people.motion_files.baking import Baked, bake, write_motion
from vivant.procgen.people.motion_files.clip import Clip, global_rotations, positions
from vivant.procgen.people.motion_files.names import find_joints
from vivant.procgen.people.motion_files.reading import content_hash, read_motion
from vivant.procgen.people.motion_files.retarget import Retargeted, retarget
from vivant.procgen.people.motions.base import skeleton
from vivant.procgen.people.motions.file import FileMotion, file_motion
from vivant.procgen.people.person import pose_person
from vivant.procgen.seeds import Seed
from vivant.procgen.spec import HumanSpec, replace

FPS = 20.0


@pytest.fixture(scope="module")
def walk() -> tuple[HumanSpec, Baked]:
    human = replace(moving_person(Seed(3), "walk"), outfit=(), expression={})
    return human, bake(human, level_ground(), 0.7, FPS)


def joints(clip: Retargeted, human: HumanSpec) -> np.ndarray:
    rest = skeleton(human.phenotype).rest
    return np.array([forward(p, rest, q).p for p, q in zip(clip.poses, clip.root, strict=True)])


def at_the_start(points: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Points (T, J, 3) as a retargeted clip has them: from the first place, turned ahead."""
    R = matrices(first)
    return (points - points[0, 0] * np.array([1.0, 0.0, 1.0])) @ ry(-float(np.arctan2(R[0, 2], R[2, 2]))).T


@pytest.mark.parametrize("ending", [".bvh", ".npz"])
def test_our_walk_comes_back(ending: str, walk: tuple[HumanSpec, Baked], tmp_path: Path) -> None:
    human, baked = walk
    path = tmp_path / f"walk{ending}"
    write_motion(path, baked)
    clip = read_motion(path)
    assert clip.fps == pytest.approx(FPS, rel=1e-6)
    there = joints(retarget(clip, skeleton(human.phenotype)), human)
    wanted = at_the_start(baked.joints, baked.poses[0, 0])
    # The ground is found from the feet, a millimetre or few from where it was.
    lifted = float((there - wanted)[..., 1].mean())
    assert abs(lifted) < 0.006
    assert np.abs(there - wanted - np.array([0.0, lifted, 0.0])).max() < 0.0005


def bvh_of(clip: Clip, scale: float, turn: np.ndarray, names: dict[str, str], pose: np.ndarray | None = None) -> str:
    """The same motion as another program writes it: other units, axes, names and rest pose, joints in its own order of axes.

    Args:
        turn: (3, 3) from our axes to theirs. pose: (J, 3, 3) world rotations of a rest pose of theirs.
    """
    keep = [j for j, n in enumerate(clip.joints) if n in names]
    parent = {}
    for j in keep:
        p = int(clip.parents[j])
        while p >= 0 and p not in keep:
            p = int(clip.parents[p])
        parent[j] = p
    G = global_rotations(clip.parents, clip.local)
    A = np.tile(np.eye(3), (len(clip.joints), 1, 1)) if pose is None else pose
    rest = positions(clip.parents, clip.rest, A[None], np.zeros((1, 3)))[0]
    world = turn @ (G @ np.swapaxes(A, -1, -2)) @ turn.T
    lines = ["HIERARCHY"]
    order: list[int] = []

    def put(j: int) -> None:
        order.append(j)
        offset = turn @ ((rest[j] - rest[parent[j]]) if parent[j] >= 0 else np.zeros(3)) * scale
        lines.append(
            f"{'ROOT' if parent[j] < 0 else 'JOINT'} {names[clip.joints[j]]}\n{{\nOFFSET {offset[0]} {offset[1]} {offset[2]}"
        )
        moves = "6 Xposition Yposition Zposition" if parent[j] < 0 else "3"
        lines.append(f"CHANNELS {moves} Xrotation Yrotation Zrotation")
        below = [k for k in keep if parent[k] == j]
        for k in below:
            put(k)
        if not below:
            lines.append("End Site\n{\nOFFSET 0 0 1\n}")
        lines.append("}")

    put(keep[0])
    lines.append(f"MOTION\nFrames: {clip.frames}\nFrame Time: {1 / clip.fps}")
    for t in range(clip.frames):
        row = list(turn @ clip.root[t] * scale)
        for j in order:
            R = world[t, j] if parent[j] < 0 else world[t, parent[j]].T @ world[t, j]
            # R = Rx Ry Rz
            y = np.arcsin(np.clip(R[0, 2], -1, 1))
            row += list(np.degrees([np.arctan2(-R[1, 2], R[2, 2]), y, np.arctan2(-R[0, 1], R[0, 0])]))
        lines.append(" ".join(f"{v:.6f}" for v in row))
    return "\n".join(lines)


MIXAMO = {
    "pelvis": "mixamorig:Hips", "spine1": "mixamorig:Spine", "spine2": "mixamorig:Spine1", "spine3": "mixamorig:Spine2",
    "neck": "mixamorig:Neck", "head": "mixamorig:Head",
    **{f"{s}_{ours}": f"mixamorig:{s.title()}{theirs}" for s in ("left", "right") for ours, theirs in (
        ("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"), ("foot", "ToeBase"), ("collar", "Shoulder"),
        ("shoulder", "Arm"), ("elbow", "ForeArm"), ("wrist", "Hand"))},
}  # fmt: skip


def test_other_names_units_axes_and_rest_pose_give_the_same_walk(walk: tuple[HumanSpec, Baked], tmp_path: Path) -> None:
    human, baked = walk
    write_motion(tmp_path / "ours.bvh", baked)
    clip = read_motion(tmp_path / "ours.bvh")
    # An A-pose in inches, Z up, facing -Y.
    pose = np.tile(np.eye(3), (len(clip.joints), 1, 1))
    for j, n in enumerate(clip.joints):
        if n.startswith(("left_shoulder", "left_elbow", "left_wrist")):
            pose[j] = rz(-0.8)
        if n.startswith(("right_shoulder", "right_elbow", "right_wrist")):
            pose[j] = rz(0.8)
    theirs = tmp_path / "theirs.bvh"
    theirs.write_text(bvh_of(clip, 1.0 / 2.54, rx(np.pi / 2), MIXAMO, pose))
    body = skeleton(human.phenotype)
    a, b = joints(retarget(clip, body), human), joints(retarget(read_motion(theirs), body), human)
    # What is left: a forearm that is not quite level at rest has no one way to be laid along another.
    assert np.abs(a - b)[:, :22].max() < 0.006
    assert np.abs(a - b)[:, :15].max() < 0.0005


def test_up_axis_is_found_out_or_told(walk: tuple[HumanSpec, Baked], tmp_path: Path) -> None:
    human, baked = walk
    write_motion(tmp_path / "z.npz", baked)
    data = dict(np.load(tmp_path / "z.npz"))
    del data["up_axis"], data["joints"]
    np.savez(tmp_path / "unsaid.npz", **data)
    body = skeleton(human.phenotype)
    found = retarget(read_motion(tmp_path / "unsaid.npz"), body)
    assert np.abs(found.poses - retarget(read_motion(tmp_path / "z.npz"), body).poses).max() < 1e-6
    assert found.root[:, 1].min() > 0.7, "upright"
    wrong = retarget(read_motion(tmp_path / "unsaid.npz"), body, "y")
    assert wrong.root[:, 1].min() < 0.5, "told otherwise, lying"


@pytest.mark.parametrize("columns", [156, 72, 66])
def test_poses_of_the_whole_smpl_family(columns: int, walk: tuple[HumanSpec, Baked], tmp_path: Path) -> None:
    human, baked = walk
    write_motion(tmp_path / "x.npz", baked)
    data = dict(np.load(tmp_path / "x.npz"))
    poses = data["poses"]
    flat = (
        np.concatenate([poses[:, :66], poses[:, 75:]], 1)
        if columns == 156
        else np.pad(poses[:, :66], ((0, 0), (0, 6)))[:, :columns]
    )
    np.savez(tmp_path / "y.npz", poses=flat, trans=data["trans"], mocap_framerate=120.0)
    clip = read_motion(tmp_path / "y.npz")
    assert clip.fps == 120.0
    body = skeleton(human.phenotype)
    a = retarget(read_motion(tmp_path / "x.npz"), body).poses
    assert np.abs(a - retarget(clip, body).poses)[:, 1:22].max() < 1e-6


ASF = """# made for this test
:version 1.10
:units
  mass 1.0
  length 0.45
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
{bones}:hierarchy
  begin
    root lhipjoint rhipjoint lowerback
    lhipjoint lfemur
    lfemur ltibia
    ltibia lfoot
    lfoot ltoes
    rhipjoint rfemur
    rfemur rtibia
    rtibia rfoot
    rfoot rtoes
    lowerback thorax
    thorax head lclavicle rclavicle
    lclavicle lhumerus
    lhumerus lradius
    rclavicle rhumerus
    rhumerus rradius
  end
"""


def acclaim(folder: Path) -> Path:
    """A skeleton whose legs hang straight, and a knee that bends by 60° while the body rises and turns."""
    bones = []
    for n, d, length, axis, dof in (
        ("lowerback", (0, 1, 0), 2, (0, 0, 0), "rx ry rz"), ("thorax", (0, 1, 0), 4, (0, 0, 0), "rx ry rz"),
        ("head", (0, 1, 0), 2, (0, 0, 0), "rx ry rz"),
    ):  # fmt: skip
        bones.append((n, d, length, axis, dof))
    for s, sign in (("l", 1), ("r", -1)):
        bones += [
            (f"{s}hipjoint", (sign, 0, 0), 1, (0, 0, 0), ""), (f"{s}femur", (0, -1, 0), 7, (0, 0, 20 * sign), "rx ry rz"),
            (f"{s}tibia", (0, -1, 0), 7, (0, 0, 20 * sign), "rx"), (f"{s}foot", (0, 0, 1), 2, (0, 0, 0), "rx rz"),
            (f"{s}toes", (0, 0, 1), 1, (0, 0, 0), "rx"), (f"{s}clavicle", (sign, 0, 0), 3, (0, 0, 0), "ry rz"),
            (f"{s}humerus", (sign, 0, 0), 5, (0, 0, 0), "rx ry rz"), (f"{s}radius", (sign, 0, 0), 4, (0, 0, 0), "rx"),
        ]  # fmt: skip
    text = ""
    for k, (n, d, length, axis, dof) in enumerate(bones, 1):
        size = np.linalg.norm(d)
        text += f"  begin\n    id {k}\n    name {n}\n    direction {' '.join(str(v / size) for v in d)}\n    length {length}\n"
        text += f"    axis {axis[0]} {axis[1]} {axis[2]} XYZ\n" + (f"    dof {dof}\n" if dof else "") + "  end\n"
    (folder / "07.asf").write_text(ASF.format(bones=text))
    frames = ":FULLY-SPECIFIED\n:DEGREES\n"
    for t in range(4):
        frames += f"{t + 1}\nroot {t} {15 + t} 0 0 {10 * t} 0\n"
        for n, _, _, _, dof in bones:
            if dof:
                values = [0.0] * len(dof.split())
                if n == "ltibia":
                    values = [20.0 * t]
                frames += f"{n} {' '.join(str(v) for v in values)}\n"
    (folder / "07_01.amc").write_text(frames)
    return folder / "07_01.amc"


def test_acclaim_bones_turn_about_their_own_axes(tmp_path: Path) -> None:
    clip = read_motion(acclaim(tmp_path))
    assert clip.frames == 4
    assert clip.fps == 120.0
    body = skeleton(moving_person(Seed(0), "idle").phenotype)
    ours = retarget(clip, body)
    # The knee's axis is turned by 20° about Z, and so is the plane that it bends in.
    wanted = rz(np.radians(20)) @ rx(np.radians(60)) @ rz(np.radians(-20))
    turned = forward(ours.poses[3], body.rest).R[4] @ forward(ours.poses[0], body.rest).R[4].T
    assert np.allclose(ry(np.radians(-30)) @ turned, wanted, atol=1e-6)
    assert ours.root[3, 1] - ours.root[0, 1] == pytest.approx(3.0 * body.leg / 14.0, rel=0.02)


def test_another_rate_is_resampled(walk: tuple[HumanSpec, Baked], tmp_path: Path) -> None:
    """A moment between two frames of the file is between them."""
    human, baked = walk
    write_motion(tmp_path / "walk.bvh", baked)
    motion = file_motion(str(tmp_path / "walk.bvh"))
    moved = replace(human, motion=motion)
    a, b, between = (moment_at(moved, t) for t in (2 / FPS, 3 / FPS, 2.5 / FPS))
    assert np.allclose(between.step, (a.step + b.step) / 2, atol=1e-9)
    assert np.linalg.norm(between.pose[1] - a.pose[1]) < np.linalg.norm(b.pose[1] - a.pose[1])
    last = moment_at(moved, 100.0)
    assert np.allclose(last.step, moment_at(moved, 0.7).step), "held after its end"
    again = moment_at(replace(moved, motion=replace(motion, after="repeat")), 1.4)
    assert again.step[2] == pytest.approx(2 * last.step[2], rel=1e-6), "or it goes on"


def test_a_file_walks_on_the_ground(walk: tuple[HumanSpec, Baked], tmp_path: Path) -> None:
    human, baked = walk
    write_motion(tmp_path / "walk.bvh", baked)
    moved = HumanSpec.from_json(replace(human, motion=file_motion(str(tmp_path / "walk.bvh"))).to_json())
    for time in (0.0, 0.33):
        body = pose_person(moved, level_ground(), time)
        assert -0.006 < body.posed[: body.count, 2].min() < 0.012


def test_a_changed_file_is_refused(walk: tuple[HumanSpec, Baked], tmp_path: Path) -> None:
    human, baked = walk
    path = tmp_path / "walk.bvh"
    write_motion(path, baked)
    moved = replace(human, motion=FileMotion(path=str(path), sha256=content_hash(path)))
    path.write_text(path.read_text().replace("Frame Time: 0.05", "Frame Time: 0.04"))
    with pytest.raises(VivantError, match="not the one that the scene was made with"):
        moment_at(moved, 0.0)


def test_damage_and_strangers_are_named(walk: tuple[HumanSpec, Baked], tmp_path: Path) -> None:
    _, baked = walk
    write_motion(tmp_path / "w.bvh", baked)
    write_motion(tmp_path / "w.npz", baked)
    whole = (tmp_path / "w.bvh").read_text()
    bad = {
        "cut in its frames.bvh": (whole[: int(0.8 * len(whole))], "is truncated"),
        "cut in its bones.bvh": (whole[:900], "ends within its hierarchy"),
        "no frames.bvh": (whole.partition("MOTION")[0], "has no MOTION block"),
        "no rate.bvh": (whole.replace("Frame Time: 0.05", "Frame Time: 0"), "no usable frame time"),
        "words.bvh": (whole.replace("OFFSET 0.0", "OFFSET much"), "needs a number"),
        "other.bvh": ("<html>", "does not begin with HIERARCHY"),
        "no legs.bvh": (
            whole.replace("left_knee", "wheel").replace("left_hip", "axle"),
            "lacks joints: left_hip, left_knee",
        ),
        "empty.amc": ("", "has no skeleton beside it"),
    }
    for name, (text, words) in bad.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(VivantError, match=words):
            find_joints(read_motion(tmp_path / name))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "w.npz").read_bytes()[:3000])
    np.savez(tmp_path / "betas.npz", betas=np.zeros(10))
    np.savez(tmp_path / "norate.npz", poses=np.zeros((4, 156)), trans=np.zeros((4, 3)))
    np.savez(tmp_path / "layout.npz", poses=np.zeros((4, 99)), trans=np.zeros((4, 3)), fps=30.0)
    for name, words in (
        ("cut.npz", "cut.npz"),
        ("betas.npz", "holds no poses"),
        ("norate.npz", "no frame rate"),
        ("layout.npz", "unknown layout"),
    ):
        with pytest.raises(VivantError, match=words):
            read_motion(tmp_path / name)
    amc = acclaim(tmp_path)
    text = amc.read_text()
    amc.write_text(text[:-30])
    with pytest.raises(VivantError, match="is truncated"):
        read_motion(amc)
    amc.write_text(text.replace("ltibia", "lshinbone"))
    with pytest.raises(VivantError, match="which its skeleton has not"):
        read_motion(amc)
    for name in ("walk.fbx", "nowhere.bvh"):
        with pytest.raises(VivantError, match=r"no known format|is not there"):
            file_motion(str(tmp_path / name))
