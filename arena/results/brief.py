"""Results in a line, and as a small table for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from arena.results.claim import Judgement
from arena.results.estimate import Estimate

if TYPE_CHECKING:
    from arena.results.summary import SummaryRow


class Brief:
    """Shown as its headline, instead of with everything that it holds."""

    def _headline(self) -> str:
        """Return what these results are, in a line."""
        raise NotImplementedError

    def _table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return the heads and the lines of a table for notebooks; both empty if there is none."""
        return (), ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._headline()}>"

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        heads, lines = self._table()
        if not lines:
            return f"<p><b>{escape(self._headline())}</b></p>"
        head = "".join(f"<th>{escape(text)}</th>" for text in heads)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in line)}</tr>" for line in lines
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f"<p><b>{escape(self._headline())}</b></p>{table}"


def counted(number: int, noun: str) -> str:
    """Return `1 seed` or `8 seeds`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def claimed(claim: Judgement | None) -> str:
    """Return a claim's verdict and T in words; empty if nothing was judged."""
    if claim is None:
        return ""
    return f"claim {claim.verdict or 'not judged'}, T {shown(claim.transfer)}"


def shown(estimate: Estimate | None) -> str:
    """Return `0.31 [0.10, 0.52]`; a dash if there is no value."""
    if estimate is None or estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def asr_table(
    summary: Sequence[SummaryRow], actors: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Return ASR by model and actor, with each model's clean accuracy."""
    heads = ["ASR", *actors, "clean accuracy"]
    lines = [
        [
            row.label or row.kind,
            *(shown(row.asr.get(actor)) for actor in actors),
            shown(row.clean_accuracy),
        ]
        for row in summary
    ]
    return heads, lines


def seeds_text(seeds: Sequence[int]) -> str:
    """Return seeds in short notation: 0-3, 7."""
    runs: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def counted_seeds(seeds: Sequence[int]) -> str:
    """Return how many seeds there are, and which: 8 (0-7)."""
    return f"{len(seeds)} ({seeds_text(seeds)})" if seeds else ""
