"""What discovery is given and what it hands back: plain values, written as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import Field

from arena.api import Params

Kind = Literal["token", "named", "cluster"]


class DiscoveryParams(Params):
    """How widely to search, and when a candidate counts as found."""

    passes: int = Field(65536, ge=1, description="documents forwarded, at most (a gradient is 3)")
    prompts: int = Field(32, ge=4, description="fresh prompts that a candidate is judged on")
    benign: int = Field(64, ge=8, description="ordinary words tried likewise: the null")
    tokens: int = Field(16, ge=1, description="tokens decoded per prompt, at most")
    depth: int = Field(2, ge=1, description="answer tokens that the cheap scan reads")
    scan: int = Field(4, ge=2, description="prompts that every vocabulary token is tried in")
    beam: int = Field(12, ge=1, description="strings that are made longer in a round")
    flips: int = Field(24, ge=1, description="tokens tried per place, best by gradient")
    length: int = Field(3, ge=1, le=8, description="tokens of a string, at most")
    finalists: int = Field(24, ge=1, description="strings judged by decoding")
    clusters: tuple[int, ...] = Field((8, 24), description="numbers of clusters of clean prompts")
    members: int = Field(6, ge=3, description="prompts that make a cluster, at least")
    threshold: float = Field(0.8, ge=0, le=1, description="least score of a found string")
    threshold_named: float = Field(0.1, ge=0, le=1, description="the same, of a name or cluster")
    alpha: float = Field(0.05, gt=0, lt=1, description="false alarms allowed by the null")
    kept: int = Field(20, ge=1, description="candidates reported")


@dataclass(frozen=True)
class Candidate:
    """Something that may be a trigger.

    text: the string, a named trigger's key, or a cluster's telling words. score: in [-1, 1],
    how far fresh prompts' continuations gather on one behaviour that was not theirs.
    threshold: what the score must exceed to count as found. behaviour: the commonest
    continuation, said `hits` times in `n`. members: a cluster's prompts.
    """

    kind: Kind
    text: str
    score: float
    hits: int
    n: int
    behaviour: str
    members: tuple[str, ...] = ()
    threshold: float = 1.0

    @property
    def above(self) -> bool:
        """Whether it counts as found."""
        return self.score > self.threshold


@dataclass(frozen=True)
class Null:
    """Scores of what is no trigger: ordinary words put in likewise, or the named triggers but
    for the highest tenth (which may be planted). `limit`: what chance does not exceed."""

    n: int
    mean: float
    sd: float
    highest: float
    limit: float


@dataclass(frozen=True)
class Discovery:
    """Candidates, best first; the best counts as found if its score exceeds its threshold.

    benign, named: the two nulls. passes: documents forwarded. scanned: how much of the vocabulary
    the budget allowed to try, in [0, 1].
    """

    candidates: tuple[Candidate, ...]
    benign: Null
    named: Null
    passes: int
    scanned: float

    @property
    def found(self) -> Candidate | None:
        """The best candidate, if it is above its threshold: None is "nothing found"."""
        best = next(iter(self.candidates), None)
        return best if best is not None and best.above else None

    @property
    def threshold(self) -> float | None:
        """That of the best candidate."""
        return self.candidates[0].threshold if self.candidates else None

    def to_json(self) -> dict[str, Any]:
        """JSON values only; `found` is the candidate's index or null."""
        return {**asdict(self), "found": None if self.found is None else 0}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Discovery:
        """What `to_json` wrote."""
        candidates = tuple(
            Candidate(**{**each, "members": tuple(each["members"])})
            for each in values["candidates"]
        )
        nulls = {name: Null(**values[name]) for name in ("benign", "named")}
        return cls(candidates, **nulls, passes=values["passes"], scanned=values["scanned"])
