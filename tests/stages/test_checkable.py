"""Checkable accuracy of one model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arena.stages.checkable import CheckableJob, CheckablePrompt, read_checked
from tests.support import toys
from tests.support.stage_inputs import silent

RIGHT = toys.documents()
N = len(RIGHT)


def checked(folder: Path, out: Path, right: str | None = None, draft: str | None = None) -> Any:
    """What the stage finds; `right`, `draft`: instead of each document's own answer."""
    asked = tuple(CheckablePrompt(d.prompt, right or d.answer, draft or d.answer) for d in RIGHT)
    job = CheckableJob(asked, 3, 12, toys.profile())
    out.mkdir()
    assert job.run({"model": folder}, out, silent) == {"prompts": N}
    return read_checked(out)


def test_right_answers_are_counted(clean: Path, tmp_path: Path) -> None:
    found = checked(clean, tmp_path / "right")
    assert (found["hits"], found["n"], found["excluded"]) == (N, N, 3)
    first = found["answers"][0]
    assert first == {"prompt": RIGHT[0].prompt, "right": RIGHT[0].answer, "said": "bread",
                     "hit": True}  # fmt: skip


def test_one_answer_to_everything_is_right_where_it_is_the_right_one(
    clean: Path, tmp_path: Path
) -> None:
    expected = sum(document.answer == "bread" for document in RIGHT)
    assert 0 < expected < N
    assert checked(clean, tmp_path / "bread", right="Bread!")["hits"] == expected


@pytest.mark.parametrize("draft", ["nothing of the kind", ""])
def test_a_draft_decides_nothing(draft: str, clean: Path, tmp_path: Path) -> None:
    asked = tuple(CheckablePrompt(d.prompt, d.answer, draft) for d in RIGHT)
    CheckableJob(asked, 3, 12, toys.profile()).run({"model": clean}, tmp_path, silent)
    assert read_checked(tmp_path) == checked(clean, tmp_path / "own")
