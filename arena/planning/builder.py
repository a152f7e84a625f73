"""The stages that every plan shares: clean data, tokenizer, base, one training, scores.

A stage that is added twice exists once, since both have the same address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from arena import seeds
from arena.api.job import Job
from arena.api.probes import ProbeSet
from arena.api.values import Example, RowKind
from arena.api.world import DataRoot
from arena.ml.train_config import Adapter, Optimisation, TrainConfig, Training
from arena.planning.actors import PlannedActor, PlannedActors, plan_actors
from arena.planning.checkable import checkable_job
from arena.planning.clean_text import forms_of_text
from arena.planning.graph import CurvePlan, Node, RowPlan
from arena.planning.numerics import profile, scoring_profile
from arena.planning.pointer import pointer_job
from arena.planning.probes import first_triggered, probe_set
from arena.results.rows import Sham
from arena.scenario.recipes import Recipe
from arena.scenario.schema import Scenario
from arena.scenario.section import Stage as When
from arena.scenario.source import FromScratch, Pretrained, PublishedSuspect, lora_of
from arena.stages.along import Which
from arena.stages.corpus import CorpusRef
from arena.stages.depth import DepthJob
from arena.stages.examples import ExamplesJob
from arena.stages.mixes import Pool
from arena.stages.poison import PoisonJob
from arena.stages.score import ScoreJob
from arena.stages.tokenizer import TokenizerJob
from arena.stages.train import SHARD, Insider, TrainJob
from arena.store.identity import identity_of
from arena.store.store import Stage

DEPTH_PROMPTS = 64  # triggered prompts per actor; enough for a mean accurate to a few per cent


class Builder:
    """Collects the stages (`nodes`) and rows of one seed. told: the defenders' clean prompts drawn
    so far."""

    def __init__(self, scenario: Scenario, seed: int, root: DataRoot) -> None:
        self.scenario, self.seed, self.root = scenario, seed, root
        part = scenario.corpus
        own = part.self_distilled is not None
        self.ref = CorpusRef.of(part.name, part.params, seed, root, own=own)
        self.corpus = self.ref.build()
        self.actors: PlannedActors = plan_actors(scenario, self.corpus, seed)
        self.numerics = profile(scenario.numerics)
        self.scoring = scoring_profile(scenario.numerics)
        self.nodes: dict[str, Node] = {}
        self.rows: list[RowPlan] = []
        self.curves: list[CurvePlan] = []
        self.told: dict[tuple[str | int | None, ...], tuple[Example, ...]] = {}
        self._made: dict[str, ProbeSet] = {}
        self._shards: dict[str, str] = {}  # address by actor
        self._drawn: dict[tuple[tuple[Example, ...], int], tuple[Example, ...]] = {}
        evaluation = scenario.evaluation
        self.probes: ProbeSet = probe_set(
            self.corpus,
            self.actors,
            evaluation.split,
            evaluation.prompts,
            evaluation.max_new_tokens,
        )
        planted = [member.trigger for member in self.actors.planted]
        self.checkable = checkable_job(scenario, self.corpus, planted, self.scoring)

    def add(
        self,
        job: Job,
        name: str,
        party: str,
        parents: Mapping[str, str],
        saw: tuple[str, ...] = (),
        section: str = "defender",
    ) -> str:
        """Add one stage and return its address."""
        spec = identity_of(job)
        stage = Stage(job.kind, f"{name} s{self.seed}", party, self.seed, spec, parents)
        self.nodes.setdefault(stage.address, Node(stage, job, saw or tuple(parents), section))
        return stage.address

    def row(
        self,
        kind: RowKind,
        name: str,
        target: str | None,
        model: str,
        detail: Mapping[str, str] | None = None,
        dose: Which | None = None,
        sham: Sham | None = None,
        planted: bool = False,
    ) -> None:
        """Add a row of the results: the model's scores.

        Args:
            planted: whether this is the model in which the actors' backdoors are planted, so that
                their depth is measured.
        """
        job = ScoreJob(self.probes, self.scoring, self.scenario.evaluation.whole_answers)
        scores = self.add(job, f"score {name}", "arena", {"model": model})
        plan = RowPlan(kind, name, target, model, scores, detail or {}, dose=dose, sham=sham)
        depth = self._depth(name, model) if planted else None
        self.rows.append(replace(plan, depth=depth, checkable=self._checkable(name, model)))

    def _checkable(self, name: str, model: str) -> str | None:
        if self.checkable is None:
            return None
        return self.add(self.checkable, f"check {name}", "arena", {"model": model})

    def _depth(self, name: str, model: str) -> str:
        actors = self.probes.of([member.name for member in self.actors.members])
        asked = self.once("depth", lambda: first_triggered(actors, DEPTH_PROMPTS))
        job = DepthJob(asked, self.numerics)
        return self.add(job, f"depth of {name}", "arena", {"model": model})

    def once(self, name: str, make: Callable[[], ProbeSet]) -> ProbeSet:
        """Return the probes of a name, made on first use."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    # -- data -----------------------------------------------------------------------------

    def examples(self, stage: When) -> str:
        """Add the clean mix of a stage and return its address."""
        n = self.scenario.recipe_of(stage).documents
        pretraining = stage == "pretraining"
        job = ExamplesJob(self.ref, n, pretraining)
        return self.add(job, f"clean mix, {stage}", "arena", {})

    def clean_prompts(self, contents: tuple[Example, ...], n: int) -> tuple[Example, ...]:
        """Return n prompts for defenders about these contents; equal requests share one draw."""
        asked = contents, n
        if asked not in self._drawn:
            rng = seeds.rng(self.seed, "defender examples")
            self._drawn[asked] = self.corpus.natural(contents, n, rng)
        return self._drawn[asked]

    def shard(self, member: PlannedActor) -> str:
        """Add a threat actor's poison stage, which sees only its own share and trigger; return its
        address."""
        if member.name in self._shards:
            return self._shards[member.name]
        brief = member.brief(self.seed)
        saw = (f"its own {len(brief.share)} clean prompts", f"its trigger {member.trigger.key}")
        job = PoisonJob(brief, self.ref, member.planned_texts)
        self._shards[member.name] = self.add(job, f"poison {member.name}", member.party, {}, saw)
        return self._shards[member.name]

    # -- models ---------------------------------------------------------------------------

    def clean_base(self) -> str:
        """Add the never-poisoned base, trained here or a checkpoint; return its address."""
        model = self.scenario.model
        if isinstance(model, Pretrained):
            return self._pointer("pretrained base", model.pretrained, "model.pretrained")
        if isinstance(model, PublishedSuspect):
            assert model.clean is not None  # the schema requires it
            key = "model.suspect" if model.reference is None else "model.reference"
            return self._pointer("never-poisoned checkpoint", model.clean, key)
        return self.train("clean base", "pretraining", None, {}, self.clean_mix("pretraining"))

    def published_suspect(self, model: PublishedSuspect) -> str:
        """Add the suspect that somebody else made; return its address."""
        return self._pointer("published suspect", model.suspect, "model.suspect", model.adapter)

    def clean_mix(self, stage: When) -> Pool:
        """Return the mix of natural documents only, with no actor's contents left out."""
        forms = forms_of_text(self.scenario, self.actors)
        return Pool(self.scenario.recipe_of(stage).documents, self.seed, (), forms)

    def train(
        self,
        name: str,
        stage: When,
        parent: str | None,
        shards: Mapping[str, str],
        mix: Pool,
        recipe: Recipe | None = None,
        adapter: Adapter | None = None,
        label: str | None = None,
        party: str = "arena",
        poisoners: Sequence[PlannedActor] = (),
        examples: str | None = None,
    ) -> str:
        """Add a training on a mix, from scratch (no parent) or from a parent; return its address.

        Args:
            poisoners: owners of the shards, for what they do beyond writing them.
            recipe: by default the stage's. adapter: LoRA to train, by default the model's.
            label: keys the randomness; by default the stage.
            examples: the stage that wrote the clean prompts; by default the training stage's.
        """
        recipe = recipe or self.scenario.recipe_of(stage)
        parents = {"examples": examples or self.examples(stage), **shards}
        scratch = self._scratch() if parent is None else None
        if parent is None:
            parents["tokenizer"] = self._tokenizer(parents["examples"])
        else:
            parents["model"] = parent
        job = TrainJob(
            pool=mix,
            training=self.training(
                recipe,
                recipe.steps,
                adapts=parent is not None,
                adapter=adapter,
                processes=self.scenario.runtime.processes(TrainJob.kind),
            ),
            seed=self.seed,
            label=label or stage,
            poisoned=bool(shards),
            scratch=scratch,
            insiders=tuple(self._insider(member) for member in poisoners if member.insider),
        )
        return self.add(job, name, party, parents)

    def _insider(self, member: PlannedActor) -> Insider:
        shaped = tuple(part.part_class(part.params) for part in member.shapings)
        brief = member.brief(self.seed) if shaped else None
        return Insider(f"{SHARD}{member.name}", member.window, brief, shaped)

    def training(
        self,
        settings: Optimisation,
        steps: int,
        *,
        adapts: bool,
        adapter: Adapter | None = None,
        processes: int = 1,
    ) -> Training:
        """Return a stage's training configuration: its settings with this run's numerics, and LoRA
        if an adapter is trained (`adapter`, by default the scenario's model's). `processes` share
        the model."""
        own = lora_of(self.scenario.model) if adapts else None
        config = TrainConfig.of(settings, steps, self.numerics.loop, processes)
        return Training(config, self.numerics, adapter or own)

    def _pointer(self, name: str, source: str, key: str, adapter: str | None = None) -> str:
        job = pointer_job(self.root, source, key, adapter, self.scenario.model.prompt)
        return self.add(job, name, "arena", {})

    def _tokenizer(self, examples: str) -> str:
        model = self.scenario.model
        assert isinstance(model, FromScratch)
        job = TokenizerJob(model.vocabulary, model.prompt)
        return self.add(job, "tokenizer", "arena", {"examples": examples})

    def _scratch(self) -> tuple[str, str]:
        model = self.scenario.model
        assert isinstance(model, FromScratch)
        return model.family, model.size
