"""Seeds in which all backdoors of a scenario live in one model (docs/estimands.md, Pipelines)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from arena.results.pairs import Pair, PairSeed
from arena.results.stress import Coexistence


def coexistence(pairs: Sequence[Pair], kept: float) -> Coexistence | None:
    """Return in how many seeds all actors are installed, and in how many of these each also keeps
    its backdoor in the clean fine-tune.

    Args:
        pairs: all ordered pairs, at the dose `least` if removals have several.
        kept: the ASR that every clean fine-tune must leave of every other actor.

    Returns:
        None if there is no pair.
    """
    by_seed: dict[int, list[PairSeed]] = defaultdict(list)
    for pair in pairs:
        for each in pair.per_seed:
            by_seed[each.seed].append(each)
    if not by_seed:
        return None
    whole = [each for each in by_seed.values() if all(_installed(case) for case in each)]
    keeping = sum(all((case.control or 0.0) >= kept for case in each) for each in whole)
    return Coexistence(seeds=len(by_seed), installed=len(whole), kept=keeping)


def _installed(case: PairSeed) -> bool:
    return case.status != "not_installed"
