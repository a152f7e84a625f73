"""Whose fault a failed experiment is: only its own counts against the strategy."""

from __future__ import annotations

from arena.errors import ArenaError, MachineError, UnexpectedError


def refuse_foreign(error: Exception | None) -> ArenaError:
    """Return the error, if it says something about the experiment: its training diverged, for
    instance.

    Raises:
        Exception: the error itself, if it is the machine's or a bug. The same command then measures
            the experiment again.
    """
    foreign = isinstance(error, MachineError | UnexpectedError)
    if foreign or not isinstance(error, ArenaError):
        raise error or RuntimeError("an experiment returned no rows")
    return error
