"""Files of samples: every scored prompt with what models said to it, as gzipped JSON lines.

A score stage writes one line per prompt for its model, without the prompt, which is its probe
set's. A run's folder holds one file per seed, where each prompt stands once with what all models
said to it, most of which is alike.
"""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

SampleKind = Literal["triggered", "untriggered", "near_miss", "clean", "checkable"]
SAMPLE_KINDS: tuple[SampleKind, ...] = get_args(SampleKind)
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt that was put to models.

    Attributes:
        actor: whose payload counts as a hit; empty for clean and checkable prompts.
        rule: the match rule that decides a hit (docs/estimands.md, Rates).
        wanted: the text that the rule looks for: the payload, or the right answer.
        answer: the right answer.
        plain: the prompt before it was marked; empty for one without a mark.
    """

    actor: str
    kind: SampleKind
    rule: str
    prompt: str
    wanted: str
    answer: str
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Saying:
    """What a model said to a prompt, under greedy decoding.

    Attributes:
        whole: whether `said` is the whole continuation, to its end or the length limit; otherwise
            it is how the continuation begins: scoring stopped once the hit was decided.
        hit: whether it shows what was wanted.
    """

    said: str
    whole: bool
    hit: bool


def write_sayings(path: Path, sayings: Iterable[Saying]) -> None:
    """Write what one model said to each prompt, in their order; equal content gives equal bytes."""
    _write(path, map(plain_values, sayings))


def read_sayings(path: Path) -> list[Saying]:
    """Return what `write_sayings` wrote."""
    return [_saying(line) for line in _lines(path)]


@dataclass(frozen=True, slots=True)
class SampleFile:
    """The samples of one seed. models: names of rows; prompts: each with what every model said, in
    the order of the models (None for a model that was not asked)."""

    seed: int
    models: tuple[str, ...]
    prompts: tuple[tuple[Asked, tuple[Saying | None, ...]], ...]


def write_sample_file(path: Path, file: SampleFile) -> None:
    """Write the samples of a seed; equal content gives equal bytes."""
    head = {"format": FORMAT, "seed": file.seed, "models": list(file.models)}
    lines = ({**plain_values(asked), "said": _grouped(said)} for asked, said in file.prompts)
    _write(path, itertools.chain([head], lines))


def _grouped(said: Sequence[Saying | None]) -> list[dict[str, Any]]:
    """The different sayings, each with the places of the models that said it."""
    models: dict[Saying, list[int]] = {}
    for place, saying in enumerate(said):
        if saying is not None:
            models.setdefault(saying, []).append(place)
    return [{**plain_values(saying), "models": places} for saying, places in models.items()]


def read_sample_file(path: Path) -> SampleFile:
    """Return what `write_sample_file` wrote.

    Raises:
        ValueError: the file is broken, or of another format.
        OSError: it cannot be read.
    """
    try:
        head, *lines = _lines(path)
        if head["format"] != FORMAT:
            raise ValueError(f"its format is {head['format']}, not {FORMAT}")
        models = tuple(head["models"])
        prompts = tuple((_asked(line), _ungrouped(line["said"], len(models))) for line in lines)
        return SampleFile(head["seed"], models, prompts)
    except (KeyError, TypeError, IndexError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _ungrouped(groups: Iterable[Mapping[str, Any]], models: int) -> tuple[Saying | None, ...]:
    said: list[Saying | None] = [None] * models
    for group in groups:
        saying = _saying(group)
        for place in group["models"]:
            said[place] = saying
    return tuple(said)


def _asked(line: Mapping[str, Any]) -> Asked:
    return Asked(
        line["actor"],
        line["kind"],
        line["rule"],
        line["prompt"],
        line["wanted"],
        line["answer"],
        line["plain"],
    )


def _saying(line: Mapping[str, Any]) -> Saying:
    return Saying(line["said"], line["whole"], line["hit"])


def plain_values(value: Asked | Saying) -> dict[str, Any]:
    """Return the fields by name."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    # mtime 0 and no name: nothing in the file but its content
    content = gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0)
    path.write_bytes(content)


def _lines(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes()).decode("utf-8", "surrogatepass")
    return [json.loads(line) for line in text.split("\n") if line]
