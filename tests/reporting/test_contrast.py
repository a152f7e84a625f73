"""Text can be read: its contrast is at least 4.5 on every background it stands on, light and
dark."""

from __future__ import annotations

import inspect
import re
from importlib import resources

import pytest

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from tests.reporting.test_figures import MADE
from tests.support.sketches import RENDERING

TEXT = ("ink", "soft", "muted", "warm", "cool", "slate", "green", "plum", "olive", "steel", "teal",
        "violet", "grey")  # fmt: skip
GROUNDS = ("paper", "raised")


def themes() -> list[dict[str, str]]:
    """The variables of the style: light, then dark."""
    style = resources.files("arena.reporting").joinpath("templates", "style.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block)) for block in blocks]


LIGHT, DARK = themes()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_the_page(theme: dict[str, str]) -> None:
    pairs = [(theme[name], theme[ground]) for name in TEXT for ground in GROUNDS]
    pairs += [(theme[name], theme["wash"]) for name in ("ink", "soft", "muted", "warm", "cool")]
    pairs += [(theme["ink"], theme["marked"])]
    assert [pair for pair in pairs if palette.contrast(*pair) < palette.READABLE] == []


def test_the_colours_of_figures_are_those_of_the_light_page() -> None:
    assert {f"#{LIGHT[name[2:]][1:]}": name for name in palette.THEMED.values()} == palette.THEMED
    assert DARK.keys() == LIGHT.keys()


@pytest.mark.parametrize("name", sorted(MADE))
def test_text_in_a_figure_has_a_colour_that_can_be_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: set[str] = set()
    draw, signature = Sheet.text, inspect.signature(RENDERING["text"])

    def noted(sheet: Sheet, *given: object, **named: object) -> None:
        values = signature.bind(sheet, *given, **named)
        values.apply_defaults()
        used.add(values.arguments["colour"])
        draw(sheet, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Sheet, "text", noted)
    MADE[name]("s")
    readable = {colour for colour, name in palette.THEMED.items() if name[2:] in TEXT}
    on_shapes = {palette.ON_LIGHT, palette.ON_DARK, palette.BLACK, palette.PAPER}
    assert used
    assert used <= readable | on_shapes


def test_a_badge_can_be_read_on_its_own_colour() -> None:
    tones = [verdict.colour for verdict in palette.VERDICTS.values()]
    assert all(palette.contrast(tone, palette.PAPER) >= palette.READABLE for tone in tones)
