"""A site of runs written as files, which a browser opens without a server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from arena.errors import InputError
from arena.view.site import Site


def write_site(site: Site, folder: Path, tell: Callable[[str], None] = lambda path: None) -> int:
    """Write every page and file of a site into a new folder, and return how many. If one cannot be
    made, nothing is written.

    Args:
        site: not `live`, so that no page asks a server.
        tell: called with the path of each page before it is written.

    Raises:
        InputError: the folder exists and is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError("the folder is not empty", key="--static", found=str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as aside:
        number = _write(site, Path(aside), tell)
        folder.mkdir(exist_ok=True)
        for each in sorted(Path(aside).iterdir()):
            shutil.move(each, folder)
    return number


def _write(site: Site, folder: Path, tell: Callable[[str], None]) -> int:
    number = 0
    for path in site.paths():
        tell(path)
        content = site.page(path)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, target)
        elif content is not None:
            target.write_text(content, encoding="utf-8", errors="replace")
        number += content is not None
    return number
