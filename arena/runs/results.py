"""From the records of seeds to the results of a run (docs/results.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

from arena.api.measure import Study
from arena.measures.reactivation import curves_of
from arena.results.curves import DoseCurve
from arena.results.pairs import Pair
from arena.results.planting import ActorInstallation, BenignConditional, Introduction, Planted
from arena.results.rows import Row
from arena.results.run import AtDose, RunResults, RunSeconds
from arena.results.scenario import ScenarioRecord
from arena.results.seed_record import SeedRecord
from arena.runs.clean_text import clean_text_of
from arena.runs.league import decoys_of, league_of
from arena.runs.measures import findings_of, measures_of, readings_of
from arena.scenario.schema import Scenario, Thresholds
from arena.statistics.claim import analyse, benign_in, installed_in
from arena.statistics.depth import depths
from arena.statistics.doses import over_doses
from arena.statistics.intervals import over_seeds
from arena.statistics.reactivation import Curve
from arena.statistics.seeds import at_dose
from arena.statistics.survival import survival


def results_of(
    scenario: Scenario, records: Sequence[SeedRecord], total: float, notes: Sequence[str] = ()
) -> RunResults:
    """Return the results of a run from the records of its seeds.

    Args:
        scenario: its seeds are those of the records, in the same order.
        total: seconds that the run took.
        notes: on the run as a whole.
    """
    first = records[0]
    names = tuple(actor.name for actor in scenario.actors)
    methods = {actor.name: actor.trigger.name for actor in scenario.actors}
    planted = [each for record in records for each in record.planted]
    measures, thresholds = measures_of(scenario), scenario.thresholds
    rows = [row for record in records for row in record.rows]
    defended = [row for row in at_dose(rows, "harmless") if row.dose and row.kind == "defended"]
    analysis = analyse([*at_dose(rows, "least"), *defended], names, methods, thresholds, planted)
    study = _study(first, rows, names, thresholds, analysis.transfer)
    curves = tuple(curve for record in records for curve in record.curves)
    return RunResults(
        scenario=ScenarioRecord(scenario.resolved()),
        seeds=scenario.seeds,
        actors=names,
        rows=tuple(rows),
        transfer=analysis.transfer,
        installed=analysis.installed,
        installation=_with_depth(scenario, analysis.installation, rows, curves, study),
        benign=_conditionals(first.benign, analysis.benign),
        summary=analysis.summary,
        claim=analysis.claim,
        most=_most(rows, names, methods, thresholds, planted),
        curves=curves,
        over_doses=over_doses(
            curves,
            rows,
            names,
            study.installed,
            thresholds.explained_by_control,
            benign_in(at_dose(rows, "least"), thresholds),
        ),
        training=tuple(each for record in records for each in record.training),
        thresholds=analysis.thresholds,
        measures=findings_of(measures, records, study),
        league=league_of(scenario, at_dose(rows, "harmless"), _curves(records, study), curves),
        decoys=decoys_of(scenario, at_dose(rows, "least")),
        cast=first.cast,
        planted=tuple(planted),
        survival=survival(rows, thresholds.installed_asr),
        first_samples=first.samples,
        corpus=first.corpus,
        clean_text=clean_text_of(scenario, records),
        environment=first.environment,
        seconds=RunSeconds(total=round(total, 2), stages=_stage_seconds(records)),
        notes=tuple(notes),
    )


def _study(
    first: SeedRecord,
    rows: Sequence[Row],
    actors: tuple[str, ...],
    thresholds: Thresholds,
    pairs: Sequence[Pair],
) -> Study:
    """What measures are told of the run: who is installed, and T, at `least`."""
    return Study(
        actors=actors,
        installed=installed_in(at_dose(rows, "least"), actors, thresholds),
        transfers=_transfers(pairs),
        poisoned=first.poisoned,
        over_seeds=partial(over_seeds, shape="graded"),
    )


def _with_depth(
    scenario: Scenario,
    installation: Mapping[str, ActorInstallation],
    rows: Sequence[Row],
    curves: Sequence[DoseCurve],
    study: Study,
) -> dict[str, ActorInstallation]:
    """Each actor's installation, with its depth."""
    exposures = {actor.name: scenario.exposures_of(actor) for actor in scenario.actors}
    deep = depths(rows, curves, study.installed, exposures)
    return {
        actor: each.model_copy(update={"depth": deep[actor]})
        for actor, each in installation.items()
    }


def _most(
    rows: Sequence[Row],
    actors: Sequence[str],
    methods: Mapping[str, str],
    thresholds: Thresholds,
    planted: Sequence[Planted],
) -> AtDose | None:
    """The findings at `most`, if removals are scored along their way."""
    if all(row.dose is None for row in rows):
        return None
    found = analyse(at_dose(rows, "most"), actors, methods, thresholds, planted)
    return AtDose(transfer=found.transfer, summary=found.summary, claim=found.claim)


def _transfers(pairs: Sequence[Pair]) -> dict[tuple[int, str, str], float]:
    return {
        (case.seed, pair.source, pair.to): case.transfer
        for pair in pairs
        for case in pair.per_seed
        if case.transfer is not None
    }


def _curves(records: Sequence[SeedRecord], study: Study) -> list[Curve]:
    """The reactivation curves of installed backdoors, which the league shows beside the ASR left;
    empty if not measured."""
    curves = curves_of(readings_of("reactivation", records))
    return [curve for curve in curves if (curve.seed, curve.actor) in study.installed]


def _conditionals(
    introduced: Mapping[str, Introduction], known: Mapping[str, BenignConditional]
) -> dict[str, BenignConditional]:
    """The benign conditionals with their introductions."""
    return {
        name: known[name].model_copy(update=dict(each))
        for name, each in introduced.items()
        if name in known
    }


def _stage_seconds(records: Sequence[SeedRecord]) -> dict[str, float]:
    """Seconds spent on each kind of stage when it was run."""
    spent: dict[str, float] = defaultdict(float)
    for record in records:
        for kind, seconds in record.stages.items():
            spent[kind] += seconds
    return {kind: round(seconds, 2) for kind, seconds in spent.items()}
