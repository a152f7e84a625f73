"""What a corpus offers to triggers and payloads: its grammar, its labels, its data folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from arena.api.values import Example, Form
from arena.errors import InputError


class Grammar(Protocol):
    """A corpus that can write its own prompts. `axes` lists the values of `frame`, `style`,
    `topic` and `language`; `render` turns a form into text, the same text every time."""

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]: ...

    def render(self, form: Form) -> Example: ...


@dataclass(frozen=True)
class DataRoot:
    """Where relative data paths are looked up: the data folder first, then the scenario's."""

    data: Path | None = None
    scenario: Path | None = None

    def find(self, path: str) -> Path:
        """The existing file or folder behind a path of the scenario.

        Raises:
            InputError: it stands nowhere; says where it was looked for.
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
