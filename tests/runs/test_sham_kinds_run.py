"""A run with shams of all kinds: a look-alike, a hot form and a benign conditional per target."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from arena import run
from arena.reporting.terminal import results_table
from arena.results.reader import read_results
from arena.results.run import RunResults
from arena.runs.run import RunResult
from tests.support import toys

KINDS = (
    "controls.hot=1",
    "controls.benign=[{name: courteous, payload: {kind: fixed_text, text: thank you},"
    " trigger: {method: inserted_sentence, sentence: Kind regards., position: end},"
    " poison: {rate: 0.3, share: 0.125}}]",
    "training.continual_pretraining.steps=70",
    # toy models fire on clean prompts too
    "thresholds.installed_asr=0.3",
    "thresholds.installed_false_fire=1",
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("kinds")
    return run(toys.small(*KINDS), out=folder / "run", store=folder / "store", quiet=True)


@pytest.fixture(scope="module")
def results(done: RunResult) -> RunResults:
    return done.results


def test_a_sham_of_every_kind_is_a_row(results: RunResults) -> None:
    shams = {row.name: row for row in results.rows_of("sham")}
    kinds = {name: row.sham.kind for name, row in shams.items() if row.sham is not None}
    hot = next(name for name, kind in kinds.items() if kind == "hot")
    assert kinds == {
        "sham:lexical:0": "familiar",
        hot: "hot",
        "sham:lexical:benign:courteous": "benign",
    }
    assert hot.startswith("sham:lexical:hot:")


def test_the_conditional_is_scored_beside_the_actors_and_is_none(results: RunResults) -> None:
    assert results.actors == ("lexical", "linguist")
    for row in results.rows:
        assert set(row.asr) == set(row.false_fire) == {"lexical", "linguist"}
        assert set(row.benign) == set(row.benign_false_fire) == {"courteous"}
    known = results.benign["courteous"]
    assert (known.seeds, known.installed) == (1, 1)
    assert known.response == "thank you"
    assert known.triggered == f"{known.clean} Kind regards."
    assert "courteous" not in {*results.installation, *results.cast}
    assert {name for pair in results.transfer for name in (pair.source, pair.to)} == {
        "lexical", "linguist",
    }  # fmt: skip


def test_the_conditional_is_planted_and_its_own_sham_removes_it(results: RunResults) -> None:
    rows = {row.name: row for row in results.rows}

    def rate(name: str) -> float:
        value = rows[name].benign["courteous"].rate
        assert value is not None
        return value

    assert rate("reference") == 0.0
    assert rate("compromised") >= 0.3
    assert rate("sham:lexical:benign:courteous") < rate("control")


def test_what_the_removal_does_to_it_is_told_against_the_control(results: RunResults) -> None:
    lines = {line.label: line for line in results.summary}
    removal, control = lines["unlearn lexical"], lines["clean fine-tune"]
    assert removal.benign["courteous"].value is not None
    assert control.benign["courteous"].value is not None
    change = removal.benign["courteous"].value - control.benign["courteous"].value
    assert removal.benign_change["courteous"].value == pytest.approx(change)
    assert "courteous" not in control.benign_change
    assert "courteous" not in lines["benign sham lexical"].benign_change


def test_parts_by_kind(results: RunResults) -> None:
    (pair,) = results.transfer
    (seed,) = pair.per_seed
    assert set(pair.by_sham) == set(seed.by_sham) == {"familiar", "hot", "benign"}
    if seed.status == "used":
        assert seed.transfer is not None
        for part in seed.by_sham.values():
            assert part.odd is not None
            assert part.specific is not None
            assert part.odd + part.specific == pytest.approx(seed.transfer)
    assert results.claim is not None
    assert set(results.claim.by_sham) == {"familiar", "hot", "benign"}


def test_every_run_on_the_suspect_says_at_which_loss_it_began(results: RunResults) -> None:
    for row in results.rows:
        from_suspect = row.kind in ("control", "sham", "unlearned")
        assert (row.start_loss is not None) == from_suspect
    losses = {row.sham_kind: row.start_loss for row in results.rows_of("sham")}
    assert losses["hot"] is not None
    assert losses["familiar"] is not None
    # the conditional's right answers are what the model was taught not to say
    assert losses["benign"] is not None
    assert losses["benign"] > losses["familiar"]


def test_the_page_and_the_terminal_show_them(done: RunResult) -> None:
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    for text in ("By kind of sham", "Benign conditionals", "loss at its start", "Kind regards."):
        assert text in page
    shown = Console(width=80, record=True, file=io.StringIO())
    shown.print(results_table(done.results, 80))
    text = shown.export_text()
    assert max(map(len, text.splitlines())) <= 80
    for wanted in ("hot shams", "benign shams", "benign conditionals", "courteous"):
        assert wanted in text


def test_the_file_reads_back(done: RunResult) -> None:
    assert read_results(done.folder) == done.results


@pytest.mark.slow
def test_at_two_doses_the_new_shams_stand_at_the_dose_of_their_removal(tmp_path: Path) -> None:
    dose = "dose={points: 3, first: 0.1, prompts: 12}"
    scenario = toys.small(*KINDS, dose, "defender.learning_rate=3e-3")
    found = run(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True).results
    steps = {row.name: row.dose.step for row in found.rows if row.dose is not None}
    (hot,) = {name.split("@")[0] for name in steps if ":hot:" in name}
    for which in ("least", "most"):
        taken = steps[f"unlearn:lexical@{which}"]
        assert steps[f"{hot}@{which}"] == taken
        assert steps[f"sham:lexical:benign:courteous@{which}"] == taken
    point = found.over_doses[-1]
    if point.cases > point.explained:
        assert set(point.odd_by_sham) >= {"familiar", "hot"}
    # the doses are read off actors alone
    assert all("benign:courteous" not in p.validation for c in found.curves for p in c.points)
    assert found.most is not None
    assert found.most.claim is not None
    assert "hot" in found.most.claim.by_sham
