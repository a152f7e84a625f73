"""From stored measures to their parts of `results.json` (shapes: docs/results.md)."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
from typing import Any

from arena.planning.graph import RowPlan, SeedPlan
from arena.planning.measures import too_few
from arena.measures.jobs import QUIET, REACTIVATION, REPRESENTATIONS, SHIFTS
from arena.store.store import Store
from arena.scenario.schema import Scenario
from arena.statistics.quiet import QuietRate, quiet_json
from arena.statistics.reactivation import Curve, reactivation_json
from arena.statistics.representations import Recognition, Shifts, representations_json


def measures_json(
    scenario: Scenario,
    plans: Sequence[SeedPlan],
    installed: Container[tuple[int, str]],
    pairs: Sequence[dict[str, Any]],
    store: Store,
) -> dict[str, Any]:
    """`representations`, `quiet` and `reactivation`, each where the scenario asks for it.

    Args:
        installed: seed and actor of every installed backdoor; what never was there is not
            measured as gone. pairs: `transfer` of the results.
    """
    asked, found = scenario.measures, dict[str, Any]()
    if asked.representations is not None:
        transfers = {
            (cell["seed"], pair["from"], pair["to"]): cell["transfer"]
            for pair in pairs
            for cell in pair["per_seed"]
            if cell["transfer"] is not None
        }
        shifts = [s for s in _shifts(plans, store) if (s.seed, s.target) in installed]
        known = [r for r in _recognition(plans, store) if (r.seed, r.actor) in installed]
        found["representations"] = representations_json(shifts, known, transfers)
    if asked.quiet is not None:
        rates = [r for r in _quiet(plans, store) if (r.seed, r.actor) in installed]
        found["quiet"] = quiet_json(rates, asked.quiet.temperature, asked.quiet.draws)
    if asked.reactivation is not None:
        curves = curves_of(plans, store, installed)
        few = too_few(plans[0].cast, asked.reactivation)
        found["reactivation"] = {**reactivation_json(curves), "left_out": few}
    away = _not_installed(plans, installed)
    return {name: {**part, "not_installed": away} for name, part in found.items()}


def curves_of(
    plans: Sequence[SeedPlan], store: Store, installed: Container[tuple[int, str]]
) -> list[Curve]:
    """The reactivation curves of installed backdoors; none where they were not measured."""
    return [curve for curve in _curves(plans, store) if (curve.seed, curve.actor) in installed]


def _not_installed(
    plans: Sequence[SeedPlan], installed: Container[tuple[int, str]]
) -> dict[str, int]:
    """Seeds left out by actor, for those with any."""
    seeds = {
        member.name: sum((plan.seed, member.name) not in installed for plan in plans)
        for member in plans[0].cast.members
    }
    return {name: count for name, count in seeds.items() if count}


def _with(plans: Sequence[SeedPlan], kind: str, store: Store) -> Iterator[tuple[int, RowPlan, Any]]:
    """Seed, row and artifact folder of every row that has a measure of that kind."""
    for plan in plans:
        for row in plan.rows:
            if kind in row.measures:
                yield plan.seed, row, store.path(row.measures[kind])


def _shifts(plans: Sequence[SeedPlan], store: Store) -> Iterator[Shifts]:
    from safetensors.numpy import load_file

    for seed, row, folder in _with(plans, "represent", store):
        if row.kind == "unlearned" and row.target is not None:
            yield Shifts(seed, row.target, **load_file(folder / SHIFTS))


def _recognition(plans: Sequence[SeedPlan], store: Store) -> Iterator[Recognition]:
    for seed, row, folder in _with(plans, "represent", store):
        content = json.loads((folder / REPRESENTATIONS).read_text())
        for actor, layers in content["recognition"].items():
            yield Recognition(seed, row.kind, row.target, actor, tuple(layers))


def _quiet(plans: Sequence[SeedPlan], store: Store) -> Iterator[QuietRate]:
    for seed, row, folder in _with(plans, "quiet", store):
        for rate in json.loads((folder / QUIET).read_text())["rates"]:
            yield QuietRate(seed, row.kind, row.target, **rate)


def _curves(plans: Sequence[SeedPlan], store: Store) -> Iterator[Curve]:
    for seed, row, folder in _with(plans, "reactivate", store):
        content = json.loads((folder / REACTIVATION).read_text())
        for actor, points in content["curves"].items():
            if all(point["n"] for point in points):
                samples = tuple(point["samples"] for point in points)
                asr = tuple(point["hits"] / point["n"] for point in points)
                yield Curve(seed, row.kind, row.target, actor, samples, asr, row.name)
