"""Help at every width: nothing is cut, no line is too wide, and a flag has no type."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from typer.main import get_group
from typer.testing import CliRunner

from arena.cli import app
from arena.cli.help import STYLES, colour_help

NESTED = ("models", "cache")
COMMANDS = [(), *((name,) for name in get_group(app).commands)]
COMMANDS += [(name, each) for name in NESTED for each in get_group(app).commands[name].commands]  # type: ignore[attr-defined]


NARROW = [(60, command) for command in COMMANDS]


@pytest.mark.parametrize(("width", "command"), [*NARROW, (80, ("tune",)), (140, ("run",))])
def test_nothing_is_cut(
    width: int, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", width)
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert max(map(cell_len, shown.output.splitlines())) <= width
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown.output
    assert "<bool>" not in shown.output


def test_no_colour_is_one_that_a_light_background_swallows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from typer import rich_utils

    for name in STYLES:
        monkeypatch.setattr(rich_utils, name, getattr(rich_utils, name))
    colour_help()
    styles = " ".join(
        value for name, value in vars(rich_utils).items() if name.startswith("STYLE_")
        if isinstance(value, str)
    )  # fmt: skip
    for pale in ("yellow", "cyan", "green", "white"):
        assert pale not in styles
