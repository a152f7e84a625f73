"""A site of runs written as files, which a browser opens without a server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from arena.errors import InputError
from arena.view.site import Site


@dataclass
class Written:
    """What was written. files: how many. failed: why a page or file could not be made, by its path;
    in the place of such a page is one that says so, which counts as a file."""

    files: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def write_site(
    site: Site, folder: Path, tell: Callable[[str], None] = lambda path: None
) -> Written:
    """Write every page and file of a site into a new folder. If that cannot be finished, nothing
    is left.

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
        written = _write(site, Path(aside), tell)
        folder.mkdir(exist_ok=True)
        for each in sorted(Path(aside).iterdir()):
            shutil.move(each, folder)
    return written


def _write(site: Site, folder: Path, tell: Callable[[str], None]) -> Written:
    written = Written()
    for path in site.paths():
        tell(path)
        content = _content(site, path, written)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, target)
        elif content is not None:
            target.write_text(content, encoding="utf-8", errors="replace")
        written.files += content is not None
    return written


def _content(site: Site, path: str, written: Written) -> str | Path | None:
    """A page or file; where it cannot be made, the page that says why, as the server answers."""
    try:
        return site.page(path)
    except Exception as error:
        why = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
        written.failed[path] = why
        return site.failed(path, why) if path.endswith(".html") else None
