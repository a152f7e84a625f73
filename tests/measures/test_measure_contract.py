"""What holds of every registered measure: picklable jobs, findings that survive JSON, a section
that renders or none."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena import registry
from arena.api.measure import Measure, MeasureFindings
from arena.reporting.measure_sections import MeasureSection
from arena.reporting.render import measure_html
from arena.store.identity import identity_of
from tests.support.measured_results import measured
from tests.support.plans import plan
from tests.support.planted_results import ACTORS
from tests.support.result_draws import of_model

MEASURES = registry.names("measure")


def measure_of(name: str, params: dict[str, Any]) -> Measure:
    part: type[Measure] = registry.get("measure", name)
    return part(part.Params.model_validate(params))


def examples() -> list[tuple[str, dict[str, Any]]]:
    parts: dict[str, type[Measure]] = {name: registry.get("measure", name) for name in MEASURES}
    return [(name, params) for name, part in parts.items() for params in part.examples()]


def rendered(measure: Measure, findings: MeasureFindings) -> str:
    """Its sections of a run and of a grid, with and without figures, as HTML."""
    sections = [measure.section(findings, ACTORS), measure.grid_section(findings, ACTORS)]
    shown = [MeasureSection(measure.name, section, ()) for section in sections if section]
    return "".join(measure_html([*shown, *(each.without_figures for each in shown)]))


@pytest.mark.parametrize(("name", "params"), examples())
def test_jobs_are_plain_values(name: str, params: dict[str, Any]) -> None:
    enough = "defender.share=0.4"  # contents to search on and others to score on
    made = plan(enough, f"measures={json.dumps({name: params})}")
    rows = [row for row in made.rows if name in row.measures]
    assert {row.kind for row in rows} <= measure_of(name, params).rows
    assert rows
    for row in rows:
        job = made.nodes[row.measures[name]].job
        again = pickle.loads(pickle.dumps(job))
        assert identity_of(again) == identity_of(job)


@pytest.mark.parametrize("name", MEASURES)
def test_what_was_not_measured_has_no_section(name: str) -> None:
    measure = measure_of(name, {})
    assert measure.section(measure.Findings(), ACTORS) is None
    assert measure.grid_section(measure.Findings(), ACTORS) is None


@pytest.mark.parametrize("name", MEASURES)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_findings_survive_json_and_render(name: str, data: st.DataObject) -> None:
    measure = measure_of(name, {})
    findings = data.draw(of_model(measure.Findings))
    text = findings.model_dump_json(by_alias=True)
    again = measure.Findings.model_validate_json(text)
    assert again == findings
    assert isinstance(rendered(measure, again), str)


@pytest.mark.parametrize("name", MEASURES)
def test_a_section_says_its_title_and_draws_what_it_names(name: str) -> None:
    measure, findings = measure_of(name, {}), measured().measures[name]
    assert isinstance(findings, MeasureFindings)
    section = measure.section(findings, ACTORS)
    assert section is not None
    html = rendered(measure, findings)
    assert f"<h2>{section.title}</h2>" in html
    assert all(svg in html for svg in section.figures.values())


def test_places_decide_the_order() -> None:
    places = {name: measure_of(name, {}).place for name in MEASURES}
    order = ["representations", "reactivation", "quiet", "flagged", "discovered"]
    assert sorted(places, key=places.__getitem__) == order
