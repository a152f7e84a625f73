"""Parts defined in a script or notebook (`__main__`), which no other process can import."""

from __future__ import annotations

import atexit
import functools
import inspect
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from arena import registry
from arena.errors import InputError

if TYPE_CHECKING:
    from arena.scenario.schema import Scenario

MAIN = "__main__"


def refuse_main(scenario: Scenario) -> None:
    """Refuse, before anything starts, to let Ray run a part defined in a script or notebook.

    Raises:
        InputError: the scenario names a part defined in `__main__`, and its backend is ray.
    """
    if scenario.runtime.backend != "ray":
        return
    texts = set(_texts(scenario.resolved()))
    for kind, parts in registry.snapshot().items():
        for name, part in parts.items():
            if part.__module__ == MAIN and name in texts:
                raise InputError(
                    f"the {kind} {name!r} is defined in a script or notebook, which Ray's "
                    "processes cannot import: put it into a file and name that in `plugins:` "
                    "(or --plugin FILE), or set runtime.backend=serial",
                    getattr(sys.modules[MAIN], "__file__", None),
                )


def main_file() -> Path | None:
    """Return the running script. A notebook has no file, so the source of its parts is written to
    one; an edited part then has another address."""
    file = getattr(sys.modules[MAIN], "__file__", None)
    if file is not None and Path(file).is_file():
        return Path(file)
    try:
        sources = [inspect.getsource(part) for part in registry.parts() if part.__module__ == MAIN]
    except (OSError, TypeError):  # typed at a prompt: nothing made with it may be reused
        sources = [repr(os.urandom(16))]
    written = _scratch() / "__main__.py"
    written.write_text("\n\n".join(sources), encoding="utf-8")
    return written


@functools.cache
def _scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="arena-main-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _texts(value: object) -> Iterator[str]:
    """Every key and text inside plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from map(str, value)
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
