"""COCO's run-length masks: column by column, counts of zeros and ones in turn, six bits a character.

Source: maskApi.c of the COCO API (rleEncode, rleToString).
"""

from __future__ import annotations

import numpy as np


def encode_rle(mask: np.ndarray) -> dict[str, object]:
    """{"size": [H, W], "counts": text} of a mask (H, W)."""
    flat = np.asarray(mask, bool).ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate([[0], changes, [len(flat)]])).tolist()
    if len(flat) and flat[0]:
        counts.insert(0, 0)
    return {"size": [int(n) for n in mask.shape], "counts": _text(counts)}


def _text(counts: list[int]) -> str:
    out = bytearray()
    for i, count in enumerate(counts):
        # From the fourth on, differences to the count before last: runs of neighbouring columns are alike.
        x = count - counts[i - 2] if i > 2 else count
        more = True
        while more:
            bits = x & 0x1F
            x >>= 5
            more = x != -1 if bits & 0x10 else x != 0
            out.append((bits | (0x20 if more else 0)) + 48)
    return out.decode("ascii")
