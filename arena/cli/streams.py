"""Standard output and standard error that cannot make a command fail.

A character that the terminal lacks is replaced by a similar one in ASCII. Once a write fails (a
closed pipe, a full disk), that text and all later output is dropped: a run is worth more than its
messages.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import locale
import os
import re
import sys
import unicodedata
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console

from arena.printable import printable
from arena.progress.startup import clear

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
        "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": "<",
        "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}": ">",
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
        lost: the error of the first failed write; None if everything was written.
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
        self._original = original  # if it were garbage-collected, it would close the shared buffer

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
        """Discard all further output; what is in the buffer would fail again when the process
        ends."""
        self.lost = self.lost or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def speak_utf_8() -> None:
    """Restart this process with UTF-8 for files and their names, if its locale has another
    encoding: libraries refuse names that they cannot decode. The terminal's encoding is kept."""
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get(UTF_8) == "1":
        return
    os.environ[UTF_8] = "1"
    os.environ.setdefault("PYTHONIOENCODING", f"{locale.getpreferredencoding(False)}:replace")
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def prepare() -> None:
    """Replace this process's standard streams by such streams; closed ones discard their output."""
    codecs.register_error(ERRORS, _similar)
    for number in (0, 1, 2):
        # the next opened file would get this number, and with it what libraries print
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
    """Return and clear the error that cut standard output short; None if it was written completely,
    or if its reader closed the pipe (`| head`)."""
    sys.stdout.flush()
    lost = sys.stdout.lost if isinstance(sys.stdout, Stream) else None
    if isinstance(sys.stdout, Stream):
        sys.stdout.lost = None
    return None if lost is None or lost.errno == errno.EPIPE else lost


def finish(status: str | int | None) -> str | int | None:
    """Return the final exit status of a command that ended with `status`: 1 if its output could not
    be written."""
    lost = lost_output()
    if lost is None:
        return status
    say(f"standard output cannot be written: {lost.strerror}", err=True)
    return status or FAILED


def say(text: str, *, err: bool = False, exact: bool = False) -> None:
    """Print a text and a line break, unbuffered, with escapes for terminal control characters; a
    terminal breaks its lines between words. (`typer.echo` writes UTF-8 to an ASCII terminal.)

    Args:
        exact: nothing is added to the text, which may be copied out of the terminal.
    """
    clear()
    lines, console = printable(text), Console(stderr=err)
    if console.is_terminal and not exact:
        lines = "\n".join(whole_words(line, console.width) for line in lines.split("\n"))
    print(lines, file=sys.stderr if err else sys.stdout, flush=True)


def whole_words(line: str, width: int) -> str:
    """Return a line with spaces in front of each word that a terminal would break, so that it goes
    to the next row whole, indented as the first. A line break would cut a command that somebody
    copies."""
    indent = " " * (len(line) - len(line.lstrip()))
    placed = ""
    for word in re.findall(r"\s*\S+", line):
        used, bare = cell_len(placed), word.lstrip()
        rows = -(-used // width)
        fits = len(indent) + cell_len(bare) <= width
        if used and used + cell_len(word) > rows * width and fits:
            word = " " * (rows * width - used) + indent + bare
        placed += word
    return placed


def _similar(error: UnicodeError) -> tuple[str, int]:
    """The codecs error handler: ASCII substitutes for characters that the terminal lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(map(_letter, missing)), error.end


def _letter(missing: str) -> str:
    known = missing.translate(SIMILAR)
    plain = unicodedata.normalize("NFKD", known).encode("ascii", "ignore").decode()
    return plain if len(plain) == 1 else "?" * cell_len(missing)
