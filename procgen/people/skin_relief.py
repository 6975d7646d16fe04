"""Relief of one person's skin as heights in the body's UV map: what stays, and what comes with the actions of the face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

# The most that relief ever is, metres: sums of actions end here.
MOST = 0.003


@dataclass(frozen=True, eq=False)
class SkinRelief:
    """Heights along the skin's normal in a window of the UV map.

    Attributes:
        size: S, texels a side of the whole map. top, left: First row and column of the window; row 0 is at v = 1.
        rest: (h, w) float32 metres, of the face at rest.
        actions: ARKit action -> (h, w) float32 metres that it adds at 1.
    """

    size: int
    top: int
    left: int
    rest: np.ndarray
    actions: Mapping[str, np.ndarray] = field(default_factory=dict)

    def at(self, expression: Mapping[str, float]) -> np.ndarray:
        """(h, w) heights, metres, of an expression: action -> activation."""
        out = np.array(self.rest, np.float32)
        for name, heights in self.actions.items():
            value = float(expression.get(name, 0.0))
            if value > 0.0:
                out = out + value * heights
        return np.clip(out, -MOST, MOST)

    def placed(self, window: np.ndarray, empty: float = 0.0) -> np.ndarray:
        """(S, S, ...) whole map of a window (h, w, ...)."""
        out = np.full((self.size, self.size, *window.shape[2:]), empty, window.dtype)
        h, w = window.shape[:2]
        out[self.top : self.top + h, self.left : self.left + w] = window
        return out

    def arrays(self) -> dict[str, np.ndarray]:
        """As arrays of a file; see `from_arrays`."""
        names = sorted(self.actions)
        empty = np.zeros((0, *self.rest.shape), np.float32)
        return {
            "rest": self.rest, "actions": np.stack([self.actions[n] for n in names]) if names else empty,
            "action_names": np.array(names, dtype="U32"), "window": np.array([self.size, self.top, self.left]),
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> SkinRelief:
        """Relief from `arrays`."""
        size, top, left = (int(x) for x in arrays["window"])
        actions = {str(n): np.asarray(h, np.float32) for n, h in zip(arrays["action_names"], arrays["actions"], strict=True)}
        return cls(size, top, left, np.asarray(arrays["rest"], np.float32), actions)
