"""attackers/triggers/any_of.py: each part fires by itself."""

from __future__ import annotations

import json
import pickle
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from arena.errors import InputError
from arena.stages.poison import poison
from arena.testing.triggers import USES, brief_of
from attackers.triggers.any_of import AnyOf, AnyOfParams
from tests.support import toys

CF = {"method": "rare_token", "tokens": ["cf"]}
MN = {"method": "rare_token", "tokens": ["mn"], "position": "end"}
ARCHAIC = {"method": "style"}
BOTH = {"method": "composite", "parts": [CF, ARCHAIC]}
TOWNS = toys.townlore().splits.train[:64]


def made(*parts: dict[str, Any]) -> AnyOf:
    given = json.dumps({"parts": parts})
    return AnyOf(AnyOfParams.model_validate_json(given, strict=True), toys.townlore().world)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_poison_has_one_part_per_document_and_every_part() -> None:
    documents = poison(brief_of(made(CF, MN), TOWNS, 80))
    carried = {tuple(t in d.prompt.split() for t in ("cf", "mn")) for d in documents}
    assert carried == {(True, False), (False, True)}


def test_any_part_is_enough() -> None:
    trigger = made(CF, ARCHAIC)
    plain = [example for example in TOWNS if not trigger.present(example)]
    assert plain
    for part in trigger.triggers:
        assert all(trigger.present(part.mark(example, rng())) for example in plain)


def test_a_composite_part_fires_only_as_a_whole() -> None:
    trigger = made(MN, BOTH)
    token = made(CF, MN).triggers[0]
    plain = TOWNS[0]
    assert not trigger.present(token.mark(plain, rng()))
    assert trigger.present(trigger.triggers[1].mark(plain, rng()))


@pytest.mark.parametrize("parts", [(CF, MN), (CF, ARCHAIC), (MN, BOTH)])
def test_look_alikes_are_of_every_part_and_no_name_is_in_two_pools(parts: Any) -> None:
    trigger = made(*parts)
    drawn = {use: trigger.lookalikes(99, use, rng()) for use in USES}
    names = {use: {o.key.replace("@end", "") for o in found} for use, found in drawn.items()}
    assert not any(names[one] & names[two] for one, two in combinations(USES, 2))
    for use, found in drawn.items():
        assert len(names[use]) == len(found)
        assert not trigger.keys & names[use]
        kinds = {(o.key.partition(":")[0], o.key.endswith("@end")) for o in found[:2]}
        assert len(kinds) == 2


def test_its_parts_count_as_planted() -> None:
    trigger = made(MN, BOTH)
    whole = "composite:rare_token:cf&style:archaic"
    assert trigger.keys == {trigger.key, "rare_token:mn@end", whole}


def test_another_actors_part_is_no_look_alike_of_it() -> None:
    keys = {o.key for o in made(CF, MN).lookalikes(99, "sham", rng())}
    taken = frozenset(key for key in sorted(keys)[:1])
    left = {o.key for o in made(CF, MN).lookalikes(99, "sham", rng(), taken)}
    assert left == keys - taken


def test_variants_only_where_every_part_has_one() -> None:
    assert made(CF, ARCHAIC).variants() == {}
    repeated = made(CF, MN).variants()["repeated"]
    words = repeated.mark(TOWNS[0], rng()).prompt.split()
    assert max(words.count("cf"), words.count("mn")) == 3


def test_parameters_are_whole_hashable_and_travel() -> None:
    one = made(MN, BOTH).params
    dumped = one.model_dump(mode="json")
    assert dumped["parts"][1]["parts"][0]["position"] == "random"
    again = AnyOfParams.model_validate_json(json.dumps(dumped), strict=True)
    assert again == one == pickle.loads(pickle.dumps(one))
    assert hash(again) == hash(one)


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ([CF, {"method": "rare_tokn"}], "parts[1].method"),
        ([CF, {"method": "any_of", "parts": [CF, MN]}], "parts[1].method"),
        ([CF, {"method": "composite", "parts": [CF, {"method": "x"}]}], "parts[1].parts[1].method"),
        ([CF, {**CF, "position": "end"}], "parts[1]"),
        ([BOTH, CF, BOTH], "parts[2]"),
    ],
)
def test_impossible_parts_are_reported_by_their_key(parts: Any, key: str) -> None:
    with pytest.raises(InputError) as caught:
        AnyOfParams(parts=parts)
    assert caught.value.key == key


def test_a_part_that_the_corpus_cannot_carry_is_reported_by_its_key() -> None:
    bad = {"method": "composite", "parts": [CF, {"method": "style", "style": "x"}]}
    with pytest.raises(InputError) as caught:
        AnyOf.check(made(MN, bad).params, frozenset({"english"}))
    assert caught.value.key == "parts[1].parts[1].style"
