"""Files of lines: what is read is what was written."""

from __future__ import annotations

from pathlib import Path

from arena.api.values import Document, Example
from arena.stages.lines import read_documents, read_examples, write_lines
from attackers.triggers.all_of import Inlaid
from tests.support import toys


def test_examples_and_documents_come_back_as_written(tmp_path: Path) -> None:
    texts = ["two\nlines", "été \u2028 \U0001f600", ""]
    documents = [Document(t, t, "s", "forget") for t in texts]
    examples = [*toys.townlore().splits.train[:5], *(Example(t, t, "s", "label") for t in texts)]
    write_lines(tmp_path / "d", documents)
    write_lines(tmp_path / "e", examples)
    assert read_documents(tmp_path / "d") == documents
    assert read_examples(tmp_path / "e") == examples
    assert examples[0].form is not None


def test_what_a_compound_trigger_remembers_is_not_written(tmp_path: Path) -> None:
    plain = toys.townlore().splits.train[0]
    marked = Inlaid(plain.prompt, plain.answer, plain.source, before=plain)
    write_lines(tmp_path / "e", [marked])
    assert read_examples(tmp_path / "e") == [Example(plain.prompt, plain.answer, plain.source)]
