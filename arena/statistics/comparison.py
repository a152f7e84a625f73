"""On which side of a mark an interval lies: the rule for `ahead` and `behind`."""

from __future__ import annotations

from arena.statistics.thresholds import MIN_SEEDS

AHEAD, BEHIND, EQUAL, OPEN = "ahead", "behind", "equal", "inconclusive"
SAYS = {AHEAD: "beats", BEHIND: "loses to", OPEN: "cannot be told apart from"}
LEVEL = 0.05  # level of the sign-flip test beside the interval of a paired difference


def side(
    low: float | None,
    high: float | None,
    seeds: int | None,
    mark: float = 0.0,
    p: float | None = None,
) -> tuple[str, str]:
    """Return whether an estimate lies above or below a mark, or why neither is claimed.

    Args:
        low, high: its interval, which must lie entirely on one side.
        seeds: number of seeds; fewer than eight never decide (docs/estimands.md).
        mark: what it is compared with.
        p: of the sign-flip test of paired differences, if any; it must agree with the interval.
    """
    if low is None or high is None:
        return OPEN, "no interval"
    if seeds is None or seeds < MIN_SEEDS:
        return OPEN, f"fewer than {MIN_SEEDS} seeds"
    if low <= mark <= high:
        return OPEN, f"the interval contains {mark:.1f}" if mark else "the interval contains 0"
    if p is not None and p > LEVEL:
        return OPEN, f"the sign-flip test has p = {p:.2f}"
    return (AHEAD, "") if low > mark else (BEHIND, "")


def within(low: float | None, high: float | None, seeds: int | None, margin: float | None) -> bool:
    """Return whether an interval, of eight seeds or more, lies between minus and plus a margin.

    With a 95 % interval these are two one-sided tests at 2.5 % each (Schuirmann 1987, J.
    Pharmacokinet. Biopharm. 15(6)).
    """
    if low is None or high is None or margin is None:
        return False
    return (seeds or 0) >= MIN_SEEDS and -margin < low and high < margin
