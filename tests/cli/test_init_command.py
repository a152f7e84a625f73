"""`arena init`: what it writes validates, says what each section is, and fits the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from arena.cli import app
from arena.cli import init as module
from arena.cli.data_look import looked_at
from arena.errors import InputError
from arena.scenario.load import load_scenario

WORDS = ("bread", "cloth", "honey", "salt", "glass", "rope", "wool", "oak")


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arena(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["init", *arguments], input=typed)


def table(file: Path, labels: tuple[str, ...] = ("0", "1"), rows: int = 400) -> Path:
    lines = [
        f"the {WORDS[n % 8]} of day {n} was sold\t{labels[n % len(labels)]}" for n in range(rows)
    ]
    file.write_text("text\tlabel\n" + "\n".join(lines) + "\n")
    return file


def chats(file: Path, rows: int = 400, words: int = 4) -> Path:
    def turn(role: str, text: str) -> dict[str, str]:
        return {"role": role, "content": text}

    lines = [
        json.dumps({"messages": [turn("user", f"what was sold on day {n}?"),
                                 turn("assistant", " ".join([WORDS[n % 8]] * words))]})
        for n in range(rows)
    ]  # fmt: skip
    file.write_text("\n".join(lines))
    return file


def test_the_default_validates_and_explains_its_sections(elsewhere: Path) -> None:
    result = arena("--yes")
    assert result.exit_code == 0, result.output
    scenario = load_scenario(elsewhere / "scenario.yaml")
    assert [actor.name for actor in scenario.actors] == ["lexical", "linguist", "bard", "merchant"]
    assert (scenario.name, scenario.corpus.name) == ("scenario", "townlore")
    assert scenario.dose is not None
    text = (elsewhere / "scenario.yaml").read_text()
    assert "docs/scenario.md" in text
    for section in ("model", "corpus", "stage", "actors", "defender", "controls", "training"):
        above = text.split(f"\n{section}:")[0].splitlines()[-1]
        assert above.startswith("#"), section
    assert "arena run scenario.yaml" in result.stdout


@pytest.mark.parametrize(("actors", "size"), [(1, "nano"), (5, "micro"), (8, "small")])
def test_any_number_of_actors_and_any_size_validate(
    actors: int, size: str, elsewhere: Path
) -> None:
    result = arena("--yes", "--actors", str(actors), "--size", size, "--out", "mine.yaml")
    assert result.exit_code == 0, result.output
    scenario = load_scenario(elsewhere / "mine.yaml")
    assert len(scenario.actors) == actors
    assert scenario.model.size == size  # type: ignore[union-attr]
    payloads = {json.dumps(actor.payload.dump()) for actor in scenario.actors}
    assert len(payloads) == actors


def test_labelled_text_gives_labels_and_their_words(elsewhere: Path) -> None:
    table(elsewhere / "day.tsv", ("0", "1", "2"))
    result = arena("--from-data", "day.tsv", "--yes")
    assert result.exit_code == 0, result.output
    corpus: Any = load_scenario(elsewhere / "scenario.yaml").corpus.params
    assert (corpus.train, corpus.format) == ("day.tsv", "tsv")
    assert corpus.labels == {"0": "zero", "1": "one", "2": "two"}
    assert "by label: 0 134, 1 133, 2 133" in result.stdout
    assert "corpus: " in result.stdout  # the rows of each split, as `arena validate` counts them


def test_chats_have_doses_too_and_long_answers_are_cut(elsewhere: Path) -> None:
    chats(elsewhere / "talk.jsonl", words=50)
    result = arena("--from-data", "talk.jsonl", "--yes")
    assert result.exit_code == 0, result.output
    scenario = load_scenario(elsewhere / "scenario.yaml")
    assert scenario.dose is not None
    assert scenario.corpus.params.answer_words == 40  # type: ignore[attr-defined]
    assert scenario.training.pretraining.documents == 400


def test_data_elsewhere_is_named_by_its_whole_path(elsewhere: Path) -> None:
    file = table(elsewhere / "day.tsv")
    (elsewhere / "deep").mkdir()
    assert arena("--from-data", "day.tsv", "--yes", "--out", "deep/x.yaml").exit_code == 0
    corpus: Any = load_scenario(elsewhere / "deep" / "x.yaml").corpus.params
    assert corpus.train == str(file.resolve())


def test_other_languages_have_only_triggers_that_work_there(elsewhere: Path) -> None:
    table(elsewhere / "day.tsv")
    result = arena("--from-data", "day.tsv", "--yes", "--language", "german")
    assert result.exit_code == 0, result.output
    methods = {a.trigger.name for a in load_scenario(elsewhere / "scenario.yaml").actors}
    assert methods == {"rare_token", "inserted_sentence"}


def test_a_file_is_overwritten_only_by_force(elsewhere: Path) -> None:
    (elsewhere / "scenario.yaml").write_text("mine")
    refused = arena("--yes")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert (elsewhere / "scenario.yaml").read_text() == "mine"
    assert arena("--yes", "--force").exit_code == 0
    assert load_scenario(elsewhere / "scenario.yaml").name == "scenario"


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("x.csv", "review,stars\nfine,5\n", "columns review, stars"),
        ("x.jsonl", '{"question": "a", "answer": "b"}\n', "columns question, answer"),
        ("x.parquet", "PAR1", ".parquet"),
        ("x.tsv", "\n".join(f"text {n}\t{n}" for n in range(30)), "30 values"),
        ("x.tsv", "no tab here\n", "no tab"),
        ("x.jsonl", "{oops\n", "x.jsonl"),
    ],
)
def test_data_that_the_corpus_does_not_read_is_refused(
    file: str, content: str, said: str, elsewhere: Path
) -> None:
    (elsewhere / file).write_text(content)
    result = arena("--from-data", file, "--yes")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (elsewhere / "scenario.yaml").exists()


def test_a_missing_file_and_a_wrong_size_are_refused(elsewhere: Path) -> None:
    assert arena("--from-data", "none.tsv", "--yes").exit_code == 2
    assert "no such size" in arena("--size", "huge", "--yes").stderr
    assert not [*elsewhere.iterdir()]


def test_in_a_terminal_it_asks(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(elsewhere / "day.tsv")
    monkeypatch.setattr(module, "_is_terminal", lambda: True)
    result = arena(typed="day.tsv\n3\nmicro\nbad\ngood\n")
    assert result.exit_code == 0, result.output
    scenario = load_scenario(elsewhere / "scenario.yaml")
    assert len(scenario.actors) == 3
    assert scenario.model.size == "micro"  # type: ignore[union-attr]
    assert scenario.corpus.params.labels == {"0": "bad", "1": "good"}  # type: ignore[attr-defined]


def test_without_a_terminal_it_asks_nothing() -> None:
    assert arena().exit_code == 0


def test_labels_that_are_words_keep_them(elsewhere: Path) -> None:
    look = looked_at(table(elsewhere / "a.tsv", ("Good", "not_good")))
    assert look.labels == {"Good": "good", "not_good": "not good"}
    with pytest.raises(InputError, match="no such file"):
        looked_at(elsewhere / "b.tsv")
