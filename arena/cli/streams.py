"""Standard output and standard error that no terminal, pipe or full disk can fail a command with.

A terminal that lacks a character gets a similar one of ASCII. What a closed pipe or a full disk
refuses is dropped, and so is all that follows: a run is worth more than its messages.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import locale
import os
import sys
import unicodedata
from typing import TextIO

from rich.cells import cell_len

from arena.printable import printable

FAILED = 1
UTF_8 = "PYTHONUTF8"
ERRORS = "arena.similar"  # the name under which `_similar` is registered with codecs
SIMILAR = str.maketrans(
    {
        **dict.fromkeys(
            "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}", "-"
        ),
        **dict.fromkeys("\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}", "'"),
        **dict.fromkeys("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", '"'),
        **dict.fromkeys("\N{MIDDLE DOT}\N{HORIZONTAL ELLIPSIS}\N{DEGREE SIGN}", "."),
        **dict.fromkeys("\N{BULLET}\N{BLACK CIRCLE}", "*"),
        "\N{CIRCLE WITH LEFT HALF BLACK}": "%",
        "\N{WHITE CIRCLE}": "o",
        "\N{MULTIPLICATION X}": "x",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{CHECK MARK}": "+",
        "\N{ALMOST EQUAL TO}": "~",
        "\N{NOT EQUAL TO}": "#",
        "\N{LESS-THAN OR EQUAL TO}": "<",
        "\N{GREATER-THAN OR EQUAL TO}": ">",
        "\N{RIGHTWARDS ARROW}": ">",
        "\N{BLACK UP-POINTING TRIANGLE}": "^",
        "\N{BLACK DOWN-POINTING TRIANGLE}": "v",
        "\N{NO-BREAK SPACE}": " ",
    }
)


class Stream(io.TextIOWrapper):
    """A standard stream that raises neither UnicodeEncodeError nor OSError.

    Attributes:
        lost: why the first text that was not written was not; None if everything was.
    """

    lost: OSError | None = None

    def __init__(self, original: TextIO) -> None:
        super().__init__(
            original.buffer,
            encoding=original.encoding,
            errors=ERRORS,
            line_buffering=original.isatty(),
            write_through=original is sys.stderr,
        )
        self._original = original  # were it collected, it would close the buffer of both

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._lose(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        """Send the rest nowhere; what is in the buffer would fail again when the process ends."""
        self.lost = self.lost or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def speak_utf_8() -> None:
    """Start this process again with UTF-8 for files and their names, if its locale has something
    else: libraries refuse names that are no text. What the terminal is written in stays."""
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get(UTF_8) == "1":
        return
    os.environ[UTF_8] = "1"
    os.environ.setdefault("PYTHONIOENCODING", f"{locale.getpreferredencoding(False)}:replace")
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def prepare() -> None:
    """Make the standard streams of this process such; streams that are closed lead nowhere."""
    codecs.register_error(ERRORS, _similar)
    for number in (0, 1, 2):
        # the next file to be opened would get the number, and with it what libraries print
        with contextlib.suppress(OSError):
            os.fstat(number)
            continue
        os.open(os.devnull, os.O_RDWR)
    sys.stdout, sys.stderr = _prepared(sys.stdout), _prepared(sys.stderr)


def _prepared(stream: TextIO | None) -> TextIO:
    if stream is None:  # closed when the process started
        return open(os.devnull, "w", encoding="utf-8")
    return Stream(stream) if hasattr(stream, "buffer") else stream


def lost_output() -> OSError | None:
    """Return why standard output was not written to its end, and forget it; None if it was, or if
    its reader simply left (`| head`)."""
    sys.stdout.flush()
    lost = sys.stdout.lost if isinstance(sys.stdout, Stream) else None
    if isinstance(sys.stdout, Stream):
        sys.stdout.lost = None
    return None if lost is None or lost.errno == errno.EPIPE else lost


def finish(status: str | int | None) -> str | int | None:
    """Return the exit status of a command that ended with this one: 1 if what it had to say could
    not be written."""
    lost = lost_output()
    if lost is None:
        return status
    say(f"standard output cannot be written: {lost.strerror}", err=True)
    return status or FAILED


def say(text: str, *, err: bool = False) -> None:
    """Print a text and a line break, at once, with escapes for what would steer the terminal.
    (`typer.echo` writes UTF-8 to an ASCII terminal.)"""
    print(printable(text), file=sys.stderr if err else sys.stdout, flush=True)


def _similar(error: UnicodeError) -> tuple[str, int]:
    """The codecs error handler: what ASCII has instead of characters that the terminal lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(map(_letter, missing)), error.end


def _letter(missing: str) -> str:
    known = missing.translate(SIMILAR)
    plain = unicodedata.normalize("NFKD", known).encode("ascii", "ignore").decode()
    return plain if len(plain) == 1 else "?" * cell_len(missing)
