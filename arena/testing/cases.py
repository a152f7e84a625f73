"""The parts that a contract is tested on, and their parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import pytest

from arena import registry
from arena.api.world import World

F = TypeVar("F", bound=Callable[..., None])


def every(kind: registry.Kind) -> tuple[Any, ...]:
    """Return all registered classes of a kind, in the order of their names."""
    return tuple(registry.get(kind, name) for name in registry.names(kind))


def params_of(part: Any, given: Mapping[str, Any]) -> Any:
    """Return validated parameters, given as in YAML."""
    return part.Params.model_validate_json(json.dumps(given), strict=True)


def build(part: Any, given: Mapping[str, Any], world: World) -> Any:
    """Return a trigger or payload built from parameters as in YAML."""
    return part(params_of(part, given), world)


def only(applies: Callable[[Any], bool]) -> Callable[[F], F]:
    """Mark a contract test that applies to some parts only."""

    def mark(test: F) -> F:
        test.applies = applies  # type: ignore[attr-defined]
        return test

    return mark


class PartContract:
    """Base of all contracts. Each test runs once per part and, if it takes `given`, once per set of
    parameters in the part's `examples()`.

    Attributes:
        parts: the classes under test.
    """

    parts: ClassVar[Sequence[Any]] = ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrise every test with its parts."""
        applies = getattr(metafunc.function, "applies", lambda part: True)
        parts = [part for part in self.parts if applies(part)]
        if "given" in metafunc.fixturenames:
            cases = [
                pytest.param(part, given, id=f"{part.name}-{i}")
                for part in parts
                for i, given in enumerate(part.examples())
            ]
            metafunc.parametrize(("part", "given"), cases)
        elif "part" in metafunc.fixturenames:
            metafunc.parametrize("part", parts, ids=[part.name for part in parts])


class ExamplesContract(PartContract):
    """Base of contracts of parts that list sets of parameters in `examples()`."""

    def test_parameters_refuse_an_unknown_key(self, part: Any, given: dict[str, Any]) -> None:
        params_of(part, given)
        with pytest.raises(ValueError, match="no_such_key"):
            part.Params.model_validate({**given, "no_such_key": 1})
