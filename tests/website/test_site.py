"""The site: built without a warning, of up-to-date pages, asking no other host for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from website import api, commands, pictures

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LOADS = {  # what a browser fetches by itself; a plain link it does not
    "src": {"script", "img", "iframe", "source", "video", "audio", "embed", "track"},
    "srcset": {"img", "source"},
    "href": {"link", "image", "use"},
    "data": {"object"},
}
ELSEWHERE = re.compile(r"\s*(?:[a-z]+:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^)'\"\s]*)")


class Loaded(HTMLParser):
    """The addresses on other hosts that a page would load, and the scripts that would add some."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elsewhere: list[str] = IN_STYLE.findall(html)
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            if tag in LOADS.get(name, ()) and given.get("rel") != "canonical":
                self.elsewhere += [value] if ELSEWHERE.match(value) else []
        # Material's own script loads a library for diagrams, and the numbers of a repository.
        if "mermaid" in given.get("class", "") or given.get("data-md-component") == "source":
            self.elsewhere.append(f"{tag} {given}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly."""
    pytest.importorskip("material")  # of the extra `docs`
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_it_asks_no_other_host(site: Path) -> None:
    pages = [*site.rglob("*.html"), *site.rglob("*.css"), *site.rglob("*.svg")]
    assert len(pages) > 40
    found = {
        str(page.relative_to(site)): elsewhere
        for page in pages
        if (elsewhere := Loaded(page.read_text(encoding="utf-8")).elsewhere)
    }
    assert found == {}


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="preconnect" href="//fonts.example">',
        '<img src="HTTPS://img.shields.example/badge">',
        "<style>@import 'https://fonts.example/css'; a {b: url(//x.example/y)}</style>",
        '<pre class="mermaid">graph</pre>',
    ],
)
def test_a_page_that_does_is_noticed(html: str) -> None:
    assert Loaded(html).elsewhere
    assert not Loaded('<a href="https://arxiv.org">a link</a><img src="figures/x.svg">').elsewhere


def test_files_outside_docs_are_part_of_it(site: Path) -> None:
    performance = (site / "performance.html").read_text(encoding="utf-8")
    assert 'href="benchmarks.html"' in performance
    assert "Add an attack in 15 minutes" in (site / "contributing.html").read_text("utf-8")
    schemas = (site / "results.html").read_text(encoding="utf-8")
    assert 'href="schema/index.html"' in schemas
    assert 'href="run.json"' in (site / "schema" / "index.html").read_text(encoding="utf-8")


def test_anchors_are_those_of_a_code_host(site: Path) -> None:
    page = (site / "cluster.html").read_text(encoding="utf-8")
    assert 'id="models-that-do-not-fit-one-gpu-processes"' in page
    assert 'id="resources-of-stages-runtimeresources"' in page


GENERATED: dict[str, Callable[[], str]] = {
    "commands.md": commands.document,
    "api.md": api.document,
    **{f"figures/concept-{n}.svg": partial(pictures.text, n) for n in pictures.PICTURES},
}


@pytest.mark.usefixtures("rendered")
@pytest.mark.parametrize("page", GENERATED)
def test_generated_pages_and_pictures_are_up_to_date(page: str) -> None:
    """Written by `python -m website.commands docs/commands.md`, `website.api docs/api.md` and
    `website.pictures docs/figures`."""
    assert (DOCS / page).read_text(encoding="utf-8") == GENERATED[page]()


def test_every_picture_is_shown() -> None:
    shown = (DOCS / "concepts.md").read_text(encoding="utf-8")
    assert all(f"(figures/concept-{name}.svg)" in shown for name in pictures.PICTURES)
