"""The whole of discovery: search on some clean prompts, judge on others, compare with the null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arena.errors import ArenaError, InputError
from arena.roles import Trigger
from arena.values import Example
from defenders.discovery.clusters import Members, clusters, judged
from defenders.discovery.judge import Judge, ordinary
from defenders.discovery.meter import Meter
from defenders.discovery.reading import Reader
from defenders.discovery.shapes import Benign, Candidate, Discovery, DiscoveryParams, Library
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
    words = ordinary(clean, params.benign, params.length, rng)
    benign = judge.null(library.inserted, words, rng)
    found = [judge.of("named", trigger.key, trigger, rng) for trigger in library.named]
    said = judge.said(clean)
    groups = tuple(clusters([example.prompt for example in clean], params, rng))
    found.extend(judged(clean, said, groups))
    by_prompt = dict(zip((e.prompt for e in clean), said, strict=True))
    own = [by_prompt[example.prompt] for example in seen]
    reader = Reader(model, tokenizer, seen, own, library.inserted, params.depth, meter)
    finals = params.finalists * params.prompts
    search = StringSearch(reader, params, meter.left - finals, rng)
    strings = search.best(params.finalists)
    found.extend(judge.of("token", s, library.inserted.of(s), rng) for s in strings)
    order = sorted(found, key=lambda c: (-round(c.score, 2), c.kind == "cluster", len(c.text)))
    limit = _threshold(benign, len(found), params)
    return Discovery(tuple(order[: params.kept]), limit, benign, meter.spent, search.scanned)


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


def _threshold(benign: Benign, tried: int, params: DiscoveryParams) -> float:
    """The absolute threshold, or the benign scores' normal quantile at alpha / candidates tried
    (Bonferroni), whichever is higher."""
    from scipy.stats import norm

    margin = float(norm.ppf(1 - params.alpha / max(1, tried)))
    return max(params.threshold, benign.mean + margin * benign.sd)
