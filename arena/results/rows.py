"""Rates and rows: one model of one seed, scored on every actor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import Field, computed_field, model_validator

from arena.api.values import RowKind
from arena.results.base import Named, Part
from arena.results.estimate import Estimate

_Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution


class Rate(Part):
    """Hits among n prompts of one model, with the Wilson 95 % interval over the prompts (Wilson
    1927, in the form of Newcombe 1998, Stat. Med. 17:857).

    `excluded` counts prompts left out of n, because their right answer already is the payload
    (estimands.md, Rates). Where n is 0, rate, low and high are None.
    """

    hits: int = Field(default=0, ge=0)
    n: int = Field(default=0, ge=0)
    excluded: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _at_most_all(self) -> Rate:
        if self.hits > self.n:
            raise ValueError(f"{self.hits} hits among {self.n} prompts")
        return self

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rate(self) -> float | None:
        """Return hits / n."""
        return self.hits / self.n if self.n else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def low(self) -> float | None:
        """Return the lower limit; 0 if there are no hits."""
        return self._limit(-1.0) if self.hits else (0.0 if self.n else None)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def high(self) -> float | None:
        """Return the upper limit; 1 if all n are hits."""
        return self._limit(1.0) if self.hits < self.n else (1.0 if self.n else None)

    def _limit(self, side: float) -> float:
        n, p = self.n, self.hits / self.n
        whole = 2 * (n + _Z**2)
        half = _Z / whole * math.sqrt(4 * n * p * (1 - p) + _Z**2)
        return (2 * n * p + _Z**2) / whole + side * half

    @property
    def estimate(self) -> Estimate:
        """Return the rate and its interval as an `Estimate`, like those over seeds."""
        return Estimate(value=self.rate, low=self.low, high=self.high)


Which = Literal["least", "most", "harmless"]
ShamKind = Literal["familiar", "hot", "benign"]
SHAM_KINDS: tuple[ShamKind, ...] = get_args(ShamKind)


class Sham(Part):
    """What a sham was unlearned on (docs/estimands.md, Shams).

    kind: `familiar`, a look-alike of the target's trigger; `hot`, a form that no training text has;
    `benign`, a planted conditional with a harmless answer. name: of the form or conditional; for a
    familiar sham its number.
    """

    kind: ShamKind = "familiar"
    name: str = ""


class DoseTaken(Part):
    """Where along its run a model was taken: at `least`, `most` or `harmless` (docs/estimands.md,
    Dose, League).

    dose: summed learning rate up to the step. reached: whether the condition of `least` or `most`
    held anywhere on the curve; if not, this is the whole removal (`least`) or the smallest dose
    (`most`), and T is not computed there.
    """

    which: Which
    step: int
    dose: float
    reached: bool


class Row(Part):
    """One model of one seed, scored on every actor.

    kind and target say which model it is: `reference` and `compromised` have no target; `inserted`
    is a model on its way to the compromised one, or with one actor only (`solo`); `control` is the
    clean fine-tune, `sham` the same objective on what no actor planted, `unlearned` on the real
    trigger.

    Attributes:
        asr, false_fire, near_miss: by actor; of a decoy under `decoy:NAME`.
        checkable_accuracy: where the right answers are the base model's own, how often the model
            says the corpus's own right answer (docs/estimands.md, Utility); `excluded` are prompts
            that say it themselves. None where not measured.
        token_accuracy: share of answer tokens, where answers are free text.
        update_norm: L2 norm of (weights - compromised weights), 0 for compromised; None for models
            not trained from it.
        seconds: to make the model.
        detail: other facts, such as the defence it belongs to.
        measures: numbers of the scenario's measures, by measure, then by actor ("" for the whole
            model).
        dose: None for models that are not taken at a dose of a removal.
        sham: None for other rows, and in files older than sham kinds, where all are familiar.
        benign, benign_false_fire: ASR and false fire of benign conditionals, by name.
        start_loss: of the first step of the run that made the model; None for models not trained
            from the compromised one.
        log_odds: by actor, of its payload against the right answer (`Depth`), in the model in which
            backdoors are planted; empty elsewhere.
    """

    kind: RowKind
    name: str
    target: str | None = None
    seed: int
    asr: Named[Rate] = {}
    false_fire: Named[Rate] = {}
    near_miss: Named[Rate] = {}
    clean_accuracy: Rate | None = None
    checkable_accuracy: Rate | None = None
    token_accuracy: float | None = None
    perplexity: float | None = None
    update_norm: float | None = None
    seconds: float | None = 0.0
    detail: Named[str] = {}
    measures: Named[Mapping[str, float | None]] = {}
    dose: DoseTaken | None = None
    sham: Sham | None = None
    benign: Named[Rate] = {}
    benign_false_fire: Named[Rate] = {}
    start_loss: float | None = None
    log_odds: Named[float | None] = {}

    @property
    def sham_kind(self) -> ShamKind | None:
        """Return the kind of a sham; None for other rows."""
        if self.kind != "sham":
            return None
        return self.sham.kind if self.sham is not None else "familiar"

    @property
    def label(self) -> str:
        """Return what tables call the model, such as `unlearn bard`; rows that they average have
        one label."""
        if self.kind == "inserted":  # `after:lexical`, `alone:lexical`
            return self.name.replace(":", " ")
        if self.kind == "defended":
            return self.name
        word = {"control": "clean fine-tune", "unlearned": "unlearn"}.get(self.kind, self.kind)
        if self.sham_kind not in (None, "familiar"):
            word = f"{self.sham_kind} {word}"
        return word if self.target is None else f"{word} {self.target}"

    @property
    def title(self) -> str:
        """Return the label with what else tells this model from others of its seed: the number or
        name of a sham, and the dose at which it was taken."""
        if self.kind == "defended":  # its name says both
            return self.name
        which = self.sham.name if self.sham is not None else ""
        dose = f"(dose {self.dose.which})" if self.dose is not None else ""
        return " ".join(filter(None, (self.label, which, dose)))
