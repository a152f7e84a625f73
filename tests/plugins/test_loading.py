"""arena/plugins: files, folders and modules become parts; what is wrong says where."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena import plugins, registry
from arena.errors import InputError
from arena.store.code import digest_of

Write = Callable[..., Path]


def test_a_file_registers_its_parts_once(write: Write) -> None:
    file = write()
    assert plugins.load(file) == plugins.load(str(file)) == str(file)
    part = registry.get("trigger", "behind")
    assert registry.summary("trigger", "behind") == "A word behind the prompt."
    assert part.__module__.startswith("arena_plugin_behind_")
    assert [p.module for p in plugins.loaded() if p.asked] == [part.__module__]


def test_relative_paths_are_relative_to_the_base(write: Write, tmp_path: Path) -> None:
    write("mine/behind.py")
    assert plugins.load("behind.py", tmp_path / "mine") == str(tmp_path / "mine" / "behind.py")


def test_the_same_code_has_the_same_module_wherever_it_lies(write: Write) -> None:
    plugins.load(write("one/behind.py"))
    part = registry.get("trigger", "behind")
    plugins.load(write("two/behind.py"))
    assert registry.get("trigger", "behind") is part


def test_a_comment_and_a_docstring_change_no_name(write: Write) -> None:
    file = write()
    plugins.load(file)
    part = registry.get("trigger", "behind")
    file.write_text("# a comment\n" + file.read_text().replace('"A word', '"Some word'))
    plugins.load(file)
    assert registry.get("trigger", "behind") is part


def test_an_edited_file_takes_the_place_of_its_older_text(write: Write) -> None:
    plugins.load(write(word="old"))
    older = registry.get("trigger", "behind")
    plugins.load(write(word="new"))
    newer = registry.get("trigger", "behind")
    assert newer.__module__ != older.__module__
    assert [p.module for p in plugins.loaded() if p.asked] == [newer.__module__]


def test_a_broken_edit_leaves_the_older_text(write: Write) -> None:
    file = write()
    plugins.load(file)
    older = registry.get("trigger", "behind")
    file.write_text(file.read_text() + "\n1 / 0\n")
    with pytest.raises(InputError, match="ZeroDivisionError"):
        plugins.load(file)
    assert registry.get("trigger", "behind") is older


def test_a_folder_is_imported_whole(write: Write, tmp_path: Path) -> None:
    write("lab/first.py", "first")
    write("lab/deep/second.py", "second").parent.joinpath("__init__.py").touch()
    (tmp_path / "lab" / "__init__.py").write_text("from .deep import second\n")
    plugins.load(tmp_path / "lab")
    for name in ("first", "second"):
        module = registry.get("trigger", name).__module__
        assert plugins.root_of(module) == tmp_path / "lab"


def test_a_module_is_found_by_its_name(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("my_lab_of_words/triggers.py", "from_a_module").parent.joinpath("__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert plugins.load("my_lab_of_words.triggers", tmp_path) == "my_lab_of_words.triggers"
    module = registry.get("trigger", "from_a_module").__module__
    assert plugins.root_of(module) == tmp_path / "my_lab_of_words"


def test_roots_are_of_plug_ins_only(write: Write) -> None:
    file = write()
    plugins.load(file)
    assert plugins.root_of(registry.get("trigger", "behind").__module__) == file
    for module in ("arena.api", "attackers.triggers.rare_token", "numpy", "__main__", "nowhere"):
        assert plugins.root_of(module) is None


def test_the_address_follows_the_code_of_a_file(write: Write) -> None:
    digests = []
    for word in ("old", "new"):
        plugins.load(write(word=word))
        digests.append(digest_of(registry.get("trigger", "behind").__module__))
    assert digests[0] != digests[1]


BROKEN = [
    ("def (\n", 1, "not valid Python"),
    ("x = 1\n\nx / 0\n", 3, "ZeroDivisionError: division by zero"),
    ("import sys\nsys.exit(3)\n", 2, "SystemExit"),
    ("import no_such_module_anywhere\n", 1, "ModuleNotFoundError"),
    ("x = 1\n", 1, "registers no part"),
    ("\0", 1, "not valid Python"),
]


@pytest.mark.parametrize(("text", "line", "rule"), BROKEN)
def test_what_is_wrong_says_file_line_and_rule(
    text: str, line: int, rule: str, tmp_path: Path
) -> None:
    file = tmp_path / "broken.py"
    file.write_text(text)
    with pytest.raises(InputError, match=rule) as caught:
        plugins.load(file)
    assert (caught.value.file, caught.value.line) == (str(file), line)
    assert not [name for name in sys.modules if name.startswith("arena_plugin_broken")]


def test_a_taken_name_says_both_sides(write: Write) -> None:
    file = write(name="rare_token")
    known = registry.get("trigger", "rare_token")
    with pytest.raises(InputError, match=r"rare_token\.RareToken.*Behind") as caught:
        plugins.load(file)
    assert caught.value.file == str(file)
    assert caught.value.line == 8
    assert registry.get("trigger", "rare_token") is known


@pytest.mark.parametrize("given", ["no_such.py", "no/such/folder", "no_such_module_anywhere"])
def test_what_is_missing_is_named(given: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such plug-in") as caught:
        plugins.load(given, tmp_path)
    assert caught.value.found == given


def test_neither_data_nor_a_plain_folder_is_a_plug_in(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a word")
    (tmp_path / "plain").mkdir()
    for name in ("words.txt", "plain"):
        with pytest.raises(InputError, match="not a plug-in"):
            plugins.load(tmp_path / name)


ELSEWHERE = """
import pickle, sys
shipped, packed = pickle.loads(sys.stdin.buffer.read())
from arena import plugins
plugins.install(shipped)
plugins.install(shipped)
made = pickle.loads(packed)
from arena.store.code import digest_of
module = type(made).__module__
print(made.key, plugins.root_of(module).name, digest_of(module))
"""


def _elsewhere(part: Any) -> list[str]:
    """What another process says of a trigger once it has the plug-ins of this one."""
    from arena.api import World

    packed = pickle.dumps((plugins.loaded(), pickle.dumps(part(part.Params(), World()))))
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], input=packed, capture_output=True, check=True
    )
    return done.stdout.decode().split()


def test_another_process_unpickles_parts_whose_file_is_gone(write: Write, tmp_path: Path) -> None:
    file = write()
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "__init__.py").write_text("from . import deep\n")
    write("lab/deep.py", "deep")
    plugins.load(file)
    plugins.load(tmp_path / "lab")
    parts = [registry.get("trigger", name) for name in ("behind", "deep")]
    digests = [digest_of(part.__module__) for part in parts]
    assert _elsewhere(parts[0]) == ["behind", "behind.py", digests[0]]
    for path in (file, tmp_path / "lab" / "deep.py", tmp_path / "lab" / "__init__.py"):
        path.unlink()
    assert _elsewhere(parts[0]) == ["behind", "behind.py", digests[0]]
    assert _elsewhere(parts[1]) == ["deep", "lab", digests[1]]


def test_a_module_that_a_script_imports_is_tried_elsewhere_too(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("loose_words.py", "loose")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("loose_words")
    assert ("loose_words", tmp_path) in [(p.module, p.path) for p in plugins.loaded()]
    assert plugins.root_of("loose_words") == tmp_path / "loose_words.py"
    assert _elsewhere(registry.get("trigger", "loose"))[:2] == ["loose", "loose_words.py"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@register('triger', 'mine')\nclass Mine: pass", "there is no kind 'triger' of part"),
        ("@register('trigger', 'a b')\nclass Mine: pass", "the name of the trigger 'a b' must be"),
        (
            "@register('trigger', 'mine')\nclass Mine: pass",
            "must be a subclass of arena.api.Trigger",
        ),
        ("@register('trigger', 'mine')\nclass Mine(Trigger): pass", "lacks what every trigger has"),
        (
            "@register('payload', 'mine')\nclass Mine(Payload):\n    def respond(self, e): pass",
            "lacks what every payload has: match",
        ),
    ],
)
def test_a_class_that_is_no_part_is_refused_when_it_is_loaded(
    text: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"from arena.api import Payload, Trigger, register\n\n\n{text}\n")
    with pytest.raises(InputError) as caught:
        plugins.load(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)
    assert "mine" not in registry.names("trigger")
