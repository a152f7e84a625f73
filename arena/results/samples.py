"""The samples in a run's folder: what its models said, chosen by actor, model, kind and text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arena.errors import InputError
from arena.results.query import holds
from arena.results.rows import Row
from arena.results.sample_files import (
    SAMPLE_KINDS,
    Asked,
    SampleFile,
    SampleKind,
    Saying,
    plain_values,
    read_sample_file,
)

FOLDER = "samples"  # in a run's folder
OF_NO_ACTOR: tuple[SampleKind, ...] = ("clean", "checkable")


@dataclass(frozen=True, slots=True)
class ScoredSample:
    """What one model of one seed said to one scored prompt (docs/results.md, Samples).

    Attributes:
        model: name of the row; title: the model as tables name it, with its dose.
        asked: the prompt, and what counts as a hit. saying: the continuation, and if it is one.
    """

    seed: int
    model: str
    title: str
    asked: Asked
    saying: Saying

    @property
    def values(self) -> dict[str, Any]:
        """Return all of it by name, without nesting."""
        own = {"seed": self.seed, "model": self.model, "title": self.title}
        return {**own, **plain_values(self.asked), **plain_values(self.saying)}

    def __getattr__(self, name: str) -> Any:
        """Return a field of the prompt or of the continuation (docs/results.md, Samples)."""
        for part in ("asked", "saying"):
            fields = plain_values(object.__getattribute__(self, part))
            if name in fields:
                return fields[name]
        raise AttributeError(f"a sample has no {name!r}; it has {', '.join(self.values)}")


@dataclass(frozen=True)
class Choice:
    """Which samples are wanted; None does not restrict.

    Attributes:
        actor: name of an actor, a decoy or a benign conditional.
        model: name of a row, its title with or without the dose, or its kind.
        hit: only hits, or only misses.
        search: words that all occur in the prompt or the continuation, in any case; a text in
            double quotes as a whole.
    """

    actor: str | None = None
    model: str | None = None
    kind: str | None = None
    seed: int | None = None
    hit: bool | None = None
    search: str | None = None

    def admits(self, asked: Asked) -> bool:
        """Return whether samples of a prompt are wanted, by its actor and kind."""
        return self.actor in (None, asked.actor) and self.kind in (None, asked.kind)

    def wants(self, asked: Asked, saying: Saying) -> bool:
        """Return whether a sample is wanted, by its hit and its texts."""
        return self.hit in (None, saying.hit) and _contains(asked, saying, self.search)


def _contains(asked: Asked, saying: Saying, text: str | None) -> bool:
    if text is None:
        return True
    return holds(f"{asked.prompt}\n{saying.said}", text)


def place_of(folder: Path, seed: int) -> Path:
    """Return the file of a seed's samples in a run's folder."""
    return folder / FOLDER / f"{seed}.jsonl.gz"


def samples_in(
    folder: Path, rows: Sequence[Row], seeds: Sequence[int], choice: Choice
) -> list[ScoredSample]:
    """Return the samples wanted, by seed, model, actor and kind, in the order of the results.

    Args:
        folder: of the run. rows, seeds: of its results.

    Raises:
        InputError: the folder has no samples, they are broken, or there is no such actor, model,
            kind or seed.
    """
    if choice.seed is not None and choice.seed not in seeds:
        raise _unknown("seed", str(choice.seed), map(str, seeds))
    wanted = seeds if choice.seed is None else (choice.seed,)
    files = [samples_of(folder, seed) for seed in wanted]
    settled = _settled(choice, files, rows)
    models = {(row.seed, row.name): row for row in rows if is_model(row, settled.model)}
    return [sample for file in files for sample in _of_seed(file, models, settled)]


def _of_seed(
    file: SampleFile, models: Mapping[tuple[int, str], Row], choice: Choice
) -> Iterator[ScoredSample]:
    prompts = [(asked, said) for asked, said in file.prompts if choice.admits(asked)]
    for place, name in enumerate(file.models):
        row = models.get((file.seed, name))
        for asked, said in prompts if row is not None else ():
            saying = said[place]
            if row is not None and saying is not None and choice.wants(asked, saying):
                yield ScoredSample(file.seed, name, row.title, asked, saying)


def _settled(choice: Choice, files: Sequence[SampleFile], rows: Sequence[Row]) -> Choice:
    """The choice with its kind spelled as in the files.

    Raises:
        InputError: there is no such actor, model or kind.
    """
    kinds = {asked.kind for file in files for asked, _ in file.prompts}
    actors = dict.fromkeys(a.actor for file in files for a, _ in file.prompts if a.actor)
    kind = None if choice.kind is None else choice.kind.replace(" ", "_").replace("-", "_")
    if kind is not None and kind not in kinds:
        raise _unknown("kind", kind, (each for each in SAMPLE_KINDS if each in kinds))
    if choice.actor is not None and choice.actor not in actors:
        raise _unknown("actor", choice.actor, actors)
    if choice.actor is not None and kind in OF_NO_ACTOR:
        rule = f"{kind} prompts are no actor's: leave out the actor, or take another kind"
        raise InputError(rule, key="actor", found=choice.actor)
    if not any(is_model(row, choice.model) for row in rows):
        titles = dict.fromkeys(row.title for row in rows)
        raise _unknown("model", str(choice.model), titles)
    return replace(choice, kind=kind)


def is_model(row: Row, wanted: str | None) -> bool:
    """Return whether a row's model is meant by that name; any is by None."""
    return wanted is None or wanted in (row.name, row.title, row.label, row.kind)


def _unknown(key: str, found: str, allowed: Iterable[str]) -> InputError:
    rule = f"this run has no such {key}"
    return InputError(rule, key=key, found=found, allowed=tuple(allowed))


def samples_of(folder: Path, seed: int) -> SampleFile:
    """Return the samples of a seed in a run's folder.

    Raises:
        InputError: there are none, or they are broken.
    """
    place = place_of(folder, seed)
    if not place.is_file():
        rule = "no samples of this seed: the run was made by an earlier version"
        raise InputError(f"{rule}, or they were deleted", str(place))
    try:
        return read_sample_file(place)
    except (OSError, ValueError) as error:
        raise InputError(f"broken: {error}", str(place)) from None
