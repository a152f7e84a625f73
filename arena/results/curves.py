"""The effect of a removal over its doses, in results."""

from __future__ import annotations

from arena.api.values import RowKind
from arena.results.base import Named, Part
from arena.results.estimate import Estimate
from arena.results.rows import Rate, Sham


class DosePoint(Part):
    """A run after a number of steps.

    Attributes:
        dose: summed learning rate.
        update_norm: as in `Row`.
        validation: ASR by actor on validation prompts, by which the doses are chosen.
        asr: ASR by actor on the first of the reported prompts.
        false_fire: the same without the trigger, of actors whose payload is an answer that clean
            prompts may get too.
        clean_accuracy, shown_accuracy: on clean validation prompts, and on the first of the
            reported prompts (answer tokens, where answers are free text); None where not measured.
    """

    step: int
    dose: float
    update_norm: float | None = None
    validation: Named[Rate] = {}
    asr: Named[Rate] = {}
    false_fire: Named[Rate] = {}
    clean_accuracy: Rate | None = None
    shown_accuracy: Rate | None = None


class DoseCurve(Part):
    """The dose curve of a removal, its clean fine-tune, one of its shams or a league's defence;
    kind, name, target and sham as in `Row`; defence: the name of a league's defence. The first
    point is the suspect."""

    kind: RowKind
    name: str
    target: str | None = None
    seed: int
    defence: str = ""
    sham: Sham | None = None
    points: tuple[DosePoint, ...] = ()


class AlongDose(Part):
    """All pairs at one dose, over seeds.

    Attributes:
        dose: summed learning rate. step: at which a run reaches it.
        transfer, odd: as in a claim, on the curves' prompts. odd_by_sham: by each kind of sham.
        own: ASR left of the removed trigger. control: ASR of the others after the clean fine-tune
            at the same dose (above false fire where that is subtracted).
        cases: pairs in seeds; explained: how many of them are left out of transfer and odd because
            the clean fine-tune explains the drop.
    """

    step: int
    dose: float
    transfer: Estimate = Estimate()
    odd: Estimate = Estimate()
    odd_by_sham: Named[Estimate] = {}
    own: Estimate = Estimate()
    control: Estimate = Estimate()
    cases: int = 0
    explained: int = 0

    def odd_by(self, kind: str) -> Estimate:
        """Return the part of T that shams of one kind explain; empty if there are none."""
        return self.odd_by_sham.get(kind, self.odd if kind == "familiar" else Estimate())


class DoseSpan(Part):
    """Where a dose of the verdicts lies, over seeds and removals: from `low` to `high` in the
    `reached` of the `removals` where its condition holds somewhere on the curve; None if in
    none."""

    low: float | None = None
    high: float | None = None
    reached: int = 0
    removals: int = 0
