import pickle

import pytest

from arena.errors import InputError
from arena.scenario.problems import SHOWN, InputErrors, Violation


def make(n: int) -> InputErrors:
    return InputErrors(
        [InputError("must be x", "s.yaml", i + 1, f"key{i}", str(i)) for i in range(n)]
    )


def test_the_first_error_speaks_for_all() -> None:
    errors = make(3)
    assert (errors.message, errors.line, errors.key, errors.found) == ("must be x", 1, "key0", "0")
    assert errors.exit_status == 2
    assert isinstance(errors, InputError)


@pytest.mark.parametrize("n", [1, SHOWN, SHOWN + 1, 50])
def test_one_line_each_and_no_more_than_fit(n: int) -> None:
    lines = str(make(n)).splitlines()
    assert len(lines) == min(n, SHOWN + 1)
    assert (f"... and {n - SHOWN} more" in lines) == (n > SHOWN)


def test_what_is_allowed_stands_below_with_the_nearest() -> None:
    error = InputError("unknown kind", "s.yaml", 3, "a.b", "'on'", ("one", "two"))
    assert str(InputErrors([error])) == (
        "s.yaml:3  a.b: unknown kind, got 'on'\n    allowed: one, two; did you mean 'one'?"
    )


def test_errors_survive_the_way_between_processes() -> None:
    again = pickle.loads(pickle.dumps(make(2)))
    assert str(again) == str(make(2))
    assert len(again.errors) == 2


def test_a_parts_key_is_taken_as_relative() -> None:
    error = InputError("no", key="tokens[1].text", found="x", allowed=("y",))
    problem = Violation.of(error, ("actors", 0, "trigger"))
    assert problem.path == ("actors", 0, "trigger", "tokens", 1, "text")
    assert (problem.found, problem.allowed) == ("x", ("y",))
    assert Violation.of(InputError("no"), ("corpus",)).path == ("corpus",)
