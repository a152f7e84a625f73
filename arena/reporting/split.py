"""T and its two parts as a page shows them: one rounding for cards, tables, sentences and
figures."""

from __future__ import annotations

from arena.results.claim import ShamEstimates, TransferEstimates
from arena.results.numbers import Shown, adding_up


def split(estimates: TransferEstimates) -> tuple[Shown, Shown, Shown]:
    """Return T, its odd and its specific part as they are shown: the parts add up to T."""
    return Shown.of(estimates.transfer), *split_by(estimates, estimates.parts)


def split_by(estimates: TransferEstimates, parts: ShamEstimates) -> tuple[Shown, Shown]:
    """Return the odd and the specific part by one kind of sham: they add up to T as it is
    shown."""
    known = (Shown.of(parts.odd), Shown.of(parts.specific))
    odd, specific = adding_up(Shown.of(estimates.transfer), known)
    return odd, specific


def as_shown(estimates: TransferEstimates, name: str) -> Shown:
    """Return one of the four numbers by its name, rounded as in `split`."""
    if name == "raw_suppression":
        return Shown.of(estimates.raw_suppression)
    return split(estimates)[("transfer", "odd", "specific").index(name)]
