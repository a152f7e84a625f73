"""A duel's page and terminal view: whole, safe, and no side ahead without eight seeds."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arena.cli.output import show_results
from arena.reporting.build import write_report
from arena.reporting.duel import context, gain, page
from arena.reporting.duel_terminal import duel_table
from arena.reporting.duel_verdict import ending, final_pair, headline, last_strategy
from arena.reporting.payoff_matrix import payoff_matrix
from arena.results.duel import (
    BestReplies,
    DuelResults,
    DuelRound,
    LastPlayed,
    MixedEquilibrium,
    MoveRecord,
    Payoff,
    Strategies,
    StrategyRecord,
)
from arena.results.estimate import Estimate
from arena.results.reader import parse_results
from arena.results.writer import as_json, write_results
from tests.support.duel_results import duel
from tests.support.html_pages import EVIL, Page, foreign, nulled, svg_texts

D8 = duel()


def text_of(results: DuelResults) -> str:
    return " ".join(" ".join(Page(page(results)[0]).texts).split())


def shown(results: DuelResults, width: int, report: Path | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(duel_table(results, width, report))
    return console.file.getvalue()  # type: ignore[attr-defined]


def read(values: dict[str, Any]) -> DuelResults:
    results = parse_results(values)
    assert isinstance(results, DuelResults)
    return results


def changed(results: DuelResults, **parts: object) -> DuelResults:
    return results.model_copy(update=parts)


def with_final_payoff(update: Mapping[str, object]) -> DuelResults:
    """The sample with changes to the payoff where the last strategies meet."""
    payoffs = [
        payoff.model_copy(update=update)
        if (payoff.red, payoff.blue) == ("red2", "blue1")
        else payoff
        for payoff in D8.payoff
    ]
    return changed(D8, payoff=tuple(payoffs))


def ended_at(low: float, high: float, seeds: int = 8) -> DuelResults:
    """The sample with this interval where the last strategies meet."""
    left = Estimate(value=(low + high) / 2, low=low, high=high)
    return with_final_payoff({"left": left, "seeds": seeds, "installed": seeds})


def test_the_report_and_its_figure_are_written(tmp_path: Path) -> None:
    write_results(tmp_path, D8)
    html = Page(foreign(write_report(tmp_path).read_text()))
    assert {path.stem for path in (tmp_path / "figures").glob("*.svg")} == {"payoff"}
    assert not html.open
    assert len(html.ids) == len(set(html.ids))
    assert not {"script", "link", "img", "iframe", "base"} & set(html.tags)
    assert not [v for name, v in html.values if not name.startswith("xmlns") and "//" in v]


def test_the_page_says_everything() -> None:
    text = text_of(D8)
    assert headline(D8) in text
    for line in ending(D8):
        assert line in text
    assert "decoy immunisation (rate 0.2), late arrival (share 0.35)" in text
    assert "defender.objective.steps=41" in text
    assert "not kept" in text
    assert "from 0.15 [0.08, 0.47] at the start to 0.86 [0.54, 0.91] at the end" in text
    assert "Before and after are measured on 1 selection seed and validation prompts" in text
    assert "Before and after are measured on 1 selection seed" in shown(D8, 120)
    assert "chosen on these same seeds, so gains are slightly optimistic" in text


def test_what_was_measured_on_fewer_seeds_or_failed_is_said() -> None:
    phases = D8.seeds.model_copy(update={"select": (102, 103, 104)})
    assert "(fewer where a strategy broke a limit or an experiment failed" in text_of(
        changed(D8, seeds=phases)
    )
    assert "(fewer where" not in text_of(D8)
    failed = with_final_payoff({"failed": {"9": "its <b>training</b> diverged"}})
    told = "left out: red2 against blue1, seed 9: its <b>training</b> diverged."
    assert told in text_of(failed)
    assert "left out:" not in text_of(D8)


@pytest.mark.parametrize(
    ("low", "high", "seeds", "says"),
    [
        (0.6, 0.8, 8, "Red is ahead at the end: red2 against blue1 leaves an ASR of 0.70"),
        (0.1, 0.3, 8, "Blue is ahead at the end"),
        (0.4, 0.8, 8, "Neither side is shown to be ahead"),
        (0.6, 0.8, 4, "on 4 seeds, inconclusive because there are fewer than 8 seeds."),
    ],
)
def test_who_is_ahead_is_said_with_its_value(
    low: float, high: float, seeds: int, says: str
) -> None:
    results = ended_at(low, high, seeds)
    assert says in headline(results)
    assert headline(results) in text_of(results)


def test_a_side_ends_with_what_the_results_say_else_with_its_last_kept_strategy() -> None:
    assert (last_strategy(D8, "red"), last_strategy(D8, "blue")) == ("red2", "blue1")
    other = changed(D8, last=LastPlayed(red="red0", blue="blue2"))
    assert last_strategy(other, "red") == "red0"
    old = changed(D8, last=LastPlayed())
    assert (last_strategy(old, "red"), last_strategy(old, "blue")) == ("red2", "blue1")
    assert last_strategy(changed(old, rounds=()), "blue") == "blue0"
    unplayed = changed(D8, payoff=())
    assert final_pair(unplayed).left.value is None
    assert "were not played" in headline(unplayed)


def test_every_payoff_is_in_the_heat_map_and_costs_are_noted() -> None:
    written = svg_texts(page(D8)[1]["payoff"])
    for payoff in D8.payoff:
        assert f"{payoff.left.value:.2f}" in written
    assert written.count("accuracy \N{MINUS SIGN}0.06") == 3
    assert set(payoff_matrix(D8).lost) == {(red, "blue2") for red in ("red0", "red1", "red2")}


def test_a_final_pair_in_which_red_was_never_installed_is_not_called_unplayed() -> None:
    older = {"left": Estimate(), "per_seed": (), "seeds": 0, "installed": None}
    assert headline(with_final_payoff(older)) == (
        "red2, red's final strategy, installed its backdoor in no fresh seed: inconclusive."
    )
    failed = with_final_payoff({**older, "installed": 0, "failed": {"20": "diverged"}})
    assert headline(failed) == (
        "The final strategies, red2 against blue1, failed in every fresh seed: inconclusive."
    )


def test_older_payoffs_are_said_to_be_of_seeds_with_a_backdoor() -> None:
    older = changed(
        D8, payoff=tuple(each.model_copy(update={"installed": None}) for each in D8.payoff)
    )
    assert "mean over the seeds in which red\u2019s backdoor is installed" in text_of(older)
    assert "too narrow if there are few seeds" in text_of(older)
    assert "8 of 8" not in text_of(older)
    assert "8 of 8" in text_of(D8)
    assert "counts as 0" in text_of(D8)


def test_seeds_in_which_red_was_not_installed_are_said_to_count_as_nothing() -> None:
    left = Estimate(value=0.1, low=0.0, high=0.3)
    some = with_final_payoff({"left": left, "seeds": 8, "installed": 6})
    assert "on 8 seeds (0 in 2, where it is not installed)." in headline(some)
    assert "6 of 8" in text_of(some)
    none = with_final_payoff({"left": left, "seeds": 8, "installed": 0})
    assert "installed its backdoor in no fresh seed: inconclusive." in headline(none)
    assert final_pair(none).outcome == "inconclusive"
    every = with_final_payoff({"left": left, "seeds": 8, "installed": 8})
    assert "0.10 [0.00, 0.30] on 8 seeds." in headline(every)


def test_how_it_ended_is_said() -> None:
    assert "It ended after the maximum of 2 rounds" in ending(D8)[0]
    other = changed(D8, ended="threshold", cycles=True)
    assert "neither side changed in the last round: neither found a feasible" in ending(other)[0]
    assert "gained more than 0.05." in ending(other)[0]
    assert "Best replies by mean payoff cycle" in ending(other)[1]
    assert payoff_matrix(D8).mutual_best_replies() == []
    replies = BestReplies(red={"blue0": "red2"}, blue={"red2": "blue0"})
    settled = changed(D8, replies=replies)
    assert payoff_matrix(settled).mutual_best_replies() == [("red2", "blue0")]
    assert "neither side would change: red2 and blue0." in ending(settled)[-2]


def unfit(*names: str) -> DuelResults:
    """The sample in which these strategies violated their constraints, and so are in no reply."""

    def judged(records: tuple[StrategyRecord, ...]) -> tuple[StrategyRecord, ...]:
        return tuple(r.model_copy(update={"feasible": r.name not in names}) for r in records)

    def kept(replies: Mapping[str, str]) -> dict[str, str]:
        return {a: b for a, b in replies.items() if a not in names and b not in names}

    return changed(
        D8,
        strategies=Strategies(red=judged(D8.strategies.red), blue=judged(D8.strategies.blue)),
        replies=BestReplies(red=kept(D8.replies.red), blue=kept(D8.replies.blue)),
    )


def test_a_strategy_says_which_limit_it_broke() -> None:
    results = unfit("red1")
    red = tuple(
        each.model_copy(update={"constraints": {"false_fire": 0.03}})
        if each.name == "red1"
        else each
        for each in results.strategies.red
    )
    strategies = results.strategies.model_copy(update={"red": red})
    told = changed(results, strategies=strategies, constraints={"false_fire": 0.1})
    exceeded = "false fires without the trigger 0.13 (at most 0.10)"
    assert any(f"never a best reply: red1 ({exceeded})." in line for line in ending(told))
    assert exceeded in text_of(told)


def test_a_turn_without_a_feasible_trial_says_why() -> None:
    (first, *rest) = D8.rounds
    assert first.red is not None
    none = first.red.model_copy(
        update={"name": None, "setup": None, "feasible": 0, "violated": {"installed": 10}}
    )
    results = changed(D8, rounds=(first.model_copy(update={"red": none}), *rest))
    said = "no feasible trial; broken: ASR before any defence, installed (10 of 10 trials)"
    assert said in text_of(results)


def test_an_infeasible_strategy_is_marked_and_in_no_best_reply() -> None:
    results = unfit("red1", "blue1")
    assert payoff_matrix(results).infeasible == {"red1", "blue1"}
    assert svg_texts(page(results)[1]["payoff"]).count("infeasible") == 2
    rows = [row for side in context(results)["strategies"].values() for row in side]
    assert [row.name for row in rows if row.feasible == "no"] == ["red1", "blue1"]
    said = "and therefore never a best reply: red1, blue1."
    assert any(line.endswith(said) for line in ending(results))
    assert "Blue ended with one of these: blue1." in ending(results)
    assert "it was played, but is never a best reply" in text_of(results)
    assert said in " ".join(shown(results, 80).split())


def test_a_side_without_a_feasible_strategy_has_no_best_reply() -> None:
    results = changed(unfit("red0", "red1", "red2"), replies=BestReplies())
    assert ending(results)[-2] == "There are no best replies: red had no feasible strategy."
    assert not any("cycle" in line for line in ending(results))
    assert not Page(page(results)[0]).open


def test_where_feasibility_is_not_known_nothing_is_marked() -> None:
    values = as_json(D8)
    for record in (each for side in values["strategies"].values() for each in side):
        del record["feasible"]
    old = read(values)
    assert ending(old) == ending(D8)
    assert "infeasible" not in text_of(old).lower()
    assert {row.feasible for row in context(old)["strategies"]["red"]} == {"\N{EN DASH}"}


def test_gains_have_signs() -> None:
    assert [gain(MoveRecord(gain=value)) for value in (0.0472, -0.1, 0.0, None)] == [
        "+0.047", "\N{MINUS SIGN}0.100", "0.000", "\N{EN DASH}",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("many", [3, 9])
def test_no_line_is_too_wide_and_every_payoff_is_there(width: int, many: int) -> None:
    more = [
        payoff.model_copy(update={"blue": f"blue{extra}"})
        for extra in range(3, many)
        for payoff in D8.payoff
        if payoff.blue == "blue0"
    ]
    results = changed(D8, payoff=(*D8.payoff, *more))
    out = shown(results, width, Path("runs/x/report.html"))
    assert max(len(line) for line in out.splitlines()) <= width
    for payoff in results.payoff:
        assert f"{payoff.left.value:.2f}" in out
    assert "runs/x/report.html" in out
    assert all(f"blue{i}" in out for i in range(many))


def test_missing_parts_are_left_out() -> None:
    values, kind = as_json(D8), {"kind": "duel"}
    empty = {key: type(value)() for key, value in values.items() if isinstance(value, dict | list)}
    bare = DuelResults(
        rounds=(DuelRound(), DuelRound(red=MoveRecord())),
        payoff=(Payoff(),),
        strategies=Strategies(red=(StrategyRecord(),)),
    )
    older_files = (kind, dict.fromkeys(values) | kind, nulled(values) | kind, empty | kind)
    for results in (*map(read, older_files), bare):
        assert not Page(page(results)[0]).open
        assert "inconclusive" in shown(results, 80)
    assert context(DuelResults())["rounds"] == []


@pytest.mark.parametrize("key", sorted({*DuelResults.model_fields} - {"kind"}))
def test_any_value_may_be_null(key: str) -> None:
    assert not Page(page(read(as_json(D8) | {key: None}))[0]).open


def test_hostile_text_stays_text() -> None:
    text = json.dumps(as_json(D8))
    for word in ("lexical", "red1", "blue1", "crow, 40 steps at 3e-4", "rounds",
                 "defender.objective.steps", "duel_small"):  # fmt: skip
        text = text.replace(f'"{word}"', json.dumps(EVIL + word))
    text = text.replace(json.dumps(EVIL + "rounds") + ":", '"rounds":')
    results = read(json.loads(text))
    out, drawn = page(results)
    assert "<script" not in "".join([foreign(out), *drawn.values()]).lower()
    assert Page(out).tags.count("script") == 1
    assert max(len(line) for line in shown(results, 80).splitlines()) <= 80


def test_the_command_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_results(D8, Path("runs/duel"))
    out = capsys.readouterr().out
    assert "Round by round" in out
    assert "run folder: runs/duel" in out


def test_the_mixed_equilibrium_is_shown_or_why_there_is_none() -> None:
    said = (
        "If each side may draw its strategy at random, an ASR of 0.67 [0.58, 0.72] is left in "
        "equilibrium on 8 seeds: red plays red1 (0.17), red2 (0.83); blue plays blue0 (0.93), "
        "blue2 (0.07)."
    )
    assert said in ending(D8)
    assert said in " ".join(shown(D8, 80).split())
    assert "Mixed equilibrium" in text_of(D8)
    why = changed(D8, equilibrium=MixedEquilibrium(note="red1 was installed in no seed"))
    assert "No mixed equilibrium was computed: red1 was installed in no seed." in ending(why)
    assert "Mixed equilibrium" not in text_of(why)
    older = changed(D8, equilibrium=MixedEquilibrium())
    assert not any("equilibrium" in line for line in ending(older))
