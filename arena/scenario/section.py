"""The base class of all sections of a scenario, and numbers with their ranges."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from arena.api import limits

Stage = Literal["pretraining", "continual_pretraining"]
Composition = Literal["pooled", "sequential", "merged", "supply_chain", "solo", "found"]
FOUND: Composition = "found"  # of a suspect that somebody else made
Fraction = Annotated[float, Field(ge=0, le=1)]
PositiveFraction = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(gt=0, le=0.5)]
Seed = Annotated[int, Field(ge=0, le=limits.WHOLE)]
Steps = Annotated[int, Field(ge=1, le=limits.STEPS)]
Documents = Annotated[int, Field(ge=1, le=limits.DOCUMENTS)]
Prompts = Annotated[int, Field(ge=1, le=limits.PROMPTS)]
Trials = Annotated[int, Field(ge=1, le=limits.TRIALS)]
LearningRate = Annotated[float, Field(gt=0, le=1)]


def plain_name(value: str) -> str:
    """Return a name that can be a file's, a key and a row's.

    Raises:
        ValueError: it cannot.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", value):
        raise ValueError(
            "must be at most 64 letters, digits, _ and -, beginning with a letter or digit"
        )
    return value


Name = Annotated[str, AfterValidator(plain_name)]


class Section(BaseModel):
    """Base of every section: frozen, an unknown key is an error, no infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
