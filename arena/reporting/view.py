"""The results of a run for its page: words and numbers, ready for the template.

Values missing from the results are left out or shown as an en dash, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from arena.reporting import palette
from arena.reporting.cast import installed_share
from arena.reporting.claim_card import ShownTransfer
from arena.reporting.events import Event
from arena.reporting.rows import grouped, has_checkable, label_of, scalar_columns
from arena.reporting.shams import conditional_names, signed
from arena.reporting.wording import p_value, words
from arena.results.brief import counted_seeds
from arena.results.numbers import Shown, duration, thousands
from arena.results.pairs import Pair
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.summary import SummaryRow

SPLITS = ("train", "validation", "test")
HASH = 12  # characters of an artifact's address that are shown


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model in the table: rates by actor, utility (checkable accuracy only where any model has
    it), and numbers of measures. conditionals: ASR of
    each benign conditional, and its change from the clean fine-tune, as text."""

    label: str
    rates: list[Shown]
    costs: list[Shown]
    conditionals: list[tuple[Shown, str]]
    scalars: list[Shown]


@dataclass(frozen=True, slots=True)
class PairLine:
    """An ordered pair of actors in the table. plain: T without subtracting false fire, for pairs
    where it is subtracted."""

    source: str
    to: str
    seeds: str
    estimates: ShownTransfer
    p: str
    verdict: palette.Verdict
    reason: str
    plain: Shown | None = None


@dataclass(frozen=True, slots=True)
class PartyLine:
    """What one party did, made and could see, with counts."""

    name: str
    did: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    saw: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class StageLine:
    """Seconds of one kind of stage. share: of the longest kind, in percent."""

    name: str
    took: str
    share: float


def facts(results: RunResults) -> list[tuple[str, str]]:
    """Return the scenario in a line: what was trained, how, and the time it took."""
    scenario = results.scenario
    family = " ".join(filter(None, (scenario.text("model", key) for key in ("family", "size"))))
    took = results.seconds.total
    entries = [
        ("model", scenario.text("model", "pretrained") or _suspect(scenario) or family),
        ("corpus", scenario.text("corpus", "name") or results.corpus.name),
        ("poisoned training", words(scenario.text("stage"))),
        ("composition", scenario.text("composition")),
        ("unlearning", scenario.text("defender", "objective", "method")),
        ("actors installed", installed_share(results)),
        ("seeds", counted_seeds(results.seeds)),
        ("took", duration(took)),
    ]
    return [(key, value) for key, value in entries if value]


def _suspect(scenario: ScenarioRecord) -> str:
    """A suspect that somebody else made, with its adapter."""
    parts = (scenario.text("model", key) for key in ("suspect", "adapter"))
    return " + ".join(filter(None, parts))


def summary(results: RunResults) -> list[list[ModelLine]]:
    """Return the table of models in blocks of rows, as numbers with intervals."""
    columns, names = scalar_columns(results.summary), conditional_names(results.summary)
    checkable = has_checkable(results.summary)
    return [
        [_model(row, results.actors, columns, names, checkable=checkable) for row in block]
        for block in grouped(results.summary)
    ]


def _model(
    row: SummaryRow,
    actors: Sequence[str],
    columns: Sequence[tuple[str, str]],
    conditionals: Sequence[str],
    *,
    checkable: bool,
) -> ModelLine:
    checked = (row.checkable_accuracy,) if checkable else ()
    costs = (row.clean_accuracy, *checked, row.token_accuracy, row.perplexity, row.update_norm)
    return ModelLine(
        label=label_of(row),
        rates=[Shown.of(row.asr.get(actor)) for actor in actors],
        costs=[Shown.of(cost) for cost in costs],
        conditionals=[
            (Shown.of(row.benign.get(name)), signed(Shown.of(row.benign_change.get(name))))
            for name in conditionals
        ],
        scalars=[Shown.of(row.measures.get(name, {}).get(actor)) for name, actor in columns],
    )


def pairs(results: RunResults) -> list[PairLine]:
    """Return the table of pairs; a reason common to all pairs is left to `common_reason`."""
    common = common_reason(results)
    return [_pair(pair, "" if common else pair.verdict_reason) for pair in results.transfer]


def _pair(pair: Pair, reason: str) -> PairLine:
    return PairLine(
        source=pair.source,
        to=pair.to,
        seeds=thousands(pair.seeds),
        estimates=ShownTransfer.of(pair),
        p=p_value(pair.adjusted_p),
        verdict=palette.verdict(pair.verdict),
        reason=reason,
        plain=None if pair.plain is None else Shown.of(pair.plain),
    )


def common_reason(results: RunResults) -> str:
    """Return the verdicts' reason if it is the same for every pair, else an empty text."""
    reasons = {pair.verdict_reason for pair in results.transfer}
    return reasons.pop() if len(reasons) == 1 else ""


def parties(events: Sequence[Event]) -> list[PartyLine]:
    """Return what each party did and could see, in order of first appearance."""
    lines: dict[str, PartyLine] = {}
    for event in events:
        line = lines.setdefault(event.party, PartyLine(event.party))
        line.did.update(filter(None, [event.event]))
        line.made.update(filter(None, [event.artifact[:HASH]]))
        line.saw.update(map(seen_in_words, event.saw))
    return list(lines.values())


# What the planner calls the inputs of a stage, in words.
INPUTS = {
    "model": "models that it trained or scored",
    "run": "checkpoints along removals and clean fine-tunes",
    "removal": "scores along each removal",
    "control": "scores along each clean fine-tune",
    "examples": "documents of the training mixes",
    "no trigger": "no trigger (for clean fine-tunes)",
}


def seen_in_words(what: str) -> str:
    """Return what a party could see in words: `lexical's poisoned documents` for `shard:lexical`,
    `trigger cf (rare token)` for `trigger rare_token:cf`."""
    start, _, name = what.partition(":")
    if start == "shard":
        benign = name.removeprefix("benign:")
        return f"{benign}'s {'poisoned ' if benign == name else 'benign '}documents"
    whose, said, method = start.rpartition("trigger ")
    if said and name:
        return f"{whose}{said}{name} ({words(method)})"
    return INPUTS.get(what, what)


def stages_note(results: RunResults) -> str:
    """Return why the times of the stages add up to more than the run took; empty if they do
    not."""
    total, summed = results.seconds.total, sum(results.seconds.stages.values())
    if total is None or summed <= total:
        return ""
    return (
        f"Stages overlap where they ran side by side: together {duration(summed)}, while the run "
        f"took {duration(total)}."
    )


def stages(results: RunResults) -> list[StageLine]:
    """Return where the time went, the longest first."""
    seconds = results.seconds.stages
    longest = max(seconds.values(), default=0.0) or 1.0
    order = sorted(seconds, key=lambda name: -seconds[name])
    return [
        StageLine(name, duration(seconds[name]), round(100 * seconds[name] / longest, 1))
        for name in order
    ]


def splits(results: RunResults) -> list[tuple[str, str, str]]:
    """Return every split with the examples kept and dropped."""
    corpus = results.corpus
    kept = {"train": corpus.train, "validation": corpus.validation, "test": corpus.test}
    names = [*SPLITS, *(name for name in corpus.dropped if name not in SPLITS)]
    return [
        (words(name), thousands(kept.get(name)), thousands(corpus.dropped.get(name, 0)))
        for name in names
        if kept.get(name) is not None or name in corpus.dropped
    ]
