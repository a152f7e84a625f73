"""The role of a measure: a closer look at the models of a run than firing rates give.

A measure is one folder (or file): its parameters, its job on one model, what `results.json` keeps
of it over all models and seeds, and how the report shows that. For one number per model and actor,
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

from arena.api.estimate import Estimate
from arena.api.job import Job
from arena.api.params import Params
from arena.api.part import Named, Part
from arena.api.probes import Probe, ProbeSet
from arena.api.trigger import Variant
from arena.api.values import RowKind

if TYPE_CHECKING:
    from arena.ml.train_config import Optimisation, Profile, Training

Need = Literal["suspect", "poison"]
ALL_ROWS: frozenset[RowKind] = frozenset(get_args(RowKind))
SCALARS = "scalars.json"  # what the job of a `ScalarMeasure` writes: its number by actor
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
class Subject:
    """What a measure may ask the models of one seed.

    probes: the actors' prompts (decoys' are not among them), shared by all models of the seed.
    poisoned: documents of poison by actor. max_new_tokens: tokens to decode; None is as long as the
    longest response. only: the one actor to ask about, in a model trained without it; None for all.
    variant_prompts: an actor's first prompts, so many at most, with its trigger
    repeated or moved, where its method can be. training: how a stage trains here, by its settings
    and steps. scalar_job: the work of a `ScalarMeasure` on one model.
    """

    seed: int
    probes: ProbeSet
    poisoned: Mapping[str, int]
    numerics: Profile
    max_new_tokens: int | None
    variant_prompts: Callable[[str, int], Mapping[Variant, tuple[str, ...]]]
    training: Callable[[Optimisation, int], Training]
    scalar_job: Callable[[ScalarMeasure], Job]
    only: str | None = None

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
    poisoned: documents of poison by actor. over_seeds: the mean of a graded number over seeds, with
    its interval.
    """

    actors: tuple[str, ...]
    installed: frozenset[tuple[int, str]]
    transfers: Mapping[tuple[int, str, str], float]
    poisoned: Mapping[str, int]
    over_seeds: Callable[[Iterable[float]], Estimate]


@dataclass(frozen=True)
class Section:
    """A measure's part of the report.

    template: Jinja source of what stands below the title, given `values` (numbers and texts, which
    are escaped) and `figures`; it may import the macros of arena/reporting/templates/macros.html,
    and asks `if "NAME" in figures` first: beside the cells of a stress run figures stand apart.
    figures: SVG by name, also written as files of the run; ids must be unique on a page.
    """

    title: str
    template: str
    values: Mapping[str, Any]
    figures: Mapping[str, str] = field(default_factory=dict)


class MeasureFindings(Part):
    """Base of what `results.json` keeps of a measure. left_out: actors that could not be measured,
    with the reason. not_installed: seeds left out by actor."""

    left_out: Named[str] = {}
    not_installed: Named[int] = {}


class Measure(ABC):
    """A measure that a scenario can ask for by name, below `measures:`.

    Attributes:
        against_transfer: whether its findings set models against the transfer estimated from them,
            so that both must be of the same dose.
        rows: kinds of models that are measured.
        needs: parents of its stage beside `model`: the `suspect` (the compromised model), and the
            `poison` of every actor (`shard:NAME`).
        place: where its section stands among those of other measures, smaller first.
        Findings: the type of what `results.json` keeps.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    against_transfer: ClassVar[bool] = False
    rows: ClassVar[frozenset[RowKind]] = ALL_ROWS
    needs: ClassVar[frozenset[Need]] = frozenset()
    place: ClassVar[int] = 100
    Findings: ClassVar[type[MeasureFindings]] = MeasureFindings

    def __init__(self, params: Any) -> None:
        self.params = params

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Parameter sets that the contract tests try, as they would stand in YAML."""
        return [{}]

    @abstractmethod
    def job(self, subject: Subject) -> Job:
        """The work on one model (an input `model`); the same for all models of a seed but those
        that `without` asks for, which are asked about `subject.only`."""

    def without(self, subject: Subject) -> Collection[str]:
        """Actors without each of whom the suspect is trained once more, everything else the same,
        for this measure to compare with (rows of the kind `without`): of these, those whose trigger
        is unlearned. None unless a measure says so: each is a training more in every seed."""
        return ()

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

    def grid_findings(self, cells: Mapping[str, MeasureFindings]) -> MeasureFindings | None:
        """What a stress run's `results.json` keeps of the findings of its cells, by cell; None
        where there is nothing to keep, as for most measures."""
        return None

    def grid_section(self, findings: Any, actors: Sequence[str]) -> Section | None:
        """Its part of a stress run's report, from findings over all cells; none unless a measure
        says so. Where it says so, single cells have no part of their own."""
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


class ScalarMeasure(Measure):
    """A measure that is one number per model and actor: `value` is all that it takes.

    The numbers stand in the rows of `results.json`, in the report's and the terminal's tables of
    models, and in a section of the report; this last leaves out the seeds in which a backdoor was
    not installed.

    Attributes:
        title: of its section; the measure's name where there is none.
        note: what the number is, in a sentence that stands below the title.
    """

    Findings = ScalarFindings
    title: ClassVar[str] = ""
    note: ClassVar[str] = ""

    @abstractmethod
    def value(self, model: Any, tokenizer: Any, probes: ProbeSet) -> Mapping[str, float]:
        """Return the number of each actor ("" for the whole model) in one model.

        Args:
            model: a transformers model in evaluation mode, on the run's device; not to be changed.
            tokenizer: its own.
            probes: what the models of the seed are asked, the actors' prompts among them.
        """

    def job(self, subject: Subject) -> Job:
        return subject.scalar_job(self)

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
