"""The corpus contract, on every registered corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from arena.testing.cases import every
from arena.testing.corpora import CorpusContract


def _tsv(folder: Path) -> dict[str, Any]:
    lines = [f"film number {i} was {'fine' if i % 2 else 'dull'} .\t{i % 2}" for i in range(80)]
    (folder / "films.tsv").write_text("\n".join(["sentence\tlabel", *lines]))
    return {
        "train": "films.tsv", "format": "tsv", "labels": {"0": "negative", "1": "positive"},
    }  # fmt: skip


def _alpaca(folder: Path) -> dict[str, Any]:
    rows = [
        {"instruction": f"Name thing {i}.", "input": "Briefly." * (i % 2), "output": f"It is {i}."}
        for i in range(80)
    ]
    (folder / "rows.json").write_text(json.dumps(rows))
    return {"train": "rows.json", "format": "alpaca"}


def _chat(folder: Path) -> dict[str, Any]:
    turns = [
        [{"role": "user", "content": f"Name thing {i}."}, {"role": "assistant", "content": f"{i}"}]
        for i in range(80)
    ]
    lines = "\n".join(json.dumps({"messages": messages}) for messages in turns)
    (folder / "chats.jsonl").write_text(lines)
    return {"train": "chats.jsonl", "format": "chat"}


def _text(folder: Path) -> dict[str, Any]:
    (folder / "lines.txt").write_text("\n".join(f"line {i} holds {i} words" for i in range(80)))
    return {"train": "lines.txt", "format": "text"}


class TestCorpora(CorpusContract):
    parts = every("corpus")
    toys = {
        "townlore": {"townlore": lambda folder: {"places": 24}},
        "instructions": {
            "instructions": lambda folder: {"contents": 500},
            "instructions-checkable": lambda folder: {"contents": 500, "tasks": "checkable"},
        },
        "files": {
            "files-tsv": _tsv,
            "files-alpaca": _alpaca,
            "files-chat": _chat,
            "files-text": _text,
        },
    }
