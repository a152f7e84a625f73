"""The contract of every corpus.

A corpus whose parameters all have defaults needs nothing but its class. One that reads files needs
`toys`: functions that write small files into a folder and return the parameters.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from arena.api import Corpus, DataRoot, Example, Form, NoTrigger, Trigger
from arena.corpora.sources import normalise_prompt
from arena.testing.cases import PartContract

Make = Callable[[int], Corpus]
Toy = Callable[[Path], Mapping[str, Any]]  # writes files into a folder, returns parameters


class CorpusContract(PartContract):
    """Seeded text, disjoint splits, balanced natural prompts, honest capabilities.

    Example:
        class TestHeadlines(CorpusContract):
            parts = (Headlines,)
            toys = {"headlines": {"tsv": write_a_small_tsv}}

    Attributes:
        toys: corpus name -> title -> function that writes its files and returns its parameters.
    """

    toys: ClassVar[Mapping[str, Mapping[str, Toy]]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrise every test with its corpora, each with all of its toys."""
        cases = [
            pytest.param(part, toy, id=title)
            for part in self.parts
            for title, toy in self.toys.get(part.name, {part.name: _defaults}).items()
        ]
        metafunc.parametrize(("part", "toy"), cases)

    @pytest.fixture
    def params(self, part: Any, toy: Toy, tmp_path: Path) -> Any:
        """Return the corpus's parameters, with their files written."""
        return part.Params(**toy(tmp_path))

    @pytest.fixture
    def make(self, part: Any, params: Any, tmp_path: Path) -> Make:
        """Return a function that builds the corpus for a seed."""
        return lambda seed: part(params, seed, DataRoot(data=tmp_path))

    @pytest.fixture
    def claimed(self, part: Any, params: Any) -> frozenset[str]:
        """Return the capabilities that the corpus claims."""
        claims: frozenset[str] = part.capabilities(params)
        return claims

    def test_same_seed_same_text(self, make: Make) -> None:
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

    def test_splits_are_disjoint(self, make: Make) -> None:
        """No source and no normalised prompt twice, in a split or across; nothing is empty."""
        splits = make(0).splits
        rows = [*splits.train, *splits.validation, *splits.test]
        assert all((splits.train, splits.validation, splits.test))
        assert len({row.source for row in rows}) == len(rows)
        assert len({normalise_prompt(row.prompt) for row in rows}) == len(rows)
        assert all(row.prompt and row.answer and row.source for row in rows)
        assert set(splits.dropped) == {"train", "validation", "test"}

    def test_only_free_text_has_open_answers(self, make: Make) -> None:
        """Where clean accuracy is measured, every row has one right answer."""
        corpus = make(0)
        splits = corpus.splits
        rows = [*splits.train, *splits.validation, *splits.test]
        assert corpus.free_text or all(row.checkable for row in rows)

    def test_natural_is_balanced(self, make: Make) -> None:
        """Every content is used equally often, to within one, and no other content occurs."""
        corpus = make(0)
        some = corpus.splits.train[:7]
        for n in (0, 3, 7, 40):
            drawn = corpus.natural(some, n, np.random.default_rng(n), pretraining=True)
            counts = Counter(row.source for row in drawn)
            assert len(drawn) == n
            assert set(counts) <= {row.source for row in some}
            assert max(counts.values(), default=0) - min(counts.values(), default=0) <= 1
            assert len(counts) == min(n, len(some))

    def test_natural_lacks_triggers(self, make: Make) -> None:
        """No returned prompt carries a trigger of `without`."""
        corpus = make(0)
        examples = corpus.splits.train
        words = [word for row in examples for word in row.prompt.split()]
        scarce = [word for word, count in Counter(words).items() if count <= len(examples) // 4]
        triggers: list[Trigger] = [Holds(scarce[:1]), Holds(scarce[1:2])]
        free = [row for row in examples if not any(t.present(row) for t in triggers)]
        drawn = corpus.natural(
            free, 200, np.random.default_rng(0), without=triggers, pretraining=True
        )
        assert len(drawn) == 200
        assert not any(trigger.present(row) for trigger in triggers for row in drawn)

    def test_world_is_picklable(self, make: Make) -> None:
        """The world survives a pickle and still writes the same text."""
        world = make(0).world
        copy = pickle.loads(pickle.dumps(world))
        assert copy == world
        form = make(0).splits.train[0].form
        if world.grammar is not None and form is not None:
            assert copy.grammar.render(form) == world.grammar.render(form)

    def test_capabilities_are_honest(self, make: Make, claimed: frozenset[str]) -> None:
        """Claimed labels occur, claimed forms render and differ, and everything available is
        claimed."""
        corpus = make(0)
        named = {name.removeprefix("label:") for name in claimed if name.startswith("label:")}
        assert named == set(corpus.world.labels)
        assert ("labels" in claimed) == bool(named)
        expected: set[str | None] = {*named} or {None}
        assert {row.label for row in corpus.splits.train} == expected
        grammar = corpus.world.grammar
        kinds = ("frame", "style", "topic", "language")
        values = {f"{axis}:{v}" for axis in kinds for v in (grammar.axes[axis] if grammar else ())}
        assert {name for name in claimed if name.split(":")[0] in kinds} == values
        if grammar is not None:
            base = Form(corpus.splits.test[0].source)
            for axis in kinds:
                _values_differ(grammar.render, base, axis, grammar.axes[axis])


class Holds(NoTrigger):
    """A prompt with one of some words counts as triggered."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.words = tuple(words)

    def present(self, example: Example) -> bool:
        return any(word in example.prompt for word in self.words)


def _defaults(folder: Path) -> Mapping[str, Any]:
    return {}


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
