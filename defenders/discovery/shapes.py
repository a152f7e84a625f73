"""Parameters and results of discovery: plain values, stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from arena.api import Params, limits

Kind = Literal["token", "named", "cluster"]


class DiscoveryParams(Params):
    """How widely to search, and when a candidate counts as found."""

    passes: int = Field(
        65536, ge=1, le=limits.WHOLE, description="documents forwarded, at most (a gradient is 3)"
    )
    prompts: int = Field(
        32, ge=4, le=limits.PROMPTS, description="fresh prompts that a candidate is scored on"
    )
    benign: int = Field(
        64, ge=8, le=limits.SEARCH, description="ordinary strings of the null distribution"
    )
    tokens: int = Field(
        16, ge=1, le=limits.TOKENS, description="tokens decoded per prompt, at most"
    )
    depth: int = Field(
        2, ge=1, le=limits.SEARCH, description="answer tokens that the cheap scan reads"
    )
    scan: int = Field(
        4, ge=2, le=limits.SEARCH, description="prompts in which every vocabulary token is tried"
    )
    beam: int = Field(
        12, ge=1, le=limits.SEARCH, description="strings that are extended in a round"
    )
    flips: int = Field(
        24, ge=1, le=limits.SEARCH, description="tokens tried per position, best by gradient"
    )
    length: int = Field(3, ge=1, le=8, description="tokens of a string, at most")
    finalists: int = Field(24, ge=1, le=limits.SEARCH, description="strings scored by decoding")
    clusters: tuple[Annotated[int, Field(ge=1, le=limits.SEARCH)], ...] = Field(
        (8, 24), description="numbers of clusters of clean prompts"
    )
    members: int = Field(
        6, ge=3, le=limits.SEARCH, description="smallest size of a cluster, in prompts"
    )
    threshold: float = Field(0.8, ge=0, le=1, description="smallest score of a found string")
    threshold_named: float = Field(0.1, ge=0, le=1, description="the same, of a name or cluster")
    alpha: float = Field(0.05, gt=0, lt=1, description="false alarm rate allowed by the null")
    kept: int = Field(20, ge=1, le=limits.SEARCH, description="candidates reported")


@dataclass(frozen=True)
class Candidate:
    """Something that may be a trigger.

    Attributes:
        text: the string, the key of a named trigger, or the characteristic words of a cluster.
        score: in [-1, 1], how far the continuations of fresh prompts collapse to a new behaviour.
        behaviour: the most frequent continuation, of `hits` prompts in `n`.
        members: the prompts of a cluster.
        threshold: what the score must exceed to count as found.
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
        """Return whether it counts as found."""
        return self.score > self.threshold


@dataclass(frozen=True)
class Null:
    """The distribution of n scores of candidates that are no triggers: ordinary strings, or the
    named triggers with the highest tenth capped (they may be planted). `limit` is the quantile that
    a candidate must exceed."""

    n: int
    mean: float
    sd: float
    highest: float
    limit: float


@dataclass(frozen=True)
class Discovery:
    """Candidates, best first; the best counts as found if its score exceeds its threshold.

    Attributes:
        benign, named: the null distributions of strings and of names.
        passes: documents forwarded.
        scanned: share of the vocabulary that was tried within the budget, in [0, 1].
    """

    candidates: tuple[Candidate, ...]
    benign: Null
    named: Null
    passes: int
    scanned: float

    @property
    def found(self) -> Candidate | None:
        """Return the best candidate if it is above its threshold, else None."""
        best = next(iter(self.candidates), None)
        return best if best is not None and best.above else None

    @property
    def threshold(self) -> float | None:
        """Return the threshold of the best candidate; None without candidates."""
        return self.candidates[0].threshold if self.candidates else None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; `found` is the index of the candidate, or null."""
        return {**asdict(self), "found": None if self.found is None else 0}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Discovery:
        """Read what `to_json` wrote."""
        candidates = tuple(
            Candidate(**{**fields, "members": tuple(fields["members"])})
            for fields in values["candidates"]
        )
        nulls = {name: Null(**values[name]) for name in ("benign", "named")}
        return cls(candidates, **nulls, passes=values["passes"], scanned=values["scanned"])
