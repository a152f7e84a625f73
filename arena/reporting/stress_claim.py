"""The claim card of a stress run: what it shows in addition to a run's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from arena.reporting.claim_card import ClaimCard, DoseLine, claim_card, dose_line
from arena.reporting.shams import SPLIT_BY
from arena.reporting.split import split
from arena.reporting.wording import sentence
from arena.results.claim import GridClaim
from arena.results.numbers import decimals, sums_to, thousands
from arena.results.stress import StressResults


def card(results: StressResults) -> ClaimCard:
    """Return the claim card, with the share that controls explain, what would change the verdict,
    and how many seeds an interval of a given width needs."""
    claim = results.claim or GridClaim()
    low, high = claim.transfer.low, claim.transfer.high
    return replace(
        claim_card(claim, results.thresholds, len(results.seeds)),
        doses=_doses(results),
        explained=list(explained(claim)),
        would_change=[_quoted(sentence(line)) for line in claim.would_change],
        wide="" if low is None or high is None else decimals(high - low),
        power=[(decimals(each.width), thousands(each.seeds)) for each in claim.power],
    )


def _doses(results: StressResults) -> list[DoseLine]:
    """The claim at both doses; empty if there is one dose."""
    if results.claim is None or results.most is None:
        return []
    return [dose_line("least", "", results.claim), dose_line("most", "", results.most)]


def _quoted(line: str) -> str:
    """A name in backticks, in readable form."""
    return re.sub(r"`([^`]*)`", r"“\1”", line)


def explained(claim: GridClaim) -> Iterator[str]:
    """Yield how much of the suppression the controls explain, in sentences."""
    total, raw = claim.transfer, claim.raw_suppression
    whole, odd, specific = split(claim)
    if whole.value is not None and odd.value is not None:
        summed = sums_to(whole, (odd, specific))
        start = f"Of T {whole.text}" if summed else "Over the pairs with shams"
        yield (
            f"{start}, {odd.full} is what unlearning {SPLIT_BY[claim.split_by]} would do; the "
            f"planted trigger adds {specific.full}."
        )
    if total.value is not None and raw.value is not None:
        yield _without_control(total.value, raw.value)
    if claim.explained_by_control is not None:
        yield _control_share(claim.explained_by_control)
    if claim.not_installed is not None:
        yield _installed_share(claim.not_installed)
    if claim.no_dose:
        yield _no_dose_share(claim.no_dose)


def _control_share(share: float) -> str:
    consequence = ": raw suppression, but no transfer" if share else ""
    return (
        f"The clean fine-tune alone removes the backdoor in {percent(share)} of the cases (a pair "
        f"of actors in one seed of one cell){consequence}."
    )


def _installed_share(missing: float) -> str:
    if not missing:
        return "Both backdoors were installed in every case."
    return (
        f"In {percent(missing)} of the cases one of the two backdoors was not installed; these "
        "count as neither suppressed nor surviving."
    )


def _no_dose_share(share: float) -> str:
    return (
        f"In {percent(share)} of the cases there was no dose to judge at: the removal left its own "
        "trigger active at each, or the clean fine-tune erased a backdoor at the smallest."
    )


def _without_control(total: float, raw: float) -> str:
    over = raw - total
    report = f"A run without a control would report {decimals(raw)} as suppressed"
    if abs(over) < 0.0005:
        return f"{report}, the same as T."
    if over < 0:
        return f"{report}: {decimals(-over, 3)} less than T."
    return f"{report}; {decimals(over, 3)} of that is not transfer."


def percent(share: float) -> str:
    """Return `12 %`, or `none`. A share above 0 is never `0 %`, and one below 1 never `100 %`."""
    if share == 0:
        return "none"
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"
