"""The league for page and terminal: every defence by the worst ASR that it left, and its costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from arena.reporting.wording import sentence, words
from arena.results.estimate import Estimate
from arena.results.league import BASELINES, League, LeaguePoint, Standing
from arena.results.numbers import NONE, Shown, decimals, duration, percent, thousands
from arena.results.run import RunResults

MEETS = {True: ("✓", "meets it"), False: ("✕", "misses it"), None: ("?", "not known")}
UNMEASURED = 2.0  # above every ASR, so that unmeasured entries come last


@dataclass(frozen=True, slots=True)
class LeagueRow:
    """One defence in the table.

    Attributes:
        kind: intelligence and method; empty for a baseline.
        front: whether nothing is better in ASR left and in accuracy.
        left: worst ASR left, that of the others, and that of the disclosed trigger.
        change: of accuracy, with its interval.
        samples: poisoned samples until a backdoor is back, and how many never came back.
        glyph, meets: whether the mark is met. reason: why not.
        empty: how often a discovery found nothing, in words.
    """

    name: str
    kind: str
    baseline: bool
    front: bool
    knows: str
    budget: str
    left: list[Shown]
    change: tuple[str, str]
    perplexity: Shown
    seconds: str
    samples: tuple[str, str]
    glyph: str
    meets: str
    reason: str
    empty: str


@dataclass(frozen=True, slots=True)
class EqualRow:
    """One defence at the compute at which all are compared. left: ASR of the others, of the
    disclosed trigger. share: of the training compute used by then, in words."""

    name: str
    left: list[Shown]
    change: tuple[str, str]
    share: str


@dataclass(frozen=True, slots=True)
class LeagueTable:
    """The section's words and rows. bounds: whether some number of samples is a lower bound. rule:
    the dose at which every defence is taken; empty if final models are compared. equal: all at
    equal compute, and how much that is, in words."""

    accuracy: str
    mark: str
    rows: list[LeagueRow]
    bounds: bool
    rule: str
    equal: list[EqualRow]
    compute: str


class TradeOff(NamedTuple):
    """What `figures.pareto` draws: entries with both numbers, which accuracy it is, and how much of
    it may be lost (None if the mark is unknown)."""

    entries: list[Standing]
    accuracy: str
    loss: float | None


def standings(results: RunResults) -> list[Standing]:
    """Return the entries of the league by worst ASR left, then by mean, both ascending; entries
    without one come last."""
    return sorted(_league(results).standings, key=_place)


def league(results: RunResults) -> LeagueTable | None:
    """Return the section's words and rows; None if there is no league."""
    rows = standings(results)
    if not rows:
        return None
    return LeagueTable(
        accuracy=accuracy(results),
        mark=_mark(_league(results), accuracy(results)),
        rows=[_row(each) for each in rows],
        bounds=any(each.reactivation.censored for each in rows),
        rule=rule(_league(results), accuracy(results)),
        equal=[_equal(each, each.equal) for each in equal(results) if each.equal is not None],
        compute=percent(_league(results).compute),
    )


def rule(league: League, accuracy: str) -> str:
    """Return the dose at which every defence is taken, in a sentence; empty if final models are
    compared."""
    if league.lost is None:
        return ""
    return (
        "Every defence is compared at the largest dose along its run that costs at most "
        f"{league.lost:g} of {accuracy} on validation prompts."
    )


def equal(results: RunResults) -> list[Standing]:
    """Return the entries at equal compute, the lowest remaining ASR of the others first; empty if
    they were not scored along their runs."""
    known = [each for each in _league(results).standings if each.equal is not None]
    if _league(results).compute is None:
        return []
    return sorted(known, key=lambda each: _or_last(each.equal.others if each.equal else Estimate()))


def _equal(standing: Standing, point: LeaguePoint) -> EqualRow:
    return EqualRow(
        name=standing.name or NONE,
        left=[Shown.of(point.others), Shown.of(point.disclosed)],
        change=Shown.of(point.change).rounded(3),
        share=percent(point.compute),
    )


def _league(results: RunResults) -> League:
    return results.league or League()


def accuracy(results: RunResults) -> str:
    """Return which accuracy the league compares, in words."""
    return words(_league(results).accuracy) or "clean accuracy"


def meets(standing: Standing) -> tuple[str, str]:
    """Return a glyph and words for whether the mark was met."""
    return MEETS[standing.meets]


def is_baseline(standing: Standing) -> bool:
    """Return whether it is a baseline rather than a defence."""
    return standing.intelligence in BASELINES


def _place(standing: Standing) -> tuple[float, float]:
    return _or_last(standing.worst), _or_last(standing.others)


def _or_last(left: Estimate) -> float:
    return UNMEASURED if left.value is None else left.value


def _mark(league: League, accuracy: str) -> str:
    asr, loss = league.mark.asr, league.mark.loss
    if asr is None or loss is None:
        return ""
    return (
        f"A defence meets the mark if it leaves the disclosed trigger (every trigger, where none "
        f"is disclosed) an ASR below {asr:g} and costs at most {loss:g} of {accuracy}."
    )


def _row(standing: Standing) -> LeagueRow:
    glyph, in_words = meets(standing)
    return LeagueRow(
        name=standing.name or NONE,
        kind="" if is_baseline(standing) else _kind(standing),
        baseline=is_baseline(standing),
        front=standing.front,
        knows=standing.knows or NONE,
        budget=_budget(standing),
        left=[Shown.of(each) for each in (standing.worst, standing.others, standing.disclosed)],
        change=Shown.of(standing.change).rounded(3),
        perplexity=Shown.of(standing.perplexity),
        seconds=duration(standing.seconds.value),
        samples=samples(standing),
        glyph=glyph,
        meets=in_words,
        reason=sentence(standing.reason),
        empty=_empty(standing),
    )


def _kind(standing: Standing) -> str:
    names = (words(standing.intelligence), words(standing.method))
    return " · ".join(name for name in names if name)


def _budget(standing: Standing) -> str:
    share = standing.compute
    entries = [
        f"{thousands(standing.steps)} steps" if standing.steps else "",
        f"{thousands(standing.examples)} examples" if standing.examples else "",
        f"{100 * share:.3g} % of training compute" if share else "",
    ]
    return " · ".join(entry for entry in entries if entry)


def samples(standing: Standing) -> tuple[str, str]:
    """Return the poisoned samples until a backdoor is back; `> 85.0` if some never came back, since
    the mean is then a lower bound. The second text says how many never did."""
    cost = standing.reactivation
    if cost.value is None:
        return NONE, ""
    text = f"{'> ' if cost.censored else ''}{decimals(cost.value, 1)}"
    never = f"{cost.censored} of {cost.curves} never" if cost.censored and cost.curves else ""
    return text, never


def _empty(standing: Standing) -> str:
    count = standing.nothing_found
    return f"found nothing in {count} of {thousands(standing.models)}" if count else ""


def trade_off(results: RunResults) -> TradeOff:
    """Return what `figures.pareto` draws."""
    known = [
        each
        for each in standings(results)
        if each.others.value is not None and each.change.value is not None
    ]
    return TradeOff(known, accuracy(results), _league(results).mark.loss)
