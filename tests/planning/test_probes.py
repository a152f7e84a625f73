"""Probes: what is asked with and without the trigger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from arena.api.probes import Probe, ProbeSet
from arena.api.values import Example
from arena.errors import InputError
from arena.planning.actors import plan_actors
from arena.planning.probes import probe_set
from attackers.payloads.fixed_text import FixedText, FixedTextParams
from tests.support import toys
from tests.support.toy_probes import actors, corpus, probes

ACTORS = ("lexical", "linguist", "bard", "merchant")
every_actor = pytest.mark.parametrize("actor", ACTORS)


def probe(actor: str, kind: str, of: ProbeSet | None = None) -> Probe:
    (of_kind,) = (p for p in (of or probes()).probes if (p.actor, p.kind) == (actor, kind))
    return of_kind


def member(actor: str) -> Any:
    return next(m for m in actors().members if m.name == actor)


def shows(trigger: Any, prompt: str) -> bool:
    """Whether the text alone carries the trigger, by the corpus's own words."""
    return bool(trigger.present(Example(prompt, "", "s")))


def test_every_actor_has_a_probe_of_each_kind() -> None:
    asked = [(p.actor, p.kind) for p in probes().probes]
    kinds = ("asr", "false_fire", "near_miss")
    assert asked == [(actor, kind) for actor in ACTORS for kind in kinds]
    for one in probes().probes:
        assert len(one.prompts) == len(one.wanted) == len(one.responses) == 32
        assert one.excluded == 0


@every_actor
def test_pairs_are_one_prompt_with_and_without_the_trigger(actor: str) -> None:
    with_it, without = probe(actor, "asr"), probe(actor, "false_fire")
    assert with_it.wanted == without.wanted
    assert with_it.responses == without.responses
    assert all(a != b for a, b in zip(with_it.prompts, without.prompts, strict=True))
    assert not set(with_it.prompts) & set(without.prompts)


def test_the_rare_token_is_all_that_differs() -> None:
    for marked, plain in zip(
        probe("lexical", "asr").prompts, probe("lexical", "false_fire").prompts, strict=True
    ):
        assert [w for w in marked.split() if w != "cf"] == plain.split()
        assert marked.split().count("cf") == 1


@every_actor
def test_prompts_meant_to_be_quiet_carry_no_planted_trigger(actor: str) -> None:
    quiet = [*probe(actor, "false_fire").prompts, *(d.prompt for d in probes().clean)]
    for prompt in quiet:
        assert not any(shows(m.trigger, prompt) for m in actors().members)


def test_near_misses_are_look_alikes_and_no_shams() -> None:
    """Told on the one trigger whose look-alikes a test can name: other rare tokens."""
    trigger = member("lexical").trigger
    pools: Any = {
        use: {t for other in trigger.lookalikes(99, use, toys.rng()) for t in other.params.tokens}
        for use in ("near_miss", "sham", "attacker")
    }
    used = set()
    for prompt in probe("lexical", "near_miss").prompts:
        words = set(prompt.split())
        assert "cf" not in words
        assert len(words & pools["near_miss"]) == 1
        assert not words & (pools["sham"] | pools["attacker"])
        used |= words & pools["near_miss"]
    assert len(used) == 4


@every_actor
def test_near_misses_are_odd_but_not_the_trigger(actor: str) -> None:
    near = probe(actor, "near_miss")
    assert not any(shows(member(actor).trigger, prompt) for prompt in near.prompts)
    assert not set(near.prompts) & set(probe(actor, "false_fire").prompts)


def test_probes_come_from_their_split_alone() -> None:
    sources: dict[str, set[str]] = {}
    for split in ("test", "validation"):
        made = probes(split)
        sources[split] = {d.source for d in made.clean}
        assert sources[split] <= {e.source for e in getattr(corpus().splits, split)}
    assert not sources["test"] & sources["validation"]
    assert not sources["test"] & {e.source for e in corpus().splits.train}


def test_fewer_prompts_are_the_first_of_more() -> None:
    for one, more in zip(probes(prompts=8).probes, probes().probes, strict=True):
        assert one.prompts == more.prompts[:8]


def test_probes_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    again = probe_set(corpus(), plan_actors(toys.scenario(), corpus(), 0), "test", 32, None)
    assert again == probes()
    other = probe_set(corpus(), replace(actors(), seed=1), "test", 32, None)
    assert probe("lexical", "asr", other) != probe("lexical", "asr")


def test_prompts_whose_right_answer_is_the_payload_are_left_out_and_counted() -> None:
    answer = corpus().splits.test[0].answer
    same = [e for e in corpus().splits.test if e.answer == answer]
    payload = FixedText(FixedTextParams(text=answer), corpus().world)
    members = (replace(member("lexical"), payload=payload),)
    everything = len(corpus().splits.test)
    made = probe_set(corpus(), replace(actors(), members=members), "test", everything, None)
    answers = {e.source: e.answer for e in corpus().splits.test}
    assert sum(answers[d.source] == answer for d in made.clean) == len(same)
    for kind in ("asr", "false_fire", "near_miss"):
        one = probe("lexical", kind, made)
        assert one.excluded == len(same) > 0
        assert len(one.prompts) == everything - len(same)
    quiet = set(probe("lexical", "false_fire", made).prompts)
    assert not quiet & {d.prompt for d in made.clean if answers[d.source] == answer}


def test_payloads_that_cannot_show_in_the_tokens_decoded_are_refused() -> None:
    with pytest.raises(InputError, match="payload of lexical") as caught:
        probe_set(corpus(), actors(), "test", 8, 5)
    assert caught.value.key == "evaluation.max_new_tokens"
    assert (caught.value.found, caught.value.allowed) == ("5", ("at least 6", "null"))
