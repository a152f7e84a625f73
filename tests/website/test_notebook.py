"""docs/notebook.ipynb: small as committed, whole when it is run, and a page of the site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from website.notebooks import execute, page_of

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def test_its_outputs_are_small() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert len(outputs) >= 3
    assert all(len(json.dumps(output)) < 12_000 for output in outputs)
    assert not any(output["output_type"] == "error" for output in outputs)


def test_its_page_has_text_code_and_outputs() -> None:
    page = page_of(NOTEBOOK)
    for part in ("# From Python", "```python\nimport arena", "```text\n", "base64,"):
        assert part in page


def test_it_runs_and_ends_in_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nbclient")  # of the extra `docs`
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    copy = tmp_path / NOTEBOOK.name
    copy.write_bytes(NOTEBOOK.read_bytes())
    execute(copy, tmp_path)
    last = [cell for cell in json.loads(copy.read_text())["cells"] if "outputs" in cell][-1]
    assert "image/png" in last["outputs"][-1]["data"]
    assert (tmp_path / "runs" / "notebook" / "report.html").exists()
