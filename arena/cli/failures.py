"""Report a command's failure: one screen and an exit status, no traceback."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from arena.errors import ArenaError

FAILED = 1
INTERRUPTED = 130
MAX_LINES = 12


@contextmanager
def guarded(debug: bool) -> Iterator[None]:
    """Turn exceptions of the body into a message on stderr and an exit status.

    InputError 2, any other failure 1, Ctrl-C 130. With `debug` the traceback comes first.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        _print(
            "interrupted: finished stages are stored, and the same command continues from them",
            debug,
        )
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        known = _known(error)
        _print(str(known) if known else _unexpected(error), debug)
        raise typer.Exit(known.exit_status if known else FAILED) from None


def _known(error: Exception) -> ArenaError | None:
    """The arena's own error, also if a worker's wrapper has it as `cause`."""
    cause = getattr(error, "cause", None)
    for candidate in (cause, error):
        if isinstance(candidate, ArenaError):
            return candidate
    return None


def _unexpected(error: Exception) -> str:
    lines = f"{type(error).__name__}: {error}".strip().splitlines()
    shown = lines if len(lines) <= MAX_LINES else [lines[0], "...", *lines[-MAX_LINES + 2 :]]
    return "\n".join([*shown, "(--debug shows the traceback)"])


def _print(text: str, debug: bool) -> None:
    if debug:
        typer.echo(traceback.format_exc(), err=True)
    typer.echo(text, err=True)
