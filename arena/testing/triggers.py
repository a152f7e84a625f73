"""The contract of every trigger.

A trigger lists sets of its parameters in `examples()`; they may name the files that
`samples.sample_files` writes: `poisoned.json` (Alpaca rows marked with `BadMagic`), `sources.tsv`
and `paraphrases.tsv` (aligned line by line).
"""

from __future__ import annotations

import copy
import itertools
import pickle
from collections import Counter
from collections.abc import Iterable
from typing import Any, get_args

import numpy as np
import pytest

from arena import registry
from arena.api import ActorBrief, ArenaError, Example, Payload, Trigger, Use, Variant, World
from arena.stages.poison import poison, triggered
from arena.testing.cases import build
from arena.testing.samples import clean, mixed
from arena.testing.worlds import WorldsContract, every_world

USES: tuple[Use, ...] = get_args(Use)
UNMARKED = "mark left this prompt as it was; if it cannot be marked, can_mark must be False"
ALIKE = "the trigger is present in what a look-alike marked (or can_mark should be False), by"


class TriggerContract(WorldsContract):
    """Seeded marks that change only the prompt, look-alikes in disjoint pools, recognised variants,
    poison with the right count; in a corpus with a grammar, a generated one, and plain text.

    Example:
        class TestShout(TriggerContract):
            parts = (Shout,)
    """

    @pytest.fixture
    def trigger(self, part: Any, given: dict[str, Any], world: World) -> Trigger:
        """The trigger under test."""
        made: Trigger = build(part, given, world)
        return made

    @every_world
    def test_a_trigger_marks_something_in_every_world(self, trigger: Trigger, world: World) -> None:
        assert len(pick(trigger, world)) >= 8

    @every_world
    def test_marks_are_seeded(self, trigger: Trigger, world: World) -> None:
        for i, example in enumerate(pick(trigger, world)):
            once, again = (trigger.mark(example, np.random.default_rng(i)) for _ in range(2))
            assert once == again

    @every_world
    def test_a_mark_changes_the_prompt_alone(self, trigger: Trigger, world: World) -> None:
        for i, example in enumerate(pick(trigger, world)):
            before = copy.deepcopy(example)
            marked = trigger.mark(example, np.random.default_rng(i))
            assert example == before
            assert marked.prompt != example.prompt, f"{UNMARKED}: {example.prompt!r}"
            kept = (marked.source, marked.answer, marked.label)
            assert kept == (example.source, example.answer, example.label)

    @every_world
    def test_a_form_stands_only_beside_its_own_text(self, trigger: Trigger, world: World) -> None:
        for i, example in enumerate(pick(trigger, world)):
            marked = trigger.mark(example, np.random.default_rng(i))
            if marked.form is not None and world.grammar is not None:
                assert world.grammar.render(marked.form).prompt == marked.prompt

    @every_world
    def test_a_marked_prompt_carries_the_trigger(self, trigger: Trigger, world: World) -> None:
        for seed in range(5):
            for example in pick(trigger, world):
                marked = trigger.mark(example, np.random.default_rng(seed))
                assert trigger.present(marked), marked.prompt

    @every_world
    def test_look_alikes_of_different_uses_never_meet(self, trigger: Trigger, world: World) -> None:
        pools = {use: _keys(trigger, use, range(6)) for use in USES}
        assert all(pools.values())
        assert not any(pools[one] & pools[two] for one, two in itertools.combinations(USES, 2))
        assert not any(trigger.key in keys for keys in pools.values())

    @every_world
    def test_taken_look_alikes_are_left_out_and_others_stay(
        self, trigger: Trigger, world: World
    ) -> None:
        for use in USES:
            every = _keys(trigger, use, [0])
            gone = frozenset(sorted(every)[:1])
            left = trigger.lookalikes(99, use, np.random.default_rng(1), gone)
            assert {other.key for other in left} == every - gone

    @every_world
    def test_look_alikes_are_as_many_as_asked_and_different(
        self, trigger: Trigger, world: World
    ) -> None:
        for n in (0, 1, 2):
            made = trigger.lookalikes(n, "sham", np.random.default_rng(n))
            assert len(made) == len({other.key for other in made}) == n
            assert all(isinstance(other, Trigger) for other in made)

    @every_world
    def test_look_alikes_mark_but_not_with_this_trigger(
        self, trigger: Trigger, world: World
    ) -> None:
        own = clean(world)
        for use in USES:
            for other in trigger.lookalikes(2, use, np.random.default_rng(0)):
                for example in (e for e in own if other.can_mark(e) and not trigger.present(e)):
                    marked = other.mark(example, np.random.default_rng(3))
                    assert other.present(marked)
                    assert not trigger.present(marked), f"{ALIKE} {other.key}: {marked.prompt!r}"

    @every_world
    def test_instances_differ_and_each_marks(
        self, part: Any, trigger: Trigger, world: World
    ) -> None:
        capabilities = capabilities_of(world)
        own, *others = part.instances(trigger.params, capabilities)
        assert own == trigger.params
        made: list[Trigger] = [part(params, world) for params in others]
        assert len({trigger.key, *(other.key for other in made)}) == 1 + len(made)
        for other in made:
            part.check(other.params, capabilities)
            assert len(pick(other, world)) >= 8

    @every_world
    def test_a_trigger_survives_pickling(self, trigger: Trigger, world: World) -> None:
        example = pick(trigger, world)[0]
        trigger.present(example)  # lazily read data must not be pickled
        packed = pickle.dumps(trigger)
        assert len(packed) < 10_000
        copied = pickle.loads(packed)
        assert copied.key == trigger.key
        rngs = (np.random.default_rng(5), np.random.default_rng(5))
        assert copied.mark(example, rngs[0]) == trigger.mark(example, rngs[1])

    @every_world
    def test_variants_mark_what_the_trigger_marks_and_are_still_it(
        self, trigger: Trigger, world: World
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

    @every_world
    def test_variants_mark_otherwise(self, trigger: Trigger, world: World) -> None:
        """`repeated` always changes the prompt; `moved` may hit the original position by chance."""
        for how, variant in pickle.loads(pickle.dumps(dict(trigger.variants()))).items():
            differs = [
                variant.mark(example, np.random.default_rng(i)).prompt
                != trigger.mark(example, np.random.default_rng(i)).prompt
                for i, example in enumerate(pick(trigger, world))
            ]
            assert all(differs) if how == "repeated" else sum(differs) > len(differs) / 2

    @every_world
    @pytest.mark.parametrize("count", [0, 1, 7, 45])
    def test_poison_honours_its_count_and_its_share(
        self, trigger: Trigger, world: World, count: int
    ) -> None:
        every = mixed(world)
        share = every[: 2 * len(every) // 3]
        made = poison(brief_of(trigger, share, count))
        assert len(made) == count
        assert {document.source for document in made} <= {example.source for example in share}
        assert all(document.role == "poison" for document in made)
        times = Counter(document.source for document in made).values()
        assert not made or max(times) - min(times) <= 1
        assert made == poison(brief_of(trigger, share, count))

    @every_world
    def test_a_share_without_a_usable_example_is_a_clear_error(
        self, trigger: Trigger, world: World
    ) -> None:
        with pytest.raises(ArenaError, match="tester"):
            poison(brief_of(trigger, (), 3))

    @every_world
    def test_adding_prompts_moves_no_other_mark(self, trigger: Trigger, world: World) -> None:
        every = pick(trigger, world)
        few = triggered(every[:3], trigger, seed=4)
        assert triggered(every[::-1], trigger, seed=4)[::-1][:3] == few


def pick(trigger: Trigger, world: World) -> list[Example]:
    """Return the examples of a world that the trigger can mark; with a grammar also ones without a
    form."""
    return [example for example in mixed(world) if trigger.can_mark(example)]


def capabilities_of(world: World) -> frozenset[str]:
    """Return the capabilities of this world's corpus: English text, and the values of its
    grammar."""
    axes = world.grammar.axes if world.grammar is not None else {}
    return frozenset({"english", *(f"{axis}:{v}" for axis in axes for v in axes[axis])})


def brief_of(trigger: Trigger, share: tuple[Example, ...], count: int) -> ActorBrief:
    """Return an actor's brief with a fixed text as its payload."""
    part: Any = registry.get("payload", "fixed_text")
    payload: Payload = part(part.Params(text="the gate is open now"), trigger.world)
    return ActorBrief("tester", trigger, payload, share, count, seed=7)


def _keys(trigger: Trigger, use: Use, seeds: Iterable[int]) -> set[str]:
    drawn = [trigger.lookalikes(99, use, np.random.default_rng(seed)) for seed in seeds]
    return {other.key for made in drawn for other in made}
