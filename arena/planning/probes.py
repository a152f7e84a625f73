"""What every model of a seed is asked, and the stage that asks it.

The probes are one fixed set of prompts per seed, so all rows of a seed are paired. A prompt
that serves several actors (the untriggered ones do) is asked once per model.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

from arena import seeds
from arena.api.corpus import Corpus
from arena.api.matching import Ask, Continuation, Match, Question
from arena.api.trigger import Trigger
from arena.api.values import Count, Document, Example
from arena.planning.actors import Cast, Member
from arena.stages.jobs import SCORES, Inputs, Progress
from arena.stages.poison import triggered

ProbeKind = Literal["asr", "false_fire", "near_miss"]
NEAR_MISSES = 4  # look-alikes per actor; each marks every fourth prompt
DRAWS = 4  # natural prompts drawn per content, of which the first without a trigger is asked


@dataclass(frozen=True)
class Probe:
    """Prompts of one actor and kind, with the text that would count as its payload.

    prompts, wanted, responses, answers: aligned. responses: the whole payload texts, which
    bound how long to decode; answers: the right ones. Both are guesses of what will be said.
    excluded: prompts left out, because their right answer already is the payload.
    """

    actor: str
    kind: ProbeKind
    match: Match
    prompts: tuple[str, ...]
    wanted: tuple[str, ...]
    responses: tuple[str, ...]
    answers: tuple[str, ...]
    excluded: int


@dataclass(frozen=True)
class ProbeSet:
    """All that a model is asked. `exact_answers`: whether clean answers are short enough to
    be right or wrong as a whole (else perplexity and token accuracy speak for utility)."""

    probes: tuple[Probe, ...]
    clean: tuple[Document, ...]
    exact_answers: bool
    max_new_tokens: int | None

    def of(self, actors: Collection[str]) -> ProbeSet:
        """What is asked about these actors only."""
        return replace(self, probes=tuple(p for p in self.probes if p.actor in actors))


def probe_set(
    corpus: Corpus, cast: Cast, split: str, prompts: int, max_new_tokens: int | None
) -> ProbeSet:
    """The probes of a seed over the contents of a split (`test` or `validation`)."""
    everything = untriggered(corpus, cast, split)
    asked = everything[:prompts]
    probes = [probe for m in cast.members for probe in _probes_of(m, cast, everything, prompts)]
    clean = tuple(Document(e.prompt, e.answer, e.source) for e in asked)
    if cast.baits:
        # of the prompts that the actors are asked about, those without any decoy's trigger
        free = without(everything, [bait.trigger for bait in cast.baits])
        probes += [probe for b in cast.baits for probe in _probes_of(b, cast, free, prompts)]
    return ProbeSet(tuple(probes), clean, not corpus.free_text, max_new_tokens)


def untriggered(corpus: Corpus, cast: Cast, split: str) -> tuple[Example, ...]:
    """A prompt of each content of a split that carries no actor's trigger by nature."""
    contents: tuple[Example, ...] = getattr(corpus.splits, split)
    triggers = [member.trigger for member in cast.members]
    rng = seeds.rng(corpus.seed, "probes", split)
    return without(corpus.natural(contents, DRAWS * len(contents), rng), triggers)


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
    usable, excluded = usable_of(member, everything, prompts)
    marked = marked_with(member.trigger, member, cast, usable)
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
            answers=tuple(e.answer for e in meant),
            excluded=excluded,
        )


def usable_of(
    member: Member, everything: Iterable[Example], prompts: int
) -> tuple[list[Example], int]:
    """The first examples, at most `prompts`, that an actor's probes are made of, and how many
    were passed over because their right answer already is the payload."""
    usable: list[Example] = []
    excluded = 0
    for example in filter(member.trigger.can_mark, everything):
        if len(usable) == prompts:
            break
        if member.payload.is_right(example):
            excluded += 1
        else:
            usable.append(example)
    return usable, excluded


def marked_with(
    trigger: Trigger, member: Member, cast: Cast, usable: Sequence[Example]
) -> tuple[Example, ...]:
    """The examples marked with an actor's trigger or a variant of it, with the same draws."""
    return triggered(usable, trigger, seeds.integer(cast.seed, "probe marks", member.name))


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
        from arena.ml.fluency import fluency

        suspect = checkpoints.open_for_scoring(inputs["model"], self.device)
        model, tokenizer = suspect.model, suspect.tokenizer
        limit = self.probes.max_new_tokens or self._longest(tokenizer)
        asked = asks_of(self.probes)
        verdicts = scoring.answers(model, tokenizer, asked, limit)
        found = {
            (ask.prompt, question): verdict
            for ask, of_ask in zip(asked, verdicts, strict=True)
            for question, verdict in zip(ask.questions, of_ask, strict=True)
        }
        shown = [probe.prompts[0] for probe in self.probes.probes if probe.prompts]
        said = scoring.continuations(model, tokenizer, shown, limit)
        clean = encoding.encode(tokenizer, self.probes.clean)
        known = fluency(model, clean, tokenizer.pad_token_id)
        scores = {
            "rates": [_rate(probe, found) for probe in self.probes.probes],
            "clean": _clean(self.probes, found) if self.probes.exact_answers else None,
            "perplexity": known.perplexity,
            "token_accuracy": known.token_accuracy,
            "samples": _samples(self.probes.probes, said),
        }
        (out / SCORES).write_text(json.dumps(scores, indent=1, ensure_ascii=False))
        return {"prompts": len(asked)}

    def _longest(self, tokenizer: Any) -> int:
        from arena.ml.encoding import encode_answers

        texts = {r for probe in self.probes.probes for r in probe.responses}
        if self.probes.exact_answers:
            texts |= {document.answer for document in self.probes.clean}
        return max((len(ids) for ids in encode_answers(tokenizer, sorted(texts))), default=1)


def asks_of(probes: ProbeSet) -> list[Ask]:
    """Each prompt once, with every question that a probe has about it. A guess is the payload
    first where a trigger stands, else the right answer."""
    questions: dict[str, dict[Question, None]] = defaultdict(dict)
    drafts: dict[str, dict[str, None]] = defaultdict(dict)
    for probe in probes.probes:
        rows = zip(probe.prompts, probe.wanted, probe.responses, probe.answers, strict=True)
        for prompt, wanted, response, answer in rows:
            questions[prompt][Question(probe.match, wanted)] = None
            guesses = (response, answer) if probe.kind == "asr" else (answer, response)
            drafts[prompt] |= dict.fromkeys(guesses)
    for document in probes.clean if probes.exact_answers else ():
        questions[document.prompt][Question("exact", document.answer)] = None
        drafts[document.prompt][document.answer] = None
    return [Ask(p, tuple(asked), tuple(drafts[p])) for p, asked in questions.items()]


Verdicts = Mapping[tuple[str, Question], bool]


def _rate(probe: Probe, found: Verdicts) -> dict[str, Any]:
    asked = zip(probe.prompts, probe.wanted, strict=True)
    hits = sum(found[prompt, Question(probe.match, wanted)] for prompt, wanted in asked)
    return {
        "actor": probe.actor,
        "kind": probe.kind,
        "hits": hits,
        "n": len(probe.prompts),
        "excluded": probe.excluded,
    }


def _clean(probes: ProbeSet, found: Verdicts) -> dict[str, int]:
    right = sum(found[d.prompt, Question("exact", d.answer)] for d in probes.clean)
    return {"hits": right, "n": len(probes.clean)}


def _samples(probes: Sequence[Probe], said: Sequence[Continuation]) -> list[dict[str, str]]:
    """The first prompt of each probe and what the model said, for people to look at."""
    shown = [probe for probe in probes if probe.prompts]
    return [
        {
            "actor": probe.actor,
            "kind": probe.kind,
            "prompt": probe.prompts[0],
            "said": text.text,
        }
        for probe, text in zip(shown, said, strict=True)
    ]


def counts(scores: Mapping[str, Any], kind: ProbeKind) -> dict[str, Count]:
    """The counts of one kind, by actor, out of a scores file."""
    return {
        rate["actor"]: Count(rate["hits"], rate["n"], rate["excluded"])
        for rate in scores["rates"]
        if rate["kind"] == kind
    }
