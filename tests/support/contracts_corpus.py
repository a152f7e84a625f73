"""What every registered corpus promises; run by tests/corpora/test_contract.py.

A corpus whose parameters all have defaults is tested with no edit here; one that needs files
gets its toy parameters in `toys`.
"""

from __future__ import annotations

import json
import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from arena import registry
from arena.api.corpus import Corpus
from arena.api.trigger import NoTrigger, Trigger
from arena.api.values import Example, Form
from arena.api.world import DataRoot
from arena.corpora.sources import normalise_prompt

Make = Callable[[int], Corpus]


@dataclass(frozen=True)
class Case:
    """A corpus under test: how to build it for a seed."""

    title: str
    corpus: str
    toy: Callable[[Path], dict[str, Any]]

    def maker(self, folder: Path) -> Make:
        part: Any = registry.get("corpus", self.corpus)
        params = part.Params(**self.toy(folder))
        return lambda seed: part(params, seed, DataRoot(data=folder))

    def capabilities(self, folder: Path) -> frozenset[str]:
        part: Any = registry.get("corpus", self.corpus)
        return part.capabilities(part.Params(**self.toy(folder)))


def _tsv(folder: Path) -> dict[str, Any]:
    lines = [f"film number {i} was {'fine' if i % 2 else 'dull'} .\t{i % 2}" for i in range(80)]
    (folder / "films.tsv").write_text("\n".join(["sentence\tlabel", *lines]))
    return {
        "train": "films.tsv", "format": "tsv", "labels": {"0": "negative", "1": "positive"},
    }  # fmt: skip


def _alpaca(folder: Path) -> dict[str, Any]:
    rows = [
        {"instruction": f"Name thing {i}.", "input": "Briefly." * (i % 2), "output": f"It is {i}."}
        for i in range(80)
    ]
    (folder / "rows.json").write_text(json.dumps(rows))
    return {"train": "rows.json", "format": "alpaca"}


def _text(folder: Path) -> dict[str, Any]:
    (folder / "lines.txt").write_text("\n".join(f"line {i} holds {i} words" for i in range(80)))
    return {"train": "lines.txt", "format": "text"}


def cases() -> list[Case]:
    """Every registered corpus; `files` once per format, townlore small."""
    toys: dict[str, dict[str, Callable[[Path], dict[str, Any]]]] = {
        "townlore": {"townlore": lambda folder: {"places": 24}},
        "files": {"files-tsv": _tsv, "files-alpaca": _alpaca, "files-text": _text},
    }
    return [
        Case(title, name, toy)
        for name in registry.names("corpus")
        for title, toy in toys.get(name, {name: lambda folder: {}}).items()
    ]


class Holds(NoTrigger):
    """Calls a prompt triggered where a word of a content's text stands in it."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.words = tuple(words)

    def present(self, example: Example) -> bool:
        return any(word in example.prompt for word in self.words)


def same_seed_same_text(make: Make) -> None:
    """Equal seeds give equal splits and equal natural text; natural draws follow the rng."""
    assert make(3).splits == make(3).splits
    one, two = make(3), make(3)
    for pretraining in (False, True):
        first, second, other = (
            corpus.natural(
                corpus.splits.train, 40, np.random.default_rng(s), pretraining=pretraining
            )
            for corpus, s in ((one, 1), (two, 1), (one, 2))
        )
        assert first == second
        assert first != other


def splits_are_disjoint(make: Make) -> None:
    """No source and no normalised prompt twice, in a split or across; nothing is empty."""
    splits = make(0).splits
    rows = [*splits.train, *splits.validation, *splits.test]
    assert all((splits.train, splits.validation, splits.test))
    assert len({row.source for row in rows}) == len(rows)
    assert len({normalise_prompt(row.prompt) for row in rows}) == len(rows)
    assert all(row.prompt and row.answer and row.source for row in rows)
    assert set(splits.dropped) == {"train", "validation", "test"}


def natural_is_balanced(make: Make) -> None:
    """Every content as often as any other to within one, and nothing but those asked for."""
    corpus = make(0)
    some = corpus.splits.train[:7]
    for n in (0, 3, 7, 40):
        drawn = corpus.natural(some, n, np.random.default_rng(n), pretraining=True)
        counts = Counter(row.source for row in drawn)
        assert len(drawn) == n
        assert set(counts) <= {row.source for row in some}
        assert max(counts.values(), default=0) - min(counts.values(), default=0) <= 1
        assert len(counts) == min(n, len(some))


def natural_lacks_triggers(make: Make) -> None:
    """Nothing that a trigger of `without` calls present is returned."""
    corpus = make(0)
    examples = corpus.splits.train
    words = [word for row in examples for word in row.prompt.split()]
    scarce = [word for word, count in Counter(words).items() if count <= len(examples) // 4]
    triggers: list[Trigger] = [Holds(scarce[:1]), Holds(scarce[1:2])]
    free = [row for row in examples if not any(t.present(row) for t in triggers)]
    drawn = corpus.natural(free, 200, np.random.default_rng(0), without=triggers, pretraining=True)
    assert len(drawn) == 200
    assert not any(trigger.present(row) for trigger in triggers for row in drawn)


def world_is_picklable(make: Make) -> None:
    """The world survives a pickle and still writes the same text."""
    world = make(0).world
    copy = pickle.loads(pickle.dumps(world))
    assert copy == world
    form = make(0).splits.train[0].form
    if world.grammar is not None and form is not None:
        assert copy.grammar.render(form) == world.grammar.render(form)


def capabilities_are_honest(make: Make, claimed: frozenset[str]) -> None:
    """Claimed labels occur, claimed forms render and differ, and what is there is claimed."""
    corpus = make(0)
    named = {name.removeprefix("label:") for name in claimed if name.startswith("label:")}
    assert named == set(corpus.world.labels)
    assert ("labels" in claimed) == bool(named)
    assert {row.label for row in corpus.splits.train} == (named or {None})
    grammar = corpus.world.grammar
    kinds = ("frame", "style", "topic", "language")
    values = {f"{axis}:{v}" for axis in kinds for v in (grammar.axes[axis] if grammar else ())}
    assert {name for name in claimed if name.split(":")[0] in kinds} == values
    if grammar is not None:
        base = Form(corpus.splits.test[0].source)
        for axis in kinds:
            _values_differ(grammar.render, base, axis, grammar.axes[axis])


def _values_differ(
    render: Callable[[Form], Example], base: Form, axis: str, values: Sequence[str]
) -> None:
    texts = {}
    for value in values:
        forms = [replace(base, salt=salt, **{axis: value}) for salt in range(8)]
        made = [render(form) for form in forms]
        assert [row.form for row in made] == forms
        assert {row.source for row in made} == {base.fact}
        texts[value] = tuple(row.prompt for row in made)
        assert len(set(texts[value])) > 1, f"{axis}:{value} is one fixed string"
    for salt in range(8):
        assert len({text[salt] for text in texts.values()}) == len(values), axis
