"""What the lids do by themselves."""

from __future__ import annotations

from .preset import Preset, both, register

register(Preset("blink", "Both eyes closed.", both(eyeBlink=1.0), 0.15, mood=False))
register(Preset("half_blink", "Both eyes on their way down.", both(eyeBlink=0.5), 0.15, mood=False))
register(Preset("wink", "One eye closed, its corner of the mouth up.",
                {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.4, "mouthSmileLeft": 0.35, "browDownLeft": 0.15}, 0.2, mood=False))  # fmt: skip
