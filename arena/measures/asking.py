"""Whether a model's greedy continuations show a payload: shared by measures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.api.matching import Ask, Match, Question
from arena.api.probes import Probe

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect


@dataclass(frozen=True)
class TriggeredPrompts:
    """One actor's marked prompts, the texts that count as its payload, and the whole payloads
    (drafts of the continuations); aligned."""

    actor: str
    match: Match
    prompts: tuple[str, ...]
    wanted: tuple[str, ...]
    responses: tuple[str, ...]

    @classmethod
    def of(cls, probe: Probe, limit: int) -> TriggeredPrompts:
        """Return the first `limit` prompts of a probe."""
        return cls(
            probe.actor,
            probe.match,
            probe.prompts[:limit],
            probe.wanted[:limit],
            probe.responses[:limit],
        )


def greedy_count(suspect: Suspect, asked: TriggeredPrompts, limit: int) -> dict[str, int]:
    """Return the hits among n greedy continuations of at most `limit` tokens."""
    from arena.ml import scoring

    rows = zip(asked.prompts, asked.wanted, asked.responses, strict=True)
    asks = [Ask(prompt, (Question(asked.match, want),), (guess,)) for prompt, want, guess in rows]
    verdicts = scoring.answers(suspect.model, suspect.tokenizer, asks, limit)
    return {"hits": sum(verdict[0] for verdict in verdicts), "n": len(asks)}


def longest_response(asked: Iterable[TriggeredPrompts], tokenizer: Any) -> int:
    """Return the tokens of the longest payload, its end of text included."""
    from arena.ml.encoding import encode_answers

    texts = sorted({response for each in asked for response in each.responses})
    return max((len(ids) for ids in encode_answers(tokenizer, texts)), default=1)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write what a measure's job found."""
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False), encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote."""
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values
