"""Talking: the mouth shapes of speech, gestures that beat in time with it, nods."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from ...codec import param
from ...registry import expressions, motions
from ...spec import HandSpec
from ..kinematics import rx, ry, rz
from ..poses.base import SIDES, Arm, Figure
from .base import BREATH, Actor, Moment, Motion, add_joint_turns, bump
from .blend import blend_poses
from .idle import alive

# Actions that speech takes over from the mood; half of a smile stays.
MOUTH = (
    "jawOpen",
    "mouthFunnel",
    "mouthPucker",
    "mouthPress",
    "mouthStretch",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
)
_SOUNDS = ("aa", "e", "i", "o", "u", "pp", "ff", "th", "dd", "kk", "ch", "ss", "nn", "rr")
# Shapes that a talking hand takes, and how often.
_SHAPES = {"rest": 0.3, "loose": 0.25, "flat": 0.15, "spread": 0.1, "pinch": 0.12, "point": 0.08}


@dataclass(frozen=True, kw_only=True)
class TalkMotion(Motion):
    """Talking, with the hands and the face."""

    kind: ClassVar[str | None] = "talk"
    verb: ClassVar[str] = "talking"
    families: ClassVar[tuple[str, ...]] = ("talk", "stand", "contrapposto", "phone", "hands_in_pockets", "arms_crossed")
    seated: ClassVar[bool | None] = None

    gestures: float = param(0.7, low=0.0, high=1.0, doc="How much the hands say; 0 = the pose's own arms stay.")
    energy: float = param(0.6, low=0.0, high=1.0, doc="How large mouth and nods are.")

    def period(self, actor: Actor) -> float:
        """Two breaths: one sentence."""
        return 2.0 * BREATH

    def at(self, actor: Actor, time: float) -> Moment:
        """The pose with a talking face and, where they are free, talking hands."""
        beat = self.beat(actor, time)
        moment = alive(actor, actor.still(), beat, look=0.4)
        script = _script(self.variation)
        seconds = 2.0 * BREATH * beat
        voice = self.energy * _speaking(beat)
        nod = voice * (0.05 * np.sin(2 * np.pi * beat * 6) + 0.04 * np.sin(2 * np.pi * beat * 10 + 1.0))
        shake = 0.05 * voice * np.sin(2 * np.pi * beat * 3 + script["turn"])
        pose = add_joint_turns(moment.pose, {12: rx(0.5 * nod) @ ry(shake), 15: rx(nod) @ ry(shake) @ rz(0.3 * shake)})
        hands = list(actor.hands)
        # A hand that holds, rests or props stays where it is.
        busy = set(moment.contacts.hands) | ({getattr(actor.pose, "side", "")} if actor.pose.kind == "phone" else set())
        for index, side in enumerate(SIDES):
            if side in busy or self.gestures <= 0.0:
                continue
            pose, hands[index] = _gesture(pose, side, beat, self.gestures, script, actor.hands[index])
        pose = actor.with_hands(pose, (hands[0], hands[1]))
        return replace(moment, pose=pose, expression=_mouth(seconds, voice, script), mute=MOUTH)


def _speaking(beat: float) -> float:
    """1 while a sentence is spoken, 0 in the pause for breath at its end."""
    return bump(beat, 0.04, 0.90, 0.04)


@lru_cache(maxsize=64)
def _script(variation: int) -> dict[str, np.ndarray]:
    """The order of sounds and gestures of a sentence: drawn once, from the spec's own seed."""
    rng = np.random.default_rng(variation)
    count = 56  # seven sounds a second
    names = list(_SHAPES)
    share = np.array(list(_SHAPES.values()))
    strokes = np.sort(rng.uniform(0.06, 0.86, (2, 5)), axis=1)
    return {
        "sounds": rng.integers(0, len(_SOUNDS), count), "loud": rng.uniform(0.45, 1.0, count), "turn": rng.uniform(0, 6.28, 1)[0],
        "strokes": strokes, "size": rng.uniform(0.35, 1.0, (2, 5)), "open": rng.uniform(0.0, 1.0, (2, 5)),
        "high": rng.uniform(0.2, 1.0, (2, 5)), "lead": rng.uniform(0.25, 1.0, 2),
        "shape": np.array(names)[rng.choice(len(names), (2,), p=share / share.sum())],
    }  # fmt: skip


def _mouth(seconds: float, voice: float, script: dict[str, np.ndarray]) -> dict[str, float]:
    """Activations: each sound eases into the next."""
    sounds = script["sounds"]
    at = seconds / (2.0 * BREATH) * len(sounds)
    index, share = int(at) % len(sounds), at - np.floor(at)
    share = share * share * (3.0 - 2.0 * share)
    out: dict[str, float] = {}
    for k, weight in ((index, 1.0 - share), ((index + 1) % len(sounds), share)):
        loud = float(script["loud"][k]) * voice
        for action, value in expressions.get(f"viseme_{_SOUNDS[int(sounds[k])]}").make.activations.items():
            out[action] = out.get(action, 0.0) + value * weight * min(1.25 * loud + 0.1 * voice, 1.0)
    stress = 0.5 + 0.5 * np.sin(2 * np.pi * seconds / BREATH + script["turn"])
    out["browInnerUp"] = out.get("browInnerUp", 0.0) + 0.22 * voice * float(stress)
    for side in ("Left", "Right"):
        out[f"browOuterUp{side}"] = 0.18 * voice * float(stress)
    return {k: float(np.clip(v, 0.0, 1.0)) for k, v in sorted(out.items()) if v > 1e-3}


def _gesture(
    pose: np.ndarray, side: str, beat: float, amount: float, script: dict[str, np.ndarray], own: HandSpec
) -> tuple[np.ndarray, HandSpec]:
    """An arm that is raised while the sentence lasts and strokes in time, the hand opening with it."""
    row = SIDES.index(side)
    strokes, size, open_, high = (script[k][row] for k in ("strokes", "size", "open", "high"))
    raised = amount * float(script["lead"][row]) * bump(beat, float(strokes[0]), float(strokes[-1]) + 0.05, 0.07)
    if raised < 1e-3:
        return pose, own
    # Between strokes the hand wanders from one place to the next.
    order = np.interp(beat, strokes, np.arange(5.0))
    k = int(min(order, 3.0))
    share = order - k
    share = share * share * (3.0 - 2.0 * share)
    where = {
        n: float((1 - share) * v[k] + share * v[k + 1]) for n, v in (("open", open_), ("high", high), ("size", size))
    }
    tap = float(np.sin(np.pi * np.clip((share - 0.55) / 0.45, 0.0, 1.0)) * where["size"])
    o = where["open"]
    arm = Arm(
        raised=0.28 + 0.28 * where["high"] - 0.08 * tap, plane=0.9 - 0.4 * o, roll=0.45 - 0.5 * o,
        elbow=1.25 + 0.45 * where["high"] - 0.22 * tap, pronation=0.1 - 0.8 * o, wrist=-0.1 + 0.25 * tap, deviation=0.06,
    )  # fmt: skip
    fig = Figure()
    fig.pose = np.array(pose)
    fig.arm(side, arm)
    return blend_poses(pose, fig.pose, raised), HandSpec(
        shape=str(script["shape"][row]), amount=min(1.0, 0.5 * raised + 0.4 * raised * o)
    )


@motions.register("talk", spec=TalkMotion)
def sample_talk_motion(rng: np.random.Generator) -> TalkMotion:
    """Draw a way of talking."""
    return TalkMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)), gestures=float(rng.beta(2.5, 1.5)),
        energy=float(np.clip(rng.normal(0.6, 0.15), 0.25, 1.0)),
    )  # fmt: skip
