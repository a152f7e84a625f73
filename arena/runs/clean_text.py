"""How often planted forms occur in the clean text of a finished run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena.planning.graph import SeedPlan
from arena.results.corpus import CleanTextRecord
from arena.results.seed_record import SeedRecord
from arena.scenario.schema import Scenario
from arena.stages.train import TrainJob
from arena.store.store import Store


def clean_text_of(scenario: Scenario, records: Sequence[SeedRecord]) -> CleanTextRecord:
    """Return whose text was filtered, and how often forms were left, over the seeds. Where actors
    trained on clean text of several kinds, all are named; one with received answers counts for
    all."""
    recipes = (
        [] if scenario.suspect is not None else list(map(scenario.recipe_for, scenario.actors))
    )
    kinds = {getattr(recipe, "text", None) or scenario.clean.mix for recipe in recipes}
    labels = {getattr(recipe, "labels", "right") for recipe in recipes}
    return CleanTextRecord(
        defender=scenario.clean.defender,
        mix=", ".join(sorted(kinds)),
        labels=min(labels, default="right"),
        natural_rate=scenario.corpus.natural_rate,
        in_defender=_means(each for record in records for each in record.in_defender),
        in_mix=_means(each for record in records for each in record.in_mix),
    )


def in_defender(plan: SeedPlan) -> Iterable[dict[str, float]]:
    """Return, per disclosed trigger, the share of the defender's prompts with each actor's form."""
    for prompts in plan.told:
        yield {
            member.name: sum(map(member.trigger.present, prompts)) / len(prompts)
            for member in plan.actors.members
        }


def in_mixes(plan: SeedPlan, store: Store) -> Iterable[dict[str, float]]:
    """Return, per poisoned mix, the share of its clean prompts with each actor's form."""
    names = [member.name for member in plan.actors.members]
    for address, node in plan.nodes.items():
        if not (isinstance(node.job, TrainJob) and node.job.poisoned and store.has(address)):
            continue
        detail = store.manifest(address)["detail"]
        shares = [count / max(1, detail["natural"]) for count in detail["forms"]]
        yield dict(zip(names, shares, strict=True))


def _means(shares: Iterable[Mapping[str, float]]) -> dict[str, float]:
    every = list(shares)
    return (
        {name: sum(each[name] for each in every) / len(every) for name in every[0]} if every else {}
    )
