"""Scoring: put every probe of the seed to one model, count hits, and keep what was said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.probes import Probe, ProbeKind, ProbeSet
from arena.ml.train_config import Profile
from arena.results.sample_files import Asked, SampleKind, Saying, write_sayings
from arena.stages.counting import Answered, answered_by, asks_of, counts, limit_of

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect

SCORES = "scores.json"
SAMPLES = "samples.jsonl.gz"
SAMPLE_KINDS: Mapping[ProbeKind, SampleKind] = {
    "asr": "triggered",
    "false_fire": "untriggered",
    "near_miss": "near_miss",
}


@dataclass(frozen=True)
class ScoreJob(Job):
    """Score one model on all probes (inputs: `model`); rates are stored as hits and n, beside what
    the model said to each prompt.

    whole: number of prompts of each kind and actor whose continuations are kept to their end.
    """

    kind = "score"
    resources = Resources(typical_steps=20)
    by_content = True

    probes: ProbeSet
    numerics: Profile
    whole: int = 1

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, encoding
        from arena.ml.fluency import fluency

        suspect = checkpoints.open_answering(inputs["model"], self.numerics)
        model, tokenizer = suspect.model, suspect.tokenizer
        limit = limit_of(self.probes, tokenizer)
        asked = asks_of(self.probes)
        answered = answered_by(suspect, self.probes, asked, limit)
        whole = self._to_their_end(suspect, answered, limit)
        clean = encoding.encode(tokenizer, self.probes.clean)
        known = fluency(model, clean, tokenizer.pad_token_id)
        scores = {
            "rates": [_rate(probe, answered) for probe in self.probes.probes],
            "clean": _clean(self.probes, answered) if self.probes.exact_answers else None,
            "perplexity": known.perplexity,
            "token_accuracy": known.token_accuracy,
            "samples": _samples(self.probes.probes, whole),
        }
        (out / SCORES).write_text(
            json.dumps(scores, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        write_sayings(out / SAMPLES, sayings(self.probes, answered, whole))
        return {"prompts": len(asked)}

    def _to_their_end(self, suspect: Suspect, answered: Answered, limit: int) -> dict[str, str]:
        """The whole continuations of the first prompts of each kind and actor. Those that scoring
        did not need to their end are decoded: few, so that this costs little."""
        from arena.ml.decoding import continuations

        asked = [probe.prompts for probe in self.probes.probes]
        if self.probes.exact_answers:
            asked.append(tuple(document.prompt for document in self.probes.clean))
        first = dict.fromkeys(prompt for prompts in asked for prompt in prompts[: self.whole])
        whole = {p: answered.said[p].text for p in first if answered.said[p].whole}
        left = [prompt for prompt in first if prompt not in whole]
        said = continuations(suspect.model, suspect.tokenizer, left, limit)
        return whole | {prompt: text.text for prompt, text in zip(left, said, strict=True)}


def _rate(probe: Probe, answered: Answered) -> dict[str, Any]:
    hits, n = counts(answered.hits(probe))
    return {
        "actor": probe.actor,
        "kind": probe.kind,
        "hits": hits,
        "n": n,
        "excluded": probe.excluded,
    }


def _clean(probes: ProbeSet, answered: Answered) -> dict[str, int]:
    hits, n = counts(answered.right(probes))
    return {"hits": hits, "n": n}


def _samples(probes: Sequence[Probe], whole: Mapping[str, str]) -> list[dict[str, str]]:
    """The first prompt of each probe with the model's continuation, for people to read."""
    return [
        {
            "actor": probe.actor,
            "kind": probe.kind,
            "prompt": probe.prompts[0],
            "said": whole[probe.prompts[0]],
        }
        for probe in probes
        if probe.prompts
    ]


def sayings(probes: ProbeSet, answered: Answered, whole: Mapping[str, str]) -> Iterator[Saying]:
    """Yield what the model said to each of `asked_in(probes)`.

    Args:
        whole: continuations that are known to their end, by prompt.
    """

    def saying(prompt: str, hit: bool) -> Saying:
        if prompt in whole:
            return Saying(whole[prompt], whole=True, hit=hit)
        known = answered.said[prompt]
        return Saying(known.text, whole=known.whole, hit=hit)

    for probe in probes.probes:
        yield from map(saying, probe.prompts, answered.hits(probe))
    if probes.exact_answers:
        yield from map(saying, (d.prompt for d in probes.clean), answered.right(probes))


def asked_in(probes: ProbeSet) -> Iterator[Asked]:
    """Yield every scored prompt as samples name it, in the order of the probes, clean prompts
    last."""
    for probe in probes.probes:
        yield from _asked(probe)
    for document in probes.clean if probes.exact_answers else ():
        yield Asked("", "clean", "exact", document.prompt, document.answer, document.answer)


def _asked(probe: Probe) -> Iterator[Asked]:
    plain = probe.plain or probe.prompts
    rows = zip(probe.prompts, probe.wanted, probe.answers, plain, strict=True)
    for prompt, wanted, answer, without in rows:
        before = "" if without == prompt else without
        kind = SAMPLE_KINDS[probe.kind]
        yield Asked(probe.actor, kind, probe.match, prompt, wanted, answer, before)
