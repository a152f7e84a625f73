"""attackers/tactics/schedule.py: when an actor's documents are met."""

from __future__ import annotations

import numpy as np
import pytest

from arena.api.world import DataRoot
from arena.ml.batches import batch_order
from arena.planning.actors import plan_actors
from attackers.tactics.schedule import ScheduleParams
from tests.support import toys


def test_the_actor_keeps_to_its_hours_and_meets_as_many() -> None:
    scenario = toys.scenario("actors.lexical.tactics=[{method: schedule, start: 0.5}]")
    part = scenario.corpus
    actors = plan_actors(scenario, part.part_class(part.params, 0, DataRoot()), 0)
    assert [member.window for member in actors.members] == [(0.5, 1.0), *[(0.0, 1.0)] * 3]
    assert actors.members[0].insider


def test_own_documents_come_in_the_second_half_only() -> None:
    own = range(0, 8)
    windows = ((own, (0.5, 1.0)),)
    met = np.stack(list(batch_order(32, 8, 16, np.random.default_rng(0), windows)))
    steps = [i for i, batch in enumerate(met) if any(int(at) in own for at in batch)]
    assert min(steps) == 8  # half of 16 steps; the other documents close up before it
    assert sum(int(at) in own for at in met.ravel()) == 8 * 4


def test_start_must_be_before_end() -> None:
    with pytest.raises(ValueError, match="start must be before end"):
        ScheduleParams(start=0.5, end=0.5)
