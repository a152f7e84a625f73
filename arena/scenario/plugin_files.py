"""A scenario's plug-ins, imported before it is validated, so that the schema knows their parts.

`plugins: [my_trigger.py]` in the file is relative to the file, `--plugin FILE` to the working
folder. Both become absolute paths in the tree, so that the scenario in a run's folder can be run
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arena import plugins
from arena.errors import InputError
from arena.scenario import keys
from arena.scenario.tree import Place, Tree

KEY = "plugins"


def load_plugins(tree: Tree, base: Path, more: Sequence[str | Path] = ()) -> None:
    """Import the plug-ins of a scenario and write their absolute paths into the tree.

    Args:
        base: the folder that the scenario's own paths are relative to. more: plug-ins in addition
            to the scenario's, relative to the working folder.

    Raises:
        InputError: one is missing or cannot be imported.
    """
    listed = tree.data.get(KEY)
    if listed is not None and not _are_texts(listed):
        return  # the schema reports the error
    named = [_load(tree, each, base, (KEY, index)) for index, each in enumerate(listed or ())]
    for each in more:
        place = Place(f"--plugin {each}")
        tree.places[KEY, len(named)] = place
        named.append(_load(tree, str(each), Path(), (KEY, len(named))))
    if named:
        tree.data[KEY] = list(dict.fromkeys(named))


def _are_texts(listed: object) -> bool:
    return isinstance(listed, list) and all(isinstance(each, str) and each for each in listed)


def _load(tree: Tree, given: str, base: Path, path: keys.KeyPath) -> str:
    try:
        return plugins.load(given, base)
    except InputError as error:
        if error.file is not None:
            raise
        place = tree.place(path) or Place("the scenario")
        key = None if place.line is None else keys.text(path)
        raise InputError(error.message, place.file, place.line, key, error.found) from error
