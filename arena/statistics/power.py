"""How many seeds a verdict needs, and an interval of a given width."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from scipy import stats

from arena.results.claim import SeedsForWidth
from arena.statistics.intervals import Side, limits, p_value
from arena.statistics.thresholds import FAMILY_ERROR, MIN_SEEDS, Thresholds

WIDTHS = (0.1, 0.2, 0.3, 0.4)
SEEDS_NOTE = "fewest usable seeds for a verdict"
MOST_SEEDS = 400  # largest number of seeds tried for a verdict or an interval
_NOTHING = 1e-12  # spread that rounding can leave in equal seeds
_MOST = 10**12  # more than any run; bisecting it takes 40 steps


def seeds_needed(
    thresholds: Thresholds, pairs: int, targets: int = 1
) -> tuple[int | None, int | None]:
    """Return the smallest number of seeds for `generalizes_*` and for `fails` in one of a number of
    pairs if all seeds and pairs agree fully (T = 1, T = 0); None if 400 are not enough. targets:
    number of actors that a seed's T is a mean over."""

    def fewest(value: float, null: float, side: Side) -> int | None:
        possible = range(MIN_SEEDS, MOST_SEEDS + 1)

        def falls(n: int) -> bool:
            return bool(
                pairs * p_value(np.full(n, value), null, side, targets=targets) < FAMILY_ERROR
            )

        place = bisect_left(possible, True, key=falls)
        return possible[place] if place < len(possible) else None

    return (
        fewest(1.0, thresholds.generalizes, "greater"),
        fewest(0.0, thresholds.fails, "less"),
    )


def seeds_note(thresholds: Thresholds, pairs: int, targets: int) -> str:
    """Return in words `seeds_needed` of the whole claim, which suppresses `targets` actors, and of
    one of its pairs."""

    def in_words(needed: tuple[int | None, int | None]) -> str:
        generalizes, fails = (number or f"more than {MOST_SEEDS}" for number in needed)
        return f"{generalizes} for generalizes, {fails} for fails"

    return (
        f"{SEEDS_NOTE}, when all agree: {in_words(seeds_needed(thresholds, 1, targets))} "
        f"(the whole claim); {in_words(seeds_needed(thresholds, pairs))} "
        f"(a pair, under Holm over {pairs})"
    )


def seeds_for_interval(
    values: Sequence[float], widths: Sequence[float] = WIDTHS, targets: int = 1
) -> list[SeedsForWidth]:
    """Return `seeds_for_width` for the interval that is shown, which is wider than the t interval
    where seeds are alike or at two states: also so many seeds that those seen, repeated, have an
    interval no wider. Widths that no multiple of the seeds seen up to 400 reaches are left out.

    Args:
        targets: of how many actors each value is a mean.
    """
    if len(values) < 2:
        return []
    by_t = {each.width: each.seeds or 0 for each in seeds_for_width(values, widths)}

    def narrowness(times: int) -> float:
        low, high = limits(np.tile(values, times), targets=targets)
        return float(low - high)

    possible = range(1, max(1, MOST_SEEDS // len(values)) + 1)
    needed = {width: bisect_left(possible, -width, key=narrowness) for width in widths}
    return [
        SeedsForWidth(width=width, seeds=max(by_t.get(width, 0), len(values) * possible[place]))
        for width, place in needed.items()
        if place < len(possible)
    ]


def seeds_for_width(
    values: Sequence[float], widths: Sequence[float] = WIDTHS
) -> list[SeedsForWidth]:
    """Return for every width the smallest number of seeds n whose 95 % t interval is at most that
    wide:

        2 * t(0.975, n - 1) * sd / sqrt(n) <= width

    with sd the standard deviation of the values over seeds (n - 1 in its denominator).

    Caveats: sd is itself an estimate (from 8 seeds its 95 % interval runs from 0.66 to 2.04 times
    its value, and n grows with its square), and the width is that of an average experiment. A
    single pair, whose seeds may be in two states (kept, erased), has a wider interval
    (docs/estimands.md), and seeds that happen to agree understate n. A verdict needs 8 seeds
    whatever the width.

    Args:
        values: one number per seed, for example the mean T of its pairs.
        widths: full widths, upper limit minus lower limit, above 0.

    Returns:
        One entry for every width; empty with fewer than 2 values or no spread.
    """
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    if not spread > _NOTHING:
        return []

    def narrowness(n: int) -> float:
        return float(-2 * stats.t.ppf(0.975, n - 1) * spread / np.sqrt(n))

    possible = range(2, _MOST)
    places = {width: bisect_left(possible, -width, key=narrowness) for width in widths}
    return [SeedsForWidth(width=width, seeds=possible[place]) for width, place in places.items()]
