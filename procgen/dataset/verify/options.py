"""What to verify, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .providers import Witnesses, chosen_witnesses


@dataclass(frozen=True)
class VerifyOptions:
    """Options of `verify`.

    Attributes:
        witness: Names with commas: auto (embree where installed, else raster), embree, raster or none, and pyrender,
            which paints whole pictures as a second opinion (see `providers.py`).
        frames: Only frames whose name starts with one of these; empty = all.
        channels: Only checks of these channels; empty = all.
        limit: At most this many frames, evenly spread; 0 = all.
        bodies: Body model name -> file, for bodies other than the one that ships.
        write: Write `verify.json` into the dataset.
        keep_going: Keep checking after a frame failed.
    """

    witness: str = "auto"
    frames: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    limit: int = 0
    bodies: Mapping[str, Path] = field(default_factory=dict)
    write: bool = True
    keep_going: bool = True

    @cached_property
    def witnesses(self) -> Witnesses:
        """The witnesses that `witness` names.

        Raises:
            SpecError, MissingDependency: it names none that exists, or one that is not installed.
        """
        return chosen_witnesses(self.witness)

    @property
    def provider(self) -> str:
        """Ray caster, also where the witness of pixels is switched off."""
        return self.witnesses.body
