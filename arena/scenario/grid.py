"""The grid of `arena stress`: axes, each a list of values."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from arena.api import limits
from arena.scenario.problems import violated
from arena.scenario.section import (
    Composition,
    Documents,
    LearningRate,
    Name,
    PositiveFraction,
    Section,
    Stage,
    Steps,
)
from arena.scenario.source import Family, Size

# Keys that no cell has of its own; seeds are common, since cells are compared seed by seed.
WHOLE_SCENARIO = ("name", "plugins", "seeds", "grid", "tune", "duel")


class AxisSetting(Section):
    """One value of an axis of any keys: a name, and the scenario's keys that it sets.

    name: its name, part of the names of cells. set: the keys and their values. ablation: its cells
    are reported, but excluded from the verdict over the grid.
    """

    name: Name
    set: Annotated[dict[str, Any], Field(min_length=1)]
    ablation: bool = False

    @model_validator(mode="after")
    def _of_cells(self) -> AxisSetting:
        for key in self.set:
            if key.split(".")[0] in WHOLE_SCENARIO:
                raise violated(("set", key), "cannot differ between cells", key)
        return self

    def __hash__(self) -> int:
        return hash(self.model_dump_json())  # a mapping has no hash of its own


class Primary(Section):
    """The contrast that a grid was registered for: T at one value of an axis minus T at another. It
    is tested by itself, the other contrasts in families.

    axis: the name of the axis. of: the value whose T comes first. against: the value whose T is
    subtracted. margin: the largest difference that counts as none; where the interval lies within
    minus and plus the margin, the outcome is `equal`. null: the contrast can only be decided in
    favour of a side.
    """

    axis: str
    of: str
    against: str
    margin: Annotated[float, Field(gt=0, le=1)] | None = None

    @property
    def both(self) -> tuple[str, str]:
        """Return the two values."""
        return self.of, self.against


class Grid(Section):
    """The cells of `arena stress`, each a scenario with one value of every axis; an empty axis
    keeps the scenario's own value. If a combination is not a valid scenario, nothing is run.

    design: `product` has every combination, `one_at_a_time` the centre (the first value of every
    axis) and each other value of an axis with the others at the centre.

    families: model families. sizes: model sizes. stages: the training that actors poison.
    compositions: how the actors' poison comes together. methods: sets of trigger methods; a cell
    has only the actors with these. payloads: `own`; `kind` (each actor has another payload of the
    first one's kind); `shared` (all have the first one's; if payloads are `crossed`, a different
    one of theirs in each seed). rates, counts: every actor's poison, as a share or in documents;
    together they are one axis. learning_rates: the defender's learning rates. steps: the defender's
    steps. settings: axes of any other keys. primary: the registered contrast between two values of
    an axis.
    """

    families: tuple[Family, ...] = ()
    sizes: tuple[Size, ...] = ()
    stages: tuple[Stage, ...] = ()
    compositions: tuple[Composition, ...] = ()
    methods: tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...] = ()
    payloads: tuple[Literal["own", "kind", "shared"], ...] = ()
    rates: tuple[PositiveFraction, ...] = ()
    counts: tuple[Documents, ...] = ()
    learning_rates: tuple[LearningRate, ...] = ()
    steps: tuple[Steps, ...] = ()
    settings: dict[Name, Annotated[tuple[AxisSetting, ...], Field(min_length=1)]] = {}
    design: Literal["product", "one_at_a_time"] = "product"
    primary: Primary | None = None

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @model_validator(mode="after")
    def _once(self) -> Grid:
        for name in type(self).model_fields:
            values = getattr(self, name)
            if name == "methods":
                values = [frozenset(methods) for methods in values]
            if name in ("settings", "design", "primary"):
                continue
            twice = [value for at, value in enumerate(values) if value in values[:at]]
            if twice:
                shown = sorted(twice[0]) if name == "methods" else twice[0]
                raise violated((name,), "this value is twice in the list", str(shown))
        if self.cells > limits.CELLS:
            raise ValueError(f"has {self.cells} cells, at most {limits.CELLS} are allowed")
        return self

    @model_validator(mode="after")
    def _distinct_settings(self) -> Grid:
        for name, choices in self.settings.items():
            names = [choice.name for choice in choices]
            values = [choice.set for choice in choices]
            key = ("settings", name)
            for at, choice in enumerate(choices):
                if choice.name in names[:at]:
                    raise violated((*key, at), "two values of the axis have this name", choice.name)
                if choice.set in values[:at]:
                    same = names[values.index(choice.set)]
                    raise violated((*key, at), f"sets the same as {same}", choice.name)
            if name in RESERVED:
                raise violated(key, "this is the name of another axis", name)
        return self

    @property
    def cells(self) -> int:
        """Return the number of cells."""
        one = ("families", "sizes", "stages", "compositions", "methods", "payloads")
        lengths = [len(getattr(self, name)) for name in (*one, "learning_rates", "steps")]
        lengths += [len(self.rates) + len(self.counts), *map(len, self.settings.values())]
        filled = [max(1, length) for length in lengths]
        if self.design == "one_at_a_time":
            return 1 + sum(length - 1 for length in filled)
        return math.prod(filled)


RESERVED = (
    "family", "size", "stage", "composition", "methods", "payloads", "poison", "learning_rate",
    "steps", "method", "method_pair", "payload", "payload_pair",
)  # fmt: skip
