"""README and docs: links lead somewhere, the commands can be given, and the README's scenario is
valid."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from arena.cli.app import app
from arena.scenario.load import load_scenario

ROOT = Path(__file__).parents[1]
TOP = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
PAGES = [*TOP, *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
ARENA = typer.main.get_group(app)
AFTER_WORDS = re.compile(r"\s#|\s\|\|?\s|\s&&\s|\s>\s")  # a comment, or the shell goes on


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


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every `arena` command that a page shows."""
    for block in (*blocks(page, "console"), *blocks(page, "bash")):
        for line in block.replace("\\\n", " ").splitlines():
            if found := re.match(r"\s*(?:\S*/)?arena (.*)$", line):
                yield shlex.split(AFTER_WORDS.split(found[1])[0])


def parse(words: Sequence[str]) -> None:
    """Parse a command as the shell's would be, without running it."""
    context: Any = ARENA.make_context("arena", list(words))
    command: Any = ARENA
    while hasattr(command, "commands") and (left := [*context._protected_args, *context.args]):
        name, command, left = command.resolve_command(context, left)
        context = command.make_context(name, left, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_can_be_given(page: Path) -> None:
    for words in commands(page):
        if words != ["--version"]:  # which acts at once
            parse(words)


@pytest.mark.parametrize("words", [["runn", "x"], ["run", "x", "--sets", "a=1"], ["cache", "prun"]])
def test_a_command_that_cannot_is_noticed(words: list[str]) -> None:
    with pytest.raises(Exception, match="No such"):
        parse(words)


def test_readme_and_site_lead_to_every_page() -> None:
    linked = {target for target, _ in LINK.findall(text(ROOT / "README.md"))}
    site = yaml.safe_load(text(ROOT / "mkdocs.yml"))["nav"]
    linked |= {f"docs/{page}" for page in re.findall(r"[\w/]+\.md", str(site))}
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_the_list_of_commands_is_complete() -> None:
    listed = set(re.findall(r"^arena ([a-z]+)", text(ROOT / "docs" / "running.md"), re.MULTILINE))
    assert listed == set(ARENA.commands)


def test_the_readme_scenario_is_valid(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "README.md", "yaml")
    file = tmp_path / "mine.yaml"
    file.write_text(block)
    scenario = load_scenario(file)
    assert [actor.name for actor in scenario.actors] == ["token", "bard"]


def test_the_readme_is_short() -> None:
    """Under 700 words, without code."""
    prose = re.sub(
        r"^(```.*?^```|    [^\n]*)$", "", text(ROOT / "README.md"), flags=re.DOTALL | re.MULTILINE
    )
    shown = re.sub(r"\]\([^)]*\)", "]", prose)
    assert len([word for word in shown.split() if re.search(r"\w", word)]) < 700
