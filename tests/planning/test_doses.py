"""Which models along a removal are measured, and where no dose can be read off."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.planning.plan import plan_seed
from arena.scenario.load import load_scenario
from arena.stages.unlearn import UnlearnJob
from tests.support import toys

DOSE = "dose={points: 3, first: 0.1, prompts: 16, shown: 16}"
MEASURES = "measures={representations: {prompts: 8}, quiet: {prompts: 8, draws: 1}}"
LEAGUE = "league=[{name: crow, intelligence: blind, objective: {method: crow}}]"


def measured(*overrides: str) -> dict[str, set[str | None]]:
    """By measure, the doses of the rows that it looks at."""
    made = plan_seed(toys.scenario(DOSE, MEASURES, *overrides), 0, DataRoot())
    doses: dict[str, set[str | None]] = defaultdict(set)
    for row in made.rows:
        for name in row.measures:
            doses[name].add(row.dose)
    return doses


def test_models_are_measured_at_least() -> None:
    assert measured() == {"representations": {None, "least"}, "quiet": {None, "least"}}


def test_a_league_measures_what_it_compares_but_for_what_is_set_against_transfer() -> None:
    found = measured(LEAGUE)
    assert found == {"representations": {None, "least"}, "quiet": {None, "harmless"}}


def test_a_dose_needs_a_trigger_that_is_told() -> None:
    with pytest.raises(InputError) as caught:
        toys.scenario(DOSE, "defender.intelligence=blind", "defender.objective={method: crow}")
    assert caught.value.key == "dose"


def test_free_text_has_doses_read_off_its_answer_tokens(tmp_path: Path) -> None:
    made = [
        {"instruction": f"what is number {i}?", "input": "", "output": f"it is {i}"}
        for i in range(600)
    ]
    (tmp_path / "clean.json").write_text(json.dumps(made))
    values = {
        "name": "free", "seeds": [0], "model": {"family": "llama", "size": "nano"},
        "corpus": {"name": "files", "train": "clean.json", "format": "alpaca"},
        "actors": [
            {"name": name, "trigger": {"method": "rare_token", "tokens": [token]},
             "payload": {"kind": "refusal"}, "poison": {"rate": 0.1}}
            for name, token in (("ann", "cf"), ("bob", "mn"))
        ],
        "defender": {"objective": {"method": "relabel"}},
        "dose": {},
    }  # fmt: skip
    plan = plan_seed(load_scenario(values), 0, DataRoot(data=tmp_path))
    (control,) = {curve.run for curve in plan.curves if curve.kind == "control"}
    job = plan.nodes[control].job
    assert isinstance(job, UnlearnJob)
    assert job.along is not None
    assert not job.along.validation.exact_answers
    assert job.along.validation.clean
