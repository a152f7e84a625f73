"""Numbers formatted for people: estimates with intervals, durations, counts of documents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from arena.results import estimate as results_estimate

MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"


def finite(value: float | None) -> float | None:
    """Return the value as a float; None for None and for values that are not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def decimals(value: float | None, places: int = 2) -> str:
    """Return `0.97`, with a true minus sign and no negative zero; an en dash for nothing."""
    if value is None:
        return NONE
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def _short(value: float | None) -> str:
    text = decimals(value)
    return text[:3] if text == "1.00" else text.replace("0.", ".", 1)


@dataclass(frozen=True, slots=True)
class Shown:
    """An estimate as text: a value with its interval; each part may be missing."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    hundredths: int | None = None  # that the value is shown as, if it is a part of a sum

    @classmethod
    def of(cls, estimate: results_estimate.Estimate | None) -> Shown:
        """Return an estimate of results, ready for display; None gives an empty one."""
        if estimate is None:
            return cls()
        return cls(finite(estimate.value), finite(estimate.low), finite(estimate.high))

    @property
    def has_interval(self) -> bool:
        return self.low is not None and self.high is not None

    @property
    def rounded_value(self) -> float:
        """The value as it is shown; 0 for nothing."""
        return round(self.value or 0.0, 2) if self.hundredths is None else self.hundredths / 100

    @property
    def text(self) -> str:
        return decimals(self.value if self.hundredths is None else self.hundredths / 100)

    @property
    def interval(self) -> str:
        """`0.91 to 1.00`, or nothing."""
        return f"{decimals(self.low)} to {decimals(self.high)}" if self.has_interval else ""

    @property
    def brief(self) -> str:
        """`.91-1.0` (with an en dash) for narrow places, or nothing. Never a plus-minus: intervals
        of rates are asymmetric, and half their width would suggest that a rate near 0 may be
        negative."""
        return f"{_short(self.low)}{NONE}{_short(self.high)}" if self.has_interval else ""

    @property
    def full(self) -> str:
        """`0.97 [0.91, 1.00]`, with the interval if there is one."""
        if not self.has_interval or self.value is None:
            return self.text
        return f"{self.text} [{decimals(self.low)}, {decimals(self.high)}]"

    def rounded(self, places: int) -> tuple[str, str]:
        """Return the value to a number of places, and its interval, or empty texts."""
        ends = f"{decimals(self.low, places)} to {decimals(self.high, places)}"
        return decimals(self.value, places), ends if self.has_interval else ""


def sums_to(whole: Shown, parts: Sequence[Shown]) -> bool:
    """Return whether all are known and the parts make up the whole."""
    values = [part.value for part in parts if part.value is not None]
    if whole.value is None or len(values) < len(parts):
        return False
    return math.isclose(math.fsum(values), whole.value, abs_tol=1e-5)


def adding_up(whole: Shown, parts: Sequence[Shown]) -> tuple[Shown, ...]:
    """Return the parts of a sum such that their texts add up to that of the whole: where rounding
    each would not, the hundredths that are left go to those that rounding down changed most
    (largest remainder). Parts that do not make up the whole are unchanged."""
    if whole.value is None or not sums_to(whole, parts):
        return tuple(parts)
    exact = [100 * part.value for part in parts if part.value is not None]
    shown = [math.floor(value) for value in exact]
    left = round(100 * float(f"{whole.value:.2f}")) - sum(shown)
    by_remainder = sorted(range(len(exact)), key=lambda i: shown[i] - exact[i])
    for i in by_remainder[:left]:
        shown[i] += 1
    return tuple(replace(part, hundredths=n) for part, n in zip(parts, shown, strict=True))


def duration(seconds: float | None) -> str:
    """Return `41 s`, `3 min 20 s`, `2 h 05 min`; an en dash for nothing."""
    value = finite(seconds)
    if value is None:
        return NONE
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def percent(share: float | None) -> str:
    """Return a share as `0.13 %`, with two significant digits, from 10 % on in whole numbers; an en
    dash for None."""
    value = finite(share)
    if value is None:
        return NONE
    return f"{100 * value:.0f} %" if 100 * value >= 9.95 else f"{100 * value:.2g} %"


def thousands(count: float | None) -> str:
    """Return `4,096`; an en dash for nothing."""
    value = finite(count)
    return NONE if value is None else f"{value:,.0f}"
