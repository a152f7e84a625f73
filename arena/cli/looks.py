"""Check the checkpoint that a scenario needs."""

from __future__ import annotations

from collections.abc import Iterator

from arena.api.world import DataRoot
from arena.scenario.schema import Scenario
from arena.scenario.source import Pretrained


def look_at_checkpoint(scenario: Scenario, root: DataRoot) -> Iterator[str]:
    """Check the model's checkpoint as a run does, and yield a line about it. One that is not on
    this machine is left to the run, since it would have to be downloaded.

    Raises:
        InputError: the checkpoint cannot be trained or scored.
    """
    if not isinstance(scenario.model, Pretrained):
        return
    from arena.execution.checkpoint import check_checkpoint, folder_of
    from arena.store.store import Store, default_root

    folder = folder_of(scenario.model.pretrained, root)
    if folder is None:
        yield f"model:  {scenario.model.pretrained} is no folder here: the run asks the model hub"
        return
    check_checkpoint(scenario, root, Store(default_root().resolve()))
    yield f"model:  {folder}"
