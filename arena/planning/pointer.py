"""The stage that stands for a checkpoint of somebody else's."""

from __future__ import annotations

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.published.locate import hub_id, located
from arena.scenario.source import Pretrained
from arena.stages.pointer import PointerJob
from arena.store.files import fingerprint


def pointer_job(model: Pretrained, root: DataRoot) -> PointerJob:
    """Return the stage that points at a scenario's checkpoint: a folder here, or a hub id.

    Raises:
        InputError: the folder holds no weights.
    """
    local = located(model.pretrained, root)
    if local is None:
        return PointerJob(hub_id(model.pretrained))
    files = sorted(path for path in local.iterdir() if path.is_file()) if local.is_dir() else []
    if not any(path.suffix == ".safetensors" for path in files):
        rule = "holds no safetensors weights"
        raise InputError(rule, key="model.pretrained", found=str(local))
    return PointerJob(str(local), tuple((path.name, fingerprint(path)) for path in files))
