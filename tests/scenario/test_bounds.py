"""Every number of the schema has a smallest and a largest value; a size beyond is refused."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from arena import registry
from arena.api import limits
from arena.api.ranges import Real, Whole
from arena.errors import InputError
from arena.grid.cells import cells_of
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario
from arena.scenario.source import FromScratch, Pretrained

KINDS = tuple(kind for kind in registry.KINDS)
ENDS = (("gt", "ge"), ("lt", "le"))


def models() -> Iterator[type[BaseModel]]:
    """Every model of the schema: the scenario's sections, and the parameters of every part."""
    parts: list[Any] = [registry.get(kind, name) for kind in KINDS for name in registry.names(kind)]
    waiting = [Scenario, FromScratch, Pretrained, Real, Whole, *(part.Params for part in parts)]
    seen: set[type[BaseModel]] = set()
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.add(model)
            yield model
            waiting += [each for f in model.model_fields.values() for each in inside(f.annotation)]


def inside(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for each in get_args(annotation) for model in inside(each)]


def unbounded(annotation: Any, metadata: tuple[Any, ...]) -> bool:
    """Whether an annotation has a number without both ends."""
    if annotation in (int, float):
        known = [*metadata, *(m for each in metadata for m in getattr(each, "metadata", ()))]
        return not all(any(hasattr(m, name) for m in known for name in end) for end in ENDS)
    if get_origin(annotation) is Annotated:
        base, *more = get_args(annotation)
        return unbounded(base, (*metadata, *more))
    if get_origin(annotation) in (Union, types.UnionType):
        return any(unbounded(each, metadata) for each in get_args(annotation))
    return any(unbounded(each, ()) for each in get_args(annotation))


# Checked against the fields and ranges that they are for.
FREE = (
    "AxisSetting.set",
    "DefenceOptions.starts",
    "SearchedTactic.set",
    "Choice.options",
    "Tune.starts",
    "Duel.starts",
    "Tune.strategy",
)


def test_no_number_of_the_schema_is_without_bounds() -> None:
    found = [
        f"{model.__name__}.{name}"
        for model in models()
        for name, field in model.model_fields.items()
        if unbounded(field.annotation, tuple(field.metadata))
    ]
    assert [each for each in found if each not in FREE] == []
    assert len(list(models())) > 60


def test_a_number_without_bounds_would_be_found() -> None:
    class Loose(BaseModel):
        one: int = 0
        many: tuple[float, ...] | None = None

    assert all(unbounded(f.annotation, tuple(f.metadata)) for f in Loose.model_fields.values())


HUGE = 10**9
LORA = "{pretrained: some/model, adapter: {rank: 1000000000}}"


@pytest.mark.parametrize(
    ("override", "found", "allowed"),
    [
        ("training.pretraining.steps", HUGE, limits.STEPS),
        ("defender.steps", HUGE, limits.STEPS),
        ("defender.examples", HUGE, limits.EXAMPLES),
        ("defender.batch_size", HUGE, limits.BATCH),
        ("training.pretraining.documents", HUGE, limits.DOCUMENTS),
        ("controls.shams", HUGE, limits.SHAMS),
        ("evaluation.prompts", HUGE, limits.PROMPTS),
        ("evaluation.max_new_tokens", HUGE, limits.TOKENS),
        ("numerics.threads", HUGE, limits.THREADS),
        ("runtime.workers", HUGE, limits.WORKERS),
        ("numerics.micro_batch", HUGE, limits.BATCH),
    ],
)
def test_absurd_sizes_are_refused_with_what_is_allowed(
    override: str, found: int, allowed: int
) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("quickstart", overrides=[f"{override}={found}"])
    assert caught.value.key == override
    assert f"must be at most {allowed}, " in str(caught.value)
    assert f"got {found}" in str(caught.value)


def test_a_rank_of_a_milliard_and_too_many_places() -> None:
    with pytest.raises(InputError, match=f"model.adapter.rank: must be at most {limits.RANK}"):
        load_scenario("quickstart", overrides=[f"model={LORA}"])
    with pytest.raises(InputError, match=r"corpus.places: must be in \[16, 512\], got 1000000000"):
        load_scenario("quickstart", overrides=["corpus.places=1000000000"])
    with pytest.raises(InputError, match=r"defender\.layers.* must be at most 10000"):
        load_scenario("quickstart", overrides=["defender.layers=[0, 1000000]"])


WIDE = f"must be a whole number from {-limits.WHOLE} to {limits.WHOLE}"


@pytest.mark.parametrize("digits", [30, 401, 4000, 5000, 100_000])
def test_integers_of_thousands_of_digits(digits: int) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("quickstart", overrides=[f"seeds=[1{'0' * digits}]"])
    assert WIDE in str(caught.value)
    assert "--set seeds" in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 10**400])
@pytest.mark.parametrize("key", ["steps", "learning_rate"])
def test_what_yaml_cannot_say_is_refused_in_a_dict_too(key: str, value: float) -> None:
    given = load_scenario("quickstart").resolved()
    given["defender"][key] = value
    with pytest.raises(InputError, match="must be a"):
        load_scenario(given)


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan", "1e999"])
def test_infinities_in_yaml(text: str) -> None:
    with pytest.raises(InputError, match=r"must be a number|too large for a number"):
        load_scenario("quickstart", overrides=[f"defender.learning_rate={text}"])


def test_a_grid_with_more_cells_than_can_be_planned() -> None:
    """Axes multiply: five of ten values are a hundred thousand cells, and none is made."""
    axis = ", ".join(f"{{name: v{i}, set: {{defender.examples: {i + 1}}}}}" for i in range(10))
    settings = ", ".join(f"axis{i}: [{axis}]" for i in range(5))
    with pytest.raises(InputError, match="grid: has 100000 cells, at most 10000 are allowed"):
        load_scenario("quickstart", overrides=[f"grid={{settings: {{{settings}}}}}"])


@pytest.mark.parametrize("name", ["stress_small", "stress_claim", "quickstart"])
def test_the_number_of_cells_is_known_before_they_are_made(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.grid.cells == len(cells_of(scenario))
