"""What tuning came to, on fresh seeds alone: each comparison, and all of them in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.reporting.numbers import Estimate, number
from arena.reporting.outcomes import count, outcome
from arena.reporting.parts import Results, listed, names, part
from arena.statistics.comparison import SAYS

RIVALS = {"untuned": "the untuned one", "random": "the best random one"}
DEFENDERS = ("seen", "unseen")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paired difference on fresh seeds: positive where the first leaves more of its backdoor."""

    of: str
    against: str
    defender: str
    difference: Estimate
    seeds: int | None
    ahead_in: int | None
    outcome: str
    why: str
    left_out: Mapping[str, Any]  # seed to the reason why it does not count


def comparisons(results: Results) -> list[Comparison]:
    """Every paired difference of results.json, judged."""
    return [_compare(results, each) for each in listed(results, "differences")]


def _compare(results: Results, entry: Mapping[str, Any]) -> Comparison:
    found = entry.get("per_seed")
    values = [number(each) for each in found] if isinstance(found, list) else None
    shown, seeds = Estimate.read(entry.get("difference")), _seeds(results, values)
    judged, why = outcome(shown, seeds)
    return Comparison(
        str(entry.get("of") or "tuned"),
        str(entry.get("against") or ""),
        str(entry.get("defender") or ""),
        shown,
        seeds,
        None if values is None else sum(value is not None and value > 0 for value in values),
        judged,
        why,
        part(entry, "left_out"),
    )


def _seeds(results: Results, values: Sequence[float | None] | None) -> int | None:
    """Seeds that count; where none are told, as many as were asked for."""
    if values is None:
        return fresh_seeds(results)
    return sum(value is not None for value in values)


def left_out(found: Comparison) -> str:
    """`2 seeds left out: tuned is not installed (3, 5)`; nothing where every seed counts."""
    reasons: dict[str, list[str]] = {}
    for seed, reason in found.left_out.items():
        reasons.setdefault(str(reason or "no reason is told"), []).append(str(seed))
    count = len(found.left_out)
    told = ", ".join(f"{reason} ({', '.join(seeds)})" for reason, seeds in reasons.items())
    return f"{count} seed{'' if count == 1 else 's'} left out: {told}" if told else ""


def fresh_seeds(results: Results) -> int | None:
    """How many seeds the contenders were reported on."""
    for each in listed(results, "contenders"):
        if each.get("name") == "tuned" and count(each.get("seeds")) is not None:
            return count(each.get("seeds"))
    return len(names(part(part(results, "study"), "seeds"), "report")) or None


def headline(results: Results) -> str:
    """The verdict in words, the tuned strategy against each rival with each defender."""
    found = [each for each in comparisons(results) if each.of == "tuned"]
    if not found:
        return "The tuned strategy was not compared on fresh seeds: inconclusive."
    start = _start(fresh_seeds(results), [each.seeds for each in found])
    rivals = dict.fromkeys(each.against for each in found)
    clauses = [_clause(rival, [each for each in found if each.against == rival])
               for rival in rivals]  # fmt: skip
    told = f"{start} tuned strategy {'; it '.join(clauses)}."
    return f"{told} {broken(results)}".rstrip()


def _start(fresh: int | None, counted: Sequence[int | None]) -> str:
    """`On 8 fresh seeds the`; where some are left out, how many of them count."""
    if not fresh:
        return "The"
    known = sorted({fresh if each is None else each for each in counted})
    count = f"{known[0]}" if known[0] == known[-1] else f"{known[0]} to {known[-1]}"
    of = "" if known == [fresh] else f"{count} of "
    return f"On {of}{fresh} fresh seed{'' if fresh == 1 else 's'} the"


def broken(results: Results) -> str:
    """That the chosen candidate is infeasible; then all are, for feasible ones come first."""
    chosen = [each for each in listed(results, "candidates") if each.get("chosen") is True]
    if any(each.get("feasible") is False for each in chosen):
        return "No candidate kept its constraints on the selection seeds."
    return ""


def _clause(rival: str, found: Sequence[Comparison]) -> str:
    """`beats the untuned one with the seen defender and loses to it with the unseen`."""
    groups = {key: [each.defender for each in found if each.outcome == key] for key in SAYS}
    said, name = [], RIVALS.get(rival, rival)
    for key, defenders in groups.items():
        if defenders:
            which = " and the ".join(sorted(defenders, key=_order))
            noun = "s" if len(defenders) > 1 else ""
            said.append(f"{SAYS[key]} {name} with the {which} defender{noun}")
            name = "it"
    return " and ".join(said)


def _order(defender: str) -> int:
    return DEFENDERS.index(defender) if defender in DEFENDERS else len(DEFENDERS)


def curse(results: Results) -> str:
    """How far the tuned one fell from the search to fresh seeds; nothing where it is not known."""
    for each in listed(results, "contenders"):
        before, after = (Estimate.read(each.get(key)) for key in ("search", "report"))
        if each.get("name") == "tuned" and before.value is not None and after.value is not None:
            moved = after.value - before.value
            told = "fell" if moved < -0.005 else "rose" if moved > 0.005 else "stayed"
            return f"The tuned one {told} from {before.text} in the search to {after.text}."
    return ""
