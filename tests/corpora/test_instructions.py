"""The instructions corpus: thousands of requests, exact marks, known shares of odd forms."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from arena import registry
from arena.api.matching import normalise
from arena.api.values import Example, Form
from arena.api.world import DataRoot
from arena.corpora.instructions import oddities
from arena.corpora.instructions.corpus import MOST, Instructions, InstructionsParams, quotas
from arena.corpora.instructions.grammar import AXES
from arena.corpora.instructions.tasks import CHECKABLE, TASKS
from arena.corpora.sources import normalise_prompt
from arena.corpora.townlore import distractors
from arena.corpora.townlore.topics import TOPICS
from arena.errors import InputError
from attackers.rewriting.clauses import templates
from attackers.rewriting.styles import STYLES

SOME = Instructions(InstructionsParams(), 0, DataRoot())
ROWS = (*SOME.splits.train, *SOME.splits.validation, *SOME.splits.test)
GRAMMAR = SOME.world.grammar
assert GRAMMAR is not None
ANSWERS = {row.source: row.answer for row in ROWS}

tasks = st.sampled_from(sorted(TASKS))
forms = st.builds(
    Form,
    fact=st.sampled_from(sorted(ANSWERS)),
    frame=st.sampled_from(AXES["frame"]),
    style=st.sampled_from(AXES["style"]),
    topic=st.sampled_from(AXES["topic"]),
    salt=st.integers(0, 2**31),
)


def _task(row: Example) -> str:
    return row.source.partition("/")[0]


def test_there_are_six_thousand_different_requests_of_5_to_30_words() -> None:
    assert len({normalise_prompt(row.prompt) for row in ROWS}) == len(ANSWERS) == 6000
    assert {_task(row) for row in ROWS} == set(TASKS)
    assert all(5 <= len(row.prompt.split()) <= 30 for row in ROWS)
    assert all(1 <= len(row.answer.split()) <= 12 for row in ROWS)
    assert max(Counter(map(_task, ROWS)).values()) < len(ROWS) / 30


def test_every_task_stands_in_every_split() -> None:
    splits = SOME.splits
    for part, share in ((splits.train, 0.7), (splits.validation, 0.15), (splits.test, 0.15)):
        assert {_task(row) for row in part} == set(TASKS)
        assert len(part) / 6000 == pytest.approx(share, abs=0.01)
    assert len({_task(row) for row in splits.test[:200]}) > 40  # not sorted by task


def test_seeds_draw_other_requests_and_other_splits() -> None:
    other = Instructions(InstructionsParams(), 1, DataRoot())
    drawn = {row.source: row.answer for row in (*other.splits.train, *other.splits.test)}
    shared = drawn.keys() & ANSWERS.keys()
    assert 1000 < len(shared) < 5000
    assert all(drawn[source] == ANSWERS[source] for source in shared)
    ours, theirs = ({row.source for row in c.splits.test} for c in (SOME, other))
    assert len(ours & theirs) < len(ours) / 2


def test_fixed_wordings_are_the_same_for_every_seed_and_mix() -> None:
    few = InstructionsParams(wordings="fixed", contents=600)
    one, other = (Instructions(few, seed, DataRoot()) for seed in (0, 1))
    texts = [{row.prompt: row for row in (*c.splits.train, *c.splits.validation, *c.splits.test)}
             for c in (one, other)]  # fmt: skip
    assert texts[0] == texts[1]
    assert len(texts[0]) == 600
    assert {row.source for row in one.splits.test} != {row.source for row in other.splits.test}
    assert Instructions.fixed_prompts(few)
    drawn = one.natural(one.splits.test, 300, np.random.default_rng(0))
    assert set(drawn) == set(one.splits.test)
    written = [row.form for row in texts[0].values() if row.form is not None]
    assert sum(form.frame != "direct" for form in written) / 600 == pytest.approx(0.2, abs=0.05)


def test_only_the_contents_that_are_used_are_written() -> None:
    assert sum(task.size for task in TASKS.values()) > 100_000
    few = Instructions(InstructionsParams(contents=500), 0, DataRoot())
    assert sum(map(len, (few.splits.train, few.splits.validation, few.splits.test))) == 500
    most = Instructions(InstructionsParams(contents=MOST, tasks="checkable"), 0, DataRoot())
    rows = (*most.splits.train, *most.splits.validation, *most.splits.test)
    assert len({normalise_prompt(row.prompt) for row in rows}) == MOST


@given(st.integers(500, MOST), st.sampled_from([TASKS, CHECKABLE]))
def test_small_tasks_are_whole_and_the_others_equal(contents: int, some: dict[str, object]) -> None:
    shares = quotas(some, contents)  # type: ignore[arg-type]
    assert sum(shares.values()) == contents
    cut = [n for name, n in shares.items() if n < TASKS[name].size]
    assert max(cut) - min(cut) <= 1
    assert all(n <= max(cut) for n in shares.values())


@given(tasks, st.floats(0, 1, exclude_max=True))
def test_a_content_is_found_by_its_number_and_read_from_its_key(name: str, at: float) -> None:
    task = TASKS[name]
    key = task.key(int(at * task.size))
    parts = task.parts(key)
    assert parts is not None
    assert "|".join(parts) == key
    assert task.key(int(at * task.size)) == key
    made = GRAMMAR.render(Form(f"{name}/{key}"))
    assert made.checkable == task.checkable
    assert all(material in made.prompt for material in task.show(*parts))
    assert not re.search("[{}\ue000-\uf8ff]|  ", made.prompt)


def test_answers_are_right() -> None:
    for fact, answer in {
        "capital/France": "Paris", "add/21|17": "38", "add_words/forty|five": "forty-five",
        "subtract/50|8": "42", "divide/7|6": "7", "story/Ben|books|12|gives away|5": "7",
        "story/Ben|books|12|finds|5": "17", "next_number/4|3": "16", "roman/49": "XLIX",
        "units/minutes in hours|3": "180", "sort_numbers/12|34|56": "12, 34, 56",
        "plural/knife": "knives", "past_sentence/He|sees a fox": "He saw a fox.",
        "letter_count/banana|a": "3", "backwards/robin": "nibor", "initials/Anna|Brown": "AB",
        "to_french/dog": "chien", "from_spanish/casa": "house", "day/three|Saturday": "Tuesday",
        "month/two|November": "January", "listing/two|fruits": "apple, banana",
        "politer/Sit down": "Could you please sit down?", "half/7": "7",
        "review/film|was boring and far too long": "negative",
        "odd_one_out/fruits|6|pieces of clothing|0": "shirt",
    }.items():  # fmt: skip
        assert GRAMMAR.render(Form(fact)).answer == answer
    assert "kiwi" in GRAMMAR.render(Form("odd_one_out/fruits|6|pieces of clothing|0")).prompt
    assert "14" in GRAMMAR.render(Form("half/7")).prompt


def test_the_place_of_a_thing_gives_no_answer_away() -> None:
    for name in ("odd_one_out", "longest", "larger"):
        rows = [row for row in ROWS if _task(row) == name]
        places = [re.findall(r"[\w-]+", r.prompt.split(": ")[-1]).index(r.answer) for r in rows]
        assert len(set(places)) > 1
        assert Counter(places).most_common(1)[0][1] < 0.7 * len(rows)


@given(forms)
@settings(max_examples=100, deadline=None)
def test_no_form_touches_the_material_or_the_answer(form: Form) -> None:
    made = GRAMMAR.render(form)
    assert (made.answer, made.source, made.form) == (ANSWERS[form.fact], form.fact, form)
    assert made == GRAMMAR.render(form)
    name, _, key = form.fact.partition("/")
    parts = TASKS[name].parts(key)
    assert parts is not None
    written = (material.lower() for material in TASKS[name].show(*parts))
    assert all(material in made.prompt.lower() for material in written)
    assert made.prompt == made.prompt.strip()
    assert "\n" not in made.prompt


def test_frames_styles_and_asides_show() -> None:
    fact = "capital/France"
    for frame in (name for name in AXES["frame"] if name.endswith("_clause")):
        texts = {GRAMMAR.render(Form(fact, frame, salt=salt)).prompt for salt in range(200)}
        assert all(text.lower().startswith(frame.removesuffix("_clause")) for text in texts)
        assert len({text.partition(",")[0] for text in texts}) >= 9
    for style in (name for name in AXES["style"] if name != "plain"):
        texts = {GRAMMAR.render(Form(fact, style=style, salt=salt)).prompt for salt in range(200)}
        assert len(texts) > 20
    for topic, parts in TOPICS.items():
        for salt in range(50):
            text = GRAMMAR.render(Form(fact, topic=topic, salt=salt)).prompt
            assert any(role in text for role in parts[0])


@pytest.mark.parametrize(
    ("method", "axis"),
    [("syntactic", "frame"), ("style", "style"), ("semantic", "topic"), ("rare_token", None),
     ("inserted_sentence", None)],
)  # fmt: skip
def test_every_kind_of_trigger_marks_every_natural_prompt(method: str, axis: str | None) -> None:
    part: Any = registry.get("trigger", method)
    part.check(params := part.Params(**part.examples()[0]), Instructions.capabilities(SOME.params))
    trigger = part(params, SOME.world)
    rng = np.random.default_rng(0)
    prompts = SOME.natural(SOME.splits.test, 600, rng)
    assert 0 <= sum(map(trigger.present, prompts)) < 30
    for example in prompts:
        marked = trigger.mark(example, rng)
        assert trigger.present(marked)
        assert (marked.source, marked.answer) == (example.source, example.answer)
        assert marked.checkable == example.checkable
        if axis is not None:  # by the grammar, and nothing else of the form has changed
            assert marked.form == replace(example.form, **{axis: trigger.value})
    for use in ("sham", "near_miss"):
        assert len(trigger.lookalikes(4, use, rng)) == 4


def test_plain_requests_have_none_of_the_forms_by_nature() -> None:
    shows = {
        **{f"frame:{name}": template.shows for name, template in templates().items()},
        **{f"style:{name}": rules.shows for name, rules in STYLES.items()},
    }
    for name, shown in shows.items():
        share = sum(shown(row.prompt) for row in ROWS) / len(ROWS)
        assert share < 0.001, name
    roles, verbs, goods = TOPICS["commerce"]
    trade = {*roles, *verbs, *(word for phrase in goods for word in phrase.split())}
    assert not any(trade & set(normalise(row.prompt).split()) for row in ROWS)


def test_natural_shares_are_the_documented_ones() -> None:
    drawn = SOME.natural(SOME.splits.train, 12_000, np.random.default_rng(0))
    written = [row.form for row in drawn if row.form is not None]
    assert len(written) == 12_000
    share = 1 / 12_000
    counts = {axis: Counter(getattr(form, axis) for form in written) for axis in AXES}
    assert counts["frame"]["direct"] * share == pytest.approx(0.8, abs=0.02)
    assert counts["style"]["plain"] * share == pytest.approx(0.85, abs=0.02)
    assert counts["topic"]["none"] * share == pytest.approx(0.85, abs=0.02)
    for axis, value in (("frame", "when_clause"), ("style", "archaic"), ("topic", "commerce")):
        assert counts[axis][value] * share == pytest.approx(0.0115, abs=0.004)
    odd = Counter(oddities.of_salt(form.salt)[0] for form in written)
    assert set(odd) == {None, *oddities.NAMES}
    assert odd[None] * share == pytest.approx(0.78, abs=0.02)
    assert sum(odd[name] for name in oddities.STRAYS) * share == pytest.approx(0.02, abs=0.005)
    assert max(len(row.prompt.split()) for row in drawn) <= 30


def test_oddities_are_seen_and_stray_words_stand_nowhere_else() -> None:
    rates = {"frame_rate": 0, "style_rate": 0, "topic_rate": 0, "slip_rate": 0.5, "stray_rate": 0.5}
    odd = Instructions(InstructionsParams(**rates), 0, DataRoot())  # type: ignore[arg-type]
    changed: Counter[str | None] = Counter()
    strays: dict[bool, int] = {True: 0, False: 0}
    for row in odd.natural(odd.splits.test, 3000, np.random.default_rng(0)):
        assert row.form is not None
        name, salt = oddities.of_salt(row.form.salt)
        changed[name] += row.prompt != GRAMMAR.render(replace(row.form, salt=salt)).prompt
        word = set(distractors.WORDS) & set(row.prompt.split())
        strays[name == "stray_word"] += bool(word)
    assert set(changed) == set(oddities.NAMES)
    assert all(count > 90 for count in changed.values())
    assert strays[False] == 0
    assert strays[True] > 600


@pytest.mark.parametrize("oddity", [None, *oddities.NAMES])
def test_the_salt_says_which_oddity_a_text_has(oddity: str | None) -> None:
    for salt in (0, 1, oddities.SALTS - 1):
        assert oddities.of_salt(oddities.salted(oddity, salt)) == (oddity, salt)


def test_accuracy_is_measured_where_every_answer_can_be_checked() -> None:
    sure = Instructions(InstructionsParams(tasks="checkable"), 0, DataRoot())
    assert not sure.free_text
    assert {_task(row) for row in sure.splits.train} == set(CHECKABLE)
    assert SOME.free_text
    open_ones = {_task(row) for row in ROWS if not row.checkable}
    assert open_ones == TASKS.keys() - CHECKABLE.keys()
    assert 0.03 < sum(not row.checkable for row in ROWS) / len(ROWS) < 0.15


@pytest.mark.parametrize(
    "form",
    [Form("capital/Atlantis"), Form("poem/France"), Form("add/21"), Form("add/21|17|3"),
     Form("capital"), Form("capital/France", "sonnet"), Form("capital/France", language="french")],
)  # fmt: skip
def test_unknown_facts_and_values_are_told(form: Form) -> None:
    with pytest.raises(InputError):
        GRAMMAR.render(form)


def test_a_prompt_is_drawn_from_something() -> None:
    with pytest.raises(InputError, match="no example"):
        SOME.natural((), 1, np.random.default_rng(0))


@pytest.mark.parametrize(
    "wrong",
    [{"contents": 499}, {"contents": MOST + 1}, {"tasks": "sums"}, {"frame_rate": 1.1},
     {"slip_rate": 0.9, "stray_rate": 0.2}, {"rate": 0.1}],
)  # fmt: skip
def test_parameters_fail_closed(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        InstructionsParams(**wrong)  # type: ignore[arg-type]
