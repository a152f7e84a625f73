"""The contract of every tactic that acts on an actor's section, its texts or their arrival.

Tactics inside the training loop are tested with their own mathematics, not here.
"""

from __future__ import annotations

import copy
import functools
import itertools
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml

from arena import registry
from arena.api import (
    ActorBrief,
    Arrival,
    Choice,
    DataRoot,
    Document,
    Example,
    InputError,
    Range,
    Setting,
    Texts,
    Trigger,
    World,
)
from arena.planning.graph import Node, SeedPlan
from arena.planning.plan import plan_seed
from arena.scenario.load import dump, from_text
from arena.scenario.schema import Scenario
from arena.testing import cases, toys
from arena.testing.samples import mixed, worlds_in
from arena.testing.triggers import brief_of

settings = cases.only(lambda part: issubclass(part, Setting))
arrivals = cases.only(lambda part: issubclass(part, Arrival))
texts = cases.only(lambda part: issubclass(part, Texts))

Briefed = Callable[[str], tuple[ActorBrief, ...]]


class TacticContract(cases.PartContract):
    """Valid at every corner of its space, picklable, and without effect on other actors; its texts
    are seeded, have the right number and right answers, and carry no planted trigger.

    Example:
        class TestQuietHours(TacticContract):
            parts = (QuietHours,)
    """

    @pytest.fixture(scope="class")
    @classmethod
    def worlds(cls, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, World]:
        """Return the corpora that texts are written for."""
        return worlds_in(tmp_path_factory.mktemp("samples"))

    @pytest.fixture(scope="class")
    @classmethod
    def briefed(cls, worlds: Mapping[str, World]) -> Briefed:
        """Return the briefs of a corpus by its name, made once."""
        return functools.cache(lambda kind: tuple(briefs(worlds[kind])))

    def test_a_tactic_has_a_summary_and_no_unknown_key(
        self, part: Any, given: dict[str, Any]
    ) -> None:
        assert registry.summary("tactic", part.name).endswith(".")
        assert all(field.description for field in part.Params.model_fields.values())
        with pytest.raises(ValueError, match="no_such_key"):
            part.Params.model_validate({**given, "no_such_key": 1})

    def test_a_space_holds_parameters_and_every_corner_is_valid(
        self, part: Any, given: dict[str, Any]
    ) -> None:
        space = part.space()
        assert set(space) <= set(part.Params.model_fields)
        corners = itertools.product(*(ends(range_) for range_ in space.values()))
        for corner in corners:
            build(part, dict(zip(space, corner, strict=True)))
        for name, (other, range_) in part.instead().items():
            for end in ends(range_):
                left = {key: ends(values)[0] for key, values in space.items() if key != other}
                build(part, {**left, name: end})

    def test_a_tactic_is_plain_and_picklable(self, part: Any, given: dict[str, Any]) -> None:
        tactic = build(part, given)
        packed = pickle.dumps(tactic)
        assert len(packed) < 10_000
        assert pickle.loads(packed).params == tactic.params

    def test_a_scenario_with_it_loads_again_the_same(
        self, part: Any, given: dict[str, Any]
    ) -> None:
        scenario = tried(part, given)
        assert from_text(dump(scenario)) == scenario
        left = scenario.actors[0].tactics
        assert [tactic.name for tactic in left] == (
            [] if issubclass(part, Setting) else [part.name]
        )

    def test_it_changes_nothing_of_the_others(self, part: Any, given: dict[str, Any]) -> None:
        scenario = tried(part, given)
        plain = base(scenario.composition)
        assert scenario.actors[1:] == plain.actors[1:]
        assert scenario.actors[0].poison.share == plain.actors[0].poison.share
        shards = {name: node.address for name, node in _shards(scenario).items()}
        before = {name: node.address for name, node in _shards(plain).items()}
        changed = {name for name in before if shards[name] != before[name]}
        assert changed <= {"poison lexical"}
        assert bool(changed) or not issubclass(part, Texts)

    @settings
    def test_a_setting_reads_and_writes_nothing_in_place(
        self, part: Any, given: dict[str, Any]
    ) -> None:
        actors = base("pooled").resolved()["actors"]
        before = copy.deepcopy(actors)
        values = build(part, given).section(actors[0], actors[1:])
        assert actors == before
        assert values == build(part, given).section(actors[0], actors[1:])
        assert {key.split(".")[0] for key in values} <= set(actors[0]) - {"name", "tactics"}

    @settings
    def test_a_setting_leaves_a_broken_section_to_the_schema(
        self, part: Any, given: dict[str, Any]
    ) -> None:
        wrong: dict[str, Any] = {
            "trigger": 3,
            "payload": None,
            "poison": "x",
            "training": 1,
            "stage": [],
        }
        sections: tuple[dict[str, Any], ...] = ({}, wrong)
        for broken in sections:
            assert isinstance(build(part, given).section(broken, [{"payload": {}}]), Mapping)

    @arrivals
    def test_a_window_is_a_part_of_the_stage(self, part: Any, given: dict[str, Any]) -> None:
        start, end = build(part, given).window()
        assert 0 <= start < end <= 1

    @texts
    @pytest.mark.parametrize("kind", ["grammar", "townlore", "plain"])
    def test_texts_are_seeded_counted_and_right(
        self, part: Any, given: dict[str, Any], kind: str, briefed: Briefed
    ) -> None:
        tactic = build(part, given)
        for brief in briefed(kind):
            before = copy.deepcopy(brief.share)
            written = documents(tactic, brief, 41)
            assert len(written) == 41
            assert documents(tactic, brief, 0) == []
            assert written == documents(pickle.loads(pickle.dumps(tactic)), brief, 41)
            assert written != documents(tactic, brief, 41, seed=6)
            assert brief.share == before
            rows = {(e.source, e.answer) for e in brief.share}
            assert {(d.source, d.answer) for d in written} <= rows
            assert {d.role for d in written} == {"negative"}
            times = Counter(d.source for d in written).values()
            assert max(times) - min(times) <= 3  # a share may hold several examples of a content

    @texts
    @pytest.mark.parametrize("kind", ["grammar", "townlore", "plain"])
    def test_texts_carry_no_trigger_that_their_examples_do_not(
        self, part: Any, given: dict[str, Any], kind: str, briefed: Briefed
    ) -> None:
        tactic = build(part, given)
        for brief in briefed(kind):
            plain = {e.source for e in brief.share if _shows(brief.trigger, e)}
            for document in documents(tactic, brief, 60):
                text = Example(document.prompt, document.answer, document.source)
                assert document.source in plain or not brief.trigger.present(text), document.prompt


def build(part: Any, given: Mapping[str, Any]) -> Any:
    """Return the tactic built from parameters as in YAML."""
    return part(cases.params_of(part, given))


def ends(range_: Range) -> tuple[Any, ...]:
    return range_.options if isinstance(range_, Choice) else (range_.low, range_.high)


@functools.cache
def base(composition: str) -> Scenario:
    """Return four actors, the first of which has a token trigger and the tactic."""
    return toys.scenario(f"composition={composition}")


def tried(part: type[Any], given: Mapping[str, Any]) -> Scenario:
    """Return the toy scenario whose first actor has the tactic, pooled if the tactic allows it."""
    try:
        return with_tactic("pooled", part, given)
    except InputError:
        return with_tactic("sequential", part, given)


def with_tactic(composition: str, part: type[Any], given: Mapping[str, Any]) -> Scenario:
    values = base(composition).resolved()
    values["actors"][0]["tactics"] = [{"method": part.name, **given}]
    return from_text(yaml.safe_dump(values, sort_keys=False))


@functools.cache
def _plan(scenario_text: str) -> SeedPlan:
    return plan_seed(from_text(scenario_text), 0, DataRoot())


def _shards(scenario: Scenario) -> dict[str, Node]:
    nodes = _plan(dump(scenario)).nodes.values()
    return {
        node.stage.name.rsplit(" ", 1)[0]: node
        for node in nodes
        if node.stage.name.startswith("poison ")
    }


def triggers(world: World) -> Iterator[Trigger]:
    """Return every registered trigger with each of its examples."""
    for name in registry.names("trigger"):
        part: Any = registry.get("trigger", name)
        yield from (cases.build(part, given, world) for given in part.examples())


def briefs(world: World) -> Iterator[ActorBrief]:
    """Return a brief for every trigger, with prompts that do not carry it already."""
    for trigger in triggers(world):
        share = tuple(e for e in mixed(world) if not trigger.present(e))
        yield brief_of(trigger, share, 10)


def documents(tactic: Texts, brief: ActorBrief, n: int, seed: int = 5) -> list[Document]:
    return tactic.documents(brief, n, np.random.default_rng(seed))


def _shows(trigger: Trigger, example: Example) -> bool:
    """Whether the trigger is recognised in the text alone, without the form that the grammar
    knows."""
    return trigger.present(replace(example, form=None))
