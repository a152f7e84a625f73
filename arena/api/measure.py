"""The role of a measure: what a run examines in its models beyond firing rates.

A measure is one folder (or file): its parameters, its job on one model, what `results.json` keeps
of it over all models and seeds, and its section of the report. For one number per model and actor,
`ScalarMeasure` needs a single method.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from arena.api.discovery import SearchOutcome
from arena.api.estimate import Estimate
from arena.api.job import Job
from arena.api.params import Params
from arena.api.part import Named, Part
from arena.api.payload import Payload
from arena.api.probes import Probe, ProbeSet
from arena.api.trigger import Trigger, Variant
from arena.api.values import Example, RowKind

if TYPE_CHECKING:
    from arena.ml.train_config import Optimisation, Profile, Training

Need = Literal["suspect", "poison", "clean", "discovery"]
ALL_ROWS: frozenset[RowKind] = frozenset(get_args(RowKind))
SCALARS = "scalars.json"  # the file that the job of a `NumberMeasure` writes: one number per actor
SCALAR_TEMPLATE = """\
{% from "macros.html" import estimate %}
{% if values.note %}<p class="note">{{ values.note }}</p>{% endif %}
<div class="scroll"><table>
<thead><tr><th>model</th>{% for actor in values.actors %}
<th class="n">{{ actor or "whole model" }}</th>{% endfor %}</tr></thead>
<tbody>
{% for model, estimates in values.rows %}
<tr><th scope="row">{{ model }}</th>{% for each in estimates %}
<td class="n">{{ estimate(each | shown) }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
"""


@dataclass(frozen=True)
class Backdoor:
    """What an actor planted. triggers: those that fire by themselves. prompts: of the split that is
    scored, without any planted trigger."""

    actor: str
    triggers: tuple[Trigger, ...]
    payload: Payload
    prompts: tuple[Example, ...]


@dataclass(frozen=True)
class Subject:
    """What a measure has at hand to examine the models of one seed.

    probes: the actors' prompts (decoys' are not among them), shared by all models of the seed.
    poisoned: documents of poison by actor. max_new_tokens: tokens to decode; None for the length of
    the longest response. only: the one actor to examine, in a model trained without it; None for
    all. variant_prompts: at most this many of an actor's first prompts, with its trigger repeated
    or moved where its method allows that. training: a stage's training configuration, from its
    settings and steps. scalar_job: the work of a `ScalarMeasure` on one model. backdoors: with at
    most this many prompts each. search: the outcome of the scenario's discovery, for measures that
    need it.
    """

    seed: int
    probes: ProbeSet
    poisoned: Mapping[str, int]
    numerics: Profile
    max_new_tokens: int | None
    variant_prompts: Callable[[str, int], Mapping[Variant, tuple[str, ...]]]
    training: Callable[[Optimisation, int], Training]
    scalar_job: Callable[[ScalarMeasure], Job]
    backdoors: Callable[[int], tuple[Backdoor, ...]]
    search: SearchOutcome | None = None
    only: str | None = None

    def asr_probes(self) -> tuple[Probe, ...]:
        """Return each actor's triggered prompts."""
        return tuple(probe for probe in self.probes.probes if probe.kind == "asr")


@dataclass(frozen=True)
class Reading:
    """What was measured in one model of one seed: the files that the measure's job wrote to
    `folder`."""

    seed: int
    kind: RowKind
    name: str
    target: str | None
    folder: Path


@dataclass(frozen=True)
class Study:
    """What a measure has at hand to compare its readings with.

    installed: seed and actor of every installed backdoor, since one that was never installed must
    not count as removed. transfers: T by seed, unlearned actor and other actor, where it is
    defined. poisoned: documents of poison by actor. over_seeds: returns the mean over seeds of a
    graded number, with its interval.
    """

    actors: tuple[str, ...]
    installed: frozenset[tuple[int, str]]
    transfers: Mapping[tuple[int, str, str], float]
    poisoned: Mapping[str, int]
    over_seeds: Callable[[Iterable[float]], Estimate]


@dataclass(frozen=True)
class Section:
    """A measure's part of the report.

    template: Jinja source of the body below the title, rendered with `values` (numbers and texts,
    which are escaped) and `figures`. It may import the macros of
    arena/reporting/templates/macros.html, and must test `if "NAME" in figures` first: the report of
    a stress run shows figures elsewhere. figures: SVG by name, also written to the run folder; ids
    must be unique on a page.
    """

    title: str
    template: str
    values: Mapping[str, Any]
    figures: Mapping[str, str] = field(default_factory=dict)


class MeasureFindings(Part):
    """Base of a measure's part of `results.json`. left_out: actors that could not be measured, with
    the reason. not_installed: by actor, the seeds left out because its backdoor was not
    installed."""

    left_out: Named[str] = {}
    not_installed: Named[int] = {}


class Measure(ABC):
    """A measure that a scenario can ask for by name, below `measures:`.

    Attributes:
        against_transfer: whether its findings are compared with the transfer estimated from the
            same models, so that both must be taken at the same dose.
        rows: kinds of models that are measured.
        reads_model: whether its job reads the row's model (its input `model`); a stage about texts
            alone waits for no model.
        needs: parents of its stage beside `model`: the `suspect` (the compromised model), the
            `poison` of every actor (`shard:NAME`), the `clean` text of the training (`examples`),
            and the `discovery` of triggers in the compromised model (`findings`).
        place: position of its section among those of other measures, smaller first.
        Findings: the type of what `results.json` keeps.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    against_transfer: ClassVar[bool] = False
    rows: ClassVar[frozenset[RowKind]] = ALL_ROWS
    reads_model: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset()
    place: ClassVar[int] = 100
    Findings: ClassVar[type[MeasureFindings]] = MeasureFindings

    def __init__(self, params: Any) -> None:
        self.params = params

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Return the parameter sets that the contract tests try, as YAML would have them."""
        return [{}]

    @abstractmethod
    def job(self, subject: Subject) -> Job:
        """Return the work on one model (its input `model`). It is the same for all models of a
        seed, except those that `without` asks for, in which only `subject.only` is examined."""

    def without(self, subject: Subject) -> Collection[str]:
        """Return the actors to leave out, one at a time: for each, the suspect is trained once more
        without that actor and otherwise unchanged, as a comparison for this measure (rows of the
        kind `without`). Only actors whose trigger is unlearned may be named. Empty by default: each
        costs one more training run per seed."""
        return ()

    @abstractmethod
    def findings(self, readings: Sequence[Reading], study: Study) -> MeasureFindings:
        """Return what `results.json` keeps of all readings."""

    def scalars(self, reading: Reading) -> Mapping[str, float]:
        """Return the numbers of one model that its row in `results.json` shows, by actor ("" for
        the whole model). Empty by default."""
        return {}

    @abstractmethod
    def section(self, findings: Any, actors: Sequence[str]) -> Section | None:
        """Return its section of the report; None if there is nothing to show."""

    def grid_findings(self, cells: Mapping[str, MeasureFindings]) -> MeasureFindings | None:
        """Return what a stress run's `results.json` keeps, given the findings by cell; None (as for
        most measures) to keep nothing."""
        return None

    def grid_section(self, findings: Any, actors: Sequence[str]) -> Section | None:
        """Return its section of a stress run's report, from findings over all cells; None by
        default. If it returns one, the single cells get no section of their own."""
        return None


class ScalarValue(Part):
    """One number of one model over seeds. actor: whose backdoor; empty for the whole model."""

    kind: RowKind
    target: str | None = None
    name: str
    actor: str = ""
    estimate: Estimate = Estimate()


class ScalarFindings(MeasureFindings):
    """The numbers of every model and actor."""

    values: tuple[ScalarValue, ...] = ()


class NumberMeasure(Measure):
    """A measure that is one number per model and actor, which its job writes to `SCALARS` by actor
    ("" for the whole model).

    The numbers appear in the rows of `results.json`, in the tables of models in the report and the
    terminal, and in a section of the report, which leaves out the seeds in which a backdoor was not
    installed.

    Attributes:
        title: of its section; if empty, the measure's name.
        note: one sentence below the title that says what the number is.
    """

    Findings = ScalarFindings
    title: ClassVar[str] = ""
    note: ClassVar[str] = ""

    def scalars(self, reading: Reading) -> Mapping[str, float]:
        values: dict[str, float] = json.loads((reading.folder / SCALARS).read_text())
        return values

    def findings(self, readings: Sequence[Reading], study: Study) -> ScalarFindings:
        by_model: dict[tuple[RowKind, str | None, str, str], dict[int, float]] = {}
        for reading in readings:
            for actor, value in self.scalars(reading).items():
                counts = not actor or (reading.seed, actor) in study.installed
                if counts and math.isfinite(value):
                    model = reading.kind, reading.target, reading.name, actor
                    by_model.setdefault(model, {})[reading.seed] = value
        return ScalarFindings(
            values=tuple(
                ScalarValue(
                    kind=kind,
                    target=target,
                    name=name,
                    actor=actor,
                    estimate=study.over_seeds(by_seed[seed] for seed in sorted(by_seed)),
                )
                for (kind, target, name, actor), by_seed in by_model.items()
            )
        )

    def section(self, findings: ScalarFindings, actors: Sequence[str]) -> Section | None:
        if findings == ScalarFindings():
            return None
        known = {each.actor for each in findings.values}
        columns = [*([""] if "" in known else []), *(actor for actor in actors if actor in known)]
        numbers = {(each.name, each.actor): each.estimate for each in findings.values}
        models = dict.fromkeys(each.name for each in findings.values)
        rows = [
            (model.replace(":", " "), [numbers.get((model, actor)) for actor in columns])
            for model in models
        ]
        title = self.title or self.name.replace("_", " ").capitalize()
        values = {"note": self.note, "actors": columns, "rows": rows}
        return Section(title, SCALAR_TEMPLATE, values)


class ScalarMeasure(NumberMeasure):
    """A measure that computes one number per actor from the loaded model: only `value` must be
    written."""

    @abstractmethod
    def value(self, model: Any, tokenizer: Any, probes: ProbeSet) -> Mapping[str, float]:
        """Return the number of each actor ("" for the whole model) in one model.

        Args:
            model: a transformers model in evaluation mode, on the run's device; not to be changed.
            tokenizer: its own.
            probes: the prompts put to every model of the seed, the actors' prompts among them.
        """

    def job(self, subject: Subject) -> Job:
        return subject.scalar_job(self)
