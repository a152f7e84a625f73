from typing import Any

import pytest
import yaml

from arena.errors import InputError
from arena.scenario.tree import Place, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2e-4", 2e-4),
        ("2.0e-4", 2e-4),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("-3", -3),
        ("010", 10),
        ("1:30", "1:30"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("2026-06-01", "2026-06-01"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
        ("1e", "1e"),
        ("e4", "e4"),
        ("=", "="),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    value_read = parse(f"key: {text}", "f").data["key"]
    assert value_read == value
    assert type(value_read) is type(value)


def test_every_path_knows_its_line() -> None:
    tree = parse("a: 1\nb:\n  - c: 2\n    d:\n      3\n  - [x,\n     y]\n", "f.yaml")
    assert tree.data == {"a": 1, "b": [{"c": 2, "d": 3}, ["x", "y"]]}
    lines = {path: place.line for path, place in tree.places.items()}
    assert lines == {
        (): 1,
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 3,
        ("b", 0, "c"): 3,
        ("b", 0, "d"): 4,
        ("b", 1): 6,
        ("b", 1, 0): 6,
        ("b", 1, 1): 7,
    }


def test_a_path_without_a_place_has_that_of_its_section() -> None:
    tree = parse("a:\n  b: 1\nc: 2\n", "f")
    assert tree.place(("a", "missing", "deeper")) == Place("f", 1)
    assert tree.place(("c",)) == Place("f", 3)


def test_aliases_are_copied_and_bounded() -> None:
    assert parse("a: &x {b: 1}\nc: *x\n", "f").data == {"a": {"b": 1}, "c": {"b": 1}}
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(InputError, match="endless"):
        parse("\n".join(lines), "f")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "already on line 1"),
        ("a:\n\tb: 1\n", 2, "indent with spaces"),
        ("a: 1\nb: !!python/name:os.system x\n", 2, "tags are not allowed"),
        ("a: 1\nb: !!set {x}\n", 2, "tags are not allowed"),
        ("a: 1\nb: !!int x\n", 2, "not a value of type int"),
        ("a: 1\nb: !!bool maybe\n", 2, "not a value of type bool"),
        ("a: 1\nb: 1e999\n", 2, "too large for a number"),
        ("a: 1\n? [x]\n: 1\n", 2, "a key must be text"),
        ("a: 1\nb: *nobody\n", 2, "not valid YAML"),
        ("a: 'open\n", 2, "not valid YAML"),
        ("a: 1\nb: \x00\n", 2, "YAML does not allow this character"),
    ],
)
def test_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse(text, "f.yaml")
    assert (caught.value.file, caught.value.line) == ("f.yaml", line)


def test_reading_leaves_pyyaml_as_it_was() -> None:
    assert yaml.safe_load("a: no") == {"a": False}
    assert yaml.safe_load("a: 2e-4") == {"a": "2e-4"}
