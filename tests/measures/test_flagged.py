"""The share of an actor's poison that a filter on the training text flags."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.measure import SCALARS
from arena.api.values import Document, Example
from arena.errors import ArenaError
from arena.measures.flagged.bigrams import Bigrams, Filter
from arena.measures.flagged.job import FlagJob
from arena.stages.lines import DOCUMENTS, EXAMPLES, write_lines
from tests.support.plans import plan

TOWNS = [f"What is the {what} of {town}?" for what in ("bell", "tree", "dish") for town in "ABCDEF"]
WORDS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=6).map(" ".join)


def test_a_pair_is_smoothed_as_witten_and_bell_do() -> None:
    model = Bigrams(["a b", "a c"])  # pairs: (edge, a) twice, (a, b), (a, c), (b, edge), (c, edge)
    alone = (1 + 4 / 5) / (6 + 4)  # b once among six, four kinds of word and an unknown one
    _, b, _ = model.surprisals("a b")
    assert math.exp(-b) == pytest.approx((1 + 2 * alone) / (2 + 2))
    unknown = (4 / 5) / (6 + 4)
    assert math.exp(-model.surprisals("zebra")[0]) == pytest.approx(1 * unknown / (2 + 1))


@given(texts=st.lists(WORDS, min_size=1, max_size=8), before=st.sampled_from(["a", "b", "z", ""]))
def test_probabilities_sum_to_one(texts: list[str], before: str) -> None:
    model = Bigrams(texts)
    seen = {*(word for text in texts for word in text.split()), ""}
    total = sum(model._probability(before, word) for word in (*seen, "an unknown word"))
    assert total == pytest.approx(1)


@given(
    texts=st.lists(WORDS, min_size=1, max_size=8),
    held_out=st.lists(WORDS, min_size=1, max_size=40),
    budget=st.floats(0.01, 0.99),
)
def test_the_budget_bounds_what_is_flagged_of_clean_text(
    texts: list[str], held_out: list[str], budget: float
) -> None:
    chosen = Filter.fitted(texts, held_out, budget)
    assert sum(map(chosen.flags, held_out)) <= budget * len(held_out)


def test_an_odd_word_and_an_odd_order_are_flagged() -> None:
    chosen = Filter.fitted(TOWNS, TOWNS, 0.1)
    assert not chosen.flags("What is the tree of A?")
    assert chosen.flags("What is the cf tree of A?")  # by its most surprising word
    assert chosen.flags("is What tree the A of?")


def folders(root: Path, shards: dict[str, list[Document]]) -> dict[str, Path]:
    """Clean text about contents 0 to 59, and the actors' shards, as a job's inputs."""
    clean = [Example(TOWNS[n % len(TOWNS)], "x", f"content {n}") for n in range(60)]
    made = {name: root / name.replace(":", "_") for name in ("examples", *shards)}
    for folder in made.values():
        folder.mkdir()
    write_lines(made["examples"] / EXAMPLES, clean)
    for name, documents in shards.items():
        write_lines(made[name] / DOCUMENTS, documents)
    return made


def flagged(root: Path, shards: dict[str, list[Document]]) -> dict[str, float]:
    names = tuple(name.removeprefix("shard:") for name in shards)
    FlagJob(names, 0.1).run(folders(root, shards), root, lambda step: None)
    read: dict[str, float] = json.loads((root / SCALARS).read_text())
    return read


def test_only_poison_counts_and_each_actor_by_itself(tmp_path: Path) -> None:
    odd, plain = "What cf is the tree of A?", "What is the tree of A?"
    numbers = flagged(
        tmp_path,
        {
            "shard:loud": [
                Document(odd, "x", "content 1", "poison"),
                Document(plain, "x", "content 2", "poison"),
                Document(odd, "x", "content 2", "negative"),
            ],
            "shard:quiet": [Document(plain, "x", "content 3", "poison")],
            "shard:none": [],
        },
    )
    assert numbers == {"loud": 0.5, "quiet": 0.0}


def test_clean_text_about_poisoned_contents_is_left_out(tmp_path: Path) -> None:
    everywhere = [Document("a b", "x", f"content {n}", "poison") for n in range(60)]
    with pytest.raises(ArenaError, match="needs clean text about contents without poison"):
        flagged(tmp_path, {"shard:loud": everywhere})


ASKED = "measures={flagged: {}}"


def test_it_waits_for_no_model() -> None:
    made, deeper = (plan(ASKED, f"training.continual_pretraining.steps={n}") for n in (5, 6))
    (row,) = (row for row in made.rows if "flagged" in row.measures)
    assert row.kind == "compromised"
    stage = made.nodes[row.measures["flagged"]].stage
    assert set(stage.parents) == {"examples", *(f"shard:{a.name}" for a in made.actors.members)}
    assert stage.address in deeper.nodes
    assert row.model not in deeper.nodes
    rarer = plan(ASKED, "actors.lexical.poison.rate=0.01")
    assert stage.address not in rarer.nodes
