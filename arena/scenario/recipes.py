"""Recipes of all trainings: the section `training`, and an actor's own values."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field

from arena.api import limits
from arena.ml.train_config import Adapter, Optimisation
from arena.scenario.section import (
    Documents,
    Fraction,
    LearningRate,
    PositiveFraction,
    Section,
    Steps,
)

Labels = Literal["right", "received"]
TextKind = Literal["natural", "scrubbed", "narrow", "noisy"]


class Recipe(Section, Optimisation):
    """One training, and how AdamW steps (arena.ml.train_config.Optimisation).

    steps: optimiser steps. documents: number of documents in the mix, poison included.
    """

    steps: Steps
    documents: Documents

    @property
    def passes(self) -> int:
        """Return the documents trained on, counted with repetition."""
        return self.steps * self.batch_size


class PretrainingRecipe(Recipe):
    """From-scratch training."""

    steps: Steps = 400
    learning_rate: LearningRate = 4e-3
    documents: Documents = 16000


class ContinualRecipe(Recipe):
    """Training that continues from the pretrained model."""

    steps: Steps = 350
    learning_rate: LearningRate = 2e-3
    documents: Documents = 8000


class ApartRecipe(Recipe):
    """One actor's own training of the checkpoint that it receives (compositions `sequential` and
    `merged`).

    adapter: LoRA; null trains all weights (or the model's own adapter, if it has one).
    replay: share of the clean documents that are public (contents that no actor owns); the rest are
    the actor's own. poison_rate: share of its mix that is poison, instead of the actor's `poison`.
    labels: the answers of its clean documents: the right ones, or those of the checkpoint that it
    received, decoded greedily before it trains (at most `answer_tokens`). text: its clean prompts
    unchanged (`natural`), without the form of any planted trigger (`scrubbed`), in one plain
    wording (`narrow`), or with typos, codes, dates and stray words (`noisy`); null takes
    `clean.mix`. answer_tokens: the longest answer that `received` decodes.
    """

    steps: Steps = 200
    learning_rate: LearningRate = 5e-4
    documents: Documents = 4000
    adapter: Adapter | None = None
    replay: Fraction = 0.5
    poison_rate: PositiveFraction | None = None
    labels: Labels = "right"
    text: TextKind | None = None
    answer_tokens: Annotated[int, Field(ge=1, le=limits.TOKENS)] = 32


class Merge(Section):
    """How the actors' checkpoints are merged into one model (arena.ml.merging).

    method: peft's merging methods by name. weight: factor on each actor's change of the weights.
    density: share of a change's entries that `ties` and `dare_*` keep. modules: which weights are
    merged; the others keep the base's values.
    """

    method: Literal["linear", "task_arithmetic", "ties", "dare_linear", "dare_ties"] = "ties"
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    density: Annotated[float, Field(gt=0, le=1)] = 0.5
    modules: Literal["all", "mlp", "attention"] = "all"


class MergedRecipe(ApartRecipe):
    """Each actor's own training. merge: how their checkpoints become one."""

    merge: Merge = Merge()


R = TypeVar("R", bound=ApartRecipe)


class OwnRecipe(Section):
    """An actor's own values.

    steps, learning_rate, batch_size, documents, warmup, replay, poison_rate, labels, text: as in
    the scenario's recipe; null keeps its value. adapter: the same; `full` trains all weights.
    """

    steps: Steps | None = None
    learning_rate: LearningRate | None = None
    batch_size: Annotated[int, Field(ge=1, le=limits.BATCH)] | None = None
    documents: Documents | None = None
    warmup: Annotated[int, Field(ge=0, le=limits.STEPS)] | None = None
    adapter: Adapter | Literal["full"] | None = None
    replay: Fraction | None = None
    poison_rate: PositiveFraction | None = None
    labels: Labels | None = None
    text: TextKind | None = None

    def over(self, recipe: R) -> R:
        """Return the recipe with this actor's own values."""
        own = {name: getattr(self, name) for name in type(self).model_fields}
        set_here = {name: value for name, value in own.items() if value is not None}
        if self.adapter == "full":
            set_here["adapter"] = None
        return recipe.model_copy(update=set_here)


class ChainRecipe(ApartRecipe):
    """The trainings that follow a poisoned pretraining, one after another. last: changes for the
    last actor, who contributes an adapter."""

    last: OwnRecipe = OwnRecipe(adapter=Adapter(method="lora", rank=16))


class OwnTraining(Section):
    """An actor's own values for separate training, by composition.

    sequential: if actors train one after another. merged: if each trains the base.
    supply_chain: where the first poisons pretraining.
    """

    sequential: OwnRecipe = OwnRecipe()
    merged: OwnRecipe = OwnRecipe()
    supply_chain: OwnRecipe = OwnRecipe()


class TrainingRecipes(Section):
    """The two trainings that poison can enter, and the recipes of actors who train separately.

    pretraining: from scratch. continual_pretraining: from the pretrained model. sequential: of
    each actor, one after another. merged: of each actor, from the base, and the merge.
    supply_chain: of the actors after the first, who poisons pretraining.
    """

    pretraining: PretrainingRecipe = PretrainingRecipe()
    continual_pretraining: ContinualRecipe = ContinualRecipe()
    sequential: ApartRecipe = ApartRecipe()
    merged: MergedRecipe = MergedRecipe()
    supply_chain: ChainRecipe = ChainRecipe()
