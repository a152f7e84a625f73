"""Figures are pure: same data, same SVG; ids never clash; every number is there as text.

Each figure is rendered once; what it shows is read from its sketch.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any
from xml.dom import minidom

import pytest

from arena.reporting import figures, palette
from arena.reporting.events import Event
from arena.reporting.figures.curves import CellCurve
from arena.reporting.figures.plane import Marks
from arena.reporting.removals import removals
from arena.reporting.text import clean
from arena.reporting.training import training_panels
from arena.results.claim import Claim
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.pairs import Pair
from arena.results.summary import SummaryRow
from arena.statistics.plane import planes
from tests.reporting.test_plane import DEEP, SHALLOW
from tests.support.curve_results import with_curves, with_training
from tests.support.html_pages import ODD
from tests.support.planted_results import ACTORS, THRESHOLDS
from tests.support.sample_results import events, results
from tests.support.sketches import SKETCHING, drawing

R8 = results(8)
(PLANE,) = planes((SHALLOW, DEEP))
CURVES = [CellCurve(each.id, each.over_doses, each.dose_spans) for each in (SHALLOW, DEEP)]
TRAINED = training_panels(with_training(R8))
ALONG = removals(with_curves(R8))
CLAIM = R8.claim or Claim()
MADE: dict[str, Callable[[str], str]] = {
    "claim": lambda salt: figures.claim_forest(CLAIM, THRESHOLDS, salt=salt),
    "asr": lambda salt: figures.asr_heatmap(ACTORS, R8.summary, salt=salt),
    "transfer": lambda salt: figures.transfer_heatmap(ACTORS, R8.transfer, salt=salt),
    "seeds": lambda salt: figures.seeds_dots(ACTORS, R8.transfer, salt=salt),
    "timeline": lambda salt: figures.timeline(events(2), salt=salt),
    "plane": lambda salt: figures.depth_plane(PLANE, Marks(0.01, 0.8), salt=salt),
    "curves": lambda salt: figures.curves_by_cell(CURVES, salt=salt),
    "removals": lambda salt: figures.removal_panels(ALONG, salt=salt),
    "training": lambda salt: figures.loss_panels(TRAINED, ACTORS, salt=salt),
}


def root_of(svg: str) -> Any:
    return minidom.parseString(svg.encode()).documentElement


def texts(svg: str) -> list[str]:
    return [node.firstChild.data for node in root_of(svg).getElementsByTagName("text")]


def ids(svg: str) -> set[str]:
    return {node.getAttribute("id") for node in root_of(svg).getElementsByTagName("*")} - {""}


@pytest.mark.parametrize("name", sorted(MADE))
def test_drawing_is_deterministic_and_two_salts_share_no_id(name: str) -> None:
    svg = MADE[name]("s")
    assert svg == MADE[name]("s")
    one, two = ids(svg), ids(MADE[name]("two"))
    assert one
    assert not one & two


@pytest.mark.usefixtures("rendered")
def test_so_is_rendering_and_it_is_dateless() -> None:
    pairs = [R8.transfer[0].model_copy(update={"verdict": "not_installed"})]  # hatched
    one, again, two = (
        figures.transfer_heatmap(ACTORS, pairs, salt=salt) for salt in ("one", "one", "two")
    )
    assert one == again
    assert "<pattern" in one
    assert "metadata" not in one
    assert "<style" not in one
    assert ids(one)
    assert not ids(one) & ids(two)


@pytest.mark.usefixtures("rendered")
@pytest.mark.parametrize("name", sorted(MADE))
def test_every_figure_is_rendered_with_a_name_and_a_description(name: str) -> None:
    svg = MADE[name]("s")
    assert svg.startswith("<svg")
    root = root_of(svg)
    assert root.getAttribute("role") == "img"
    title, desc = root.getAttribute("aria-labelledby").split()
    said = {node.getAttribute("id"): node.firstChild.data for node in root.childNodes[:2]}
    assert said[title]
    assert len(said[desc]) > 20
    with drawing(SKETCHING):
        assert sorted(texts(svg)) == sorted(texts(MADE[name]("s")))


def test_every_rate_stands_in_its_cell() -> None:
    seen = texts(MADE["asr"]("s"))
    for row in R8.summary:
        assert row.label in seen
        for actor in ACTORS:
            assert f"{row.asr[actor].value:.2f}" in seen


@pytest.mark.usefixtures("rendered")
def test_disclosed_cells_are_outlined_once_each() -> None:
    outlined = [line for line in MADE["asr"]("s").split("<path ") if "stroke-width: 1.6" in line]
    assert len(outlined) == len(ACTORS) + 1  # one per actor, and the legend's
    # Cells keep their colours in a dark page, so outlines do not take the page's.
    on_cells = (palette.ON_LIGHT, palette.ON_DARK)
    assert all(any(f"stroke: {ink}" in line for ink in on_cells) for line in outlined)


@pytest.mark.parametrize(
    ("verdict", "label", "panels"),
    [("not_installed", "not inst.", 4), ("explained_by_control", "control", 3)],
)
def test_cells_without_meaning_are_hatched_and_say_why(
    verdict: str, label: str, panels: int
) -> None:
    pairs = [R8.transfer[0].model_copy(update={"verdict": verdict}), *R8.transfer[1:]]
    svg = figures.transfer_heatmap(ACTORS, pairs)
    assert texts(svg).count(label) == panels
    assert svg.count("hatched=") == panels
    assert "hatched=" not in MADE["transfer"]("s")


def test_not_installed_stands_over_the_column() -> None:
    svg = figures.asr_heatmap(ACTORS, R8.summary, {"bard": False})
    assert texts(svg).count("not installed") == 1


@pytest.mark.parametrize("n", [0, 1, 5, 6, 12])
def test_any_number_of_actors(n: int) -> None:
    actors = [f"actor number {i}" for i in range(n)]
    half, quarter = Estimate(value=0.5), SeedEstimate(value=0.25)
    pairs = [Pair(source=a, to=b, transfer=half) for a in actors for b in actors if a != b]
    rows = [SummaryRow(label="x", kind="control", asr=dict.fromkeys(actors, quarter))]
    assert texts(figures.asr_heatmap(actors, rows)).count("0.25") == n
    assert texts(figures.transfer_heatmap(actors, pairs)).count("0.50") == n * (n - 1)
    assert figures.seeds_dots(actors, pairs).startswith("<svg")


def test_every_seed_has_its_dot() -> None:
    svg = MADE["seeds"]("s")
    tips = [node.firstChild.data for node in root_of(svg).getElementsByTagName("title")][1:]
    assert len(tips) == 8 * 3 * len(R8.transfer)
    assert sum(tip.startswith("seed 7, unlearned") for tip in tips) == len(R8.transfer)


def test_overlapping_events_of_a_party_stack_up() -> None:
    apart = [Event(party="a", event="e", time=start, seconds=1.0) for start in (0, 1, 2)]
    same = [event.model_copy(update={"time": 0}) for event in apart]
    tall, low = (root_of(figures.timeline(each)).getAttribute("height") for each in (same, apart))
    assert float(tall) > float(low)


@pytest.mark.usefixtures("rendered")
@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_drawn_as_they_stand(name: str) -> None:
    root = root_of(figures.timeline([Event(party=name, event=name, time=0, seconds=1.0)]))
    said = [node.firstChild.data for node in root.getElementsByTagName("title")][1:]
    assert any(clean(name) in tip for tip in said)
    assert any(text[:9] == clean(name)[:9] for text in texts(root.toxml())) or not name


def test_threshold_lines_are_named() -> None:
    said = texts(MADE["claim"]("s"))
    assert "generalizes above 0.50" in said
    assert "fails below 0.20" in said


def test_drawing_leaves_pyplot_and_the_settings_alone() -> None:
    code = (
        "import sys\n"
        "from arena.reporting import build, terminal, figures\n"
        "assert 'matplotlib' not in sys.modules and 'torch' not in sys.modules\n"
        "import matplotlib; before = matplotlib.rcParams.copy()\n"
        "from arena.reporting.events import Event\n"
        "figures.timeline([Event(party='a', time=0)])\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert matplotlib.rcParams.copy() == before\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_names_are_written_whole_up_to_a_limit() -> None:
    (row,) = [each for each in R8.summary if each.kind == "control"]
    long = row.model_copy(update={"label": "clean fine-tune merchant", "target": "merchant"})
    assert "clean fine-tune merchant" in texts(figures.asr_heatmap(ACTORS, [long]))
    groups = {"rare token > rare token": CLAIM, "n" * 90: CLAIM}
    seen = texts(figures.groups_forest(groups, THRESHOLDS))
    assert "rare token > rare token" in seen
    assert any(text.startswith("nnnn") and text.endswith("…") for text in seen)
