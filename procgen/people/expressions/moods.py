"""Emotions and states of mind.

Source: action units after Ekman & Friesen, Facial Action Coding System (1978) and EMFACS, put into ARKit's actions;
strengths by eye on the open body.
"""

from __future__ import annotations

from .preset import Preset, both, register

register(Preset("neutral", "At rest.", {}, 7.0))
register(Preset("soft_smile", "Friendly: a closed, small smile.", both(mouthSmile=0.35, cheekSquint=0.15), 5.0))
register(Preset("smile", "A smile that reaches the eyes (AU 6 + 12).",
                both(mouthSmile=0.75, cheekSquint=0.45, eyeSquint=0.2, mouthUpperUp=0.15, mouthDimple=0.1), 3.5))  # fmt: skip
register(Preset("joy", "Beaming, teeth showing (AU 6 + 12 + 25).",
                {**both(mouthSmile=0.9, cheekSquint=0.6, eyeSquint=0.3, mouthUpperUp=0.3, mouthLowerDown=0.15),
                 "jawOpen": 0.12, "browInnerUp": 0.12}, 1.2))  # fmt: skip
register(Preset("laugh", "Laughing, mouth open (AU 6 + 12 + 26).",
                {**both(mouthSmile=0.85, cheekSquint=0.7, eyeSquint=0.45, mouthUpperUp=0.3, mouthLowerDown=0.2),
                 "jawOpen": 0.45}, 0.9))  # fmt: skip
register(Preset("polite_smile", "A smile of the mouth alone (AU 12).", both(mouthSmile=0.45, mouthPress=0.15), 1.6))
register(Preset("sadness", "Inner brows up, corners of the mouth down (AU 1 + 4 + 15).",
                {**both(mouthFrown=0.55, browDown=0.15, eyeSquint=0.15), "browInnerUp": 0.7, "mouthShrugLower": 0.3}, 0.4))  # fmt: skip
register(Preset("anger", "Brows down, lids tight, lips pressed (AU 4 + 5 + 7 + 23).",
                both(browDown=0.85, noseSneer=0.3, mouthPress=0.55, eyeSquint=0.35, eyeWide=0.15), 0.3))  # fmt: skip
register(Preset("surprise", "Brows up, eyes wide, jaw dropped (AU 1 + 2 + 5 + 26).",
                {**both(browOuterUp=0.75, eyeWide=0.65), "browInnerUp": 0.85, "jawOpen": 0.35}, 0.4))  # fmt: skip
register(Preset("fear", "Brows up and together, eyes wide, mouth drawn (AU 1 + 2 + 4 + 5 + 20).",
                {**both(eyeWide=0.75, mouthStretch=0.5, browOuterUp=0.25, browDown=0.2), "browInnerUp": 0.8,
                 "jawOpen": 0.15}, 0.2))  # fmt: skip
register(Preset("disgust", "Nose wrinkled, upper lip raised (AU 9 + 10 + 15).",
                both(noseSneer=0.75, browDown=0.4, mouthUpperUp=0.4, mouthFrown=0.25, cheekSquint=0.25, eyeSquint=0.2), 0.2))  # fmt: skip
register(Preset("contempt", "One corner of the mouth tightened (AU 14 on one side).",
                {"mouthSmileLeft": 0.4, "mouthDimpleLeft": 0.45, "mouthPressLeft": 0.25, "cheekSquintLeft": 0.15,
                 **both(eyeSquint=0.12)}, 0.2))  # fmt: skip
register(
    Preset(
        "concentration", "Brows a little down, lips pressed.", both(browDown=0.4, eyeSquint=0.28, mouthPress=0.3), 1.5
    )
)
register(Preset("thinking", "Lips to one side, one brow raised.",
                {"mouthLeft": 0.35, "browOuterUpRight": 0.35, "browDownLeft": 0.25,
                 **both(eyeSquint=0.15, mouthPress=0.2)}, 0.7))  # fmt: skip
register(Preset("tired", "Lids half down, the face slack.",
                {**both(eyeBlink=0.32, mouthFrown=0.12), "browInnerUp": 0.18, "jawOpen": 0.03}, 0.8))  # fmt: skip
register(Preset("worried", "Inner brows up, lips pressed.",
                {**both(mouthPress=0.3, browDown=0.15, mouthFrown=0.15), "browInnerUp": 0.5}, 0.6))  # fmt: skip
register(Preset("doubt", "Lower lip pushed up, brows uneven.",
                {"browOuterUpLeft": 0.4, "browDownRight": 0.25, "mouthShrugLower": 0.35, **both(mouthFrown=0.2)}, 0.4))  # fmt: skip
register(
    Preset(
        "interest", "Brows a little up, eyes open.", {**both(browOuterUp=0.25, eyeWide=0.15), "browInnerUp": 0.3}, 1.4
    )
)
register(
    Preset(
        "squint",
        "Eyes narrowed against the light.",
        both(eyeSquint=0.6, cheekSquint=0.4, browDown=0.35, mouthUpperUp=0.1),
        0.6,
    )
)
register(Preset("pain", "Eyes shut tight, teeth bared.",
                both(browDown=0.7, eyeBlink=0.75, eyeSquint=0.6, cheekSquint=0.6, mouthStretch=0.45, mouthUpperUp=0.35,
                     noseSneer=0.3), 0.1))  # fmt: skip
register(Preset("pout", "Lips pushed out.", {"mouthPucker": 0.6, "mouthShrugLower": 0.4, "browInnerUp": 0.2}, 0.3))
register(Preset("puff", "Cheeks blown up.", {"cheekPuff": 0.8}, 0.1))
