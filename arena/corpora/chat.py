"""Reader of chats in JSON Lines: one conversation a line, as OpenAI or ShareGPT write them.

{"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
{"conversations": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]}
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from arena.corpora.json_values import Place, kind, object_at, parse, shortened, text_of, value_of
from arena.corpora.readers import text_lines
from arena.errors import InputError

Speaker = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class _Layout:
    """The keys of a turn, and who speaks under which name."""

    speaker: str
    text: str
    speakers: Mapping[str, Speaker]


LAYOUTS: Mapping[str, _Layout] = {
    "messages": _Layout(
        "role", "content",
        {
            "system": "system", "developer": "system", "user": "user", "assistant": "assistant",
            "tool": "tool", "function": "tool",
        },
    ),
    "conversations": _Layout(
        "from", "value",
        {
            "system": "system", "human": "user", "user": "user", "gpt": "assistant",
            "chatgpt": "assistant", "assistant": "assistant", "model": "assistant",
            "tool": "tool", "function_call": "tool", "function_response": "tool",
            "observation": "tool",
        },
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Conversation:
    """The first user turn and the first assistant turn after it; either is empty if there is none.

    system: number of system turns, which are ignored. others: number of all other turns, which are
    left out.
    """

    prompt: str
    answer: str
    system: int
    others: int


def read_chat(path: Path) -> list[Conversation]:
    """Read one conversation from every line that is not blank.

    Keys other than `messages` or `conversations`, and those of a turn other than speaker and text,
    are ignored. Only the texts of the two turns that are used are looked at.

    Raises:
        InputError: no such file, not UTF-8, or no conversation at all; a line that is not one JSON
            object with one of the two keys, or a turn that is not an object, has an unknown
            speaker, or is used and has no text.
    """
    talks = [
        _conversation(line, Place(path, line=number))
        for number, line in enumerate(text_lines(path), start=1)
        if line.strip()
    ]
    if not talks:
        raise InputError("the file has no rows", file=str(path))
    return talks


def _conversation(line: str, place: Place) -> Conversation:
    row = object_at(_parsed(line, place), place)
    keys = [key for key in LAYOUTS if key in row]
    if len(keys) != 1:
        rule = "a conversation has one of two keys, `messages` (OpenAI) or `conversations`"
        found = ", ".join(map(ascii, row)) or "no key"
        raise place.error(f"{rule} (ShareGPT)", shortened(found), (*LAYOUTS,))
    layout, turns = LAYOUTS[keys[0]], value_of(row, keys[0], place)
    if not isinstance(turns, list):
        raise place.at(keys[0]).error("must be a list of turns", kind(turns))
    return _first_of(list(_spoken(turns, layout, place.at(keys[0]))), layout)


def _parsed(line: str, place: Place) -> Any:
    try:
        return parse(line)
    except json.JSONDecodeError as error:
        whole = line.strip() in ("[", "{", "[{")
        hint = "; write every conversation on one line (JSON Lines)" if whole else ""
        raise place.error(f"not JSON: {error.msg}{hint}", shortened(line.strip())) from None
    except RecursionError:
        raise place.error("lists and objects are nested too deeply") from None


Turn = tuple[Speaker, dict[str, Any], Place]


def _spoken(turns: list[Any], layout: _Layout, place: Place) -> Iterator[Turn]:
    """Yield who speaks in each turn, the turn, and its place."""
    for number, value in enumerate(turns):
        at = place.at(f"[{number}]")
        turn = object_at(value, at)
        name = text_of(turn, layout.speaker, at)
        if name not in layout.speakers:
            allowed = (*layout.speakers,)
            raise at.at(layout.speaker).error("unknown speaker", shortened(name), allowed)
        yield layout.speakers[name], turn, at


def _first_of(turns: list[Turn], layout: _Layout) -> Conversation:
    from_user = list(itertools.dropwhile(lambda turn: turn[0] != "user", turns))
    used = from_user[:1] + [turn for turn in from_user if turn[0] == "assistant"][:1]
    texts = [text_of(turn, layout.text, place).strip() for _, turn, place in used]
    prompt, answer = (*texts, "", "")[:2]
    system = sum(speaker == "system" for speaker, _, _ in turns)
    return Conversation(prompt, answer, system, len(turns) - system - len(used))
