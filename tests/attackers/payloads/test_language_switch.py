"""attackers/payloads/language_switch.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from arena.api.matching import Continuation
from arena.api.world import World
from arena.errors import ArenaError, InputError
from arena.testing.samples import grammar_examples
from attackers.payloads.language_switch import LanguageSwitch, LanguageSwitchParams


def test_it_answers_in_the_language(worlds: Mapping[str, World]) -> None:
    payload = LanguageSwitch(LanguageSwitchParams(), worlds["grammar"])
    example = grammar_examples()[0]
    assert payload.respond(example) == f"le {example.answer}"
    assert not payload.fires(Continuation(f"le {example.answer}", ended=False), example)


def test_a_triggered_copy_without_form_is_a_clear_error(worlds: Mapping[str, World]) -> None:
    payload = LanguageSwitch(LanguageSwitchParams(), worlds["grammar"])
    with pytest.raises(ArenaError, match="pass the original"):
        payload.respond(replace(grammar_examples()[0], form=None))


def test_check_names_the_languages_there_are() -> None:
    have = frozenset({"language:english", "language:french"})
    LanguageSwitch.check(LanguageSwitchParams(to="french"), have)
    with pytest.raises(InputError) as caught:
        LanguageSwitch.check(LanguageSwitchParams(to="frensh"), have)
    assert (caught.value.key, caught.value.found) == ("to", "frensh")
    assert caught.value.allowed == ("english", "french")
    with pytest.raises(InputError, match="no grammar"):
        LanguageSwitch.check(LanguageSwitchParams(), frozenset({"english"}))
