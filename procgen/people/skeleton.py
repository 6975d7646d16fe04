"""The 55 joints of the SMPL-X format: names, parents, and lookups shared by every part of `people`.

Source: smplx `joint_names.py` and `body_models.py` (names and order only); Pavlakos et al. 2019.
"""

from __future__ import annotations

_BODY = (
    ("pelvis", -1), ("left_hip", 0), ("right_hip", 0), ("spine1", 0), ("left_knee", 1), ("right_knee", 2),
    ("spine2", 3), ("left_ankle", 4), ("right_ankle", 5), ("spine3", 6), ("left_foot", 7), ("right_foot", 8),
    ("neck", 9), ("left_collar", 9), ("right_collar", 9), ("head", 12), ("left_shoulder", 13),
    ("right_shoulder", 14), ("left_elbow", 16), ("right_elbow", 17), ("left_wrist", 18), ("right_wrist", 19),
    ("jaw", 15), ("left_eye_smplhf", 15), ("right_eye_smplhf", 15),
)  # fmt: skip
_FINGER_ORDER = ("index", "middle", "pinky", "ring", "thumb")


def _hand(side: str, wrist: int, first: int) -> list[tuple[str, int]]:
    return [
        (f"{side}_{finger}{i + 1}", wrist if i == 0 else first + 3 * f + i - 1)
        for f, finger in enumerate(_FINGER_ORDER)
        for i in range(3)
    ]


_ALL = (*_BODY, *_hand("left", 20, 25), *_hand("right", 21, 40))

JOINT_NAMES: list[str] = [name for name, _ in _ALL]
PARENTS: list[int] = [parent for _, parent in _ALL]
JOINT_INDEX: dict[str, int] = {name: j for j, name in enumerate(JOINT_NAMES)}
HEAD, JAW, LEFT_EYE, RIGHT_EYE = 15, 22, 23, 24
