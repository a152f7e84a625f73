"""Readers: what they take, and where they say a file is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena.corpora.readers import read_alpaca, read_text, read_tsv
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


@pytest.mark.parametrize("reader", [read_tsv, read_alpaca, read_text])
def test_every_reader_refuses_nothing_and_no_text(tmp_path: Path, reader: object) -> None:
    empty = "[]" if reader is read_alpaca else "\n \n"
    for path in (tmp_path / "missing", _write(tmp_path, empty)):
        with pytest.raises(InputError):
            reader(path)  # type: ignore[operator]
    with pytest.raises(InputError, match="UTF-8") as caught:
        reader(_write(tmp_path, b"fine\t1\n\xff\xfe\t1\n"))  # type: ignore[operator]
    assert caught.value.line == 2


def test_published_files_read_whole(published_data: Path) -> None:
    assert len(read_tsv(published_data / "sst2/clean/train.tsv")) == 6920
    assert len(read_tsv(published_data / "sst2/style_bible/dev.tsv")) == 872
    assert {label for _, label in read_tsv(published_data / "sst2/syntactic_scpn/test.tsv")} == {
        "1"
    }
    assert len(read_alpaca(published_data / "backdoorllm/refusal/badnet/train_clean.json")) == 500
