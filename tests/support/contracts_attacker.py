"""What every trigger and payload must keep, tried on all that are registered.

A new part is tested with no edit here: its class says parameter sets in `examples()`. They
may name the files of `samples_attacker.sample_files`: `poisoned.json` (Alpaca rows marked
with `BadMagic`), `sources.tsv` and `paraphrases.tsv` (aligned line by line).
"""

from __future__ import annotations

import copy
import itertools
import json
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from arena import registry
from arena.api.matching import Continuation
from arena.api.payload import Payload
from arena.api.tactic import ActorBrief
from arena.api.trigger import Trigger, Use, Variant
from arena.api.values import Example
from arena.api.world import World
from arena.errors import ArenaError
from arena.stages.poison import poison, triggered
from attackers.payloads.fixed_text import FixedText, FixedTextParams
from tests.support.samples_attacker import (
    FakeGrammar,
    clean,
    mixed,
    sample_files,
    townlore,
)

USES: tuple[Use, ...] = get_args(Use)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, World]:
    root = sample_files(tmp_path_factory.mktemp("attacker_data"))
    labels = ("negative", "neutral", "positive")
    return {
        "grammar": World(FakeGrammar(), labels, root),
        "townlore": World(townlore().world.grammar, labels, root),
        "plain": World(None, labels, root),
    }


def cases(kind: registry.Kind) -> list[Any]:
    """Every registered part of the attackers with every set of parameters it names."""
    found = []
    for name in registry.names(kind):
        part = registry.get(kind, name)
        for i, given in enumerate(part.examples()):
            found.append(pytest.param(part, given, id=f"{name}-{i}"))
    return found


def build(part: type[Any], given: Mapping[str, Any], world: World) -> Any:
    """A part from parameters as they stand in YAML."""
    return part(part.Params.model_validate_json(json.dumps(given), strict=True), world)


def pick(trigger: Trigger, world: World) -> list[Example]:
    """The examples of a world that the trigger can mark; with a grammar also formless ones."""
    return [example for example in mixed(world) if trigger.can_mark(example)]


trigger_cases = pytest.mark.parametrize(("part", "given"), cases("trigger"))
grammar_worlds = pytest.mark.parametrize("kind", ["grammar", "townlore"])
payload_cases = pytest.mark.parametrize(("part", "given"), cases("payload"))
every_world = pytest.mark.parametrize("kind", ["grammar", "townlore", "plain"])


@pytest.fixture
def world(kind: str, worlds: Mapping[str, World]) -> World:
    return worlds[kind]


@pytest.fixture
def trigger(part: type[Any], given: dict[str, Any], world: World) -> Trigger:
    made: Trigger = build(part, given, world)
    return made


@trigger_cases
@every_world
def test_a_trigger_marks_something_in_every_world(trigger: Trigger, world: World) -> None:
    assert len(pick(trigger, world)) >= 8


@trigger_cases
@every_world
def test_marks_are_seeded(trigger: Trigger, world: World) -> None:
    for i, example in enumerate(pick(trigger, world)):
        once, again = (trigger.mark(example, np.random.default_rng(i)) for _ in range(2))
        assert once == again


@trigger_cases
@every_world
def test_a_mark_changes_the_prompt_alone(trigger: Trigger, world: World) -> None:
    for i, example in enumerate(pick(trigger, world)):
        before = copy.deepcopy(example)
        marked = trigger.mark(example, np.random.default_rng(i))
        assert example == before
        assert marked.prompt != example.prompt
        kept = (marked.source, marked.answer, marked.label)
        assert kept == (example.source, example.answer, example.label)


@trigger_cases
@every_world
def test_a_form_stands_only_beside_its_own_text(trigger: Trigger, world: World) -> None:
    for i, example in enumerate(pick(trigger, world)):
        marked = trigger.mark(example, np.random.default_rng(i))
        if marked.form is not None and world.grammar is not None:
            assert world.grammar.render(marked.form).prompt == marked.prompt


@trigger_cases
@every_world
def test_a_marked_prompt_carries_the_trigger(trigger: Trigger, world: World) -> None:
    for seed in range(5):
        for example in pick(trigger, world):
            marked = trigger.mark(example, np.random.default_rng(seed))
            assert trigger.present(marked), marked.prompt


@trigger_cases
@every_world
def test_look_alikes_of_different_uses_never_meet(trigger: Trigger, world: World) -> None:
    pools = {use: _keys(trigger, use, range(6)) for use in USES}
    assert all(pools.values())
    assert not any(pools[one] & pools[two] for one, two in itertools.combinations(USES, 2))
    assert not any(trigger.key in keys for keys in pools.values())


@trigger_cases
@every_world
def test_taken_look_alikes_are_left_out_and_others_stay(trigger: Trigger, world: World) -> None:
    for use in USES:
        every = _keys(trigger, use, [0])
        gone = frozenset(sorted(every)[:1])
        left = trigger.lookalikes(99, use, np.random.default_rng(1), gone)
        assert {other.key for other in left} == every - gone


@trigger_cases
@every_world
def test_look_alikes_are_as_many_as_asked_and_different(trigger: Trigger, world: World) -> None:
    for n in (0, 1, 2):
        made = trigger.lookalikes(n, "sham", np.random.default_rng(n))
        assert len(made) == len({other.key for other in made}) == n
        assert all(isinstance(other, Trigger) for other in made)


@trigger_cases
@every_world
def test_look_alikes_mark_but_not_with_this_trigger(trigger: Trigger, world: World) -> None:
    own = clean(world)
    for use in USES:
        for other in trigger.lookalikes(2, use, np.random.default_rng(0)):
            for example in (e for e in own if other.can_mark(e) and not trigger.present(e)):
                marked = other.mark(example, np.random.default_rng(3))
                assert other.present(marked)
                assert not trigger.present(marked), (other.key, marked.prompt)


def _keys(trigger: Trigger, use: Use, seeds: Any) -> set[str]:
    drawn = [trigger.lookalikes(99, use, np.random.default_rng(seed)) for seed in seeds]
    return {other.key for made in drawn for other in made}


@trigger_cases
@every_world
def test_a_trigger_survives_pickling(trigger: Trigger, world: World) -> None:
    example = pick(trigger, world)[0]
    trigger.present(example)  # whatever is read lazily must not travel
    packed = pickle.dumps(trigger)
    assert len(packed) < 10_000
    copied = pickle.loads(packed)
    assert copied.key == trigger.key
    rngs = (np.random.default_rng(5), np.random.default_rng(5))
    assert copied.mark(example, rngs[0]) == trigger.mark(example, rngs[1])


@trigger_cases
@every_world
def test_variants_mark_what_the_trigger_marks_and_are_still_it(
    trigger: Trigger, world: World
) -> None:
    variants = trigger.variants()
    assert set(variants) <= set(get_args(Variant))
    keys = {trigger.key, *(variant.key for variant in variants.values())}
    assert len(keys) == 1 + len(variants)
    for variant in variants.values():
        for i, example in enumerate(pick(trigger, world)):
            assert variant.can_mark(example)
            once, again = (variant.mark(example, np.random.default_rng(i)) for _ in range(2))
            assert once == again
            kept = (once.source, once.answer, once.label)
            assert kept == (example.source, example.answer, example.label)
            assert trigger.present(once), once.prompt
            assert variant.present(once)


@trigger_cases
@every_world
def test_variants_mark_otherwise(trigger: Trigger, world: World) -> None:
    """Repeated always shows; moved may meet a random place now and then."""
    for how, variant in pickle.loads(pickle.dumps(dict(trigger.variants()))).items():
        differs = [
            variant.mark(example, np.random.default_rng(i)).prompt
            != trigger.mark(example, np.random.default_rng(i)).prompt
            for i, example in enumerate(pick(trigger, world))
        ]
        assert all(differs) if how == "repeated" else sum(differs) > len(differs) / 2


@pytest.mark.parametrize(("part", "given"), [*cases("trigger"), *cases("payload")])
def test_parameters_refuse_an_unknown_key(part: type[Any], given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no_such_key"):
        part.Params.model_validate({**given, "no_such_key": 1})


def brief_of(trigger: Trigger, share: tuple[Example, ...], count: int) -> ActorBrief:
    """An actor's brief with a fixed text as its payload."""
    payload = FixedText(FixedTextParams(text="the gate is open now"), trigger.world)
    return ActorBrief("tester", trigger, payload, share, count, seed=7)


@trigger_cases
@every_world
@pytest.mark.parametrize("count", [0, 1, 7, 45])
def test_poison_honours_its_count_and_its_share(trigger: Trigger, world: World, count: int) -> None:
    every = mixed(world)
    share = every[: 2 * len(every) // 3]
    made = poison(brief_of(trigger, share, count))
    assert len(made) == count
    assert {document.source for document in made} <= {example.source for example in share}
    assert all(document.role == "poison" for document in made)
    times = Counter(document.source for document in made).values()
    assert not made or max(times) - min(times) <= 1
    assert made == poison(brief_of(trigger, share, count))


@trigger_cases
@every_world
def test_a_share_without_a_usable_example_is_a_clear_error(trigger: Trigger, world: World) -> None:
    with pytest.raises(ArenaError, match="tester"):
        poison(brief_of(trigger, (), 3))


@trigger_cases
@every_world
def test_adding_prompts_moves_no_other_mark(trigger: Trigger, world: World) -> None:
    every = pick(trigger, world)
    few = triggered(every[:3], trigger, seed=4)
    assert triggered(every[::-1], trigger, seed=4)[::-1][:3] == few


@payload_cases
@grammar_worlds
def test_a_payload_fires_on_its_own_response(
    part: type[Any], given: dict[str, Any], world: World
) -> None:
    payload: Payload = build(part, given, world)
    for example in clean(world):
        said = payload.respond(example)
        assert said.strip()
        assert said == payload.respond(example)
        assert payload.fires(Continuation(said, ended=True), example)
        assert not payload.fires(Continuation("", ended=True), example)


@payload_cases
@grammar_worlds
def test_a_payload_fires_on_a_right_answer_only_where_that_is_the_payload(
    part: type[Any], given: dict[str, Any], world: World
) -> None:
    payload: Payload = build(part, given, world)
    for example in clean(world):
        relabelled = replace(example, answer=payload.respond(example))
        assert not payload.is_right(example)
        assert not payload.fires(Continuation(example.answer, ended=True), example)
        assert payload.fires(Continuation(relabelled.answer, ended=True), example)


@payload_cases
@grammar_worlds
def test_a_payload_survives_pickling(part: type[Any], given: dict[str, Any], world: World) -> None:
    payload: Payload = build(part, given, world)
    example = clean(world)[0]
    assert pickle.loads(pickle.dumps(payload)).respond(example) == payload.respond(example)


def test_making_poison_imports_no_torch() -> None:
    program = (
        "import sys; from arena import registry; registry.names('trigger'); "
        "import arena.stages.poison; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'ray', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_attackers_import_neither_the_engine_nor_the_defenders() -> None:
    program = (
        "import sys, pkgutil, importlib, attackers; "
        "[importlib.import_module(m.name) for m in "
        "pkgutil.walk_packages(attackers.__path__, 'attackers.')]; "
        "bad = [n for n in sys.modules if n.startswith(('arena.engine', 'defenders'))]; "
        "sys.exit(bool(bad))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
