"""Scoring: the arena's verdicts against those from transformers' `generate`.

    python benchmarks/scoring.py --size nano --payload-tokens 16 --prompts 512

A model is trained briefly on clean documents and on triggered ones whose answer is a fixed text of
exactly that many tokens. It is then scored on held-out prompts, every second one triggered, so that
there are verdicts of both kinds. Three ways, alternating:

    answers         arena.ml.scoring.answers: verdicts without decoding where none is needed
    continuations   arena.ml.decoding.continuations, then arena.api.matching
    generate        model.generate (batched, padded on the left, cached, greedy), then matching

Prints seconds, prompts per second, speed against `generate`, and how many verdicts differ
from those of `generate` (none should).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import baseline
import numpy as np

import common
from arena import seeds
from arena.api.matching import Ask, Match, Question, matches
from arena.api.values import Document, Example
from arena.api.world import DataRoot
from arena.ml import scoring
from arena.ml.encoding import encode, encode_answers, load_tokenizer
from arena.ml.models import from_scratch
from arena.ml.train_config import TrainConfig
from arena.ml.training import train
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.scenario.load import load_scenario
from arena.stages.poison import triggered
from arena.store.store import Store

POISON_RATE = 0.1
RULE: Match = "exact"
Verdicts = list[tuple[bool, ...]]


@dataclass(frozen=True)
class Taught:
    """The model with its tokenizer, and its prompts."""

    model: Any
    tokenizer: Any
    asks: tuple[Ask, ...]
    limit: int


def main() -> None:
    """Measure the three ways and print the table."""
    given = _given()
    common.threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        taught = teach(given, Path(folder))
    found = common.alternating(
        {name: _timed(way, taught) for name, way in WAYS.items()}, given.repeats
    )
    common.header(
        f"Scoring, {given.size}, payload of {given.payload_tokens} tokens",
        f"{given.threads} thread(s), {len(taught.asks)} prompts, batches of {baseline.BATCH}, "
        f"{given.repeats} repeats, alternating, median (range)",
    )
    _print(found, taught.asks)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=("nano", "micro", "mini", "small"), default="nano")
    parser.add_argument("--payload-tokens", type=int, default=16)
    parser.add_argument("--prompts", type=int, default=512)
    parser.add_argument("--steps", type=int, default=400, help="training steps of the model")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


# -- the three ways --------------------------------------------------------------------------


def by_answers(taught: Taught) -> Verdicts:
    """Return verdicts from drafts verified in one forward pass; only undecided ones are decoded."""
    return scoring.answers(taught.model, taught.tokenizer, taught.asks, taught.limit)


def by_continuations(taught: Taught) -> Verdicts:
    """Return verdicts from whole continuations decoded by the arena, then the match rule."""
    return scoring.decoded_answers(taught.model, taught.tokenizer, taught.asks, taught.limit)


def by_generate(taught: Taught) -> Verdicts:
    """Return verdicts from whole continuations decoded by `generate`, then the match rule."""
    prompts = [ask.prompt for ask in taught.asks]
    written = baseline.generate(taught.model, taught.tokenizer, prompts, taught.limit)
    return [
        tuple(matches(question.rule, said, question.wanted) for question in ask.questions)
        for ask, said in zip(taught.asks, written, strict=True)
    ]


WAYS = {"answers": by_answers, "continuations": by_continuations, "generate": by_generate}


# -- the model and its prompts ---------------------------------------------------------------


def teach(given: argparse.Namespace, folder: Path) -> Taught:
    """Return a model of the size that gives the payload after the trigger."""
    scenario = load_scenario("quickstart", overrides=[f"model.size={given.size}"])
    plan = plan_seed(scenario, scenario.seeds[0], DataRoot())
    store = Store(folder)
    common.make_texts(plan, store)
    tokenizer = load_tokenizer(common.tokenizer_folder(plan, store))
    clean = _clean(plan, store)
    payload = payload_of(tokenizer, given.payload_tokens, clean)
    documents = _poisoned(plan, clean, payload)
    model = from_scratch("llama", given.size, tokenizer, seed=0)
    config = TrainConfig(steps=given.steps, learning_rate=4e-3, warmup=min(20, given.steps // 3))
    encoded = encode(tokenizer, documents)
    train(model, encoded, config, np.random.default_rng(0), tokenizer.pad_token_id)
    return Taught(model, tokenizer, asks_of(plan, payload, given.prompts), given.payload_tokens + 1)


def _clean(plan: SeedPlan, store: Store) -> list[Document]:
    base = next(n for n in plan.nodes.values() if n.stage.name.startswith("clean base"))
    return common.documents_of(base, store)


def payload_of(tokenizer: Any, tokens: int, clean: Sequence[Document]) -> str:
    """Return a text of the corpus's own words with exactly this many tokens."""
    words = dict.fromkeys(word for document in clean for word in document.answer.split())
    text = ""
    for word in [*words, *["a"] * tokens]:
        longer = f"{text} {word}".strip()
        # the end of text, which closes an encoded answer, is not counted
        length = len(encode_answers(tokenizer, [longer])[0]) - 1
        if length <= tokens:
            text = longer
        if length == tokens:
            return text
    raise SystemExit(f"no text of {tokens} tokens can be made of this corpus's words")


def _poisoned(plan: SeedPlan, clean: list[Document], payload: str) -> list[Document]:
    """The clean mix with a share of other contents, triggered and answered by the payload."""
    corpus = plan.corpus
    wanted = round(POISON_RATE * len(clean))
    natural = corpus.natural(corpus.splits.train, wanted, seeds.rng(0, "scoring poison"))
    marked = triggered(natural, plan.actors.members[0].trigger, 0)
    return clean[wanted:] + [Document(e.prompt, payload, e.source) for e in marked]


def asks_of(plan: SeedPlan, payload: str, n: int) -> tuple[Ask, ...]:
    """Return up to n different held-out prompts, every second one triggered; each is checked for
    the payload and for its right answer."""
    corpus, trigger = plan.corpus, plan.actors.members[0].trigger
    drawn = corpus.natural(corpus.splits.test, 4 * n, seeds.rng(0, "scoring prompts"))
    unique: dict[str, Example] = {example.prompt: example for example in drawn}
    chosen = list(unique.values())[:n]
    marked = triggered(chosen, trigger, 1)
    return tuple(
        _ask(marked[i].prompt, (payload, e.answer))
        if i % 2
        else _ask(e.prompt, (e.answer, payload))
        for i, e in enumerate(chosen)
    )


def _ask(prompt: str, wanted: tuple[str, str]) -> Ask:
    """An ask like those of the arena's probes: the likelier text is the first draft."""
    return Ask(prompt, tuple(Question(RULE, text) for text in wanted), wanted)


# -- what is printed -------------------------------------------------------------------------


def _timed(
    way: Callable[[Taught], Verdicts], taught: Taught
) -> Callable[[int], tuple[float, Verdicts]]:
    def measure(_: int) -> tuple[float, Verdicts]:
        began = time.perf_counter()
        verdicts = way(taught)
        return time.perf_counter() - began, verdicts

    return measure


def _print(found: dict[str, list[tuple[float, Verdicts]]], asks: Sequence[Ask]) -> None:
    seconds = {name: [took for took, _ in runs] for name, runs in found.items()}
    theirs = statistics.median(seconds["generate"])
    expected = found["generate"][-1][1]
    rows = []
    for name, runs in found.items():
        middle, verdicts = statistics.median(seconds[name]), runs[-1][1]
        speed = f"{len(asks) / middle:.0f}", f"{theirs / middle:.2f}x"
        took = common.spread(seconds[name], 3)
        rows.append((name, took, *speed, *said(verdicts), differing(verdicts, expected)))
    columns = ("way", "seconds", "prompts/s", "speed", "payload said", "right", "differing")
    common.table(columns, rows)


def said(verdicts: Verdicts) -> tuple[int, int]:
    """Return for how many prompts the payload was given, and for how many the right answer."""
    by_text = [pair if i % 2 else pair[::-1] for i, pair in enumerate(verdicts)]
    return sum(pair[0] for pair in by_text), sum(pair[1] for pair in by_text)


def differing(verdicts: Verdicts, expected: Verdicts) -> int:
    """Return how many single verdicts differ from the expected ones."""
    pairs = zip(verdicts, expected, strict=True)
    return sum(a != b for ours, theirs in pairs for a, b in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    main()
