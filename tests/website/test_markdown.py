"""Pages have the same blocks in the site as on a code host."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from website.markdown import for_python_markdown

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
BLOCKS = {"ul", "ol", "li", "table", "tr", "pre", "h1", "h2", "h3", "h4", "blockquote", "div"}


class Blocks(HTMLParser):
    """The block elements of a page in order, opened and closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in BLOCKS:
            self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.seen.append(f"/{tag}")


def in_the_site(text: str) -> list[str]:
    markdown = pytest.importorskip("markdown")  # of the extra `docs`
    extensions = ["sane_lists", "tables", "pymdownx.superfences", "md_in_html"]
    plain = {"pymdownx.superfences": {"disable_indented_code_blocks": False}}
    html = markdown.markdown(
        for_python_markdown(text), extensions=extensions, extension_configs=plain
    )
    return Blocks(re.sub(r'<div class="highlight">(.*?)</div>', r"\1", html, flags=re.DOTALL)).seen


def on_a_code_host(text: str) -> list[str]:
    return Blocks(MarkdownIt("commonmark").enable("table").render(text)).seen


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_the_same_blocks(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert in_the_site(text) == on_a_code_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "Text:\n- one\n- two\n\nText.\n",
        "1. one\n   - inner\n     more\n   - inner\n2. two\n\n   Paragraph.\n",
        "- one\n  ```python\n  - code\n\n  | x |\n  ```\n- two\n",
        "Text\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "Grew until\n2026. Then it fell.\n",
        "- one\nlazy text\n\n```\n- code\n```\n",
    ],
)
def test_lists_tables_and_code_are_those_of_a_code_host(text: str) -> None:
    assert in_the_site(text) == on_a_code_host(text)
