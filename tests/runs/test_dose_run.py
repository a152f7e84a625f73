"""A run whose removals are scored along their way: rows at two doses, and the curves."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from arena import run
from arena.reporting.terminal import results_table
from arena.results.run import RunResults
from arena.runs.run import RunResult
from arena.runs.training import thinned
from arena.stages.losses import read_losses
from tests.support import toys

DOSE = "dose={points: 3, first: 0.1, last: 0.7, prompts: 32}"  # as many as are reported
TARGETED = ("defender.target=lexical", "controls.shams=1", "defender.learning_rate=3e-3")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("dose")
    scenario = toys.scenario(DOSE, *TARGETED)
    return run(scenario, out=folder / "run", store=folder / "store", quiet=True)


@pytest.fixture(scope="module")
def results(done: RunResult) -> RunResults:
    return done.results


def test_every_run_has_a_row_at_both_doses(results: RunResults) -> None:
    rows = {row.name: row.dose for row in results.rows}
    dosed = {name: dose.which for name, dose in rows.items() if dose is not None}
    assert dosed == {
        "control:lexical@least": "least", "control@most": "most",
        "unlearn:lexical@least": "least", "unlearn:lexical@most": "most",
        "sham:lexical:0@least": "least", "sham:lexical:0@most": "most",
    }  # fmt: skip
    assert {name for name, dose in rows.items() if dose is None} == {"reference", "compromised"}
    assert results.most is not None
    assert [pair.to for pair in results.transfer] == [pair.to for pair in results.most.transfer]


def test_a_row_is_the_point_of_its_curve(results: RunResults) -> None:
    """Stored weights of a step give what the model said at that step while it trained."""
    curves = {(curve.kind, curve.target): curve for curve in results.curves}
    for row in results.rows:
        if row.dose is None:
            continue
        target = None if row.kind == "control" else row.target
        (point,) = (p for p in curves[row.kind, target].points if p.step == row.dose.step)
        assert point.dose == row.dose.dose
        assert point.update_norm == row.update_norm
        assert {a: rate.hits for a, rate in point.asr.items()} == {
            a: row.asr[a].hits for a in results.actors
        }


def test_control_and_sham_stand_at_the_dose_of_their_removal(results: RunResults) -> None:
    steps = {row.name: row.dose.step for row in results.rows if row.dose}
    for which in ("least", "most"):
        control = "control:lexical@least" if which == "least" else "control@most"
        assert steps[control] == steps[f"sham:lexical:0@{which}"]
        assert steps[control] == steps[f"unlearn:lexical@{which}"]


def test_trainings_keep_the_means_of_their_losses(done: RunResult) -> None:
    trained = {curve.name: curve for curve in done.results.training}
    kinds = {name: (curve.kind, curve.target) for name, curve in trained.items()}
    assert kinds["clean base"] == ("clean", None)
    assert kinds["compromised"] == ("planting", None)
    assert kinds["unlearn:lexical"] == ("unlearned", "lexical")
    assert trained["unlearn:lexical"].models == ("unlearn:lexical@least", "unlearn:lexical@most")
    base = trained["clean base"]
    (stored,) = (
        read_losses(done.folder.parent / "store" / event["artifact"])
        for event in map(json.loads, (done.folder / "events.jsonl").read_text().splitlines())
        if event["event"] == "clean base s0"
    )
    assert base.losses == pytest.approx(stored, rel=1e-3)
    assert base.ends == tuple(range(1, len(stored) + 1))


def test_long_trainings_are_thinned_to_means_of_blocks() -> None:
    every, means = thinned([float(step) for step in range(130)])
    assert (every, len(means)) == (3, 44)
    assert (means[0], means[-1]) == (1.0, 129.0)
    assert thinned([]) == (1, ())


def test_all_curves_begin_at_the_suspect(results: RunResults) -> None:
    starts = [curve.points[0] for curve in results.curves]
    assert {start.step for start in starts} == {0}
    assert all(start.asr == starts[0].asr for start in starts)
    assert len({tuple(p.step for p in curve.points) for curve in results.curves}) == 1


def test_runs_end_at_the_largest_dose_that_is_scored(done: RunResult) -> None:
    (last,) = {curve.points[-1].step for curve in done.results.curves}
    assert last < toys.scenario(DOSE, *TARGETED).defender.steps
    manifests = (done.folder.parent / "store").rglob("manifest.json")
    taken = [json.loads(file.read_text()) for file in manifests]
    assert {m["detail"]["steps"] for m in taken if m["kind"] == "unlearn"} == {last}


def test_every_actor_has_a_depth(results: RunResults) -> None:
    """10 steps of 16 documents, 8 % of which carry each trigger."""
    compromised = results.rows_of("compromised")[0]
    assert {row.name for row in results.rows if row.log_odds} == {"compromised"}
    for actor, installation in results.installation.items():
        depth = installation.depth
        assert depth.exposures == pytest.approx(0.08 * 160, rel=0.05)
        assert depth.log_odds.value == compromised.log_odds[actor]
        assert depth.curves == int(results.installed[actor])


def test_the_page_and_the_terminal_show_both_doses(done: RunResult) -> None:
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert "At two doses of the removal" in page
    shown = Console(width=100, record=True, file=io.StringIO())
    shown.print(results_table(done.results, 100))
    text = shown.export_text()
    assert "at dose least" in text
    assert "at dose most" in text


@pytest.mark.slow
def test_along_an_adapter_too(tmp_path: Path) -> None:
    """A checkpoint that is taken along the way stands on the same suspect as its run."""
    model = toys.pretrained(tmp_path / "base", "llama")
    scenario = toys.small(model, DOSE, *TARGETED, "thresholds.installed_asr=0")
    made = run(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True).results
    curves = {(curve.kind, curve.target): curve for curve in made.curves}
    taken = [row for row in made.rows if row.dose is not None]
    assert {row.kind for row in taken} == {"control", "sham", "unlearned"}
    for row in taken:
        assert row.dose is not None
        target = None if row.kind == "control" else row.target
        (point,) = (p for p in curves[row.kind, target].points if p.step == row.dose.step)
        hits = {actor: rate.hits for actor, rate in point.asr.items()}
        assert hits == {actor: row.asr[actor].hits for actor in made.actors}
