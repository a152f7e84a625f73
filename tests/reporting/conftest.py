"""Figures are drawn once for all pages of the same results: most of what a page costs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from arena.reporting import run_page
from arena.results.run import RunResults
from arena.results.writer import as_json

DRAWN: dict[str, dict[str, str]] = {}
DRAW: Callable[..., dict[str, str]] = run_page.draw


def drawn_once(results: RunResults, events: Sequence[Any]) -> dict[str, str]:
    """The figures of a run, which do not depend on its measures."""
    values = {key: value for key, value in as_json(results).items() if key != "measures"}
    key = json.dumps([values, repr(events)])
    if key not in DRAWN:
        DRAWN[key] = DRAW(results, events)
    return dict(DRAWN[key])


@pytest.fixture(autouse=True)
def figures_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_page, "draw", drawn_once)
