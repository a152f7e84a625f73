"""A registry that forgets what a test registered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from arena import registry
from arena.plugins import places


class _OverError(Exception):
    """Ends a block whose registrations are to be taken back."""


@contextlib.contextmanager
def forgetting() -> Iterator[None]:
    """Take back, at the end of the block, what was registered in it."""
    registry.load()
    loaded = dict(places.LOADED)
    for name in [name for name, place in loaded.items() if place.asked]:
        del places.LOADED[name]  # what another test loaded
    with contextlib.suppress(_OverError), registry.all_or_nothing():
        yield
        raise _OverError
    places.LOADED.clear()
    places.LOADED.update(loaded)
