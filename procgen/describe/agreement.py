"""What cannot be true together, and what is impossible: one clear line for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import SpecError
from . import lexicon
from .description import PersonWish

# Poses that are said more exactly by another one: "standing, with crossed arms".
_UPRIGHT = frozenset(
    (
        "wave",
        "talk",
        "phone",
        "carry",
        "reach",
        "arms_crossed",
        "hands_on_hips",
        "hands_in_pockets",
        "contrapposto",
        "dance",
        "yoga",
    )
)
_LESS_EXACT = {"stand": _UPRIGHT, "sit": frozenset(("sit_ground",))}
# Youngest age in years for what somebody does (motor milestones, rounded up).
YOUNGEST = {"run": 2.0, "climb": 2.0, "walk": 1.2, "stand": 0.9, "dance": 2.5, "yoga": 4.0, "carry": 2.5, "phone": 3.0}
# Statures of living people by age group, metres, wider than any that is drawn.
STATURES = {"baby": (0.45, 0.95), "toddler": (0.65, 1.25), "child": (0.8, 1.85), "teenager": (1.2, 2.15)}
GROWN_STATURES = (1.2, 2.25)


def conflict(holds: bool, what: str) -> None:
    """Refuse a description that says two things that exclude each other."""
    if holds:
        raise SpecError(f"the description contradicts itself: {what}", fix="leave one of them out")


def joined(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Wishes of one person with more of them, refused where they exclude each other."""
    out = dict(old)
    for name, value in new.items():
        before = out.get(name)
        if name == "without":
            worn = {g.kind for g in out.get("wears", ())}
            conflict(
                bool(worn & set(value)), "wearing shoes and barefoot" if "sneaker" in value else "worn and not worn"
            )
            out[name] = tuple(dict.fromkeys((*(before or ()), *value)))
        elif name == "pose" and before is not None and before != value:
            if value in _LESS_EXACT and before in _LESS_EXACT[value]:
                for kept in ("pose_fields", "doing"):
                    new = {**new, kept: out[kept]}
            else:
                conflict(
                    value not in _LESS_EXACT.get(before, ()),
                    f"one person cannot be {out.get('doing')} and {new.get('doing')}",
                )
                out[name] = value
        elif name in ("pose_fields", "doing"):
            out[name] = new[name]
        elif name == "age" and before is not None:
            low, high = max(before[0], value[0]), min(before[1], value[1])
            conflict(
                low > high, f"{before[0]:.0f} to {before[1]:.0f} years and {value[0]:.0f} to {value[1]:.0f} years old"
            )
            out[name] = (low, high)
        elif name == "beard" and before not in (None, value) and "any" in (before, value):
            out[name] = value if before == "any" else before
            conflict("none" in (before, value), "with and without a beard")
        elif name == "hair" and before not in (None, value) and {before, value} <= {"long", "wavy", "curly"}:
            out[name] = value if before == "long" else before
        elif name == "stature" and before not in (None, value):
            conflict(before.split()[-1] != value.split()[-1], f"{before} and {value}")
            out[name] = max(before, value, key=len)
        else:
            conflict(before is not None and before != value, f"{_plain(name, before)} and {_plain(name, value)}")
            out[name] = value
    return out


def _plain(name: str, value: Any) -> str:
    if name in ("hair", "hair_color", "beard", "skin", "eyes"):
        return f"{name.replace('_', ' ')} {value}"
    return str(value)


def person_wish(wish: Mapping[str, Any]) -> PersonWish:
    """One person's wishes, checked as a whole.

    Raises:
        SpecError: they exclude each other, or nobody is like that.
    """
    out = dict(wish)
    little, grown = out.pop("little", False), out.pop("grown", False)
    group, age = out.get("age_group"), out.get("age")
    if group is not None and age is not None:
        out["age"] = _agreed_age(group, age, grown)
        group = _group_of(out["age"])
        out["age_group"] = group
    elif age is not None and not grown:
        group = out["age_group"] = _group_of(age)
    if little:
        conflict(group not in (None, "child", "toddler", "baby"), f"little and {group}")
        if group == "child":
            out["age"] = (4.2, 7.5)
    conflict(
        out.get("hair") == "bald" and out.get("hair_color") is not None and not out.get("beard"),
        "bald with hair of a colour",
    )
    conflict(
        out.get("beard") not in (None, "none") and group in ("baby", "toddler", "child"), f"{_an(group)} with a beard"
    )
    conflict(
        out.get("beard") not in (None, "none") and out.get("gender") == "female",
        "a woman with a beard, which this body cannot have",
    )
    _check_stature(out, group)
    youngest = YOUNGEST.get(str(out.get("pose")), 0.0)
    highest = out["age"][1] if out.get("age") else lexicon.AGES[group][1] if group else 99.0
    conflict(highest < youngest, f"{_an(group)} of at most {highest:.1f} years cannot be {out.get('doing')}")
    return PersonWish(**out)


def _check_stature(wish: dict[str, Any], group: str | None) -> None:
    metres = wish.get("height_m")
    if metres is None:
        return
    low, high = STATURES.get(str(group), GROWN_STATURES if group else (0.45, GROWN_STATURES[1]))
    if not low <= metres <= high:
        raise SpecError(
            f"nobody{' of that age' if group else ''} is {metres:g} m tall",
            expected=f"{low:g} to {high:g} m",
            fix="give another stature",
        )


def _agreed_age(group: str, age: tuple[float, float], grown: bool) -> tuple[float, float]:
    low, high = _years_of(group)
    low, high = max(low, age[0]), min(high, age[1])
    conflict(low > high, f"{_an(group)} of {age[0]:.0f} years")
    return low, high


def _years_of(group: str) -> tuple[float, float]:
    """Ages that a word allows when a number is given too; wider than what is drawn from it alone."""
    wide = {
        "baby": (0.0, 1.99),
        "toddler": (1.0, 3.99),
        "child": (2.0, 16.99),
        "teenager": (12.5, 19.99),
        "young adult": (15.0, 39.99),
    }
    return wide.get(
        group, {"adult": (18.0, 99.9), "middle-aged": (38.0, 69.0), "elderly": (55.0, 100.0)}.get(group, (0.0, 100.0))
    )


def _group_of(age: tuple[float, float]) -> str:
    middle = 0.5 * (age[0] + age[1])
    return list(lexicon.AGES)[sum(middle >= b for b in lexicon.AGE_BORDERS)]


def _an(group: str | None) -> str:
    word = str(group or "person")
    return ("an " if word[0] in "aeiou" else "a ") + word
