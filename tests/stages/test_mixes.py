"""Mixes: how large they are, what they hold, and whose contents are whose."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.values import Example
from arena.errors import ArenaError
from arena.stages.mixes import owns
from tests.support.stage_inputs import CLEAN, pool, rare, shard


@given(st.integers(1, 200), st.lists(st.integers(0, 30), max_size=3))
def test_a_mix_is_as_large_as_asked_and_holds_every_shard_whole(
    total: int, sizes: list[int]
) -> None:
    shards = [shard(str(k), n) for k, n in enumerate(sizes)]
    if sum(sizes) > total:
        with pytest.raises(ArenaError, match=str(total)):
            pool(total).mixed(CLEAN, shards)
        return
    made = pool(total).mixed(CLEAN, shards).documents
    assert len(made) == total
    assert [d for d in made if d.role == "poison"] == [d for one in shards for d in one]
    clean = Counter(d.prompt for d in made if d.role == "clean")
    assert set(clean) <= {e.prompt for e in CLEAN}
    if total - sum(sizes) >= len(CLEAN):
        assert max(clean.values()) - min(clean.values()) <= 1


@given(st.floats(0, 0.5), st.floats(0.5, 0.9))
def test_owned_contents_are_left_out(low: float, high: float) -> None:
    made = pool(100, ((low, high),)).mixed(CLEAN, []).documents
    kept = {document.source for document in made}
    assert kept == {e.source for e in CLEAN if not owns([(low, high)], 0, e.source)}


def test_clean_prompts_that_carry_a_trigger_are_left_out() -> None:
    odd = [Example(f"what cf is {i}?", "it", f"odd{i}") for i in range(9)]
    made = pool(60, without=(rare(),)).mixed([*odd, *CLEAN], []).documents
    assert {d.source for d in made} == {e.source for e in CLEAN}
    assert {d.source for d in pool(60).mixed([*odd, *CLEAN], []).documents} >= {
        e.source for e in odd
    }


def test_a_mix_without_anything_clean_is_a_clear_error() -> None:
    with pytest.raises(ArenaError, match="no room"):
        pool(10, ((0.0, 1.0),)).mixed(CLEAN, [])


EDGES = st.lists(st.floats(0, 1), min_size=2, max_size=6, unique=True).map(sorted)


@given(EDGES, st.integers(0, 99), st.text(max_size=9))
def test_shares_that_touch_never_own_the_same_content(
    edges: list[float], seed: int, source: str
) -> None:
    shares = list(itertools.pairwise(edges))
    owners = sum(owns([share], seed, source) for share in shares)
    assert owners == int(owns(shares, seed, source)) <= 1
    assert owns([(0.0, 1.0)], seed, source)


def test_a_share_owns_about_its_fraction_and_another_one_for_another_seed() -> None:
    sources = [str(i) for i in range(4000)]
    owned = [{s for s in sources if owns([(0.2, 0.45)], seed, s)} for seed in (0, 1)]
    assert [len(o) / 4000 for o in owned] == pytest.approx([0.25, 0.25], abs=0.03)
    assert owned[0] != owned[1]
