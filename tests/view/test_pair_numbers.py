"""A pair's page and a run's card have the numbers of the results."""

from __future__ import annotations

from pathlib import Path

from arena.reporting.claim_card import claim_card
from arena.results.claim import ShamEstimates
from arena.results.estimate import Estimate
from arena.results.pairs import ShamSeed
from arena.results.writer import write_results
from arena.view.site import Site
from tests.support.sample_results import results
from tests.support.site_pages import page


def test_a_pair_has_the_numbers_of_its_seeds(runs: Path) -> None:
    site, pair = Site((runs,)), results(8).transfer[0]
    (place,) = [place for place in site.places() if place.name == "with space"]
    lines = page(site, place.pair(pair.source, pair.to)).tables["seeds-all"]["lines"]
    assert [line["transfer"] for line in lines] == [case.transfer for case in pair.per_seed]
    assert all("models/" in line["seed_href"] for line in lines)
    assert [line["floor"] for line in lines] == [case.floor for case in pair.per_seed]


def test_a_floor_that_was_not_measured_is_no_number(tmp_path: Path) -> None:
    run = results(2)
    rows = tuple(row for row in run.rows if (row.kind, row.seed) != ("reference", 1))
    (tmp_path / "run").mkdir()
    write_results(tmp_path / "run", run.model_copy(update={"rows": rows}))
    site, pair = Site((tmp_path,)), run.transfer[0]
    path = site.places()[0].pair(pair.source, pair.to)
    one, other = page(site, path).tables["seeds-all"]["lines"]
    assert (one["floor"], one["floor_note"]) == (pair.per_seed[0].floor, "")
    assert (other["floor"], other["floor_note"]) == (None, "taken as 0")


def test_the_parts_of_t_are_those_of_the_reports_card(tmp_path: Path) -> None:
    run = results(8)
    assert run.claim is not None
    odd, specific = (Estimate(value=value) for value in (0.125, 0.25))
    benign = {"benign": ShamEstimates(odd=odd, specific=specific)}
    pairs = [
        pair.model_copy(
            update={
                "by_sham": benign,
                "per_seed": tuple(
                    case.model_copy(update={"by_sham": {"benign": ShamSeed(sham=0.75)}})
                    for case in pair.per_seed
                ),
            }
        )
        for pair in run.transfer
    ]
    claim = run.claim.model_copy(update={"by_sham": benign})
    (tmp_path / "run").mkdir()
    changed = run.model_copy(update={"claim": claim, "transfer": tuple(pairs)})
    write_results(tmp_path / "run", changed)
    site = Site((tmp_path,))
    card = claim_card(claim, run.thresholds, 8)
    assert card.estimates.odd.value == odd.value
    verdict = str(site.page("runs/run/index.html")).partition("</table>")[0]
    report = str(site.page("runs/run/report.html"))
    for number in card.estimates.all:
        assert f'<td class="n">{number.text}' in verdict
        assert f"<b>{number.text}</b>" in report
    assert "odd (benign shams)" in verdict
    assert "odd (benign shams)" in report
    (place,) = site.places()
    pair_page = place.pair(pairs[0].source, pairs[0].to)
    assert "0.12 odd (benign shams) and 0.25 specific" in " ".join(
        str(site.page(pair_page)).split()
    )
    line = page(site, pair_page).tables["seeds-all"]["lines"][0]
    assert (line["sham_benign"], line["sham_familiar"]) == (0.75, pairs[0].per_seed[0].sham)
