"""How often planted forms stand in the clean text of a finished run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena.planning.graph import SeedPlan
from arena.results.run import CleanTextRecord
from arena.scenario.schema import Scenario
from arena.stages.train import TrainJob
from arena.store.store import Store


def clean_text_of(
    scenario: Scenario, plans: Sequence[SeedPlan], store: Store
) -> CleanTextRecord:  # fmt: skip
    """Return who filtered what, and what was left, over the seeds."""
    return CleanTextRecord(
        defender=scenario.clean.defender,
        mix=scenario.clean.mix,
        natural_rate=scenario.corpus.natural_rate,
        in_defender=_means(each for plan in plans for each in _in_defender(plan)),
        in_mix=_means(each for plan in plans for each in _in_mixes(plan, store)),
    )


def _in_defender(plan: SeedPlan) -> Iterable[dict[str, float]]:
    """By trigger that the defender was told: the share of its prompts with each actor's form."""
    for prompts in plan.told:
        yield {
            member.name: sum(map(member.trigger.present, prompts)) / len(prompts)
            for member in plan.actors.members
        }


def _in_mixes(plan: SeedPlan, store: Store) -> Iterable[dict[str, float]]:
    """By poisoned mix: the share of the prompts that it was filled from."""
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
