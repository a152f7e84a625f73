"""The records of a run's seeds in its folder, and the file that says which part of which run it
is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from arena.errors import InputError
from arena.results.base import SCHEMA_VERSION, Part
from arena.results.seed_record import PartRecord, SeedRecord
from arena.scenario.schema import Scenario
from arena.store.identity import digest
from arena.store.manifest import MANIFEST

SEEDS = "seeds"  # the folder of the records
PART = "part.json"
T = TypeVar("T", bound=Part)
# Keys in which two runs may differ and still be parts of one experiment.
BESIDE = ("description", "plugins", "runtime", "seeds")


def origin_of(scenario: Scenario) -> str:
    """Return the digest (SHA-256, hex) that parts of one experiment share: of all values except the
    seeds, the runtime, the description and the paths of plug-ins."""
    return digest({k: v for k, v in scenario.resolved().items() if k not in BESIDE})


def write_part(folder: Path, part: PartRecord) -> None:
    """Write `part.json` into a run's folder."""
    _write(folder / PART, part)


def read_part(folder: Path) -> PartRecord:
    """Return which part of which run a folder holds.

    Raises:
        InputError: the folder or its `part.json` is missing, broken or of another version.
    """
    if not folder.is_dir():
        raise InputError("no such folder", "arena merge", found=str(folder))
    if not (folder / PART).is_file():
        rule = f"holds no {PART}: no run, stress run or part that this version made"
        more = "the same command rebuilds it from the store"
        raise InputError(f"{rule}; {more}", str(folder))
    return _read(folder / PART, PartRecord)


def write_records(folder: Path, records: Sequence[SeedRecord]) -> None:
    """Write the records of seeds below a run's folder, each atomically, with the files of its
    measures."""
    for record in records:
        place = folder / SEEDS
        own = place / str(record.seed)
        shutil.rmtree(own, ignore_errors=True)
        kept = []
        for number, reading in enumerate(record.readings):
            shutil.copytree(
                reading.folder, own / str(number), ignore=shutil.ignore_patterns(MANIFEST)
            )
            kept.append(reading.model_copy(update={"folder": f"{record.seed}/{number}"}))
        place.mkdir(parents=True, exist_ok=True)
        written = record.model_copy(update={"readings": tuple(kept)})
        _write(place / f"{record.seed}.json", written)


def read_record(folder: Path, seed: int) -> SeedRecord | None:
    """Return the record of a seed below a run's folder; None if there is none.

    Raises:
        InputError: it is broken or of another version.
    """
    place = folder / SEEDS
    file = place / f"{seed}.json"
    if not file.is_file():
        return None
    record = _read(file, SeedRecord)
    found = [r.model_copy(update={"folder": str(place / r.folder)}) for r in record.readings]
    for reading in found:
        if not Path(reading.folder).is_dir():
            raise InputError("a measure's files are missing", str(file), found=reading.folder)
    return record.model_copy(update={"readings": tuple(found)})


def _write(path: Path, content: Part) -> None:
    aside = path.with_name(f"{path.name}.part")
    plain = content.model_dump(mode="json", by_alias=True)
    aside.write_text(json.dumps(plain, separators=(",", ":")), encoding="utf-8")
    aside.replace(path)


def _read(path: Path, model: type[T]) -> T:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        version = values["schema_version"]
        if version != SCHEMA_VERSION:
            rule = "written by another version: parts are merged by the version that made them"
            allowed = (str(SCHEMA_VERSION),)
            raise InputError(rule, str(path), None, "schema_version", str(version), allowed)
        return model.model_validate(values)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", str(path)) from None
    except (ValidationError, ValueError, KeyError, TypeError, RecursionError) as error:
        why = str(error).splitlines()[0]
        raise InputError(f"is broken: {why}", str(path)) from None
