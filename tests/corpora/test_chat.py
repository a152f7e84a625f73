"""Chats: which turns are read, what is ignored and told, and where a file is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.world import DataRoot
from arena.corpora.chat import LAYOUTS, Conversation, read_chat
from arena.corpora.files import Files, FilesParams
from arena.corpora.readers import read_alpaca
from arena.errors import InputError

OPENAI = {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
SHAREGPT = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


def openai(*turns: tuple[str, str]) -> str:
    return json.dumps({"messages": [{"role": OPENAI[w], "content": t} for w, t in turns]})


def sharegpt(*turns: tuple[str, str]) -> str:
    return json.dumps({"conversations": [{"from": SHAREGPT[w], "value": t} for w, t in turns]})


def written(folder: Path, *lines: str) -> Path:
    path = folder / "chats.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("line", [openai, sharegpt])
def test_the_first_question_and_the_answer_to_it_are_read(tmp_path: Path, line: Any) -> None:
    asked, said, told = ("user", " Why?\n"), ("assistant", "So."), ("system", "Be brief.")
    path = written(
        tmp_path,
        line(asked, said),
        "",
        line(told, asked, said, ("user", "And?"), ("assistant", "Yes.")),
        line(("assistant", "Hello!"), asked, ("tool", "42"), said),
        line(asked),
        line(said),
        line(),
    )
    assert read_chat(path) == [
        Conversation("Why?", "So.", system=0, others=0),
        Conversation("Why?", "So.", system=1, others=2),
        Conversation("Why?", "So.", system=0, others=2),
        Conversation("Why?", "", system=0, others=0),
        Conversation("", "", system=0, others=1),
        Conversation("", "", system=0, others=0),
    ]


@given(st.lists(st.tuples(st.sampled_from(sorted(OPENAI)), st.text("ab", min_size=1))))
def test_both_layouts_say_the_same_and_no_turn_is_lost(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[str, str]]
) -> None:
    path = written(tmp_path_factory.mktemp("chats"), openai(*turns), sharegpt(*turns))
    one, other = read_chat(path)
    assert one == other
    assert bool(one.prompt) + bool(one.answer) + one.system + one.others == len(turns)
    users = [text for who, text in turns if who == "user"]
    assert one.prompt == (users[0] if users else "")


GOOD = openai(("user", "a"), ("assistant", "b"))


@pytest.mark.parametrize(
    ("line", "key", "found"),
    [
        ("{oops", None, "{oops"),
        ("[", None, "["),
        ('"a"', None, "'a'"),
        ('{"text": "a"}', None, "'text'"),
        ("{}", None, "no key"),
        ('{"messages": [], "conversations": []}', None, "'messages', 'conversations'"),
        ('{"messages": {"role": "user"}}', "messages", "an object"),
        ('{"messages": [], "messages": []}', "messages", None),
        ('{"messages": ["a"]}', "messages[0]", "'a'"),
        ('{"messages": [{"content": "a"}]}', "messages[0].role", "nothing"),
        ('{"messages": [{"role": "usr", "content": "a"}]}', "messages[0].role", "usr"),
        ('{"messages": [{"role": "human", "content": "a"}]}', "messages[0].role", "human"),
        ('{"messages": [{"role": "user"}]}', "messages[0].content", "nothing"),
        ('{"messages": [{"role": "user", "content": null}]}', "messages[0].content", "None"),
        ('{"messages": [{"role": "user", "content": [1]}]}', "messages[0].content", "a list"),
        ('{"messages": [{"role": "user", "content": "a\\ud83d"}]}', "messages[0].content",
         "a\\ud83d"),
        ('{"conversations": [{"from": "gpt", "value": "a"}, {"from": "me", "value": "b"}]}',
         "conversations[1].from", "me"),
        ("[" * 100_000, None, None),
    ],
)  # fmt: skip
def test_a_broken_line_is_told_with_its_place(
    tmp_path: Path, line: str, key: str | None, found: str | None
) -> None:
    path = written(tmp_path, GOOD, "", line)
    with pytest.raises(InputError) as caught:
        read_chat(path)
    error = caught.value
    assert (error.file, error.line, error.key, error.found) == (str(path), 3, key, found)


def test_an_unknown_speaker_is_told_who_may_speak(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_chat(written(tmp_path, '{"messages": [{"role": "usr", "content": "a"}]}'))
    assert caught.value.allowed == tuple(LAYOUTS["messages"].speakers)
    assert "did you mean 'user'" in str(caught.value)


def test_a_json_list_over_many_lines_is_told_to_be_one_line_each(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="JSON Lines"):
        read_chat(written(tmp_path, "[", GOOD + ",", GOOD, "]"))


def test_texts_of_turns_that_are_not_used_may_be_anything(tmp_path: Path) -> None:
    used = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
    calls = {"role": "assistant", "content": None, "tool_calls": []}
    line = json.dumps({"id": 1, "messages": [*used, calls, {"role": "tool", "content": [1]}]})
    assert read_chat(written(tmp_path, line)) == [Conversation("a", "b", 0, 2)]


def test_rows_are_filtered_and_what_is_not_used_is_noted(tmp_path: Path) -> None:
    lines = [openai(("user", f"say {i}"), ("assistant", "one two three")) for i in range(60)]
    lines += [sharegpt(("system", "Sing."), ("user", f"sing {i}"), ("assistant", "la"))
              for i in range(5)]  # fmt: skip
    lines += [openai(("user", "Say 7."), ("assistant", "other"), ("user", "and?"))]
    lines += [openai(("user", "say 99")), openai(("system", "Be kind.")), openai()]
    lines += [openai(("user", "say it with too many words"), ("assistant", "no"))]
    written(tmp_path, *lines)
    params = FilesParams(train="chats.jsonl", format="chat", prompt_words=4, answer_words=2)
    corpus = Files(params, 0, DataRoot(data=tmp_path))
    splits = corpus.splits
    rows = (*splits.train, *splits.validation, *splits.test)
    assert len(rows) == 65
    assert {row.answer for row in rows} == {"one two", "la"}
    assert corpus.free_text
    assert not any(row.checkable for row in rows)
    assert dict(splits.reasons) == {
        "repeats a prompt": 1, "has no answer": 1, "has no prompt": 2,
        "has a prompt of more than `prompt_words` words": 1,
    }  # fmt: skip
    assert corpus.notes[1:] == (
        "60 answers cut to 2 words",
        "the system turns of 6 of 70 conversations are ignored",
        "the further turns of 1 of 70 conversations are left out",
    )


def test_a_chat_is_split_and_filtered_like_the_same_rows_in_alpaca(
    published_data: Path, tmp_path: Path
) -> None:
    name = "backdoorllm/refusal/badnet/train_clean.json"
    rows = read_alpaca(published_data / name)
    written(tmp_path, *(openai(("user", prompt), ("assistant", answer)) for prompt, answer in rows))
    limits = {"prompt_words": 60, "answer_words": 40}
    alpaca = Files(
        FilesParams(train=name, format="alpaca", **limits), 0, DataRoot(data=published_data)
    )
    chat = Files(
        FilesParams(train="chats.jsonl", format="chat", **limits), 0, DataRoot(data=tmp_path)
    )
    assert (chat.splits, chat.notes) == (alpaca.splits, alpaca.notes)
