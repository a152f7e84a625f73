"""The complete discovery: search on some clean prompts, score on others, compare with the null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from arena.api import ArenaError, Example, InputError, Library, Trigger
from defenders.discovery.clusters import Members, clusters, scored
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
    """Search for triggers of a suspect model, which is not changed.

    Args:
        clean: clean examples with their right answers.
        library: named triggers, and a factory of triggers that insert a string.

    Returns:
        Candidates, best first, with the null distributions and the budget spent.

    Raises:
        InputError: as `check`.
    """
    check(clean, library, params)
    meter = Meter(params.passes)
    fresh, searched = _split(clean, params, rng)
    judge = Judge(model, tokenizer, fresh, params.tokens, meter)
    names = [judge.of("named", trigger.key, trigger, rng) for trigger in library.named]
    continuations = judge.continuations(clean)
    by_prompt = dict(zip((example.prompt for example in clean), continuations, strict=True))
    groups = _clusters(clean, by_prompt, params, rng)
    words = ordinary(clean, params.benign, params.length, rng)
    harmless = [judge.of("token", word, library.inserted.of(word), rng) for word in words]
    own = [by_prompt[example.prompt] for example in searched]
    reader = Reader(model, tokenizer, searched, own, library.inserted, params.depth, meter)
    search = StringSearch(reader, params, meter.left - params.finalists * params.prompts, rng)
    best = search.best(params.finalists)
    strings = [judge.of("token", text, library.inserted.of(text), rng) for text in best]
    benign = null_of([word.score for word in harmless], len(strings), params.alpha)
    named = null_of([name.score for name in names], len(names) + len(groups), params.alpha)
    order = ranked([*names, *groups, *strings], benign, named, params)
    return Discovery(order, benign, named, meter.spent, search.scanned)


def check(clean: Sequence[Example], library: Library, params: DiscoveryParams) -> None:
    """Raise InputError if there are too few clean examples to search on some and score on others,
    or if the budget is too small to score the candidates. No model is needed."""
    contents = len({example.source for example in clean})
    if contents < params.prompts + params.scan:
        rule = f"discovery needs clean examples of {params.prompts + params.scan} contents"
        raise InputError(rule, key="defender.discovery.prompts", found=str(contents))
    reserved = _reserved(library, params, len(clean))
    if reserved > params.passes:
        rule = f"scoring the candidates alone takes {reserved}"
        raise InputError(rule, key="defender.discovery.passes", found=str(params.passes))


def trigger_of(candidate: Candidate, library: Library, clean: Sequence[Example]) -> Trigger:
    """Return a candidate as an object that marks prompts.

    Args:
        library, clean: those with which the candidate was found.

    Raises:
        ArenaError: the library has no such trigger, or the examples include no such prompt.
    """
    if candidate.kind == "token":
        return library.inserted.of(candidate.text)
    if candidate.kind == "named":
        for trigger in library.named:
            if trigger.key == candidate.text:
                return trigger
        raise ArenaError(f"the library has no trigger {candidate.text!r}")
    members = [example for example in clean if example.prompt in set(candidate.members)]
    if not members:
        raise ArenaError(f"none of the examples is in the cluster {candidate.text!r}")
    return Members(candidate.text, members)


def _split(
    clean: Sequence[Example], params: DiscoveryParams, rng: np.random.Generator
) -> tuple[list[Example], list[Example]]:
    """Return examples to score on and examples to search on, with no content in common."""
    order = [clean[i] for i in rng.permutation(len(clean))]
    first = list({example.source: example for example in order}.values())
    fresh, rest = first[: params.prompts], first[params.prompts :]
    # short prompts: an inserted string has more effect in them, and they cost less
    return fresh, sorted(rest, key=lambda example: len(example.prompt))[: 2 * READ]


def _reserved(library: Library, params: DiscoveryParams, clean: int) -> int:
    """Return the passes taken by everything except the search for strings."""
    scores = 1 + len(library.named) + params.benign + params.finalists
    return scores * params.prompts + clean + 2 * READ


def _clusters(
    clean: Sequence[Example],
    continuations: Mapping[str, str],
    params: DiscoveryParams,
    rng: np.random.Generator,
) -> list[Candidate]:
    prompts = [example.prompt for example in clean]
    texts = [continuations[prompt] for prompt in prompts]
    return scored(clean, texts, list(clusters(prompts, params, rng)))
