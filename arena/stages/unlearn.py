"""A defence's training run on a suspect model; the controls are the same stage."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from arena import registry, seeds
from arena.api.job import Detail, Inputs, Job, Progress
from arena.api.objective import Brief, Objective
from arena.api.params import Params
from arena.api.trigger import NoTrigger, Trigger
from arena.errors import ArenaError
from arena.ml.repeated import RepeatedConfig
from arena.ml.train_config import TrainConfig, Training
from arena.stages.corpus import CorpusRef
from arena.stages.hidden import hidden
from arena.stages.losses import write_losses
from arena.store.manifest import MANIFEST

if TYPE_CHECKING:
    import torch

    from arena.ml.checkpoints import Suspect
    from arena.stages.along import Along, Watch  # its code counts only if there is a search

MATCH_TIMES = 4  # maximum repetitions of the schedule by a norm-matched sham


class SearchResult(Protocol):
    """Reads the trigger from a finished search (arena.stages.discover)."""

    def found_in(self, folder: Path) -> Trigger | None: ...


@dataclass(frozen=True)
class UnlearnJob(Job):
    """Run an objective on its brief (inputs: `model`, the suspect).

    corpus: the source of the clean prompts. layers: the first and the last block that train (None:
    all weights). code: of the objective.

    The same job makes the controls: a brief with no trigger is the clean fine-tune (plain
    cross-entropy, whatever the objective), one with a trigger that no actor planted a sham. With an
    input `matched` (an unlearned model) it is the norm-matched sham: it repeats the schedule, and
    stops once its update norm is as large. With a `search` the trigger is the one that the search
    found (an input `findings`); if it found none, the suspect is left unchanged.

    With `along` the run is scored along its way and writes a curve, and the checkpoints at the two
    doses of the verdicts: those named by the curves of the clean fine-tune (an input `control`) and
    of the real removal (`removal`, for a sham), or reached by its own. The clean fine-tune keeps
    all checkpoints. The run ends at the last scored dose; its schedule is that of the whole.
    """

    kind = "unlearn"

    objective: str
    params: Params
    objective_code: str
    brief: Brief
    corpus: CorpusRef
    training: Training
    poisoned: bool
    layers: tuple[int, int] | None = None
    search: SearchResult | None = None
    along: Along | None = None

    @property
    def steps(self) -> int:
        if self.along is not None and self.along.marks:
            return self.along.marks[-1]
        return self.training.config.steps

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml.processes import spread

        with hidden(inputs["model"]) as model, hidden(inputs.get("base")) as base:
            brief = self._brief(inputs, model, base)
            work = functools.partial(self._run, brief, inputs)
            return spread(self.training, work, out, progress)

    def _run(self, brief: Brief, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, models, training

        config = self.training.config
        if self.search is not None and isinstance(brief.trigger, NoTrigger):
            config = config.model_copy(update={"steps": 0})  # nothing found, nothing to unlearn
        objective: Objective = registry.get("objective", self.objective)(self.params)
        suspect = checkpoints.open_for_training(inputs, None, self.training, brief.seed)
        if self.layers is not None:
            models.train_only(suspect.model, *self.layers)
        if not objective.shares:  # it reads blocks, or differentiates twice: not compiled
            config = config.model_copy(update={"compile": False})
        ready = objective.prepare(suspect.model, suspect.tokenizer, brief)
        plain = objective.needs_trigger and isinstance(brief.trigger, NoTrigger)
        before = checkpoints.weights(suspect)
        watch = self._watch(suspect, before, inputs, out)
        if watch is not None:
            watch(0)  # the suspect itself, before any edit
        if not plain:
            ready.edit(suspect.model, suspect.tokenizer, brief)
        target_norm = _norm_of(inputs["matched"]) if "matched" in inputs else None
        losses = training.train_documents(
            suspect,
            objective.documents(brief),
            _repeated(config, target_norm),
            seeds.rng(brief.seed, "unlearn order"),
            progress if watch is None else _both(progress, watch),
            loss=training.answer_loss if plain else ready.loss,
            divisible=plain or ready.divisible,
            shares=plain or ready.shares,
            stop=_reached(suspect, before, target_norm) if watch is None else lambda: watch.ended,
        )
        norm = checkpoints.distance(suspect, before)
        if watch is None:
            checkpoints.save(suspect, out, poisoned=self.poisoned)
        else:
            watch.write()
        write_losses(out, losses)
        detail: Detail = {"update_norm": norm, "steps": len(losses)}
        if losses:
            detail |= {"loss_first": losses[0], "loss_last": losses[-1]}
        if self.search is not None:
            detail["found"] = "nothing" if plain else brief.trigger.key
        return {**detail, "matched_norm": target_norm}

    def _watch(
        self, suspect: Suspect, before: dict[str, torch.Tensor], inputs: Inputs, out: Path
    ) -> Watch | None:
        """The scorer of the model along its way, if wanted."""
        if self.along is None:
            return None
        from arena.ml import checkpoints

        return self.along.watch(
            config=self.training.config,
            suspect=suspect,
            out=out,
            norm=lambda: checkpoints.distance(suspect, before),
            save=lambda folder: checkpoints.save(suspect, folder, poisoned=self.poisoned),
            inputs=inputs,
        )

    def _brief(self, inputs: Inputs, model: Path | None, base: Path | None) -> Brief:
        """The brief with the paths of its models, and the trigger that a search found, if any."""
        brief = self.brief if self.search is None else self._informed(inputs["findings"])
        return dataclasses.replace(brief, model=model or brief.model, base=base)

    def _informed(self, findings: Path) -> Brief:
        """The brief with the trigger that was found, and as many prompts as before, all of which it
        can mark: planning knows only a disclosed trigger."""
        assert self.search is not None
        trigger = self.search.found_in(findings)
        if trigger is None:
            return self.brief
        able = list(filter(trigger.can_mark, self.brief.clean))
        if not able:
            raise ArenaError(
                f"{trigger.key} was found, and none of the clean prompts can be marked"
            )
        clean = tuple(islice(cycle(able), len(self.brief.clean)))
        return dataclasses.replace(self.brief, trigger=trigger, clean=clean)


def _both(progress: Progress, watch: Watch) -> Progress:
    def after(step: int) -> None:
        progress(step)
        watch(step)

    return after


def _repeated(config: TrainConfig, target_norm: float | None) -> TrainConfig:
    """The schedule, repeated for a sham that trains up to a norm."""
    if target_norm is None or not config.steps:
        return config
    return RepeatedConfig.times(config, MATCH_TIMES)


def _reached(
    suspect: Suspect, before: dict[str, torch.Tensor], target_norm: float | None
) -> Callable[[], bool] | None:
    """A test of whether the update is large enough; None if no norm is set."""
    if target_norm is None:
        return None
    from arena.ml import checkpoints

    return lambda: checkpoints.distance(suspect, before) >= target_norm


def _norm_of(artifact: Path) -> float:
    manifest: dict[str, Any] = json.loads((artifact / MANIFEST).read_text())
    return float(manifest["detail"]["update_norm"])
