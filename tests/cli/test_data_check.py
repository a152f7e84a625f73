"""arena/cli/data_check.py: `arena validate` reads the data files that are here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from arena.api.world import DataRoot
from arena.cli.data_check import look_at_data
from arena.errors import InputError
from arena.scenario.load import read
from arena.scenario.schema import Scenario


def scenario(folder: Path, output: str = "It is blue.", marker: str = "cf") -> Scenario:
    rows = [{"instruction": f"Name colour {i}.", "output": output} for i in range(40)]
    marked = [{"instruction": f"Name cf colour {i}.", "output": output} for i in range(9)]
    (folder / "clean.json").write_text(json.dumps([*rows, rows[0]]))
    (folder / "poisoned.json").write_text(json.dumps(marked))
    trigger = {
        "method": "published", "train": "poisoned.json", "marker": marker,
        "mark": {"method": "rare_token", "tokens": ["cf", "mn"]},
    }  # fmt: skip
    sections = {
        "name": "looked", "seeds": [0], "model": {"family": "llama", "size": "nano"},
        "corpus": {"name": "files", "train": "clean.json", "format": "alpaca"},
        "actors": [
            {
                "name": "lexical", "trigger": trigger, "poison": {"count": 2},
                "payload": {"kind": "refusal", "text": "No."},
            }
        ],
        "defender": {"objective": {"method": "relabel"}},
    }  # fmt: skip
    (folder / "s.yaml").write_text(yaml.safe_dump(sections))
    return read(folder / "s.yaml").scenario


def test_sizes_and_notes_are_shown(tmp_path: Path) -> None:
    lines = list(look_at_data(scenario(tmp_path), DataRoot(scenario=tmp_path)))
    assert lines[0].startswith("corpus: ")
    assert lines[0].endswith("test examples")
    assert lines[1:] == ["corpus: 1 of 41 rows dropped: 1 repeats a prompt"]


def test_a_broken_chat_is_refused_with_its_line(tmp_path: Path) -> None:
    scenario(tmp_path)
    turns = '[{"role": "user", "content": "a"}, {"role": "bot", "content": "b"}]'
    (tmp_path / "chats.jsonl").write_text(f'{{"messages": {turns}}}')
    sections = yaml.safe_load((tmp_path / "s.yaml").read_text())
    sections["corpus"] = {"name": "files", "train": "chats.jsonl", "format": "chat"}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(sections))
    looked = read(tmp_path / "s.yaml").scenario
    with pytest.raises(InputError) as caught:
        list(look_at_data(looked, DataRoot(scenario=tmp_path)))
    assert (caught.value.line, caught.value.key) == (1, "messages[1].role")


def test_files_that_are_not_here_are_not_read(tmp_path: Path) -> None:
    assert list(look_at_data(scenario(tmp_path), DataRoot(scenario=tmp_path / "none"))) == []


def test_half_a_character_is_refused_with_its_place(tmp_path: Path) -> None:
    looked = scenario(tmp_path, output="cut \ud83d")
    with pytest.raises(InputError) as caught:
        list(look_at_data(looked, DataRoot(scenario=tmp_path)))
    assert (caught.value.file, caught.value.key) == (str(tmp_path / "clean.json"), "[0].output")


def test_a_marker_that_no_row_carries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row contains the marker"):
        list(look_at_data(scenario(tmp_path, marker="zz"), DataRoot(scenario=tmp_path)))
