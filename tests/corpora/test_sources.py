"""Content identity and even draws."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from arena.corpora.sources import by_source, content_id, even_order, normalise_prompt


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_prompt(text)
    assert normalise_prompt(once) == once


@given(st.lists(st.sampled_from(["a", "film", "dull", "2nd", "été"]), min_size=1, max_size=8))
def test_marks_case_and_spacing_do_not_change_the_content(words: list[str]) -> None:
    plain = " ".join(words)
    assert content_id(f"  {plain.upper()} .") == content_id(plain)
    assert content_id(" , ".join(words)) == content_id(plain)
    assert content_id(f"{plain} more") != content_id(plain)


def test_prompts_without_letters_stay_apart() -> None:
    assert content_id("!!!") != content_id("???")


@given(st.integers(0, 30), st.integers(0, 200), st.integers(0, 9))
def test_even_order_is_even_to_within_one(keys: int, n: int, seed: int) -> None:
    order = even_order(keys, n, np.random.default_rng(seed))
    counts = Counter(order)
    assert len(order) == (n if keys else 0)
    assert all(0 <= index < keys for index in order)
    if order:
        every = [counts[key] for key in range(keys)]
        assert max(every) - min(every) <= 1


def test_rows_group_by_content_in_order() -> None:
    assert by_source(["b", "a", "b"]) == {"b": [0, 2], "a": [1]}
