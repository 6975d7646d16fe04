"""Arguments of cached functions that cannot be hashed, or are costly to compare: a value that stands for its key."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Keyed(Generic[T]):
    """A value that equals every other of the same key.

    Args:
        value: What the cached function reads.
        key: What it is compared by; by default the value's identity (the cache keeps it alive, so ids stay unique).
    """

    __slots__ = ("key", "value")

    def __init__(self, value: T, key: Hashable = None) -> None:
        self.value = value
        self.key = ("id", id(value)) if key is None else key

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and other.key == self.key
