"""Where the checkpoint is that a scenario names: a folder, a GGUF file, or a model of the list."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.published.catalogue import CATALOGUE
from arena.store.files import fingerprint
from arena.store.store import default_root

FOLDER = "models"  # beside the artifacts
ORIGIN = "origin.json"
SUFFIX = ".gguf"
KEY = "model.pretrained"
SHORT = 16  # of a digest's 64 characters, enough to distinguish files

Note = Callable[[str], object]


@dataclass(frozen=True)
class Origin:
    """Where a converted checkpoint came from: a GGUF file's name and SHA-256, and the name in the
    catalogue, if it is of there."""

    file: str
    sha256: str
    name: str = ""

    @property
    def sentence(self) -> str:
        """Return what a reader of results must know about the weights."""
        known = CATALOGUE.get(self.name)
        of = f"{known.hub}, {known.quantised}" if known else "quantised"
        return (
            f"the base model's weights were dequantised from {self.file} ({of}), so they are not "
            "those that its authors trained"
        )


def models_folder() -> Path:
    """Return the folder of fetched and converted models, in the artifact store."""
    return default_root().resolve() / FOLDER


def fetched(name: str) -> Path | None:
    """Return the folder of a model of the catalogue; None if it was not fetched."""
    folder = models_folder() / name
    return folder if name in CATALOGUE and (folder / ORIGIN).is_file() else None


def located(name: str, root: DataRoot) -> Path | None:
    """Return the checkpoint folder that `model.pretrained` names; None if it is not on this
    machine, and so left to the model hub.

    A folder or GGUF file of the data folder, or beside the scenario, comes before a model of the
    catalogue. A GGUF file's folder is that of its converted weights, which may not exist yet
    (`ready` makes it).

    Raises:
        InputError: it is a folder of several GGUF files.
    """
    try:
        found = root.find(name).resolve()
    except (InputError, OSError, ValueError):  # ValueError: no path has such a name
        return fetched(name)
    file = gguf_of(found)
    return found if file is None else _home(file)


def ready(name: str, root: DataRoot, note: Note) -> None:
    """Convert the GGUF file that `model.pretrained` names, unless that was done.

    Raises:
        InputError: it cannot be converted.
        ArenaError: the package that reads it is missing.
    """
    try:
        file = gguf_of(root.find(name).resolve())
    except (OSError, ValueError, InputError):
        return
    if file is not None and not _home(file).is_dir():
        note(f"converting {file.name}")
        convert(file, _home(file), Origin(file.name, fingerprint(file)))


def hub_id(name: str) -> str:
    """Return what the model hub calls a model: of the catalogue, or as it is."""
    known = CATALOGUE.get(name)
    return known.hub if known else name


def gguf_of(place: Path) -> Path | None:
    """Return the GGUF file that a path is or holds; None for any other checkpoint.

    Raises:
        InputError: it holds several.
    """
    if place.is_file():
        return place if place.suffix.lower() == SUFFIX else None
    if (place / "config.json").exists():
        return None
    files = sorted(path for path in place.iterdir() if path.suffix.lower() == SUFFIX)
    if len(files) > 1:
        rule = "contains several GGUF files; name one of them"
        names = tuple(path.name for path in files)
        raise InputError(rule, key=KEY, found=str(place), allowed=names)
    return files[0] if files else None


def origin_of(folder: Path) -> Origin | None:
    """Return where a checkpoint folder was converted from; None for any other."""
    try:
        return Origin(**json.loads((folder / ORIGIN).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def require_reader() -> None:
    """Raise ArenaError if the package that reads GGUF files is not installed."""
    if find_spec("gguf") is None:
        rule = "GGUF files need the package gguf: pip install 'backdoor-arena[models]'"
        raise ArenaError(rule)


def convert(file: Path, folder: Path, origin: Origin) -> None:
    """Convert a GGUF file to a checkpoint folder, whole or not at all.

    Raises:
        InputError: transformers cannot read the file.
        ArenaError: the package gguf is not installed.
    """
    require_reader()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if folder.is_dir():  # another process was first
            return
        made = Path(tempfile.mkdtemp(prefix="converting-", dir=folder.parent))
        try:
            _converted(file, made)
            (made / ORIGIN).write_text(json.dumps(asdict(origin), indent=1) + "\n", "utf-8")
            made.chmod(0o755)
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _converted(file: Path, out: Path) -> None:
    command = [sys.executable, "-m", "arena.ml.gguf", str(file), str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"cannot be converted: {last}", key=KEY, found=str(file))


def _home(file: Path) -> Path:
    return models_folder() / f"{file.stem}-{fingerprint(file)[:SHORT]}"
