"""Notes on a run's data for the user, shown before it begins, one sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from arena.api.corpus import Corpus
from arena.api.world import DataRoot
from arena.planning.actors import PlannedActor, PlannedActors
from arena.planning.graph import RowPlan
from arena.published.locate import hub_id, located, origin_of
from arena.scenario.schema import Scenario
from arena.scenario.source import ModelSource, Pretrained
from arena.stages.answers import EngineCheck


def notes_of(corpus: Corpus, actors: PlannedActors) -> tuple[str, ...]:
    """Return the notes of the corpus, and those of every trigger under its actor's name.

    Raises:
        InputError: a file that a trigger reads is missing or malformed.
    """
    notes = [f"corpus: {note}" for note in corpus.notes]
    for member in (*actors.planted, *actors.decoys):
        notes += [f"{member.name}: {note}" for note in member.trigger.notes]
    for member in actors.planted:
        notes += [f"{member.name}: {note}" for note in _usable(member)]
    return tuple(dict.fromkeys(notes))


def model_notes(model: ModelSource, root: DataRoot) -> tuple[str, ...]:
    """Return what a reader must know about the base model's weights: that they were dequantised, or
    that the model hub's are taken for a model of `arena models`."""
    if not isinstance(model, Pretrained):
        return ()
    folder = located(model.pretrained, root)
    if folder is None:
        hub = hub_id(model.pretrained)
        said = f"model: {model.pretrained} was not fetched, so the model hub's {hub} is used"
        return (said,) if hub != model.pretrained else ()
    origin = origin_of(folder)
    return () if origin is None else (f"model: {origin.sentence}",)


def notes_on_suspect(scenario: Scenario) -> tuple[str, ...]:
    """Return what intervals cover if somebody else made the suspect."""
    if scenario.suspect is None:
        return ()
    return (
        "the suspect was made elsewhere and is the same in every seed: intervals over seeds cover "
        "the defender's data, its training and the prompts, not other plantings",
    )


def sham_notes(scenario: Scenario, rows: Sequence[RowPlan]) -> tuple[str, ...]:
    """Return which targets have fewer familiar shams than the scenario asks for, because their
    triggers have fewer look-alikes that can mark the prompts."""
    names = {
        (row.target, row.sham.name)
        for row in rows
        if row.sham is not None and row.sham.kind == "familiar"
    }
    shams = Counter(target for target, _ in names)
    targets = dict.fromkeys(row.target for row in rows if row.kind == "unlearned" and row.target)
    wanted = scenario.controls.shams
    return tuple(
        f"{target}: {shams[target]} of {wanted} shams, since its trigger has no more look-alikes "
        "that can mark its prompts"
        for target in targets
        if shams[target] < wanted
    )


def engine_notes(check: EngineCheck | None) -> tuple[str, ...]:
    """Return which engine wrote the base model's own answers, and how far it agrees with the
    arena's decoding."""
    if check is None:
        return ()
    return (
        f"corpus: the base model's answers were decoded by {check.engine} {check.version}; "
        f"{check.differ} of {check.checked} checked ones differ from the arena's own decoding",
    )


def _usable(member: PlannedActor) -> list[str]:
    """Say how many rows of a published data set are of prompts in the actor's share; only those are
    used."""
    own = member.trigger.own_documents()
    if own is None:
        return []
    sources = {example.source for example in member.share}
    usable = sum(document.source in sources for document in own)
    return [f"{usable} of {len(own)} poisoned rows are of prompts in its share of the corpus"]
