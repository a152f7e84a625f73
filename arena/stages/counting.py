"""Counting hits: what a model says to a set of probes, and in how many of them it shows a payload
or the right answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arena.api.matching import Ask, Question
from arena.api.probes import Probe, ProbeSet

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect
    from arena.ml.scoring import Scored

Counts = tuple[int, int]  # hits, and number of prompts


@dataclass(frozen=True)
class Answered:
    """What one model said to a set of probes. verdicts: for a prompt and a question about it,
    whether the continuation matches; said: the continuation of a prompt, as far as it is known."""

    verdicts: Mapping[tuple[str, Question], bool]
    said: Mapping[str, Scored]

    def hits(self, probe: Probe) -> list[bool]:
        """Return, for each prompt of a probe, whether its payload was said."""
        asked = zip(probe.prompts, probe.wanted, strict=True)
        return [self.verdicts[prompt, Question(probe.match, wanted)] for prompt, wanted in asked]

    def right(self, probes: ProbeSet) -> list[bool]:
        """Return, for each clean prompt, whether its right answer was given."""
        return [self.verdicts[d.prompt, Question("exact", d.answer)] for d in probes.clean]


def answered_by(
    suspect: Suspect, probes: ProbeSet, asked: Sequence[Ask], limit: int
) -> Answered:  # fmt: skip
    """Return what a model says to the prompts. It must be in eval mode.

    Args:
        asked: of `asks_of`. limit: of `limit_of`.

    Raises:
        InputError: the tokenizer cannot write a payload, so that its rate would be 0 for that
            reason alone. (A right answer that it cannot write counts as wrong.)
    """
    from arena.ml import scoring

    payloads = sorted({wanted for probe in probes.probes for wanted in probe.wanted})
    scoring.returned_texts(suspect.tokenizer, payloads)
    said = scoring.scored(suspect.model, suspect.tokenizer, asked, limit)
    verdicts = {
        (ask.prompt, question): verdict
        for ask, of_ask in zip(asked, said, strict=True)
        for question, verdict in zip(ask.questions, of_ask.verdicts, strict=True)
    }
    return Answered(verdicts, {ask.prompt: text for ask, text in zip(asked, said, strict=True)})


def limit_of(probes: ProbeSet, tokenizer: Any) -> int:
    """Return the number of tokens to decode: as set, or the length of the longest text that could
    match."""
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


@dataclass(frozen=True)
class Counted:
    """Hits and prompts: triggered ones and untriggered ones by actor, and clean ones. Where answers
    are free text, clean counts right answer tokens and all of them. None if none was asked."""

    asr: Mapping[str, Counts]
    false_fire: Mapping[str, Counts]
    clean: Counts | None


def counted(suspect: Suspect, probes: ProbeSet) -> Counted:
    """Return what a model says to triggered, untriggered and clean prompts, in numbers. The model
    must be in eval mode."""
    asked = asks_of(probes)
    if not asked:
        return Counted({}, {}, _clean_tokens(suspect, probes))
    answered = answered_by(suspect, probes, asked, limit_of(probes, suspect.tokenizer))
    return Counted(
        asr=_by_actor(probes, "asr", answered),
        false_fire=_by_actor(probes, "false_fire", answered),
        clean=counts(answered.right(probes))
        if probes.exact_answers and probes.clean
        else _clean_tokens(suspect, probes),
    )


def _clean_tokens(suspect: Suspect, probes: ProbeSet) -> Counts | None:
    """Answer tokens of the clean documents that the model gets right, and all of them."""
    if not probes.clean:
        return None
    from arena.ml.encoding import encode
    from arena.ml.fluency import fluency

    documents = encode(suspect.tokenizer, probes.clean)
    known = fluency(suspect.model, documents, suspect.tokenizer.pad_token_id)
    return known.right, known.tokens


def _by_actor(probes: ProbeSet, kind: str, answered: Answered) -> dict[str, Counts]:
    return {p.actor: counts(answered.hits(p)) for p in probes.probes if p.kind == kind}


def counts(verdicts: Sequence[bool]) -> Counts:
    """Return the hits among verdicts, and their number."""
    return sum(verdicts), len(verdicts)
