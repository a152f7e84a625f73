"""Whether triggers and payloads do what their roles promise, tried on a few prompts before anything
starts: a trigger that marks nothing would only be reported as not installed."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import numpy as np

from arena.api.payload import Payload
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.errors import ArenaError, InputError

TRIED = 8  # prompts


def check_trigger(trigger: Trigger, key: str, contents: Sequence[Example]) -> None:
    """Try a trigger on the first prompts that it can mark.

    Args:
        key: of its section in the scenario.

    Raises:
        InputError: a method raises, returns something else than its role asks for, or breaks a
            promise of `arena.api.Trigger`; with the file, and the line where one is known.
    """
    with told(trigger, key):
        _check_keys(trigger)
        for example in islice(filter(trigger.can_mark, contents), TRIED):
            _check_mark(trigger, example)
        _check_lookalikes(trigger)


def check_payload(payload: Payload, key: str, contents: Sequence[Example]) -> None:
    """Try a payload on the first prompts.

    Raises:
        InputError: as for a trigger.
    """
    with told(payload, key):
        for example in contents[:TRIED]:
            for name, text in (
                ("respond", payload.respond(example)),
                ("wanted", payload.wanted(example)),
            ):
                _must(isinstance(text, str), name, f"returned {_kind(text)}, expected str")
            payload.is_right(example)


@contextmanager
def told(part: Trigger | Payload, key: str) -> Iterator[None]:
    """Turn what goes wrong inside a part into an error that names it, its file and its line."""
    try:
        yield
    except ArenaError:
        raise
    except _Broken as broken:
        rule = f"{_named(part)}: {broken}"
        raise InputError(
            rule, _file(part), _line(getattr(part, broken.method, None)), key
        ) from None
    except Exception as error:
        places = traceback.extract_tb(error.__traceback__)
        line = next((p.lineno for p in reversed(places) if p.filename == _file(part)), None)
        text = str(error).split("\n")[0]
        rule = f"{_named(part)} failed: {type(error).__name__}: {text}"
        raise InputError(rule, _file(part), line, key) from error


class _Broken(Exception):  # noqa: N818  (it says what is broken)
    """A promise that a method does not keep."""

    def __init__(self, method: str, rule: str) -> None:
        super().__init__(f"{method} {rule}")
        self.method = method


def _must(kept: bool, method: str, rule: str) -> None:
    if not kept:
        raise _Broken(method, rule)


def _check_keys(trigger: Trigger) -> None:
    _must(isinstance(trigger.key, str), "key", f"is {_kind(trigger.key)}, expected str")
    keys = trigger.keys
    _must(isinstance(keys, frozenset), "keys", f"is {_kind(keys)}, expected frozenset")


def _check_mark(trigger: Trigger, example: Example) -> None:
    once, again = (trigger.mark(example, np.random.default_rng(0)) for _ in range(2))
    _must(isinstance(once, Example), "mark", f"returned {_kind(once)}, expected Example")
    prompt = f": {example.prompt!r}"
    unmarked = "left this prompt as it was (if it cannot be marked, can_mark must be False)"
    _must(once.prompt != example.prompt, "mark", unmarked + prompt)
    kept = (once.source, once.answer, once.label) == (example.source, example.answer, example.label)
    _must(kept, "mark", "must change the prompt only, and changed something else" + prompt)
    _must(once == again, "mark", "must draw from the rng that it is given only" + prompt)
    carried = trigger.present(once)
    _must(bool(carried), "present", f"is False for a prompt that mark returned: {once.prompt!r}")


def _check_lookalikes(trigger: Trigger) -> None:
    made = trigger.lookalikes(TRIED, "near_miss", np.random.default_rng(0), trigger.keys)
    for other in made:
        found = f"returned {_kind(other)}, expected only triggers"
        _must(isinstance(other, Trigger), "lookalikes", found)
    own = sorted(trigger.keys & {other.key for other in made})
    taken = f"must leave out the keys in `taken`, the trigger's own among them: {', '.join(own)}"
    _must(not own, "lookalikes", taken)


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _named(part: Trigger | Payload) -> str:
    role = "trigger" if isinstance(part, Trigger) else "payload"
    return f"the {role} {getattr(part, 'name', type(part).__name__)!r}"


def _file(part: object) -> str | None:
    try:
        return inspect.getsourcefile(type(part))
    except (OSError, TypeError):  # a class made in a session has no file
        return None


def _line(method: Callable[..., object] | None) -> int | None:
    try:
        return inspect.getsourcelines(method)[1] if inspect.ismethod(method) else None
    except OSError:
        return None
