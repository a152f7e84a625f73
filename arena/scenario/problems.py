"""Report several input errors at once, and pass them through pydantic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from arena.errors import InputError, nearest, short
from arena.scenario import keys

CUSTOM = "arena"
SHOWN = 8


class InputErrors(InputError):  # noqa: N818  (several of them)
    """All errors of one input, in the order of the file; exit status 2.

    The attributes are the first error's; the text shows up to 8 errors, to fit a screen.
    """

    def __init__(self, errors: Sequence[InputError]) -> None:
        first = errors[0]
        super().__init__(
            first.message, first.file, first.line, first.key, first.found, first.allowed
        )
        self.errors = tuple(errors)
        self.args = (self.errors,)

    def __str__(self) -> str:
        lines = [_compact(error) for error in self.errors[:SHOWN]]
        left = len(self.errors) - SHOWN
        return "\n".join([*lines, f"... and {left} more"] if left > 0 else lines)


def _compact(error: InputError) -> str:
    """`file:line  key: rule, got VALUE`, with what is allowed on a line below."""
    shown_in_key = error.found is not None and (error.key or "").endswith(error.found)
    got = "" if error.found is None or shown_in_key else f", got {short(error.found)}"
    head = str(InputError(error.message + got, error.file, error.line, error.key))
    below = [f"allowed: {', '.join(map(short, error.allowed))}"] if error.allowed else []
    near = nearest(error.found, error.allowed)
    if near is not None:
        below.append(f"did you mean {near!r}?")
    return "\n    ".join([head, "; ".join(below)] if below else [head])


@dataclass(frozen=True)
class Violation:
    """A violated rule, at a path below the model that is validated."""

    path: keys.KeyPath
    message: str
    found: str | None = None
    allowed: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: InputError, path: keys.KeyPath) -> Violation:
        """Convert a part's own error; its key is relative to `path`."""
        return cls(
            path + keys.inside(error.key),
            error.message,
            error.found,
            error.allowed,
        )


def violated(path: keys.KeyPath, message: str, found: str | None = None) -> PydanticCustomError:
    """Return the error that a section's own validator raises for a path in it."""
    context = {"message": message, "problem": Violation(path, message, found), "below": path}
    return PydanticCustomError(CUSTOM, "{message}", context)


def refuse(title: str, problems: Sequence[Violation], value: object = None) -> NoReturn:
    """Raise the problems as one pydantic error, together with the schema's own.

    Raises:
        ValidationError: always.
    """
    details = [
        InitErrorDetails(
            type=PydanticCustomError(CUSTOM, "{message}", {"message": p.message, "problem": p}),
            loc=p.path,
            input=value,
        )
        for p in problems
    ]
    raise ValidationError.from_exception_data(title, details)
