"""What a resumable run over many items did."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Report:
    """What a run did.

    Attributes:
        root: Folder of the run.
        made, kept: Items made now, and items that were there.
        failed: Item -> why.
    """

    root: Path
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything is there."""
        return not self.failed

    def to_dict(self) -> dict[str, Any]:
        """As JSON says it."""
        return {"root": str(self.root), "made": self.made, "kept": self.kept, "failed": self.failed, "ok": self.ok}
