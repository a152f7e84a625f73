"""The sections of a scenario: every field of the YAML, its unit, its range and its default.

Nothing here reads a data file or imports torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from arena import seeds
from arena.api import limits
from arena.api.tactic import APART, Arrival, Shaping, Texts
from arena.scenario import planting
from arena.scenario.actor import Actor
from arena.scenario.crossed import Crossed, drawn
from arena.scenario.defence import Decoy, Defence, Defender, LeagueDefence
from arena.scenario.dose import Dose
from arena.scenario.evaluation import CleanText, Controls, Evaluation, Thresholds
from arena.scenario.grid import Grid
from arena.scenario.measures import EnabledMeasures, MeasuresSection
from arena.scenario.numerics import Numerics, RuntimeSettings
from arena.scenario.parts import CorpusPart
from arena.scenario.recipes import ApartRecipe, Recipe, TrainingRecipes
from arena.scenario.search import Duel, Tune
from arena.scenario.section import FOUND, Composition, Name, Section, Seed, Stage
from arena.scenario.source import FromScratch, ModelSource, PublishedSuspect


def _composition(above: Mapping[str, Any]) -> Composition:
    """The default: `found` if the model is a suspect that somebody else made."""
    return FOUND if isinstance(above.get("model"), PublishedSuspect) else "pooled"


class Sections(Section):
    """All sections of an experiment, each valid by itself (`Scenario` checks that they agree).

    name: the name of the run and of its folder. description: what the scenario asks, for `arena
    list`. plugins: files, folders or modules with triggers, payloads or other parts. seeds:
    each is a whole replication and the unit of all statistics; a verdict needs 8. model: trained
    from scratch, a checkpoint to poison, or a suspect that somebody else made. corpus: clean text,
    and how often planted forms occur in it. stage: the training that actors poison. composition:
    how the actors' poison comes together in one model. actors: the threat actors; if they train
    separately, in the order in which they train. crossed: what is redrawn among the actors in each
    seed. defender: which trigger is removed, and how. league: further defences that are compared on
    the same suspects. clean: whether planted forms are filtered out of clean text. controls: the
    models that each unlearned one is compared with. dose: the doses at which a removal is scored;
    null scores only its end. training: the recipes of all trainings. evaluation: prompts and
    scoring. numerics: threads, precision and device, part of every address. runtime: where and how
    stages run. thresholds: the thresholds of the verdicts. measures: measurements beyond firing
    rates, by name. grid: the cells of `arena stress`. tune: the search of `arena tune`. duel: the
    two searches of `arena duel`.
    """

    name: Name
    description: str = ""
    plugins: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=limits.SEEDS)]
    model: ModelSource
    corpus: CorpusPart
    stage: Stage = "continual_pretraining"
    composition: Composition = Field(default_factory=_composition)
    actors: Annotated[tuple[Actor, ...], Field(min_length=1)]
    crossed: Crossed = Crossed()
    defender: Defender
    league: tuple[LeagueDefence, ...] = ()
    clean: CleanText = CleanText()
    controls: Controls = Controls()
    dose: Dose | None = None
    training: TrainingRecipes = TrainingRecipes()
    evaluation: Evaluation = Evaluation()
    numerics: Numerics = Numerics()
    runtime: RuntimeSettings = RuntimeSettings()
    thresholds: Thresholds = Thresholds()
    measures: MeasuresSection = EnabledMeasures()
    grid: Grid = Grid()
    tune: Tune | None = None
    duel: Duel | None = None

    @property
    def suspect(self) -> PublishedSuspect | None:
        """Return the suspect that somebody else made; None if actors plant their backdoors here."""
        return self.model if isinstance(self.model, PublishedSuspect) else None

    def actors_in(self, seed: int) -> tuple[Actor, ...]:
        """Return the actors with their triggers and payloads in a seed: their own, unless these are
        `crossed`.

        Raises:
            InputError: too many actors share a method for each to have its own instance; or the
                corpus cannot be read.
        """
        if self.crossed == Crossed():
            return self.actors
        taken = [decoy.trigger for decoy in self.decoys]
        taken += [each.actor.trigger for each in self.controls.benign]
        return drawn(self.actors, self.crossed, seed, self.capabilities, taken)

    def planted_in(self, seed: int) -> tuple[Actor, ...]:
        """Return all whose documents are planted in a seed: the actors, then the benign
        conditionals, which are never crossed. Raises InputError as `actors_in` does."""
        return (*self.actors_in(seed), *(each.actor for each in self.controls.benign))

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what triggers and payloads can rely on in the corpus (`Corpus.capabilities`).

        Raises:
            InputError: the corpus cannot be read.
        """
        return frozenset(self.corpus.part_class.capabilities(self.corpus.params))

    def payloads_of(self, actor: Actor) -> tuple[str, ...]:
        """Return the kinds of payload that an actor may have: its own, or any actor's if they are
        crossed."""
        possible = self.actors if self.crossed.payloads else (actor,)
        return tuple(dict.fromkeys(each.payload.name for each in possible))

    def stage_of(self, actor: Actor) -> Stage:
        """Return the stage that this actor poisons: its own, or the scenario's; pretraining for the
        first of a supply chain."""
        if self.composition == "supply_chain" and actor.name == self.actors[0].name:
            return "pretraining"
        return actor.stage or self.stage

    def recipe_of(self, stage: Stage) -> Recipe:
        """Return the training recipe of a stage."""
        recipes: Mapping[Stage, Recipe] = {
            "pretraining": self.training.pretraining,
            "continual_pretraining": self.training.continual_pretraining,
        }
        return recipes[stage]

    def apart_recipe(self, actor: Actor) -> ApartRecipe:
        """Return the recipe of this actor's separate training, for compositions that have one."""
        own, training = actor.training, self.training
        if self.composition == "merged":
            return own.merged.over(training.merged)
        if self.composition == "sequential":
            return own.sequential.over(training.sequential)
        chain = training.supply_chain
        last = actor.name == self.actors[-1].name
        return own.supply_chain.over(chain.last.over(chain) if last else chain)

    def order_in(self, seed: int) -> Mapping[str, int]:
        """Return each actor's place in the order of training: the order of the file, unless it is
        drawn per seed (`crossed.order`)."""
        names = [actor.name for actor in self.actors]
        if self.crossed.order:
            places = seeds.rng(seed, "order of actors").permutation(len(names))
            names = [names[int(place)] for place in places]
        return {name: place for place, name in enumerate(names)}

    def recipe_for(self, actor: Actor) -> Recipe:
        """Return the recipe of the training that this actor poisons."""
        stage = self.stage_of(actor)
        if stage == "continual_pretraining" and self.composition in APART:
            return self.apart_recipe(actor)
        return self.recipe_of(stage)

    def poison_rate_of(self, actor: Actor) -> float | None:
        """Return the share of its mix that an actor poisons; None if it poisons a count."""
        recipe = self.recipe_for(actor)
        own = recipe.poison_rate if isinstance(recipe, ApartRecipe) else None
        return actor.poison.rate if own is None else own

    def poison_of(self, actor: Actor) -> int:
        """Return how many documents of its mix an actor poisons."""
        rate = self.poison_rate_of(actor)
        if rate is None:
            return actor.poison.count or 0
        return round(rate * self.recipe_for(actor).documents)

    def exposures_of(self, actor: Actor) -> float | None:
        """Return how many documents with an actor's trigger are trained on, counted with
        repetition: its poison's share of the mix, times all documents seen (steps times batch).
        Every document is seen once before any repeats. None for a suspect that somebody else
        made."""
        if self.suspect is not None:
            return None
        recipe = self.recipe_for(actor)
        return self.poison_of(actor) * recipe.passes / recipe.documents

    def beside_poison(self, actor: Actor) -> tuple[int, ...]:
        """Return how many documents each of an actor's text tactics writes, in their order."""
        total = self.recipe_for(actor).documents
        return tuple(round(part.params.rate * total) for part in actor.tactics_of(Texts))  # type: ignore[attr-defined]

    def written_share(self, actor: Actor) -> float:
        """Return the share of its mix that an actor writes: poison and documents of its tactics."""
        written = self.poison_of(actor) + sum(self.beside_poison(actor))
        return written / self.recipe_for(actor).documents

    def attack_compute(self, actor: Actor) -> float:
        """Return the passes over documents that an actor's part of a training takes: its documents
        and what its tactics rehearse beside them, as a share of the training's passes over its
        whole mix. An upper bound where few documents are its own, since tactics do nothing in a
        batch without any; decoding answers is not counted."""
        batch, written = self.recipe_for(actor).batch_size, self.written_share(actor)
        windows = [part.part_class(part.params).window() for part in actor.tactics_of(Arrival)]
        start, end = windows[-1] if windows else (0.0, 1.0)
        share = end - start  # of the steps
        shaping = (part.part_class(part.params) for part in actor.tactics_of(Shaping))
        beside: float = sum(each.extra_passes(written * batch / share) for each in shaping)
        return written + share * beside / batch

    @property
    def defences(self) -> Mapping[str, Defence]:
        """Return every defence by name, first the defender, which is named after its objective."""
        main = self.defender.objective.name
        return {main: self.defender, **{each.name: each for each in self.league}}

    @property
    def decoys(self) -> tuple[Decoy, ...]:
        """Return all decoys that defences plant."""
        planted = [each.decoys.plant for each in self.defences.values() if each.decoys]
        return tuple(decoy for plant in planted for decoy in plant)

    @property
    def planted(self) -> tuple[Actor, ...]:
        """Return everyone whose documents are planted: the actors, then the benign conditionals."""
        return (*self.actors, *(each.actor for each in self.controls.benign))

    @property
    def training_passes(self) -> int | None:
        """Return the number of documents that the suspect was trained on, counted with repetition;
        None if somebody else made it. For a pretrained checkpoint only the arena's own training
        counts."""
        if self.suspect is not None:
            return None
        stages = {self.stage_of(actor) for actor in self.planted}
        passes = self.training.pretraining.passes if isinstance(self.model, FromScratch) else 0
        if "continual_pretraining" not in stages:
            return passes
        if self.composition not in APART:
            return passes + self.training.continual_pretraining.passes
        late = [a for a in self.planted if self.stage_of(a) == "continual_pretraining"]
        return passes + sum(self.apart_recipe(actor).passes for actor in late)

    def resolved(self) -> dict[str, Any]:
        """Return the scenario as plain YAML values, with every default; without the keys about
        planting if nothing is planted."""
        unused = planting.left_out() if self.suspect is not None else None
        return self.model_dump(mode="json", exclude=unused)

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of all values except the description and the paths of plug-ins,
        independent of the file's layout."""
        content = {k: v for k, v in self.resolved().items() if k not in ("description", "plugins")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
