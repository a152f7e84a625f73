"""Tables of a run in LaTeX, for papers: models against actors, and transfer by pair (booktabs)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from arena.results.estimate import Estimate
from arena.results.pairs import Pair
from arena.results.run import RunResults
from arena.results.summary import SummaryRow

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
SHOWN = ("transfer", "odd", "specific", "raw_suppression")  # the parts split as on the pages
_SPECIALS = re.compile("|".join(map(re.escape, _SPECIAL)))


def latex_tables(results: RunResults) -> Mapping[str, str]:
    """Return the tables by name: `models`, and `transfer`; with `most`, both at each dose."""
    first = "" if results.most is None else "_least"
    doses = [(first, results.summary, results.transfer)]
    if results.most is not None:
        doses.append(("_most", results.most.summary, results.most.transfer))
    made = {}
    for dose, summary, pairs in doses:
        made[f"models{dose}"] = _models(results.actors, summary)
        made[f"transfer{dose}"] = _transfer(pairs)
    return made


def write_latex(folder: Path, results: RunResults) -> list[Path]:
    """Write every table into a file of its own; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in latex_tables(results).items():
        written.append(folder / f"{name}.tex")
        written[-1].write_text(text, encoding="utf-8", errors="replace")
    return written


def _models(actors: Sequence[str], summary: Sequence[SummaryRow]) -> str:
    heads = ["ASR", *actors, "clean accuracy"]
    lines = [
        [
            escape(row.label or row.kind),
            *(number(row.asr.get(actor)) for actor in actors),
            number(row.clean_accuracy),
        ]
        for row in summary
    ]
    return tabular(heads, lines)


def _transfer(pairs: Sequence[Pair]) -> str:
    heads = ["unlearned", "other", "T", "odd", "specific", "raw suppression", "verdict"]
    lines = [
        [
            escape(pair.source),
            escape(pair.to),
            *map(number, map(pair.shown, SHOWN)),
            escape((pair.verdict or "").replace("_", " ")),
        ]
        for pair in pairs
    ]
    return tabular(heads, lines)


def tabular(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a tabular of finished cells, its first column left-aligned."""
    columns = "l" + "r" * (len(heads) - 1)
    rows = [" & ".join(line) + r" \\" for line in ([escape(head) for head in heads], *lines)]
    parts = [
        "% \\usepackage{booktabs}; made by Backdoor Arena",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        rows[0],
        r"\midrule",
        *rows[1:],
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(parts) + "\n"


def number(estimate: Estimate | None) -> str:
    """Return a value with its interval, in math mode; a dash if there is none."""
    if estimate is None or estimate.value is None:
        return "--"
    value = f"{estimate.value:.2f}"
    if estimate.low is None or estimate.high is None:
        return f"${value}$"
    return f"${value}\\;[{estimate.low:.2f}, {estimate.high:.2f}]$"


def escape(text: str) -> str:
    """Return the text with the characters escaped that LaTeX reads as commands."""
    return _SPECIALS.sub(lambda found: _SPECIAL[found[0]], text)
