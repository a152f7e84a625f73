"""Numbers, colours and orders that page, figures and terminal share."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.values import RowKind
from arena.reporting import palette
from arena.reporting.cast import highlight
from arena.reporting.rows import grouped
from arena.reporting.text import clean, fit
from arena.reporting.view import stages
from arena.results.estimate import Estimate
from arena.results.numbers import (
    Shown,
    adding_up,
    decimals,
    duration,
    finite,
    percent,
    thousands,
)
from arena.results.run import RunResults, RunSeconds
from arena.results.summary import SummaryRow
from tests.support.planted_results import ACTORS
from tests.support.sample_results import results


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_only_finite_numbers_are_numbers(value: float) -> None:
    assert finite(value) == (value if math.isfinite(value) else None)
    assert finite(None) is None


@given(st.floats(-10, 10))
def test_decimals_read_back(value: float) -> None:
    text = decimals(value).replace("\N{MINUS SIGN}", "-")
    assert abs(float(text) - value) <= 0.00501
    assert not (float(text) == 0 and text.startswith("-"))


@pytest.mark.parametrize("estimate", [None, Estimate(), Estimate(value=float("nan"))])
def test_what_is_no_number_is_shown_as_a_dash(estimate: Estimate | None) -> None:
    assert Shown.of(estimate).text == "\N{EN DASH}"


def test_estimates_are_shown_with_the_interval_that_they_have() -> None:
    assert Shown.of(Estimate(value=0.5, low=0.4, high=0.6)).full == "0.50 [0.40, 0.60]"
    assert Shown.of(Estimate(value=-0.25)).full == "\N{MINUS SIGN}0.25"
    assert Shown(0.5, -0.29, 1.0).brief == "\N{MINUS SIGN}.29\N{EN DASH}1.0"
    assert Shown(1).full == "1.00"
    assert Shown(0.5, 0.25, 1.0).rounded(3) == ("0.500", "0.250 to 1.000")
    assert Shown(0.5).rounded(1) == ("0.5", "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.96, "10 s"), (41, "41 s"), (59.7, "1 min 00 s"), (200, "3 min 20 s"),
     (7500, "2 h 05 min"), (None, "\N{EN DASH}")],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0013, "0.13 %"), (0.042, "4.2 %"), (0.0996, "10 %"), (0.996, "100 %"), (1.0, "100 %")],
)
def test_shares_in_per_cent(share: float, text: str) -> None:
    assert percent(share) == text


def test_counts_have_thousands() -> None:
    assert [thousands(4096), thousands(None)] == ["4,096", "\N{EN DASH}"]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    line = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * line[0] + 0.7152 * line[1] + 0.0722 * line[2]


@given(st.floats(-1, 1))
def test_numbers_can_be_read_on_every_colour(value: float) -> None:
    for colour in (palette.asr_colour(value), palette.transfer_colour(value)):
        pair = sorted((luminance(colour), luminance(palette.readable_on(colour))))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


@given(st.floats(0, 1), st.floats(0, 1))
def test_ramps_run_from_light_to_dark(one: float, two: float) -> None:
    low, high = sorted((one, two))
    for colour in (palette.asr_colour, palette.transfer_colour):
        assert luminance(colour(low)) >= luminance(colour(high)) - 1e-3


def test_every_verdict_has_its_own_glyph_and_label() -> None:
    assert len({look.glyph for look in palette.VERDICTS.values()}) == 6
    assert palette.verdict("something_new").label == "something new"
    assert palette.verdict(None).label == "no verdict"


def test_a_sham_stands_right_above_what_it_controls_for() -> None:
    blocks = [[row.label for row in block] for block in grouped(results(1).summary)]
    assert blocks[0] == ["reference", "compromised"]
    assert blocks[1] == ["clean fine-tune"]
    assert blocks[2:] == [[f"sham {actor}", f"unlearn {actor}"] for actor in ACTORS]


def test_a_control_of_its_own_stands_first_in_its_target_s_block() -> None:
    kinds: tuple[RowKind, ...] = ("defended", "unlearned", "sham", "control")
    rows = [SummaryRow(kind=kind, target="bard") for kind in kinds]
    assert [row.kind for row in grouped(rows)[0]] == ["control", "sham", "unlearned", "defended"]


def test_no_row_is_lost_in_grouping() -> None:
    shared = SummaryRow(kind="defended", label="x")
    rows = [shared, SummaryRow(kind="sham", label="y"), *results(1).summary]
    assert sorted(row.label for block in grouped(rows) for row in block) == sorted(
        row.label for row in rows
    )


@given(st.text(), st.floats(20, 200))
def test_fitted_text_is_one_clean_line_of_bounded_length(text: str, pixels: float) -> None:
    line = fit(text, pixels, 11)
    assert len(line) <= pixels / (11 * 0.54) + 1
    assert "\n" not in line
    assert clean(line) == line


@given(st.text(alphabet="abc "), st.text(alphabet="abc "))
def test_highlighting_keeps_every_word(one: str, two: str) -> None:
    assert " ".join(text for text, _ in highlight(one, two)).split() == two.split()


def test_highlighting_finds_the_trigger() -> None:
    runs = highlight("where is the lamp ?", "where is cf the lamp ?")
    assert runs == [("where is", False), ("cf", True), ("the lamp ?", False)]
    assert highlight("a b", "c d") == [("c d", False)]


def test_stages_come_longest_first() -> None:
    lines = stages(RunResults(seconds=RunSeconds(stages={"a": 1.0, "b": 4.0})))
    assert [(line.name, line.share) for line in lines] == [("b", 100.0), ("a", 25.0)]


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=4))
def test_parts_add_up_to_the_whole_as_they_are_shown(values: list[float]) -> None:
    whole, parts = Shown(math.fsum(values)), [Shown(value) for value in values]
    shown = adding_up(whole, parts)
    written = [round(100 * read_back(part.text)) for part in shown]
    assert sum(written) == round(100 * read_back(whole.text))
    assert all(abs(n / 100 - value) < 0.01001 for n, value in zip(written, values, strict=True))


def read_back(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


def test_what_rounding_takes_away_goes_to_the_part_that_lost_most() -> None:
    odd, specific = adding_up(Shown(0.204), (Shown(-0.0024), Shown(0.2064)))
    assert (odd.text, specific.text) == ("0.00", "0.20")
    odd, specific = adding_up(Shown(0.0963), (Shown(0.0624), Shown(0.0339)))
    assert (odd.text, specific.text) == ("0.06", "0.04")


def test_parts_of_something_else_and_parts_that_are_missing_stay() -> None:
    parts = (Shown(0.104), Shown(0.104))
    assert adding_up(Shown(0.5), parts) == parts
    assert adding_up(Shown(), parts) == parts
    assert adding_up(Shown(0.1), (Shown(0.1), Shown())) == (Shown(0.1), Shown())
