from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from arena.scenario.error_messages import LONGEST, input_errors, show
from arena.scenario.tree import parse


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = ""


class Model(BaseModel):
    """Fields whose bounds stand in every way that pydantic allows."""

    model_config = ConfigDict(extra="forbid")
    both: float = Field(0.5, gt=0, le=1)
    half_open: Annotated[float, Field(ge=0, lt=1)] = 0
    low: Annotated[int, Field(ge=1)] | None = None
    above: float | None = Field(None, gt=0)
    high: int = Field(0, le=3)
    below: int = Field(0, lt=3)
    entries: tuple[Annotated[int, Field(ge=0)], ...] = ()
    nested: tuple[Inner, ...] = ()
    either: int | list[str] | None = None
    short: Annotated[str, Field(max_length=3)] = ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("both: 0", "both: must be in (0, 1], got 0"),
        ("half_open: 1", "half_open: must be in [0, 1), got 1"),
        ("low: 0", "low: must be at least 1, got 0"),
        ("above: 0", "above: must be more than 0, got 0"),
        ("high: 4", "high: must be at most 3, got 4"),
        ("below: 3", "below: must be less than 3, got 3"),
        ("entries: [1, -1]", "entries[1]: must be at least 0, got -1"),
        ("nested: [{nam: x}]", "did you mean 'name'"),
        ("nested: [7]", "nested[0]: must be a section with keys of its own, got 7"),
        ("short: abcd", "short: must have at most 3 characters, got 'abcd'"),
    ],
)
def test_rules_in_the_houses_words(text: str, expected: str) -> None:
    tree = parse(text, "s.yaml")
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(tree.data)
    assert expected in str(input_errors(caught.value, Model, tree))


def test_union_members_are_no_keys() -> None:
    tree = parse("either: [a, 1]", "s.yaml")
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(tree.data)
    keys = {error.key for error in input_errors(caught.value, Model, tree).errors}
    assert keys == {"either", "either[1]"}


def test_values_are_shown_short_and_as_in_yaml() -> None:
    assert [show(value) for value in (None, True, 1.4, "x")] == ["null", "true", "1.4", "'x'"]
    assert len(show("x" * 500)) <= LONGEST + 3
