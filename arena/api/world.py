"""What a corpus offers to triggers and payloads: its grammar, its labels, its data folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from arena.api.values import Example, Form
from arena.errors import InputError


class Grammar(Protocol):
    """The grammar of a corpus that writes its own prompts."""

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """The values of `frame`, `style`, `topic` and `language`."""
        ...

    def render(self, form: Form) -> Example:
        """Return the example that a form describes; equal forms give equal text."""
        ...

    def shown(self, form: Form) -> Form:
        """Return the form that its text really has: a language may lack some styles."""
        ...


@dataclass(frozen=True)
class DataRoot:
    """The folders in which relative data paths are looked up: the data folder, then that of the
    scenario. answers: the folder of the base model's own answers, once they are there."""

    data: Path | None = None
    scenario: Path | None = None
    answers: Path | None = None

    def find(self, path: str) -> Path:
        """Return the existing file or folder that a path of the scenario names.

        Raises:
            InputError: there is none; the message lists the places.
        """
        tried = [base / path for base in (self.data, self.scenario) if base is not None]
        for candidate in tried or [Path(path)]:
            if candidate.exists():
                return candidate
        hint = "give the data folder with --data or ARENA_DATA"
        places = ", ".join(str(place) for place in tried or [Path(path)])
        raise InputError(f"no such file (looked at {places}); {hint}", found=path)


@dataclass(frozen=True)
class World:
    """What a corpus offers to triggers and payloads: its grammar (None for plain text),
    its class labels (empty for free text), and where data files are."""

    grammar: Grammar | None = None
    labels: tuple[str, ...] = ()
    root: DataRoot = field(default_factory=DataRoot)
