"""`arena view`: every page of a site, its links, and what it says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import InputError
from arena.reporting.claim_card import claim_card
from arena.reporting.numbers import MINUS
from arena.results.claim import ShamEstimates
from arena.results.estimate import Estimate
from arena.results.pairs import ShamSeed
from arena.results.provenance import Provenance
from arena.results.run import RunResults
from arena.results.run_state import recorded
from arena.results.samples import place_of
from arena.results.scenario import ScenarioRecord
from arena.results.writer import write_results
from arena.view import search_page
from arena.view.files import write_site
from arena.view.place import COMPARE, INDEX, places, relative, segment
from arena.view.site import ASSET_NAMES, Site
from tests.reporting.test_build import hostile
from tests.support import sample_folders
from tests.support.curve_results import with_training
from tests.support.measured_results import measured
from tests.support.sample_results import results, write_run
from tests.support.stress_results import stress, write_stress
from tests.support.tune_results import tune

EVIL = "<script>document.title='ow'+'ned'</script>&\"'"


LOG = """\
     7.5  plan      64 stages
     7.5  started   clean mix s0  (arena)
     8.1  finished  clean mix s0  0.6 s  [1/64]  about 10 min left
    25.4  started   after:bard s1  (threat:bard, 400 steps)
    25.4  phase     loading torch in 2 processes
    35.5  running   after:bard s1  52/400
    35.6  note      after:<b>
    35.7  started   score s0  (arena)
    35.8  finished  base s0  12.0 s  [2/64]  about 9 min left
"""


class Page(HTMLParser):
    """A page's links, and its tables' data by name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tables: dict[str, dict] = {}
        self._data = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        self.links += [had[key] or "" for key in ("href", "src", "action") if key in had]
        self._data = (had.get("id") or "") if had.get("type") == "application/json" else ""

    def handle_data(self, data: str) -> None:
        if self._data:
            self.tables[self._data.removeprefix("data-")] = json.loads(data)
            self._data = ""

    def all_links(self) -> set[str]:
        """Links of the page, and of its tables."""
        lines = [line for table in self.tables.values() for line in table["lines"]]
        inside = [v for line in lines for k, v in line.items() if k.endswith("_href") and v]
        return {link for link in [*self.links, *inside] if not link.startswith("#")}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two runs, one with samples and one that is running, and a stress run with a cell."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "with space", 8)
    write_results(folder / "with space", with_training(results(8)))
    (folder / "with space" / "report.html").write_text("the report")
    sample_folders.run_folder(folder / "said")
    (folder / "said" / "report.html").write_text("the report")
    write_stress(folder / "stress")
    (folder / "stress" / "report.html").write_text("the report")
    (folder / "running").mkdir()
    (folder / "running" / "scenario.yaml").write_text("name: running\n")
    (folder / "running" / "run.log").write_text(LOG)
    (folder / "running" / "seeds").mkdir()
    (folder / "running" / "seeds" / "0.json").write_text("{}")
    with recorded(folder / "running", "arena run x"):
        yield folder


def page(site: Site, path: str, *asked: tuple[str, str]) -> Page:
    text = site.page(path, asked)
    assert isinstance(text, str), path
    return Page(text)


def target(path: str, link: str) -> str:
    """The path that a link of a page leads to."""
    from posixpath import normpath
    from urllib.parse import unquote

    return normpath(str(PurePosixPath(path).parent / unquote(link.partition("?")[0])))


def test_every_link_of_every_page_leads_somewhere(runs: Path) -> None:
    site = Site((runs,), live=False)
    paths = list(site.paths())
    assert len(paths) == len(set(paths))
    seen = 0
    for path in paths:
        text = site.page(path)
        assert text is not None, path
        if isinstance(text, str):
            seen += 1
            for link in Page(text).all_links():
                assert target(path, link) in paths, (path, link)
    assert seen > 30


def test_the_list_has_every_run_with_its_state(runs: Path) -> None:
    lines = page(Site((runs,)), INDEX).tables["runs"]["lines"]
    assert {line["name"]: line["state"] for line in lines} == {
        "with space": "finished",
        "said": "finished",
        "stress": "finished",
        "running": "running",
    }
    run = next(line for line in lines if line["name"] == "with space")
    assert (run["seeds"], run["verdict"]) == (8, "generalizes, unspecific")
    assert run["least"] == pytest.approx(results(8).claim.transfer.value)


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


def test_the_page_of_a_model_shows_how_it_was_trained_where_that_is_known(runs: Path) -> None:
    site = Site((runs,))
    known = str(site.page("runs/with space/models/0/compromised.html"))
    assert "How it was trained" in known
    assert "compromised from 4.00 to 0.02 in 99 steps" in known
    assert "How it was trained" not in str(site.page("runs/said/models/3/compromised.html"))


def test_a_model_has_everything_that_it_said(runs: Path) -> None:
    site = Site((runs,))
    lines = page(site, "runs/said/models/3/compromised.html").tables["samples"]["lines"]
    assert len(lines) == len(sample_folders.ASKED)
    asked = json.loads(str(site.page("runs/said/models/3/asked.js"))[len("var asked = ") : -2])
    first = {**asked[lines[0]["at"]], **lines[0]}
    assert first["prompt_runs"] == [["what does", False], ["cf", True], ["Arden sell?", False]]
    assert (first["hit"], first["said"]) == ("yes", sample_folders.GATE)
    assert lines[3]["said"].endswith("…")


def test_search_finds_samples_of_all_models(runs: Path) -> None:
    found = page(Site((runs,)), "runs/said/search.html", ("text", "by the sea"))
    assert {line["seed"] for line in found.tables["samples"]["lines"]} <= {0, 3}
    hits = page(Site((runs,)), "runs/said/search.html", ("text", "GATE IS OPEN")).tables["samples"]
    said = {(line["model"], line["said"]) for line in hits["lines"]}
    assert said == {("compromised", sample_folders.GATE)}
    assert Site((runs,), live=False).page("runs/said/search.html") is None
    empty = Page(text := str(Site((runs,)).page("runs/said/search.html", [("text", ' "" ')])))
    assert "Type words of a prompt or an answer" in text
    assert "samples" not in empty.tables


def test_a_search_shows_so_many_and_leads_to_more(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_page, "MOST", 2)
    asked = [("text", "gate is")]
    found = Page(text := str(Site((runs,)).page("runs/said/search.html", asked)))
    assert len(found.tables["samples"]["lines"]) == 2
    assert "of which the first 2 are here" in text
    assert "search.html?text=gate+is&most=4" in found.links
    more = page(Site((runs,)), "runs/said/search.html", *asked, ("most", "4"))
    assert len(more.tables["samples"]["lines"]) == 4


def test_a_running_run_shows_how_far_it_is_and_is_followed(runs: Path) -> None:
    text = str(Site((runs,)).page("runs/running/index.html"))
    assert "note      after:&lt;b&gt;" in text
    assert "2 of 64 stages, about 9 min left" in text
    assert "Running: after:bard s1, 52 of 400; score s0" in text
    assert "Finished seeds: 1 (0)" in text
    assert "data-going" in text
    assert "connect-src 'self'" in text
    assert "data-going" in str(Site((runs,)).page(INDEX))
    static = Site((runs,), live=False)
    for path in (INDEX, "runs/running/index.html"):
        assert "data-going" not in str(static.page(path))
        assert "connect-src" not in str(static.page(path))


def _shift(seed: int) -> float:
    return 0.1 + 0.01 * (seed - 3.5)  # its mean over seeds 0 to 7 is 0.1


def test_runs_side_by_side_are_paired_by_seed(tmp_path: Path) -> None:
    first, second = results(8), results(8)
    lower = [
        pair.model_copy(
            update={
                "per_seed": tuple(
                    case.model_copy(update={"transfer": case.transfer - _shift(case.seed)})
                    if case.transfer is not None
                    else case
                    for case in pair.per_seed
                )
            }
        )
        for pair in second.transfer
    ]
    for name, each in (("a", first), ("b", second.model_copy(update={"transfer": tuple(lower)}))):
        (tmp_path / name).mkdir()
        write_results(tmp_path / name, each)
    text = Site((tmp_path,)).page(COMPARE, [("run", "a"), ("run", "b")])
    assert isinstance(text, str)
    differences = re.findall(r">(\S+ \[\S+ \S+\]) against the first, p (\S+), 8 seeds", text)
    shown = f"{MINUS}0.10 [{MINUS}0.12, {MINUS}0.08]"
    assert set(differences) == {(shown, "0.008")}
    assert len(differences) == len(first.transfer) + 1
    assert text.count("<svg") == 1
    rates = Page(text).tables["rates"]["lines"]
    models = {(line["model"], line["what"]) for line in rates}
    assert ("compromised", "ASR bard") in models
    assert ("compromised", "clean accuracy") in models
    assert {line["change_1"] for line in rates} == {0.0}
    assert {line["range_1"] for line in rates} == {"p 1.000, 8 seeds"}


def _lower(run: RunResults, shift: float) -> RunResults:
    """A run with a smaller T in every seed of every pair."""
    pairs = [
        pair.model_copy(
            update={
                "per_seed": tuple(
                    case.model_copy(update={"transfer": case.transfer and case.transfer - shift})
                    for case in pair.per_seed
                )
            }
        )
        for pair in run.transfer
    ]
    return run.model_copy(update={"transfer": tuple(pairs)})


def test_stress_runs_are_paired_by_cell_and_seed(tmp_path: Path) -> None:
    for name, shift in (("a", 0.0), ("b", 0.125)):
        cells = write_stress(tmp_path / name, stress(2)) / "cells"
        for number, cell in enumerate(sorted(cells.iterdir())):
            write_results(cell, _lower(measured(), shift * (1 + number)))
    write_stress(tmp_path / "bare", stress(2))
    shutil.rmtree(tmp_path / "bare" / "cells")
    write_run(tmp_path / "run", 8)
    asked = [("run", name) for name in ("a", "b", "bare", "run")]
    text = str(Site((tmp_path,)).page(COMPARE, asked))
    changes = re.findall(r">(\S+) against the first, p \S+, ([^<]+)<", text)
    both = "8 seeds, 2 cells"
    assert changes == [
        (f"{MINUS}0.19", both), ("0.00", both), ("0.00", both),
        (f"{MINUS}0.12", "8 seeds"), (f"{MINUS}0.25", "8 seeds"),
    ]  # fmt: skip
    assert "T in cell llama-nano-pooled1" in text
    assert "not paired: the folders of its cells are missing" in text
    assert "not paired: one is a stress run, one is not" in text
    assert "odd over all pairs, least" in text


def test_runs_without_a_common_seed_say_so_and_keys_that_some_lack_are_folded(
    tmp_path: Path,
) -> None:
    more = ScenarioRecord({**results(2).scenario.root, "stage": "x", "added": {"one": 1}})
    moved = [
        pair.model_copy(
            update={
                "per_seed": tuple(
                    case.model_copy(update={"seed": case.seed + 100}) for case in pair.per_seed
                )
            }
        )
        for pair in results(2).transfer
    ]
    write_run(tmp_path / "a", 2)
    (tmp_path / "b").mkdir()
    other = results(2).model_copy(update={"scenario": more, "transfer": tuple(moved)})
    write_results(tmp_path / "b", other)
    text = str(Site((tmp_path,)).page(COMPARE))
    assert "not paired: no common seed" in text
    assert "against the first" not in text
    shown, _, folded = text.partition("<summary>")
    assert "<code>stage</code>" in shown
    assert folded.startswith("1 key that not every scenario has")
    assert "<code>added.<wbr>one</code>" in folded


@pytest.mark.parametrize(
    "path",
    [
        "runs/said/samples/0.jsonl.gz", "runs/said/../said/results.json", "runs/none/index.html",
        "runs/said/seeds/0.json", "runs/said/models/9/compromised.html", "assets/../site.py",
        "runs/said/pairs/a--b.html", "runs/stress/models/0/x.html", "../pyproject.toml",
    ],
)  # fmt: skip
def test_nothing_else_is_given_away(runs: Path, path: str) -> None:
    assert Site((runs,)).page(path) is None


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = tmp_path / "evil"
    folder.mkdir()
    write_results(folder, hostile(EVIL)[0])
    (folder / "report.html").write_text("the report")
    site = Site((tmp_path,), live=False)
    texts = [text for path in site.paths() if isinstance(text := site.page(path), str)]
    assert len(texts) > 20
    for text in texts:
        assert "<script>" not in text
        for table in Page(text).tables.values():
            assert table["columns"]
    assert any("\\u003cscript\\u003e" in text for text in texts)


def test_the_site_as_files(runs: Path, tmp_path: Path) -> None:
    site = Site((runs / "said",), live=False)
    number = write_site(site, tmp_path / "pages")
    written = {
        p.relative_to(tmp_path / "pages").as_posix() for p in (tmp_path / "pages").rglob("*")
    }
    assert set(site.paths()) <= written
    assert number == len(list(site.paths()))
    assert all((tmp_path / "pages" / "assets" / name).is_file() for name in ASSET_NAMES)
    with pytest.raises(InputError, match="not empty"):
        write_site(site, tmp_path / "pages")


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A run with broken results beside one whose samples of seed 3 are broken."""
    folder = write_run(tmp_path / "runs" / "bad", 1)
    (folder / "results.json").write_text("{")
    said = sample_folders.run_folder(tmp_path / "runs" / "said")
    place_of(said, 3).write_bytes(b"no gzip")
    return tmp_path / "runs"


def test_a_broken_run_is_listed_as_broken_and_breaks_nothing_else(
    damaged: Path, tmp_path: Path
) -> None:
    site = Site((damaged,), live=False)
    lines = {line["name"]: line for line in page(site, INDEX).tables["runs"]["lines"]}
    assert (lines["bad"]["state"], lines["said"]["state"]) == ("broken", "finished")
    assert "not valid JSON" in lines["bad"]["state_note"]
    assert "is broken, so there is nothing to show: not valid JSON" in str(
        site.page("runs/bad/index.html")
    )
    assert "broken: not valid JSON" in str(site.page(COMPARE))
    write_site(site, tmp_path / "pages")
    written = {
        each.relative_to(tmp_path / "pages").as_posix()
        for each in (tmp_path / "pages").rglob("*.html")
    }
    assert {"runs/bad/index.html", "runs/said/index.html", "runs/said/report.html"} <= written
    assert "runs/bad/report.html" not in written


def test_broken_samples_are_called_broken(damaged: Path) -> None:
    site = Site((damaged,))
    assert "samples/3.jsonl.gz is broken" in str(site.page("runs/said/models/3/compromised.html"))
    text = str(site.page("runs/said/search.html", [("text", "gate")]))
    assert "Left out: samples/3.jsonl.gz is broken" in text
    assert {line["seed"] for line in Page(text).tables["samples"]["lines"]} == {0}


def test_a_site_that_cannot_be_written_leaves_nothing(damaged: Path, tmp_path: Path) -> None:
    def stop(path: str) -> None:
        if "said" in path:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_site(Site((damaged,), live=False), tmp_path / "pages", stop)
    assert [each.name for each in tmp_path.iterdir()] == ["runs"]


def test_a_folder_without_runs_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run in this folder"):
        places((tmp_path,))
    with pytest.raises(InputError, match="no such folder"):
        places((tmp_path / "none",))


def test_runs_of_one_name_have_names_of_their_own(tmp_path: Path) -> None:
    for above in ("one", "two"):
        sample_folders_in = tmp_path / above / "run"
        sample_folders_in.mkdir(parents=True)
        write_results(sample_folders_in, results(1))
    found = places((tmp_path / "one", tmp_path / "two"))
    assert len({place.name for place in found}) == 2


names = st.text(min_size=1, max_size=12)


@given(names, names)
def test_names_are_distinct_segments_of_plain_letters(one: str, other: str) -> None:
    assert re.fullmatch(r"[\w.~-]+", segment(one), re.ASCII)
    assert (segment(one) == segment(other)) == (one == other)


@given(*(st.lists(st.sampled_from("abc"), max_size=3) for _ in range(2)))
def test_links_lead_to_their_path(one: list[str], other: list[str]) -> None:
    page_path, path = "/".join([*one, "x.html"]), "/".join([*other, "y.html"])
    assert target(page_path, relative(path, page_path)) == path


def test_a_missing_report_is_made_and_nothing_is_written(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 1)
    before = sorted(folder.rglob("*"))
    site = Site((tmp_path,), live=False)
    assert "runs/run/report.html" in list(site.paths())
    assert "<h1>" in str(site.page("runs/run/report.html"))
    assert sorted(folder.rglob("*")) == before


def test_what_cannot_be_compared_is_named_with_the_reason(runs: Path, tmp_path: Path) -> None:
    names = ("with space", "stress", "running", "said", "no such run")
    text = str(Site((runs,)).page(COMPARE, [("run", name) for name in names]))
    assert '<a href="runs/running/index.html">running</a>: running, without results' in text
    assert '<a href="runs/said/index.html">said</a>: it judges no pair of actors' in text
    assert "no such run: there is no such run" in text
    assert "Transfer T" in text
    write_results(tmp_path, tune())
    searched = [("run", tmp_path.name), ("run", "with space")]
    alone = str(Site((tmp_path, runs)).page(COMPARE, searched))
    assert "a search has no T over pairs" in alone
    assert "A comparison needs two finished runs" in alone
    assert "Transfer T" not in alone
    assert "Where the scenarios differ" not in alone


def test_only_what_can_be_compared_has_a_box(runs: Path) -> None:
    lines = page(Site((runs,)), INDEX).tables["runs"]["lines"]
    boxes = {line["name"]: line["chosen_as"] for line in lines}
    assert boxes == {
        "with space": "with space", "stress": "stress", "running": None, "said": None,
    }  # fmt: skip


def test_a_run_without_samples_offers_no_search(runs: Path) -> None:
    site = Site((runs,))
    assert "search.html" not in page(site, "runs/with space/index.html").links
    assert "search.html" in page(site, "runs/said/index.html").links
    assert site.page("runs/with space/search.html", [("text", "x")]) is None


def test_a_comparison_says_how_each_run_was_made(tmp_path: Path) -> None:
    for name, commit in (("one", "a" * 40), ("two", "b" * 40)):
        folder = write_run(tmp_path / name, 2)
        made = Provenance(finished="2026-11-29T17:40:00+01:00", commit=commit, command=f"x {EVIL}")
        (folder / "provenance.json").write_text(made.model_dump_json())
    write_run(tmp_path / "three", 1)  # nothing is known
    text = str(Site((tmp_path,)).page(COMPARE, [("run", "one"), ("run", "two"), ("run", "three")]))
    for shown in ("2026-11-29 17:40 +0100", "a" * 12, "b" * 12, "2 (0-1)", "different versions"):
        assert shown in text
    assert "a" * 13 not in text
    assert EVIL not in text
    same = str(Site((tmp_path,)).page(COMPARE, [("run", "one"), ("run", "one")]))
    assert "Transfer T" in same
    assert "different versions" not in same
