import pytest
from typer.testing import CliRunner

from arena import registry
from arena.cli import app
from arena.cli.listing import KINDS
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
