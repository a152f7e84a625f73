"""Pages from templates: the Jinja environment, and the values common to all pages.

Everything in a scenario is untrusted text. It reaches the page through Jinja's autoescape,
and the figures through an XML writer; nothing else makes mark-up.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from arena.reporting import palette
from arena.reporting.figures.canvas import themed
from arena.reporting.frame import framed
from arena.reporting.measure_sections import MeasureSection
from arena.reporting.shams import SPLIT_BY
from arena.reporting.text import clean
from arena.reporting.wording import part_text, threshold_text, words
from arena.results.claim import VerdictThresholds
from arena.results.numbers import NONE, Shown, decimals, thousands
from arena.results.reader import Results, notes_of

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def fill(template: str, values: Mapping[str, Any], drawn: Mapping[str, str]) -> str:
    """Return a template filled with its values and figures, as HTML text."""
    return _environment().get_template(template).render(figures=page_figures(drawn), **values)


def measure_html(measures: Sequence[MeasureSection]) -> list[Markup]:
    """Return the sections of measures as HTML, each filled from its measure's own template."""
    template = _environment().get_template("measure.html")
    return [
        _marked_up(template.render(title=each.section.title, body=_body(each), notes=each.notes))
        for each in measures
    ]


def _body(each: MeasureSection) -> Markup:
    section = each.section
    template = _environment().from_string(section.template)
    text = template.render(values=section.values, figures=page_figures(section.figures))
    return _marked_up(text)


@functools.cache
def _environment() -> Environment:
    return page_environment()


def page_environment(*more: tuple[str, str]) -> Environment:
    """Return what makes pages from the templates of this package and, where given, of further ones
    (a package's name and the folder in it), which are looked up first."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    places = [*more, ("arena", "reporting/templates")]
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(*place) for place in places]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script, hashed = own_script()
    environment.globals.update(script=_marked_up(script), script_hash=_marked_up(hashed))
    environment.filters.update(
        decimals=decimals, thousands=thousands, words=words, shown=Shown.of, framed=framed,
        part=part_text, threshold=threshold_text,
    )  # fmt: skip
    return environment


@functools.cache
def own_script() -> tuple[str, str]:
    """Return the script of every page, and its hash, by which the page's policy allows it and no
    other: text of a scenario runs nothing, whatever it is."""
    file = resources.files("arena.reporting").joinpath("templates", "tables.js")
    script = file.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return script, f"sha256-{digest}"


def page_figures(drawn: Mapping[str, str]) -> dict[str, Markup]:
    """Return figures in the page's colours, marked as safe HTML: their text went through an XML
    writer."""
    return {name: _marked_up(themed(svg)) for name, svg in drawn.items()}


def _marked_up(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)


def common(results: Results) -> dict[str, Any]:
    """Return the values that the templates of all kinds of results use."""
    scenario = results.scenario
    return {
        "title": scenario.name or "Backdoor Arena",
        "description": scenario.description,
        "environment": {
            key: NONE if value is None else value for key, value in results.environment.items()
        },
        "verdicts": palette.VERDICTS,
        "split_by": SPLIT_BY,
        "schema_version": results.schema_version,
        "whole_notes": [clean(note) for note in notes_of(results)],
    }


def shown_thresholds(thresholds: VerdictThresholds) -> dict[str, Shown]:
    """Return the thresholds that are set, by name."""
    return {
        name: Shown(value) for name, value in thresholds.model_dump().items() if value is not None
    }
