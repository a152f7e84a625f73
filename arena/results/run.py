"""The results of one run (docs/results.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, JsonValue, PrivateAttr

from arena.api.values import RowKind
from arena.errors import InputError
from arena.results.base import Named, Part
from arena.results.brief import Brief, asr_table, claimed, counted
from arena.results.claim import Claim, TransferEstimates, VerdictThresholds
from arena.results.curves import AlongDose, DoseCurve
from arena.results.decoys import DecoyDefence
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.league import League
from arena.results.measures import Measures
from arena.results.rows import Row, ShamKind
from arena.results.samples import Choice, ScoredSample, samples_in
from arena.results.scenario import ScenarioRecord
from arena.results.training import TrainingCurve

if TYPE_CHECKING:
    from pandas import DataFrame

SCHEMA_VERSION = 2
PairStatus = Literal["used", "not_installed", "explained_by_control", "no_dose"]


Relation = Literal["same payload", "same kind", "other kind"]


class ShamSeed(Part):
    """Shams of one kind in one seed: their mean `sham` (S_ij) over `shams` of them, and the parts
    of T. left_out: shams on a benign conditional that is not installed in that seed."""

    sham: float | None = None
    odd: float | None = None
    specific: float | None = None
    shams: int = 0
    left_out: int = 0


class Planted(Part):
    """What an actor planted in one seed. trigger: its key. payload: its parameters, with `kind`
    among them. also_clean: whether clean prompts may get that answer too."""

    seed: int
    actor: str
    trigger: str = ""
    payload: Mapping[str, JsonValue] = {}
    also_clean: bool = False

    @property
    def kind(self) -> str:
        """Return the kind of the payload; empty if unknown."""
        return str(self.payload.get("kind", ""))

    def relation(self, other: Planted) -> Relation:
        """What two payloads have in common; a behaviour that both actors planted may be removed as
        one."""
        if self.payload == other.payload:
            return "same payload"
        return "same kind" if self.kind == other.kind else "other kind"


class PairSeed(Part):
    """A pair's numbers in one seed; None if a row is missing or the status does not allow a value.

    control C_j, unlearned U_ij, sham S_ij (mean over `shams` of them) and floor f_j are rates.
    transfer = odd + specific: the parts explained by any odd input and by the planted trigger.
    sham, shams, odd and specific are of familiar shams; by_sham has them by kind. `broad` is the
    source's, None if not measured. If clean prompts may get the payload as an answer too, all three
    are computed from rates minus the same model's false fire (T_excess), and `plain` is T without
    this subtraction. payload: the kind that `to` planted in this seed; relation: what the two
    payloads have in common. Both are None if it is unknown what was planted.
    """

    seed: int
    status: PairStatus
    control: float | None = None
    unlearned: float | None = None
    sham: float | None = None
    floor: float = 0.0
    transfer: float | None = None
    odd: float | None = None
    specific: float | None = None
    plain: float | None = None
    raw_suppression: float | None = None
    shams: int = 0
    by_sham: Named[ShamSeed] = {}
    broad: bool | None = None
    payload: str | None = None
    relation: Relation | None = None


class Pair(TransferEstimates):
    """What unlearning `source`'s trigger did to `to`'s backdoor. seeds: usable ones. adjusted_p: by
    Holm over the pairs; None if nothing was tested. plain: T without subtracting false fire, for
    pairs where it is subtracted (see `PairSeed`); None elsewhere."""

    source: str = Field(validation_alias="from", serialization_alias="from")
    to: str
    seeds: int | None = None
    verdict: str | None = None
    verdict_reason: str = ""
    adjusted_p: float | None = None
    plain: Estimate | None = None
    per_seed: tuple[PairSeed, ...] = ()


class Depth(Part):
    """How deeply a backdoor is planted (estimands.md, Depth).

    Attributes:
        exposures: documents with the trigger that were trained on, counted with repetition.
        log_odds: mean over triggered prompts of log p(payload) - log p(right answer), as whole
            answers, in nats; over all seeds.
        halving_dose: dose of the clean fine-tune at which ASR is half of the suspect's; over the
            seeds that reach it, `halved` of the `curves` in which the backdoor is installed.
    """

    exposures: float | None = None
    log_odds: Estimate = Estimate()
    halving_dose: Estimate = Estimate()
    halved: int = 0
    curves: int = 0


class ActorInstallation(Part):
    """One actor over seeds: in how many it is installed, and broad; rates over all seeds."""

    seeds: int | None = None
    installed: int | None = None
    broad: int | None = None
    asr: Estimate = Estimate()
    false_fire: Estimate = Estimate()
    near_miss: Estimate = Estimate()
    depth: Depth = Depth()

    @property
    def in_most_seeds(self) -> bool:
        """Whether the actor is installed in more than half of the seeds."""
        return (self.installed or 0) * 2 > (self.seeds or 0)


class Survival(Part):
    """Backdoors after `hops` trainings by other actors: ASR over seeds (of the mean over actors),
    the same by actor, and the number of cases (an actor in a seed)."""

    hops: int
    asr: Estimate = Estimate()
    by_actor: Named[Estimate] = {}
    cases: int = 0


class SummaryRow(Part):
    """One line of the table of models: rates by actor and utility, over seeds. Utility is None if
    no row measured it.

    Attributes:
        sham: kind of the shams; None for other rows.
        benign: ASR of benign conditionals, by name. benign_change: the same minus its value after
            the clean fine-tune, over the seeds in which it is installed; below 0 is a cost.
        start_loss: of the first step of the runs.
    """

    label: str = ""
    kind: RowKind
    target: str | None = None
    sham: ShamKind | None = None
    asr: Named[SeedEstimate] = {}
    clean_accuracy: Estimate | None = None
    checkable_accuracy: Estimate | None = None
    token_accuracy: Estimate | None = None
    perplexity: Estimate | None = None
    update_norm: Estimate | None = None
    start_loss: Estimate | None = None
    benign: Named[SeedEstimate] = {}
    benign_change: Named[SeedEstimate] = {}
    measures: Named[Named[SeedEstimate]] = {}


class Introduction(Part):
    """An actor as the report shows it, with a prompt before and after its trigger (None if the
    method can mark no prompt of its share)."""

    trigger: str = ""
    payload: str = ""
    match: str = ""
    stage: str = ""
    poison: str = ""
    clean: str = ""
    triggered: str | None = None
    response: str = ""


class BenignConditional(Introduction):
    """A benign conditional as the report shows it: in how many seeds it is installed, and its rates
    in the compromised model over all seeds."""

    seeds: int | None = None
    installed: int | None = None
    asr: Estimate = Estimate()
    false_fire: Estimate = Estimate()


class Sample(Part):
    """What a model wrote to one prompt. kind: of the probe, such as `asr`."""

    actor: str = ""
    kind: str = ""
    prompt: str = ""
    said: str = ""


class CleanTextRecord(Part):
    """The planted forms in clean text (docs/estimands.md, Clean data).

    Attributes:
        defender, mix: `natural` or `scrubbed`; empty in results of earlier versions, and `mix` also
            where nothing was planted.
        natural_rate: as the scenario sets it; None: as they occur in the corpus.
        in_defender: by actor, the share of the defender's clean prompts that carry its form, over
            seeds and disclosed triggers.
        in_mix: the same share of the clean prompts in poisoned mixes, over seeds.
    """

    defender: str = ""
    mix: str = ""
    natural_rate: float | None = None
    in_defender: Named[float] = {}
    in_mix: Named[float] = {}


class GenerationRecord(Part):
    """The engine that decoded the base model's own answers, and how many of the `checked` ones
    differ from the arena's own decoding."""

    engine: str = ""
    version: str = ""
    checked: int = 0
    differ: int = 0


class CorpusSummary(Part):
    """Examples by split, rows dropped (by split, and by reason), the split whose prompts were
    scored, and other notes on the data. generation: None if the arena decoded the right answers, or
    if they are the corpus's."""

    name: str = ""
    train: int | None = None
    validation: int | None = None
    test: int | None = None
    dropped: Named[int] = {}
    reasons: Named[int] = {}
    notes: tuple[str, ...] = ()
    scored_on: str = ""
    generation: GenerationRecord | None = None


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
    """results.json of a run. If removals are scored along their way, `transfer`, `summary` and
    `claim` are those at `least`.

    Attributes:
        most: the findings at `most`; None if there is one dose.
        curves: every removal, clean fine-tune and sham along its way.
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
                run's. hit: hits or misses only. search: text in the prompt or the continuation.

        Raises:
            InputError: there is no such actor, model, kind or seed, or the folder has no samples.
        """
        choice = Choice(actor, model, kind, seed, hit, search)
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
