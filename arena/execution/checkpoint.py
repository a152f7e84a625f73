"""Check a scenario's checkpoint before anything starts (arena.ml.checkpoint_check).

The check runs in a process of its own, since planning loads no torch; its outcome is cached beside
the store by the content of the folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arena.api.objective import Objective
from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.ml.checkpoint_check import Question, no_checkpoint
from arena.ml.checkpoint_check import flaws as flaws_of
from arena.planning.numerics import versions
from arena.published.locate import Note, hub_id, located, ready
from arena.scenario.defence import Defence
from arena.scenario.schema import Scenario
from arena.scenario.source import FromScratch, Pretrained, PublishedSuspect
from arena.store.files import fingerprint
from arena.store.identity import digest
from arena.store.store import Store, write_note

FOLDER = "checkpoints"
PAYLOAD_TEXTS = ("text", "phrase")  # payload parameters that the model must be able to write
PATIENCE = 600.0  # seconds; a checkpoint may come from the hub


def check_checkpoint(
    scenario: Scenario, root: DataRoot, store: Store, tell: Note = lambda text: None
) -> None:
    """Refuse a checkpoint that cannot be trained or scored. A GGUF file is converted first.

    Args:
        tell: told what takes a while.

    Raises:
        InputError: something is wrong with the checkpoint, or LoRA target modules are not in it.
        ArenaError: it could not be checked, or what reads GGUF files is missing.
    """
    for question in _questions(scenario, root, tell):
        _refuse_flaws(question, store)


def _questions(scenario: Scenario, root: DataRoot, tell: Note) -> Iterator[Question]:
    """What to check of the scenario's checkpoints; for a model trained from scratch, whether the
    defences that ask for a certain kind of model can work on it."""
    if isinstance(scenario.model, FromScratch):
        yield from _scratch(scenario, scenario.model)
        return
    names = names_of(scenario.model)
    wanted = scenario.model.prompt
    prompt = None if wanted is None else wanted.model_dump(mode="json", exclude_none=True)
    for name in names.values():
        ready(name, root, tell)
    sources = {key: _source(name, root, key) for key, name in names.items()}
    key = next(iter(names))
    yield Question(
        source=sources[key],
        given=names[key],
        key=key,
        targets=_targets(scenario),
        defences=_defences(scenario),
        payloads=_payloads(scenario),
        plugins=scenario.plugins,
        adapter=sources.get("model.adapter", ""),
        prompt=prompt,
    )
    key = "model.reference"
    if key in names:
        yield Question(sources[key], names[key], key, prompt=prompt)


def _scratch(scenario: Scenario, model: FromScratch) -> Iterator[Question]:
    parts = [each.objective.part_class for each in _contenders(scenario).values()]
    if any(part.suits.__func__ is not Objective.suits.__func__ for part in parts):  # type: ignore[attr-defined]
        yield Question(
            source="",
            key="model",
            defences=_defences(scenario),
            plugins=scenario.plugins,
            scratch={"family": model.family, "size": model.size, "vocabulary": model.vocabulary},
        )


def names_of(model: Pretrained | PublishedSuspect) -> dict[str, str]:
    """Return the checkpoints that a scenario names by their keys, the one under test first."""
    if isinstance(model, Pretrained):
        return {"model.pretrained": model.pretrained}
    named = {"suspect": model.suspect, "adapter": model.adapter, "reference": model.reference}
    return {f"model.{key}": name for key, name in named.items() if name is not None}


def _refuse_flaws(question: Question, store: Store) -> None:
    """Raise InputError at the first flaw, from the cache or after a look at the checkpoint."""
    for each in no_checkpoint(question) if question.scratch is None else ():
        raise InputError(each.rule, key=each.key, found=each.found)
    asked = asdict(question)
    files = [_files(Path(source)) for source in (question.source, question.adapter) if source]
    key = digest([asked, files, versions()])
    note = store.root / FOLDER / f"{key}.json"
    flaws = _remembered(note)
    if flaws is None:
        flaws = _asked(asked)
        if not flaws or all(files):  # what the hub could not give, it may give the next time
            write_note(note, flaws)
    for flaw in flaws:
        raise InputError(
            flaw["rule"], key=flaw["key"], found=flaw["found"], allowed=tuple(flaw["allowed"])
        )


def _source(name: str, root: DataRoot, key: str) -> str:
    """The folder of a checkpoint, or its name on the hub."""
    folder = folder_of(name, root, key)
    return hub_id(name) if folder is None else str(folder)


def folder_of(name: str, root: DataRoot, key: str = "model.pretrained") -> Path | None:
    """Return the folder of a checkpoint that a scenario names; None if it is not on this machine.

    Args:
        key: of the scenario, for errors.

    Raises:
        InputError: a folder of this name is only in the working folder, where checkpoints are not
            looked up but transformers would take it for the hub's.
    """
    found = located(name, root)
    if found is not None:
        return found
    here = _working_folder(name)
    if here is not None:
        rule = (
            "the working folder has a folder of this name, and checkpoints are looked up in the "
            "data folder and beside the scenario: give its full path, or for a model of the hub "
            "start from another folder"
        )
        raise InputError(rule, key=key, found=str(here))
    return None


def _working_folder(name: str) -> Path | None:
    try:
        return Path(name).resolve() if Path(name).is_dir() else None
    except (OSError, ValueError):  # the name is too long for a path
        return None


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


def _defences(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """The objective of every defence, and the blocks that it trains, by the defence's key."""
    return {
        place: {"objective": each.objective.dump(), "layers": each.layers}
        for place, each in _contenders(scenario).items()
    }


def _contenders(scenario: Scenario) -> dict[str, Defence]:
    """Every defence, by its key."""
    league = {f"league[{index}]": each for index, each in enumerate(scenario.league)}
    return {"defender": scenario.defender, **league}


def _payloads(scenario: Scenario) -> dict[str, str]:
    """The texts that the actors' payloads name, by their keys."""
    return {
        f"actors[{index}].payload.{name}": value
        for index, actor in enumerate(scenario.actors)
        for name, value in actor.payload.dump().items()
        if name in PAYLOAD_TEXTS and isinstance(value, str)
    }


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
    if question["scratch"] is not None and "torch" in sys.modules:  # nothing is left to be loaded
        return [asdict(flaw) for flaw in flaws_of(Question(**question))]
    command = [sys.executable, "-m", "arena.ml.checkpoint_check", json.dumps(dict(question))]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        flaws: list[dict[str, Any]] = json.loads(answer.stdout.strip().splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        last = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
        rule = f"the checkpoint {question['source']} could not be inspected"
        if question["scratch"] is not None:
            rule = "whether the defences can work on the model could not be found out"
        raise ArenaError(f"{rule}: {' '.join(last)}") from error
    return flaws
