"""The grid: which combinations there are, what each changes, and what does not apply."""

from __future__ import annotations

from typing import Any

import pytest

from arena.errors import InputError
from arena.grid.cells import GridCell, cells_of
from arena.scenario import bundled
from arena.scenario.load import from_text, load_scenario
from arena.scenario.schema import Scenario
from tests.support import toys


def grid(**axes: Any) -> Scenario:
    import json

    return toys.scenario(f"grid={json.dumps(axes)}")


def only(cells: tuple[GridCell, ...]) -> Scenario:
    (cell,) = cells
    assert cell.scenario is not None
    return cell.scenario


def test_no_axis_is_the_scenario_itself() -> None:
    scenario = toys.scenario()
    (cell,) = cells_of(scenario)
    assert (cell.id, cell.axes, cell.scenario) == (scenario.name, {}, scenario)


def test_cells_are_every_combination_named_by_what_varies() -> None:
    cells = cells_of(grid(families=["llama", "qwen3"], sizes=["nano"], steps=[3, 4]))
    assert [cell.id for cell in cells] == ["llama-3", "llama-4", "qwen3-3", "qwen3-4"]
    assert cells[3].axes == {"family": "qwen3", "size": "nano", "steps": "4"}
    last = cells[3].scenario
    assert last is not None
    assert (last.model.family, last.defender.steps) == ("qwen3", 4)  # type: ignore[union-attr]
    assert all(cell.scenario and not cell.scenario.grid.families for cell in cells)


def test_what_hands_on_a_checkpoint_does_not_apply_at_pretraining() -> None:
    cells = cells_of(
        grid(
            stages=["pretraining", "continual_pretraining"],
            compositions=["pooled", "sequential", "merged", "solo"],
        )
    )
    away = {cell.id for cell in cells if cell.scenario is None}
    assert away == {"pretraining-sequential", "pretraining-merged"}
    assert all(cell.reason for cell in cells if cell.scenario is None)


def test_an_actor_with_a_stage_of_its_own_keeps_the_composition_applicable() -> None:
    scenario = toys.scenario(
        "actors.bard.stage=continual_pretraining",
        "grid={stages: [pretraining], compositions: [sequential]}",
    )
    assert only(cells_of(scenario)).stage == "pretraining"


def test_methods_choose_who_takes_part() -> None:
    cells = cells_of(grid(methods=[["rare_token", "style"], ["semantic"]]))
    names = [[actor.name for actor in c.scenario.actors] for c in cells if c.scenario]
    assert names == [["lexical", "bard"], ["merchant"]]
    assert [cell.id for cell in cells] == ["rare_token.style", "semantic"]


def test_shared_payloads_and_poison_hold_for_every_actor_that_takes_part() -> None:
    found = only(cells_of(grid(methods=[["style", "semantic"]], payloads=["shared"], counts=[12])))
    bard, merchant = found.actors
    assert bard.payload == merchant.payload
    assert bard.payload.name == "language_switch"
    assert [actor.poison.count for actor in found.actors] == [12, 12]
    assert [actor.poison.rate for actor in found.actors] == [None, None]


def test_rates_and_counts_are_one_axis() -> None:
    cells = cells_of(grid(rates=[0.05, 0.1], counts=[7]))
    assert [cell.axes["poison"] for cell in cells] == ["0.05", "0.1", "7docs"]


def test_a_setting_may_set_several_keys() -> None:
    choices = [
        {"name": "short", "set": {"defender.steps": 2, "controls.shams": 0}},
        {"name": "long", "set": {"defender.steps": 9}},
    ]
    short, long = cells_of(grid(settings={"budget": choices}))
    assert short.scenario is not None
    assert long.scenario is not None
    assert (short.scenario.defender.steps, short.scenario.controls.shams) == (2, 0)
    assert (long.scenario.defender.steps, long.scenario.controls.shams) == (9, 1)
    assert short.axes == {"budget": "short"}


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"settings": {"a": [{"name": "x", "set": {"defender.stps": 2}}]}}, "defender.stps"),
        ({"settings": {"a": [{"name": "x", "set": {"defender.steps": 0}}]}}, "defender.steps"),
        ({"settings": {"a": [{"name": "x", "set": {"actors.nobody.poison": 1}}]}}, "nobody"),
        ({"methods": [["telepathy"]]}, "telepathy"),
        ({"counts": [10_000_000]}, "at most 1"),
    ],
)
def test_a_wrong_cell_is_wrong_input_and_says_which(axes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        cells_of(grid(**axes))


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"steps": [3, 3]}, "twice"),
        ({"settings": {"stage": [{"name": "x", "set": {"controls.shams": 1}}]}}, "another axis"),
        ({"settings": {"a": []}}, "grid.settings"),
        ({"familes": ["llama"]}, "families"),
        ({"compositions": ["poold"]}, "pooled"),
    ],
)
def test_a_wrong_grid_is_reported(axes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        grid(**axes)


@pytest.mark.parametrize("name", bundled.names())
def test_every_bundled_grid_expands(name: str) -> None:
    cells = cells_of(load_scenario(name))
    assert len({cell.id for cell in cells}) == len(cells)
    assert any(cell.scenario for cell in cells)


def test_a_grid_round_trips_through_yaml() -> None:
    from arena.scenario.load import dump

    scenario = grid(
        families=["llama"], settings={"a": [{"name": "x", "set": {"corpus.places": 65}}]}
    )
    assert from_text(dump(scenario)) == scenario


def test_cells_of_one_name_are_refused() -> None:
    first = [
        {"name": "x-y", "set": {"controls.shams": 1}},
        {"name": "x", "set": {"controls.shams": 2}},
    ]
    second = [
        {"name": "z", "set": {"defender.steps": 2}},
        {"name": "y-z", "set": {"defender.steps": 3}},
    ]
    with pytest.raises(InputError, match="x-y-z"):
        cells_of(grid(settings={"a": first, "b": second}))


@pytest.mark.parametrize("actors", ["no list", [1], [{"name": "a"}]])
def test_an_axis_that_sets_no_valid_actors_is_wrong_input(actors: object) -> None:
    setting = {"name": "x", "set": {"actors": actors}}
    with pytest.raises(InputError, match="cell quickstart of quickstart  actors"):
        cells_of(grid(compositions=["sequential"], settings={"s": [setting]}))


def test_a_section_may_repeat_or_refine_what_another_axis_sets() -> None:
    given = {"poison_rate": None, "learning_rate": 1e-3}
    first = {
        "name": "x",
        "set": {
            "training.sequential": given,
            "defender": {"objective": {"method": "relabel"}, "steps": 3},
        },
    }
    second = {
        "name": "y",
        "set": {"training.sequential.learning_rate": 1e-3, "defender.batch_size": 8},
    }
    scenario = only(cells_of(grid(rates=[0.1], settings={"s": [first], "t": [second]})))
    assert (scenario.defender.steps, scenario.defender.batch_size) == (3, 8)


def test_a_set_of_methods_is_one_whatever_its_order() -> None:
    with pytest.raises(InputError, match="twice"):
        grid(methods=[["style", "semantic"], ["semantic", "style"]])


def test_an_ablation_does_not_count() -> None:
    choices = [
        {"name": "main", "set": {"defender.steps": 6}},
        {"name": "more", "set": {"defender.steps": 9}, "ablation": True},
    ]
    cells = cells_of(grid(settings={"budget": choices}, stages=["pretraining"]))
    assert [cell.counts for cell in cells] == [True, False]


def test_a_composition_of_the_scenario_itself_may_not_apply_either() -> None:
    scenario = toys.scenario(
        "composition=sequential", "grid={stages: [pretraining, continual_pretraining]}"
    )
    assert [cell.scenario is None for cell in cells_of(scenario)] == [True, False]


def test_a_poison_axis_holds_where_actors_train_apart_too() -> None:
    scenario = toys.scenario(
        "training.sequential={poison_rate: 0.25}",
        "actors.bard.training.merged={poison_rate: 0.4}",
        "grid={rates: [0.05, 0.1], compositions: [sequential, merged]}",
    )
    for cell in cells_of(scenario):
        assert cell.scenario is not None
        rates = {cell.scenario.poison_rate_of(actor) for actor in cell.scenario.actors}
        assert rates == {float(cell.axes["poison"])}, cell.id


def test_payloads_of_one_kind_are_the_first_actors_and_all_different() -> None:
    found = only(cells_of(grid(payloads=["kind"])))
    assert found.actors[0].payload == toys.scenario().actors[0].payload
    assert {actor.payload.name for actor in found.actors} == {"fixed_text"}
    assert len({actor.payload for actor in found.actors}) == 4


def test_a_kind_with_too_few_payloads_is_refused() -> None:
    with pytest.raises(InputError, match="has 1 of 2 payloads"):
        cells_of(grid(methods=[["style", "semantic"]], payloads=["kind"]))


@pytest.mark.parametrize(("crossed", "shared"), [(True, True), (False, False)])
def test_what_is_shared_goes_round_where_payloads_are_crossed(crossed: bool, shared: bool) -> None:
    scenario = toys.scenario(
        f"crossed.payloads={str(crossed).lower()}", "grid={payloads: [own, kind, shared]}"
    )
    own, kind, same = (cell.scenario for cell in cells_of(scenario))
    assert own is not None
    assert kind is not None
    assert same is not None
    assert [each.crossed.shared for each in (own, kind, same)] == [False, False, shared]
    drawn = [{actor.payload for actor in same.actors_in(seed)} for seed in range(12)]
    assert all(len(payloads) == 1 for payloads in drawn)
    assert len(set.union(*drawn)) == (4 if crossed else 1)
    assert all(len({a.payload for a in own.actors_in(s)}) == 4 for s in range(12))


PIPELINES = [
    {"name": "apart", "set": {"composition": "sequential"}},
    {"name": "together", "set": {"composition": "pooled"}},
]


def test_one_axis_at_a_time_is_a_centre_and_its_neighbours() -> None:
    axes = {"settings": {"pipeline": PIPELINES}, "sizes": ["nano", "micro"], "steps": [3, 4, 5]}
    cells = cells_of(grid(**axes, design="one_at_a_time"))
    assert [cell.id for cell in cells] == ["centre", "micro", "4", "5", "together"]
    assert cells[0].axes == {"size": "nano", "steps": "3", "pipeline": "apart"}
    assert cells[-1].axes == {"size": "nano", "steps": "3", "pipeline": "together"}
    assert grid(**axes, design="one_at_a_time").grid.cells == len(cells)


@pytest.mark.parametrize(
    ("primary", "key"),
    [
        ({"axis": "size", "of": "apart", "against": "together"}, "grid.primary.axis"),
        ({"axis": "pipeline", "of": "apart", "against": "merged"}, "grid.primary.against"),
        ({"axis": "pipeline", "of": "apart", "against": "apart"}, "grid.primary.against"),
    ],
)
def test_a_primary_contrast_is_between_two_values_of_an_axis(
    primary: dict[str, str], key: str
) -> None:
    with pytest.raises(InputError) as caught:
        cells_of(grid(settings={"pipeline": PIPELINES}, primary=primary))
    assert caught.value.key == key
