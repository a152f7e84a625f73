"""JSON Schema of results files: `python -m arena.results.schema docs/schema` writes all four."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from arena.results.reader import MODELS


def json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the results of a kind: run, stress, tune or duel.

    It describes what this version writes. Findings of measures are left open: each measure has its
    own type.
    """
    schema = MODELS[kind].model_json_schema(mode="serialization", by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text(kind: str) -> str:
    """Return the text of the committed schema file of a kind."""
    return json.dumps(json_schema(kind), indent=1, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Write the schema of every kind into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in MODELS:
        (folder / f"{kind}.json").write_text(schema_text(kind), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
