"""README and docs: links lead somewhere, the commands exist, and the README's scenario is valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from arena.cli.app import app
from arena.scenario.load import load_scenario

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as Markdown renderers make them."""
    prose = re.sub(r"^```.*?^```", "", text(page), flags=re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w-]", "", head.lower().replace(" ", "-")) for head in heads}


def broken_links(page: Path) -> Iterator[str]:
    for target, anchor in LINK.findall(text(page)):
        if target.startswith("http"):
            continue
        file = page.parent / target if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One head\n[here](#one-head) [gone](#two) [lost](none.md)\n")
    assert list(broken_links(page)) == ["#two", "none.md#"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_exists(page: Path) -> None:
    shown = {
        name
        for block in (*blocks(page, "console"), *blocks(page, "bash"))
        for name in re.findall(r"^\s*(?:\S*/)?arena ([a-z]+)", block, re.MULTILINE)
    }
    assert shown <= COMMANDS


def test_the_readme_leads_to_every_page() -> None:
    linked = {target for target, _ in LINK.findall(text(ROOT / "README.md"))}
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_the_list_of_commands_is_complete() -> None:
    listed = set(re.findall(r"^arena ([a-z]+)", text(ROOT / "docs" / "running.md"), re.MULTILINE))
    assert listed == COMMANDS


def test_the_readme_scenario_is_valid(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "README.md", "yaml")
    file = tmp_path / "mine.yaml"
    file.write_text(block)
    scenario = load_scenario(file)
    assert [actor.name for actor in scenario.actors] == ["token", "bard"]
