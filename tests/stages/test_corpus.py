"""A corpus by reference."""

from __future__ import annotations

from tests.support.stage_inputs import reference


def test_a_corpus_is_built_once_per_process() -> None:
    assert reference().build() is reference().build()
    assert reference().build() is not reference(1).build()
