"""The claim in results: its estimates, its verdict, and the thresholds of verdicts."""

from __future__ import annotations

from arena.results.base import Named, Part
from arena.results.estimate import Estimate


class ShamEstimates(Part):
    """The part of T that shams of one kind explain, and the part that the planted trigger adds.
    seeds: those with such a sham."""

    odd: Estimate = Estimate()
    specific: Estimate = Estimate()
    seeds: int | None = None


class TransferEstimates(Part):
    """The numbers of a pair, a group of pairs or the whole claim (estimands.md): transfer is
    odd + specific; raw_suppression is what a run without a control would report. protected: of
    transfer, with the interval that holds even if whole seeds flip together. odd, specific: by
    familiar shams. by_sham: by each kind of sham used; verdicts on specificity are read off
    `benign`."""

    transfer: Estimate = Estimate()
    protected: Estimate = Estimate()
    odd: Estimate = Estimate()
    specific: Estimate = Estimate()
    raw_suppression: Estimate = Estimate()
    by_sham: Named[ShamEstimates] = {}

    @property
    def split_by(self) -> str:
        """The kind of sham that T is split by where it is shown: `benign` where there is one, since
        verdicts on specificity are read off it."""
        return "benign" if "benign" in self.by_sham else "familiar"

    @property
    def parts(self) -> ShamEstimates:
        """The two parts of T by that kind."""
        familiar = ShamEstimates(odd=self.odd, specific=self.specific)
        return self.by_sham.get("benign", familiar)

    def shown(self, name: str) -> Estimate:
        """Return one of the four numbers as it is shown: `odd` and `specific` by `split_by`."""
        part: Estimate = getattr(self.parts if name in ("odd", "specific") else self, name)
        return part


class Group(TransferEstimates):
    """The pairs of one group: how many, over how many usable seeds."""

    pairs: int | None = None
    seeds: int | None = None


class GridGroup(Group):
    """A group of a stress run: also the shares of cases (a pair in a seed of a cell) in which one
    of the two is not installed, the control explains the drop, or a removal had no dose."""

    not_installed: float | None = None
    explained_by_control: float | None = None
    no_dose: float | None = None


class Judgement(TransferEstimates):
    """The common part of every claim: its statement, verdict and reason, and the number of pairs by
    verdict. seeds: usable ones."""

    statement: str = ""
    verdict: str | None = None
    verdict_reason: str = ""
    pairs: Named[int] = {}
    seeds: int | None = None
    notes: tuple[str, ...] = ()


class Claim(Judgement):
    """The claim over the pairs of one run, and over groups of its cases (a pair in a seed).

    Attributes:
        by_method: of the suppressed actor's trigger. by_method_pair: of both, as `from > to`.
        by_payload: kind of the payload that the suppressed actor planted in that seed.
        by_payload_pair: what the two payloads have in common in that seed.
    """

    by_method: Named[Group] = {}
    by_method_pair: Named[Group] = {}
    by_payload: Named[Group] = {}
    by_payload_pair: Named[Group] = {}


class SeedsForWidth(Part):
    """How many seeds are needed for an interval of T of this width; None if not computed."""

    width: float | None = None
    seeds: int | None = None


class GridClaim(Judgement):
    """The claim over all cells of a stress run.

    Attributes:
        not_installed, explained_by_control, no_dose: shares of the cases.
        by: axis -> value -> the pairs in cells with that value.
        power: seeds for intervals of several widths.
        would_change: what would change the verdict, in phrases.
    """

    not_installed: float | None = None
    explained_by_control: float | None = None
    no_dose: float | None = None
    by: Named[Named[GridGroup]] = {}
    power: tuple[SeedsForWidth, ...] = ()
    would_change: tuple[str, ...] = ()


class VerdictThresholds(Part):
    """The values that verdicts were compared with, as the scenario sets them
    (docs/estimands.md)."""

    installed_asr: float | None = None
    installed_false_fire: float | None = None
    broad: float | None = None
    explained_by_control: float | None = None
    generalizes: float | None = None
    specific: float | None = None
    fails: float | None = None
