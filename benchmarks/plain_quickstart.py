"""The quickstart as a plain script: the same work without the arena's loop, cache or workers.

    python benchmarks/plain_quickstart.py

One process runs the scenario's stages one after another: transformers' Trainer on the same
documents, initial weights, steps, learning rates and batch sizes, then every model on every
probe with batched, cached, left-padded `generate`. Torch has all cores. The texts (clean mix,
poison, tokenizer) come from the arena's own jobs and are timed with the rest; models stay in
memory, no report is written and no perplexity measured, all in the script's favour.

Prints seconds by kind of stage and in total, and the ASR of every row.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import baseline
import torch
import transformers

import common
from arena import registry, seeds
from arena.api.matching import Continuation, matches
from arena.api.probes import ProbeSet
from arena.api.values import Document
from arena.api.world import DataRoot
from arena.ml.encoding import encode, encode_answers, load_tokenizer
from arena.ml.models import from_scratch
from arena.planning.graph import Node, RowPlan, SeedPlan
from arena.planning.plan import plan_seed
from arena.scenario.load import load_scenario
from arena.stages.score import ScoreJob
from arena.stages.train import TrainJob
from arena.stages.unlearn import UnlearnJob
from arena.store.store import Store


class Plain:
    """The stages of one seed, run in order; `seconds` by kind of stage."""

    def __init__(self, plan: SeedPlan, store: Store, limit_steps: int | None) -> None:
        self.plan, self.store, self.limit_steps = plan, store, limit_steps
        self.seconds: dict[str, float] = defaultdict(float)
        self.models: dict[str, Any] = {}
        self.tokenizer: Any = None

    @contextlib.contextmanager
    def clock(self, kind: str) -> Iterator[None]:
        """Add the block's seconds to a kind of stage."""
        began = time.perf_counter()
        yield
        self.seconds[kind] += time.perf_counter() - began

    def texts(self) -> None:
        """Make the clean mixes, every actor's poison and the tokenizer."""
        cores = torch.get_num_threads()
        with self.clock("text"):
            common.make_texts(self.plan, self.store)
            self.tokenizer = load_tokenizer(common.tokenizer_folder(self.plan, self.store))
        torch.set_num_threads(cores)

    def train(self) -> None:
        """Train every model, parents before children."""
        for address, node in self.plan.nodes.items():
            if node.stage.kind in ("train", "unlearn"):
                with self.clock(node.stage.kind):
                    self.models[address] = self._trained(node)

    def _trained(self, node: Node) -> Any:
        job: Any = node.job
        config = job.training.config
        if self.limit_steps:
            config = common.shortened(config, min(config.steps, self.limit_steps))
        documents = encode(self.tokenizer, self._documents(node))
        model = self._start(node)
        baseline.train(model, self.tokenizer, documents, config, self.plan.seed)
        return model

    def _start(self, node: Node) -> Any:
        job = node.job
        if isinstance(job, TrainJob) and job.scratch:
            family, size = job.scratch
            seed = seeds.integer(job.seed, "init", job.label)
            return from_scratch(family, size, self.tokenizer, seed)
        return copy.deepcopy(self.models[node.stage.parents["model"]])

    def _documents(self, node: Node) -> Sequence[Document]:
        job = node.job
        if isinstance(job, TrainJob):
            return common.documents_of(node, self.store)
        assert isinstance(job, UnlearnJob)
        objective = registry.get("objective", job.objective)(job.params)
        documents: Sequence[Document] = objective.documents(job.brief)
        return documents

    def score(self) -> dict[str, dict[str, Any]]:
        """Score every row of the results: ASR by actor, and clean accuracy."""
        found = {}
        for row in self.plan.rows:
            with self.clock("score"):
                found[row.name] = self._rates(row)
        return found

    def _rates(self, row: RowPlan) -> dict[str, Any]:
        job = self.plan.nodes[row.scores].job
        assert isinstance(job, ScoreJob)
        probes = job.probes
        asked = [prompt for probe in probes.probes for prompt in probe.prompts]
        asked += [document.prompt for document in probes.clean]
        unique, limit = list(dict.fromkeys(asked)), longest(probes, self.tokenizer)
        written = baseline.generate(self.models[row.model], self.tokenizer, unique, limit)
        return rates(probes, dict(zip(unique, written, strict=True)))


def longest(probes: ProbeSet, tokenizer: Any) -> int:
    """Return the tokens of the longest text that could match, as many as the arena decodes."""
    if probes.max_new_tokens:
        return probes.max_new_tokens
    texts = {text for probe in probes.probes for text in probe.responses}
    texts |= {document.answer for document in probes.clean}
    return max(len(ids) for ids in encode_answers(tokenizer, sorted(texts)))


def rates(probes: ProbeSet, said: dict[str, Continuation]) -> dict[str, Any]:
    """Return ASR by actor (other kinds of probe are decoded but not shown), and clean accuracy."""
    found: dict[str, Any] = {}
    for probe in probes.probes:
        pairs = zip(probe.prompts, probe.wanted, strict=True)
        hits = [matches(probe.match, said[prompt], wanted) for prompt, wanted in pairs]
        if probe.kind == "asr":
            found[probe.actor] = sum(hits) / len(hits)
    right = [matches("exact", said[d.prompt], d.answer) for d in probes.clean]
    return {**found, "clean": sum(right) / len(right)}


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run everything once; return `seconds` by kind (and `total`), and `asr` by row."""
    given = _given(arguments)
    began = time.perf_counter()
    transformers.logging.set_verbosity_error()
    scenario = load_scenario("quickstart", overrides=given.set)
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_seed(scenario, scenario.seeds[0], DataRoot())
        plain = Plain(plan, Store(Path(folder)), given.limit_steps)
        plain.texts()
        plain.train()
        asr = plain.score()
    seconds = {**plain.seconds, "total": time.perf_counter() - began}
    _print(seconds, asr, plan)
    return {"seconds": seconds, "asr": asr}


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--limit-steps", type=int, help="at most so many steps a stage (to try)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args(arguments)


def _print(seconds: dict[str, float], asr: dict[str, dict[str, Any]], plan: SeedPlan) -> None:
    common.header("Plain quickstart", f"{torch.get_num_threads()} thread(s), once")
    common.table(("stages", "seconds"), [(kind, f"{took:.1f}") for kind, took in seconds.items()])
    names = [*(member.name for member in plan.actors.members), "clean"]
    rows = [[name, *(f"{found[n]:.2f}" for n in names)] for name, found in asr.items()]
    common.table(("ASR of", *names), rows)


if __name__ == "__main__":
    main()
