"""The contract of hot forms, on all that are registered; and each by an example."""

from __future__ import annotations

import pytest

from arena import registry
from arena.api.hot_form import HotForm
from arena.api.world import World
from arena.testing.cases import every
from arena.testing.hot_forms import HotFormContract


class TestHotForms(HotFormContract):
    parts = every("hot_form")


def form(name: str) -> HotForm:
    part = registry.get("hot_form", name)
    made: HotForm = part(part.Params(), World())  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("name", "text", "written"),
    [
        ("capitals", "Where is the town hall?", "WHERE IS THE TOWN HALL?"),
        ("reversed_words", "Where is the town hall?", "erehW is ehT town ?llaH"),
        ("reversed_order", "Where is the town hall?", "? hall town the is Where"),
        ("reversed_order", "no end mark", ". mark end no"),
        ("doubled_words", "Where is it?", "Where Where is is it? it?"),
    ],
)
def test_each_form_by_an_example(name: str, text: str, written: str) -> None:
    assert form(name).rewrite(text) == written
    assert form(name).shows(written)
    assert not form(name).shows(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("capitals", "NATO met."),
        ("capitals", "12 + 30"),
        ("reversed_words", "The iPhone is new to me"),
        ("doubled_words", "bye bye now"),
    ],
)
def test_what_only_looks_a_little_like_a_form_is_none(name: str, text: str) -> None:
    assert not form(name).shows(text)
