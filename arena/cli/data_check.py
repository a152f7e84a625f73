"""Check a scenario's data files, for `arena validate`."""

from __future__ import annotations

from collections.abc import Iterator

from arena.api.corpus import Corpus
from arena.api.params import Params
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.planning.actors import plan_actors
from arena.scenario.schema import Scenario
from arena.store.files import data_files


def look_at_data(scenario: Scenario, root: DataRoot) -> Iterator[str]:
    """Read the data files of the corpus and the triggers that are on this machine, and yield one
    line for each part that reads any. Then try every trigger and payload on a few prompts of the
    first seed, unless the data are elsewhere. Nothing is trained.

    Raises:
        InputError: one of several files is missing, one is malformed, or a trigger or a payload
            does not do what its role promises.
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
    if _is_here(corpus):
        plan_actors(scenario, corpus, scenario.seeds[0])


def _is_here(corpus: Corpus) -> bool:
    """Whether the corpus can be built: its data files may be on another machine."""
    try:
        return bool(corpus.splits.train)
    except InputError:
        return False


def _has_files(params: Params, root: DataRoot) -> bool:
    return bool(data_files(params.model_dump(mode="json"), root))
