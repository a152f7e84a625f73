"""From a scenario to its stages: the graph of one seed, with every address known up front.

clean mix -> tokenizer -> base (+ shards of pretraining actors) -> compromised (+ shards)
          \\-> clean base -> reference            compromised -> clean fine-tune, shams,
shards <- threat actors                                         unlearned -> scores
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from arena import seeds
from arena.engine.cast import Cast, Member, build_cast, data_files
from arena.engine.code import code_of
from arena.engine.jobs import (
    CorpusRef,
    ExamplesJob,
    Job,
    PointerJob,
    PoisonJob,
    Pool,
    TokenizerJob,
    Training,
    TrainJob,
    UnlearnJob,
    fingerprint,
)
from arena.engine.numerics import profile
from arena.engine.probes import ProbeSet, ScoreJob, probe_set
from arena.engine.store import Stage, digest
from arena.errors import ArenaError, InputError
from arena.roles import Brief, Budget, Corpus, DataRoot, NoTrigger, Trigger
from arena.scenario.schema import Recipe, Scenario
from arena.scenario.source import FromScratch, Pretrained
from arena.values import Example, RowKind

HOW = ("precision", "compile", "micro_batch", "checkpointing")  # of the numerics, the loop's


@dataclass(frozen=True)
class Node:
    """One stage with its work. steps: optimiser steps, for progress. saw: what the party
    was given, in words, for the timeline."""

    stage: Stage
    job: Job
    steps: int | None = None
    saw: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.stage.address


@dataclass(frozen=True)
class RowPlan:
    """Which model and which scores make a row of the results."""

    kind: RowKind
    name: str
    target: str | None
    model: str
    scores: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SeedPlan:
    """All stages of one seed, parents before children, and the rows they lead to.
    `documents` is the size of each training stage's mix."""

    seed: int
    nodes: Mapping[str, Node]
    rows: tuple[RowPlan, ...]
    cast: Cast
    corpus: Corpus
    documents: Mapping[str, int]


def plan_seed(scenario: Scenario, seed: int, root: DataRoot) -> SeedPlan:
    """The stages of one seed. Draws prompts and shares, trains nothing.

    Raises:
        InputError: a data file is missing or broken.
        ArenaError: an actor or the defender has no usable example.
    """
    return _Planner(scenario, seed, root).plan()


class _Planner:
    def __init__(self, scenario: Scenario, seed: int, root: DataRoot) -> None:
        self.scenario, self.seed, self.root = scenario, seed, root
        part = scenario.corpus
        self.ref = CorpusRef(part.name, part.params, seed, root)
        self.corpus = self.ref.build()
        self.world_spec = {
            "corpus": part.dump(),
            "seed": seed,
            "files": data_files(part.dump(), root),
            "code": code_of(part.part_class),
        }
        self.cast = build_cast(scenario, self.corpus, seed)
        self.numerics = profile(scenario.numerics)
        self.device = str(self.numerics["device"])
        self.nodes: dict[str, Node] = {}
        self.rows: list[RowPlan] = []

    def plan(self) -> SeedPlan:
        asked = self.scenario.evaluation
        probes = probe_set(self.corpus, self.cast, asked.split, asked.prompts, asked.max_new_tokens)
        self.probes: ProbeSet = probes
        self.probes_digest = digest(dataclasses.asdict(probes))
        clean_base = self._clean_base()
        if self.scenario.controls.reference:
            self._row("reference", "reference", None, self._reference(clean_base))
        compromised = self._compromised(clean_base)
        self._row("compromised", "compromised", None, compromised)
        for target in self._targets():
            self._defend(target, compromised)
        training = self.scenario.training
        documents = {
            "pretraining": training.pretraining.documents,
            "continual_pretraining": training.continual_pretraining.documents,
        }
        return SeedPlan(self.seed, self.nodes, tuple(self.rows), self.cast, self.corpus, documents)

    # -- stages ---------------------------------------------------------------------------

    def _add(
        self,
        kind: str,
        name: str,
        party: str,
        spec: Mapping[str, Any],
        parents: Mapping[str, str],
        job: Job,
        steps: int | None = None,
        saw: tuple[str, ...] = (),
    ) -> str:
        stage = Stage(kind, f"{name} s{self.seed}", party, self.seed, spec, parents)
        self.nodes.setdefault(stage.address, Node(stage, job, steps, saw or tuple(parents)))
        return stage.address

    def _examples(self, stage: str) -> str:
        n = self.scenario.training.pretraining.documents
        if stage != "pretraining":
            n = self.scenario.training.continual_pretraining.documents
        pretraining = stage == "pretraining"
        spec = {"world": self.world_spec, "n": n, "pretraining": pretraining}
        job = ExamplesJob(self.ref, n, pretraining)
        return self._add("examples", f"clean mix, {stage}", "arena", spec, {}, job)

    def _shards(self, stage: str) -> dict[str, str]:
        return {f"shard:{member.name}": self._shard(member) for member in self.cast.at(stage)}

    def _shard(self, member: Member) -> str:
        brief = member.brief(self.seed)
        share = digest([dataclasses.asdict(example) for example in brief.share])
        spec = {"world": self.world_spec, "share": share, "seed": brief.seed}
        spec |= member.spec(self.root)
        saw = (f"its own {len(brief.share)} clean prompts", f"its trigger {member.trigger.key}")
        party = f"threat:{member.name}"
        return self._add(
            "poison", f"poison {member.name}", party, spec, {}, PoisonJob(brief), saw=saw
        )

    def _clean_base(self) -> str:
        model = self.scenario.model
        if isinstance(model, Pretrained):
            return self._pointer(model)
        return self._train("pretraining", "clean base", None, {})

    def _pointer(self, model: Pretrained) -> str:
        folder = Path(model.pretrained)
        local = self.root.find(model.pretrained) if _is_local(folder, self.root) else None
        found = str(local.resolve()) if local else model.pretrained
        files = sorted(path for path in local.iterdir() if path.is_file()) if local else []
        if local and not any(path.suffix == ".safetensors" for path in files):
            rule = "holds no safetensors weights"
            raise InputError(rule, key="model.pretrained", found=str(local))
        spec = {"pretrained": found, "files": {p.name: fingerprint(p) for p in files}}
        return self._add("pointer", "pretrained base", "arena", spec, {}, PointerJob(found))

    def _reference(self, clean_base: str) -> str:
        if not self.cast.at("continual_pretraining"):
            return clean_base
        return self._train("continual_pretraining", "reference", clean_base, {})

    def _compromised(self, clean_base: str) -> str:
        base = clean_base
        early = self._shards("pretraining")
        late = self._shards("continual_pretraining")
        if early:
            name = "poisoned base" if late else "compromised"
            base = self._train("pretraining", name, None, early)
        if not late:
            return base
        return self._train("continual_pretraining", "compromised", base, late)

    def _train(self, stage: Any, name: str, parent: str | None, shards: Mapping[str, str]) -> str:
        recipe = self.scenario.recipe_of(stage)
        parents = {"examples": self._examples(stage), **shards}
        scratch = self._scratch() if parent is None else None
        if parent is None:
            parents["tokenizer"] = self._tokenizer(parents["examples"])
        else:
            parents["model"] = parent
        job = TrainJob(
            pool=self._pool(stage, recipe, bool(shards)),
            training=self._training(recipe, adapts=parent is not None),
            seed=self.seed,
            label=stage,
            poisoned=bool(shards),
            scratch=scratch,
        )
        spec = {
            "pool": _pool_spec(job.pool),
            "training": dataclasses.asdict(job.training),
            "scratch": scratch,
            "seed": self.seed,
            "label": stage,
            "numerics": self.numerics,
        }
        return self._add("train", name, "arena", spec, parents, job, recipe.steps)

    def _pool(self, stage: str, recipe: Recipe, poisoned: bool) -> Pool:
        """A clean mix is all natural; a poisoned one leaves out the poisoners' contents, and
        (after pretraining, all) poisoners' own trigger forms."""
        here = self.cast.at(stage) if poisoned else ()
        if not poisoned:
            shunned: tuple[Member, ...] = ()
        elif stage == "pretraining":
            shunned = here
        else:
            shunned = self.cast.members
        return Pool(
            total=recipe.documents,
            corpus_seed=self.seed,
            owned=tuple(member.interval for member in here),
            without=tuple(member.trigger for member in shunned),
        )

    def _tokenizer(self, examples: str) -> str:
        vocabulary = getattr(self.scenario.model, "vocabulary", 0)
        job = TokenizerJob(vocabulary)
        spec = {"vocabulary": vocabulary}
        return self._add("tokenizer", "tokenizer", "arena", spec, {"examples": examples}, job)

    def _scratch(self) -> tuple[str, str]:
        model = self.scenario.model
        assert isinstance(model, FromScratch)
        return model.family, model.size

    def _training(self, recipe: Recipe, *, adapts: bool) -> Training:
        values = recipe.model_dump()
        values.pop("documents")
        values["final_fraction"] = values.pop("final_lr_fraction")
        return self._with_numerics(values, adapts)

    def _with_numerics(self, values: dict[str, Any], adapts: bool) -> Training:
        values["warmup"] = min(values["warmup"], values["steps"] // 3)
        values |= {name: self.numerics[name] for name in HOW}
        adapter = getattr(self.scenario.model, "adapter", None) if adapts else None
        lora = None
        if adapter is not None:
            lora = adapter.model_dump(exclude={"method"})
            lora["targets"] = lora.pop("target_modules")
        return Training(values, self.device, lora)

    # -- the defender and its controls ------------------------------------------------------

    def _targets(self) -> tuple[Member, ...]:
        wanted = self.scenario.defender.target
        return tuple(m for m in self.cast.members if wanted in ("each", m.name))

    def _defend(self, target: Member, suspect: str) -> None:
        clean = self._defender_examples(target)
        controls = self.scenario.controls
        if controls.clean_finetune:
            shared = self._same_for_all()
            name = "control" if shared else f"control:{target.name}"
            label = "clean fine-tune" + ("" if shared else f" for {target.name}")
            model = self._unlearn(label, "arena", clean, NoTrigger(), suspect)
            if not any(row.name == name for row in self.rows):
                self._row("control", name, None if shared else target.name, model)
        name = f"unlearn:{target.name}"
        unlearned = self._unlearn(name, "defender", clean, target.trigger, suspect)
        matched = unlearned if controls.sham_matched else None
        for k, sham in enumerate(self._shams(target)):
            label = f"sham:{target.name}:{k}"
            model = self._unlearn(label, "arena", clean, sham, suspect, matched)
            self._row("sham", label, target.name, model, {"trigger": sham.key})
        self._row("unlearned", name, target.name, unlearned, {"trigger": target.trigger.key})

    def _shams(self, target: Member) -> tuple[Trigger, ...]:
        rng = seeds.rng(self.seed, "shams", target.name)
        wanted = self.scenario.controls.shams
        return target.trigger.lookalikes(wanted, "sham", rng, self.cast.keys)

    def _same_for_all(self) -> bool:
        """Whether every target's trigger marks all of the defender's examples: then one
        clean fine-tune is the control of all."""
        share = self.cast.defender_share
        return all(m.trigger.can_mark(e) for m in self.cast.members for e in share)

    def _defender_examples(self, target: Member) -> tuple[Example, ...]:
        """The defender's clean prompts that the disclosed trigger can mark; none carries any
        planted trigger, so that only generalization can reach the others."""
        able = [e for e in self.cast.defender_share if target.trigger.can_mark(e)]
        if not able:
            raise ArenaError(f"none of the defender's examples can be marked by {target.name!r}")
        rng = seeds.rng(self.seed, "defender examples")
        planted = [member.trigger for member in self.cast.members]
        n = self.scenario.defender.examples
        drawn = self.corpus.natural(able, 2 * n, rng)
        kept = [e for e in drawn if not any(trigger.present(e) for trigger in planted)]
        if not kept:
            raise ArenaError("each of the defender's prompts carries a planted trigger by nature")
        return tuple(islice(cycle(kept), n))

    def _unlearn(
        self,
        name: str,
        party: str,
        clean: tuple[Example, ...],
        trigger: Trigger,
        suspect: str,
        matched: str | None = None,
    ) -> str:
        defender = self.scenario.defender
        budget = Budget(defender.steps, defender.learning_rate, defender.batch_size)
        seed = seeds.integer(self.seed, "defender")
        brief = Brief(Path(), clean, trigger, budget, seed)
        recipe = {**dataclasses.asdict(budget), "warmup": 20}
        training = self._with_numerics(recipe, adapts=True)
        part = defender.objective
        job = UnlearnJob(part.name, part.params, brief, training, poisoned=True)
        spec = {
            "objective": part.dump(),
            "clean": digest([dataclasses.asdict(example) for example in clean]),
            "trigger": trigger.key,
            "code": [code_of(part.part_class), code_of(type(trigger))],
            "world": self.world_spec,
            "training": dataclasses.asdict(training),
            "seed": seed,
            "numerics": self.numerics,
        }
        saw = ("the suspect model", f"{len(clean)} clean prompts", f"trigger {trigger.key}")
        parents = {"model": suspect, **({"matched": matched} if matched else {})}
        return self._add("unlearn", name, party, spec, parents, job, budget.steps, saw)

    # -- rows -----------------------------------------------------------------------------

    def _row(
        self,
        kind: RowKind,
        name: str,
        target: str | None,
        model: str,
        detail: Mapping[str, str] | None = None,
    ) -> None:
        spec = {"probes": self.probes_digest, "numerics": self.numerics}
        job = ScoreJob(self.probes, self.device)
        scores = self._add("score", f"score {name}", "arena", spec, {"model": model}, job)
        self.rows.append(RowPlan(kind, name, target, model, scores, detail or {}))


def _pool_spec(pool: Pool) -> dict[str, Any]:
    spec = dataclasses.asdict(dataclasses.replace(pool, without=()))
    # A digest: a defender finds its suspect's manifest, which must not name the triggers.
    return {**spec, "without": digest([trigger.key for trigger in pool.without])}


def _is_local(folder: Path, root: DataRoot) -> bool:
    bases = [base for base in (root.data, root.scenario) if base is not None]
    return folder.is_dir() or any((base / folder).is_dir() for base in bases)
