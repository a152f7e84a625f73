"""Which candidates count as found, and in what order: above what no trigger reaches.

An absolute threshold alone would be blind to a model whose continuations are easily moved, a null
alone to what the search selects for: the higher of the two holds. Strings were searched for, names
were not, so each kind has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from defenders.discovery.shapes import Candidate, DiscoveryParams, Null

CUT = 0.9  # quantile that higher scores of a null are cut to: some may be triggers themselves
LEAST = 10  # scores that make a null: among fewer one planted trigger would be a tenth
NEAR = 0.1  # a name leads the strings that do the same if its score is no further behind


def null_of(scores: Sequence[float], tried: int, alpha: float) -> Null:
    """The normal quantile at alpha / tried (Bonferroni) of scores cut at their own 0.9 quantile;
    of fewer than ten scores no limit is made (0)."""
    from scipy.stats import norm

    if not scores:
        return Null(0, 0.0, 0.0, 0.0, 0.0)
    cut = np.minimum(scores, np.quantile(scores, CUT))
    margin = float(norm.ppf(1 - alpha / max(1, tried)))
    mean, sd = float(cut.mean()), float(cut.std())
    limit = mean + margin * sd if len(scores) >= LEAST else 0.0
    return Null(len(scores), mean, sd, float(max(scores)), limit)


def ranked(
    found: Sequence[Candidate], benign: Null, named: Null, params: DiscoveryParams
) -> tuple[Candidate, ...]:
    """Best first, with their thresholds: found ones, then by the best score of those that say the
    same; among them a name comes first if its score is near the best, then the shorter string."""
    least = {
        "token": max(params.threshold, benign.limit),
        "named": max(params.threshold_named, named.limit),
        "cluster": max(params.threshold_named, named.limit),
    }
    placed = [replace(each, threshold=least[each.kind]) for each in found]
    best: dict[str, float] = {}
    for each in placed:
        if each.above:
            best[each.behaviour] = max(best.get(each.behaviour, each.score), each.score)

    def order(each: Candidate) -> tuple[object, ...]:
        top = best.get(each.behaviour, each.score) if each.above else each.score
        leads = each.kind == "named" and each.score >= top - NEAR
        text = (len(each.text), each.text)
        return (not each.above, -top, each.behaviour, not leads, -round(each.score, 2), text)

    return tuple(sorted(placed, key=order)[: params.kept])
