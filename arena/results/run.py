"""The results of one run (docs/results.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, JsonValue, PrivateAttr

from arena.api.values import RowKind
from arena.arguments import a_whole, optional_text, optional_truth
from arena.errors import InputError
from arena.results.base import SCHEMA_VERSION, Named, Part
from arena.results.brief import Brief, asr_table, claimed, counted
from arena.results.claim import Claim, VerdictThresholds
from arena.results.corpus import CleanTextRecord, CorpusSummary
from arena.results.curves import AlongDose, DoseCurve
from arena.results.decoys import DecoyDefence
from arena.results.league import League
from arena.results.measures import Measures
from arena.results.pairs import Pair
from arena.results.planting import (
    ActorInstallation,
    BenignConditional,
    Introduction,
    Planted,
    Survival,
)
from arena.results.rows import Row
from arena.results.samples import Choice, ScoredSample, samples_in
from arena.results.scenario import ScenarioRecord
from arena.results.summary import SummaryRow
from arena.results.training import TrainingCurve

if TYPE_CHECKING:
    from pandas import DataFrame


class Sample(Part):
    """What a model wrote to one prompt. kind: of the probe, such as `asr`."""

    actor: str = ""
    kind: str = ""
    prompt: str = ""
    said: str = ""


class RunSeconds(Part):
    """Seconds of the whole run, and of each kind of stage when it was run."""

    total: float | None = None
    stages: Named[float] = {}


class AtDose(Part):
    """The findings at one dose of the verdicts."""

    transfer: tuple[Pair, ...] = ()
    summary: tuple[SummaryRow, ...] = ()
    claim: Claim | None = None


@dataclass(frozen=True)
class Home:
    """The folder of results, if they are in one. Equal results in two folders are equal."""

    folder: Path | None = field(default=None, compare=False)


class RunResults(Brief, Part):
    """results.json of a run. If removals are scored at several doses, `transfer`, `summary` and
    `claim` are those at `least`.

    Attributes:
        most: the findings at `most`; None if there is one dose.
        curves: every removal, clean fine-tune and sham over its doses.
        over_doses: T and its control values at every dose.
        training: losses of every training; empty in files of versions that kept none.
        installed: by actor, whether it is installed in most seeds.
        summary: the rows averaged over seeds, as the tables show them.
        claim: None if nothing was judged.
        benign: benign conditionals, by name; they are not actors.
        cast: introductions by actor, from the first seed.
        planted: what every actor planted in every seed.
        survival: by the number of trainings by others; empty if no actor trains another's
            checkpoint.
        first_samples: the key `samples`: by row name, one prompt of each probe, from the first
            seed. All that models said is in the run's folder (`samples`).
        measures: findings by measure.
        league: None if there is only one defence.
        environment: versions, hardware and numerics profile.
        notes: on the run as a whole, such as missing seeds.
    """

    schema_version: int = SCHEMA_VERSION
    kind: Literal["run"] = "run"
    scenario: ScenarioRecord = ScenarioRecord()
    seeds: tuple[int, ...] = ()
    actors: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    transfer: tuple[Pair, ...] = ()
    installed: Named[bool] = {}
    installation: Named[ActorInstallation] = {}
    benign: Named[BenignConditional] = {}
    summary: tuple[SummaryRow, ...] = ()
    claim: Claim | None = None
    most: AtDose | None = None
    curves: tuple[DoseCurve, ...] = ()
    over_doses: tuple[AlongDose, ...] = ()
    training: tuple[TrainingCurve, ...] = ()
    thresholds: VerdictThresholds = VerdictThresholds()
    measures: Measures = {}
    league: League | None = None
    decoys: tuple[DecoyDefence, ...] = ()
    cast: Named[Introduction] = {}
    planted: tuple[Planted, ...] = ()
    survival: tuple[Survival, ...] = ()
    first_samples: Named[tuple[Sample, ...]] = Field(
        default={}, validation_alias="samples", serialization_alias="samples"
    )
    clean_text: CleanTextRecord = CleanTextRecord()
    corpus: CorpusSummary = CorpusSummary()
    environment: Mapping[str, JsonValue] = {}
    seconds: RunSeconds = RunSeconds()
    notes: tuple[str, ...] = ()
    _home: Home = PrivateAttr(default=Home())

    def at(self, folder: Path) -> Self:
        """Return the same results, with the folder of their run."""
        placed = self.model_copy()
        placed._home = Home(folder)
        return placed

    def samples(
        self,
        *,
        actor: str | None = None,
        model: str | None = None,
        kind: str | None = None,
        seed: int | None = None,
        hit: bool | None = None,
        search: str | None = None,
    ) -> list[ScoredSample]:
        """Return what the run's models said to scored prompts, from its folder.

        Example:
            >>> done = arena.run("quickstart")
            >>> done.results.samples(actor="bard", model="unlearn linguist", hit=False)

        Args:
            actor: whose prompts. model: name of a row, its label as in tables, or its kind. kind:
                `triggered`, `untriggered`, `near_miss`, `clean` or `checkable`. seed: one of the
                run's. hit: hits or misses only. search: words that all occur in the prompt or the
                continuation; a text in double quotes as a whole.

        Raises:
            InputError: there is no such actor, model, kind or seed, an argument has a wrong type,
                or the folder has no samples.
        """
        choice = Choice(
            actor=optional_text(actor, "actor"),
            model=optional_text(model, "model"),
            kind=optional_text(kind, "kind"),
            seed=None if seed is None else a_whole(seed, "seed"),
            hit=optional_truth(hit, "hit"),
            search=optional_text(search, "search"),
        )
        return samples_in(self._folder, self.rows, self.seeds, choice)

    def frame(self, name: str) -> DataFrame:
        """Return a tidy table as a pandas DataFrame: `rows`, `transfer`, `curves`,
        `training` or `samples` (docs/results.md, Tables and Samples).

        Example:
            >>> done.results.frame("rows").query("quantity == 'asr'").groupby("title").value.mean()

        Raises:
            InputError: there is no such table, or pandas is not installed.
        """
        from arena.results.tables import frame

        return frame(self, name)

    def _headline(self) -> str:
        whole = (
            self.scenario.name,
            counted(len(self.actors), "actor"),
            counted(len(self.seeds), "seed"),
            counted(len(self.rows), "model"),
            claimed(self.claim),
        )
        return ", ".join(filter(None, whole))

    def _table(self) -> tuple[list[str], list[list[str]]]:
        return asr_table(self.summary, self.actors)

    @property
    def _folder(self) -> Path:
        if self._home.folder is None:
            rule = "these results have no folder: read them with arena.results.reader.read_results"
            raise InputError(rule)
        return self._home.folder

    def pair(self, source: str, to: str) -> Pair | None:
        """Return what unlearning `source` did to `to`; None if not measured."""
        return next((p for p in self.transfer if (p.source, p.to) == (source, to)), None)

    def rows_of(self, kind: RowKind, seed: int | None = None) -> tuple[Row, ...]:
        """Return the rows of a kind, of one seed or of all."""
        return tuple(r for r in self.rows if r.kind == kind and seed in (None, r.seed))
