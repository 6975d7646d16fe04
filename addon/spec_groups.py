# SPDX-License-Identifier: GPL-3.0-or-later
"""Property groups made from specs: each parameter becomes a field with the range, unit and sentence that it declares.

Nothing here knows a place, a pose or a garment by name, so what is added to a registry shows up in the sidebar by itself.
Fields that no slider can show (lists of any length, dictionaries) stay in the spec that the caller keeps.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, FloatProperty, FloatVectorProperty, IntProperty, PointerProperty

from ..procgen import registry
from ..procgen.codec import Spec
from .enum_items import registry_items, title

# Texts that name an entry of a registry: (spec, field) -> registry.
NAMED = {("HandSpec", "shape"): "hands"}
UNITS = {"m": "LENGTH", "rad": "ROTATION", "kg": "MASS"}
# What the numbers of a field are, where letters would not say it.
LABELS = {"ancestry": ("African", "Asian", "European")}
_classes: dict[Any, type] = {}
_listener: Callable[[Any, Any], None] | None = None
_quiet = 0


def listen(listener: Callable[[Any, Any], None] | None) -> None:
    """Call this with (group, context) whenever somebody changes a field."""
    global _listener
    _listener = listener


class quietly:
    """Within `with quietly():` fields are written without telling the listener."""

    def __enter__(self) -> None:
        global _quiet
        _quiet += 1

    def __exit__(self, *_: object) -> None:
        global _quiet
        _quiet -= 1


def is_quiet() -> bool:
    """True while fields are written by us."""
    return _quiet > 0


def changed(group: Any, context: Any) -> None:
    """Update callback of every field."""
    if _quiet == 0 and _listener is not None:
        _listener(group, context)


def group_of(spec: type[Spec]) -> type:
    """The property group of a spec, registered; an open spec gives `kind` and one group for each kind."""
    if spec not in _classes:
        fields = _open_fields(spec) if spec.registry is not None and spec.kind is None else _fields(spec)
        name = f"VIVANT_PG_{spec.__module__.rpartition('.')[2]}_{spec.__name__}"
        made = type(name, (bpy.types.PropertyGroup,), {"__annotations__": fields, "__doc__": (spec.__doc__ or "").strip()})
        bpy.utils.register_class(made)
        _classes[spec] = made
    return _classes[spec]


def unregister() -> None:
    """Unregister every group that was made."""
    for made in reversed(list(_classes.values())):
        bpy.utils.unregister_class(made)
    _classes.clear()
    listen(None)


def write(group: Any, spec: Spec) -> None:
    """Show a spec in its group; the listener is not told."""
    with quietly():
        _write(group, spec)


def read(group: Any, spec: Spec) -> Any:
    """The spec with the fields that the group shows otherwise; what it shows alike keeps every digit.

    Args:
        group: Made by `group_of` from the spec's class, or from its open base.
        spec: What fields without a slider are taken from; for an open group it may be of any kind.
    """
    if hasattr(group, "kind") and "kind" in group.bl_rna.properties and _is_open(group):
        entry = getattr(registry, _open_registry(group)).get(group.kind)
        inner = getattr(group, _pointer(group.kind))
        base = spec if spec is not None and spec.kind == group.kind else _blank(entry.spec, inner)
        return read(inner, base)
    changes = {}
    hints = _hints(type(spec))
    for f in dataclasses.fields(spec):  # type: ignore[arg-type]
        if f.name in group.bl_rna.properties:
            old = getattr(spec, f.name)
            new = _read(hints[f.name], getattr(group, f.name), old)
            if new != old:
                changes[f.name] = new
    return dataclasses.replace(spec, **changes) if changes else spec  # type: ignore[type-var]


def draw(layout: Any, group: Any, *, skip: tuple[str, ...] = ()) -> None:
    """All fields of a group, nested ones in boxes of their own."""
    if _is_open(group):
        layout.prop(group, "kind")
        draw(layout, getattr(group, _pointer(group.kind)), skip=skip)
        return
    column = layout.column(align=True)
    for prop in group.bl_rna.properties:
        if prop.identifier in ("rna_type", "name", *skip):
            continue
        if prop.type == "POINTER":
            box = layout.box()
            box.label(text=prop.name)
            draw(box, getattr(group, prop.identifier))
            column = layout.column(align=True)
        elif prop.identifier in LABELS:
            for index, label in enumerate(LABELS[prop.identifier]):
                column.prop(group, prop.identifier, index=index, text=label)
        else:
            column.prop(group, prop.identifier, slider=_bounded(prop))


@cache
def _hints(spec: type[Spec]) -> dict[str, Any]:
    return typing.get_type_hints(spec)


def _bounded(prop: Any) -> bool:
    """True for numbers between two limits that a slider can show."""
    return prop.type in ("FLOAT", "INT") and not prop.is_array and 0.0 < prop.hard_max - prop.hard_min < 1e4


def inner(group: Any) -> Any:
    """The fields of the kind that an open group shows."""
    return getattr(group, _pointer(group.kind))


def _is_open(group: Any) -> bool:
    return _open_registry(group) is not None


def _open_registry(group: Any) -> str | None:
    for spec, made in _classes.items():
        if isinstance(group, made):
            return spec.registry if spec.kind is None else None
    return None


def _pointer(kind: str) -> str:
    return f"of_{kind}"


def _open_fields(spec: type[Spec]) -> dict[str, Any]:
    assert spec.registry is not None
    entries = [e for e in registry.REGISTRIES[spec.registry] if e.spec is not None]
    label = registry.REGISTRIES[spec.registry].kind.capitalize()
    out: dict[str, Any] = {
        "kind": EnumProperty(name=label, description=f"Which {label.lower()}", items=registry_items(spec.registry), update=changed)
    }
    for entry in entries:
        out[_pointer(entry.name)] = PointerProperty(type=group_of(entry.spec), name=title(entry.name), description=entry.doc)
    return out


def _fields(spec: type[Spec]) -> dict[str, Any]:
    hints = _hints(spec)
    out = {}
    for f in dataclasses.fields(spec):  # type: ignore[arg-type]
        made = _field(spec, f, hints[f.name])
        if made is not None:
            out[f.name] = made
    return out


def _field(spec: type[Spec], f: Any, hint: Any) -> Any:
    unit = f.metadata.get("unit", "")
    # The unit stands beside the number or in the tooltip: "Height", not "Height M".
    named = title(f.name.removesuffix(f"_{unit}"))
    meta, words = f.metadata, {"name": named, "description": f.metadata.get("doc", "").rstrip("."), "update": changed}
    low, high = meta.get("low"), meta.get("high")
    if unit and unit not in UNITS and unit != "1":
        words["description"] += f" [{unit}]"
    default = None if f.default is dataclasses.MISSING else f.default
    span = {k: v for k, v in (("min", low), ("max", high)) if v is not None}
    if hint is bool:
        return BoolProperty(**words, default=bool(default))
    if hint is int:
        span = {k: int(min(v, 2**31 - 1)) for k, v in span.items()}
        return IntProperty(**words, **span, default=int(default or max(low or 0, 0)))
    if hint is float:
        value = float(default if default is not None else low or 0.0)
        extra = {"subtype": "ANGLE"} if unit == "rad" else {"unit": UNITS[unit]} if unit in UNITS else {}
        return FloatProperty(**words, **span, **extra, default=value, precision=4 if _small(low, high) else 3, step=1)
    if get_origin(hint) is Literal:
        items = [(str(v), title(str(v)), "") for v in get_args(hint)]
        return EnumProperty(**words, items=items, default=str(default) if default is not None else None)
    if (spec.__name__, f.name) in NAMED and hint is str:
        return EnumProperty(**words, items=registry_items(NAMED[spec.__name__, f.name]))
    args = get_args(hint)
    if get_origin(hint) is tuple and Ellipsis not in args and set(args) == {float}:
        color = "color" in f.name
        extra = {"subtype": "COLOR"} if color else {"subtype": "TRANSLATION"} if unit == "m" and len(args) == 3 else {}
        if (high or 0) > 1e5:
            span["soft_max"] = 1.0
        return FloatVectorProperty(**words, **span, **extra, size=len(args), default=default or (0.0,) * len(args))
    if isinstance(hint, type) and issubclass(hint, Spec):
        return PointerProperty(type=group_of(hint), name=words["name"], description=words["description"])
    return None


def _small(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and high - low < 0.1


def _write(group: Any, spec: Spec) -> None:
    if _is_open(group):
        group.kind = spec.kind
        _write(getattr(group, _pointer(str(spec.kind))), spec)
        return
    for f in dataclasses.fields(spec):  # type: ignore[arg-type]
        prop = group.bl_rna.properties.get(f.name)
        value = getattr(spec, f.name)
        if prop is None or value is None:
            continue
        if isinstance(value, Spec):
            _write(getattr(group, f.name), value)
        else:
            setattr(group, f.name, value)


def _read(hint: Any, shown: Any, old: Any) -> Any:
    if isinstance(shown, bpy.types.PropertyGroup):
        return read(shown, old)
    if hint is float:
        return old if np.float32(old) == np.float32(shown) else float(shown)
    if get_origin(hint) is tuple:
        new = tuple(shown)
        return old if all(np.float32(a) == np.float32(b) for a, b in zip(old, new, strict=True)) else tuple(map(float, new))
    if get_origin(hint) in (Union, types.UnionType):
        return shown
    return shown


def _blank(spec: type[Spec], group: Any) -> Any:
    """A spec of another kind than before, from the fields of its group alone."""
    values = {}
    hints = _hints(spec)
    for f in dataclasses.fields(spec):  # type: ignore[arg-type]
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            shown = getattr(group, f.name)
            inner = hints[f.name]
            values[f.name] = read(shown, _blank(inner, shown)) if isinstance(shown, bpy.types.PropertyGroup) else shown
    return spec(**values)
