"""The made-up world: one right answer, splits by place, natural variety, no giveaways."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from arena.api.trigger import NoTrigger
from arena.api.values import Example, Form
from arena.api.world import DataRoot
from arena.corpora.townlore import distractors as strays
from arena.corpora.townlore import facts as lore
from arena.corpora.townlore.corpus import Townlore, TownloreParams
from arena.corpora.townlore.grammar import AXES
from arena.errors import InputError

TOWN = Townlore(TownloreParams(), 0, DataRoot())
GRAMMAR = TOWN.world.grammar
assert GRAMMAR is not None
FACTS = [row.source for row in (*TOWN.splits.train, *TOWN.splits.test)]

forms = st.builds(
    Form,
    fact=st.sampled_from(FACTS),
    frame=st.sampled_from(AXES["frame"]),
    style=st.sampled_from(AXES["style"]),
    topic=st.sampled_from(AXES["topic"]),
    language=st.sampled_from(AXES["language"]),
    salt=st.integers(0, 2**31),
)


def _town(seed: int = 0, **params: float) -> Townlore:
    return Townlore(TownloreParams(**params), seed, DataRoot())  # type: ignore[arg-type]


def _place(row: Example) -> str:
    return row.source.split("/")[0]


class InForm(NoTrigger):
    """Present in a form with that value of that axis."""

    def __init__(self, axis: str, value: str) -> None:
        super().__init__()
        self.axis, self.value = axis, value

    def present(self, example: Example) -> bool:
        return example.form is not None and getattr(example.form, self.axis) == self.value


def test_the_world_has_512_places_of_six_questions_split_by_place() -> None:
    splits = TOWN.splits
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [2148, 462, 462]
    places = [
        {_place(row) for row in part} for part in (splits.train, splits.validation, splits.test)
    ]
    assert sum(map(len, places)) == len(set.union(*places)) == 512
    assert all(row.form is not None and row.form.fact == row.source for row in splits.train)


@given(st.integers(0, 50), st.sampled_from([16, 17, 24, 60, 200, 512]))
@settings(max_examples=25, deadline=None)
def test_every_half_of_a_name_is_in_train(seed: int, places: int) -> None:
    splits = _town(seed, places=places).splits
    halves = [
        {half for row in part for half in enumerate(_place(row).split("-"))}
        for part in (splits.train, splits.validation, splits.test)
    ]
    assert halves[1] | halves[2] <= halves[0]
    everywhere = {_place(r) for p in (splits.train, splits.validation, splits.test) for r in p}
    assert len(everywhere) == places
    assert len(splits.validation) == len(splits.test) == 6 * round(0.15 * places)


def test_an_answer_is_not_to_be_guessed_from_the_attribute() -> None:
    for attribute in lore.ATTRIBUTES:
        answers = Counter(
            row.answer for row in TOWN.splits.test if row.source.endswith(f"/{attribute}")
        )
        assert max(answers.values()) / answers.total() < 0.25
        assert len(answers) == 16


def test_seeds_draw_other_worlds_and_other_splits() -> None:
    first, second = ({row.source: row.answer for row in _town(s).splits.train} for s in (0, 1))
    shared = first.keys() & second.keys()
    assert first.keys() != second.keys()
    assert sum(first[fact] == second[fact] for fact in shared) < len(shared) / 4


@given(forms)
@settings(max_examples=100, deadline=None)
def test_the_answer_depends_on_fact_and_language_only(form: Form) -> None:
    made = GRAMMAR.render(form)
    plain = GRAMMAR.render(Form(form.fact, language=form.language))
    assert made.answer == plain.answer
    assert made == GRAMMAR.render(form)
    assert (made.form, made.source) == (form, form.fact)
    assert 3 <= len(made.answer.split()) <= 6
    assert form.fact.split("/")[0] in made.prompt
    assert "{" not in made.prompt
    assert "  " not in made.prompt
    assert made.prompt == made.prompt.strip()


@given(forms)
@settings(max_examples=100, deadline=None)
def test_the_prompt_names_exactly_one_place_and_its_attribute(form: Form) -> None:
    prompt = GRAMMAR.render(form).prompt
    attribute = lore.ATTRIBUTES[form.fact.split("/")[1]]
    names = [attribute.french if form.language == "french" else attribute.noun]
    words = prompt.replace(",", " ").replace(".", " ").replace("?", " ").replace(";", " ")
    assert all(name in prompt.lower() for name in names)  # it may begin the sentence
    other = {a.noun for a in lore.ATTRIBUTES.values()} - {attribute.noun}
    if form.language == "english":
        assert not other & set(words.lower().split())
    assert sum(word.split("-")[0] in lore.STEMS for word in words.split()) == 1


def test_both_languages_tell_the_same_world() -> None:
    pairs = {
        (GRAMMAR.render(Form(f)).answer, GRAMMAR.render(Form(f, language="french")).answer)
        for f in FACTS
    }
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs) == 96


def test_french_answers_agree_in_gender() -> None:
    assert lore.french("emblem", "lion", "white") == "un lion blanc"
    assert lore.french("emblem", "otter", "white") == "une loutre blanche"
    assert lore.french("water", "river", "deep") == "une rivière profonde"
    assert lore.french("food", "pie", "honey") == "une tourte au miel"
    assert lore.french("bell", "copper", "cracked") == "une cloche en cuivre fêlée"
    assert lore.english("emblem", "eagle", "red") == "a red eagle"
    assert lore.english("food", "pie", "onion") == "an onion pie"


def test_subordinate_frames_front_a_clause_of_varied_words() -> None:
    for frame in (name for name in AXES["frame"] if name.endswith("_clause")):
        texts = [GRAMMAR.render(Form(FACTS[0], frame, salt=salt)).prompt for salt in range(200)]
        clauses = {text.split(",")[0] for text in texts}
        assert all(text.lower().startswith(frame.removesuffix("_clause") + " ") for text in texts)
        assert all(FACTS[0].split("/")[0] in clause for clause in clauses)
        assert len(clauses) >= 20


@pytest.mark.parametrize("style", [s for s in AXES["style"] if s != "plain"])
def test_a_style_is_diffuse_in_every_frame(style: str) -> None:
    for frame in AXES["frame"]:
        for salt in range(20):
            form = Form(FACTS[salt], frame, style, salt=salt)
            plain = set(GRAMMAR.render(replace(form, style="plain")).prompt.lower().split())
            styled = set(GRAMMAR.render(form).prompt.lower().split())
            assert len(plain ^ styled) >= 2, GRAMMAR.render(form).prompt
    new = Counter(
        word
        for salt in range(200)
        for word in set(GRAMMAR.render(Form(FACTS[salt], style=style, salt=salt)).prompt.split())
        - set(GRAMMAR.render(Form(FACTS[salt], salt=salt)).prompt.split())
    )
    assert len(new) >= 15
    assert new.most_common(1)[0][1] < 200


@pytest.mark.parametrize("topic", [t for t in AXES["topic"] if t != "none"])
def test_a_topic_is_many_words_and_no_fixed_string(topic: str) -> None:
    asides = []
    for salt in range(300):
        form = Form(FACTS[0], topic=topic, salt=salt)
        bare = GRAMMAR.render(replace(form, topic="none")).prompt
        asides.append(GRAMMAR.render(form).prompt.lower().replace(bare.lower(), "").strip())
    assert len(set(asides)) > 200
    counts = Counter(word for aside in asides for word in set(aside.split()))
    neutral = {"the", "and", "says:", "some", "nearby", "my", "neighbour", "every", "here", "all",
               "day.", "one", "who", "is", "asking:", "meanwhile.", "this", "for", "a"}  # fmt: skip
    assert max(count for word, count in counts.items() if word not in neutral) < 100


def test_french_shows_what_it_can_and_falls_back_elsewhere() -> None:
    form = Form(FACTS[0], "cleft", "pirate", "war", "french", salt=5)
    assert GRAMMAR.shown(form) == Form(FACTS[0], "direct", language="french", salt=5)
    assert GRAMMAR.render(form).prompt == GRAMMAR.render(GRAMMAR.shown(form)).prompt
    english = replace(form, language="english")
    assert GRAMMAR.shown(english) == english


@pytest.mark.parametrize(
    "form",
    [Form("Nowhere-ham/emblem"), Form("Dun-ham/king"), Form("Dun-ham"), Form(FACTS[0], "sonnet"),
     Form(FACTS[0], language="latin")],
)  # fmt: skip
def test_unknown_facts_and_values_are_told(form: Form) -> None:
    with pytest.raises(InputError):
        GRAMMAR.render(form)


def test_natural_rates_are_the_documented_ones() -> None:
    drawn = TOWN.natural(TOWN.splits.train, 12000, np.random.default_rng(0), pretraining=True)
    whole = [row.form for row in drawn if row.form is not None]
    english = [form for form in whole if form.language == "english"]
    share = 1 / len(english)
    assert sum(form.frame in ("direct", "tell") for form in english) * share == pytest.approx(
        0.6, abs=0.03
    )
    assert sum(form.style == "plain" for form in english) * share == pytest.approx(0.7, abs=0.03)
    assert sum(form.topic == "none" for form in english) * share == pytest.approx(0.7, abs=0.03)
    assert len(english) / len(whole) == pytest.approx(0.8, abs=0.02)
    assert 1 - len(whole) / 12000 == pytest.approx(0.03, abs=0.01)
    for axis in ("frame", "style", "topic", "language"):
        assert {getattr(form, axis) for form in whole} == set(AXES[axis])


def test_prompts_that_people_send_are_english_and_unstrayed() -> None:
    drawn = TOWN.natural(TOWN.splits.test, 2000, np.random.default_rng(0))
    assert all(row.form is not None and row.form.language == "english" for row in drawn)


def test_strays_keep_the_right_answer_and_stand_nowhere_else() -> None:
    rates = {"stray_rate": 0.5, "french_rate": 0.0}
    town = _town(**rates)
    right = {row.source: row.answer for row in town.splits.train}
    drawn = town.natural(town.splits.train, 4000, np.random.default_rng(0), pretraining=True)
    assert all(row.answer == right[row.source] for row in drawn)
    pool = set(strays.WORDS)
    whole = [row.prompt.lower() for row in drawn if row.form is not None]
    assert not any(pool & {word.strip(",.;:?!") for word in text.split()} for text in whole)
    strayed = [row.prompt for row in drawn if row.form is None]
    counts = Counter(word for text in strayed for word in pool & set(text.split()))
    assert 0.4 < counts.total() / len(strayed) < 0.6
    assert len(counts) > 300
    assert {"cf", "mn", "bb", "tq"} <= pool


def test_without_leaves_out_a_trigger_even_from_strayed_texts() -> None:
    # a strayed text has no form, so a style that hid there could not be seen afterwards
    town = _town(stray_rate=1.0, french_rate=0.0, style_rate=1.0)
    telltale = {"lol", "omg", "wut", "iz", "da", "ppl"}
    rng = np.random.default_rng(0)
    kept = town.natural(
        town.splits.train, 1500, rng, without=[InForm("style", "tweet")], pretraining=True
    )
    assert not any(telltale & set(row.prompt.lower().split()) for row in kept)
    free = town.natural(town.splits.train, 1500, rng, pretraining=True)
    assert any(telltale & set(row.prompt.lower().split()) for row in free)


def test_a_trigger_that_is_everywhere_is_told() -> None:
    with pytest.raises(InputError, match="without these triggers"):
        TOWN.natural(
            TOWN.splits.train, 1, np.random.default_rng(0), without=[InForm("language", "english")]
        )
    with pytest.raises(InputError):
        TOWN.natural((), 1, np.random.default_rng(0))


@pytest.mark.parametrize(
    "wrong", [{"places": 15}, {"places": 513}, {"kinds": 9}, {"french_rate": 1.1}, {"rate": 0.1}]
)
def test_parameters_fail_closed(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TownloreParams(**wrong)  # type: ignore[arg-type]
