# SPDX-License-Identifier: GPL-3.0-or-later
"""The ranges editor: which fields of a scene a dataset narrows, shown with the limits that the fields declare."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

from ..procgen import registry
from ..procgen.codec import Spec
from ..procgen.ranges import FIXED
from . import enum_items

# Fields that say nothing about a picture, or that the panel itself sets.
_LEFT_OUT = ("schema_version", "origin", "variation", "seat", "cloth", "fps")


@dataclasses.dataclass(frozen=True)
class Field:
    """One field that can be narrowed: its dotted name, what kind of value, its limits or choices, what it means."""

    name: str
    kind: str
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()
    unit: str = ""
    doc: str = ""


@lru_cache(maxsize=1)
def fields() -> dict[str, Field]:
    """Every field of a scene that a range can name, sorted by name."""
    from ..procgen.spec import SceneSpec

    found: dict[str, Field] = {}
    for field in _walk(SceneSpec, ""):
        old = found.get(field.name)
        if old is None:
            found[field.name] = field
        elif old.kind == field.kind:
            found[field.name] = _common(old, field)
    return dict(sorted(found.items()))


def _common(a: Field, b: Field) -> Field:
    """What both allow, of two generators whose fields have one name; if nothing is common, the first."""
    choices = tuple(c for c in a.choices if c in b.choices)
    low, high = max(a.low, b.low), min(a.high, b.high)
    if a.kind == "choice":
        return dataclasses.replace(a, choices=choices) if choices else a
    return dataclasses.replace(a, low=low, high=high) if low < high else a


def _walk(spec: type, prefix: str, above: tuple[type, ...] = ()) -> Iterator[Field]:
    if spec in above:  # a spec that holds others of its kind (a motion made of motions) is named once
        return
    hints = typing.get_type_hints(spec)
    for f in dataclasses.fields(spec):
        name = f"{prefix}{f.name}"
        if f.name in _LEFT_OUT or name in FIXED:
            continue
        for hint in _meanings(hints[f.name]):
            if isinstance(hint, type) and issubclass(hint, Spec):
                for inner in _kinds(hint):
                    yield from _walk(inner, name + ".", (*above, spec))
            else:
                made = _field(name, hint, f.metadata)
                if made is not None:
                    yield made


def _meanings(hint: Any) -> Iterator[Any]:
    """The types within optional values and lists."""
    if get_origin(hint) is tuple or (get_args(hint) and get_origin(hint) not in (Literal, dict)):
        for arg in dict.fromkeys(get_args(hint)):
            if arg not in (type(None), Ellipsis):
                yield from _meanings(arg)
    else:
        yield hint


def _kinds(spec: type[Spec]) -> list[type]:
    if spec.registry is not None and spec.kind is None:
        return [e.spec for e in registry.REGISTRIES[spec.registry] if e.spec is not None]
    return [spec]


def _field(name: str, hint: Any, meta: Any) -> Field | None:
    words = {"unit": meta.get("unit", ""), "doc": meta.get("doc", "")}
    if hint is bool:
        return Field(name, "choice", choices=("true", "false"), **words)
    if get_origin(hint) is Literal:
        return Field(name, "choice", choices=tuple(map(str, get_args(hint))), **words)
    if hint in (int, float) and meta.get("low") is not None and meta.get("high") is not None:
        return Field(name, hint.__name__, float(meta["low"]), float(meta["high"]), **words)
    return None


def search(self: Any, context: Any, text: str) -> list[str]:
    """Names that hold every typed word."""
    words = text.lower().split()
    return [n for n in fields() if all(w in n for w in words)]


def _name_changed(self: Any, context: Any) -> None:
    field = fields().get(self.name)
    if field is not None:
        self.choices = set(field.choices or ("none",))
        self.low, self.high = field.low, field.high


def _choice_items(self: Any, context: Any) -> list[tuple[str, str, str, str, int]]:
    field = fields().get(self.name)
    names = field.choices if field is not None and field.choices else ("none",)
    key = f"range/{'|'.join(names)}"
    return enum_items.keep(key, lambda: [(n, enum_items.title(n), "", "NONE", 1 << i) for i, n in enumerate(names)])  # type: ignore[misc, return-value]


class VivantRange(bpy.types.PropertyGroup):
    """One narrowed field."""

    name: StringProperty(  # type: ignore[valid-type]
        name="Field", description="Which field of a scene is narrowed", search=search, update=_name_changed
    )
    active: BoolProperty(name="Use", description="Narrow this field", default=True)  # type: ignore[valid-type]
    low: FloatProperty(name="From", description="Lowest value that is drawn", precision=3)  # type: ignore[valid-type]
    high: FloatProperty(name="To", description="Highest value that is drawn", precision=3)  # type: ignore[valid-type]
    choices: EnumProperty(  # type: ignore[valid-type]
        name="Choices", description="Values that may be drawn (Shift-click for several)", items=_choice_items, options={"ENUM_FLAG"}
    )


def field_of(item: VivantRange) -> Field | None:
    """What an entry of the list narrows; None for a name that no scene has."""
    return fields().get(item.name)


def as_ranges(items: Any) -> dict[str, tuple[Any, ...]]:
    """The list as `procgen.ranges` reads it: dotted name -> two numbers, or choices."""
    out: dict[str, tuple[Any, ...]] = {}
    for item in items:
        field = field_of(item)
        if field is None or not item.active:
            continue
        if field.kind == "choice":
            chosen = tuple(c for c in field.choices if c in item.choices)
            if chosen:
                out[field.name] = tuple(c == "true" for c in chosen) if set(field.choices) == {"true", "false"} else chosen
        else:
            ends = sorted(min(max(v, field.low), field.high) for v in (item.low, item.high))
            out[field.name] = tuple(map(round, ends)) if field.kind == "int" else tuple(ends)
    return out


def as_toml(ranges: dict[str, tuple[Any, ...]]) -> str:
    """A configuration for `vivant generate --config`."""
    lines = ["[ranges]"]
    for name, values in ranges.items():
        shown = ", ".join(
            ("true" if v else "false") if isinstance(v, bool) else f'"{v}"' if isinstance(v, str) else repr(v) for v in values
        )
        lines.append(f"{name} = [{shown}]")
    return "\n".join(lines) + "\n"
