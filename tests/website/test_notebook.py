"""docs/notebook.ipynb: small as committed, whole when it is run, and a page of the site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from website.notebooks import page_of

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


def test_its_outputs_are_small() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert len(outputs) >= 3
    assert all(len(json.dumps(output)) < 20_000 for output in outputs)
    assert not any(output["output_type"] == "error" for output in outputs)


def test_its_page_has_text_code_and_outputs() -> None:
    page = page_of(NOTEBOOK)
    for part in ("# From Python", "```python\nimport arena", "```text\n", "base64,"):
        assert part in page


@pytest.mark.slow
def test_it_runs_and_ends_in_a_figure(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")  # of the extra `docs`
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "image/png" in code[-1].outputs[-1]["data"]
    assert (tmp_path / "runs" / "notebook" / "report.html").exists()
