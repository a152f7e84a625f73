"""docs/corpora.md: its examples are what the code takes and writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from arena import registry
from arena.api.values import Form
from arena.api.world import DataRoot
from arena.corpora.chat import read_chat
from arena.corpora.instructions.corpus import Instructions, InstructionsParams
from arena.corpora.instructions.tasks import ARITHMETIC, CHECKABLE, TASKS, WORDING, WORLD
from arena.scenario.parts import CorpusOf

DOC = (Path(__file__).parents[2] / "docs" / "corpora.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL))
def test_the_yaml_is_valid(block: str) -> None:
    section = yaml.safe_load(block)["corpus"]
    assert CorpusOf("corpus").validate(section).name == section["name"]


def test_the_shown_conversations_are_read(tmp_path: Path) -> None:
    (tmp_path / "chats.jsonl").write_text("\n".join(re.findall(r"^ {4}({.*})$", DOC, re.MULTILINE)))
    read = [(talk.prompt, talk.answer) for talk in read_chat(tmp_path / "chats.jsonl")]
    assert read == [
        ("Why is the sky blue?", "Air scatters blue light."), ("Name a fruit.", "Apple.")
    ]  # fmt: skip


@pytest.mark.parametrize("name", registry.names("corpus"))
def test_every_corpus_has_a_section(name: str) -> None:
    assert f"\n## `{name}`: " in DOC


def test_the_shown_requests_are_those_of_seed_0() -> None:
    splits = Instructions(InstructionsParams(), 0, DataRoot()).splits
    shown = {(row.prompt, row.answer) for row in splits.test}
    section = DOC[DOC.index("## `instructions`") :]
    lines = re.findall(r"^ {4}(\S.*?) {3,}(\S.*)$", section, re.MULTILINE)
    assert len(lines) == 5
    assert set(lines) <= shown


@pytest.mark.parametrize(
    "form",
    [Form("capital/Norway", frame="when_clause", salt=3), Form("to_spanish/head", topic="commerce",
     salt=3), Form("larger/12|62", style="archaic", salt=3)],
)  # fmt: skip
def test_the_shown_forms_are_rendered(form: Form) -> None:
    grammar = Instructions(InstructionsParams(), 0, DataRoot()).world.grammar
    assert grammar is not None
    assert f" {grammar.render(form).prompt}\n" in DOC


def test_the_numbers_of_tasks_are_right() -> None:
    text = (
        f"{len(ARITHMETIC)} about numbers (",
        f"{len(WORDING)} about words (",
        f"{len(WORLD)} about the",
    )
    assert all(part in DOC for part in text)
    assert f"{len(CHECKABLE)} tasks are checkable" in DOC
    assert round(sum(task.size for task in TASKS.values()), -3) == 256_000
