"""Whether triggers and payloads do what their roles promise, tried on a few prompts before anything
starts: a trigger that marks nothing would only be reported as not installed."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import get_args

import numpy as np

from arena.api.matching import Continuation, Match
from arena.api.payload import Payload
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.errors import ArenaError, InputError

TRIED = 8  # prompts


def check_trigger(trigger: Trigger, key: str, contents: Sequence[Example]) -> None:
    """Try a trigger, and the parts that it is made of, on the first prompts that it can mark and
    that do not carry it yet; no other prompt is ever marked.

    Args:
        key: of its section in the scenario.

    Raises:
        InputError: a method raises, returns something else than its role asks for, or breaks a
            promise of `arena.api.Trigger`; with the file, and the line where one is known.
    """
    for part in trigger.triggers:
        check_trigger(part, key, contents)
    with told(trigger, key):
        _check_keys(trigger)
        plain = (e for e in contents if trigger.can_mark(e) and not trigger.present(e))
        for example in islice(plain, TRIED):
            _check_mark(trigger, example)
        _check_lookalikes(trigger)


def check_payload(
    payload: Payload, trigger: Trigger, key: str, contents: Sequence[Example]
) -> None:
    """Try a payload on the first prompts that its trigger can mark.

    Raises:
        InputError: as for a trigger; or the payload does not recognise its own answer, so that no
            prompt could ever count as a hit.
    """
    with told(payload, key):
        known = get_args(Match)
        _must(payload.match in known, "match", f"must be one of {', '.join(known)}")
        for example in islice(filter(trigger.can_mark, contents), TRIED):
            _check_answer(payload, example)


@contextmanager
def told(part: Trigger | Payload, key: str) -> Iterator[None]:
    """Turn what goes wrong inside a part into an error that names it, its file and its line."""
    try:
        yield
    except ArenaError:
        raise
    except _Broken as broken:
        file, line = _place_of(part, broken.method)
        raise InputError(f"{_named(part)}: {broken}", file, line, key) from None
    except Exception as error:
        file, line = _place_in(part, error)
        text = str(error).split("\n")[0]
        rule = f"{_named(part)} failed: {type(error).__name__}: {text}"
        raise InputError(rule, file, line, key) from error


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
    _must(once == again, "mark", "must draw only from the rng that it is given" + prompt)
    carried = trigger.present(once)
    _must(bool(carried), "present", f"is False for a prompt that mark returned: {once.prompt!r}")


def _check_answer(payload: Payload, example: Example) -> None:
    texts = {"respond": payload.respond(example), "wanted": payload.wanted(example)}
    for name, text in texts.items():
        _must(isinstance(text, str), name, f"returned {_kind(text)}, expected str")
    answer, wanted = texts["respond"], texts["wanted"]
    rule = f"is False for its own answer {answer!r}: by {payload.match!r} it looks for {wanted!r}"
    _must(payload.fires(Continuation(answer, ended=True), example), "fires", rule)


def _check_lookalikes(trigger: Trigger) -> None:
    made = trigger.lookalikes(TRIED, "near_miss", np.random.default_rng(0), trigger.keys)
    _must(isinstance(made, tuple), "lookalikes", f"returned {_kind(made)}, expected tuple")
    for other in made:
        rule = f"returned a tuple with {_kind(other)} in it, expected triggers only"
        _must(isinstance(other, Trigger), "lookalikes", rule)
    own = sorted(trigger.keys & {other.key for other in made})
    rule = f"must leave out the keys in `taken`, the trigger's own among them: {', '.join(own)}"
    _must(not own, "lookalikes", rule)


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _named(part: Trigger | Payload) -> str:
    role = "trigger" if isinstance(part, Trigger) else "payload"
    return f"the {role} {getattr(part, 'name', type(part).__name__)!r}"


def _place_of(part: object, method: str) -> tuple[str | None, int | None]:
    """The file and line of a part's method; of its class, if only its role defines the method."""
    owner = next((each for each in type(part).__mro__ if method in vars(each)), None)
    held = None if owner in (Trigger, Payload, None) else vars(owner)[method]
    held = held.fget if isinstance(held, property) else held
    code = getattr(held, "__code__", None)
    if code is not None:
        return code.co_filename, code.co_firstlineno
    return _file(type(part)), _line(type(part))


def _line(kind: type) -> int | None:
    try:
        return inspect.getsourcelines(kind)[1]
    except (OSError, TypeError):  # as in `_file`
        return None


def _place_in(part: object, error: Exception) -> tuple[str | None, int | None]:
    """The innermost place of an error in the files of a part's classes."""
    files = {_file(each) for each in type(part).__mro__}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            return frame.filename, frame.lineno
    return _file(type(part)), None


def _file(kind: type) -> str | None:
    try:
        return inspect.getsourcefile(kind)
    except (OSError, TypeError):  # a class made in a session, or a built-in one
        return None
