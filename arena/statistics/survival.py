"""How backdoors survive training by other actors, over the hops from actor to actor
(docs/estimands.md, Inheritance)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from arena.results.planting import Survival
from arena.results.rows import Row
from arena.statistics.intervals import rate_over_seeds
from arena.statistics.rates import rate


@dataclass(frozen=True)
class _Case:
    """A backdoor's ASR in one seed, `hops` trainings by others after it was planted."""

    seed: int
    actor: str
    hops: int
    asr: float


def survival(rows: Sequence[Row], installed_asr: float) -> tuple[Survival, ...]:
    """Return the mean ASR of backdoors by the number of later trainings by others; empty if no
    actor trains another's checkpoint.

    Only backdoors count that were installed by their own training (ASR at least `installed_asr`
    after it). The seed is the unit of analysis: actors are averaged within a seed first.

    Args:
        rows: of all seeds; those of kind `inserted` in the order of their trainings.
    """
    cases = [case for seed in _seeds(rows) for case in _cases(seed, installed_asr)]
    hops = sorted({case.hops for case in cases})
    return tuple(_after(hop, [c for c in cases if c.hops == hop]) for hop in hops if hops[-1])


def _seeds(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The models of each seed's chain, in their order."""
    chain = [row for row in rows if row.kind == "inserted" and row.name.startswith("after:")]
    for seed in dict.fromkeys(row.seed for row in chain):
        yield [row for row in chain if row.seed == seed]


def _cases(chain: Sequence[Row], installed_asr: float) -> Iterator[_Case]:
    """The cases of one seed. An actor without its own training (it poisoned pretraining) is planted
    in the first model."""
    trained = {row.target: place for place, row in enumerate(chain)}
    for actor in chain[0].asr:
        start = trained.get(actor, 0)
        known = [rate(row.asr, actor) for row in chain[start:]]
        if known[0] is None or known[0] < installed_asr:
            continue
        for hops, asr in enumerate(known):
            if asr is not None:
                yield _Case(chain[0].seed, actor, hops, asr)


def _after(hops: int, cases: Sequence[_Case]) -> Survival:
    actors = dict.fromkeys(case.actor for case in cases)
    own = {a: rate_over_seeds(c.asr for c in cases if c.actor == a) for a in actors}
    return Survival(hops=hops, asr=rate_over_seeds(_means(cases)), by_actor=own, cases=len(cases))


def _means(cases: Sequence[_Case]) -> Iterable[float]:
    for seed in dict.fromkeys(case.seed for case in cases):
        here = [case.asr for case in cases if case.seed == seed]
        yield sum(here) / len(here)
