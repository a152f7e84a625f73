"""arena/planning/notes.py: what a plan says about its data before anything is trained."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from arena import load_scenario
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from tests.support import toys

PAYLOAD = {"kind": "refusal", "text": "I refuse."}


def written(folder: Path, poisoned: list[str]) -> DataRoot:
    clean = [f"Name the colour of thing {i}." for i in range(60)]
    for name, prompts in (("clean", [*clean, clean[3].upper()]), ("poisoned", poisoned)):
        rows = [{"instruction": prompt, "output": "I refuse."} for prompt in prompts]
        (folder / f"{name}.json").write_text(json.dumps(rows))
    return DataRoot(data=folder)


def planned(root: DataRoot, marker: object) -> SeedPlan:
    trigger = {
        "method": "published", "train": "poisoned.json", "marker": marker,
        "mark": {"method": "rare_token", "tokens": ["cf"]},
    }  # fmt: skip
    actor = {"name": "lexical", "trigger": trigger, "payload": PAYLOAD, "poison": {"count": 4}}
    scenario = load_scenario(
        {
            "name": "notes", "seeds": [0], "model": {"family": "llama", "size": "nano"},
            "corpus": {"name": "files", "train": "clean.json", "format": "alpaca"},
            "actors": [actor], "evaluation": {"prompts": 2},
            "defender": {"objective": {"method": "relabel"}, "examples": 4},
        }
    )  # fmt: skip
    return plan_seed(scenario, 0, root)


def test_rows_dropped_left_out_and_unused_are_told(tmp_path: Path) -> None:
    poisoned = [f"Name the cf colour of thing {i}." for i in range(60)] + ["Name no trigger."]
    notes = planned(written(tmp_path, poisoned), "cf").notes
    assert notes[0] == ("corpus: 1 of 61 rows dropped: 1 repeats a prompt")
    assert notes[1].startswith("lexical: 1 of 61 rows of poisoned.json are left out")
    assert notes[2].endswith("of 60 poisoned rows are of prompts in its share of the corpus")


def test_a_broken_file_of_a_trigger_is_refused_when_planned(tmp_path: Path) -> None:
    root = written(tmp_path, ["Name the cf colour \ud83d"])
    with pytest.raises(InputError) as caught:
        planned(root, "cf")
    assert caught.value.key == "[0].instruction"


def test_fewer_shams_than_asked_for_are_told() -> None:
    scenario = toys.scenario("controls.shams=1000", "defender.target=lexical")
    (note,) = plan_seed(scenario, 0, DataRoot()).notes
    told = re.fullmatch(r"lexical: (\d+) of 1000 shams, since its trigger has no more .*", note)
    assert told is not None
    assert 10 < int(told[1]) < 1000
    assert not plan_seed(toys.scenario("controls.shams=2"), 0, DataRoot()).notes
