"""The base of every part's parameters."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

# In the JSON Schema of a field: it holds a section that chooses a part of this kind by its name.
PART_MARK = "x-arena-part"


class Params(BaseModel):
    """Base of every part's parameters: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
