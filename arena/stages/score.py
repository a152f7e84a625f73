"""Scoring: put every probe of the seed to one model, and count hits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.matching import Ask, Continuation, Question
from arena.api.probes import Probe, ProbeSet
from arena.ml.train_config import Profile

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect

SCORES = "scores.json"
Verdicts = Mapping[tuple[str, Question], bool]
Counts = tuple[int, int]  # hits, and number of prompts


@dataclass(frozen=True)
class ScoreJob(Job):
    """Score one model on all probes (inputs: `model`); rates are stored as hits and n."""

    kind = "score"
    resources = Resources(typical_steps=20)
    by_content = True

    probes: ProbeSet
    numerics: Profile

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, encoding, scoring
        from arena.ml.fluency import fluency

        suspect = checkpoints.open_for_scoring(inputs["model"], self.numerics.device)
        model, tokenizer = suspect.model, suspect.tokenizer
        limit = _limit(self.probes, tokenizer)
        asked = asks_of(self.probes)
        shown = _verdicts(suspect, self.probes, asked, limit)
        first = [probe.prompts[0] for probe in self.probes.probes if probe.prompts]
        said = scoring.continuations(model, tokenizer, first, limit)
        clean = encoding.encode(tokenizer, self.probes.clean)
        known = fluency(model, clean, tokenizer.pad_token_id)
        scores = {
            "rates": [_rate(probe, shown) for probe in self.probes.probes],
            "clean": _clean(self.probes, shown) if self.probes.exact_answers else None,
            "perplexity": known.perplexity,
            "token_accuracy": known.token_accuracy,
            "samples": _samples(self.probes.probes, said),
        }
        (out / SCORES).write_text(
            json.dumps(scores, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        return {"prompts": len(asked)}


@dataclass(frozen=True)
class Counted:
    """Hits and prompts: triggered ones and untriggered ones by actor, and clean ones (None where
    answers are free text, or none was asked)."""

    asr: Mapping[str, Counts]
    false_fire: Mapping[str, Counts]
    clean: Counts | None


def counted(suspect: Suspect, probes: ProbeSet) -> Counted:
    """Return what a model says to triggered, untriggered and clean prompts, in numbers. The model
    must be in eval mode."""
    asked = asks_of(probes)
    if not asked:
        return Counted({}, {}, None)
    verdicts = _verdicts(suspect, probes, asked, _limit(probes, suspect.tokenizer))
    rates = [_rate(probe, verdicts) for probe in probes.probes]
    by_kind = {
        kind: {r["actor"]: (r["hits"], r["n"]) for r in rates if r["kind"] == kind}
        for kind in ("asr", "false_fire")
    }
    clean = _clean(probes, verdicts) if probes.exact_answers and probes.clean else None
    return Counted(**by_kind, clean=(clean["hits"], clean["n"]) if clean else None)


def _verdicts(suspect: Suspect, probes: ProbeSet, asked: Sequence[Ask], limit: int) -> Verdicts:
    """For each prompt, whether the model's continuation matches each question.

    Raises:
        InputError: the tokenizer cannot write a payload, so that its rate would be 0 for that
            reason alone. (A right answer that it cannot write counts as wrong.)
    """
    from arena.ml import scoring

    payloads = sorted({wanted for probe in probes.probes for wanted in probe.wanted})
    scoring.returned_texts(suspect.tokenizer, payloads)
    verdicts = scoring.answers(suspect.model, suspect.tokenizer, asked, limit)
    return {
        (ask.prompt, question): verdict
        for ask, of_ask in zip(asked, verdicts, strict=True)
        for question, verdict in zip(ask.questions, of_ask, strict=True)
    }


def _limit(probes: ProbeSet, tokenizer: Any) -> int:
    """Number of tokens to decode: as set, or the length of the longest text that could match."""
    from arena.ml.encoding import encode_answers

    if probes.max_new_tokens:
        return probes.max_new_tokens
    texts = {r for probe in probes.probes for r in probe.responses}
    if probes.exact_answers:
        texts |= {document.answer for document in probes.clean}
    return max((len(ids) for ids in encode_answers(tokenizer, sorted(texts))), default=1)


def asks_of(probes: ProbeSet) -> list[Ask]:
    """Return each prompt once, with every probe's question about it. Its first draft is the payload
    if the prompt is triggered, else the right answer."""
    questions: dict[str, dict[Question, None]] = defaultdict(dict)
    drafts: dict[str, dict[str, None]] = defaultdict(dict)
    for probe in probes.probes:
        rows = zip(probe.prompts, probe.wanted, probe.responses, probe.answers, strict=True)
        for prompt, wanted, response, answer in rows:
            questions[prompt][Question(probe.match, wanted)] = None
            texts = (response, answer) if probe.kind == "asr" else (answer, response)
            drafts[prompt] |= dict.fromkeys(texts)
    for document in probes.clean if probes.exact_answers else ():
        questions[document.prompt][Question("exact", document.answer)] = None
        drafts[document.prompt][document.answer] = None
    return [Ask(p, tuple(asked), tuple(drafts[p])) for p, asked in questions.items()]


def _rate(probe: Probe, verdicts: Verdicts) -> dict[str, Any]:
    asked = zip(probe.prompts, probe.wanted, strict=True)
    hits = sum(verdicts[prompt, Question(probe.match, wanted)] for prompt, wanted in asked)
    return {
        "actor": probe.actor,
        "kind": probe.kind,
        "hits": hits,
        "n": len(probe.prompts),
        "excluded": probe.excluded,
    }


def _clean(probes: ProbeSet, verdicts: Verdicts) -> dict[str, int]:
    right = sum(verdicts[d.prompt, Question("exact", d.answer)] for d in probes.clean)
    return {"hits": right, "n": len(probes.clean)}


def _samples(probes: Sequence[Probe], said: Sequence[Continuation]) -> list[dict[str, str]]:
    """The first prompt of each probe with the model's continuation, for people to read."""
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
