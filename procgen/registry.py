"""One registry for each kind of thing that can be added in one file: places, garments, poses, channels, exporters …"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import SpecError, unknown_name


@dataclass(frozen=True)
class Entry:
    """One registered thing.

    Attributes:
        name: What users type.
        make: The decorated function or object (for generators: `sample_x(rng, ranges) -> XSpec`).
        spec: The frozen dataclass that describes it, if it has one.
        build: The pure function from spec to geometry, if it has one.
        doc: First paragraph of the documentation.
        offered: False for what is known by name but never listed or drawn.
    """

    name: str
    make: Any
    spec: type | None = None
    build: Callable[..., Any] | None = None
    doc: str = ""
    offered: bool = True


@dataclass
class Registry:
    """Named entries of one kind, found by scanning the modules of one package.

    Args:
        kind: Singular name for messages, e.g. "place".
        package: Package relative to `base` whose modules register entries when imported, e.g. "places".
        base: The package above it; `procgen` unless a room above keeps a registry of its own.
    """

    kind: str
    package: str
    base: str = __package__ or ""
    _entries: dict[str, Entry] = field(default_factory=dict)
    _scanned: bool = False

    def register(
        self, name: str, *, spec: type | None = None, build: Callable[..., Any] | None = None, offered: bool = True
    ) -> Callable[[Any], Any]:
        """Decorator that records a function (or object) under `name`; a name can be taken once."""

        def decorate(make: Any) -> Any:
            if name in self._entries and self._entries[name].make.__module__ != make.__module__:
                raise SpecError(f"two {self.kind}s are called {name!r}", fix="rename one of them")
            doc = (getattr(build, "__doc__", None) or make.__doc__ or "").strip().split("\n\n")[0]
            self._entries[name] = Entry(name, make, spec, build, " ".join(doc.split()), offered)
            return make

        return decorate

    def scan(self) -> None:
        """Import every module of the package once, so that each registers what it holds."""
        if self._scanned:
            return
        self._scanned = True
        package = importlib.import_module(f"{self.base}.{self.package}")
        for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{self.base}.{self.package}.{module}")

    def names(self) -> tuple[str, ...]:
        """All names that are offered, sorted."""
        self.scan()
        return tuple(sorted(n for n, e in self._entries.items() if e.offered))

    def get(self, name: str) -> Entry:
        """The entry called `name`; an unknown name is answered with the nearest one."""
        if name not in self._entries:
            self.scan()
        if name not in self._entries:
            raise unknown_name(self.kind, name, self._entries)
        return self._entries[name]

    def __iter__(self) -> Iterator[Entry]:
        return iter([self.get(n) for n in self.names()])


places = Registry("place", "places")
garments = Registry("garment", "people.garments")
hair = Registry("hair style", "people.hair")
poses = Registry("pose", "people.poses")
motions = Registry("motion", "people.motions")
hands = Registry("hand shape", "people.hand_shapes")
expressions = Registry("expression", "people.expressions")
fabrics = Registry("fabric", "materials")
cameras = Registry("camera", "cameras")
channels = Registry("channel", "channels")
exporters = Registry("exporter", "dataset.exporters")
groups = Registry("group", "groups")

REGISTRIES: dict[str, Registry] = {
    "places": places,
    "garments": garments,
    "hair": hair,
    "poses": poses,
    "motions": motions,
    "hands": hands,
    "expressions": expressions,
    "fabrics": fabrics,
    "cameras": cameras,
    "channels": channels,
    "exporters": exporters,
    "groups": groups,
}
