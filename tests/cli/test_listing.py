from importlib import metadata

import pytest
import typer
from typer.testing import CliRunner

from arena import registry
from arena.cli import app
from arena.cli.listing import KINDS
from arena.cli.order import ORDER
from arena.scenario import bundled


def listed(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["list", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_part_of_a_kind_has_its_line(kind: registry.Kind) -> None:
    status, text = listed(kind)
    assert status == 0
    first_words = [line.split()[0] for line in text.splitlines() if line.strip()]
    for name in registry.names(kind):
        assert name in first_words
        assert registry.summary(kind, name), f"{kind} {name} has no docstring"


def test_bundled_scenarios_with_their_descriptions() -> None:
    status, text = listed("scenario")
    assert status == 0
    for name in bundled.names():
        assert name in text
        assert bundled.summary(name)[:20] in text


def test_without_a_kind_all_are_shown() -> None:
    status, text = listed()
    assert status == 0
    assert all(kind in text for kind in KINDS)


def test_unknown_kind() -> None:
    status, text = listed("triger")
    assert status == 2
    assert "did you mean 'trigger'" in text


def test_summaries_are_not_read_as_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "summary", lambda kind, name: "see [bold]actors[0][/bold]")
    assert "see [bold]actors[0][/bold]" in listed("objective")[1]


@pytest.mark.parametrize("name", bundled.names())
def test_a_bundled_scenario_is_shown_to_the_letter(name: str) -> None:
    result = CliRunner().invoke(app, ["show", name])
    assert result.exit_code == 0
    assert result.stdout == bundled.text(name)


def test_a_scenario_that_is_not_bundled_is_told() -> None:
    result = CliRunner().invoke(app, ["show", "quikstart"])
    assert result.exit_code == 2
    assert "did you mean 'quickstart'?" in result.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command_in_the_order_a_person_meets_them(option: str) -> None:
    result = CliRunner().invoke(app, [option])
    assert result.exit_code == 0
    at = [result.stdout.index(f"│ {name} ") for name in ORDER]
    assert at == sorted(at)
    assert sorted(ORDER) == sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"arena {metadata.version('backdoor-arena')}\n"
