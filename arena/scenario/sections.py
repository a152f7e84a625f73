"""The sections of a scenario: every field of the YAML, its unit, its range and its default.

Nothing here reads a data file or imports torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from arena.api.tactic import APART, Texts
from arena.scenario.actor import Actor
from arena.scenario.defence import Contender, Decoy, Defence, Defender
from arena.scenario.evaluation import Controls, Evaluation, Thresholds
from arena.scenario.grid import Grid
from arena.scenario.measures import Measures, MeasuresSection
from arena.scenario.numerics import Numerics, Runtime
from arena.scenario.parts import CorpusPart
from arena.scenario.recipes import ApartRecipe, Recipe, Training
from arena.scenario.search import Duel, Tune
from arena.scenario.section import Composition, Name, Section, Stage
from arena.scenario.source import FromScratch, ModelSource


class Sections(Section):
    """All sections of an experiment, each valid by itself (`Scenario` checks that they agree)."""

    name: Name
    description: str = ""
    plugins: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    model: ModelSource
    corpus: CorpusPart
    stage: Stage = "continual_pretraining"
    composition: Composition = "pooled"
    actors: Annotated[tuple[Actor, ...], Field(min_length=1)]
    defender: Defender
    league: tuple[Contender, ...] = ()
    controls: Controls = Controls()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    numerics: Numerics = Numerics()
    runtime: Runtime = Runtime()
    thresholds: Thresholds = Thresholds()
    measures: MeasuresSection = Measures()
    grid: Grid = Grid()
    tune: Tune | None = None
    duel: Duel | None = None

    def stage_of(self, actor: Actor) -> Stage:
        """Where this actor's poison enters: its own stage, or the scenario's."""
        return actor.stage or self.stage

    def recipe_of(self, stage: Stage) -> Recipe:
        """The training recipe of a stage."""
        recipes: Mapping[Stage, Recipe] = {
            "pretraining": self.training.pretraining,
            "continual_pretraining": self.training.continual_pretraining,
        }
        return recipes[stage]

    def apart_recipe(self, actor: Actor) -> ApartRecipe:
        """How this actor trains by itself, under `sequential` or `merged`."""
        if self.composition == "merged":
            return actor.training.merged.over(self.training.merged)
        return actor.training.sequential.over(self.training.sequential)

    def recipe_for(self, actor: Actor) -> Recipe:
        """The training that this actor's poison is part of."""
        stage = self.stage_of(actor)
        if stage == "continual_pretraining" and self.composition in APART:
            return self.apart_recipe(actor)
        return self.recipe_of(stage)

    def poison_rate_of(self, actor: Actor) -> float | None:
        """The share of its mix that an actor poisons; None where it is a count."""
        recipe = self.recipe_for(actor)
        own = recipe.poison_rate if isinstance(recipe, ApartRecipe) else None
        return actor.poison.rate if own is None else own

    def poison_of(self, actor: Actor) -> int:
        """How many documents of its mix an actor poisons."""
        rate = self.poison_rate_of(actor)
        if rate is None:
            return actor.poison.count or 0
        return round(rate * self.recipe_for(actor).documents)

    def beside_poison(self, actor: Actor) -> tuple[int, ...]:
        """How many documents each of an actor's text tactics writes, in their order."""
        total = self.recipe_for(actor).documents
        return tuple(round(part.params.rate * total) for part in actor.tactics_of(Texts))  # type: ignore[attr-defined]

    def written_share(self, actor: Actor) -> float:
        """Share of its mix that an actor writes: its poison, and what stands beside it."""
        written = self.poison_of(actor) + sum(self.beside_poison(actor))
        return written / self.recipe_for(actor).documents

    @property
    def defences(self) -> Mapping[str, Defence]:
        """Every defence by its name: the defender's is its objective's, and comes first."""
        main = self.defender.objective.name
        return {main: self.defender, **{each.name: each for each in self.league}}

    @property
    def decoys(self) -> tuple[Decoy, ...]:
        """All backdoors that defences plant themselves."""
        planted = [each.decoys.plant for each in self.defences.values() if each.decoys]
        return tuple(decoy for plant in planted for decoy in plant)

    @property
    def training_passes(self) -> int:
        """Documents that the suspect was trained on, each as often as it was met. Of a checkpoint
        from elsewhere only what the arena did to it is known."""
        stages = {self.stage_of(actor) for actor in self.actors}
        passes = self.training.pretraining.passes if isinstance(self.model, FromScratch) else 0
        if "continual_pretraining" not in stages:
            return passes
        if self.composition not in APART:
            return passes + self.training.continual_pretraining.passes
        late = [a for a in self.actors if self.stage_of(a) == "continual_pretraining"]
        return passes + sum(self.apart_recipe(actor).passes for actor in late)

    def resolved(self) -> dict[str, Any]:
        """The scenario as plain YAML values, every default filled in."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of everything but the description and where plug-ins lie, whatever the
        file looks like."""
        content = {k: v for k, v in self.resolved().items() if k not in ("description", "plugins")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
