"""Report a command's failure: one screen and an exit status, no traceback."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from arena.cli.streams import say
from arena.errors import ArenaError, MachineError
from arena.redaction import redact
from arena.stopping import received
from arena.store.store import is_full

FAILED = 1
INTERRUPTED = 130
MAX_LINES = 12
CONTINUES = "the same command continues from them"


@contextmanager
def guarded(debug: bool) -> Iterator[None]:
    """Turn exceptions of the body into a message on stderr and an exit status.

    InputError 2, any other failure 1, Ctrl-C 130, SIGTERM 143, SIGHUP 129. With `debug` the
    traceback comes first.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt as interruption:
        stopped = received()
        how = "interrupted" if stopped is None else str(stopped)
        text = f"{how}: any finished stages are stored, and {CONTINUES}"
        _print("\n".join([text, *_notes(interruption)]), debug)
        raise typer.Exit(INTERRUPTED if stopped is None else stopped.exit_status) from None
    except Exception as error:
        known = _known(error)
        text = _told(known) if known else _unexpected(error)
        _print("\n".join([text, *_notes(error)]), debug)
        raise typer.Exit(known.exit_status if known else FAILED) from None


def _known(error: Exception) -> ArenaError | None:
    """The arena's own error, also if it is the `cause` of a worker's wrapper."""
    cause = getattr(error, "cause", None)
    for candidate in (cause, error):
        if isinstance(candidate, ArenaError):
            return candidate
    return None


def _notes(error: BaseException) -> list[str]:
    """What was noted on an error on its way up: how to continue the run."""
    return list(getattr(error, "__notes__", ()))


def _told(error: ArenaError) -> str:
    if isinstance(error, MachineError):
        return f"{error}; any finished stages are stored, and {CONTINUES}"
    return str(error)


def _unexpected(error: Exception) -> str:
    if is_full(error):
        return f"{error}; what is finished is kept, and {CONTINUES}"
    lines = f"{type(error).__name__}: {error}".strip().splitlines()
    shown = lines if len(lines) <= MAX_LINES else [lines[0], "...", *lines[-MAX_LINES + 2 :]]
    return "\n".join([*shown, "(--debug shows the traceback)"])


def _print(text: str, debug: bool) -> None:
    if debug:
        say(redact(traceback.format_exc()), err=True)
    say(redact(text), err=True)
