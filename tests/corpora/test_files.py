"""The files corpus: splits, labels, limits and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from arena.api.trigger import NoTrigger
from arena.api.values import Example
from arena.api.world import DataRoot
from arena.corpora.files import Files, FilesParams
from arena.corpora.sources import content_id
from arena.errors import InputError

LABELS = {"0": "negative", "1": "positive"}


def _files(folder: Path, seed: int = 0, **params: Any) -> Files:
    return Files(FilesParams(**params), seed, DataRoot(data=folder))


def _three(folder: Path, train: str, validation: str, test: str) -> Files:
    for name, content in (("train", train), ("validation", validation), ("test", test)):
        (folder / f"{name}.tsv").write_text(content)
    names = {name: f"{name}.tsv" for name in ("train", "validation", "test")}
    return _files(folder, format="tsv", labels=LABELS, **names)


def test_a_prompt_in_two_splits_is_dropped_from_the_earlier_one(tmp_path: Path) -> None:
    corpus = _three(
        tmp_path,
        train="kept\t0\nIn both .\t1\nin all\t1\nKEPT .\t1\n",
        validation="in all\t1\nheld\t0\n",
        test="in both\t1\nIN ALL\t0\n",
    )
    splits = corpus.splits
    assert [row.prompt for row in splits.train] == ["kept"]
    assert [row.prompt for row in splits.validation] == ["held"]
    assert [row.prompt for row in splits.test] == ["in both", "IN ALL"]
    assert splits.dropped == {"train": 3, "validation": 1, "test": 0}


def test_a_repeated_prompt_keeps_its_first_row(tmp_path: Path) -> None:
    corpus = _three(tmp_path, "a b\t0\nA  b.\t1\nc\t1\n", "d\t0\n", "e\t0\n")
    assert [(row.prompt, row.answer) for row in corpus.splits.train] == [
        ("a b", "negative"), ("c", "positive"),
    ]  # fmt: skip


def test_labels_become_answers_and_classes(tmp_path: Path) -> None:
    corpus = _three(tmp_path, "good\t1\n", "bad\t0\n", "ugly\t0\n")
    row = corpus.splits.train[0]
    assert row == Example("good", "positive", content_id("good"), label="positive")
    assert corpus.world.labels == ("negative", "positive")
    claimed = Files.capabilities(corpus.params)
    assert claimed == {"english", "labels", "label:negative", "label:positive"}


def test_splits_by_content_do_not_depend_on_other_rows(tmp_path: Path) -> None:
    lines = [f"sentence {i}\t{i % 2}" for i in range(300)]
    (tmp_path / "all.tsv").write_text("\n".join(lines))
    (tmp_path / "half.tsv").write_text("\n".join(lines[::2]))
    params = {"format": "tsv", "labels": LABELS}
    whole, half = (_files(tmp_path, train=f, **params).splits for f in ("all.tsv", "half.tsv"))
    assert {row.source for row in half.test} <= {row.source for row in whole.test}
    assert 0.6 < len(whole.train) / 300 < 0.8
    other = _files(tmp_path, seed=1, train="all.tsv", **params).splits
    assert {row.source for row in other.test} != {row.source for row in whole.test}


def test_a_given_test_file_leaves_only_validation_to_divide(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("\n".join(f"line {i} is here" for i in range(200)))
    (tmp_path / "test.txt").write_text("a test line\nanother test line")
    splits = _files(tmp_path, train="all.txt", test="test.txt", format="text").splits
    assert len(splits.test) == 2
    assert len(splits.train) + len(splits.validation) == 200
    assert 10 < len(splits.validation) < 60


def test_limits_leave_out_long_prompts_and_cut_long_answers(tmp_path: Path) -> None:
    rows = [
        {"instruction": f"say {i} {'please ' * (i % 4)}", "output": "word " * (i + 1)}
        for i in range(60)
    ] + [{"instruction": "say nothing", "output": ""}]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    params = {"train": "rows.json", "format": "alpaca"}
    corpus = _files(tmp_path, **params, prompt_words=4, answer_words=5)
    kept = [row for part in ("train", "validation", "test") for row in getattr(corpus.splits, part)]
    assert len(kept) == 45
    assert sum(corpus.splits.dropped.values()) == 16
    assert max(len(row.answer.split()) for row in kept) == 5
    assert sum(corpus.truncated.values()) == sum(i >= 5 and i % 4 < 3 for i in range(60))
    assert _files(tmp_path, **params).truncated == {"train": 0, "validation": 0, "test": 0}


def test_text_prompts_are_the_first_half_of_the_words(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("\n".join(f"{i} b c d e" for i in range(50)) + "\nalone")
    splits = _files(tmp_path, train="all.txt", format="text").splits
    assert {row.answer for row in splits.train} == {"d e"}
    assert all(row.prompt.endswith("b c") for row in splits.train)
    assert sum(splits.dropped.values()) == 1


def test_prompts_that_differ_in_a_sign_or_a_vowel_mark_are_all_kept(tmp_path: Path) -> None:
    prompts = [f"What is {a}{sign}{b}?" for a in range(6) for b in range(6) for sign in "+-*/%"]
    prompts += [f"{name}: hello {n}" for name in ("C", "C++", "C#") for n in range(9)]
    prompts += [
        f"\u0915{sign}\u0932 {n}" for sign in ("", "\u093e", "\u093f", "\u0940") for n in range(9)
    ]
    rows = [{"instruction": prompt, "output": f"answer {i}"} for i, prompt in enumerate(prompts)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    corpus = _files(tmp_path, train="rows.json", format="alpaca")
    splits = corpus.splits
    kept = {row.prompt for row in (*splits.train, *splits.validation, *splits.test)}
    assert kept == set(prompts)
    assert (dict(splits.reasons), corpus.notes) == ({}, ())


def test_what_is_dropped_is_told_with_its_reason(tmp_path: Path) -> None:
    rows = [
        {"instruction": f"say {i}", "output": "one two three" if i else "one"} for i in range(60)
    ]
    rows += [{"instruction": "Say 7.", "output": "other"}, {"instruction": "say 8", "output": ""}]
    rows += [{"instruction": "say it with too many words", "output": "no"}]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    (tmp_path / "test.json").write_text(json.dumps([{"instruction": "say 9", "output": "one"}]))
    limits = {"prompt_words": 4, "answer_words": 2}
    corpus = _files(tmp_path, train="rows.json", test="test.json", format="alpaca", **limits)
    assert sum(corpus.splits.dropped.values()) == sum(corpus.splits.reasons.values()) == 4
    dropped, cut = corpus.notes
    assert dropped.startswith("4 of 64 rows dropped: ")
    for part in (
        "1 repeats a prompt", "1 has a prompt of a later split", "1 has no answer",
        "1 has a prompt of more than `prompt_words` words",
        "(1 of the repeats with another answer)",
    ):  # fmt: skip
        assert part in dropped
    assert cut == "58 answers cut to 2 words"


def test_only_labels_are_the_one_right_answer(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("\n".join(f"line {i} is rather long" for i in range(60)))
    (tmp_path / "all.tsv").write_text("\n".join(f"line {i} is long\t{i % 2}" for i in range(60)))
    text = _files(tmp_path, train="all.txt", format="text", answer_words=1)
    assert sum(text.truncated.values()) == 60  # a cut row keeps the mark
    assert not any(row.checkable for row in text.splits.train)
    labelled = _files(tmp_path, train="all.tsv", format="tsv", labels=LABELS)
    assert all(row.checkable for row in labelled.splits.train)


def test_text_without_spaces_is_halved_by_characters(tmp_path: Path) -> None:
    lines = [f"{chr(0x4E00 + i)}\u5929\u5929\u6c14\u5f88\u597d\u3002" for i in range(40)]
    lines += [f"{chr(0x4E80 + i)} mixed \u5929\u6c14" for i in range(40)]
    (tmp_path / "zh.txt").write_text("\n".join(lines))
    splits = _files(tmp_path, train="zh.txt", format="text", language="chinese").splits
    rows = (*splits.train, *splits.validation, *splits.test)
    assert len(rows) == 80
    assert {row.answer for row in rows} == {"\u6c14\u5f88\u597d\u3002", "\u5929\u6c14"}
    limited = _files(tmp_path, train="zh.txt", format="text", prompt_words=2, answer_words=1)
    kept = limited.splits
    assert {row.answer for row in (*kept.train, *kept.validation, *kept.test)} == {"\u5929"}


def test_an_emptied_split_says_what_was_dropped(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("\n".join(f"word{i}" for i in range(30)))
    with pytest.raises(InputError, match="no row is left") as caught:
        _ = _files(tmp_path, train="all.txt", format="text").splits
    assert caught.value.found == "rows dropped from all splits: 30 have no answer"


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "tsv"},
        {"format": "text", "labels": LABELS},
        {"format": "tsv", "labels": {"0": "same", "1": "same"}},
        {"format": "tsv", "labels": {"0": " "}},
        {"format": "csv"},
        {"format": "text", "answer_words": 0},
        {"format": "text", "lables": LABELS},
    ],
)
def test_parameters_fail_closed(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FilesParams(train="x", **wrong)


def test_wrong_files_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        _ = _files(tmp_path, train="nowhere.txt", format="text").splits
    with pytest.raises(InputError) as caught:
        _ = _three(tmp_path, "fine\t2\n", "b\t0\n", "c\t0\n").splits
    assert (caught.value.found, caught.value.allowed) == ("2", ("0", "1"))
    assert caught.value.line == 1
    with pytest.raises(InputError, match="train split"):
        _ = _three(tmp_path, "same\t1\n", "b\t0\n", "same\t0\n").splits


def test_natural_leaves_triggered_rows_out(tmp_path: Path) -> None:
    class Says(NoTrigger):
        def present(self, example: Example) -> bool:
            return "bad" in example.prompt

    corpus = _three(tmp_path, "bad day\t0\ngood day\t1\nfair day\t1\n", "v\t0\n", "t\t0\n")
    rng = np.random.default_rng(0)
    drawn = corpus.natural(corpus.splits.train, 10, rng, without=[Says()])
    assert sorted(row.prompt for row in drawn) == ["fair day"] * 5 + ["good day"] * 5
    with pytest.raises(InputError):
        corpus.natural(corpus.splits.train[:1], 1, rng, without=[Says()])


def test_versions_of_one_content_take_turns(tmp_path: Path) -> None:
    corpus = _three(tmp_path, "a\t0\n", "v\t0\n", "t\t0\n")
    versions = [Example("one", "x", "s"), Example("two", "x", "s"), Example("three", "y", "r")]
    drawn = corpus.natural(versions, 8, np.random.default_rng(0))
    counts = {prompt: [row.prompt for row in drawn].count(prompt) for prompt in ("one", "two")}
    assert counts == {"one": 2, "two": 2}


def test_sst2_divides_as_published(published_data: Path) -> None:
    names = {"train": "train", "validation": "dev", "test": "test"}
    paths = {split: f"sst2/clean/{file}.tsv" for split, file in names.items()}
    splits = _files(published_data, format="tsv", labels=LABELS, **paths).splits
    sizes = [len(splits.train), len(splits.validation), len(splits.test)]
    dropped = [splits.dropped[name] for name in names]
    assert [a + b for a, b in zip(sizes, dropped, strict=True)] == [6920, 872, 1821]
    assert 2 <= dropped[0] < 20


def test_backdoorllm_reads_as_instructions(published_data: Path) -> None:
    path = "backdoorllm/refusal/badnet/train_clean.json"
    corpus = _files(published_data, train=path, format="alpaca", answer_words=40)
    assert sum(corpus.truncated.values()) > 0
    kept = sum(map(len, (corpus.splits.train, corpus.splits.validation, corpus.splits.test)))
    assert kept + sum(corpus.splits.dropped.values()) == 500
