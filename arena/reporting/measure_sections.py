"""The sections of measures: each is made by its measure, looked up by name in the registry.

Nothing here depends on a particular measure; those of plug-ins are shown like built-in ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from arena import registry
from arena.api.measure import Measure, MeasureFindings, Section
from arena.errors import InputError
from arena.reporting.omissions import omissions
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.stress import StressResults

Show = Callable[[Measure, MeasureFindings], Section | None]


@dataclass(frozen=True)
class MeasureSection:
    """One measure's part of a page. notes: what it left out, in sentences."""

    name: str
    section: Section
    notes: tuple[str, ...]

    @property
    def without_figures(self) -> MeasureSection:
        """Return the section with words and tables only."""
        return replace(self, section=replace(self.section, figures={}))


def run_sections(results: RunResults) -> list[MeasureSection]:
    """Return the section of every measure that has something to show of a run."""
    return list(_sections(results, lambda measure, found: measure.section(found, results.actors)))


def cell_sections(results: RunResults) -> list[MeasureSection]:
    """Return the sections of a stress run's cell: of measures that are not shown over all cells."""
    return [each for each in run_sections(results) if not _has_grid_section(each.name)]


def grid_sections(results: StressResults) -> list[MeasureSection]:
    """Return the sections over all cells of a stress run."""
    actors: Sequence[str] = results.actors
    return list(_sections(results, lambda measure, found: measure.grid_section(found, actors)))


def _sections(results: RunResults | StressResults, show: Show) -> Iterator[MeasureSection]:
    shown = [
        (measure, findings)
        for name, findings in results.measures.items()
        if isinstance(findings, MeasureFindings)
        and (measure := _measure(name, results.scenario)) is not None
    ]
    for measure, findings in sorted(shown, key=lambda pair: pair[0].place):
        section = show(measure, findings)
        if section is not None:
            yield MeasureSection(measure.name, section, tuple(omissions(findings)))


def _measure(name: str, scenario: ScenarioRecord) -> Measure | None:
    """The measure of this name with the scenario's parameters; None if it is not registered."""
    try:
        part: type[Measure] = registry.get("measure", name)
    except InputError:
        return None
    try:
        return part(part.Params.model_validate(dict(scenario.section("measures", name))))
    except ValidationError:  # a scenario of another version
        return part(part.Params.model_construct())


def _has_grid_section(name: str) -> bool:
    measure: type[Measure] = registry.get("measure", name)
    return measure.grid_section is not Measure.grid_section


def figures_of(sections: Sequence[MeasureSection]) -> Mapping[str, str]:
    """Return the figures of all sections by name, as SVG."""
    return {name: svg for each in sections for name, svg in each.section.figures.items()}
