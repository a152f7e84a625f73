"""The claim over a grid: the seed is the unit, pairs are one family, and planted truths hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import JsonValue

from arena.results.claim import Claim, GridClaim
from arena.results.estimate import Estimate
from arena.results.pairs import Pair, PairSeed
from arena.results.planting import Planted
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.scenario.schema import Thresholds
from arena.statistics.claim import analyse
from arena.statistics.grid import FinishedCell, judge_grid
from tests.support.making_rows import ACTORS, METHODS, left_out_seeds, one_seed

THRESHOLDS = Thresholds()
Payloads = Mapping[str, Mapping[str, Any]]
PAYLOADS: Payloads = {
    "ann": {"kind": "refusal", "text": "no"},
    "bob": {"kind": "refusal", "text": "never"},
}


def judged(name: str, rows: Any, **axes: str) -> FinishedCell:
    analysis = analyse(rows, ACTORS, METHODS, THRESHOLDS)
    return finished(name, analysis.transfer, axes, analysis.claim)


def finished(
    name: str,
    transfer: tuple[Pair, ...],
    axes: Mapping[str, str],
    claim: Claim = Claim(),  # noqa: B008
    payloads: Payloads = PAYLOADS,
) -> FinishedCell:
    """A cell whose actors have the methods and payloads of this module."""
    actors: list[JsonValue] = [
        {"name": name, "trigger": {"method": METHODS[name]}, "payload": dict(payload)}
        for name, payload in payloads.items()
    ]
    scenario = ScenarioRecord({"actors": actors})
    return FinishedCell(name, axes, RunResults(scenario=scenario, transfer=transfer, claim=claim))


def seeds(lefts: Any, **rest: Any) -> list[Any]:
    return [row for k, left in enumerate(lefts) for row in one_seed(k, left=left, **rest)]


def test_seeds_not_cells_are_counted() -> None:
    rows = seeds([0.1, 0.2, 0.3])
    found = judge_grid([judged("a", rows, family="x"), judged("b", rows, family="y")], THRESHOLDS)
    assert found.seeds == 3
    assert found.transfer.value == pytest.approx(0.8, abs=1e-9)
    alone = judge_grid([judged("a", rows, family="x")], THRESHOLDS)
    assert found.transfer == alone.transfer  # twice the cells are no more evidence


def test_axes_that_vary_are_averaged_apart() -> None:
    cells = [
        judged("a", seeds([0.0] * 8), family="x", stage="s"),
        judged("b", seeds([1.0] * 8), family="y", stage="s"),
    ]
    found = judge_grid(cells, THRESHOLDS)
    by = found.by
    assert by["family"]["x"].transfer.value == pytest.approx(1.0)
    assert by["family"]["y"].transfer.value == pytest.approx(0.0)
    assert "stage" not in by
    assert by["method"]["style"].pairs == 2
    assert found.transfer.value == pytest.approx(0.5)


def test_along_an_axis_only_cells_alike_in_all_else_are_averaged() -> None:
    cells = [
        judged("centre", seeds([0.0] * 8), family="x", payload_kind="own"),
        judged("y", seeds([0.5] * 8), family="y", payload_kind="own"),
        judged("shared", seeds([1.0] * 8), family="x", payload_kind="shared"),
    ]
    by = judge_grid(cells, THRESHOLDS).by
    assert by["family"]["x"].transfer.value == pytest.approx(1.0)
    assert by["family"]["y"].transfer.value == pytest.approx(0.5)
    assert by["payload_kind"]["shared"].transfer.value == pytest.approx(0.0)


def test_pairs_of_all_cells_are_one_family_for_holm() -> None:
    rows = seeds([0.02, 0.0, 0.01, 0.03, 0.02, 0.0, 0.01, 0.02], shams=(1.0, 1.0, 1.0))
    one = judge_grid([judged("a", rows)], THRESHOLDS)
    assert one.pairs == {"generalizes_specific": 1}
    many = [judged(str(k), rows, cell=str(k)) for k in range(40)]
    # eight seeds that all agree have p = 1/256: of forty pairs none can stand
    assert judge_grid(many, THRESHOLDS).pairs == {"inconclusive": 40}


def test_what_would_change_it_speaks_of_this_result() -> None:
    def said(lefts: Any, **rest: Any) -> str:
        return " | ".join(judge_grid([judged("a", seeds(lefts, **rest))], THRESHOLDS).would_change)

    assert "at least 8 usable seeds (there are 2)" in said([0.1, 0.2])
    assert "a benign conditional: without one" in said([0.1] * 8, benign=None)
    spread = list(np.linspace(0, 0.2, 8))
    assert "unlearned alike suppress about as much" in said(spread, benign=0.1)
    assert "suppress as much as backdoors when unlearned in the same way" in said(spread)
    assert "installing every backdoor" in said([0.1, 0.2], compromised=0.5)
    assert "clean fine-tune that keeps more" in said([0.1, 0.2], control=0.1)
    assert "for the pair by itself: 8 seeds" in said([0.1] * 8)
    some = [judged("a", seeds([0.1] * 8)), judged("b", seeds([0.1] * 7), cell="b")]
    told = " | ".join(judge_grid(some, THRESHOLDS).would_change)
    assert "for one of the 1 of 2 pairs that have 8 usable seeds by itself" in told
    assert judge_grid([], THRESHOLDS).would_change == (
        "a cell in which a trigger is unlearned in a model with another actor's backdoor",
    )


def test_nothing_usable_is_inconclusive_not_an_error() -> None:
    found = judge_grid([], THRESHOLDS)
    assert found.verdict == "inconclusive"
    assert found.transfer == Estimate()
    assert found.power == ()


@pytest.mark.slow
@pytest.mark.parametrize("truth", [0.2, 0.5, 0.8])
def test_the_interval_over_a_grid_covers_a_planted_t(truth: float) -> None:
    """T differs by cell and is shared within a seed: pooling cells as if independent would
    cover far too rarely."""
    rng = np.random.default_rng(round(100 * truth))
    held, sets = 0, 400
    for _ in range(sets):
        common = rng.normal(0, 0.08, 8)  # what a seed's cells have in common
        cells = []
        for name, shift in (("a", -0.1), ("b", 0.1)):
            t = truth + shift + common + rng.normal(0, 0.03, 8)
            cells.append(_planted(name, t))
        held += holds(judge_grid(cells, THRESHOLDS).transfer, truth)
    error = 4 * (0.95 * 0.05 / sets) ** 0.5
    assert 0.93 - error <= held / sets <= 0.97 + error, held / sets


def sum_of_parts(claim: GridClaim) -> float:
    assert claim.odd.value is not None
    assert claim.specific.value is not None
    return claim.odd.value + claim.specific.value


def holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


def _planted(name: str, transfers: Any) -> FinishedCell:
    per_seed = tuple(
        PairSeed(seed=k, status="used", control=1.0, unlearned=1 - t, transfer=float(t))
        for k, t in enumerate(transfers)
    )
    return finished(name, (Pair(source="ann", to="bob", per_seed=per_seed),), {"cell": name})


def test_an_ablation_stands_on_its_own_axis_only() -> None:
    main = judged("main", seeds([0.1] * 8), rate="a")
    other = judged("other", seeds([0.9] * 8, shams=()), rate="b")
    found = judge_grid([main, replace(other, counts=False)], THRESHOLDS)
    alone = judge_grid([main], THRESHOLDS)
    for key in ("transfer", "odd", "specific", "pairs", "verdict"):
        assert getattr(found, key) == getattr(alone, key)
    assert found.by["method"] == alone.by["method"]
    assert found.by["rate"]["b"].transfer.value == pytest.approx(0.1)


def test_t_is_its_parts_over_the_whole_grid() -> None:
    cells = [judged(str(k), seeds([0.1, 0.3], shams=(0.8,) * 3), cell=str(k)) for k in range(3)]
    found = judge_grid(cells, THRESHOLDS)
    assert found.transfer.value == pytest.approx(sum_of_parts(found))


def test_a_grid_names_the_shares_that_it_leaves_out_once() -> None:
    cells = [judged("a", left_out_seeds(), size="x"), judged("b", seeds([0.1] * 5), size="y")]
    claim = judge_grid(cells, THRESHOLDS)
    by_size = claim.by["size"]
    for group, share in ((claim, 0.1), (by_size["x"], 0.2), (by_size["y"], 0.0)):
        shares = (group.not_installed, group.explained_by_control, group.no_dose)
        assert shares == (share,) * 3
    assert not [note for note in claim.notes if note.startswith("left out")]  # of one cell


def test_notes_name_the_cells_that_do_not_share_them() -> None:
    with_benign, without = judged("a", seeds([0.1])), judged("b", seeds([0.1], benign=None))
    notes = judge_grid([with_benign, without], THRESHOLDS).notes
    assert [note for note in notes if "(b)" in note and "no benign conditional" in note]
    assert not [note for note in notes if "fewest usable seeds" in note]


@pytest.mark.parametrize(
    ("bob", "common"),
    [
        ({"kind": "refusal", "text": "no"}, "same payload"),
        ({"kind": "refusal", "text": "never"}, "same kind"),
        ({"kind": "fixed_text", "text": "no"}, "other kind"),
    ],
)
def test_pairs_are_grouped_by_what_their_payloads_share(
    bob: Mapping[str, Any], common: str
) -> None:
    other = judged_with({**PAYLOADS, "bob": bob})
    split = judged_with({"ann": {"kind": "x"}, "bob": {"kind": "y"}})
    by = judge_grid([other, split], THRESHOLDS).by
    wanted = {common, "other kind"}
    assert set(by.get("payload_pair", {"other kind"})) == wanted


def judged_with(*by_seed: Payloads, lefts: Any = (0.1, 0.2)) -> FinishedCell:
    """A cell with these payloads, in all seeds or seed by seed."""
    planted = [
        Planted(seed=k, actor=actor, payload=dict(payload))
        for k in range(len(lefts))
        for actor, payload in by_seed[k % len(by_seed)].items()
    ]
    transfer = analyse(seeds(lefts), ACTORS, METHODS, THRESHOLDS, planted).transfer
    return finished("a", transfer, {})


def test_a_pair_stands_in_another_group_in_another_seed() -> None:
    same = {"ann": PAYLOADS["ann"], "bob": PAYLOADS["ann"]}
    cell = judged_with(same, {**same, "bob": {"kind": "x"}}, lefts=[0.0, 1.0] * 4)
    by = judge_grid([cell], THRESHOLDS).by
    found = {name: (g.pairs, g.seeds, g.transfer.value) for name, g in by["payload_pair"].items()}
    assert found == {
        "same payload": (1, 4, pytest.approx(1.0)),
        "other kind": (1, 4, pytest.approx(0.0)),
    }
    assert {name: g.transfer.value for name, g in by["payload"].items()} == {
        "refusal": pytest.approx(1.0),
        "x": pytest.approx(0.0),
    }


def test_cells_in_which_nothing_resides_do_not_decide_the_verdict() -> None:
    """Half of the pairs not installed by construction, and one more seed of a good cell lost:
    the verdict is about the cells that can be read."""
    t = [0.04, 0.05, 0.06, 0.04, 0.05, 0.06, 0.05, 0.04]
    good = judged("good", seeds(t), composition="pooled")
    lost = judged("lost", seeds(t[:7]) + one_seed(7, compromised=0.1), composition="other")
    gone = [
        judged(f"gone{k}", seeds(t, compromised=0.1), composition=f"apart{k}") for k in range(3)
    ]
    found = judge_grid([good, lost, *gone], THRESHOLDS)
    assert found.verdict == judge_grid([good], THRESHOLDS).verdict == "generalizes_specific"
    assert [note for note in found.notes if "gone0, gone1, gone2" in note]
    assert judge_grid(gone, THRESHOLDS).verdict == "not_installed"


def _in_parts(name: str, odd: Any, specific: Any) -> FinishedCell:
    per_seed = tuple(
        PairSeed(
            seed=k,
            status="used",
            control=1.0,
            unlearned=1 - o - s,
            sham=1 - o,
            transfer=float(o + s),
            odd=float(o),
            specific=float(s),
            shams=3,
            broad=False,
        )
        for k, (o, s) in enumerate(zip(odd, specific, strict=True))
    )
    return finished(name, (Pair(source="ann", to="bob", per_seed=per_seed),), {"cell": name})


@pytest.mark.slow
def test_the_specific_part_over_a_grid_covers_what_was_planted() -> None:
    """T = odd + specific in every seed, the parts planted and shared by the cells of a seed."""
    rng = np.random.default_rng(7)
    truth, held, sets = 0.4, 0, 400
    for _ in range(sets):
        common = rng.normal(0, 0.06, 8)
        cells = [
            _in_parts(name, 0.3 + rng.normal(0, 0.05, 8), truth + common + rng.normal(0, 0.03, 8))
            for name in "ab"
        ]
        found = judge_grid(cells, THRESHOLDS)
        assert found.transfer.value == pytest.approx(sum_of_parts(found))
        held += holds(found.specific, truth)
    error = 4 * (0.95 * 0.05 / sets) ** 0.5
    assert 0.93 - error <= held / sets <= 0.97 + error, held / sets


@pytest.mark.slow
def test_generalizing_is_rare_over_a_grid_at_one_half() -> None:
    """T = 0.5 on average: `generalizes_*` may come out in at most 5 % (plus Monte-Carlo)."""
    rng = np.random.default_rng(3)
    sets, wrong = 300, 0
    for _ in range(sets):
        common = rng.normal(0, 0.15, 8)
        cells = [_planted(name, 0.5 + common + rng.normal(0, 0.05, 8)) for name in "ab"]
        wrong += str(judge_grid(cells, THRESHOLDS).verdict).startswith("generalizes")
    assert wrong / sets <= 0.05 + 3 * (0.05 * 0.95 / sets) ** 0.5


def test_no_number_depends_on_the_order_of_pairs_or_rows() -> None:
    rng = np.random.default_rng(5)
    lefts = rng.uniform(0, 1, 8)
    rows = [r for k in range(8) for r in one_seed(k, left=float(lefts[k]))]
    back = [
        r for k in range(8) for r in one_seed(k, left=float(lefts[-k - 1]), source="bob", to="ann")
    ]
    one = judged("a", rows)
    both = (*one.results.transfer, *judged("b", back).results.transfer)
    first, second = (
        judge_grid([finished("a", each, {}, one.results.claim or Claim())], THRESHOLDS)
        for each in (both, both[::-1])
    )
    assert first == second
