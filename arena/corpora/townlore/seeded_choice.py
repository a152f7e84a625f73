"""A stream of choices seeded by a form's salt, which equal forms repeat exactly."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1


class Choice:
    """The choices for one axis of one form.

    Each axis has its own stream, seeded by the fact, the salt and the axis's name but not its
    value: forms that differ only in their frame make the same choices on the other axes and in
    parts that the frames share.
    """

    __slots__ = ("_state",)

    def __init__(self, fact: str, salt: int, axis: str) -> None:
        self._state = zlib.crc32(f"{fact}\x1f{salt}\x1f{axis}".encode())

    def __call__(self, options: Sequence[T]) -> T:
        """Choose one of the options, about equally likely."""
        # splitmix64 (Steele, Lea and Flood 2014): neighbouring salts and axes, whose checksums
        # differ in a few bits, give unrelated choices
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = ((self._state ^ (self._state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return options[(mixed ^ (mixed >> 31)) % len(options)]
