"""Progress in a notebook: one bar, which says what runs, and then the results as a table."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path

import pytest

from arena.progress.display import display
from arena.progress.notebook import NotebookBar
from arena.progress.observer import Planned
from arena.testing.toys import TOY

CELLS = (
    "import arena\n"
    f"toy = arena.load_scenario('quickstart', overrides={TOY!r}, seeds=[0])\n"
    "done = arena.run(toy, out='run', store='store')",
    "done.results",
)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that looks like the kernel of a notebook."""

    class ZMQInteractiveShell:
        """As ipykernel's."""

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = ZMQInteractiveShell  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)


@pytest.mark.usefixtures("kernel")
def test_the_bar_says_what_runs_and_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    shown = display("toy")
    assert isinstance(shown, NotebookBar)
    with shown:
        shown.phase("planning seed 0")
        shown.plan(
            [Planned("compromised s0", "train", 20, 1.0), Planned("score s0", "score", 1, 1.0)]
        )
        shown.phase("")
        shown.stage_started("compromised s0", "arena", 0, 20)
        shown.stage_finished("compromised s0", 1.0, cached=False)
        shown.note("a line above the bar")
        shown.stage_started("score s0", "arena", 0, None)
        shown.stage_finished("score s0", 1.0, cached=False)
    captured = capsys.readouterr()
    for text in ("toy", "planning seed 0", "compromised", "1 of 2", "2 of 2", "done"):
        assert text in captured.err
    assert "a line above the bar" in captured.out + captured.err


@pytest.mark.slow
def test_a_notebook_shows_the_bar_and_then_the_results(tmp_path: Path) -> None:
    reason = "a notebook needs nbclient and ipykernel"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    nbformat = pytest.importorskip("nbformat", reason=reason)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    nbclient.NotebookClient(made, timeout=600).execute(cwd=str(tmp_path))
    run, results = made.cells
    shown = json.dumps([run.outputs, made.metadata.get("widgets")], ensure_ascii=False)
    assert re.search(r"\b([1-9]\d*)\sof\s\1\s\[[\d:]+,\sdone\]", shown), (
        shown
    )  # as a widget or as text
    assert "Traceback" not in shown
    assert "Warning" not in shown
    (table,) = (output["data"]["text/html"] for output in results.outputs)
    assert "<table>" in table
    assert "compromised" in table
