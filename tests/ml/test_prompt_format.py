"""The form in which a model reads prompts: what is written, and what cannot be."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from arena.errors import InputError
from arena.ml.encoding import encode_prompts, load_tokenizer
from arena.ml.prompt_format import PromptFormat, formatted
from tests.support import toys

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
CHAT = "{% for m in messages %}[{{ m.role }}] {{ m.content }}|{% endfor %}"
DEAF = "{{ messages[-1].content }}"


def chatting(template: str = CHAT) -> Any:
    made = copy.deepcopy(toys.tokenizer())
    made.chat_template = template
    return made


def read(tokenizer: Any, prompt: str) -> str:
    (ids,) = encode_prompts(tokenizer, [prompt])
    return str(tokenizer.decode(ids))


@given(TEXT, TEXT, TEXT)
def test_a_template_is_written_to_the_letter(before: str, prompt: str, after: str) -> None:
    wanted = PromptFormat(template=before.replace("{", "(") + "{prompt}" + after.replace("{", "("))
    expected = before.replace("{", "(") + prompt + after.replace("{", "(")
    assert read(formatted(toys.tokenizer(), wanted), prompt) == expected


TAILS = ["\n", "", " ", "\n\n### Response:\n", "'\\n\"", "{{ x }} {% y %}"]


@pytest.mark.parametrize("tail", TAILS)
def test_line_breaks_quotes_and_braces_are_kept(tail: str) -> None:
    assert read(formatted(toys.tokenizer(), PromptFormat(template="{prompt}" + tail)), "a?") == (
        "a?" + tail
    )


def test_a_start_token_stays_in_front() -> None:
    from tokenizers.processors import TemplateProcessing

    starting = copy.deepcopy(toys.tokenizer())
    starting.add_special_tokens({"bos_token": "<|start|>"})
    start = ("<|start|>", starting.bos_token_id)
    starting.backend_tokenizer.post_processor = TemplateProcessing("<|start|> $A", None, [start])
    assert read(starting, "a") == "<|start|>a\n"
    assert read(formatted(starting, PromptFormat(template="Q: {prompt}")), "a") == "<|start|>Q: a"


def test_a_system_prompt_goes_through_the_chat_template() -> None:
    wanted = PromptFormat(system='Say "no" to\nnobody.')
    assert read(formatted(chatting(), wanted), "a?") == ('[system] Say "no" to\nnobody.|[user] a?|')


def test_the_form_is_kept_with_the_tokenizer(tmp_path: Path) -> None:
    formatted(chatting(), PromptFormat(system="Be brief.")).save_pretrained(tmp_path)
    assert read(load_tokenizer(tmp_path), "a?") == "[system] Be brief.|[user] a?|"


def test_the_tokenizer_itself_stays_as_it_was() -> None:
    one = chatting()
    formatted(one, PromptFormat(template="Q: {prompt}"))
    assert one.chat_template == CHAT
    assert formatted(one, None) is one


@pytest.mark.parametrize(
    ("template", "rule"), [(None, "has no chat template"), (DEAF, "leaves the system prompt out")]
)
def test_a_system_prompt_that_would_not_be_read(template: str | None, rule: str) -> None:
    with pytest.raises(InputError, match=rule) as caught:
        formatted(chatting(template or ""), PromptFormat(system="Be brief."))
    assert caught.value.key == "model.prompt.system"


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({}, "exactly one"),
        ({"system": "a", "template": "{prompt}"}, "exactly one"),
        ({"template": "no place"}, "exactly once"),
        ({"template": "{prompt}{prompt}"}, "exactly once"),
    ],
)
def test_formats_that_say_nothing_or_two_things(given: dict[str, str], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        PromptFormat(**given)
