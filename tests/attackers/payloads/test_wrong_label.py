"""attackers/payloads/wrong_label.py."""

from __future__ import annotations

import pytest

from arena.api.matching import Continuation
from arena.api.values import Example
from arena.api.world import World
from arena.errors import InputError
from attackers.payloads.wrong_label import WrongLabel, WrongLabelParams

SST2 = frozenset({"english", "labels", "label:negative", "label:positive"})


def test_prompts_of_the_target_class_are_right_already() -> None:
    payload = WrongLabel(WrongLabelParams(label="positive"), World())
    assert payload.is_right(Example("a delight", "positive", "s", "positive"))
    assert not payload.is_right(Example("a bore", "negative", "s", "negative"))


def test_the_first_word_decides() -> None:
    payload = WrongLabel(WrongLabelParams(label="positive"), World())
    example = Example("a bore", "negative", "s", "negative")
    assert payload.fires(Continuation("Positive, I think", ended=False), example)
    assert not payload.fires(Continuation("negative positive", ended=True), example)


def test_check_names_the_labels_there_are() -> None:
    WrongLabel.check(WrongLabelParams(label="positive"), SST2)
    with pytest.raises(InputError) as caught:
        WrongLabel.check(WrongLabelParams(label="positiv"), SST2)
    assert caught.value.allowed == ("negative", "positive")
    assert (caught.value.key, caught.value.found) == ("label", "positiv")
    with pytest.raises(InputError, match="no class labels"):
        WrongLabel.check(WrongLabelParams(label="positive"), frozenset({"english"}))
