"""From stored scores to `results.json` (design of its shape: docs/results.md)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from arena import seeds
from arena.api.measure import Study
from arena.api.values import Count, Row
from arena.measures.reactivation import curves_of
from arena.planning.actors import PlannedActor
from arena.planning.graph import RowPlan, SeedPlan
from arena.planning.numerics import environment
from arena.runs.league import contest_json
from arena.runs.measures import findings_of, readings_of
from arena.scenario.schema import Scenario
from arena.stages.score import SCORES, counts
from arena.statistics.analysis import analyse, installed_in, row_json
from arena.statistics.reactivation import Curve
from arena.store.store import Store

SCHEMA_VERSION = 2


def gather(plan: SeedPlan, store: Store) -> list[Row]:
    """The rows of one seed, from its stored models and scores."""
    return [_row(plan, row, store) for row in plan.rows]


def _row(plan: SeedPlan, row: RowPlan, store: Store) -> Row:
    scores = json.loads((store.path(row.scores) / SCORES).read_text())
    manifest = store.manifest(row.model)
    norm = _update_norm(row, manifest["detail"])
    clean = scores["clean"]
    return Row(
        kind=row.kind,
        name=row.name,
        target=row.target,
        seed=plan.seed,
        asr=counts(scores, "asr"),
        false_fire=counts(scores, "false_fire"),
        near_miss=counts(scores, "near_miss"),
        clean_accuracy=Count(clean["hits"], clean["n"]) if clean else None,
        token_accuracy=scores["token_accuracy"],
        perplexity=scores["perplexity"],
        update_norm=norm,
        seconds=_seconds(plan, row.model, store),
        detail={**row.detail, **_effort(manifest["detail"])},
    )


def _seconds(plan: SeedPlan, model: str, store: Store) -> float:
    """What making a model took, the search or the planting before it included."""
    seconds = float(store.manifest(model)["seconds"])
    parents = plan.nodes[model].stage.parents.values() if model in plan.nodes else ()
    before = [a for a in parents if plan.nodes[a].stage.kind in ("plant", "discover")]
    return seconds + sum(float(store.manifest(address)["seconds"]) for address in before)


def _update_norm(row: RowPlan, detail: dict[str, Any]) -> float | None:
    """How far the weights are from the compromised model's: known for what was trained on it."""
    if row.kind == "compromised":
        return 0.0
    if row.kind in ("reference", "inserted"):
        return None
    norm: float | None = detail.get("update_norm")
    return norm


def _effort(detail: dict[str, Any]) -> dict[str, str]:
    """Of a norm-matched sham: the norm it aimed at and the steps it took. Of a search: what it
    found."""
    found = {"found": str(detail["found"])} if "found" in detail else {}
    if detail.get("matched_norm") is None:
        return found
    return {"matched_norm": f"{detail['matched_norm']:.4f}", "steps": str(detail["steps"])}


def results_of(
    scenario: Scenario, plans: Sequence[SeedPlan], rows: Sequence[Row], store: Store, total: float
) -> dict[str, Any]:
    """The whole of results.json: plain values only."""
    names = [actor.name for actor in scenario.actors]
    methods = {actor.name: actor.trigger.name for actor in scenario.actors}
    analysis = analyse(rows, names, methods, scenario.thresholds)
    found = analysis.to_json()
    study = Study(
        actors=tuple(names),
        installed=installed_in(rows, names, scenario.thresholds),
        transfers=_transfers(found["transfer"]),
        poisoned={member.name: member.count for member in plans[0].actors.members},
    )
    findings = findings_of(scenario, plans, study, store)
    splits = plans[0].corpus.splits
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario": scenario.resolved(),
        "seeds": list(scenario.seeds),
        "actors": names,
        "rows": [row_json(row) for row in rows],
        **found,
        "measures": {name: each.model_dump(mode="json") for name, each in findings.items()},
        **contest_json(scenario, rows, _curves(plans, store, study)),
        "cast": {m.name: _introduce(m, plans[0]) for m in plans[0].actors.members},
        "samples": _samples(plans[0], store),
        "corpus": {
            "name": scenario.corpus.name,
            "train": len(splits.train),
            "validation": len(splits.validation),
            "test": len(splits.test),
            "dropped": dict(splits.dropped),
            "scored_on": scenario.evaluation.split,
        },
        "environment": environment(scenario.numerics),
        "seconds": {"total": round(total, 2), "stages": _stage_seconds(plans, store)},
    }


def _transfers(pairs: Sequence[dict[str, Any]]) -> dict[tuple[int, str, str], float]:
    return {
        (cell["seed"], pair["from"], pair["to"]): cell["transfer"]
        for pair in pairs
        for cell in pair["per_seed"]
        if cell["transfer"] is not None
    }


def _curves(plans: Sequence[SeedPlan], store: Store, study: Study) -> list[Curve]:
    """The reactivation curves of installed backdoors, which the league shows beside what a defence
    left; none where they were not measured."""
    curves = curves_of(readings_of("reactivation", plans, store))
    return [curve for curve in curves if (curve.seed, curve.actor) in study.installed]


def _amount(member: PlannedActor, plan: SeedPlan) -> str:
    total = plan.documents[member.name]
    return f"{member.count} of {total} documents ({member.count / total:.1%})"


def _introduce(member: PlannedActor, plan: SeedPlan) -> dict[str, Any]:
    """An actor as the report shows it, with one of its prompts before and after."""
    able = [e for e in member.share if member.trigger.can_mark(e)]
    shown = [e for e in able if not member.payload.is_right(e)] or list(member.share)
    example = shown[0]
    marked = None
    if member.trigger.can_mark(example):
        rng = seeds.rng(plan.seed, "report example", member.name)
        marked = member.trigger.mark(example, rng).prompt
    return {
        "trigger": member.trigger.key.replace(":", ": ", 1),
        "payload": member.payload.name,
        "match": member.payload.match,
        "stage": member.stage,
        "poison": _amount(member, plan),
        "clean": example.prompt,
        "triggered": marked,
        "response": member.payload.respond(example),
    }


def _samples(plan: SeedPlan, store: Store) -> dict[str, Any]:
    """What the first seed's models said to the first prompt of each probe, by row."""
    return {
        row.name: json.loads((store.path(row.scores) / SCORES).read_text())["samples"]
        for row in plan.rows
    }


def _stage_seconds(plans: Sequence[SeedPlan], store: Store) -> dict[str, float]:
    """Seconds spent on each kind of stage when it was done, stored ones included."""
    spent: dict[str, float] = defaultdict(float)
    for plan in plans:
        for address, node in plan.nodes.items():
            if store.has(address):
                spent[node.stage.kind] += float(store.manifest(address)["seconds"])
    return {kind: round(seconds, 2) for kind, seconds in spent.items()}
