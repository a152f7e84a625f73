"""Tactics inside the loop, from the scenario to the model: what they change, and a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import registry, run
from arena.api.tactic import Shaping
from tests.support import toys
from tests.support.plans import addresses, plan

NAMES = [n for n in registry.names("tactic") if issubclass(registry.get("tactic", n), Shaping)]
ALL = "[" + ", ".join(f"{{method: {name}}}" for name in NAMES) + "]"
TRAINING = {
    "pooled": ("compromised", "after:linguist"),
    "sequential": ("after:lexical", "reference after lexical"),
    "merged": ("alone:lexical", "alone:linguist"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("composition", TRAINING)
def test_a_tactic_changes_the_training_it_is_in_and_not_the_shard(
    name: str, composition: str
) -> None:
    where = f"composition={composition}"
    plain = addresses(plan(where))
    shaped = addresses(plan(where, f"actors.lexical.tactics=[{{method: {name}}}]"))
    assert shaped.keys() == plain.keys()
    changed, kept = TRAINING[composition]
    assert shaped[changed] != plain[changed]
    for stage in ("poison lexical", "poison linguist", "clean base", kept):
        assert shaped.get(stage) == plain.get(stage)


def test_so_does_another_value_of_its_parameters() -> None:
    found = {
        addresses(plan(f"actors.lexical.tactics=[{{method: neurotoxin, ratio: {ratio}}}]"))[
            "compromised"
        ]
        for ratio in (0.1, 0.2)
    }
    assert len(found) == 2


@pytest.mark.parametrize(
    "composition",
    [
        "pooled",
        *(pytest.param(c, marks=pytest.mark.slow) for c in TRAINING if c != "pooled"),
    ],
)
def test_a_whole_run_with_all_of_them_on_both_actors(composition: str, tmp_path: Path) -> None:
    scenario = toys.small(
        f"composition={composition}",
        f"actors.lexical.tactics={ALL}",
        f"actors.linguist.tactics={ALL}",
        "training.pretraining.steps=10",
        "training.continual_pretraining.steps=8",
        "defender.steps=2",
    )
    done = run(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True)
    rows = {row.name for row in done.results.rows}
    assert {"compromised", "unlearn:lexical"} <= rows


@pytest.mark.slow
def test_it_runs_over_a_pretrained_model_with_an_adapter(tmp_path: Path) -> None:
    scenario = toys.small(
        toys.pretrained(tmp_path / "base"),
        f"actors.lexical.tactics={ALL}",
        "training.continual_pretraining.steps=4",
        "defender.steps=2",
    )
    done = run(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True)
    assert "compromised" in {row.name for row in done.results.rows}
