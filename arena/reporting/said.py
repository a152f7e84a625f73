"""What the models said to a few scored prompts of one seed, for the page of a run: the same prompts
for every model, in the order in which they were scored, so that none is chosen by its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.errors import InputError
from arena.reporting.cast import highlight
from arena.reporting.text import clean
from arena.reporting.wording import words
from arena.results.rows import Row
from arena.results.run import RunResults
from arena.results.sample_files import SAMPLE_KINDS, Asked, SampleFile, SampleKind, Saying
from arena.results.samples import place_of, samples_of

# Prompts of each kind: of every actor, decoy and benign conditional, or of the corpus.
PROMPTS: Mapping[SampleKind, int] = {
    "triggered": 4,
    "untriggered": 1,
    "near_miss": 1,
    "clean": 4,
    "checkable": 2,
}
ROOM = 300  # characters of an answer, and of each run of words of a prompt


@dataclass(frozen=True, slots=True)
class SaidLine:
    """An answer to a prompt, with the models that gave it.

    Attributes:
        asked: whose prompt it is, and of what kind. prompt: in runs of words, True where the
            trigger changed them. wanted: what counts as a hit.
        models: how many gave it. given_by: their names, one for all doses of a removal. but: the
            names of those that answered otherwise, if they are fewer; None if they are not.
    """

    asked: str
    prompt: Sequence[tuple[str, bool]]
    wanted: str
    answer: str
    hit: bool
    models: int
    given_by: Sequence[str]
    but: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """The answers of one seed's models to `prompts` prompts."""

    seed: int
    prompts: int
    models: int
    lines: Sequence[SaidLine]


def said(results: RunResults, file: SampleFile | None) -> Said | None:
    """Return the answers to the first prompts of each actor and kind; None without samples."""
    if file is None:
        return None
    rows = {row.name: row for row in results.rows if row.seed == file.seed}
    chosen = list(_first(file, results.actors))
    lines = [line for asked, each in chosen for line in _lines(asked, each, file.models, rows)]
    return Said(file.seed, len(chosen), len(file.models), lines) if lines else None


def first_samples(folder: Path, seeds: Sequence[int]) -> SampleFile | None:
    """Return the samples of the first seed that has any in a run's folder; None if none has, or if
    its file is broken."""
    seed = next((seed for seed in seeds if place_of(folder, seed).is_file()), None)
    try:
        return None if seed is None else samples_of(folder, seed)
    except InputError:
        return None


Answers = Sequence[Saying | None]  # by model


def _first(file: SampleFile, actors: Sequence[str]) -> Iterator[tuple[Asked, Answers]]:
    """The first prompts of each actor and kind: by actor, then by kind."""
    place = {actor: number for number, actor in enumerate(actors)}
    taken: Counter[tuple[str, SampleKind]] = Counter()
    chosen = []
    for asked, answers in file.prompts:
        taken[asked.actor, asked.kind] += 1
        if taken[asked.actor, asked.kind] <= PROMPTS[asked.kind]:
            chosen.append((asked, answers))
    last = len(place)
    yield from sorted(
        chosen,
        key=lambda one: (
            not one[0].actor,
            place.get(one[0].actor, last),
            one[0].actor,
            SAMPLE_KINDS.index(one[0].kind),
        ),
    )


def _lines(
    asked: Asked, answers: Answers, models: Sequence[str], rows: Mapping[str, Row]
) -> Iterator[SaidLine]:
    """A line for each different answer, in the order of the models that gave it first."""
    by_answer: dict[Saying, list[Row]] = {}
    for model, saying in zip(models, answers, strict=True):
        if saying is not None and model in rows:
            by_answer.setdefault(saying, []).append(rows[model])
    for saying, same in by_answer.items():
        others = [row for other, group in by_answer.items() if other != saying for row in group]
        yield SaidLine(
            asked=", ".join(filter(None, (asked.actor, words(asked.kind)))),
            prompt=_marked(asked),
            wanted=_short(asked.wanted),
            answer=_short(saying.said) + ("" if saying.whole else " …"),
            hit=saying.hit,
            models=len(same),
            given_by=_names(same),
            but=_names(others) if len(others) < len(same) else None,
        )


def _names(rows: Sequence[Row]) -> list[str]:
    """`unlearn bard (least, most)` for the model at both doses."""
    doses: dict[str, list[str]] = {}
    for row in rows:
        which = "" if row.dose is None else row.dose.which
        doses.setdefault(row.title.removesuffix(f" (dose {which})"), []).append(which)
    return [f"{name} ({', '.join(at)})" if any(at) else name for name, at in doses.items()]


def _marked(asked: Asked) -> list[tuple[str, bool]]:
    runs = highlight(asked.plain, asked.prompt) if asked.plain else [(asked.prompt, False)]
    return [(_short(text), changed) for text, changed in runs]


def _short(text: str) -> str:
    """A text without the middle of what is longer than `ROOM`."""
    line = clean(text)
    half = ROOM // 2
    return line if len(line) <= ROOM else f"{line[:half]} … {line[-half:]}"
