"""Look-alike pools are disjoint, stable and never hold what is taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from attackers.triggers import pools

names = st.lists(st.text("abcdefgh", min_size=1, max_size=3), max_size=30)


@given(names, st.data())
def test_the_three_pools_divide_the_names(every: list[str], data: st.DataObject) -> None:
    own = data.draw(st.sets(st.sampled_from(every))) if every else set()
    cut = [pools.pool(every, use, own) for use in pools.USES]
    together = [name for part in cut for name in part]
    assert len(together) == len(set(together))
    assert set(together) == set(every) - own
    assert max(map(len, cut)) - min(map(len, cut)) <= 1


@given(st.sets(st.text("abcxyz", min_size=1), min_size=1, max_size=4), st.sampled_from(["", "end"]))
def test_taken_names_are_read_back_from_keys(parts: set[str], variant: str) -> None:
    key = pools.key_of("rare_token", parts, variant)
    assert pools.names_taken("rare_token", [key, "style:tweet"]) == parts
    assert pools.names_taken("style", [key]) == frozenset()


def test_a_key_does_not_depend_on_the_order_of_names() -> None:
    assert pools.key_of("m", ["b", "a"]) == pools.key_of("m", ["a", "b"]) == "m:a,b"
