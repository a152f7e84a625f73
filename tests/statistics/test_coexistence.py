"""In how many seeds all backdoors live in one model."""

from __future__ import annotations

from arena.results.pairs import Pair, PairSeed
from arena.results.stress import Coexistence
from arena.statistics.coexistence import coexistence


def pair(*cases: tuple[int, str, float | None]) -> Pair:
    per_seed = [PairSeed(seed=s, status=status, control=c) for s, status, c in cases]
    return Pair.model_validate({"from": "a", "to": "b", "per_seed": per_seed})


def test_a_seed_counts_where_every_pair_is_installed_and_kept() -> None:
    pairs = [
        pair((0, "used", 0.9), (1, "used", 0.9), (2, "used", 0.9), (3, "used", 0.8)),
        pair((0, "used", 0.8), (1, "not_installed", None), (2, "used", 0.7), (3, "no_dose", None)),
    ]
    assert coexistence(pairs, 0.8) == Coexistence(seeds=4, installed=3, kept=1)


def test_without_pairs_there_is_no_answer() -> None:
    assert coexistence([], 0.8) is None
