"""The order of candidates, and the thresholds above which they count as found.

A candidate must exceed an absolute threshold, since a null distribution alone ignores that the
search selects for high scores, and the quantile of a null distribution, since some models'
continuations change easily. Strings were searched for and names were not, so each kind has its own
threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from defenders.discovery.shapes import Candidate, DiscoveryParams, Null

CUT = 0.9  # quantile at which scores of a null are capped: some may be triggers themselves
LEAST = 10  # scores that a null needs: among fewer, one planted trigger would be over a tenth
NEAR = 0.1  # a name ranks above strings of the same behaviour if its score is within this margin


def null_of(scores: Sequence[float], tried: int, alpha: float) -> Null:
    """Return the null distribution: scores of candidates that are no triggers.

    Its limit is the normal quantile at 1 - alpha / tried (Bonferroni), with mean and standard
    deviation of the scores capped at their own 0.9 quantile; 0 for fewer than ten scores.
    """
    from scipy.stats import norm

    if not scores:
        return Null(0, 0.0, 0.0, 0.0, 0.0)
    cut = np.minimum(scores, np.quantile(scores, CUT))
    margin = float(norm.ppf(1 - alpha / max(1, tried)))
    mean, sd = float(cut.mean()), float(cut.std())
    limit = mean + margin * sd if len(scores) >= LEAST else 0.0
    return Null(len(scores), mean, sd, float(max(scores)), limit)


def ranked(
    candidates: Sequence[Candidate], benign: Null, named: Null, params: DiscoveryParams
) -> tuple[Candidate, ...]:
    """Return candidates best first, with their thresholds.

    Those above their threshold come first, in the order of the best score of their behaviour.
    Within one behaviour a name comes first if its score is near the best, then shorter strings.
    """
    least = {
        "token": max(params.threshold, benign.limit),
        "named": max(params.threshold_named, named.limit),
        "cluster": max(params.threshold_named, named.limit),
    }
    judged = [replace(candidate, threshold=least[candidate.kind]) for candidate in candidates]
    best: dict[str, float] = {}
    for candidate in judged:
        if candidate.above:
            best[candidate.behaviour] = max(
                best.get(candidate.behaviour, candidate.score), candidate.score
            )

    def order(candidate: Candidate) -> tuple[object, ...]:
        top = best.get(candidate.behaviour, candidate.score) if candidate.above else candidate.score
        leads = candidate.kind == "named" and candidate.score >= top - NEAR
        text = (len(candidate.text), candidate.text)
        return (
            not candidate.above,
            -top,
            candidate.behaviour,
            not leads,
            -round(candidate.score, 2),
            text,
        )

    return tuple(sorted(judged, key=order)[: params.kept])
