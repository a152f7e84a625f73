"""The page of one run: its figures, and everything that its template uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from arena.reporting import decoys, figures, league, view
from arena.reporting.beside import NOTHING, Beside
from arena.reporting.cast import cast
from arena.reporting.claim_card import (
    ClaimCard,
    claim_card,
    clean_lines,
    dose_lines,
    dose_spans,
    judged,
)
from arena.reporting.diagnosis import diagnose
from arena.reporting.events import Event
from arena.reporting.measure_sections import MeasureSection, figures_of, run_sections
from arena.reporting.planted import planted_table
from arena.reporting.removals import removals
from arena.reporting.render import common, fill, measure_html, shown_thresholds
from arena.reporting.rows import final, has_checkable, residents, scalar_columns
from arena.reporting.said import said
from arena.reporting.shams import conditional_names, conditionals, sham_lines
from arena.reporting.text import clean
from arena.reporting.training import training_panels
from arena.results.claim import Claim
from arena.results.estimate import Estimate
from arena.results.run import RunResults
from arena.results.sample_files import SampleFile


def page(
    results: RunResults,
    events: Sequence[Event],
    near: Beside = NOTHING,
    samples: SampleFile | None = None,
) -> tuple[str, dict[str, str]]:
    """Return the page as HTML text, and its figures by name as SVG.

    Args:
        results: of the run.
        events: its record; if empty, there is no timeline.
        near: what lies beside the page. samples: of one seed.
    """
    sections = run_sections(results)
    drawn = draw(results, events)
    every = {**figures_of(sections), **drawn}
    values = context(results, events, sections) | {"said": said(results, samples)}
    return fill("report.html", values | near.with_figures(every), drawn), every


def draw(results: RunResults, events: Sequence[Event]) -> dict[str, str]:
    """Return the figures for which a run has data, by name as SVG, without those of measures."""
    actors, pairs, summary = results.actors, results.transfer, results.summary
    models, joined = final(summary), residents(summary)
    claim = judged(results)
    split_by = "familiar" if claim is None else claim.split_by
    curve = [point for point in results.over_doses if point.cases]
    several = any(len(pair.per_seed) > 1 for pair in pairs)
    along, trade_off = removals(results), league.trade_off(results)
    trained = training_panels(results)
    drawings: list[tuple[str, bool, Callable[[], str]]] = [
        ("asr", bool(models), lambda: figures.asr_heatmap(actors, models, results.installed)),
        ("transfer", bool(pairs), lambda: figures.transfer_heatmap(actors, pairs)),
        ("seeds", several, lambda: figures.seeds_dots(actors, pairs)),
        ("dose", bool(curve), lambda: figures.dose_curve(curve, dose_spans(results), split_by)),
        ("removals", bool(along), lambda: figures.removal_panels(along)),
        ("pareto", bool(trade_off.entries), lambda: figures.pareto(*trade_off)),
        ("residence", bool(joined), lambda: figures.residence_heatmap(actors, joined)),
        ("survival", bool(results.survival), lambda: figures.survival_lines(_by_actor(results))),
        ("training", bool(trained), lambda: figures.loss_panels(trained, actors)),
        ("timeline", bool(events), lambda: figures.timeline(events)),
    ]
    drawn = {name: figure() for name, has_data, figure in drawings if has_data}
    if claim is not None:
        drawn["claim"] = figures.claim_forest(claim, results.thresholds)
    return drawn


def _by_actor(results: RunResults) -> dict[str, dict[int, Estimate]]:
    """Survival of each actor's backdoor, by hops."""
    return {
        actor: {s.hops: s.by_actor[actor] for s in results.survival if actor in s.by_actor}
        for actor in results.actors
        if any(actor in s.by_actor for s in results.survival)
    }


def _card(results: RunResults, claim: Claim) -> ClaimCard:
    card = claim_card(claim, results.thresholds, len(results.seeds))
    return replace(
        card,
        doses=dose_lines(results),
        clean=clean_lines(results.clean_text),
        shams=sham_lines(claim, results.rows),
    )


def context(
    results: RunResults, events: Sequence[Event], sections: Sequence[MeasureSection]
) -> dict[str, Any]:
    """Return everything that the template uses, except figures and style."""
    claim = judged(results)
    return {
        **common(results),
        "thresholds": shown_thresholds(results.thresholds),
        "scored_on": results.corpus.scored_on,
        "seeds": results.seeds,
        "actors": results.actors,
        "facts": view.facts(results),
        "claim": None if claim is None else _card(results, claim),
        "diagnosis": diagnose(results),
        "cast": cast(results),
        "conditionals": conditionals(results),
        "conditional_names": conditional_names(results.summary),
        "planted": planted_table(results),
        "summary": view.summary(results),
        "checkable": has_checkable(results.summary),
        "scalars": scalar_columns(results.summary),
        "pairs": view.pairs(results),
        "common_reason": view.common_reason(results),
        "league": league.league(results),
        "decoys": decoys.decoys(results),
        "measures": measure_html(sections),
        "parties": view.parties(events),
        "stages": view.stages(results),
        "stages_note": view.stages_note(results),
        "splits": view.splits(results),
        "data_notes": [clean(note) for note in results.corpus.notes],
        "corpus": results.corpus.name,
    }
