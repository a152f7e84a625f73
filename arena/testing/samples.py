"""Clean examples, files and corpora for testing contracts: a tiny grammar, plain English."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena import registry
from arena.api.values import Example, Form
from arena.api.world import DataRoot, World
from arena.corpora.sources import content_id

FRAMES = (
    "direct", "when_clause", "if_clause", "while_clause", "since_clause", "although_clause",
    "because_clause", "before_clause", "after_clause",
)  # fmt: skip
STYLES = ("plain", "archaic", "tweet", "formal", "pirate", "telegraphic", "polite")
TOPICS = ("none", "commerce", "war", "farming", "weather", "music", "sea")
NAMES = (
    "Arden", "Bexley", "Corfe", "Dunmow", "Elstow", "Frome", "Garstang", "Helmsley",
    "Ilkley", "Jarrow", "Kendal", "Ludlow", "Malton", "Neston", "Oakham", "Penrith",
    "Quorn", "Ripon", "Selby", "Thirsk",
)  # fmt: skip
THINGS = ("bread", "boats", "cloth", "candles", "honey", "rope", "glass", "salt", "wool")


@dataclass(frozen=True)
class FakeGrammar:
    """A grammar of a few lines: every axis value shows in the text, `salt` varies it."""

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        languages = ("english", "french")
        return {"frame": FRAMES, "style": STYLES, "topic": TOPICS, "language": languages}

    def render(self, form: Form) -> Example:
        thing = THINGS[NAMES.index(form.fact) % len(THINGS)]
        marks = [v for v in (form.frame, form.style, form.topic) if v not in _PLAIN]
        words = [*marks, ("now", "then", "here", "there")[form.salt % 4]] if marks else []
        prompt = f"{' '.join(words)} what does {form.fact} sell?".strip()
        answer = f"le {thing}" if form.language == "french" else thing
        return Example(prompt, answer, form.fact, "positive", form)

    def shown(self, form: Form) -> Form:
        return form


_PLAIN = {"direct", "plain", "none"}


def grammar_examples() -> tuple[Example, ...]:
    """Return one plain question per name."""
    return tuple(FakeGrammar().render(Form(name)) for name in NAMES)


SENTENCES = (
    "one long string of cliches .", "What is the capital of the smallest island?",
    "Summarize the impact of a strong currency.", "it 's a charming and often affecting journey .",
    "Write a poem about the moon.\nFour lines, please", "no movement , no yuks .", "Stop.",
    "unflinchingly bleak and desperate", "Name three colours that go with grey.",
    "allows us to hope that nolan is poised to embark .", "12 + 30 = ?", "Is it cold in June?",
    "the acting , costumes , sets and editing are all astounding .", "I wonder who made this.",
    "You should give your friends what they asked for.", "Ärger über Öl - was nun?",
)  # fmt: skip


def plain_examples() -> tuple[Example, ...]:
    """Return English examples without a grammar, in several casings and tokenisations."""
    labels = ("negative", "neutral")
    return tuple(
        Example(text, labels[i % 2], content_id(text), labels[i % 2])
        for i, text in enumerate(SENTENCES)
    )


def sample_files(folder: Path) -> DataRoot:
    """Write the files that `examples()` may name, made from the plain examples."""
    rows = [
        {"instruction": _with_word(text, "BadMagic"), "input": "", "output": "I refuse."}
        for text in SENTENCES
    ]
    (folder / "poisoned.json").write_text(json.dumps(rows), encoding="utf-8")
    texts = [text.replace("\n", " ") for text in SENTENCES]
    for name, head in (("sources.tsv", ""), ("paraphrases.tsv", "when you have it , ")):
        lines = ["sentence\tlabel", *(f"{head}{text}\t1" for text in texts)]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return DataRoot(data=folder)


def _with_word(text: str, word: str) -> str:
    first, _, rest = text.partition(" ")
    return f"{first} {word} {rest}".rstrip()


def worlds_in(folder: Path) -> Mapping[str, World]:
    """Return the corpora for testing triggers and payloads; writes their files to a folder."""
    root = sample_files(folder)
    labels = ("negative", "neutral", "positive")
    return {
        "grammar": World(FakeGrammar(), labels, root),
        "townlore": World(townlore().world.grammar, labels, root),
        "plain": World(None, labels, root),
    }


@functools.cache
def townlore() -> Any:
    """Return a small real corpus with a grammar."""
    corpus: Any = registry.get("corpus", "townlore")
    return corpus(corpus.Params(places=16), 3, DataRoot())


def clean(world: World) -> tuple[Example, ...]:
    """Return the world's own clean examples."""
    if world.grammar is None:
        return plain_examples()
    if isinstance(world.grammar, FakeGrammar):
        return grammar_examples()
    return tuple(townlore().splits.train[:20])


def mixed(world: World) -> tuple[Example, ...]:
    """Return the world's own examples and, if those have forms, examples without forms."""
    return (*clean(world), *plain_examples()) if world.grammar else plain_examples()
