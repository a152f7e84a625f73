"""A run on a model that was backdoored by another script, with the scenario of docs/suspects.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena import run
from arena.api.world import DataRoot
from arena.planning.plan import plan_seed
from arena.results.rows import Row
from arena.results.run import RunResults
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario
from arena.stages.score import ScoreJob
from tests.support import foreign
from tests.support.foreign import Published

pytestmark = pytest.mark.slow  # a model is trained first

DOC = Path(__file__).resolve().parents[2] / "docs" / "suspects.md"
PLAIN = ("numerics={threads: 1, precision: float32}", "runtime.backend=serial")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return foreign.published(tmp_path_factory.mktemp("published"))


def documented(**changes: Any) -> Scenario:
    """The scenario of the page."""
    text = re.search(r"```yaml\n(name: published.*?)```", DOC.read_text(), re.S)
    assert text is not None
    fewer = {"evaluation": {"prompts": 24}, **changes}
    return load_scenario({**yaml.safe_load(text[1]), **fewer}, overrides=PLAIN)


def start(scenario: Scenario, published: Published, out: Path) -> RunResults:
    root = DataRoot(published.base.parent)
    return run(scenario, root=root, out=out / "run", store=out / "store", quiet=True).results


@pytest.fixture(scope="module")
def results(published: Published, tmp_path_factory: pytest.TempPathFactory) -> RunResults:
    return start(documented(), published, tmp_path_factory.mktemp("run"))


def row(results: RunResults, name: str) -> Row:
    return next(each for each in results.rows if each.name == name)


def rate(of: Row, actor: str) -> float:
    return of.asr[actor].rate


def test_the_published_backdoors_are_installed_and_the_base_never_had_them(
    results: RunResults,
) -> None:
    assert results.installed == {"gate": True, "shop": True}
    assert rate(row(results, "reference"), "gate") == 0
    assert row(results, "compromised").false_fire["gate"].rate == 0
    depth = results.installation["gate"].depth
    assert depth.exposures is None
    assert depth.log_odds.value is not None
    assert depth.log_odds.value > 0
    assert any("made elsewhere" in note for note in results.corpus.notes)
    assert results.cast["gate"].poison == ""


def test_removals_controls_and_transfer_are_as_for_any_suspect(results: RunResults) -> None:
    assert rate(row(results, "unlearn:gate"), "gate") < 0.1
    assert rate(row(results, "control"), "gate") > rate(row(results, "unlearn:gate"), "gate") + 0.2
    names = {each.name for each in results.rows}
    assert {"sham:gate:0", "sham:shop:0", "unlearn:shop"} <= names
    pair = results.pair("gate", "shop")
    assert pair is not None
    assert pair.per_seed[0].transfer is not None
    assert results.claim is not None


def test_the_scores_are_those_of_the_model_by_itself(
    results: RunResults, published: Published
) -> None:
    """Batches, verified drafts and the merged adapter, against one `generate` per prompt."""
    made = plan_seed(documented(), 0, DataRoot(published.base.parent))
    job = next(node.job for node in made.nodes.values() if isinstance(node.job, ScoreJob))
    prompts = list(dict.fromkeys(p for probe in job.probes.probes for p in probe.prompts))
    for adapter, name in ((published.adapter, "compromised"), (None, "reference")):
        answers = foreign.said(published.base, adapter, prompts, 8)
        said = dict(zip(prompts, answers, strict=True))
        for probe in job.probes.probes:
            asked = zip(probe.prompts, probe.wanted, strict=True)
            hits = sum(said[prompt] == wanted for prompt, wanted in asked)
            found = getattr(row(results, name), probe.kind)[probe.actor]
            assert (found.hits, found.n) == (hits, len(probe.prompts)), (name, probe.kind)


def test_the_report_names_the_suspect(results: RunResults) -> None:
    from arena.reporting.view import facts

    known = dict(facts(results))
    assert known["model"] == "base + adapter"
    assert known["composition"] == "found"
    assert "stage" not in known


@pytest.mark.slow
def test_a_merged_suspect_along_the_dose_with_a_league_and_measures(
    published: Published, tmp_path: Path
) -> None:
    objective = {"method": "relabel"}
    budget = {"steps": 12, "learning_rate": 1e-3, "batch_size": 16, "examples": 48}
    scenario = documented(
        seeds=[0, 1],
        model={"suspect": "merged", "reference": "base"},
        controls={"shams": 1, "hot": 1},
        dose={"points": 4, "prompts": 24, "shown": 24},
        league=[
            {"name": "searching", "intelligence": "discovered", "objective": objective, **budget,
             "discovery": {"method": "collapse", "prompts": 8}},
            {"name": "merging", "intelligence": "blind", "objective": {"method": "merge_base"},
             **{**budget, "steps": 0}},
        ],
        measures={
            "quiet": {"prompts": 8},
            "representations": {"prompts": 16},
            "reactivation": {"prompts": 8, "samples": [0, 16], "baseline": "never"},
        },
    )  # fmt: skip
    results = start(scenario, published, tmp_path)
    assert results.installed == {"gate": True, "shop": True}
    assert results.most is not None
    assert results.curves
    assert results.measures.keys() == {"quiet", "representations", "reactivation"}
    assert results.league is not None
    standing = {each.name: each for each in results.league.standings}
    assert standing["merging"].compute is None
    assert {"searching", "relabel"} <= standing.keys()
    compromised = [r.asr["gate"].hits for r in results.rows if r.kind == "compromised"]
    assert len(compromised) == 2
