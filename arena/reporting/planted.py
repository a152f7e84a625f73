"""What the actors planted seed by seed, if a scenario redraws it: a table, and a sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from arena.reporting.text import clean
from arena.reporting.wording import part_text, words
from arena.results.planting import Planted
from arena.results.run import RunResults


@dataclass(frozen=True, slots=True)
class PlantedTable:
    """A row per seed: its number, and trigger and payload of every actor. balance: how evenly
    payloads were distributed over actors, in a sentence."""

    actors: list[str]
    rows: list[tuple[int, list[tuple[str, str]]]]
    balance: str


def planted_table(results: RunResults) -> PlantedTable | None:
    """Return what was planted if the scenario redraws payloads or instances; else None."""
    if not is_crossed(results):
        return None
    by_seed: dict[int, dict[str, Planted]] = {}
    for each in results.planted:
        by_seed.setdefault(each.seed, {})[each.actor] = each
    rows = [
        (seed, [_shown(there.get(actor)) for actor in results.actors])
        for seed, there in by_seed.items()
    ]
    return PlantedTable([clean(actor) for actor in results.actors], rows, balance(results))


def is_crossed(results: RunResults) -> bool:
    """Return whether payloads or instances were redrawn by seed, and what was planted is known."""
    crossed = results.scenario.section("crossed")
    return bool(results.planted) and bool(crossed.get("payloads") or crossed.get("instances"))


def balance(results: RunResults) -> str:
    """Return in a sentence what was redrawn, and how often an actor got each payload."""
    crossed = results.scenario.section("crossed")
    parts = []
    if crossed.get("payloads"):
        met = Counter((each.actor, payload_text(each)) for each in results.planted)
        payloads = {payload for _, payload in met}
        times = [met[actor, payload] for actor in results.actors for payload in payloads]
        low, high = min(times), max(times)
        often = f"{low}" if low == high else f"{low} to {high}"
        one = "the same payload for all actors, " if crossed.get("shared") else ""
        plural = "" if high == 1 else "s"
        parts.append(f"payloads redrawn by seed ({one}each actor met each {often} time{plural})")
    if crossed.get("instances"):
        parts.append("triggers redrawn within their method")
    return f"Crossed over {len(results.seeds)} seeds: {'; '.join(parts)}."


def _shown(planted: Planted | None) -> tuple[str, str]:
    if planted is None:
        return "", ""
    return clean(part_text(planted.trigger.replace(":", ": ", 1))), clean(payload_text(planted))


def payload_text(planted: Planted) -> str:
    """Return a payload as its kind and its parameters, in words."""
    rest = [str(value) for key, value in planted.payload.items() if key != "kind"]
    return ": ".join(filter(None, [words(planted.kind), ", ".join(rest)]))
