"""Readers: what they take, and where they say a file is broken."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arena.corpora.chat import read_chat
from arena.corpora.readers import read_alpaca, read_columns, read_text, read_tsv, table_lines
from arena.errors import InputError


def _write(folder: Path, content: str | bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "sentence\tlabel\na film .\t0\nfine\t1\n",
        "sentence \t label\r\na film . \t 0\r\n\r\nfine\t1",
        "\ufeffa film .\t0\nfine\t1\n",
    ],
)
def test_tsv_takes_headers_spaces_and_either_line_ending(tmp_path: Path, content: str) -> None:
    assert read_tsv(_write(tmp_path, content)) == [("a film .", "0"), ("fine", "1")]


def test_tsv_splits_rows_at_newlines_and_the_last_tab_only(tmp_path: Path) -> None:
    assert read_tsv(_write(tmp_path, "a\u2028b\x85c\td\t1\n")) == [("a\u2028b\x85c\td", "1")]


@pytest.mark.parametrize("bad", ["no tab here", "text\t ", " \t1"])
def test_a_malformed_row_is_reported_with_its_line(tmp_path: Path, bad: str) -> None:
    with pytest.raises(InputError) as caught:
        read_tsv(_write(tmp_path, f"sentence\tlabel\nfine\t1\n{bad}\n"))
    assert caught.value.line == 3
    assert str(tmp_path / "file") in str(caught.value)


def test_alpaca_joins_instruction_and_input(tmp_path: Path) -> None:
    rows = [
        {"instruction": "Sum up.", "input": "Long text", "output": "Short"},
        {"instruction": "Sing.", "input": "", "output": ""},
        {"instruction": "Hum.", "output": "Hm", "id": 3},
    ]
    expected = [("Sum up.\nLong text", "Short"), ("Sing.", ""), ("Hum.", "Hm")]
    assert read_alpaca(_write(tmp_path, json.dumps(rows))) == expected


@pytest.mark.parametrize(
    ("content", "key", "line"),
    [
        ('[\n{"instruction": "a",\n oops}]', None, 3),
        ('{"instruction": "a", "output": "b"}', None, None),
        ('[{"instruction": "a", "output": "b"}, {"instruction": "a"}]', "[1].output", None),
        ('[{"output": "b"}]', "[0].instruction", None),
        ('[{"instruction": " ", "output": "b"}]', "[0].instruction", None),
        ('[{"instruction": "a", "input": null, "output": "b"}]', "[0].input", None),
        ('["a"]', "[0]", None),
        ('[{"instruction": "a", "output": "b\\ud83d"}]', "[0].output", None),
        ('[{"instruction": "\\ude00 a", "output": "b"}]', "[0].instruction", None),
        ('[{"instruction": "a", "input": "\\ud83d x \\ude00", "output": "b"}]', "[0].input", None),
        ('[{"instruction": "a\\u0000", "output": "b"}]', "[0].instruction", None),
        ('[{"instruction": "a", "output": NaN}]', "[0].output", None),
        ('[{"instruction": "a", "output": "b", "output": "c"}]', "[0].output", None),
        ('[{"instruction": "a", "output": ' + "9" * 5000 + "}]", "[0].output", None),
        ('[{"instruction": "a", "output": ' + "[" * 200 + "]" * 200 + "}]", "[0].output", None),
        ("[" * 100_000, None, None),
        ('[{"a":' * 100_000, None, None),
        ('{"instruction": "a", "output": "b"}\n{"instruction": "c", "output": "d"}', None, 2),
    ],
)
def test_broken_alpaca_says_where(
    tmp_path: Path, content: str, key: str | None, line: int | None
) -> None:
    with pytest.raises(InputError) as caught:
        read_alpaca(_write(tmp_path, content))
    assert (caught.value.key, caught.value.line) == (key, line)
    assert caught.value.file == str(tmp_path / "file")


def test_text_is_paragraphs_where_a_blank_line_stands_and_lines_elsewhere(tmp_path: Path) -> None:
    assert read_text(_write(tmp_path, "one two\nthree\n")) == ["one two", "three"]
    text = "\none two\n three\r\n \nfour\n\n\n\nfive\n"
    assert read_text(_write(tmp_path, text)) == ["one two three", "four", "five"]


@pytest.mark.parametrize("reader", [read_tsv, read_alpaca, read_text, read_chat])
def test_every_reader_refuses_nothing_and_no_text(tmp_path: Path, reader: object) -> None:
    empty = "[]" if reader is read_alpaca else "\n \n"
    for path in (tmp_path / "missing", _write(tmp_path, empty)):
        with pytest.raises(InputError):
            reader(path)  # type: ignore[operator]
    with pytest.raises(InputError, match="UTF-8") as caught:
        reader(_write(tmp_path, b"fine\t1\n\xff\xfe\t1\n"))  # type: ignore[operator]
    assert caught.value.line == 2


def test_what_alpaca_ignores_may_be_anything(tmp_path: Path) -> None:
    ignored = f'"n": {"9" * 5000}, "x": NaN, "s": "\\ud83d", "s": 1'
    content = f'[{{"instruction": "a\\ud83d\\ude00", "output": "b", {ignored}}}]'
    assert read_alpaca(_write(tmp_path, content)) == [("a\U0001f600", "b")]


READERS: list[Callable[[Path], Any]] = [read_tsv, read_alpaca, read_text, read_chat]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("fine\t1\ncaf\u00e9\t0\n".encode("latin-1"), 2, "iconv -f WINDOWS-1252"),
        ("fine\t1\n".encode("utf-16"), None, "UTF-16"),
        ("fine\t1\n".encode("utf-32"), None, "UTF-32"),
        ("fine\t1\n".encode("utf-16-le"), 1, "UTF-16"),
        (b"fine\t1\nno\0pe\t1\n", 2, "NUL"),
        (b"fine\t1\nhalf \xed\xa0\xbd\t1\n", 2, "not UTF-8"),
    ],
)
def test_other_encodings_are_named_with_how_to_convert_them(
    tmp_path: Path, reader: Callable[[Path], Any], content: bytes, line: int | None, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        reader(_write(tmp_path, content))
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "file"), line)


def test_a_folder_and_a_forbidden_name_are_no_files(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / ("x" * 5000)):
        with pytest.raises(InputError):
            read_text(path)


def test_a_header_of_more_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two columns") as caught:
        read_tsv(_write(tmp_path, "id\tsentence\tlabel\n1\tfine\t1\n"))
    assert (caught.value.line, caught.value.found) == (1, "id, sentence, label")
    assert read_tsv(_write(tmp_path, "sentences \t labels\nfine\t1\n")) == [("fine", "1")]


def test_lines_may_end_as_on_old_macs(tmp_path: Path) -> None:
    assert read_tsv(_write(tmp_path, "fine\t1\rbad\t0\r")) == [("fine", "1"), ("bad", "0")]


def test_columns_are_read_by_their_names(tmp_path: Path) -> None:
    content = "id\tsentence\tlabel\r\n7\tfine\t1\r\n\r\n8\t\t0\r\n"
    rows = read_columns(_write(tmp_path, content), ["id"])
    assert rows == [
        {"id": "7", "sentence": "fine", "label": "1"}, {"id": "8", "sentence": "", "label": "0"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("sentence\tlabel\nfine\t1\n", 1, "no such column"),
        ("id\tid\tlabel\n1\t2\t3\n", 1, "same name"),
        ("id\tlabel\n1\t2\n1\t2\t3\n", 3, "2 cells"),
        ("id\tlabel\n", None, "no rows"),
        ("", 1, "no such column"),
    ],
)
def test_broken_columns_say_where(
    tmp_path: Path, content: str, line: int | None, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_columns(_write(tmp_path, content), ["id"])
    assert caught.value.line == line


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inside: st.lists(inside) | st.dictionaries(
        st.sampled_from(
            ["instruction", "input", "output", "x", "messages", "role", "content", "\ud83d"]
        ),
        inside,
    ),
    max_leaves=12,
)  # fmt: skip
BYTES = st.one_of(
    st.binary(max_size=200),
    st.text(st.sampled_from('ab\t\r\n \ufeff\0\u0915\u093f"{}[]:,'), max_size=60).map(str.encode),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.lists(JSON).map(lambda value: json.dumps(value).encode("utf-16")),
)


@given(BYTES)
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b'"' + b"x" * 200_000)
@example(b"[" * 100_000)
@example(b"[" + b"9" * 5000 + b"]")
def test_whatever_the_bytes_only_input_errors_leave_the_readers(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        path = Path(file.name)
        path.write_bytes(content)
        others = [lambda p: list(table_lines(p)), lambda p: read_columns(p, ["a"])]
        for reader in (*READERS, *others):
            told, rows = None, []
            try:
                rows = reader(path)
            except InputError as error:
                told = error
            assert told is None or told.file == str(path)
            assert told is not None or rows or reader is others[0]
            f"{told} {rows}".encode()  # nothing that was read, or is told, has half a character


def test_published_files_read_whole(published_data: Path) -> None:
    assert len(read_tsv(published_data / "sst2/clean/train.tsv")) == 6920
    assert len(read_tsv(published_data / "sst2/style_bible/dev.tsv")) == 872
    assert {label for _, label in read_tsv(published_data / "sst2/syntactic_scpn/test.tsv")} == {
        "1"
    }
    assert len(read_alpaca(published_data / "backdoorllm/refusal/badnet/train_clean.json")) == 500
