"""The committed JSON Schema of every kind is what the models say."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena.results.reader import MODELS
from arena.results.schema import json_schema, main, schema_text

FOLDER = Path(__file__).parents[2] / "docs" / "schema"


@pytest.mark.parametrize("kind", MODELS)
def test_the_committed_schema_is_current(kind: str) -> None:
    committed = (FOLDER / f"{kind}.json").read_text(encoding="utf-8")
    assert committed == schema_text(kind), "run `python -m arena.results.schema docs/schema`"


def test_a_schema_is_written_for_every_kind(tmp_path: Path) -> None:
    main(tmp_path / "schema")
    written = {path.stem for path in (tmp_path / "schema").iterdir()}
    assert written == set(MODELS) == {path.stem for path in FOLDER.iterdir()}


def test_the_schema_names_keys_as_the_file_does() -> None:
    schema = json_schema("run")
    assert set(schema["$defs"]["Pair"]["properties"]) >= {"from", "to", "per_seed"}
    assert set(schema["$defs"]["Rate"]["properties"]) >= {"hits", "n", "rate", "low", "high"}
