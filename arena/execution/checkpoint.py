"""A scenario's checkpoint, looked at before anything starts (arena.ml.checkpoint_check).

The look is taken in a process of its own, since a process that plans loads no torch, and its
outcome is remembered beside the store by the content of the folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.planning.numerics import versions
from arena.scenario.schema import Scenario
from arena.scenario.source import Pretrained
from arena.store.files import fingerprint
from arena.store.identity import digest
from arena.store.store import Store, write_note

FOLDER = "checkpoints"
PATIENCE = 600.0  # seconds; a checkpoint may come from the hub


def check_checkpoint(scenario: Scenario, root: DataRoot, store: Store) -> None:
    """Refuse a checkpoint that cannot be trained or scored.

    Raises:
        InputError: something is wrong with the checkpoint, or LoRA target modules are not in it.
        ArenaError: it could not be looked at.
    """
    if not isinstance(scenario.model, Pretrained):
        return
    question = {"source": _source(scenario.model, root), "targets": _targets(scenario)}
    key = digest([question, _files(Path(str(question["source"]))), versions()])
    note = store.root / FOLDER / f"{key}.json"
    flaws = _remembered(note)
    if flaws is None:
        flaws = _asked(question)
        write_note(note, flaws)
    for flaw in flaws:
        raise InputError(
            flaw["rule"], key=flaw["key"], found=flaw["found"], allowed=tuple(flaw["allowed"])
        )


def _source(model: Pretrained, root: DataRoot) -> str:
    try:
        return str(root.find(model.pretrained).resolve())
    except (InputError, OSError):
        return model.pretrained  # a hub id, perhaps


def _targets(scenario: Scenario) -> dict[str, Sequence[str]]:
    """The LoRA target modules that the scenario names, by their keys."""
    names: dict[str, Sequence[str]] = {}

    def collect(place: str, values: object) -> None:
        if isinstance(values, Mapping):
            for key, value in values.items():
                here = f"{place}.{key}" if place else str(key)
                if key == "target_modules" and value:
                    names[here] = value
                collect(here, value)
        elif isinstance(values, list | tuple):
            for index, value in enumerate(values):
                collect(f"{place}[{index}]", value)

    collect("", scenario.resolved())
    return names


def _files(folder: Path) -> list[list[str]]:
    if not folder.is_dir():
        return []
    return [[path.name, fingerprint(path)] for path in sorted(folder.iterdir()) if path.is_file()]


def _remembered(note: Path) -> list[dict[str, Any]] | None:
    try:
        flaws = json.loads(note.read_text())
        return [{**flaw, "allowed": list(flaw["allowed"])} for flaw in flaws]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _asked(question: Mapping[str, Any]) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "arena.ml.checkpoint_check", json.dumps(dict(question))]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        flaws: list[dict[str, Any]] = json.loads(answer.stdout.strip().splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        last = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
        rule = f"the checkpoint {question['source']} could not be looked at"
        raise ArenaError(f"{rule}: {' '.join(last)}") from error
    return flaws
