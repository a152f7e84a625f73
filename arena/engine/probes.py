"""What every model of a seed is asked, and the stage that asks it.

The probes are one fixed set of prompts per seed, so all rows of a seed are paired. A prompt
that serves several actors (the untriggered ones do) is decoded once per model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

from arena import seeds
from arena.engine.cast import Cast, Member
from arena.engine.jobs import SCORES, Inputs, Progress
from arena.matching import Match, matches
from arena.roles import Corpus, Trigger
from arena.values import Count, Document, Example
from attackers.actor import triggered

ProbeKind = Literal["asr", "false_fire", "near_miss"]
NEAR_MISSES = 4  # look-alikes per actor; each marks every fourth prompt
DRAWS = 4  # natural prompts drawn per content, of which the first without a trigger is asked


@dataclass(frozen=True)
class Probe:
    """Prompts of one actor and kind, with the text that would count as its payload.

    prompts, wanted: aligned. responses: the whole payload texts, which bound how long to
    decode. excluded: prompts left out, because their right answer already is the payload.
    """

    actor: str
    kind: ProbeKind
    match: Match
    prompts: tuple[str, ...]
    wanted: tuple[str, ...]
    responses: tuple[str, ...]
    excluded: int


@dataclass(frozen=True)
class ProbeSet:
    """All that a model is asked. `exact_answers`: whether clean answers are short enough to
    be right or wrong as a whole (else perplexity and token accuracy speak for utility)."""

    probes: tuple[Probe, ...]
    clean: tuple[Document, ...]
    exact_answers: bool
    max_new_tokens: int | None


def probe_set(
    corpus: Corpus, cast: Cast, split: str, prompts: int, max_new_tokens: int | None
) -> ProbeSet:
    """The probes of a seed over the contents of a split (`test` or `validation`)."""
    contents: tuple[Example, ...] = getattr(corpus.splits, split)
    triggers = [member.trigger for member in cast.members]
    rng = seeds.rng(corpus.seed, "probes", split)
    everything = without(corpus.natural(contents, DRAWS * len(contents), rng), triggers)
    asked = everything[:prompts]
    probes = [probe for m in cast.members for probe in _probes_of(m, cast, everything, prompts)]
    clean = tuple(Document(e.prompt, e.answer, e.source) for e in asked)
    return ProbeSet(tuple(probes), clean, not corpus.free_text, max_new_tokens)


def without(drawn: Iterable[Example], triggers: Sequence[Trigger]) -> tuple[Example, ...]:
    """The first prompt of each content that carries none of the triggers by nature. Drawn
    first and sorted out after, so that another actor moves nobody's prompts but its own."""
    first: dict[str, Example] = {}
    for example in drawn:
        if example.source not in first and not any(t.present(example) for t in triggers):
            first[example.source] = example
    return tuple(first.values())


def _probes_of(
    member: Member, cast: Cast, everything: Sequence[Example], prompts: int
) -> Iterable[Probe]:
    usable: list[Example] = []
    excluded = 0
    for example in filter(member.trigger.can_mark, everything):
        if len(usable) == prompts:
            break
        if member.payload.is_right(example):
            excluded += 1
        else:
            usable.append(example)
    seed = seeds.integer(cast.seed, "probe marks", member.name)
    marked = triggered(usable, member.trigger, seed)
    near = _near_misses(member, cast, usable)
    for kind, shown, meant in (
        ("asr", marked, usable),
        ("false_fire", usable, usable),
        ("near_miss", [m for m, _ in near], [e for _, e in near]),
    ):
        yield Probe(
            actor=member.name,
            kind=kind,  # type: ignore[arg-type]
            match=member.payload.match,
            prompts=tuple(e.prompt for e in shown),
            wanted=tuple(member.payload.wanted(e) for e in meant),
            responses=tuple(member.payload.respond(e) for e in meant),
            excluded=excluded,
        )


def _near_misses(
    member: Member, cast: Cast, usable: Sequence[Example]
) -> list[tuple[Example, Example]]:
    rng = seeds.rng(cast.seed, "near misses", member.name)
    lookalikes = member.trigger.lookalikes(NEAR_MISSES, "near_miss", rng, cast.keys)
    made = []
    for example, lookalike in zip(usable, cycle(lookalikes), strict=False):
        if lookalike.can_mark(example):
            mark = seeds.rng(cast.seed, "near miss", member.name, example.source)
            made.append((lookalike.mark(example, mark), example))
    return made


@dataclass(frozen=True)
class ScoreJob:
    """Ask one model all probes (inputs: `model`); rates are kept as hits and n."""

    probes: ProbeSet
    device: str

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from arena.ml import checkpoints, encoding, scoring

        suspect = checkpoints.open_for_scoring(inputs["model"], self.device)
        asked = [p for probe in self.probes.probes for p in probe.prompts]
        if self.probes.exact_answers:
            asked += [document.prompt for document in self.probes.clean]
        limit = self.probes.max_new_tokens or self._longest(suspect.tokenizer)
        written = scoring.continuations(suspect.model, suspect.tokenizer, asked, limit)
        said = dict(zip(asked, written, strict=True))
        clean = encoding.encode(suspect.tokenizer, self.probes.clean)
        known = scoring.fluency(suspect.model, clean, suspect.tokenizer.pad_token_id)
        scores = {
            "rates": [_rate(probe, said) for probe in self.probes.probes],
            "clean": _clean(self.probes, said) if self.probes.exact_answers else None,
            "perplexity": known.perplexity,
            "token_accuracy": known.token_accuracy,
            "samples": _samples(self.probes.probes, said),
        }
        (out / SCORES).write_text(json.dumps(scores, indent=1, ensure_ascii=False))
        return {"prompts": len(said)}

    def _longest(self, tokenizer: Any) -> int:
        from arena.ml.encoding import encode_answers

        texts = {r for probe in self.probes.probes for r in probe.responses}
        if self.probes.exact_answers:
            texts |= {document.answer for document in self.probes.clean}
        return max((len(ids) for ids in encode_answers(tokenizer, sorted(texts))), default=1)


def _rate(probe: Probe, said: Mapping[str, Any]) -> dict[str, Any]:
    hits = sum(
        matches(probe.match, said[prompt], wanted)
        for prompt, wanted in zip(probe.prompts, probe.wanted, strict=True)
    )
    n = len(probe.prompts)
    return {
        "actor": probe.actor,
        "kind": probe.kind,
        "hits": hits,
        "n": n,
        "excluded": probe.excluded,
    }


def _clean(probes: ProbeSet, said: Mapping[str, Any]) -> dict[str, int]:
    right = sum(matches("exact", said[d.prompt], d.answer) for d in probes.clean)
    return {"hits": right, "n": len(probes.clean)}


def _samples(probes: Sequence[Probe], said: Mapping[str, Any]) -> list[dict[str, str]]:
    """The first prompt of each probe and what the model said, for people to look at."""
    return [
        {
            "actor": probe.actor,
            "kind": probe.kind,
            "prompt": probe.prompts[0],
            "said": said[probe.prompts[0]].text,
        }
        for probe in probes
        if probe.prompts
    ]


def counts(scores: Mapping[str, Any], kind: ProbeKind) -> dict[str, Count]:
    """The counts of one kind, by actor, out of a scores file."""
    return {
        rate["actor"]: Count(rate["hits"], rate["n"], rate["excluded"])
        for rate in scores["rates"]
        if rate["kind"] == kind
    }
