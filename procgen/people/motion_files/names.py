"""Which joint of somebody else's skeleton is which of ours, by name."""

from __future__ import annotations

from ...errors import DatasetError
from ..skeleton import JOINT_INDEX, JOINT_NAMES
from .clip import Clip

# Our joint (left or middle) -> what others call it, most specific first; names are compared without case, blanks, "_", ":".
_ALIASES: dict[str, tuple[str, ...]] = {
    "pelvis": ("pelvis", "hips", "hip", "root", "mixamorighips"),
    "left_hip": ("lefthip", "leftupleg", "leftupperleg", "leftthigh", "lfemur", "lthigh", "lhip", "thighl", "upperlegl", "lupleg"),
    "left_knee": ("leftknee", "leftleg", "leftlowerleg", "leftshin", "leftcalf", "ltibia", "lshin", "lknee", "lowleg", "shinl",
                  "calfl", "lcalf", "lowerlegl", "llowleg"),
    "left_ankle": ("leftankle", "leftfoot", "lfoot", "lankle", "footl"),
    "left_foot": ("lefttoe", "lefttoebase", "lefttoes", "ltoes", "ltoe", "toel", "ltoebase", "toebasel"),
    "neck": ("neck", "lowerneck", "neck1", "neck01"),
    "head": ("head", "upperneck"),
    "left_collar": ("leftcollar", "leftshoulder", "leftclavicle", "lclavicle", "lcollar", "claviclel", "lshoulder", "shoulderl"),
    "left_shoulder": ("leftarm", "leftupperarm", "lhumerus", "lshldr", "lupperarm", "upperarml", "larm", "leftuparm",
                      "leftshoulder", "lshoulder"),
    "left_elbow": ("leftforearm", "leftelbow", "leftlowerarm", "lradius", "lforearm", "lelbow", "forearml", "lowerarml", "lowarm"),
    "left_wrist": ("lefthand", "leftwrist", "lhand", "lwrist", "handl"),
    "jaw": ("jaw",),
}  # fmt: skip
_FINGERS = {
    "index": ("index",),
    "middle": ("middle", "mid"),
    "ring": ("ring",),
    "pinky": ("pinky", "little"),
    "thumb": ("thumb",),
}
# Without these there is no body to move.
REQUIRED = (
    "pelvis", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow",
)  # fmt: skip


def _plain(name: str) -> str:
    name = name.lower()
    for prefix in ("mixamorig", "bip01", "bip001", "skeleton"):
        if name.startswith(prefix) and len(name) > len(prefix) + 2:
            name = name[len(prefix) :]
    return "".join(c for c in name if c.isalnum())


def _mirrored(alias: str) -> str:
    if alias.startswith("left"):
        return "right" + alias[4:]
    if alias.startswith("l"):
        return "r" + alias[1:]
    return alias[:-1] + "r" if alias.endswith("l") else alias


def find_joints(clip: Clip) -> dict[int, int]:
    """Our joint index -> the clip's.

    Raises:
        DatasetError: a joint without which there is no body is missing; the line names those that are.
    """
    if clip.smplx or set(JOINT_NAMES[:22]) <= set(clip.joints):
        return {JOINT_INDEX[n]: j for j, n in enumerate(clip.joints) if n in JOINT_INDEX}
    plain: dict[str, int] = {}
    for j, n in enumerate(clip.joints):
        plain.setdefault(_plain(n), j)
    out: dict[int, int] = {}
    taken: set[int] = set()

    # Shoulders before collars: where a skeleton has "LeftShoulder" and no "LeftArm", it is the shoulder itself.
    order = sorted(_ALIASES, key=lambda n: n == "left_collar")
    for name in order:
        for ours, aliases in _sides(name, _ALIASES[name]):
            found = next((plain[a] for a in aliases if a in plain and plain[a] not in taken), None)
            if found is not None:
                out[JOINT_INDEX[ours]] = found
                taken.add(found)
    out.update(_spine(clip, out))
    for finger, aliases in _FINGERS.items():
        for side in ("left", "right"):
            for k in (1, 2, 3):
                keys = [f"{side}{mid}{a}{k}" for mid in ("", "hand") for a in aliases] + [
                    f"{side[0]}{a}{k}" for a in aliases
                ]
                found = next((plain[a] for a in keys if a in plain), None)
                if found is not None:
                    out[JOINT_INDEX[f"{side}_{finger}{k}"]] = found
    missing = [n for n in REQUIRED if JOINT_INDEX[n] not in out]
    if missing:
        raise DatasetError(
            f"motion file {clip.name!r} lacks joints: {', '.join(missing)}",
            expected="a body with pelvis, legs and arms",
            got=", ".join(clip.joints[:12]) + (" …" if len(clip.joints) > 12 else ""),
            fix="rename its joints to usual names (Hips, LeftUpLeg, LeftLeg, LeftFoot, LeftArm, LeftForeArm …)",
        )
    return out


def _spine(clip: Clip, found: dict[int, int]) -> dict[int, int]:
    """Whatever lies between pelvis and neck, however many and whatever they are called: lowest, middle, highest."""
    top = found.get(JOINT_INDEX["neck"], found.get(JOINT_INDEX["head"]))
    pelvis = found.get(JOINT_INDEX["pelvis"])
    if top is None or pelvis is None:
        return {}
    chain: list[int] = []
    at = int(clip.parents[top])
    while at >= 0 and at != pelvis:
        chain.insert(0, at)
        at = int(clip.parents[at])
    if at < 0 or not chain:
        return {}
    names = {1: ("spine1",), 2: ("spine1", "spine3")}.get(len(chain), ("spine1", "spine2", "spine3"))
    places = {1: (0,), 2: (0, 1)}.get(len(chain), (0, len(chain) // 2, -1))
    return {JOINT_INDEX[n]: chain[k] for n, k in zip(names, places, strict=True)}


def _sides(name: str, aliases: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    if not name.startswith("left_"):
        return [(name, aliases)]
    return [(name, aliases), ("right_" + name[5:], tuple(_mirrored(a) for a in aliases))]
