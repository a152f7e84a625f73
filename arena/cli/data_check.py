"""Check a scenario's data files, for `arena validate`."""

from __future__ import annotations

from collections.abc import Iterator

from arena.api.params import Params
from arena.api.world import DataRoot
from arena.scenario.schema import Scenario
from arena.store.files import data_files


def look_at_data(scenario: Scenario, root: DataRoot) -> Iterator[str]:
    """Read the data files of the corpus and the triggers that are on this machine, and yield one
    line for each part that reads any. Nothing is generated or trained.

    Raises:
        InputError: one of several files is missing, or one is malformed.
    """
    part = scenario.corpus
    corpus = part.part_class(part.params, scenario.seeds[0], root)
    if _has_files(part.params, root):
        splits = corpus.splits
        sizes = (len(rows) for rows in (splits.train, splits.validation, splits.test))
        yield "corpus: {} train, {} validation and {} test examples".format(*sizes)
        yield from (f"corpus: {note}" for note in corpus.notes)
    triggers = [(actor.name, actor.trigger) for actor in scenario.actors]
    triggers += [(f"decoy:{decoy.name}", decoy.trigger) for decoy in scenario.decoys]
    for name, trigger in triggers:
        if _has_files(trigger.params, root):
            notes = trigger.part_class(trigger.params, corpus.world).notes
            yield from (f"{name}: {note}" for note in notes)


def _has_files(params: Params, root: DataRoot) -> bool:
    return bool(data_files(params.model_dump(mode="json"), root))
