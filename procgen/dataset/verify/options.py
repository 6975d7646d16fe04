"""What to verify, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class VerifyOptions:
    """Options of `verify`.

    Attributes:
        witness: Ray caster: auto (embree where installed, else the numpy one), embree, raster, or none.
        frames: Only frames whose name starts with one of these; empty = all.
        channels: Only checks of these channels; empty = all.
        limit: At most this many frames, evenly spread; 0 = all.
        bodies: Body model name -> file, for bodies other than the one that ships.
        write: Write `verify.json` into the dataset.
        keep_going: Keep checking after a frame failed.
    """

    witness: Literal["auto", "embree", "raster", "none"] = "auto"
    frames: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    limit: int = 0
    bodies: Mapping[str, Path] = field(default_factory=dict)
    write: bool = True
    keep_going: bool = True

    @property
    def provider(self) -> str:
        """Provider that stands witness, also where the witness of pixels is switched off."""
        return "auto" if self.witness == "none" else self.witness
