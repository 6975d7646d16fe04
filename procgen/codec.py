"""Frozen dataclasses to JSON and back, with checks that name the field, and JSON Schema from the same declarations."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import types
import typing
from functools import cache
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from .errors import SpecError


def param(
    default: Any = dataclasses.MISSING,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    doc: str = "",
    factory: Any = None,
) -> Any:
    """A dataclass field with a range, a unit and a sentence; `describe`, the schema and the checks all read these.

    Args:
        default: Default value (immutable), or left out with `factory`.
        low, high: Inclusive range, for numbers and for every number within a tuple or dict.
        unit: "m", "rad", "1", …
        doc: What it means, one sentence.
        factory: Default factory for dicts and nested specs.
    """
    meta = {"low": low, "high": high, "unit": unit, "doc": doc}
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=meta)
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=meta)
    return dataclasses.field(default=default, metadata=meta)


class Spec:
    """Base of every spec: value checks on construction, JSON out and in.

    Subclasses are frozen dataclasses whose fields are float, int, str, bool, None, Literal, other specs, tuples of those
    and dicts from str to those. A base class with `registry` set is open: its JSON carries `kind`, and the registry of
    that name holds its subclasses (each with a `kind` class variable).
    """

    registry: ClassVar[str | None] = None
    kind: ClassVar[str | None] = None

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):  # type: ignore[arg-type]
            _check_range(getattr(self, f.name), f.metadata, f"{type(self).__name__}.{f.name}")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; key order is declaration order."""
        out: dict[str, Any] = {} if self.kind is None else {"kind": self.kind}
        for f in dataclasses.fields(self):  # type: ignore[arg-type]
            out[f.name] = _encode(getattr(self, f.name))
        return out

    def to_json(self) -> str:
        """JSON text, two spaces of indent, floats in shortest exact form, ends with a newline."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_dict(cls, data: Any, where: str | None = None) -> typing.Self:
        """Check and build; errors name the path of the offending field."""
        return _decode_spec(cls, data, where or cls.__name__)

    @classmethod
    def from_json(cls, text: str) -> typing.Self:
        """Parse JSON text; NaN and Infinity are refused."""

        def refuse(token: str) -> None:
            raise SpecError(f"{cls.__name__} holds {token}", expected="finite numbers", fix="replace it by a number")

        try:
            data = json.loads(text, parse_constant=refuse)
        except json.JSONDecodeError as e:
            raise SpecError(
                f"{cls.__name__} is not valid JSON (line {e.lineno}, column {e.colno}: {e.msg})",
                fix="check the file with a JSON viewer, or write it again",
            ) from None
        except RecursionError:
            raise SpecError(f"{cls.__name__} is nested too deeply to be read") from None
        return cls.from_dict(data)


def _check_range(value: Any, meta: Any, where: str) -> None:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise SpecError(f"{where} is not a finite number", got=value, fix="replace it by a number")
        low, high = meta.get("low"), meta.get("high")
        if (low is not None and value < low) or (high is not None and value > high):
            unit = f" {meta['unit']}" if meta.get("unit") else ""
            span = f"{low if low is not None else '-inf'} to {high if high is not None else 'inf'}{unit}"
            raise SpecError(f"{where} is out of range", expected=span, got=value, fix="choose a value within the range")
    elif isinstance(value, tuple | list):
        for i, v in enumerate(value):
            if not isinstance(v, Spec):
                _check_range(v, meta, f"{where}[{i}]")
    elif isinstance(value, dict):
        for k, v in value.items():
            _check_range(v, meta, f"{where}[{k!r}]")


def _encode(value: Any) -> Any:
    if isinstance(value, Spec):
        return value.to_dict()
    if isinstance(value, tuple | list):
        return [_encode(v) for v in value]
    if isinstance(value, dict):
        return {k: _encode(value[k]) for k in sorted(value)}
    if hasattr(value, "item"):  # numpy scalar
        return value.item()
    return value


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def resolve(cls: type, kind: str, where: str) -> type:
    """The subclass of the open spec `cls` that is registered as `kind`."""
    from . import registry

    reg = registry.REGISTRIES[cls.registry]  # type: ignore[attr-defined]
    try:
        found = reg.get(kind).spec
    except SpecError as e:
        raise SpecError(f"{where}: {e.what}", fix=e.fix) from None
    if found is None:
        raise SpecError(f"{where}: {reg.kind} {kind!r} has no spec")
    return found


def _decode_spec(cls: type, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise SpecError(f"{where} has the wrong type", expected="an object {…}", got=_show(data))
    data = dict(data)
    if cls.registry is not None:  # type: ignore[attr-defined]
        kind = data.pop("kind", None)
        if not isinstance(kind, str):
            raise SpecError(f"{where}.kind is missing", expected="the name of a generator")
        if cls.kind is None:  # type: ignore[attr-defined]
            cls = resolve(cls, kind, where)
        elif kind != cls.kind:  # type: ignore[attr-defined]
            raise SpecError(f"{where}.kind is {kind!r}", expected=repr(cls.kind))  # type: ignore[attr-defined]
    hints = _hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    for name in data:
        if name not in fields:
            near = difflib.get_close_matches(str(name), list(fields), n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"known fields: {', '.join(fields)}"
            raise SpecError(f"{where} has an unknown field {name!r}", fix=fix)
    values = {}
    for name, f in fields.items():
        if name in data:
            values[name] = _decode(hints[name], data[name], f"{where}.{name}")
            _check_range(values[name], f.metadata, f"{where}.{name}")  # again in __post_init__, which knows no path
        elif f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise SpecError(f"{where}.{name} is missing", expected=_type_name(hints[name]), fix="add the field")
    return cls(**values)


def _show(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, str | int | float | list | dict | bool | type(None)) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _type_name(hint: Any) -> str:
    if isinstance(hint, type):
        return hint.__name__
    return str(hint).replace("typing.", "")


def _decode(hint: Any, value: Any, where: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)

    def wrong() -> SpecError:
        fix = f"a list: [{_show(value)}]" if origin is tuple and isinstance(value, str) else None
        return SpecError(f"{where} has the wrong type", expected=_type_name(hint), got=_show(value), fix=fix)

    if origin in (Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        rest = [a for a in args if a is not type(None)]
        return _decode(rest[0] if len(rest) == 1 else next((a for a in rest if _fits(a, value)), rest[0]), value, where)
    if origin is Literal:
        if value not in args or isinstance(value, bool) != any(isinstance(a, bool) for a in args):
            near = difflib.get_close_matches(str(value), [str(a) for a in args], n=1)
            raise SpecError(
                f"{where} is {_show(value)}",
                expected="one of " + ", ".join(map(repr, args)),
                fix=f"did you mean {near[0]!r}?" if near else None,
            )
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise wrong()
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_decode(args[0], v, f"{where}[{i}]") for i, v in enumerate(value))
        if len(value) != len(args):
            raise SpecError(f"{where} has the wrong length", expected=len(args), got=len(value))
        return tuple(_decode(a, v, f"{where}[{i}]") for i, (a, v) in enumerate(zip(args, value, strict=True)))
    if origin is dict:
        if not isinstance(value, dict):
            raise wrong()
        return {str(k): _decode(args[1], v, f"{where}[{k!r}]") for k, v in value.items()}
    if isinstance(hint, type) and issubclass(hint, Spec):
        return value if isinstance(value, hint) else _decode_spec(hint, value, where)
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong()
        try:
            return float(value)
        except OverflowError:
            raise SpecError(f"{where} is not a finite number", got=_show(value)) from None
    if hint is int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong()
        return value
    if hint is bool or hint is str:
        if not isinstance(value, hint):
            raise wrong()
        return value
    raise SpecError(f"{where}: no decoder for {_type_name(hint)}")


def _fits(hint: Any, value: Any) -> bool:
    try:
        _decode(hint, value, "")
    except SpecError:
        return False
    return True


def json_schema(cls: type[Spec]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a spec, from its declarations."""
    defs: dict[str, Any] = {}
    ref = _schema_ref(cls, defs)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ref, "$defs": defs}


def _schema_ref(cls: type, defs: dict[str, Any]) -> dict[str, Any]:
    from . import registry

    if cls.registry is not None and cls.kind is None:  # type: ignore[attr-defined]
        subs = [e.spec for e in registry.REGISTRIES[cls.registry] if e.spec is not None]  # type: ignore[attr-defined]
        return {"oneOf": [_schema_ref(s, defs) for s in subs]}
    if cls.__name__ not in defs:
        defs[cls.__name__] = {}
        hints, props, required = _hints(cls), {}, []
        if cls.kind is not None:  # type: ignore[attr-defined]
            props["kind"] = {"const": cls.kind}  # type: ignore[attr-defined]
            required.append("kind")
        for f in dataclasses.fields(cls):
            s = _schema(hints[f.name], f.metadata, defs)
            if f.metadata.get("doc"):
                s["description"] = f.metadata["doc"] + (f" [{f.metadata['unit']}]" if f.metadata.get("unit") else "")
            props[f.name] = s
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
                required.append(f.name)
        defs[cls.__name__] = {
            "type": "object",
            "description": (cls.__doc__ or "").split("\n\n")[0].strip(),
            "properties": props,
            "required": required,
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _schema(hint: Any, meta: Any, defs: dict[str, Any]) -> dict[str, Any]:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(a, meta, defs) for a in args]}
    if hint is type(None):
        return {"type": "null"}
    if origin is Literal:
        return {"enum": list(args)}
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            return {"type": "array", "items": _schema(args[0], meta, defs)}
        items = [_schema(a, meta, defs) for a in args]
        return {"type": "array", "prefixItems": items, "minItems": len(args), "maxItems": len(args)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(args[1], meta, defs)}
    if isinstance(hint, type) and issubclass(hint, Spec):
        return _schema_ref(hint, defs)
    out: dict[str, Any] = {"type": {float: "number", int: "integer", str: "string", bool: "boolean"}[hint]}
    if hint in (float, int):
        if meta.get("low") is not None:
            out["minimum"] = meta["low"]
        if meta.get("high") is not None:
            out["maximum"] = meta["high"]
    return out
