"""How many seeds a verdict takes, and an interval of a given width."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from scipy import stats

from arena.results.claim import SeedsForWidth
from arena.statistics.intervals import at_states, limits, p_value
from arena.statistics.thresholds import FAMILY_ERROR, MIN_SEEDS, Thresholds

WIDTHS = (0.1, 0.2, 0.3, 0.4)
SEEDS_NOTE = "fewest usable seeds for a verdict"
MOST_SEEDS = 400  # where the search for the seeds of a verdict stops
_NOTHING = 1e-12  # rounding leaves a spread of this order in seeds that agree
_MOST_TIMES = 2**12  # repetitions of the seeds seen
_MOST = 10**12  # beyond any run; the search over it takes 40 steps


def seeds_needed(thresholds: Thresholds, pairs: int) -> tuple[int | None, int | None]:
    """The fewest seeds for `generalizes_*` and for `fails` in one of so many pairs when all
    seeds and pairs agree fully (T = 1, T = 0); None where even 400 are not enough."""
    generalizes = fails = None
    for n in range(MIN_SEEDS, MOST_SEEDS + 1):
        ones, zeros = np.ones(n), np.zeros(n)
        if (
            generalizes is None
            and limits(ones)[0] > thresholds.generalizes
            and pairs * p_value(ones, thresholds.generalizes, "greater") < FAMILY_ERROR
        ):
            generalizes = n
        if (
            fails is None
            and limits(zeros)[1] < thresholds.fails
            and pairs * p_value(zeros, thresholds.fails, "less") < FAMILY_ERROR
        ):
            fails = n
        if generalizes is not None and fails is not None:
            break
    return generalizes, fails


def seeds_note(thresholds: Thresholds, pairs: int) -> str:
    """`seeds_needed` of the whole claim and of one of its pairs, in words."""

    def in_words(needed: tuple[int | None, int | None]) -> str:
        generalizes, fails = (number or f"more than {MOST_SEEDS}" for number in needed)
        return f"{generalizes} for generalizes, {fails} for fails"

    return (
        f"{SEEDS_NOTE}, when all agree: {in_words(seeds_needed(thresholds, 1))} "
        f"(the whole claim); {in_words(seeds_needed(thresholds, pairs))} "
        f"(a pair, under Holm over {pairs})"
    )


def seeds_for_interval(
    values: Sequence[float], widths: Sequence[float] = WIDTHS
) -> list[SeedsForWidth]:
    """`seeds_for_width`, of the interval that is really used (intervals.py).

    Seeds that sit at states (all near 0, say) get a wider interval than t, since an effect in a
    seed not yet drawn cannot be excluded: then the seeds seen are taken over and over until
    their own interval is that narrow, in multiples of their number.
    """
    if not at_states(values):
        return seeds_for_width(values, widths)

    def narrowness(times: int) -> float:
        low, high = limits(np.tile(np.asarray(values, dtype=float), times))
        return float(low - high)

    possible = range(1, _MOST_TIMES)
    needed = {width: bisect_left(possible, -width, key=narrowness) for width in widths}
    return [
        SeedsForWidth(width=width, seeds=possible[place] * len(values))
        for width, place in needed.items()
        if place < len(possible)
    ]


def seeds_for_width(
    values: Sequence[float], widths: Sequence[float] = WIDTHS
) -> list[SeedsForWidth]:
    """The fewest seeds n whose 95 % t interval is at most so wide, for every width:

        2 * t(0.975, n - 1) * sd / sqrt(n) <= width

    with sd the standard deviation of the values over seeds (n - 1 in its denominator).

    Caveats: sd is itself an estimate (from 8 seeds its 95 % interval runs from 0.66 to 2.04
    times its value, and n goes with its square), and the width promised is that of an average
    experiment. Seeds at two states (kept, erased) are not normal: the arena then widens the
    interval as docs/estimands.md says, and seeds that happen to agree understate n. A verdict
    needs 8 seeds whatever the width.

    Args:
        values: one number per seed, for example the mean T of its pairs.
        widths: full widths, upper limit minus lower limit, above 0.

    Returns:
        One entry for every width; none with fewer than 2 values or no spread.
    """
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    if not spread > _NOTHING:
        return []

    def narrowness(n: int) -> float:
        return float(-2 * stats.t.ppf(0.975, n - 1) * spread / np.sqrt(n))

    possible = range(2, _MOST)
    places = {width: bisect_left(possible, -width, key=narrowness) for width in widths}
    return [SeedsForWidth(width=width, seeds=possible[place]) for width, place in places.items()]
