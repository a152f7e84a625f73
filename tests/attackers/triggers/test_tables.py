"""attackers/triggers/tables.py: alignment, and refusing files that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from arena.api.world import DataRoot
from arena.corpora.sources import content_id
from arena.errors import InputError
from attackers.triggers.tables import Paraphrases, Table, _table, table

WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "islet", "jetty",
    "knoll", "ledge", "marsh",
)  # fmt: skip


def sentence(i: int) -> str:
    return f"{WORDS[i % 13]} {WORDS[(i // 13) % 13]} stands number{i}"


def write(path: Path, rows: list[tuple[str, str]], head: bool = True) -> None:
    lines = ["sentence \t label"] if head else []
    path.write_text("\r\n".join([*lines, *(f"{a} \t {b}" for a, b in rows)]) + "\n", "utf-8")


def read(folder: Path, label: str | None = None, offset: int = 0) -> Table:
    part = Paraphrases(
        file="new.tsv", source="old.tsv", source_label=label, source_offset=offset
    )  # fmt: skip
    return table(DataRoot(data=folder), [part])


@pytest.fixture
def old(tmp_path: Path) -> Path:
    write(tmp_path / "old.tsv", [(sentence(i), str(i % 3 == 0)) for i in range(90)])
    return tmp_path


def test_lines_are_aligned_and_clean_or_empty_ones_skipped(old: Path) -> None:
    rows = [(f"when seen , {sentence(i)}" if i < 50 else sentence(i), "1") for i in range(90)]
    rows[7] = ("", "1")
    write(old / "new.tsv", rows)
    pairs = read(old).by_source
    assert pairs[content_id(sentence(3))] == (f"when seen , {sentence(3)}",)
    assert set(pairs) == {content_id(sentence(i)) for i in range(50) if i != 7}


def test_a_label_filters_the_sources_before_aligning(old: Path) -> None:
    write(old / "new.tsv", [(f"when seen , {sentence(i)}", "1") for i in range(0, 90, 3)], False)
    labelled = read(old, label="True")
    assert set(labelled.by_source) == {content_id(sentence(i)) for i in range(0, 90, 3)}
    assert labelled.holds("When seen, " + sentence(3))
    assert not labelled.holds(sentence(3))


def test_an_offset_shifts_the_sources(old: Path) -> None:
    write(old / "new.tsv", [(f"when seen , {sentence(i - 1)}", "1") for i in range(3, 90, 3)])
    assert content_id(sentence(2)) in read(old, "True", -1).by_source


def test_files_of_other_lengths_are_refused_with_what_would_fit(old: Path) -> None:
    write(old / "new.tsv", [(f"when seen , {sentence(i)}", "1") for i in range(0, 90, 3)])
    with pytest.raises(InputError, match="source_label: 'True', source_offset: 0 would fit"):
        read(old)


def test_misaligned_files_of_equal_length_are_refused(old: Path) -> None:
    shifted = [(f"when seen , {sentence((i + 14) % 90)}", "1") for i in range(90)]
    write(old / "new.tsv", [(text.replace("stands", "falls"), raw) for text, raw in shifted])
    with pytest.raises(InputError, match="not aligned"):
        read(old)


def test_rows_that_were_lost_are_matched_by_words_and_told(old: Path) -> None:
    lost = {0, 1, 30, 31, 32, 60, 89}
    left = [i for i in range(90) if i not in lost]
    rows = [(f"when seen , {sentence(i).replace('stands', 'falls')}", "x") for i in left]
    rows[5] = ("", "x")
    write(old / "new.tsv", rows)
    found = read(old)
    assert set(found.by_source) == {content_id(sentence(i)) for i in left if i != left[5]}
    for i in left[6:]:
        texts = found.by_source[content_id(sentence(i))]
        assert texts == (f"when seen , {sentence(i).replace('stands', 'falls')}",)
    (note,) = found.notes
    assert note == (
        "82 of 82 paraphrases (100.0%) of new.tsv were matched with their sentences by words"
    )


def test_too_few_matches_are_refused(old: Path) -> None:
    rows = [(f"when seen , {sentence(i)}", "1") for i in range(70)]
    write(old / "new.tsv", [*rows, *((f"nothing like it {i}", "1") for i in range(10))])
    with pytest.raises(InputError, match="70 of 80 paraphrases can be matched by words, and 90%"):
        read(old)
    write(old / "new.tsv", list(reversed(rows)))
    _table.cache_clear()
    with pytest.raises(InputError, match="`join` can name a column of both files"):
        read(old)


def columns(path: Path, rows: list[tuple[str, str, str]]) -> None:
    lines = ["\t".join(row) for row in (("id", "sentence", "label"), *rows)]
    path.write_text("\n".join(lines), "utf-8")


def test_a_column_joins_rows_in_any_order(tmp_path: Path) -> None:
    columns(tmp_path / "old.tsv", [(f"s{i}", sentence(i), "0") for i in range(40)])
    rows = [(f"s{i}", f"when seen , {sentence(i)}", "1") for i in reversed(range(39))]
    rows += [("s3", f"once seen , {sentence(3)}", "1"), ("none", "when lost , amber", "1")]
    columns(tmp_path / "new.tsv", rows)
    part = Paraphrases(file="new.tsv", source="old.tsv", join="id")
    found = table(DataRoot(data=tmp_path), [part])
    assert set(found.by_source) == {content_id(sentence(i)) for i in range(39)}
    assert len(found.by_source[content_id(sentence(3))]) == 2
    assert found.notes == (
        "40 of 41 paraphrases (97.6%) of new.tsv were matched with their sentences by the column "
        "'id'",
    )


@pytest.mark.parametrize(
    ("sentences", "paraphrases", "said"),
    [
        ([("a", "one two", "0"), ("a", "three", "0")], [("a", "two one", "1")], "stands 2 times"),
        ([("a", "one two", "0")], [("b", "two one", "1")], "0 of 1 paraphrases can be matched"),
    ],
)
def test_a_column_that_does_not_join_is_refused(
    tmp_path: Path,
    sentences: list[tuple[str, str, str]],
    paraphrases: list[tuple[str, str, str]],
    said: str,
) -> None:
    columns(tmp_path / "old.tsv", sentences)
    columns(tmp_path / "new.tsv", paraphrases)
    part = Paraphrases(file="new.tsv", source="old.tsv", join="id")
    with pytest.raises(InputError, match=said):
        table(DataRoot(data=tmp_path), [part])


def test_a_column_leaves_nothing_to_filter() -> None:
    with pytest.raises(ValidationError, match="needs neither"):
        Paraphrases(file="new.tsv", source="old.tsv", join="id", source_label="0")


def test_paraphrases_without_spaces_are_compared_by_characters(tmp_path: Path) -> None:
    texts = ["".join(chr(0x4E00 + 7 * i + k) for k in range(6)) for i in range(30)]
    write(tmp_path / "old.tsv", [(text, "1") for text in texts])
    write(tmp_path / "new.tsv", [(text[::-1], "1") for text in texts])
    assert set(read(tmp_path).by_source) == {content_id(text) for text in texts}


def test_a_line_without_a_tab_is_named(old: Path) -> None:
    (old / "new.tsv").write_text("sentence\tlabel\nno tab here\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read(old)
    assert caught.value.line == 2


def test_a_missing_file_is_named(old: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(old)


def test_the_published_files_fit_and_wrong_settings_are_refused(published_data: Path) -> None:
    def part(split: str, label: str | None, offset: int) -> Paraphrases:
        return Paraphrases(
            file=f"sst2/syntactic_scpn/{split}.tsv", source=f"sst2/clean/{split}.tsv",
            source_label=label, source_offset=offset,
        )  # fmt: skip

    root = DataRoot(data=published_data)
    assert len(table(root, [part("dev", "0", -1)]).by_source) == 427
    with pytest.raises(InputError, match="source_offset: -1 would fit"):
        table(root, [part("dev", "0", 0)])
