"""`scenarios/depth.yaml`: the registered design, and the plan that its comments describe."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from arena.api.world import DataRoot
from arena.grid.cells import cells_of
from arena.planning.plan import plan_seed
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def depth() -> Scenario:
    return load_scenario("depth")


def test_the_design_is_what_its_comments_register(depth: Scenario) -> None:
    like = load_scenario("quickstart")
    assert like.dose is not None
    for section in ("model", "corpus", "stage", "composition", "actors", "defender",
                    "thresholds"):  # fmt: skip
        assert getattr(depth, section) == getattr(like, section), section
    assert depth.dose == like.dose.model_copy(update={"points": 8, "last": 1.0})
    assert (depth.controls.shams, depth.controls.clean_finetune, depth.controls.reference) == (
        0, True, True,
    )  # fmt: skip
    rows = {cell.id: cell.scenario for cell in cells_of(depth)}
    exposures = {
        name: {each.exposures_of(actor) for actor in each.actors}
        for name, each in rows.items()
        if each is not None
    }
    assert exposures == {"350_steps": {1792}, "700_steps": {3584}, "1400_steps": {7168}}


def test_no_other_scenario_uses_its_seeds(depth: Scenario) -> None:
    assert depth.seeds == tuple(range(400, 408))
    for file in SCENARIOS.glob("*.yaml"):
        if file.stem != "depth":
            assert not set(depth.seeds) & _numbers(yaml.safe_load(file.read_text()).get("seeds"))


def _numbers(seeds: object) -> set[object]:
    return set(seeds) if isinstance(seeds, list) else set()


def test_a_deeper_row_is_two_trainings_a_seed_and_its_removals(depth: Scenario) -> None:
    """Base, texts and mixes are shared; what is trained anew is the suspect and its reference."""
    shallow, _, deep = (
        plan_seed(cell.scenario, 400, DataRoot()).nodes
        for cell in cells_of(depth)
        if cell.scenario is not None
    )
    stages = [node.stage for address, node in deep.items() if address not in shallow]
    assert {stage.name for stage in stages if stage.kind == "train"} == {
        "compromised s400", "reference s400",
    }  # fmt: skip
    assert sum(stage.kind == "unlearn" for stage in stages) == 5  # four removals, one control
    shared = {node.stage.name for address, node in deep.items() if address in shallow}
    assert {"clean base s400", "clean mix, continual_pretraining s400"} <= shared
