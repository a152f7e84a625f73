"""The value of a finished study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import optuna

from arena.search.choosing import RankedTrial, Ranking


@dataclass(frozen=True)
class FinishedStudy:
    """A study and its best trials, ranked on the selection seeds."""

    study: optuna.Study
    ranking: Ranking

    @property
    def candidates(self) -> Sequence[RankedTrial]:
        """Return the ranked trials, best first."""
        return self.ranking.candidates
