"""JSON that is pleasant to read, and checked access to JSON that may be damaged: every error names the field."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DatasetError

_WRITE_AGAIN = "the file is damaged or was written by something else; write it again"


def dump_json(value: Any) -> str:
    """JSON text with one space of indent; lists of plain numbers and texts stay on one line. Ends with a newline.

    Numpy arrays and scalars become lists and numbers; NaN and infinity are refused.
    """
    try:
        return "".join(_dump(value, 0)) + "\n"
    except ValueError as e:
        if "JSON" not in str(e) and "float" not in str(e):
            raise
        raise DatasetError("a record holds NaN or infinity", expected="finite numbers") from None


def _flat(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_flat(v) for v in value)
    return not isinstance(value, dict)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise DatasetError(f"a record holds a {type(value).__name__}", expected="numbers, texts, lists and objects")


def _dump(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict) and value:
        gap, opening = "\n" + " " * (depth + 1), "{"
        for key, item in value.items():
            yield f"{opening}{gap}{json.dumps(str(key))}: "
            yield from _dump(item, depth + 1)
            opening = ","
        yield "\n" + " " * depth + "}"
    elif isinstance(value, list | tuple) and not _flat(value):
        gap, opening = "\n" + " " * (depth + 1), "["
        for item in value:
            yield opening + gap
            yield from _dump(item, depth + 1)
            opening = ","
        yield "\n" + " " * depth + "]"
    else:
        yield json.dumps(value, allow_nan=False, default=_plain)


def parse_json(text: str | bytes, where: str) -> Any:
    """Parsed JSON; NaN, infinity, invalid text and absurd nesting give a `DatasetError` that names the file."""

    def refuse(token: str) -> None:
        raise DatasetError(f"{where} holds {token}", expected="finite numbers", fix=_WRITE_AGAIN)

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as e:
        raise DatasetError(
            f"{where} is not valid JSON (line {e.lineno}, column {e.colno}: {e.msg})", fix=_WRITE_AGAIN
        ) from None
    except (UnicodeDecodeError, RecursionError, ValueError) as e:
        raise DatasetError(f"{where} is not readable JSON ({type(e).__name__})", fix=_WRITE_AGAIN) from None


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Fields:
    """A JSON object with typed access.

    Args:
        data: What the file holds.
        where: Path of this object for messages, e.g. "record.json: people[0]".
    """

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise DatasetError(f"{where} has the wrong type", expected="an object", got=_show(data), fix=_WRITE_AGAIN)
        self.data: dict[str, Any] = data
        self.where = where

    def wrong(self, name: str, expected: str, got: Any) -> DatasetError:
        """The error for a field that is not as it should be."""
        return DatasetError(f"{self.where}.{name} is wrong", expected=expected, got=_show(got), fix=_WRITE_AGAIN)

    def raw(self, name: str, kind: type | tuple[type, ...] = object, expected: str = "a value") -> Any:
        """A field of one of the given Python types."""
        if name not in self.data:
            near = difflib.get_close_matches(name, [str(k) for k in self.data], n=1)
            fix = f"found {near[0]!r}, which is close" if near else _WRITE_AGAIN
            raise DatasetError(f"{self.where}.{name} is missing", expected=expected, fix=fix)
        value = self.data[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not object and kind is not bool):
            raise self.wrong(name, expected, value)
        return value

    def text(self, name: str) -> str:
        return self.raw(name, str, "a text")

    def integer(self, name: str, low: int | None = None, high: int | None = None) -> int:
        value = self.raw(name, int, "an integer")
        if (low is not None and value < low) or (high is not None and value > high):
            raise self.wrong(name, f"an integer from {low} to {high if high is not None else 'any'}", value)
        return value

    def number(self, name: str) -> float:
        value = self.raw(name, (int, float), "a number")
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self.wrong(name, "a finite number", value)
        return value

    def object(self, name: str) -> dict[str, Any]:
        return self.raw(name, dict, "an object")

    def fields(self, name: str) -> Fields:
        return Fields(self.raw(name, dict, "an object"), f"{self.where}.{name}")

    def each(self, name: str) -> Iterator[Fields]:
        """The objects of a list."""
        for i, value in enumerate(self.raw(name, list, "a list")):
            yield Fields(value, f"{self.where}.{name}[{i}]")

    def named(self, name: str) -> Iterator[tuple[str, Fields]]:
        """The objects of an object of objects."""
        for key, value in self.object(name).items():
            yield key, Fields(value, f"{self.where}.{name}[{key!r}]")

    def table(self, name: str, high: int = 65535) -> dict[str, int]:
        """Name -> id, ids different from each other."""
        out = self.object(name)
        values = list(out.values())
        if not all(type(v) is int and 0 <= v <= high for v in values) or len(set(values)) != len(values):
            raise self.wrong(name, f"different ids from 0 to {high}", out)
        return out

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.raw(name, list, "a list of texts")
        if not all(isinstance(v, str) for v in value):
            raise self.wrong(name, "a list of texts", value)
        return tuple(value)

    def array(self, name: str, shape: tuple[int | None, ...], dtype: type = np.float64) -> np.ndarray:
        """A finite array; None in `shape` stands for any length."""
        value = self.raw(name, list, "a list")
        expected = "numbers of shape (" + ", ".join("N" if n is None else str(n) for n in shape) + ")"
        if value == [] and shape[0] in (None, 0):
            return np.zeros([0 if n is None else n for n in shape], dtype)
        try:
            out = np.array(value)
        except (ValueError, OverflowError):
            raise self.wrong(name, expected, value) from None
        fits = out.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, out.shape, strict=True))
        kinds = "iu" if np.issubdtype(dtype, np.integer) else "iuf"
        if not fits or out.dtype.kind not in kinds or not np.isfinite(out).all():
            raise self.wrong(name, expected, value)
        return out.astype(dtype)

    def optional(self, name: str) -> bool:
        """Whether a field is there and not null."""
        return self.data.get(name) is not None
