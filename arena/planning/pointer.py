"""The stage that stands for a checkpoint of somebody else's."""

from __future__ import annotations

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.ml.prompt_format import PromptFormat
from arena.published.locate import hub_id, located
from arena.stages.pointer import PointerJob
from arena.store.files import fingerprint

Files = tuple[tuple[str, str], ...]


def pointer_job(
    root: DataRoot,
    source: str,
    key: str = "model.pretrained",
    adapter: str | None = None,
    prompt: PromptFormat | None = None,
) -> PointerJob:
    """Return the stage that points at a checkpoint, with a LoRA adapter on it: folders here, or ids
    of the model hub.

    Args:
        key: of the scenario that names the checkpoint. prompt: in which form it reads prompts.

    Raises:
        InputError: a folder holds no weights.
    """
    where, files = _found(root, source, key)
    on_it, its_files = _found(root, adapter, "model.adapter") if adapter else (None, ())
    return PointerJob(where, files, on_it, its_files, key, prompt)


def _found(root: DataRoot, source: str, key: str) -> tuple[str, Files]:
    """Where a checkpoint is, and its files' names and digests; a hub id and nothing if it is not on
    this machine."""
    local = located(source, root)
    if local is None:
        return hub_id(source), ()
    files = sorted(path for path in local.iterdir() if path.is_file()) if local.is_dir() else []
    if not any(path.suffix == ".safetensors" for path in files):
        raise InputError("holds no safetensors weights", key=key, found=str(local))
    return str(local), tuple((path.name, fingerprint(path)) for path in files)
