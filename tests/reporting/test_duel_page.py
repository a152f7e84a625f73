"""A duel's page and terminal view: whole, safe, and nobody ahead without eight seeds."""

from __future__ import annotations

import io
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arena.cli.app import show_results
from arena.reporting.build import write_report
from arena.reporting.duel import context, gain, page
from arena.reporting.duel_board import board, ending, headline, last, mutual, standing
from arena.reporting.duel_terminal import duel_table
from tests.support.duel_results import duel

from .test_build import EVIL, Page, nulled
from .test_figures import texts

D8 = duel()


def text_of(found: dict[str, Any]) -> str:
    return " ".join(" ".join(Page(page(found)[0]).texts).split())


def shown(found: dict[str, Any], width: int, report: Path | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(duel_table(found, width, report))
    return console.file.getvalue()  # type: ignore[attr-defined]


def ended_at(low: float, high: float, seeds: int = 8) -> dict[str, Any]:
    """The sample with this interval where the last strategies meet."""
    found = deepcopy(D8)
    (cell,) = (c for c in found["payoff"] if (c["red"], c["blue"]) == ("red2", "blue1"))
    cell |= {"left": {"value": (low + high) / 2, "low": low, "high": high}, "seeds": seeds}
    return found


def test_the_report_and_its_figure_are_written(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(D8))
    read = Page(write_report(tmp_path).read_text())
    assert {path.stem for path in (tmp_path / "figures").glob("*.svg")} == {"payoff"}
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    assert not {"script", "link", "img", "iframe", "base"} & set(read.tags)
    assert not [v for name, v in read.values if not name.startswith("xmlns") and "//" in v]


def test_the_page_says_everything() -> None:
    text = text_of(D8)
    assert headline(D8) in text
    for line in ending(D8):
        assert line in text
    assert "decoy immunisation (rate 0.2), late arrival (share 0.35)" in text
    assert "defender.objective.steps=41" in text
    assert "not kept" in text
    assert "it began at 0." in text
    assert "Before and after come from 1 selection seed and validation prompts" in text
    assert "Before and after come from 1 selection seed" in shown(D8, 120)
    assert "picked on these very seeds, so a gain is a little optimistic" in text


@pytest.mark.parametrize(
    ("low", "high", "seeds", "says"),
    [
        (0.6, 0.8, 8, "Red is ahead at the end: red2 against blue1 leaves an ASR of 0.70"),
        (0.1, 0.3, 8, "Blue is ahead at the end"),
        (0.4, 0.8, 8, "Nobody is shown to be ahead"),
        (0.6, 0.8, 4, "on 4 seeds, inconclusive because there are fewer than 8 seeds."),
    ],
)
def test_who_is_ahead_is_said_with_its_value(
    low: float, high: float, seeds: int, says: str
) -> None:
    found = ended_at(low, high, seeds)
    assert says in headline(found)
    assert headline(found) in text_of(found)


def test_a_side_ends_with_what_the_results_say_else_with_its_last_kept_strategy() -> None:
    assert (last(D8, "red"), last(D8, "blue")) == ("red2", "blue1")
    assert last(D8 | {"last": {"red": "red0", "blue": "blue2"}}, "red") == "red0"
    old = {key: value for key, value in D8.items() if key != "last"}
    assert (last(old, "red"), last(old, "blue")) == ("red2", "blue1")
    assert last(old | {"rounds": []}, "blue") == "blue0"
    assert standing(D8 | {"payoff": []}).left.value is None
    assert "were not played" in headline(D8 | {"payoff": []})


def test_every_payoff_is_in_the_heat_map_and_costs_are_noted() -> None:
    found = texts(page(D8)[1]["payoff"])
    for cell in D8["payoff"]:
        assert f"{cell['left']['value']:.2f}" in found
    assert found.count("accuracy \N{MINUS SIGN}0.06") == 3
    assert set(board(D8).lost) == {(red, "blue2") for red in ("red0", "red1", "red2")}


def test_a_last_pair_in_which_red_never_stood_is_not_called_unplayed() -> None:
    at = standing(D8)
    cells = [
        each | {"left": {"value": None, "low": None, "high": None}, "per_seed": [], "seeds": 0}
        if (each["red"], each["blue"]) == (at.red, at.blue) else each
        for each in D8["payoff"]
    ]  # fmt: skip
    assert headline(D8 | {"payoff": cells}) == (
        f"{at.red}, with which red ended, stood in no fresh seed: inconclusive."
    )
    assert "were not played" in headline(D8 | {"payoff": []})


def test_how_it_ended_is_said() -> None:
    assert "It ended with its rounds (2)" in ending(D8)[0]
    other = D8 | {"ended": "threshold", "cycles": True}
    assert "neither side changed in the last round: none had a feasible" in ending(other)[0]
    assert "It cycles" in ending(other)[1]
    assert mutual(D8) == []
    replies = {"red": {"blue0": "red2"}, "blue": {"red2": "blue0"}}
    assert mutual(D8 | {"replies": replies}) == [("red2", "blue0")]
    assert "neither side would move: red2 and blue0." in ending(D8 | {"replies": replies})[-1]


def unfit(*names: str) -> dict[str, Any]:
    """The sample in which these strategies broke their constraints, and so are in no reply."""
    found = deepcopy(D8)
    for each in (each for side in found["strategies"].values() for each in side):
        each["feasible"] = each["name"] not in names
    for side, replies in found["replies"].items():
        kept = {a: b for a, b in replies.items() if a not in names and b not in names}
        found["replies"][side] = kept
    return found


def test_an_infeasible_strategy_is_marked_and_in_no_best_reply() -> None:
    found = unfit("red1", "blue1")
    assert board(found).infeasible == {"red1", "blue1"}
    assert texts(page(found)[1]["payoff"]).count("infeasible") == 2
    rows = [row for side in context(found)["strategies"].values() for row in side]
    assert [r["name"] for r in rows if r["feasible"] == "no"] == ["red1", "blue1"]
    said = "and so in no best reply: red1, blue1."
    assert any(line.endswith(said) for line in ending(found))
    assert "Blue ended with one of these: blue1." in ending(found)
    assert "it was played, but is in no best reply" in text_of(found)
    assert said in " ".join(shown(found, 80).split())


def test_a_side_without_a_feasible_strategy_has_no_best_reply() -> None:
    found = unfit("red0", "red1", "red2")
    found["replies"] = {"red": {}, "blue": {}}
    assert ending(found)[-1] == "There are no best replies: red had no feasible strategy."
    assert not any("cycle" in line for line in ending(found))
    assert not Page(page(found)[0]).open


def test_where_feasibility_is_not_told_nothing_is_marked() -> None:
    old = deepcopy(D8)
    for each in (each for side in old["strategies"].values() for each in side):
        del each["feasible"]
    assert ending(old) == ending(D8)
    assert "infeasible" not in text_of(old).lower()
    assert {row["feasible"] for row in context(old)["strategies"]["red"]} == {"\N{EN DASH}"}


def test_gains_have_signs() -> None:
    assert [gain({"gain": value}) for value in (0.0472, -0.1, 0.0, None)] == [
        "+0.047", "\N{MINUS SIGN}0.100", "0.000", "\N{EN DASH}",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("many", [3, 9])
def test_no_line_is_too_wide_and_every_payoff_is_there(width: int, many: int) -> None:
    found = deepcopy(D8)
    for extra in range(3, many):
        found["payoff"] += [
            c | {"blue": f"blue{extra}"} for c in D8["payoff"] if c["blue"] == "blue0"
        ]
    out = shown(found, width, Path("runs/x/report.html"))
    assert max(len(line) for line in out.splitlines()) <= width
    for cell in found["payoff"]:
        assert f"{cell['left']['value']:.2f}" in out
    assert "runs/x/report.html" in out
    assert all(f"blue{i}" in out for i in range(many))


def test_missing_parts_are_left_out() -> None:
    empty = {key: type(value)() if isinstance(value, dict | list) else None
             for key, value in D8.items()}  # fmt: skip
    bare = {"rounds": [{}, {"red": {}}], "payoff": [{}], "strategies": {"red": [{}]}}
    for found in ({}, dict.fromkeys(D8), nulled(D8), empty, bare):
        assert not Page(page(found)[0]).open
        assert "inconclusive" in shown(found, 80)
    assert context({})["rounds"] == []


@pytest.mark.parametrize("key", sorted(D8))
def test_any_value_may_be_null(key: str) -> None:
    assert not Page(page(D8 | {key: None})[0]).open


def test_hostile_text_stays_text() -> None:
    text = json.dumps(D8)
    for word in ("lexical", "red1", "blue1", "crow, 40 steps at 3e-4", "rounds",
                 "defender.objective.steps", "duel_small"):  # fmt: skip
        text = text.replace(f'"{word}"', json.dumps(EVIL + word))
    text = text.replace(json.dumps(EVIL + "rounds") + ":", '"rounds":')
    out, drawn = page(json.loads(text))
    assert "<script" not in "".join([out, *drawn.values()]).lower()
    assert "script" not in Page(out).tags
    assert max(len(line) for line in shown(json.loads(text), 80).splitlines()) <= 80


def test_the_command_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_results(D8, Path("runs/duel"))
    out = capsys.readouterr().out
    assert "Round by round" in out
    assert "run folder: runs/duel" in out
