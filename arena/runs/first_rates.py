"""Whether the backdoors are installed, told as soon as the compromised model is scored: removals
and controls take most of a run, and a backdoor that does not work makes them useless."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from arena.planning.graph import Node, SeedPlan
from arena.progress.observer import Note
from arena.results.rows import Rate
from arena.runs.gather import of_actors, rates
from arena.stages.score import SCORES
from arena.store.store import Store


def rates_watcher(
    plans: Sequence[SeedPlan], store: Store, installed_asr: float, note: Note
) -> Callable[[Node], None]:
    """Return what notes each compromised model's ASR once the stage that scores it has ended."""
    seeds = {row.scores: plan.seed for plan in plans for row in plan.rows
             if row.kind == "compromised"}  # fmt: skip

    def watch(node: Node) -> None:
        if node.address in seeds:
            scores = json.loads((store.path(node.address) / SCORES).read_bytes())
            asr = of_actors(rates(scores, "asr"))
            note(in_words(seeds[node.address], asr, installed_asr))

    return watch


def in_words(seed: int, asr: Mapping[str, Rate], installed_asr: float) -> str:
    """Return `compromised model, seed 0: ASR signer 1.00, stranger 0.62 (too low: below 0.90)`."""
    said = ", ".join(
        f"{name} {rate:.2f}" + (f" (too low: below {installed_asr:.2f})" * (rate < installed_asr))
        for name, rate in ((name, each.rate) for name, each in asr.items())
        if rate is not None
    )
    return f"compromised model, seed {seed}: ASR {said or 'not measured'}"
