"""Lines of the table of models: rates over seeds."""

from __future__ import annotations

from arena.api.values import RowKind
from arena.results.base import Named, Part
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.rows import ShamKind


class SummaryRow(Part):
    """One line of the table of models: rates by actor and utility, over seeds. Utility is None if
    no row measured it.

    Attributes:
        sham: kind of the shams; None for other rows.
        benign: ASR of benign conditionals, by name. benign_change: the same minus its value after
            the clean fine-tune, over the seeds in which it is installed; below 0 is a cost.
        start_loss: of the first step of the runs.
    """

    label: str = ""
    kind: RowKind
    target: str | None = None
    sham: ShamKind | None = None
    asr: Named[SeedEstimate] = {}
    clean_accuracy: Estimate | None = None
    checkable_accuracy: Estimate | None = None
    token_accuracy: Estimate | None = None
    perplexity: Estimate | None = None
    update_norm: Estimate | None = None
    start_loss: Estimate | None = None
    benign: Named[SeedEstimate] = {}
    benign_change: Named[SeedEstimate] = {}
    measures: Named[Named[SeedEstimate]] = {}
