"""The clean text of a threat actor who trains a checkpoint separately, and the answers in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.values import Example
from arena.corpora.noise import noisy
from arena.errors import ArenaError
from arena.ml.train_config import Profile
from arena.stages.corpus import CorpusRef
from arena.stages.forms import Forms
from arena.stages.lines import EXAMPLES, read_examples, write_lines
from arena.stages.mixes import owns

Interval = tuple[float, float]


@dataclass(frozen=True)
class TextJob(Job):
    """Write n clean prompts with their right answers, about an actor's own contents and public
    ones.

    own, others: the actors' shares of the contents, each an interval of [0, 1). replay: share of
    the prompts about public contents, which no actor owns. forms: of planted triggers. narrow: one
    plain wording of every content, instead of natural variety. noise: whether prompts have typos,
    codes, dates and stray words. label: keys the random draws.
    """

    kind = "text"
    resources = Resources(model=False, typical_steps=20)

    corpus: CorpusRef
    own: Interval
    others: tuple[Interval, ...]
    n: int
    replay: float
    forms: Forms
    narrow: bool
    noise: bool
    label: str

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        corpus = self.corpus.build()
        public = round(self.replay * self.n)
        train = corpus.splits.train
        own = [e for e in train if owns([self.own], corpus.seed, e.source)]
        free = [e for e in train if not owns((self.own, *self.others), corpus.seed, e.source)]
        made = [*self._drawn("own", own, self.n - public), *self._drawn("public", free, public)]
        rng = seeds.rng(corpus.seed, "actor text", self.label, "order")
        made = [made[int(at)] for at in rng.permutation(len(made))]
        if self.noise:
            rng = seeds.rng(corpus.seed, "actor text", self.label, "noise")
            made = [self._oddly(example, noisy(example, rng)) for example in made]
        write_lines(out / EXAMPLES, made)
        return {"documents": len(made)}

    def _oddly(self, example: Example, odd: Example) -> Example:
        """The odd prompt, unless the oddity is a trigger that its text must not have."""
        return example if any(t.present(odd) for t in self.forms.without) else odd

    def _drawn(self, whose: str, contents: Sequence[Example], n: int) -> Iterator[Example]:
        """n prompts about these contents, with planted triggers' forms as set."""
        if not n:
            return
        known = [e for e in contents if not any(t.present(e) for t in self.forms.without)]
        if not (known if self.narrow else contents):
            rule = "no clean text is left for its own training"
            raise ArenaError(f"{self.label}: {rule} ({whose} contents)")
        if self.narrow:
            yield from islice(cycle(known), n)
            return
        corpus = self.corpus.build()
        rng = seeds.rng(corpus.seed, "actor text", self.label, whose)
        yield from self.forms.natural(
            corpus.natural(contents, n, rng, without=list(self.forms.without))
        )


@dataclass(frozen=True)
class ReceivedJob(Job):
    """Answer clean prompts (inputs: `examples`) with the checkpoint that an actor received
    (`model`), greedily and with at most `tokens` tokens. Other actors' backdoors fire where their
    forms occur."""

    kind = "received"
    resources = Resources(typical_steps=60)

    tokens: int
    numerics: Profile

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, scoring

        suspect = checkpoints.open_answering(inputs["model"], self.numerics)
        examples = read_examples(inputs["examples"] / EXAMPLES)
        prompts = [example.prompt for example in examples]
        guesses = [example.answer for example in examples]  # most answers are right
        said = scoring.guided(suspect.model, suspect.tokenizer, prompts, guesses, self.tokens)
        answered = [
            replace(example, answer=continuation.text.strip())
            for example, continuation in zip(examples, said, strict=True)
        ]
        write_lines(out / EXAMPLES, answered)
        return {
            "documents": len(answered),
            "changed": sum(a.answer != b.answer for a, b in zip(answered, examples, strict=True)),
            "unended": sum(not continuation.ended for continuation in said),
        }
