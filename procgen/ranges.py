"""Narrow what is sampled: dotted fields of a scene and the values that they may take.

`{"sky.sun_elevation": (0.1, 0.4), "people.hair.melanin": (0.9, 1.0)}`: tuples on the way (people, cameras, outfit) mean
each of their elements. Two numbers are a range to draw from evenly, one value is that value, texts or switches are a
choice. The draws come from named children of the scene's seed, so narrowing one field disturbs no other.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from . import registry
from .codec import Spec
from .errors import SpecError
from .seeds import Seed

RangeValue = tuple[bool, ...] | tuple[float, ...] | tuple[str, ...]
# Options of the command decide these; two places to say it would disagree.
FIXED = (
    "schema_version",
    "origin",
    "frames",
    "cameras.width",
    "cameras.height",
    "render.engine",
    "render.samples",
    "render.device",
)


def flatten(tables: Any, prefix: str = "") -> dict[str, RangeValue]:
    """Nested TOML tables to dotted names; a lone value becomes a tuple of one."""
    if not isinstance(tables, dict):
        raise SpecError(f"[ranges] {prefix or 'section'} is not a table", got=tables)
    out: dict[str, RangeValue] = {}
    for key, value in tables.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict):
            out.update(flatten(value, name))
        else:
            out[name] = tuple(value) if isinstance(value, list) else (value,)
    return out


def check_ranges(ranges: Mapping[str, RangeValue]) -> None:
    """Every name must be a field of `SceneSpec` (of any registered generator) and every value must fit it.

    Raises:
        SpecError: naming the field, with the nearest known one.
    """
    if not ranges:
        return
    from .spec import SceneSpec  # late: spec imports the registries' modules

    for name, values in ranges.items():
        if name in FIXED:
            raise SpecError(f"[ranges] {name} is set by options of the command", fix="use the option instead")
        leaves = list(_leaves(SceneSpec, name.split("."), name))
        if not values:
            raise SpecError(f"[ranges] {name} allows no value", fix="give a value or [low, high]")
        problems = [p for p in (_problem(hint, meta, values) for hint, meta in leaves) if p]
        if len(problems) == len(leaves):
            raise SpecError(f"[ranges] {name} does not fit its field", expected=problems[0], got=list(values))


def apply_ranges(spec: Spec, ranges: Mapping[str, RangeValue], seed: Seed) -> Any:
    """`spec` with the named fields drawn anew.

    Args:
        spec: What was sampled, a `SceneSpec`.
        ranges: Dotted field -> allowed values; checked by `check_ranges`.
        seed: The scene's seed; each field and element has its own child of it.
    """
    for name in sorted(ranges):
        spec = _apply(spec, name.split("."), ranges[name], seed.child("ranges", name))
    return spec


def _apply(spec: Any, path: list[str], values: RangeValue, seed: Seed) -> Any:
    if isinstance(spec, tuple):
        return tuple(_apply(item, path, values, seed.child(i)) for i, item in enumerate(spec))
    if not isinstance(spec, Spec) or path[0] not in {f.name for f in dataclasses.fields(spec)}:  # type: ignore[arg-type]
        return spec  # another generator than the one named, or nothing there (bald people have no hair)
    old = getattr(spec, path[0])
    if len(path) > 1:
        new = _apply(old, path[1:], values, seed)
    else:
        hint = typing.get_type_hints(type(spec))[path[0]]
        meta = next(f.metadata for f in dataclasses.fields(spec) if f.name == path[0])  # type: ignore[arg-type]
        new = old if _problem(hint, meta, values) else _draw(hint, old, values, seed)
    return dataclasses.replace(spec, **{path[0]: new})  # type: ignore[type-var]


def _draw(hint: Any, old: Any, values: RangeValue, seed: Seed) -> Any:
    if get_origin(hint) is tuple:
        return tuple(_draw(get_args(hint)[0], v, values, seed.child(i)) for i, v in enumerate(old))
    rng = seed.rng()
    if hint in (int, float) and len(values) == 2:
        low, high = float(values[0]), float(values[1])
        return int(rng.integers(int(low), int(high) + 1)) if hint is int else float(rng.uniform(low, high))
    chosen = values[int(rng.integers(len(values)))]
    return hint(chosen) if hint in (int, float) else chosen


def _problem(hint: Any, meta: Mapping[str, Any], values: RangeValue) -> str | None:
    """What is expected of `values` for a field, or None when they fit."""
    if get_origin(hint) is tuple:
        return _problem(get_args(hint)[0], meta, values)
    if get_origin(hint) is Literal:
        names = get_args(hint)
        return None if all(v in names for v in values) else "some of " + ", ".join(map(repr, names))
    if hint in (bool, str):
        return None if all(isinstance(v, hint) for v in values) else f"{hint.__name__} values"
    if hint in (int, float):
        low, high = meta.get("low"), meta.get("high")
        span = f"numbers from {'-inf' if low is None else low} to {'inf' if high is None else high}, low before high"
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        inside = all((low is None or v >= low) and (high is None or v <= high) for v in numbers)
        whole = hint is float or all(float(v).is_integer() for v in numbers)
        if (
            len(numbers) != len(values)
            or len(values) > 2
            or not inside
            or not whole
            or list(numbers) != sorted(numbers)
        ):
            return span if hint is float else f"whole {span}"
        return None
    return "a field that holds a number, a text or a switch"


def _leaves(hint: Any, path: list[str], name: str) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """(type, metadata) of every field that the dotted path can mean, over all generators of open specs."""
    specs = list(_specs(hint))
    found = [s for s in specs if path[0] in {f.name for f in dataclasses.fields(s)}]
    if not found:
        known = sorted({f.name for s in specs for f in dataclasses.fields(s)})
        near = difflib.get_close_matches(path[0], known, n=1)
        fix = f"did you mean {near[0]!r}?" if near else f"known fields: {', '.join(known) or 'none'}"
        raise SpecError(f"[ranges] {name}: no field {path[0]!r}", fix=fix)
    errors: list[SpecError] = []
    leaves: list[tuple[Any, Mapping[str, Any]]] = []
    for cls in found:
        inner = typing.get_type_hints(cls)[path[0]]
        if len(path) == 1:
            leaves.append((inner, next(f.metadata for f in dataclasses.fields(cls) if f.name == path[0])))
            continue
        try:
            leaves.extend(_leaves(inner, path[1:], name))
        except SpecError as e:
            errors.append(e)
    if not leaves:
        raise errors[0]
    yield from leaves


def _specs(hint: Any) -> Iterator[type]:
    """Spec classes that a type can hold."""
    if get_origin(hint) in (Union, types.UnionType, tuple):
        for arg in get_args(hint):
            yield from _specs(arg)
    elif isinstance(hint, type) and issubclass(hint, Spec):
        if hint.registry is not None and hint.kind is None:
            yield from (e.spec for e in registry.REGISTRIES[hint.registry] if e.spec is not None)
        else:
            yield hint
