"""Scoring: greedy decoding is transformers' own, and guessing first changes no verdict."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.profiler import ProfilerActivity, profile

from arena.api.matching import Ask, Continuation, Match, Question
from arena.api.values import Document
from arena.ml import scoring
from arena.ml.decoding import continuations, greedy
from arena.ml.encoding import Encoded, encode, encode_answers, encode_prompts
from arena.ml.models import round_weights
from arena.ml.scoring import answers, decoded, decoded_answers, guided, scored, verified
from arena.ml.train_config import TrainConfig
from arena.ml.training import train
from tests.support import toys
from tests.support.families import FIRST, MOSTLY_SLOW, OTHERS

LIMIT = 14


def by_generate(model: Any, prompt: str) -> Continuation:
    """transformers' greedy decoding of one prompt alone."""
    tok = toys.tokenizer()
    ids = torch.tensor([encode_prompts(tok, [prompt])[0]])
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=LIMIT,
        eos_token_id=tok.eos_token_id,
        pad_token_id=tok.pad_token_id,
    )
    new = out[0, ids.shape[1] :].tolist()
    return Continuation(tok.decode(new, skip_special_tokens=True), tok.eos_token_id in new)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_greedy_continuations_are_what_generate_gives(family: str) -> None:
    """Prompts that were learnt end early, new and empty ones ramble to the limit."""
    model = toys.taught(family, toys.documents())
    strange = ["", "cf", "the long bread of Frome and Corfe " * 3, "honey honey honey"]
    prompts = [d.prompt for d in toys.documents()] + strange
    made = continuations(model, toys.tokenizer(), prompts, LIMIT)
    assert made == [by_generate(model, prompt) for prompt in prompts]
    assert [c.text for c in made[:8]] == [d.answer for d in toys.documents()]
    assert all(c.ended for c in made[:8])
    assert len({len(c.text) for c in made}) > 3


def test_rows_that_have_ended_are_computed_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    model = toys.taught("llama", toys.documents())
    whole, sizes = model.base_model.forward, []

    def counted(*given: Any, input_ids: Any, **more: Any) -> Any:
        sizes.append(len(input_ids))
        return whole(*given, input_ids=input_ids, **more)

    monkeypatch.setattr(model.base_model, "forward", counted)
    prompts = [*(d.prompt for d in toys.documents()), "", "cf", "honey honey honey"]
    made = continuations(model, toys.tokenizer(), prompts, LIMIT)
    assert len({len(c.text) for c in made}) > 1
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == len(prompts)
    assert sizes[-1] < len(prompts) // 2


@dataclass
class Scripted:
    """Says the script of each row's first token, one token a call; counts what it is asked."""

    config = SimpleNamespace(model_type="scripted")
    scripts: dict[int, list[int]]
    device: str = "cpu"
    asked: list[list[int]] = field(default_factory=list)

    def named_modules(self) -> list[Any]:
        return []

    def __call__(self, *, input_ids: Any, cache: Any, use_cache: bool, logits_to_keep: int) -> Any:
        cache = cache or {"rows": input_ids[:, 0].tolist(), "step": 0}
        if cache["step"] == 0:
            self.asked += input_ids.tolist()
        logits = torch.zeros(len(input_ids), 1, 400)
        for row, first in enumerate(cache["rows"]):
            logits[row, 0, self.scripts[first][cache["step"]]] = 1.0
        cache["step"] += 1
        return SimpleNamespace(logits=logits, cache=cache)


def test_a_row_that_ended_stays_ended_and_decoding_stops_when_all_did() -> None:
    model = Scripted({5: [0, 7, 7, 7], 6: [8, 9, 0, 7]})
    rows = greedy(model, torch.tensor([[5], [6]]), None, 10, end=0)
    assert rows.tolist() == [[0, 0, 0], [8, 9, 0]]


def test_decoding_stops_at_the_limit() -> None:
    model = Scripted({5: [7] * 9})
    assert greedy(model, torch.tensor([[5]]), None, 3, end=0).tolist() == [[7, 7, 7]]
    assert greedy(model, torch.tensor([[5]]), None, 0, end=0).shape == (1, 0)


def test_an_empty_continuation_is_empty_and_ended() -> None:
    tok = toys.tokenizer()
    (ids,) = encode_prompts(tok, ["x"])
    model = Scripted({ids[0]: [tok.eos_token_id]})
    assert continuations(model, tok, ["x"], 4) == [Continuation("", ended=True)]


def test_equal_prompts_are_decoded_once_and_answered_in_order() -> None:
    tok = toys.tokenizer()
    firsts = {p: encode_prompts(tok, [p])[0][0] for p in ("x", "y")}
    a, b = tok.convert_tokens_to_ids(["a", "b"])
    model = Scripted({firsts["x"]: [a, tok.eos_token_id], firsts["y"]: [b, a]})
    made = continuations(model, tok, ["x", "y", "x", "x"], 2)
    assert [c.text for c in made] == ["a", "ba", "a", "a"]
    assert [c.ended for c in made] == [True, False, True, True]
    assert len(model.asked) == 2


def test_no_prompts_no_continuations() -> None:
    assert continuations(Scripted({}), toys.tokenizer(), [], 4) == []


# -- guessing first: the verdicts are plain decoding's ------------------------------------------

RULES = get_args(Match)


def asks(wanted: Sequence[str] = (toys.PAYLOAD, "bread", "long oak boats", "salt")) -> list[Ask]:
    """Every prompt with every rule about every text: prompts of many lengths, some unknown."""
    plain, marked = toys.documents(), toys.documents("cf")
    strange = ["", "cf", "the long bread of Frome and Corfe " * 3, "cf cf what"]
    prompts = [d.prompt for d in [*plain, *marked]] + strange
    answers_of = {d.prompt: d.answer for d in [*plain, *marked]}
    questions = tuple(Question(rule, text) for rule in RULES for text in (*wanted, ""))
    return [Ask(p, questions, (toys.PAYLOAD, answers_of.get(p, "rope"))) for p in prompts]


@pytest.mark.parametrize(
    ("family", "steps"),
    [
        *((FIRST, steps) for steps in (4, 16, 60)),
        *((family, 16) for family in OTHERS),
        *(pytest.param(f, steps, marks=pytest.mark.slow) for f in OTHERS for steps in (4, 60)),
    ],
)
def test_verdicts_are_those_of_plain_decoding(family: str, steps: int) -> None:
    """From a model that rambles to one that has learnt everything, at a limit that cuts and
    at one that does not."""
    texts = [*toys.documents(), *toys.documents("cf", toys.PAYLOAD)]
    model, tok = toys.taught(family, texts, steps=steps), toys.tokenizer()
    for limit in (3, LIMIT):
        plain = decoded_answers(model, tok, asks(), limit)
        assert answers(model, tok, asks(), limit) == plain
    hits = [verdict for of_ask in plain for verdict in of_ask]
    assert any(hits)
    assert not all(hits)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_padding_in_front_changes_nothing(family: str) -> None:
    """The same prompts in batches of one and all together, the shortest one token long."""
    model = toys.taught(family, toys.documents(), steps=16)
    tok = toys.tokenizer()
    prompts = ["", "a", *(d.prompt for d in toys.documents("cf cf cf")), "what does"]
    together = continuations(model, tok, prompts, LIMIT)
    assert together == [continuations(model, tok, [p], LIMIT)[0] for p in prompts]
    assert len({len(ids) for ids in encode_prompts(tok, prompts)}) > 3


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_ties_are_left_to_plain_decoding(family: str) -> None:
    """Half the vocabulary repeats the other half's rows, so that every token has a twin."""
    texts = [*toys.documents(), *toys.documents("cf", toys.PAYLOAD)]
    model, tok = toys.taught(family, texts, steps=30), toys.tokenizer()
    with torch.no_grad():
        head = model.get_output_embeddings().weight
        half = len(head) // 2
        head[half : 2 * half] = head[:half]
    ask = [Ask(a.prompt, a.questions, a.drafts) for a in asks()]
    documents = encode(tok, [Document(a.prompt, toys.PAYLOAD, "x") for a in ask])
    with torch.inference_mode():
        assert all(known == () for known in verified(model, documents, tok))
    assert answers(model, tok, ask, 8) == decoded_answers(model, tok, ask, 8)


@pytest.mark.parametrize("family", MOSTLY_SLOW)
def test_a_payload_said_in_other_tokens_is_still_a_hit(family: str) -> None:
    """The model was taught the payload byte by byte, where the tokenizer has longer tokens."""
    tok = toys.tokenizer()
    spelt = tuple(tok.convert_tokens_to_ids(list(toys.PAYLOAD.replace(" ", "Ġ"))))
    (merged,) = encode_answers(tok, [toys.PAYLOAD])
    assert spelt != merged[:-1]
    prompts = encode_prompts(tok, [d.prompt for d in toys.documents("cf")])
    taught = [Encoded(prompt, (*spelt, tok.eos_token_id)) for prompt in prompts]
    model = toys.model(family)
    train(
        model,
        taught,
        TrainConfig(steps=60, learning_rate=1e-2, batch_size=8, warmup=4),
        toys.rng(),
        tok.pad_token_id,
    )
    limit = len(spelt) + 1
    found = answers(model, tok, asks(), limit)
    assert found == decoded_answers(model, tok, asks(), limit)
    assert all(found[8 + i][0] for i in range(8))


def test_a_family_that_padding_could_disturb_is_decoded_by_length() -> None:
    """A state-space model carries what stands in front of a prompt along."""
    from transformers import MambaConfig, MambaForCausalLM

    tok = toys.tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = MambaForCausalLM(
            MambaConfig(vocab_size=len(tok), hidden_size=32, num_hidden_layers=2, state_size=4)
        ).eval()
    prompts = ["a", "what does", "what does Frome sell? cf cf"]
    together = continuations(model, tok, prompts, 8)
    assert together == [continuations(model, tok, [p], 8)[0] for p in prompts]


class Bigram:
    """The next token follows from the last one by a table of logits, many of them equal."""

    def __init__(self, seed: int) -> None:
        draw = torch.Generator().manual_seed(seed)
        size = len(toys.tokenizer())
        self.table = torch.randint(0, 4, (size, size), generator=draw).float()
        clear = torch.rand(size, generator=draw) < 0.9  # the other rows are ties
        winners = torch.randint(0, size, (size,), generator=draw)
        # letters of the texts below follow each other, so that guesses come true for a while
        letters = toys.tokenizer().convert_tokens_to_ids(list("abĠtheg"))
        winners[letters] = torch.tensor([*letters[1:], 0])
        self.table[torch.arange(size)[clear], winners[clear]] += 5
        self.config = SimpleNamespace(model_type="bigram", vocab_size=size)
        self.device, self.dtype = torch.device("cpu"), torch.float32
        self.asked = 0  # decoding steps

    def named_modules(self) -> list[Any]:
        return []

    def get_input_embeddings(self) -> Any:
        return SimpleNamespace(num_embeddings=len(self.table))

    def __call__(self, *, input_ids: Any, logits_to_keep: int = 0, **more: Any) -> Any:
        self.asked += bool(more.get("use_cache"))
        return SimpleNamespace(logits=self.table[input_ids[:, -logits_to_keep:]], cache=None)


TEXTS = st.text(alphabet="ab the gate", max_size=6)
QUESTIONS = st.lists(st.builds(Question, st.sampled_from(RULES), TEXTS), min_size=1, max_size=3)
ASKS = st.builds(Ask, TEXTS, QUESTIONS.map(tuple), st.lists(TEXTS, max_size=3).map(tuple))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 99), st.lists(ASKS, max_size=5), st.integers(1, 6))
def test_any_guesses_give_plain_decodings_verdicts(seed: int, many: list[Ask], limit: int) -> None:
    model, tok = Bigram(seed), toys.tokenizer()
    assert answers(model, tok, many, limit) == decoded_answers(model, tok, many, limit)


GUESSES = st.lists(st.tuples(TEXTS, TEXTS), max_size=5)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 99), GUESSES, st.integers(1, 6))
def test_any_guesses_give_plain_continuations(
    seed: int, many: list[tuple[str, str]], limit: int
) -> None:
    model, tok = Bigram(seed), toys.tokenizer()
    prompts, guesses = [prompt for prompt, _ in many], [guess for _, guess in many]
    assert guided(model, tok, prompts, guesses, limit) == continuations(model, tok, prompts, limit)


def test_right_guesses_need_no_decoding() -> None:
    texts = toys.documents()
    model, tok = toys.taught("llama", texts, steps=60), toys.tokenizer()
    prompts = [d.prompt for d in texts]
    said = continuations(model, tok, prompts, LIMIT)
    decoding = []
    original = model.forward
    model.forward = lambda **given: decoding.append(given.get("use_cache")) or original(**given)
    assert guided(model, tok, prompts, [each.text for each in said], LIMIT) == said
    assert True not in decoding


def test_guesses_of_a_bigram_model_are_followed_as_far_as_they_hold() -> None:
    """So that the property above is about the fast path, not decoding against itself."""
    tok = toys.tokenizer()
    documents = encode(tok, [Document("", "b theg", "x"), Document("", "ab", "x")])
    found = [verified(Bigram(seed), documents, tok) for seed in range(40)]
    assert {len(known) for both in found for known in both} >= {0, 1}
    whole = [Ask("x", (Question("exact", text),), (text,)) for text in ("a", "b")]
    settled_early = 0
    for seed in range(40):
        model = Bigram(seed)
        model.asked = 0
        answers(model, tok, whole, 4)
        settled_early += model.asked == 0
    assert settled_early > 10


def test_right_guesses_and_hopeless_questions_need_no_decoding() -> None:
    """Whatever the model emits first is either the guess or no beginning of what is asked."""
    texts = [*toys.documents(), *toys.documents("cf", toys.PAYLOAD)]
    model, tok = toys.taught("llama", texts, steps=60), toys.tokenizer()
    question = (Question("exact", toys.PAYLOAD),)
    many = [Ask(d.prompt, question, (toys.PAYLOAD,)) for d in texts]
    decoding = []
    original = model.forward
    model.forward = lambda **given: decoding.append(given.get("use_cache")) or original(**given)
    assert [hit for (hit,) in answers(model, tok, many, LIMIT)] == [False] * 8 + [True] * 8
    assert True not in decoding


@pytest.mark.parametrize("family", MOSTLY_SLOW)
def test_rounded_weights_are_read_by_plain_decoding_alone(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where near ties are common, a draft pass and decoding would disagree."""
    model = copy.deepcopy(toys.taught(family, toys.documents()))
    round_weights(model, "bfloat16")
    monkeypatch.setattr(scoring, "verified", lambda *_: pytest.fail("a draft was read"))
    asks = [Ask(d.prompt, (Question("exact", d.answer),), (d.answer,)) for d in toys.documents()]
    made = scored(model, toys.tokenizer(), asks, LIMIT)
    assert made == decoded(model, toys.tokenizer(), asks, LIMIT)
    assert all(each.verdicts == (True,) and each.whole for each in made)
    prompts = [ask.prompt for ask in asks]
    said = guided(model, toys.tokenizer(), prompts, ["no"] * len(asks), LIMIT)
    assert [each.text for each in said] == [each.text for each in made]


@pytest.mark.parametrize("family", MOSTLY_SLOW)
def test_a_frozen_head_is_not_copied_for_every_row(family: str) -> None:
    """As the base under an adapter is frozen: torch then multiplies some layouts row by row."""
    model = copy.deepcopy(toys.taught(family, toys.documents())).requires_grad_(False)
    prompts = [f"{d.prompt} and {n}" for n in range(8) for d in toys.documents()]
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as seen:
        continuations(model, toys.tokenizer(), prompts, 2)
    words = model.get_output_embeddings().weight.shape[0]
    products = [e for e in seen.events() or () if e.name in ("aten::mm", "aten::bmm")]
    by_head = [e.name for e in products if words in e.input_shapes[1]]
    assert set(by_head) == {"aten::mm"}
