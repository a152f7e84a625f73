"""Pages from templates: the Jinja environment, and the values that every page shows.

Everything in a scenario is untrusted text. It reaches the page through Jinja's autoescape,
and the figures through an XML writer; nothing else makes mark-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.reporting import palette
from arena.reporting.numbers import NONE, Shown, decimals, thousands
from arena.reporting.view import words
from arena.results.claim import VerdictThresholds
from arena.results.reader import Results


def fill(template: str, values: Mapping[str, Any], drawn: Mapping[str, str]) -> str:
    """Return a template with the values that it names and its figures, as HTML text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("arena", "reporting/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(decimals=decimals, thousands=thousands, words=words)
    # Safe: the text of these went through an XML writer.
    safe = {name: Markup(svg) for name, svg in drawn.items()}
    return environment.get_template(template).render(figures=safe, **values)


def common(results: Results) -> dict[str, Any]:
    """Return what the templates of every kind of results name."""
    scenario = results.scenario
    return {
        "title": scenario.name or "Backdoor Arena",
        "description": scenario.description,
        "environment": {
            key: NONE if value is None else value for key, value in results.environment.items()
        },
        "verdicts": palette.VERDICTS,
        "schema_version": results.schema_version,
    }


def shown_thresholds(thresholds: VerdictThresholds) -> dict[str, Shown]:
    """Return the thresholds that are set, by name."""
    return {
        name: Shown(value) for name, value in thresholds.model_dump().items() if value is not None
    }
