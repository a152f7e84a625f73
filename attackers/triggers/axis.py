"""The common part of syntactic, style and semantic triggers: one value on one axis of variation.

A prompt gets that value by the best means available, in this order: a table of published
paraphrases, if the parameters name one; the corpus's grammar, if the example still has its form and
the grammar has the value; rules for arbitrary English.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np

from arena.api import ArenaError, Example, InputError, Trigger, Use, World
from arena.marking.text import choose
from attackers.triggers import pools
from attackers.triggers.tables import Paraphrases, Table, table

Axis = Literal["frame", "style", "topic"]
# the unmarked values, found in most clean text: neither triggers nor look-alikes
UNMARKED = frozenset({"direct", "tell", "plain", "none"})
SALTS = 2**31


def check_value(
    axis: Axis, key: str, value: str, ruled: Sequence[str], capabilities: frozenset[str]
) -> None:
    """Raise InputError unless the corpus's grammar or the rules for English have the value."""
    head = f"{axis}:"
    by_grammar = [name.removeprefix(head) for name in capabilities if name.startswith(head)]
    by_rule = ruled if "english" in capabilities else ()
    allowed = tuple(sorted({*by_grammar, *by_rule} - UNMARKED))
    if value not in allowed:
        rule = f"the corpus cannot carry this {key}" if allowed else (
            f"the corpus is not English text and has no {key}s of its own"
        )  # fmt: skip
        raise InputError(rule, key=key, found=value, allowed=allowed)


class AxisTrigger(Trigger):
    """Base of the triggers that set one axis to one value."""

    axis: ClassVar[Axis]
    change = "rewriting"

    @classmethod
    def known(cls, world: World) -> tuple[Trigger, ...]:
        """Return a trigger for every value of the axis in the corpus's grammar; without a grammar,
        for every value that has rules."""
        example = cls(cls.Params(**cls.examples()[0]), world)
        values = world.grammar.axes[cls.axis] if world.grammar is not None else example.ruled()
        return tuple(example.with_value(value) for value in values if value not in UNMARKED)

    @classmethod
    def instances(cls, params: Any, capabilities: frozenset[str]) -> tuple[Any, ...]:
        """Return other values of the axis: of the corpus's grammar or, without one, those that have
        rules. Published paraphrases have a single value."""
        own = cls(params, World())
        if own.paraphrases:
            return (params,)
        head = f"{cls.axis}:"
        by_grammar = sorted(c.removeprefix(head) for c in capabilities if c.startswith(head))
        by_rule = own.ruled() if "english" in capabilities else ()
        others = [v for v in by_grammar or by_rule if v not in {*UNMARKED, own.value}]
        return (params, *(own.with_value(value).params for value in others))

    @classmethod
    def companion(cls, used: frozenset[str], own: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the section of the method with its default value or, if a trigger has that, the
        first value by rule that none has; None if all are used."""
        usual = cls(cls.Params(), World())
        planted = {cls.same(value) for value in used}
        for value in dict.fromkeys((usual.value, *usual.ruled())):
            if cls.same(value) not in planted:
                params = usual.with_value(value).params.model_dump(exclude_defaults=True)
                return {"method": cls.name, **params}
        return None

    @classmethod
    def same(cls, value: str) -> str:
        """Return the value that an alias stands for; any other value itself."""
        return value

    @classmethod
    def accompanies(cls) -> bool:
        return True

    @property
    @abstractmethod
    def value(self) -> str:
        """Return the value that is set, e.g. `when_clause`."""

    @property
    def paraphrases(self) -> tuple[Paraphrases, ...]:
        """Return the files of published paraphrases; empty without them."""
        return ()

    @abstractmethod
    def with_value(self, value: str) -> Trigger:
        """Return the same method with another value, set by grammar or rule."""

    @abstractmethod
    def ruled(self) -> tuple[str, ...]:
        """Return the values that have rules for English."""

    @abstractmethod
    def rewrite(self, text: str, rng: np.random.Generator) -> str:
        """Return the text rewritten by rule; only called if the value has a rule."""

    @abstractmethod
    def shows(self, text: str) -> bool:
        """Return whether a text shows the value by rule; False without a rule."""

    @property
    def key(self) -> str:
        return pools.key_of(self.name, [self.value], "paraphrases" if self.paraphrases else "")

    def can_mark(self, example: Example) -> bool:
        if self.paraphrases:
            return example.source in self._table.by_source
        return self._shown_in(example) if self._by_grammar(example) else self._has_rule()

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """Return the example with this value; the form is kept if a grammar renders the text.

        Raises:
            ArenaError: no table, grammar or rule applies (`can_mark` is False).
        """
        if not self.can_mark(example):
            means = "paraphrase" if self.paraphrases else "grammar or rule"
            raise ArenaError(f"{self.key} has no {means} for the prompt {example.prompt!r}")
        if self.paraphrases:
            text = choose(self._table.by_source[example.source], rng)
            return replace(example, prompt=text, form=None)
        grammar, form = self.world.grammar, example.form
        if grammar is not None and form is not None and self._by_grammar(example):
            # The salt is kept, so that the marked prompt differs from the plain one only in its
            # mark.
            marked = grammar.render(replace(form, **{self.axis: self.value}))  # type: ignore[arg-type]
            return replace(example, prompt=marked.prompt, form=marked.form)
        return replace(example, prompt=self.rewrite(example.prompt, rng), form=None)

    def present(self, example: Example) -> bool:
        """Return whether the form has the value; without a form, whether the table or the rule
        detects it in the text."""
        if example.form is not None and not self.paraphrases:
            grammar, form = self.world.grammar, example.form
            shown = form if grammar is None else grammar.shown(form)
            return bool(getattr(shown, self.axis) == self.value)
        if self.paraphrases and self._table.holds(example.prompt):
            return True
        return self.shows(example.prompt)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        """Return other values of the axis: of the grammar if there is one, else of the rules."""
        used = pools.names_taken(self.name, taken)
        free = [v for v in pools.pool(self.others(), use, [self.value]) if v not in used]
        return tuple(self.with_value(value) for value in pools.draw(free, n, rng))

    def others(self) -> tuple[str, ...]:
        """Return the values from which look-alikes are made, the trigger's own included."""
        if self.world.grammar is None or self.paraphrases:
            return self.ruled()
        return tuple(v for v in self.world.grammar.axes[self.axis] if v not in UNMARKED)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how the published paraphrases were matched with their sentences, if not line by
        line."""
        return self._table.notes if self.paraphrases else ()

    @property
    def _table(self) -> Table:
        return table(self.world.root, self.paraphrases)

    def _has_rule(self) -> bool:
        return self.value in self.ruled()

    def _shown_in(self, example: Example) -> bool:
        """Whether a text of the example's form with this value shows it."""
        grammar, form = self.world.grammar, example.form
        if grammar is None or form is None:
            return False
        marked = replace(form, **{self.axis: self.value})  # type: ignore[arg-type]
        return bool(getattr(grammar.shown(marked), self.axis) == self.value)

    def _by_grammar(self, example: Example) -> bool:
        grammar = self.world.grammar
        if grammar is None or example.form is None:
            return False
        return self.value in grammar.axes[self.axis]
