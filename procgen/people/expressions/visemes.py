"""Mouth shapes of speech: one for each group of sounds that look alike.

Source: the fifteen visemes of MPEG-4 FAP (ISO/IEC 14496-2, annex C) as talking heads name them; activations by eye on
the open body.
"""

from __future__ import annotations

from .preset import Preset, both, register


def _viseme(name: str, sounds: str, often: float = 0.0, **actions: float) -> None:
    mirrored = {k: v for k, v in actions.items() if k in _PAIRED}
    single = {k: v for k, v in actions.items() if k not in _PAIRED}
    register(Preset(f"viseme_{name}", f"Mouth shape of {sounds}.", {**both(**mirrored), **single}, often, mood=False))


_PAIRED = ("mouthStretch", "mouthLowerDown", "mouthUpperUp", "mouthSmile", "mouthPress", "mouthDimple")
_viseme("sil", "silence", 0.0, mouthClose=0.02)
_viseme("pp", "p, b, m", 0.2, mouthPress=0.45, mouthRollLower=0.3, mouthRollUpper=0.3)
_viseme("ff", "f, v", 0.2, mouthRollLower=0.55, mouthUpperUp=0.18, jawOpen=0.04)
_viseme("th", "th", 0.2, jawOpen=0.12, mouthLowerDown=0.15, mouthUpperUp=0.1, tongueOut=0.18)
_viseme("dd", "t, d, n", 0.3, jawOpen=0.10, mouthLowerDown=0.22, mouthStretch=0.12, mouthUpperUp=0.08)
_viseme("kk", "k, g", 0.3, jawOpen=0.15, mouthLowerDown=0.2, mouthStretch=0.1)
_viseme("ch", "sh, ch, j", 0.2, jawOpen=0.07, mouthFunnel=0.5, mouthUpperUp=0.12, mouthLowerDown=0.15)
_viseme("ss", "s, z", 0.3, jawOpen=0.03, mouthStretch=0.25, mouthLowerDown=0.22, mouthUpperUp=0.1, mouthSmile=0.1)
_viseme("nn", "l, n", 0.3, jawOpen=0.13, mouthLowerDown=0.15, mouthUpperUp=0.05)
_viseme("rr", "r", 0.2, jawOpen=0.08, mouthFunnel=0.3, mouthPucker=0.15)
_viseme("aa", "a as in father", 1.0, jawOpen=0.42, mouthLowerDown=0.2, mouthUpperUp=0.08)
_viseme("e", "e as in bed", 0.9, jawOpen=0.22, mouthStretch=0.25, mouthLowerDown=0.25, mouthSmile=0.08)
_viseme("i", "ee as in see", 0.6, jawOpen=0.10, mouthStretch=0.35, mouthSmile=0.2, mouthLowerDown=0.18)
_viseme("o", "o as in go", 0.8, jawOpen=0.28, mouthFunnel=0.5, mouthPucker=0.2)
_viseme("u", "oo as in food", 0.4, jawOpen=0.10, mouthPucker=0.65, mouthFunnel=0.15)
