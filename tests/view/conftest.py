"""Runs of every kind, for the pages of a site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.results.run_state import recorded
from arena.results.writer import write_results
from tests.support import sample_folders
from tests.support.curve_results import with_training
from tests.support.sample_results import results, write_run
from tests.support.site_pages import LOG
from tests.support.stress_results import write_stress


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two runs, one with samples and one that is running, and a stress run with a cell."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "with space", 8)
    write_results(folder / "with space", with_training(results(8)))
    (folder / "with space" / "report.html").write_text("the report")
    sample_folders.run_folder(folder / "said")
    (folder / "said" / "report.html").write_text("the report")
    write_stress(folder / "stress")
    (folder / "stress" / "report.html").write_text("the report")
    (folder / "running").mkdir()
    (folder / "running" / "scenario.yaml").write_text("name: running\n")
    (folder / "running" / "run.log").write_text(LOG)
    (folder / "running" / "seeds").mkdir()
    (folder / "running" / "seeds" / "0.json").write_text("{}")
    with recorded(folder / "running", "arena run x"):
        yield folder
