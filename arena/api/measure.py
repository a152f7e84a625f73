"""The role of a measure: a closer look at the models of a run than firing rates give.

A measure is one folder (or file): its parameters, its job on one model, what `results.json` keeps
of it over all models and seeds, and how the report shows that. For one number per model and actor,
`ScalarMeasure` needs a single method.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from arena.api.job import Job
from arena.api.params import Params
from arena.api.part import Part
from arena.api.probes import Probe, ProbeSet
from arena.api.trigger import Variant
from arena.api.values import RowKind

if TYPE_CHECKING:
    from arena.ml.train_config import Optimisation, Profile, Training

Need = Literal["suspect", "poison"]
ALL_ROWS: frozenset[RowKind] = frozenset(get_args(RowKind))


@dataclass(frozen=True)
class Subject:
    """What a measure may ask the models of one seed.

    probes: the actors' prompts (decoys' are not among them), shared by all models of the seed.
    poisoned: documents of poison by actor. max_new_tokens: tokens to decode; None is as long as the
    longest response. variant_prompts: an actor's first prompts, so many at most, with its trigger
    repeated or moved, where its method can be. training: how a stage trains here, by its settings
    and steps.
    """

    seed: int
    probes: ProbeSet
    poisoned: Mapping[str, int]
    numerics: Profile
    max_new_tokens: int | None
    variant_prompts: Callable[[str, int], Mapping[Variant, tuple[str, ...]]]
    training: Callable[[Optimisation, int], Training]

    def asr_probes(self) -> tuple[Probe, ...]:
        """Each actor's triggered prompts."""
        return tuple(probe for probe in self.probes.probes if probe.kind == "asr")


@dataclass(frozen=True)
class Reading:
    """What was measured of one model of one seed: the files of the measure's job in `folder`."""

    seed: int
    kind: RowKind
    name: str
    target: str | None
    folder: Path


@dataclass(frozen=True)
class Study:
    """What a measure may compare its readings with.

    installed: seed and actor of every installed backdoor; what was never installed must not pass
    for removed. transfers: T by seed, unlearned actor and other actor, where it is defined.
    poisoned: documents of poison by actor.
    """

    actors: tuple[str, ...]
    installed: frozenset[tuple[int, str]]
    transfers: Mapping[tuple[int, str, str], float]
    poisoned: Mapping[str, int]


@dataclass(frozen=True)
class Section:
    """A measure's part of the report.

    template: Jinja source, given `values` (plain numbers and texts, which are escaped) and
    `figures` (SVG by name). figures: also written as files of the run.
    """

    title: str
    template: str
    values: Mapping[str, Any]
    figures: Mapping[str, str] = field(default_factory=dict)


class MeasureFindings(Part):
    """Base of what `results.json` keeps of a measure. left_out: actors that could not be measured,
    with the reason. not_installed: seeds left out by actor."""

    left_out: dict[str, str] = {}
    not_installed: dict[str, int] = {}


class Measure(ABC):
    """A measure that a scenario can ask for by name, below `measures:`.

    Attributes:
        rows: kinds of models that are measured.
        needs: parents of its stage beside `model`: the `suspect` (the compromised model), and the
            `poison` of every actor (`shard:NAME`).
        Findings: the type of what `results.json` keeps.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    rows: ClassVar[frozenset[RowKind]] = ALL_ROWS
    needs: ClassVar[frozenset[Need]] = frozenset()
    Findings: ClassVar[type[MeasureFindings]] = MeasureFindings

    def __init__(self, params: Any) -> None:
        self.params = params

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Parameter sets that the contract tests try, as they would stand in YAML."""
        return [{}]

    @abstractmethod
    def job(self, subject: Subject) -> Job:
        """The work on one model (an input `model`); the same for all models of a seed."""

    @abstractmethod
    def findings(self, readings: Sequence[Reading], study: Study) -> MeasureFindings:
        """What `results.json` keeps of all readings."""

    def scalars(self, reading: Reading) -> Mapping[str, float]:
        """Numbers of one model that its row in `results.json` shows, by actor ("" for the whole
        model); none unless a measure says so."""
        return {}

    @abstractmethod
    def section(self, findings: Any, actors: Sequence[str]) -> Section | None:
        """Its part of the report; None where there is nothing to show."""
