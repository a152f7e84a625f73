"""The scenario: its sections, validated alone and against each other, and frozen."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from arena.scenario import checks
from arena.scenario.actor import Actor, Poison
from arena.scenario.evaluation import Controls, Evaluation, Thresholds
from arena.scenario.numerics import Numerics, RuntimeSettings
from arena.scenario.problems import refuse
from arena.scenario.sections import Sections

__all__ = [
    "Actor", "Controls", "Evaluation", "Numerics", "Poison", "RuntimeSettings", "Scenario",
    "Thresholds",
]  # fmt: skip


class Scenario(Sections):
    """A whole experiment, validated and frozen."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        problems = checks.problems(self)
        if problems:
            refuse("Scenario", problems)
        return self
