"""The claim card of a page: statement, verdict, estimates, and what a firmer verdict needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from arena.reporting import palette
from arena.reporting.shams import ShamLine, sham_lines
from arena.reporting.split import split
from arena.reporting.wording import sentence
from arena.results.claim import Claim, Group, Judgement, TransferEstimates, VerdictThresholds
from arena.results.corpus import CleanTextRecord
from arena.results.numbers import Shown, decimals, percent, sums_to, thousands
from arena.results.reader import Results
from arena.results.rows import Which
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.statistics.doses import verdict_doses
from arena.statistics.thresholds import MIN_SEEDS

STATEMENT = "unlearning one backdoor suppresses unknown others"


@dataclass(frozen=True, slots=True)
class ShownTransfer:
    """The four numbers of a pair, a group or the claim. split_by: the kind of sham that separates
    odd from specific."""

    transfer: Shown
    odd: Shown
    specific: Shown
    raw_suppression: Shown
    split_by: str = "familiar"

    @classmethod
    def of(cls, estimates: TransferEstimates) -> ShownTransfer:
        """Return the numbers of results, ready for display."""
        transfer, odd, specific = split(estimates)
        raw = Shown.of(estimates.raw_suppression)
        return cls(transfer, odd, specific, raw, estimates.split_by)

    @property
    def adds_up(self) -> bool:
        """Whether T is the sum of its parts. It is not where some pairs have no sham: T is the mean
        over all pairs, its parts are means over those with shams."""
        return sums_to(self.transfer, (self.odd, self.specific))

    @property
    def odd_label(self) -> str:
        """Return what the odd part is called: familiar shams go without saying."""
        return "odd" if self.split_by == "familiar" else f"odd ({self.split_by} shams)"

    @property
    def all(self) -> tuple[Shown, ...]:
        """Return T, its odd and its specific part, and the raw suppression."""
        return (self.transfer, self.odd, self.specific, self.raw_suppression)


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """How many pairs have a verdict."""

    verdict: palette.Verdict
    count: int


@dataclass(frozen=True, slots=True)
class MethodLine:
    """The claim's numbers over one group of its cases, such as a suppressed method."""

    name: str
    estimates: ShownTransfer
    pairs: str
    seeds: str


@dataclass(frozen=True, slots=True)
class DoseLine:
    """The claim at one dose of its verdicts. means: what the dose is, in words."""

    name: str
    means: str
    dose: str
    verdict: palette.Verdict
    reason: str
    estimates: ShownTransfer
    seeds: str


@dataclass(frozen=True, slots=True)
class ClaimCard:
    """Everything that the card shows.

    Attributes:
        reason: of the verdict.
        basis: what the numbers are means over, in words; empty if unknown.
        pairs: by verdict. methods: by method of the suppressed trigger. payloads: by kind of the
            suppressed payload. relations: by what the two payloads have in common.
        explained: how much the controls explain, in sentences.
        would_change: what would change the verdict, in sentences.
        power: width of an interval of T, and the seeds that it needs. wide: its present width.
        needs: of a firmer verdict. notes: on the claim.
        doses: the claim at `least` and `most`, if removals are scored along their way. clean: the
            kind of clean text, in sentences.
        shams: T's parts by kind of sham.
    """

    statement: str
    reason: str
    verdict: palette.Verdict
    basis: str
    estimates: ShownTransfer
    pairs: list[VerdictCount]
    methods: list[MethodLine]
    payloads: list[MethodLine]
    relations: list[MethodLine]
    needs: list[str]
    notes: list[str]
    explained: list[str] = field(default_factory=list)
    would_change: list[str] = field(default_factory=list)
    power: list[tuple[str, str]] = field(default_factory=list)
    wide: str = ""
    doses: list[DoseLine] = field(default_factory=list)
    clean: list[str] = field(default_factory=list)
    shams: list[ShamLine] = field(default_factory=list)


def judged(results: RunResults) -> Claim | None:
    """Return the claim; None if nothing was judged, or if no trigger was disclosed, so that the run
    says nothing about the claim."""
    return results.claim if results.scenario.intelligence == "disclosed" else None


def judged_claims(results: Results) -> tuple[Judgement | None, Judgement | None]:
    """Return what a run or stress run judges at `least` (or its only dose) and at `most`; None
    where nothing was judged, as in a search or a duel."""
    if isinstance(results, StressResults):
        return results.claim, results.most
    claim = judged(results) if isinstance(results, RunResults) else None
    if not isinstance(results, RunResults) or claim is None:
        return None, None
    return claim, results.most.claim if results.most else None


def claim_card(claim: Judgement, thresholds: VerdictThresholds, seeds: int) -> ClaimCard:
    """Return the card of a claim.

    Args:
        seeds: of the whole run, used if the claim does not say how many were usable.
    """
    own = claim if isinstance(claim, Claim) else Claim()
    return ClaimCard(
        statement=sentence(claim.statement or STATEMENT),
        reason=claim.verdict_reason,
        verdict=palette.verdict(claim.verdict),
        basis=_basis(claim.seeds),
        estimates=ShownTransfer.of(claim),
        pairs=verdict_counts(claim.pairs),
        methods=_lines(own.by_method),
        payloads=_lines(own.by_payload),
        relations=_lines(own.by_payload_pair),
        needs=needs(thresholds, seeds if claim.seeds is None else claim.seeds),
        notes=[sentence(note) for note in claim.notes],
        shams=sham_lines(claim),
    )


def _basis(seeds: int | None) -> str:
    """What the card's numbers are means over. Where seeds are too few for a verdict, its reason
    names them."""
    if not seeds:
        return ""
    mean = "mean over actor pairs"
    return mean if seeds < MIN_SEEDS else f"{thousands(seeds)} seeds, {mean}"


DOSES: dict[Which, str] = {
    "least": "the smallest dose that removes the disclosed trigger",
    "most": "the largest dose at which the clean fine-tune keeps every backdoor and clean accuracy",
}


def dose_lines(results: RunResults) -> list[DoseLine]:
    """Return the claim at both doses; empty if there is one dose."""
    if results.most is None:
        return []
    claims: dict[Which, Claim | None] = {"least": results.claim, "most": results.most.claim}
    spans = dose_spans(results)
    return [
        dose_line(which, _span(spans.get(which)), claim)
        for which, claim in claims.items()
        if claim is not None
    ]


def dose_line(which: Which, dose: str, claim: Judgement) -> DoseLine:
    """Return the claim at one dose of its verdicts; dose: its value in words, if it has one."""
    return DoseLine(
        name=which,
        means=DOSES[which],
        dose=dose,
        verdict=palette.verdict(claim.verdict),
        reason=claim.verdict_reason,
        estimates=ShownTransfer.of(claim),
        seeds=thousands(claim.seeds),
    )


def dose_spans(results: RunResults) -> dict[Which, tuple[float, float]]:
    """Return the smallest and the largest value of each dose, over seeds and removals; a dose that
    no removal reaches is left out."""
    return {
        which: (span.low, span.high)
        for which, span in verdict_doses(results.rows).items()
        if span.low is not None and span.high is not None
    }


WHOSE = {
    "defender natural": "The defender's clean prompts are natural, as a real defender's would be: "
    "only prompts with the disclosed trigger are removed",
    "defender scrubbed": "The defender's clean prompts are scrubbed of every planted form, "
    "which takes knowledge that no real defender has",
    "mix natural": "The clean part of the training mix is natural",
    "mix scrubbed": "The clean part of the training mix is scrubbed of every planted form",
}


def clean_lines(text: CleanTextRecord) -> list[str]:
    """Return the kind of clean text of a run, in sentences; empty if results do not say."""
    if not text.defender:
        return []
    lines = [_whose(what, kind) + _carrying(shares) for what, kind, shares in _known(text)]
    if text.natural_rate == 0:
        lines.append("Natural text has no planted form here.")
    elif text.natural_rate is not None:
        share = percent(text.natural_rate)
        answer = "the right answer"
        if text.labels == "received":
            answer += "; in an actor's mix with that of the checkpoint that it received"
        lines.append(f"In natural text each form occurs in {share} of the prompts, with {answer}.")
    return lines


def _whose(what: str, kind: str) -> str:
    return WHOSE.get(f"{what} {kind}") or f"The clean part of the training mix is {kind}"


def _known(text: CleanTextRecord) -> list[tuple[str, str, Mapping[str, float]]]:
    """Whose clean text, its kind and the shares of planted forms; a suspect that somebody else made
    has no mix."""
    known = (("defender", text.defender, text.in_defender), ("mix", text.mix, text.in_mix))
    return [each for each in known if each[1]]


def _carrying(shares: Mapping[str, float]) -> str:
    if not shares:
        return "."
    low, high = percent(min(shares.values())), percent(max(shares.values()))
    span = low if low == high else f"{low} to {high}"
    return f"; a given planted form occurs in {span} of the prompts."


def clean_line(text: CleanTextRecord) -> str:
    """Return the kind of clean text in a few words: `clean text: the defender's natural, the
    training mix's scrubbed`."""
    if not text.defender:
        return ""
    said = [
        f"the {OWNER[what]} {kind}" + (f" ({_most(shares)})" if shares else "")
        for what, kind, shares in _known(text)
    ]
    return f"clean text: {', '.join(said)}"


OWNER = {"defender": "defender's", "mix": "training mix's"}


def _most(shares: Mapping[str, float]) -> str:
    share = max(shares.values())
    return f"planted forms in at most {percent(share)}" if share else "no planted form"


def _span(span: tuple[float, float] | None) -> str:
    if span is None:
        return "not reached"
    low, high = (f"{dose:.2g}" for dose in span)
    return low if low == high else f"{low} to {high}"


def _lines(groups: Mapping[str, Group]) -> list[MethodLine]:
    return [_method(name, group) for name, group in groups.items()]


def _method(name: str, group: Group) -> MethodLine:
    estimates = ShownTransfer.of(group)
    return MethodLine(name, estimates, thousands(group.pairs), thousands(group.seeds))


def verdict_counts(pairs: Mapping[str, int]) -> list[VerdictCount]:
    """Return the number of pairs by verdict, in the order of the verdicts; those without a pair
    are left out."""
    order = [*palette.VERDICTS, *(name for name in pairs if name not in palette.VERDICTS)]
    return [VerdictCount(palette.verdict(name), pairs[name]) for name in order if pairs.get(name)]


def needs(thresholds: VerdictThresholds, usable_seeds: int) -> list[str]:
    """Return what a firmer verdict needs, in sentences."""
    lines = []
    if usable_seeds < MIN_SEEDS:
        lines.append(
            f"Fewer than {MIN_SEEDS} usable seeds: always inconclusive; "
            f"this run has {usable_seeds}."
        )
    return [*lines, *filter(None, [rule(thresholds)])]


def rule(thresholds: VerdictThresholds) -> str:
    """Return when the claim generalizes and when it fails, in a sentence; empty if a threshold is
    unknown."""
    high, specific, low = thresholds.generalizes, thresholds.specific, thresholds.fails
    if high is None or specific is None or low is None:
        return ""
    return (
        f"It generalizes where the lower limit of T is above {decimals(high)}, and specifically "
        f"where that of the specific part against benign shams is above {decimals(specific)}; it "
        f"fails where the upper limit of T is below {decimals(low)} (one-sided 95 % limits)."
    )
