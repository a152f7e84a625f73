"""LaTeX tables: a tabular that compiles by its look, with everything special escaped."""

from __future__ import annotations

from pathlib import Path

from arena.results.claim import ShamEstimates
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.latex import escape, latex_tables, number, tabular, write_latex
from arena.results.pairs import Pair
from arena.results.run import AtDose, RunResults
from arena.results.summary import SummaryRow
from tests.support.sample_results import results

SHOWN = RunResults(
    actors=("b_1", "a&b"),
    summary=(
        SummaryRow(
            label="unlearn b_1",
            kind="unlearned",
            asr={"b_1": SeedEstimate(value=0.5, low=0.25, high=0.75)},
        ),
    ),
    transfer=(
        Pair(source="b_1", to="a&b", transfer=Estimate(value=-0.1), verdict="not_installed"),
    ),
)


def test_models_stand_against_actors() -> None:
    lines = latex_tables(SHOWN)["models"].splitlines()
    assert r"ASR & b\_1 & a\&b & clean accuracy \\" in lines
    assert r"unlearn b\_1 & $0.50\;[0.25, 0.75]$ & -- & -- \\" in lines


def test_pairs_have_their_verdict_in_words() -> None:
    text = latex_tables(SHOWN)["transfer"]
    assert r"b\_1 & a\&b & $-0.10$ & -- & -- & -- & not installed \\" in text


def test_parts_are_split_as_on_the_pages() -> None:
    """By the benign conditional, where there is one: verdicts on specificity are read off it."""
    whole = results()
    benign = ShamEstimates(odd=Estimate(value=0.55), specific=Estimate(value=0.05))
    pairs = [p.model_copy(update={"by_sham": {"benign": benign}}) for p in whole.transfer]
    table = latex_tables(whole.model_copy(update={"transfer": tuple(pairs)}))["transfer"]
    assert table.count("$0.55$ & $0.05$") == len(pairs)


def test_two_doses_are_two_tables_each(tmp_path: Path) -> None:
    both = SHOWN.model_copy(update={"most": AtDose(summary=SHOWN.summary)})
    names = ["models_least", "transfer_least", "models_most", "transfer_most"]
    assert list(latex_tables(both)) == names
    assert [path.stem for path in write_latex(tmp_path, both)] == names


def test_every_line_has_as_many_cells_as_columns() -> None:
    for text in latex_tables(results(2)).values():
        cells = {line.count(" & ") for line in text.splitlines() if line.endswith(r"\\")}
        assert len(cells) == 1


def test_what_latex_reads_as_commands_is_escaped() -> None:
    assert escape(r"50% of {a}\$^~#") == (
        r"50\% of \{a\}\textbackslash{}\$\textasciicircum{}\textasciitilde{}\#"
    )
    assert number(None) == "--"
    assert tabular(["x_1"], []).splitlines()[1] == r"\begin{tabular}{l}"
