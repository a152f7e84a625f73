"""The verdict on a tuned strategy, from fresh seeds only: each comparison, and a summary in
words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting.limits import broken
from arena.reporting.outcomes import outcome
from arena.reporting.wording import words
from arena.results.brief import counted
from arena.results.estimate import Estimate
from arena.results.numbers import decimals
from arena.results.tune import TUNED, WITHOUT, CandidateRecord, Difference, TuneResults
from arena.statistics.comparison import AHEAD, BEHIND, OPEN

STRATEGIES = {"untuned": "untuned", "random": "best random"}  # contender -> its name on pages
DEFENDERS = ("seen", "unseen")
STEADY = 0.005  # a change that two decimals do not show


@dataclass(frozen=True, slots=True)
class StrategyComparison:
    """A paired difference on fresh seeds: positive if `of` keeps more of its backdoor.

    Attributes:
        seeds: how many count. ahead_in: in how many of them the difference is positive.
        outcome: ahead, behind or inconclusive. why: why it is inconclusive.
        left_out: seed -> the reason why it does not count.
    """

    of: str
    against: str
    defender: str
    difference: Estimate
    seeds: int | None
    ahead_in: int | None
    outcome: str
    why: str
    left_out: Mapping[str, str | None]


def comparisons(results: TuneResults) -> list[StrategyComparison]:
    """Return every paired difference of the results, judged."""
    return [_judged(results, difference) for difference in results.differences]


def _judged(results: TuneResults, paired: Difference) -> StrategyComparison:
    values = paired.per_seed
    seeds = fresh_seeds(results) if values is None else len(values)
    name, why = outcome(paired.difference, seeds, p=paired.p)
    return StrategyComparison(
        of=paired.of,
        against=paired.against,
        defender=paired.defender,
        difference=paired.difference,
        seeds=seeds,
        ahead_in=None if values is None else sum(value > 0 for value in values),
        outcome=name,
        why=why,
        left_out=paired.left_out,
    )


def excluded(compared: StrategyComparison) -> str:
    """Return `2 seeds excluded: tuned is not installed (3, 5)`; empty if every seed counts."""
    reasons: dict[str, list[str]] = {}
    for seed, reason in compared.left_out.items():
        reasons.setdefault(reason or "no reason given", []).append(seed)
    listed = ", ".join(f"{reason} ({', '.join(seeds)})" for reason, seeds in reasons.items())
    return f"{counted(len(compared.left_out), 'seed')} excluded: {listed}" if listed else ""


def fresh_seeds(results: TuneResults) -> int | None:
    """Return how many seeds the strategies were reported on; None if unknown."""
    tuned = results.contender(TUNED)
    if tuned is not None and tuned.seeds is not None:
        return tuned.seeds
    return len(results.study.seeds.report) or None


def strategy_name(contender: str) -> str:
    """Return a contender's name on pages; empty if it has none."""
    return STRATEGIES.get(contender, words(contender))


def _in_a_sentence(contender: str) -> str:
    """`the untuned strategy`, or `the strategy without weight noise`."""
    name = strategy_name(contender)
    if contender.startswith(WITHOUT):
        return f"the strategy {name}"
    return f"the {name or 'other'} strategy"


def headline(results: TuneResults) -> str:
    """Return the verdict in sentences, one for each strategy that the tuned one is compared
    with."""
    compared = [each for each in comparisons(results) if each.of == TUNED]
    if not compared:
        return "The tuned strategy was not compared on fresh seeds: inconclusive."
    by_rival: dict[str, list[StrategyComparison]] = {}
    for each in compared:
        by_rival.setdefault(each.against, []).append(each)
    sentences = [_sentence(rival, group) for rival, group in by_rival.items()]
    start = _seeds_phrase(fresh_seeds(results), [each.seeds for each in compared])
    first = f"{start}, {sentences[0]}" if start else sentences[0]
    text = " ".join(line[:1].upper() + line[1:] for line in (first, *sentences[1:]))
    return f"{text} {infeasible_choice(results)}".rstrip()


def _seeds_phrase(fresh: int | None, judged: Sequence[int | None]) -> str:
    """`over 8 fresh seeds`; if some are excluded, how many of them count."""
    if not fresh:
        return ""
    known = sorted({fresh if count is None else count for count in judged})
    count = f"{known[0]}" if known[0] == known[-1] else f"{known[0]} to {known[-1]}"
    seeds = counted(fresh, "fresh seed")
    return f"over {seeds}" if known == [fresh] else f"over the {count} of {seeds} that count"


def _sentence(rival: str, compared: Sequence[StrategyComparison]) -> str:
    """`the tuned strategy beats the untuned strategy under the seen defender; under the unseen
    defender it is inconclusive.`"""
    name = _in_a_sentence(rival)
    under = {
        key: _defenders([each.defender for each in compared if each.outcome == key])
        for key in (AHEAD, BEHIND, OPEN)
    }
    decided = [
        f"{verb} {under[key]}"
        for key, verb in ((AHEAD, f"beats {name}"), (BEHIND, f"loses to {name}"))
        if under[key]
    ]
    if not decided:
        return f"the test of the tuned strategy against {name} is inconclusive {under[OPEN]}."
    undecided = f"; {under[OPEN]} it is inconclusive" if under[OPEN] else ""
    return f"the tuned strategy {' and '.join(decided)}{undecided}."


def _defenders(names: Sequence[str]) -> str:
    """`under the seen and unseen defenders`; empty without a name."""
    if not names:
        return ""
    order = sorted(names, key=lambda n: DEFENDERS.index(n) if n in DEFENDERS else len(DEFENDERS))
    return f"under the {' and '.join(order)} defender{'s' if len(order) > 1 else ''}"


def choice(results: TuneResults) -> str:
    """Return how sure the choice among the candidates is; empty without a race."""
    if results.choice_error is None:
        return ""
    return f"the chance that another is better than the chosen is {decimals(results.choice_error)}"


def chosen_candidates(results: TuneResults) -> list[CandidateRecord]:
    """Return the chosen candidates, usually one."""
    return [candidate for candidate in results.candidates if candidate.chosen]


def infeasible_choice(results: TuneResults) -> str:
    """Return that the chosen candidate is infeasible, else an empty text. Feasible candidates come
    first, so in that case none is feasible."""
    chosen = next((c for c in chosen_candidates(results) if c.feasible is False), None)
    if chosen is None:
        return ""
    exceeded = broken(chosen.constraints, results.study.constraints)
    which = f": the chosen one has {exceeded}" if exceeded else ""
    return f"No candidate satisfied its constraints on the selection seeds{which}."


def winners_curse(results: TuneResults) -> str:
    """Return how far the tuned strategy's value moved from the search to fresh seeds; empty if one
    of the two is unknown."""
    tuned = results.contender(TUNED)
    if tuned is None or tuned.search.value is None or tuned.report.value is None:
        return ""
    before, after = tuned.search.value, tuned.report.value
    if abs(after - before) <= STEADY:
        change = f"stayed at {decimals(before)}"
    else:
        verb = "fell" if after < before else "rose"
        change = f"{verb} from {decimals(before)} in the search to {decimals(after)}"
    return f"The ASR that the tuned strategy keeps {change} on fresh seeds."
