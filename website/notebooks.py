"""A notebook as a page: its text, its code, and the outputs that were committed with it.

`python -m website.notebooks docs/notebook.ipynb` runs it and writes its outputs anew, as small as
they should be in a repository: nothing of standard error, pictures in few colours.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COLOURS = 32


def page_of(file: Path) -> str:
    """Return the notebook as Markdown."""
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join(part for cell in cells for part in _parts(cell)) + "\n"


def execute(file: Path, folder: Path) -> None:
    """Run the notebook in a folder and write its outputs into it."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(file, as_version=4)
    places = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=600, resources=places).execute()
    for cell in notebook.cells:
        cell.metadata.clear()  # when each cell began and ended
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
            for output in cell.outputs:
                _shrink(output.get("data", {}))
    nbformat.write(notebook, file)


def _shrink(data: dict[str, str]) -> None:
    from PIL import Image

    if "image/png" in data:
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
        small = io.BytesIO()
        picture.quantize(COLOURS).save(small, format="PNG", optimize=True)
        data["image/png"] = base64.b64encode(small.getvalue()).decode()


def _parts(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    for output in cell["outputs"]:
        yield _output(output)


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        png = "".join(data["image/png"]).replace("\n", "")
        return f'<img alt="The figure that the cell draws" src="data:image/png;base64,{png}">'
    text = "".join(output.get("text") or data.get("text/plain", ""))
    return f"```text\n{text.rstrip()}\n```"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as emptied:
        execute(Path(sys.argv[1]), Path(emptied))
