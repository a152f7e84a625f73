"""A checkpoint as a defender may see it: weights and tokenizer, without their origin.

A folder of the store has a manifest that names the stage's parents, and through them every planted
trigger; its own name is an address that leads to them. So a party gets the path of a folder with
another name, which holds links to the model's files.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from arena.store.files import link_or_copy
from arena.store.manifest import MANIFEST

PARENT = "parent.json"
CARD = "README.md"  # only says that the model is compromised; not needed


@contextlib.contextmanager
def hidden(folder: Path | None) -> Iterator[Path | None]:
    """Yield a view of a checkpoint for the duration of the block; None for None.

    An adapter's view is beside that of its base checkpoint, which it names.
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
    base, adapter = (place.with_name(f"{place.name}-{name}") for name in ("base", "adapter"))
    if "sibling" in content:
        content = {"pretrained": str(_view(folder.parent / content["sibling"], base))}
    else:
        sources = {"pretrained": base, "adapter": adapter}
        content = {key: _renamed(content[key], sources[key]) for key in sources if key in content}
    (place / PARENT).write_text(json.dumps(content))


def _renamed(source: str, place: Path) -> str:
    """A view of a checkpoint made elsewhere under another name, since a folder may be named after
    its trigger, and without its card; a model on the hub keeps its name."""
    folder = Path(source)
    if not folder.is_dir():
        return source
    place.mkdir()
    for file in folder.iterdir():
        if file.is_file() and file.name != CARD:
            _linked(file.resolve(), place / file.name)
    return str(place)


def _linked(file: Path, place: Path) -> None:
    """A hard link; on another file system a symbolic one, since a copy may be of many GB."""
    try:
        os.link(file, place)
    except OSError:
        place.symlink_to(file)
