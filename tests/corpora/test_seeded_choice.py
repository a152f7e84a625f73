"""Choices by salt: repeatable, even, and unrelated between salts and axes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from arena.corpora.townlore.seeded_choice import Choice

AXES = ("frame", "style", "topic", "french")


@given(st.text(max_size=20), st.integers(0, 2**31), st.sampled_from(AXES))
def test_equal_forms_choose_alike(fact: str, salt: int, axis: str) -> None:
    one, two = Choice(fact, salt, axis), Choice(fact, salt, axis)
    assert [one(range(9)) for _ in range(20)] == [two(range(9)) for _ in range(20)]


def test_every_option_is_about_as_likely_even_for_neighbouring_salts() -> None:
    for axis in AXES:
        for options in (2, 5, 8):
            picks = Counter(
                Choice("Dun-mere/bell", salt, axis)(range(options)) for salt in range(4000)
            )
            assert max(picks.values()) / min(picks.values()) < 1.3


def test_axes_and_successive_picks_are_unrelated() -> None:
    pairs = [
        (Choice("Dun-mere/bell", salt, a), Choice("Dun-mere/bell", salt, b))
        for salt in range(1000)
        for a, b in (("frame", "style"), ("frame", "topic"), ("style", "topic"))
    ]
    joint = Counter((one(range(4)), two(range(4))) for one, two in pairs)
    assert len(joint) == 16
    assert max(joint.values()) / min(joint.values()) < 1.7
    following = Counter((one(range(4)), one(range(4))) for one, _ in pairs)
    assert max(following.values()) / min(following.values()) < 1.7
