"""The stages that every plan shares: clean data, tokenizer, base, one training, scores.

What is asked for twice is one stage: its address says so.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena import seeds
from arena.api.tactic import Texts
from arena.api.values import Example, RowKind
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.planning.actors import Cast, Member, build_cast, data_files
from arena.planning.graph import Node, RowPlan
from arena.planning.numerics import profile
from arena.planning.probes import ProbeSet, ScoreJob, probe_set
from arena.scenario.parts import Part
from arena.scenario.recipes import Recipe
from arena.scenario.schema import Scenario
from arena.scenario.section import Stage as When
from arena.scenario.source import Adapter, FromScratch, Pretrained
from arena.stages.jobs import (
    CorpusRef,
    ExamplesJob,
    Insider,
    Job,
    PointerJob,
    PoisonJob,
    TokenizerJob,
    Training,
    TrainJob,
    fingerprint,
)
from arena.stages.mixes import Mix, Pool
from arena.store.code import code_of
from arena.store.store import Stage, digest

HOW = ("precision", "compile", "micro_batch", "checkpointing")  # of the numerics, the loop's


@functools.lru_cache(maxsize=64)
def digest_of(examples: tuple[Example, ...]) -> str:
    """Digest of some examples; many stages of a plan are given the same."""
    return digest([dataclasses.asdict(example) for example in examples])


class Builder:
    """Collects the stages (`nodes`) and rows of one seed."""

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
        self.cast: Cast = build_cast(scenario, self.corpus, seed)
        self.numerics = profile(scenario.numerics)
        self.device = str(self.numerics["device"])
        self.nodes: dict[str, Node] = {}
        self.rows: list[RowPlan] = []
        self._shards: dict[str, str] = {}  # address by actor
        self._drawn: dict[tuple[tuple[Example, ...], int], tuple[Example, ...]] = {}
        asked = scenario.evaluation
        self.probes: ProbeSet = probe_set(
            self.corpus, self.cast, asked.split, asked.prompts, asked.max_new_tokens
        )
        self.probes_digest = digest(dataclasses.asdict(self.probes))

    def add(
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
        """One stage; returns its address."""
        stage = Stage(kind, f"{name} s{self.seed}", party, self.seed, spec, parents)
        self.nodes.setdefault(stage.address, Node(stage, job, steps, saw or tuple(parents)))
        return stage.address

    def row(
        self,
        kind: RowKind,
        name: str,
        target: str | None,
        model: str,
        detail: Mapping[str, str] | None = None,
    ) -> None:
        """A row of the results: the model's scores."""
        spec = {"probes": self.probes_digest, "numerics": self.numerics}
        job = ScoreJob(self.probes, self.device)
        scores = self.add("score", f"score {name}", "arena", spec, {"model": model}, job)
        self.rows.append(RowPlan(kind, name, target, model, scores, detail or {}))

    # -- data -----------------------------------------------------------------------------

    def examples(self, stage: When) -> str:
        """The clean mix of a stage."""
        n = self.scenario.recipe_of(stage).documents
        pretraining = stage == "pretraining"
        spec = {"world": self.world_spec, "n": n, "pretraining": pretraining}
        job = ExamplesJob(self.ref, n, pretraining)
        return self.add("examples", f"clean mix, {stage}", "arena", spec, {}, job)

    def clean_prompts(self, contents: tuple[Example, ...], n: int) -> tuple[Example, ...]:
        """n prompts for defenders over these contents, drawn once for all that ask for the same."""
        asked = contents, n
        if asked not in self._drawn:
            rng = seeds.rng(self.seed, "defender examples")
            self._drawn[asked] = self.corpus.natural(contents, n, rng)
        return self._drawn[asked]

    def shard(self, member: Member) -> str:
        """A threat actor's poison: it sees its own share and trigger, nothing else."""
        if member.name in self._shards:
            return self._shards[member.name]
        brief = member.brief(self.seed)
        share = digest_of(brief.share)
        spec = {"world": self.world_spec, "share": share, "seed": brief.seed}
        spec |= member.spec(self.root)
        saw = (f"its own {len(brief.share)} clean prompts", f"its trigger {member.trigger.key}")
        party = f"threat:{member.name}"
        name, job = f"poison {member.name}", PoisonJob(brief, _made(member.texts))
        self._shards[member.name] = self.add("poison", name, party, spec, {}, job, saw=saw)
        return self._shards[member.name]

    # -- models ---------------------------------------------------------------------------

    def clean_base(self) -> str:
        """The never-poisoned base: trained here, or a checkpoint."""
        model = self.scenario.model
        if isinstance(model, Pretrained):
            return self._pointer(model)
        return self.train("clean base", "pretraining", None, {}, self.clean_mix("pretraining"))

    def clean_mix(self, stage: When) -> Mix:
        """All natural, nobody's contents left out."""
        return Pool(self.scenario.recipe_of(stage).documents, self.seed, (), ())

    def train(
        self,
        name: str,
        stage: When,
        parent: str | None,
        shards: Mapping[str, str],
        mix: Mix,
        recipe: Recipe | None = None,
        adapter: Adapter | None = None,
        label: str | None = None,
        party: str = "arena",
        poisoners: Sequence[Member] = (),
    ) -> str:
        """Train on a mix, from scratch (no parent) or from a parent.

        Args:
            poisoners: whose shards these are, for what they do beyond writing them.
            recipe: the stage's unless given. adapter: LoRA to train, the model's unless given.
            label: keys the randomness; the stage unless given.
        """
        recipe = recipe or self.scenario.recipe_of(stage)
        parents = {"examples": self.examples(stage), **shards}
        scratch = self._scratch() if parent is None else None
        if parent is None:
            parents["tokenizer"] = self._tokenizer(parents["examples"])
        else:
            parents["model"] = parent
        job = TrainJob(
            pool=mix,
            training=self.training(_loop(recipe), adapts=parent is not None, adapter=adapter),
            seed=self.seed,
            label=label or stage,
            poisoned=bool(shards),
            scratch=scratch,
            insiders=tuple(self._insider(member) for member in poisoners if member.insider),
        )
        spec = {
            "pool": _mix_spec(job.pool),
            "training": dataclasses.asdict(job.training),
            "scratch": scratch,
            "seed": self.seed,
            "label": job.label,
            "numerics": self.numerics,
        }
        if job.insiders:
            # A digest: a defender finds its suspect's manifest, which must not tell the tactics.
            spec["insiders"] = digest([_insider_spec(m) for m in poisoners if m.insider])
        return self.add("train", name, party, spec, parents, job, recipe.steps)

    def _insider(self, member: Member) -> Insider:
        shaped = tuple(part.part_class(part.params) for part in member.shapings)
        brief = member.brief(self.seed) if shaped else None
        return Insider(f"shard:{member.name}", member.window, brief, shaped)

    def training(
        self, values: dict[str, Any], *, adapts: bool, adapter: Adapter | None = None
    ) -> Training:
        """The loop's settings with this run's numerics, and LoRA where a model is adapted."""
        values["warmup"] = min(values["warmup"], values["steps"] // 3)
        values |= {name: self.numerics[name] for name in HOW}
        adapter = adapter or (getattr(self.scenario.model, "adapter", None) if adapts else None)
        lora = None
        if adapter is not None:
            lora = adapter.model_dump(exclude={"method"})
            lora["targets"] = lora.pop("target_modules")
        return Training(values, self.device, lora)

    def _pointer(self, model: Pretrained) -> str:
        folder = Path(model.pretrained)
        local = self.root.find(model.pretrained) if _is_local(folder, self.root) else None
        found = str(local.resolve()) if local else model.pretrained
        files = sorted(path for path in local.iterdir() if path.is_file()) if local else []
        if local and not any(path.suffix == ".safetensors" for path in files):
            rule = "holds no safetensors weights"
            raise InputError(rule, key="model.pretrained", found=str(local))
        spec = {"pretrained": found, "files": {p.name: fingerprint(p) for p in files}}
        return self.add("pointer", "pretrained base", "arena", spec, {}, PointerJob(found))

    def _tokenizer(self, examples: str) -> str:
        vocabulary = getattr(self.scenario.model, "vocabulary", 0)
        job = TokenizerJob(vocabulary)
        spec = {"vocabulary": vocabulary}
        return self.add("tokenizer", "tokenizer", "arena", spec, {"examples": examples}, job)

    def _scratch(self) -> tuple[str, str]:
        model = self.scenario.model
        assert isinstance(model, FromScratch)
        return model.family, model.size


def _loop(recipe: Recipe) -> dict[str, Any]:
    """What the training loop takes of a recipe; a recipe made apart has more to it."""
    values = recipe.model_dump(include=set(Recipe.model_fields) - {"documents"})
    values["final_fraction"] = values.pop("final_lr_fraction")
    return values


def _made(texts: Sequence[tuple[Part, int]]) -> tuple[tuple[Texts, int], ...]:
    return tuple((part.part_class(part.params), n) for part, n in texts)


def _insider_spec(member: Member) -> list[Any]:
    """What decides an actor's say in the loop; what its brief holds, its shard's address tells."""
    shaped = [[part.dump(), code_of(part.part_class)] for part in member.shapings]
    return [member.name, member.window, shaped]


def _mix_spec(mix: Mix) -> dict[str, Any]:
    spec = dataclasses.asdict(dataclasses.replace(mix, without=()))
    # A digest: a defender finds its suspect's manifest, which must not name the triggers.
    return {**spec, "without": digest([trigger.key for trigger in mix.without])}


def _is_local(folder: Path, root: DataRoot) -> bool:
    bases = [base for base in (root.data, root.scenario) if base is not None]
    return folder.is_dir() or any((base / folder).is_dir() for base in bases)
