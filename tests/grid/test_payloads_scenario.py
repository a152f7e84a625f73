"""`scenarios/payloads.yaml`: the registered design, and the same arms at toy size."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from arena import stress
from arena.grid.cells import cells_of
from arena.grid.run import StressResult
from arena.reporting.stress_terminal import stress_table
from arena.results.reader import read_results
from arena.results.run import RunResults
from arena.scenario.load import load_scenario
from arena.statistics.doses import verdict_doses
from tests.support import toys

SEEDS = range(200, 212)


def test_the_design_is_what_its_comments_register() -> None:
    scenario = load_scenario("payloads")
    assert scenario.seeds == tuple(SEEDS)
    like = load_scenario("quickstart")
    assert like.dose is not None
    assert scenario.dose == like.dose.model_copy(update={"points": 8, "last": 1.0})
    for section in ("model", "corpus", "stage", "composition", "defender", "training"):
        assert getattr(scenario, section) == getattr(like, section), section
    assert [a.trigger for a in scenario.actors] == [a.trigger for a in like.actors]
    own, kind, shared = (cell.scenario for cell in cells_of(scenario))
    assert own is not None
    assert kind is not None
    assert shared is not None
    for arm, kinds, payloads in ((own, 4, 4), (kind, 1, 4), (shared, 1, 1)):
        met: Counter[tuple[str, object]] = Counter()
        for seed in SEEDS:
            actors = arm.actors_in(seed)
            assert len({actor.payload.name for actor in actors}) == kinds
            assert len({actor.payload for actor in actors}) == payloads
            assert [a.trigger for a in actors] == [a.trigger for a in scenario.actors]
            met.update((actor.name, actor.payload) for actor in actors)
        assert len(met) == 16
        assert set(met.values()) == {3}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> StressResult:
    folder = tmp_path_factory.mktemp("payloads")
    scenario = toys.small(
        "crossed={payloads: true}", "grid={payloads: [own, shared]}", "seeds=[0, 1]",
        "dose={points: 2, first: 0.3, prompts: 12}", "controls.shams=0", "defender.steps=4",
        "thresholds={installed_asr: 0, installed_false_fire: 1, explained_by_control: 0}",
    )  # fmt: skip
    result = stress(scenario, out=folder / "run", store=folder / "store", quiet=True)
    assert result is not None
    return result


@pytest.mark.slow
def test_contrasts_stand_at_both_doses(done: StressResult) -> None:
    found = done.results.contrasts
    assert [(c.axis, c.of, c.against, c.dose) for c in found] == [
        ("payloads", "shared", "own", "least"),
        ("payloads", "shared", "own", "most"),
    ]
    assert all(c.cases.all == c.cases_against.all == 2 for c in found)
    assert {c.outcome for c in found} == {"inconclusive"}  # two seeds
    assert done.results.most is not None
    assert done.results.most.by.keys() >= {"payloads", "payload_pair"}


@pytest.mark.slow
def test_pairs_are_grouped_by_what_each_seed_planted(done: StressResult) -> None:
    claim = done.results.claim
    assert claim is not None
    assert claim.by["payload_pair"].keys() == {"other kind", "same payload"}
    assert claim.by["payload"].keys() == {"refusal", "fixed_text"}


@pytest.mark.slow
def test_every_cell_carries_the_curve_and_the_doses_of_its_own_run(done: StressResult) -> None:
    for cell in done.results.cells:
        own = read_results(done.folder / "cells" / cell.id)
        assert isinstance(own, RunResults)
        assert len(own.over_doses) == 2
        assert cell.over_doses == own.over_doses
        assert cell.depth == {actor: each.depth for actor, each in own.installation.items()}
        assert cell.dose_spans == verdict_doses(own.rows)
        assert {span.removals for span in cell.dose_spans.values()} == {2}  # one target, two seeds


@pytest.mark.slow
def test_the_page_and_the_terminal_show_them(done: StressResult) -> None:
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert "Differences, paired by seed" in page
    assert "Over the dose of the removal" in page
    assert not list((done.folder / "figures").glob("plane*"))  # all are planted alike
    shown = Console(width=200, record=True, file=io.StringIO())
    shown.print(stress_table(done.results, 200, Path("report.html")))
    text = shown.export_text()
    assert "payloads: T of shared" in text
    assert "at dose most" in text
