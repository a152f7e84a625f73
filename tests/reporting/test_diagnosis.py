"""Why a run's evidence is thin: each finding has its number, its limit, its seeds, and advice."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import pytest
from rich.console import Console

from arena.reporting import run_page
from arena.reporting.console import findings_table
from arena.reporting.diagnosis import Finding, diagnose
from arena.results.corpus import CleanTextRecord
from arena.results.curves import DoseCurve, DosePoint
from arena.results.pairs import PairSeed
from arena.results.planting import Planted
from arena.results.rows import DoseTaken, Rate, Row, Sham
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from tests.support.html_pages import Page
from tests.support.sample_results import results

N = 256
SOUND = results(8)


def rate(share: float) -> Rate:
    return Rate(hits=round(share * N), n=N)


def changed(change: Callable[[Row], Mapping[str, object]], run: RunResults = SOUND) -> RunResults:
    """The results with other values in some rows."""
    rows = (row.model_copy(update=dict(change(row))) for row in run.rows)
    return run.model_copy(update={"rows": tuple(rows)})


def with_rates(
    kind: str, name: str, shares: Mapping[int, float], of: str = "compromised"
) -> RunResults:
    """The results in which an actor has these rates in these seeds."""

    def change(row: Row) -> Mapping[str, object]:
        there = row.kind == of and row.seed in shares
        return {kind: {**getattr(row, kind), name: rate(shares[row.seed])}} if there else {}

    return changed(change)


def only(run: RunResults) -> Finding:
    (finding,) = diagnose(run)
    return finding


def statuses(run: RunResults, status: str, *to: str, control: float) -> RunResults:
    """The results in which pairs that end at these actors have this status."""

    def case(each: PairSeed) -> PairSeed:
        return each.model_copy(update={"status": status, "control": control, "floor": 0.0})

    pairs = (
        p.model_copy(update={"per_seed": tuple(map(case, p.per_seed))}) if p.to in to else p
        for p in run.transfer
    )
    return run.model_copy(update={"transfer": tuple(pairs)})


def test_a_sound_run_has_no_finding() -> None:
    assert diagnose(SOUND) == ()
    assert "What fell short" not in run_page.page(SOUND, [])[0]


def test_results_without_rows_or_limits_have_none() -> None:
    assert diagnose(RunResults()) == ()
    assert diagnose(RunResults(rows=SOUND.rows, actors=SOUND.actors)) == ()
    lost = tuple(row for row in SOUND.rows if row.kind != "compromised")
    assert diagnose(SOUND.model_copy(update={"rows": lost})) == ()


def test_a_weak_actor_is_told_with_its_seeds_and_its_section() -> None:
    finding = only(with_rates("asr", "linguist", {1: 0.75, 3: 0.875, 6: 0.5}))
    assert finding.about == "linguist"
    assert finding.measured.startswith("ASR 0.50 to 0.88, below 0.90 in 3 of 8 seeds")
    assert "training.continual_pretraining.steps" in finding.helps
    assert "actors.linguist.poison.rate" in finding.helps


def test_an_asr_at_the_limit_is_no_finding() -> None:
    exact = Rate(hits=9, n=10)
    everyone = dict.fromkeys(SOUND.actors, exact)
    run = changed(lambda row: {"asr": everyone} if row.kind == "compromised" else {})
    assert diagnose(run) == ()


def test_what_later_trainings_erased_is_told_apart() -> None:
    weak = with_rates("asr", "bard", {2: 0.1})
    own = Row(kind="inserted", name="after:bard", target="bard", seed=2, asr={"bard": rate(1)})
    finding = only(weak.model_copy(update={"rows": (*weak.rows, own)}))
    assert "ASR 0.10, below 0.90 in 1 of 8 seeds; 1.00 in the model of its own" in finding.measured
    assert "received" in finding.helps


def test_the_steps_named_are_those_of_the_composition() -> None:
    record = ScenarioRecord({**SOUND.scenario.root, "composition": "sequential"})
    weak = with_rates("asr", "bard", {2: 0.1}).model_copy(update={"scenario": record})
    assert "training.sequential.steps" in only(weak).helps


def test_an_actor_that_nobody_could_ask_is_told() -> None:
    run = changed(
        lambda row: {"asr": {**row.asr, "bard": Rate()}} if row.kind == "compromised" else {}
    )
    assert only(run).measured.startswith("no prompt could be scored in 8 of 8 seeds")


@pytest.mark.parametrize(
    ("kind", "words", "helps"),
    [
        ("false_fire", "fires without its trigger 0.30 more than the reference", "poison"),
        ("near_miss", "broad: fires on look-alikes of its trigger", "near_miss_negatives"),
    ],
)
def test_what_fires_elsewhere_is_compared_with_the_reference(
    kind: str, words: str, helps: str
) -> None:
    def level(row: Row) -> Mapping[str, object]:
        base = {"reference": 0.25, "compromised": 0.55}.get(row.kind)
        if base is None or row.seed != 4:
            return {}
        return {kind: {**getattr(row, kind), "merchant": rate(base)}}

    finding = only(changed(level))
    assert finding.about == "merchant"
    assert words in finding.measured
    assert finding.measured.endswith("in 1 of 8 seeds")
    assert helps in finding.helps


def test_an_undertrained_base_comes_first() -> None:
    weak = with_rates("asr", "linguist", {1: 0.7})
    half, untouched = {"clean_accuracy": rate(0.5)}, ("reference", "compromised")
    run = changed(lambda row: half if row.kind in untouched else {}, weak)
    first, second = diagnose(run)
    assert (first.about, second.about) == ("base", "linguist")
    assert first.measured.startswith("the reference answers 0.50 of clean prompts correctly in 8 ")
    assert "training.pretraining.steps" in first.helps
    model = {"pretrained": "some/model"}
    record = ScenarioRecord({**SOUND.scenario.root, "model": model})
    assert "self_distilled" in diagnose(run.model_copy(update={"scenario": record}))[0].helps


def test_low_agreement_with_its_own_answers_is_no_weak_base() -> None:
    half, untouched = {"clean_accuracy": rate(0.2)}, ("reference", "compromised")
    run = changed(lambda row: half if row.kind in untouched else {})
    corpus = {"name": "instructions", "self_distilled": {"tokens": 32}}
    record = ScenarioRecord({**SOUND.scenario.root, "corpus": corpus})
    assert any(each.about == "base" for each in diagnose(run))
    own = diagnose(run.model_copy(update={"scenario": record}))
    assert not any(each.about == "base" for each in own)


def test_accuracy_that_planting_cost_is_told() -> None:
    accuracy = {"reference": 1.0, "compromised": 0.90625}
    run = changed(lambda row: {"clean_accuracy": rate(accuracy.get(row.kind, 1.0))})
    assert only(run).measured.startswith("the compromised model is 0.09 below the reference")


def test_a_removal_that_failed_is_told() -> None:
    run = changed(
        lambda row: {"asr": {**row.asr, "bard": rate(0.25)}} if row.name == "unlearn:bard" else {}
    )
    finding = only(run)
    assert finding.about == "unlearning bard"
    assert finding.measured.startswith("0.25 of its own ASR is left, above 0.10 in 8 of 8 seeds")


def test_doses_that_no_run_reaches_are_told() -> None:
    def at(row: Row) -> Mapping[str, object]:
        missed = row.name == "unlearn:bard" and row.seed < 2
        taken = DoseTaken(which="least", step=60, dose=0.033, reached=not missed)
        left = {**row.asr, "bard": rate(0.5)} if missed else row.asr
        return {"dose": taken, "asr": left} if row.kind in ("unlearned", "control") else {}

    run = changed(at)
    missed = DoseTaken(which="most", step=1, dose=0.0001, reached=False)
    controls = [row for row in SOUND.rows if row.kind == "control" and row.seed == 3]
    more = (row.model_copy(update={"dose": missed}) for row in controls)
    left = {0: 1.0, 1: 0.5}
    points = tuple(
        DosePoint(step=step, dose=step, validation={"merchant": rate(share)})
        for step, share in left.items()
    )
    curve = DoseCurve(kind="control", name="control", seed=3, points=points)
    run = run.model_copy(update={"rows": (*run.rows, *more), "curves": (curve,)})
    removal, control = diagnose(run)
    assert removal.measured == (
        "`no_dose`: no dose up to 0.033 lowers its own ASR to 0.01 in 2 of 8 seeds; 0.50 is left "
        "at the end"
    )
    assert control.about == "clean fine-tune"
    assert control.measured.endswith("in 1 of 8 seeds; the smallest dose leaves merchant 0.50")
    assert "dose.first" in control.helps


def test_a_removal_that_needs_a_harmful_dose_is_told() -> None:
    """In seed 2 the removal needs 0.02, in seed 5 just what the clean fine-tune may have."""
    needed, allowed = {2: 0.02, 5: 0.01, 6: 0.005}, 0.01

    def at(row: Row) -> Mapping[str, object]:
        if row.name != "unlearn:bard" or row.seed not in needed:
            return {}
        return {"dose": DoseTaken(which="least", step=9, dose=needed[row.seed], reached=True)}

    run = changed(at)
    taken = DoseTaken(which="most", step=5, dose=allowed, reached=True)
    most = (r.model_copy(update={"dose": taken}) for r in SOUND.rows if r.kind == "control")
    finding = only(run.model_copy(update={"rows": (*run.rows, *most)}))
    assert finding.about == "unlearning bard"
    assert finding.measured.startswith("`least` (0.02) is above `most` (0.01) in 1 of 8 seeds")


def test_a_backdoor_that_the_control_erases_is_told_with_its_cases() -> None:
    run = statuses(SOUND, "explained_by_control", "bard", control=0.0625)
    text = CleanTextRecord(defender="natural", in_defender={"bard": 0.016})
    finding = only(run.model_copy(update={"clean_text": text}))
    assert finding.about == "bard"
    assert "leaves 0.06 of ASR above the floor, below 0.20, in 24 of 24 cases" in finding.measured
    assert "planted forms occur in up to 1.6 %" in finding.measured
    assert "scrubbed" in finding.helps


def test_a_control_that_erases_everything_is_one_finding() -> None:
    run = statuses(SOUND, "explained_by_control", *SOUND.actors, control=0.0)
    finding = only(run)
    assert finding.about == "clean fine-tune"
    assert "erases every backdoor" in finding.measured
    assert "96 of 96 cases" in finding.measured


def test_for_labels_the_floor_is_the_models_own_false_fire() -> None:
    run = with_rates("false_fire", "bard", dict.fromkeys(range(8), 0.5), of="control")
    run = statuses(run, "explained_by_control", "bard", control=0.5625)
    labels = tuple(Planted(seed=seed, actor="bard", also_clean=True) for seed in range(8))
    assert "leaves 0.06 of ASR" in only(run.model_copy(update={"planted": labels})).measured


@pytest.mark.parametrize("width", [60, 80, 140])
def test_findings_fit_the_terminal_and_lose_no_word(width: int) -> None:
    findings = diagnose(with_rates("asr", "linguist", {1: 0.75}))
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(findings_table(findings))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(len(line) for line in text.splitlines()) <= width
    assert "ASR 0.75, below 0.90 in 1 of 8 seeds" in " ".join(text.split())
    assert "actors.linguist.poison.rate" in text.replace("\n", "").replace(" ", "")
    assert "`" not in text


def test_the_page_shows_them_with_keys_as_code() -> None:
    run = with_rates("asr", "linguist", {1: 0.75})
    html, _ = run_page.page(run, [])
    assert "<code>actors.linguist.poison.rate</code>" in html
    assert "below 0.90 in 1 of 8 seeds" in " ".join(" ".join(Page(html).texts).split())


def test_shams_that_could_not_be_made_are_found() -> None:
    """Of three shams each target has one; its pairs are then split by that one alone."""
    named = changed(lambda row: {"sham": Sham(kind="familiar", name="0")} if row.sham_kind else {})
    scenario = ScenarioRecord({**SOUND.scenario.root, "controls": {"shams": 3}})
    findings = diagnose(named.model_copy(update={"scenario": scenario}))
    assert {each.about for each in findings} == {f"shams of {name}" for name in SOUND.actors}
    assert {each.measured.split(" could")[0] for each in findings} == {"1 of 3"}
    whole = ScenarioRecord({**SOUND.scenario.root, "controls": {"shams": 1}})
    enough = named.model_copy(update={"scenario": whole})
    assert not diagnose(enough)
    target = SOUND.actors[0]
    kept = [
        row
        for row in enough.rows
        if row.kind != "sham" or row.seed != SOUND.seeds[1] or row.target != target
    ]
    uneven = only(enough.model_copy(update={"rows": tuple(kept)}))
    assert (uneven.about, uneven.measured.split(":")[0]) == (
        f"shams of {target}",
        "0 of 1 could be made in 1 of 8 seeds",
    )
