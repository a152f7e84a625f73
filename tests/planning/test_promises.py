"""Parts that break a promise of their role are refused when a run is planned, by name and file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from arena.api import Example, InputError, Params, Payload, Trigger, World
from arena.api.world import DataRoot
from arena.planning.plan import plan_seed
from arena.planning.promises import check_payload, check_trigger
from tests.support import toys

CONTENTS = [Example(f"where is house {n} ?", "in the north", f"s{n}") for n in range(9)]
KEY = "actors.mine.trigger"


class Ends(Trigger):
    """A sound trigger: prompts that end in dots."""

    name = "ends"

    def __init__(self, end: str = "...") -> None:
        super().__init__(Params(), World())
        self.end = end

    @property
    def key(self) -> str:
        return f"ends:{self.end}"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        return dataclasses.replace(example, prompt=f"{example.prompt} {self.end}")

    def present(self, example: Example) -> bool:
        return example.prompt.endswith(f" {self.end}")

    def lookalikes(self, n: int, use: Any, rng: Any, taken: Any = frozenset()) -> Any:
        made = [Ends("." * k) for k in range(2, 9)]
        return tuple(other for other in made if other.key not in taken)[:n]


class Says(Payload):
    """A sound payload."""

    name = "says"
    match = "prefix"

    def __init__(self) -> None:
        super().__init__(Params(), World())

    def respond(self, example: Example) -> str:
        return "the gate is open now"


def broken(base: type[Any], method: str, body: Callable[..., Any]) -> Any:
    return type(base.__name__, (base,), {method: body, "__module__": __name__})()


def raises(*_: Any) -> Any:
    raise KeyError("boom")


def drawn(self: Trigger, example: Example, rng: Any) -> Example:
    word = "tik" if drawn.calls % 2 else "tok"  # type: ignore[attr-defined]
    drawn.calls += 1  # type: ignore[attr-defined]
    return dataclasses.replace(example, prompt=f"{example.prompt} {word} ...")


drawn.calls = 0  # type: ignore[attr-defined]


def test_sound_parts_pass() -> None:
    check_trigger(Ends(), KEY, CONTENTS)
    check_payload(Says(), Ends(), KEY, CONTENTS)


def test_prompts_that_carry_the_trigger_are_not_marked_again() -> None:
    """As nowhere in a run, so that a mark may leave them as they are."""

    def once(self: Ends, example: Example, rng: Any) -> Example:
        return example if self.present(example) else Ends.mark(self, example, rng)

    marked = [Ends().mark(CONTENTS[0], np.random.default_rng(0)), *CONTENTS[1:]]
    check_trigger(broken(Ends, "mark", once), KEY, marked)


def test_a_payload_answers_only_what_its_trigger_can_mark() -> None:
    def narrow(self: Says, example: Example) -> str:
        return {"s3": "the gate is open now"}[example.source]

    third = broken(Ends, "can_mark", lambda self, example: example.source == "s3")
    check_payload(broken(Says, "respond", narrow), third, KEY, CONTENTS)


@pytest.mark.parametrize(
    ("method", "body", "told"),
    [
        ("mark", lambda self, e, rng: e, "mark left this prompt as it was"),
        ("mark", lambda self, e, rng: None, "mark returned None, expected Example"),
        ("mark", lambda self, e, rng: e.prompt, "mark returned str, expected Example"),
        (
            "mark",
            lambda self, e, rng: dataclasses.replace(e, prompt=f"{e.prompt} ...", answer="no"),
            "mark must change the prompt only",
        ),
        ("mark", drawn, "mark must draw only from the rng"),
        ("mark", raises, "failed: KeyError: 'boom'"),
        ("present", lambda self, e: False, "present is False for a prompt that mark returned"),
        ("present", raises, "failed: KeyError: 'boom'"),
        ("key", 3, "key is int, expected str"),
        ("lookalikes", lambda self, *_: (self,), "lookalikes must leave out the keys in `taken`"),
        (
            "lookalikes",
            lambda self, *_: ("cf",),
            "lookalikes returned a tuple with str in it, expected triggers only",
        ),
        ("lookalikes", lambda self, *_: None, "lookalikes returned None, expected tuple"),
        ("lookalikes", lambda self, *_: iter(()), "expected tuple"),
    ],
)
def test_a_trigger_that_breaks_a_promise_is_refused(method: str, body: Any, told: str) -> None:
    with pytest.raises(InputError) as error:
        check_trigger(broken(Ends, method, body), KEY, CONTENTS)
    assert told in str(error.value)
    assert error.value.message.startswith("the trigger 'ends'")
    assert error.value.key == KEY


def test_a_broken_promise_is_placed_at_the_method_where_it_is_defined() -> None:
    class Silent(Ends):
        def present(self, example: Example) -> bool:
            return False

    class Heir(Silent):
        """Inherits the broken method."""

    with pytest.raises(InputError) as error:
        check_trigger(Heir(), KEY, CONTENTS)
    method = Silent.present.__code__
    assert (error.value.file, error.value.line) == (method.co_filename, method.co_firstlineno)


def test_a_broken_part_of_a_compound_trigger_is_named_itself() -> None:
    whole = Ends("....")
    whole.triggers = (broken(Ends, "mark", lambda self, e, rng: None),)
    with pytest.raises(InputError, match="mark returned None"):
        check_trigger(whole, KEY, CONTENTS)


def test_planning_tries_triggers_and_payloads(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = toys.scenario()
    name = scenario.actors[0].name
    for kind, method, key in (("trigger", "mark", "trigger"), ("payload", "respond", "payload")):
        part = getattr(scenario.actors[0], kind).part_class
        with monkeypatch.context() as patch:
            patch.setattr(part, method, lambda self, *_: None)
            with pytest.raises(InputError, match=f"{method} returned None") as error:
                plan_seed(scenario, 0, DataRoot())
        assert error.value.key == f"actors.{name}.{key}"


def test_the_line_of_the_part_that_failed_is_told() -> None:
    with pytest.raises(InputError) as error:
        check_trigger(broken(Ends, "mark", raises), KEY, CONTENTS)
    assert error.value.file == __file__
    assert error.value.line == raises.__code__.co_firstlineno + 1


@pytest.mark.parametrize(
    ("method", "body", "told"),
    [
        ("respond", lambda self, e: None, "respond returned None, expected str"),
        ("respond", raises, "failed: KeyError: 'boom'"),
        ("wanted", lambda self, e: 3, "wanted returned int, expected str"),
        ("wanted", lambda self, e: "", "fires is False for its own answer"),
        ("match", "starts", "match must be one of exact, prefix, contains, label"),
    ],
)
def test_a_payload_that_breaks_a_promise_is_refused(method: str, body: Any, told: str) -> None:
    with pytest.raises(InputError) as error:
        check_payload(broken(Says, method, body), Ends(), KEY, CONTENTS)
    assert told in str(error.value)
