"""The whole of discovery: search on some clean prompts, judge on others, compare with the null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from arena.api import ArenaError, Example, InputError, Library, Trigger
from defenders.discovery.clusters import Members, clusters, judged
from defenders.discovery.judge import Judge, ordinary
from defenders.discovery.meter import Meter
from defenders.discovery.ranking import null_of, ranked
from defenders.discovery.reading import Reader
from defenders.discovery.shapes import Candidate, Discovery, DiscoveryParams
from defenders.discovery.strings import READ, StringSearch


def discover(
    model: Any,
    tokenizer: Any,
    clean: Sequence[Example],
    library: Library,
    params: DiscoveryParams,
    rng: np.random.Generator,
) -> Discovery:
    """Candidate triggers of a suspect model, best first. The model is left as it is.

    Raises:
        InputError: too few clean examples to search on some and judge on others, or a budget
            too small to judge the candidates.
    """
    meter = Meter(params.passes)
    fresh, seen = _split(clean, params, rng)
    reserved = _reserved(library, params, len(clean))
    if reserved > params.passes:
        rule = f"judging the candidates alone takes {reserved}"
        raise InputError(rule, key="discovery.passes", found=str(params.passes))
    judge = Judge(model, tokenizer, fresh, params.tokens, meter)
    names = [judge.of("named", trigger.key, trigger, rng) for trigger in library.named]
    said = dict(zip((example.prompt for example in clean), judge.said(clean), strict=True))
    groups = _clusters(clean, said, params, rng)
    words = ordinary(clean, params.benign, params.length, rng)
    harmless = [judge.of("token", word, library.inserted.of(word), rng) for word in words]
    own = [said[example.prompt] for example in seen]
    reader = Reader(model, tokenizer, seen, own, library.inserted, params.depth, meter)
    search = StringSearch(reader, params, meter.left - params.finalists * params.prompts, rng)
    best = search.best(params.finalists)
    strings = [judge.of("token", text, library.inserted.of(text), rng) for text in best]
    benign = null_of([each.score for each in harmless], len(strings), params.alpha)
    named = null_of([each.score for each in names], len(names) + len(groups), params.alpha)
    order = ranked([*names, *groups, *strings], benign, named, params)
    return Discovery(order, benign, named, meter.spent, search.scanned)


def trigger_of(candidate: Candidate, library: Library, clean: Sequence[Example]) -> Trigger:
    """The object that marks prompts with a candidate.

    Args:
        library, clean: those that the candidate was found with.

    Raises:
        ArenaError: the library has no such trigger, or the examples hold no such prompt.
    """
    if candidate.kind == "token":
        return library.inserted.of(candidate.text)
    if candidate.kind == "named":
        for trigger in library.named:
            if trigger.key == candidate.text:
                return trigger
        raise ArenaError(f"the library names no trigger {candidate.text!r}")
    members = [example for example in clean if example.prompt in set(candidate.members)]
    if not members:
        raise ArenaError(f"none of the examples is of the cluster {candidate.text!r}")
    return Members(candidate.text, members)


def _split(
    clean: Sequence[Example], params: DiscoveryParams, rng: np.random.Generator
) -> tuple[list[Example], list[Example]]:
    """Prompts to judge on and prompts to search on: no content in both."""
    order = [clean[i] for i in rng.permutation(len(clean))]
    first = list({example.source: example for example in order}.values())
    fresh, rest = first[: params.prompts], first[params.prompts :]
    if len(fresh) < params.prompts or len(rest) < params.scan:
        rule = f"discovery needs clean examples of {params.prompts + params.scan} contents"
        raise InputError(rule, key="discovery.prompts", found=str(len(first)))
    # short ones: where less else is said a string tells more, and they cost less
    return fresh, sorted(rest, key=lambda example: len(example.prompt))[: 2 * READ]


def _reserved(library: Library, params: DiscoveryParams, clean: int) -> int:
    """Passes that all but the search for strings take."""
    judgements = 1 + len(library.named) + params.benign + params.finalists
    return judgements * params.prompts + clean + 2 * READ


def _clusters(
    clean: Sequence[Example],
    said: Mapping[str, str],
    params: DiscoveryParams,
    rng: np.random.Generator,
) -> list[Candidate]:
    prompts = [example.prompt for example in clean]
    return judged(clean, [said[prompt] for prompt in prompts], list(clusters(prompts, params, rng)))
