"""What a generation run is asked to do: the options of `vivant generate`, as data with checks, and their TOML form."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from . import registry
from .codec import Spec, param
from .errors import SpecError, unknown_name
from .people.moving import check_motion
from .ranges import RangeValue, check_ranges, flatten

FARMS = ("local", "ray", "ray://HOST:PORT")
DEVICES = ("auto", "cpu", "cuda", "optix", "hip", "metal", "oneapi")
MAX_PEOPLE = 64
# What the command line owns; a configuration that could redirect the output would surprise people.
NOT_IN_CONFIG = ("out", "ranges", "spec")


@dataclass(frozen=True)
class GenerateOptions(Spec):
    """Everything that `generate` depends on; written into `dataset.json` so that a run can be repeated."""

    out: str = param(doc="Dataset folder; created, or continued where it stopped.")
    scenes: int = param(1, low=1, high=10**7, doc="Number of scenes.")
    views: int = param(1, low=1, high=1000, doc="Cameras in each scene.")
    frames: int = param(1, low=1, high=100000, doc="Consecutive frames of each view.")
    fps: float = param(24.0, low=0.1, high=1000.0, unit="1/s", doc="Frames a second.")
    motion: str = param("auto", doc="A motion or a motion file (.bvh, .npz, .amc) for everybody, or auto for what suits each pose.")
    people: tuple[int, int] = param((1, 3), low=0, high=MAX_PEOPLE, doc="Fewest and most people in a scene.")
    place: str = param("auto", doc="Name of a place, or auto for all of them in turn.")
    width: int = param(512, low=8, high=16384, unit="px", doc="Image width.")
    height: int = param(512, low=8, high=16384, unit="px", doc="Image height.")
    format: Literal["given", "auto"] = param("given", doc="auto: each camera takes a format that suits it, with width x height pixels.")
    samples: int = param(24, low=1, high=65536, doc="Most samples a pixel of the picture.")
    cloth: Literal["fast", "drape"] = param("fast", doc="Clothes skinned to the pose, or relaxed as cloth.")
    engine: Literal["cycles", "eevee", "workbench"] = param("cycles", doc="Engine of the picture.")
    device: Literal["auto", "cpu", "cuda", "optix", "hip", "metal", "oneapi"] = param("auto", doc="Where Cycles runs.")
    seed: int = param(0, low=0, doc="Root of the seed tree: the same seed gives the same scenes.")
    channels: tuple[str, ...] = param((), doc="Channels to write; none named = the default ones, all = every one.")
    mesh: bool = param(False, doc="Also write mesh.npz, the triangles that each frame shows.")
    describe: str = param("", doc="What the scenes show, in plain English; what it leaves open is drawn.")
    cast: tuple[str, ...] = param((), doc="Files PERSON.json of people who are in every scene; pose and place are drawn.")
    spec: str | None = param(None, doc="A scene.json to render instead of sampling.")
    workers: int = param(1, low=1, high=1024, doc="Processes that render at the same time.")
    farm: str = param("local", doc="local, ray, or ray://HOST:PORT of a running cluster.")
    ranges: dict[str, tuple[bool, ...] | tuple[float, ...] | tuple[str, ...]] = param(
        factory=dict, doc="Dotted field of a scene -> the values it may take (from the [ranges] of a configuration)."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.out.strip():
            raise SpecError("the output folder has no name", fix="name a folder, for example: vivant generate demo")
        low, high = self.people
        if low > high:
            raise SpecError(
                "people counts are the wrong way round",
                expected="A-B with A <= B",
                got=f"{low}-{high}",
                fix=f"--people {high}-{low}",
            )
        if self.farm not in ("local", "ray") and not self.farm.startswith("ray://"):
            raise unknown_name("farm", self.farm, FARMS)
        if self.place != "auto":
            if self.place not in registry.places.names():
                raise unknown_name("place", self.place, ("auto", *registry.places.names()))
        check_motion(self.motion)
        if len(self.cast) > MAX_PEOPLE:
            raise SpecError("too many people are cast", expected=f"at most {MAX_PEOPLE}", got=len(self.cast))
        known = registry.channels.names()
        for name in self.channels:
            if name != "all" and name not in known:
                raise unknown_name("channel", name, ("all", *known))
        check_ranges(self.ranges)


def read_config(path: str | Path) -> dict[str, Any]:
    """Option values from a TOML file: top-level keys are options, the table `[ranges]` narrows what is sampled.

    Keys are those of `GenerateOptions`, or `size = [W, H]` or `size = "auto:384"`; `people` may be a number. Example:

        scenes = 100
        size = [640, 480]
        people = [1, 2]
        [ranges.sky]
        sun_elevation = [0.1, 0.4]

    Raises:
        SpecError: the file is missing or malformed, or a key is unknown (the nearest is named).
    """
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as e:
        raise SpecError(f"configuration {str(path)!r} cannot be read ({e.strerror})", fix="check the path") from None
    except UnicodeDecodeError:
        raise SpecError(f"configuration {str(path)!r} is not text", expected="TOML in UTF-8") from None
    except tomllib.TOMLDecodeError as e:
        raise SpecError(f"configuration {str(path)!r} is not valid TOML: {e}", fix="correct that line") from None
    allowed = [f.name for f in fields(GenerateOptions) if f.name not in NOT_IN_CONFIG] + ["size", "ranges"]
    for key in data:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(allowed)}"
            raise SpecError(f"configuration {str(path)!r} has an unknown key {key!r}", fix=fix)
    if "size" in data:
        size = data.pop("size")
        if isinstance(size, str):
            size = read_size(size)
            if size is None:
                raise SpecError("configuration: size is no size", SIZES, data.get("size"))
            data["width"], data["height"], data["format"] = size
        elif not isinstance(size, list) or len(size) != 2:
            raise SpecError("configuration: size is not a pair", expected="size = [WIDTH, HEIGHT]", got=size)
        else:
            data["width"], data["height"] = size
    if isinstance(data.get("people"), int) and not isinstance(data["people"], bool):
        data["people"] = [data["people"], data["people"]]
    if isinstance(data.get("channels"), str):
        data["channels"] = split_names(data["channels"])
    if "ranges" in data:
        data["ranges"] = flatten(data["ranges"])
    return data


SIZES = "WIDTHxHEIGHT, for example 640x480, auto, or auto:SIDE (as many pixels as a square of that side)"


def read_size(text: str) -> tuple[int, int, str] | None:
    """Width, height and format from `640x480`, `auto` or `auto:384`; None if it is none of them."""
    text = text.strip().lower()
    side = re.fullmatch(r"auto(?::(\d+))?", text)
    if side:
        return int(side[1] or 512), int(side[1] or 512), "auto"
    pair = re.fullmatch(r"(\d+)\s*[x×]\s*(\d+)", text)
    return (int(pair[1]), int(pair[2]), "given") if pair else None


def split_names(text: str) -> list[str]:
    """Names of a comma-separated list, in order, blanks and repeats dropped."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


__all__ = ["GenerateOptions", "RangeValue", "read_config", "read_size", "split_names"]
