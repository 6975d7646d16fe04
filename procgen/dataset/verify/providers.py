"""Who may stand witness: programs that never saw the renderer, what each can do, and how to install it.

Ray casters answer any ray and carry most checks. Painters render the whole picture once more by themselves; what they
show is compared with depth and ids as a second opinion.
"""

from __future__ import annotations

import ctypes.util
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ...errors import MissingDependency, SpecError, unknown_name


@dataclass(frozen=True)
class Provider:
    """A program that can stand witness.

    Attributes:
        name: Name in options.
        does: "rays": any ray; "pictures": depth and ids of a whole picture.
        absent: () -> what is not there, "" if all is.
        fix: Command that installs it.
        what: One line for help texts.
    """

    name: str
    does: Literal["rays", "pictures"]
    absent: Callable[[], str]
    fix: str
    what: str


def _without(*modules: str) -> str:
    return ", ".join(f"the package {m}" for m in modules if importlib.util.find_spec(m) is None)


def _osmesa() -> str:
    return "" if ctypes.util.find_library("OSMesa") else "the library OSMesa"


PROVIDERS: dict[str, Provider] = {
    p.name: p
    for p in (
        Provider("embree", "rays", lambda: _without("embreex"), "pip install embreex", "fast rays in float32"),
        Provider("raster", "rays", str, "", "our own z-buffer in float64, numpy alone"),
        Provider(
            "pyrender",
            "pictures",
            lambda: ", ".join(filter(None, (_without("pyrender", "OpenGL", "trimesh"), _osmesa()))),
            "apt-get install libosmesa6 && pip install 'vivant[pyrender]' && pip install --no-deps pyrender==0.1.45",
            "OpenGL in software, a process of its own",
        ),
    )
}


@dataclass(frozen=True)
class Witnesses:
    """The witnesses of a run.

    Attributes:
        rays: Name of the ray caster for checks of pixels, "" = none.
        pictures: Names of painters.
        body: Name of the ray caster for checks that need none but the body model.
    """

    rays: str
    pictures: tuple[str, ...]
    body: str

    @property
    def label(self) -> str:
        """`embree`, `embree,pyrender`, `none`."""
        return ",".join(filter(None, (self.rays, *self.pictures))) or "none"


def chosen_witnesses(text: str) -> Witnesses:
    """Parse `auto`, `none`, or names with commas such as `embree,pyrender`.

    Raises:
        SpecError: an unknown name, two ray casters, or `none` beside others.
        MissingDependency: one that was named is not installed.
    """
    names = [n.strip() for n in text.split(",") if n.strip()] or ["auto"]
    for name in names:
        if name not in PROVIDERS and name not in ("auto", "none"):
            raise unknown_name("witness", name, ("auto", "none", *PROVIDERS))
        if name in PROVIDERS and PROVIDERS[name].absent():
            p = PROVIDERS[name]
            raise MissingDependency(f"the witness {name} needs {p.absent()}", fix=p.fix)
    casters = [n for n in names if n in ("auto", "none") or PROVIDERS[n].does == "rays"]
    if len(casters) > 1:
        raise SpecError("two ray casters cannot stand witness in one run", "one of them", ", ".join(casters))
    auto = "raster" if PROVIDERS["embree"].absent() else "embree"
    rays = {"auto": auto, "none": ""}.get(casters[0], casters[0]) if casters else ""
    pictures = tuple(dict.fromkeys(n for n in names if n in PROVIDERS and PROVIDERS[n].does == "pictures"))
    return Witnesses(rays, pictures, rays or auto)
