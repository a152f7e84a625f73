"""Check the checkpoint that a scenario needs."""

from __future__ import annotations

from collections.abc import Iterator

from arena.api.world import DataRoot
from arena.scenario.schema import Scenario
from arena.scenario.source import FromScratch


def look_at_checkpoint(scenario: Scenario, root: DataRoot) -> Iterator[str]:
    """Check the model's checkpoint as a run does, and yield a line about it. One that is not on
    this machine is left to the run, since it would have to be downloaded. Of a model trained from
    scratch only the defences are checked.

    Raises:
        InputError: the checkpoint cannot be trained or scored, or a defence cannot work on it.
    """
    from arena.cli.streams import say
    from arena.execution.checkpoint import check_checkpoint, folder_of, names_of
    from arena.store.store import Store, default_root

    if isinstance(scenario.model, FromScratch):
        check_checkpoint(scenario, root, Store(default_root().resolve()))
        return
    folders = {name: folder_of(name, root, key) for key, name in names_of(scenario.model).items()}
    for name, folder in folders.items():
        if folder is None:
            yield f"model:  {name} is not a local folder: the run will look for it on the model hub"
    if None in folders.values():
        return
    check_checkpoint(
        scenario, root, Store(default_root().resolve()), lambda text: say(text, err=True)
    )
    yield from (f"model:  {folder}" for folder in folders.values())
