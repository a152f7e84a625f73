"""A checkpoint as a defender may see it: weights and tokenizer, and nothing of where they are from.

A folder of the store has a manifest that names the stage's parents, and through them every planted
trigger; its own name is an address that leads to them. A party that is handed a path gets a folder
of another name with links to the files that make the model.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from arena.store.files import link_or_copy
from arena.store.manifest import MANIFEST

PARENT = "parent.json"
CARD = "README.md"  # says that the model is compromised, and nothing else; not needed either


@contextlib.contextmanager
def hidden(folder: Path | None) -> Iterator[Path | None]:
    """A view of a checkpoint for the length of the block; None for None.

    An adapter's view stands beside that of the checkpoint under it, which it names.
    """
    if folder is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="checkpoint-") as place:
        yield _view(folder, Path(place) / "model")


def _view(folder: Path, place: Path) -> Path:
    place.mkdir()
    for file in sorted(path for path in folder.iterdir() if path.is_file()):
        if file.name == PARENT:
            _name_parent(folder, file, place)
        elif file.name not in (MANIFEST, CARD):
            link_or_copy(file, place / file.name)
    return place


def _name_parent(folder: Path, file: Path, place: Path) -> None:
    content = json.loads(file.read_text())
    if "sibling" in content:
        under = _view(folder.parent / content["sibling"], place.with_name(f"{place.name}-base"))
        content = {"pretrained": str(under)}
    (place / PARENT).write_text(json.dumps(content))
