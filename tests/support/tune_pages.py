"""What a search shows on its page and in a terminal, as text."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from arena.reporting.tune import page
from arena.reporting.tune_terminal import tune_table
from arena.results.reader import parse_results
from arena.results.tune import TuneResults
from tests.support.html_pages import Page


def text_of(results: TuneResults) -> str:
    """The text of its page, in one line."""
    return " ".join(" ".join(Page(page(results)[0]).texts).split())


def shown(results: TuneResults, width: int, report: Path | None = None) -> str:
    """What the terminal shows at a width. report: where the page is."""
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(tune_table(results, width, report))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def read(values: dict[str, Any]) -> TuneResults:
    """Results as the reader takes them from a file."""
    results = parse_results(values)
    assert isinstance(results, TuneResults)
    return results


def changed(results: TuneResults, **parts: object) -> TuneResults:
    """The same results, with other parts."""
    return results.model_copy(update=parts)
